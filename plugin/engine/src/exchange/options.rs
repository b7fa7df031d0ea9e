//! What a format does not say.

use super::draft;
use crate::diagnostic::Severity;
use crate::refusal::{Code, Refusal};
use crate::source::{self, Kind, Node, Place, Report};
use crate::survey;

/// What a format does not say.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// The namespace of rules that name none.
    pub(super) namespace: Option<String>,
    /// The name of the instance that a document is for.
    pub(super) instance: Option<String>,
}

impl Options {
    /// Reads options: `{"namespace": "prod", "instance": "registry-prod"}`, each of which may be left out.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let mut report = Report::default();
        let options = source::open(text, Kind::OPTIONS, &mut report).and_then(|root| read(&root, &mut report));
        let problems = report.diagnostics(text, Severity::Problem);
        match options {
            Some(options) if problems.is_empty() => Ok(options),
            _ => Err(Refusal::with_problems(Code::Invalid, Kind::OPTIONS.name, problems)),
        }
    }

    /// The namespace that a text names, or else the options. None, and a problem, where neither does, or each another.
    pub(super) fn namespace(&self, named: Option<&Node<'_>>, owner: &Place, report: &mut Report) -> Option<String> {
        if let Some(node) = named {
            let name = draft::namespace(node, report)?;
            return self.agrees(&name, &node.place, report).then_some(name);
        }
        if self.namespace.is_none() {
            let message = "the text does not say which namespace it is for".into();
            report.problem(owner, message, "give the option `namespace`");
        }
        self.namespace.clone()
    }

    /// Whether the options name no other namespace than the text does. A problem where they do.
    pub(super) fn agrees(&self, name: &str, place: &Place, report: &mut Report) -> bool {
        match &self.namespace {
            Some(other) if other != name => {
                let message = format!("the text says namespace `{name}`, and the options say `{other}`");
                report.problem(place, message, "leave the option `namespace` out");
                false
            }
            _ => true,
        }
    }
}

fn read(root: &Node<'_>, report: &mut Report) -> Option<Options> {
    let fields = root.fields(&["namespace", "instance"], report)?;
    let namespace = fields.optional("namespace").and_then(|node| draft::namespace(node, report));
    let instance = fields.optional("instance").and_then(|node| {
        let name = node.text(report)?;
        if !survey::is_instance(&name) {
            report.problem(
                &node.place,
                "the name is too long or holds a control character".into(),
                "write a short name",
            );
        }
        Some(name.into_owned())
    });
    Some(Options { namespace, instance })
}
