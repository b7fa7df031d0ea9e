//! Patterns in the texts of registries that have doublestar.

use super::translate::translate;
use super::translation::Translation;
use crate::convert::draft::Pattern;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;
use crate::pattern::parse::shape;
use crate::pattern::subject::Subject;

/// Reads a pattern, and warns where it means something else here. Reports one that is invalid. An empty one matches
/// everything.
pub(in crate::convert) fn read(node: &Node<'_>, subject: Subject, report: &mut Report) -> Option<Pattern> {
    let text = node.text(report)?;
    let translation = if text.is_empty() { Ok(Translation::of("**")) } else { translate(&text) };
    let checked = translation.map_err(|fault| fault.explain()).and_then(|translation| {
        if subject == Subject::Tag && text.contains('@') {
            return Err(("a tag holds no `@`, and here it opens a version class".into(), "leave it out"));
        }
        shape(&translation.pattern, subject).map_err(|fault| (fault.message(), fault.help()))?;
        Ok(translation)
    });
    match checked {
        Ok(translation) => {
            for difference in &translation.differences {
                report.warning(&node.place, difference.message(&text), difference.help());
            }
            Some(Pattern::text(&node.place, translation.pattern))
        }
        Err((message, help)) => {
            report.problem(&node.place, message, help);
            None
        }
    }
}
