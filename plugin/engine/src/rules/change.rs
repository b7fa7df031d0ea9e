//! Changes, read.

use crate::diagnostic::Severity;
use crate::limits;
use crate::refusal::{Code, Refusal};
use crate::source::{self, Fields, Kind, Node, Place, Report, list};
use crate::survey;
use serde_json::{Map, Value};

/// A change, well written. Whether it can be made is for the document to say.
#[derive(Debug)]
pub(super) struct Change<'a> {
    pub(super) operation: Operation,
    /// The revision of the document that it is for.
    pub(super) revision: Option<u64>,
    text: &'a str,
    /// Where its operation stands.
    place: Place,
}

/// What a change does.
#[derive(Debug)]
pub(super) enum Operation {
    /// A rule is added: this one, which has no id yet.
    Create { namespace: String, rule: Map<String, Value> },
    /// A rule gets these fields. Those that are null are taken away.
    Configure { id: u64, set: Map<String, Value> },
    /// A rule is taken out.
    Delete { id: u64 },
}

const OPERATIONS: [&str; 5] = ["create", "configure", "enable", "disable", "delete"];
const FIELDS: &[&str] = &["create", "configure", "enable", "disable", "delete", "revision"];

impl<'a> Change<'a> {
    /// Reads a change.
    pub(super) fn read(text: &'a str) -> Result<Self, Refusal> {
        let mut report = Report::default();
        let change = source::open(text, Kind::CHANGE, &mut report).and_then(|root| read(text, &root, &mut report));
        match change {
            Some(change) if !report.has_problems() => Ok(change),
            _ => Err(Refusal::invalid(Kind::CHANGE, text, report)),
        }
    }

    /// The refusal of a change that is well written, but that the document can't take.
    pub(super) fn refuse(&self, message: String, mend: &str) -> Refusal {
        let mut report = Report::default();
        report.problem(&self.place, message, mend);
        Refusal::invalid(Kind::CHANGE, self.text, report)
    }
}

fn read<'a>(text: &'a str, root: &Node<'a>, report: &mut Report) -> Option<Change<'a>> {
    let fields = root.fields(FIELDS, report)?;
    let revision = fields.optional("revision").and_then(|node| node.integer(0..=limits::INTEGER, report));
    let given: Vec<_> = OPERATIONS.iter().filter_map(|name| Some((*name, fields.optional(name)?))).collect();
    if given.len() != 1 {
        let mend = format!("write one of {}", list(&OPERATIONS));
        report.problem(&root.place, format!("{} operations", given.len()), &mend);
    }
    // All of them are read before one is taken, so that all their problems are told.
    let read: Vec<_> = given.iter().map(|(name, node)| (read_operation(name, node, report), &node.place)).collect();
    let (operation, place) = read.into_iter().next()?;
    Some(Change { operation: operation?, revision, text, place: place.clone() })
}

fn read_operation(name: &str, node: &Node<'_>, report: &mut Report) -> Option<Operation> {
    match name {
        "create" => {
            survey::read_new(node, report);
            let rule = object(node)?;
            let namespace = rule.get("namespace")?.as_str()?.to_owned();
            Some(Operation::Create { namespace, rule })
        }
        "configure" => {
            let fields = node.fields(&["id", "set"], report)?;
            let id = read_id(&fields, report);
            let set = fields.required("set", report)?;
            survey::read_set(set, report);
            Some(Operation::Configure { id: id?, set: object(set)? })
        }
        "delete" => Some(Operation::Delete { id: read_id(&node.fields(&["id"], report)?, report)? }),
        switch => {
            let id = read_id(&node.fields(&["id"], report)?, report)?;
            let enabled = Value::from(switch == "enable");
            Some(Operation::Configure { id, set: Map::from_iter([("enabled".to_owned(), enabled)]) })
        }
    }
}

fn read_id(fields: &Fields<'_>, report: &mut Report) -> Option<u64> {
    fields.required("id", report)?.integer(1..=limits::INTEGER, report)
}

fn object(node: &Node<'_>) -> Option<Map<String, Value>> {
    serde_json::from_str(node.written()).ok()
}

impl Refusal {
    /// Of a text that does not check, for the problems that were found in it.
    pub(super) fn invalid(kind: Kind, text: &str, mut report: Report) -> Self {
        if !report.has_problems() {
            report.problem(&Place::default(), format!("the {} cannot be read", kind.name), "write it anew");
        }
        Self::with_problems(Code::Invalid, kind.name, report.diagnostics(text, Severity::Problem))
    }
}
