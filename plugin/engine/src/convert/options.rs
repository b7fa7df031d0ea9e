//! What a format does not say.

use super::draft;
use crate::diagnostic::Severity;
use crate::document::check::document::read_instance;
use crate::document::located_json::node::Node;
use crate::document::located_json::open::{TextKind, open};
use crate::document::located_json::place::Place;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::reference::Repository;
use crate::refusal::{Refusal, RefusalCode};
use crate::words::{Word, fields};

/// What a format does not say.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// The namespace of rules that name none.
    pub(super) namespace: Option<String>,
    /// The repository that the text is about, as a path in the namespace.
    pub(super) repository: Option<String>,
    /// The name of the instance that a document is for.
    pub(super) instance: Option<String>,
}

impl Options {
    /// Reads options: `{"namespace": "prod", "repository": "team/app", "instance": "registry-prod"}`, each of which may be left
    /// out. The repository is only for formats that may not say it.
    pub(super) fn read(text: &str, takes_repository: bool) -> Result<Self, Refusal> {
        let mut report = Report::default();
        let root = open(text, TextKind::OPTIONS, &mut report);
        let options = root.and_then(|root| read(&root, takes_repository, &mut report));
        let problems = report.diagnostics(text, Severity::Problem);
        match options {
            Some(options) if problems.is_empty() => Ok(options),
            _ => Err(Refusal::with_problems(RefusalCode::Invalid, TextKind::OPTIONS.name, problems)),
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

    /// The pattern of the repositories that a text is for which does not say it: the one that the options name, or else all of
    /// the namespace, with a warning.
    pub(super) fn repositories(&self, what: &str, namespace: &str, report: &mut Report) -> String {
        if let Some(path) = &self.repository {
            return path.clone();
        }
        let message = format!(
            "the text does not say which {what} it is for, so here it holds for all of namespace `{namespace}`"
        );
        report.warning(&Place::default(), message, "give the option `repository`, if it is for one");
        "**".into()
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

fields! {
    /// An option.
    enum OptionField,
    /// One value for each option.
    struct OptionFields {
        Namespace / namespace = "namespace",
        Repository / repository = "repository",
        Instance / instance = "instance",
    }
}

fn read(root: &Node<'_>, takes_repository: bool, report: &mut Report) -> Option<Options> {
    let fields = root.fields::<OptionField>(report)?;
    let OptionFields { namespace, repository, instance } =
        OptionFields::from_fn(|field: OptionField| fields.optional(field.text()));
    if let Some(node) = repository.filter(|_| !takes_repository) {
        let message = "a text of this format says for itself which repositories it is about".into();
        report.problem(&node.place, message, "leave the option `repository` out");
    }
    Some(Options {
        namespace: namespace.and_then(|node| draft::namespace(node, report)),
        repository: repository.and_then(|node| read_repository(node, report)),
        instance: instance.and_then(|node| read_instance(node, report)),
    })
}

fn read_repository(node: &Node<'_>, report: &mut Report) -> Option<String> {
    let path = node.text(report)?;
    if Repository::parse(&path).is_none() {
        let message = format!("`{}` is not a valid path of a repository", shown(&path));
        report.problem(&node.place, message, "write the repository's name without its namespace");
        return None;
    }
    Some(path.into_owned())
}
