//! The lists that APIs answer with: bare, wrapped in an object, or one element alone.

use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;

/// How a list is wrapped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Listing {
    /// The field that holds the list.
    pub(super) list: &'static str,
    /// Fields that say how long it is when it is whole.
    pub(super) total: &'static [&'static str],
    /// Fields that hold anything at all where there is more to come.
    pub(super) more: &'static [&'static str],
}

impl Listing {
    /// Reads the elements of a list. A page of several is a problem: what is on the
    /// others would go unprotected.
    pub(super) fn elements<'a>(self, root: Node<'a>, report: &mut Report) -> Option<Vec<Node<'a>>> {
        if root.is_list() {
            return root.elements(report);
        }
        let asked = [&[self.list], self.total, self.more].concat();
        let fields = root.some_fields(&asked, report)?;
        let Some(list) = fields.optional(self.list) else { return Some(vec![root]) };
        if list.is_null() {
            return Some(Vec::new());
        }
        let elements = list.elements(report)?;
        self.check_whole(&fields, elements.len(), report);
        Some(elements)
    }

    fn check_whole(self, fields: &Fields<'_>, count: usize, report: &mut Report) {
        let short = self.total.iter().filter_map(|name| fields.given(name)).find(|total| exceeds(total, count));
        let next = self.more.iter().filter_map(|name| fields.given(name)).find(|more| exceeds(more, 0));
        if let Some(node) = short.or(next) {
            let shown_number = node.raw_text().trim_matches('"');
            let elements = if count == 1 { "element" } else { "elements" };
            let message =
                format!("the text holds {count} {elements} of a longer list, as `{}` says", shown(shown_number));
            report.problem(
                &node.place,
                message,
                "ask for all pages, join their lists into one, and leave this field out",
            );
        }
    }
}

/// Whether a value is a number greater than a count, as such or in a string, or a text that is not a number.
fn exceeds(node: &Node<'_>, count: usize) -> bool {
    let text = node.raw_text().trim_matches('"');
    text.parse::<usize>().map_or(!text.is_empty(), |number| number > count)
}
