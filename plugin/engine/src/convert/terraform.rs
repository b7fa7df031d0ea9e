//! What Terraform writes: a state, or what `terraform show -json` prints of a state or a plan.
//!
//! A state holds secrets, so nothing of it is repeated but what the resources that were asked for say.

use crate::document::located_json::node::Node;
use crate::document::located_json::place::Place;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;

/// The resources that a reader asks for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Their types.
    pub(super) types: &'a [&'a str],
    /// The attributes without which they can't be read.
    pub(super) attributes: &'a [&'a str],
}

/// The attributes of a resource, and the index of its type.
pub(super) type Resource<'a> = (usize, Node<'a>);

const ROOT: &[&str] = &["format_version", "version", "resources", "values", "planned_values", "resource_changes"];

/// Whether a text is Terraform's.
pub(super) fn is_terraform(root: &Node<'_>) -> bool {
    let fields = if root.is_object() { root.some_fields(ROOT, &mut Report::default()) } else { None };
    fields.is_some_and(|fields| {
        let has = |name: &str| fields.given(name).is_some();
        has("format_version") || has("version") && has("resources")
    })
}

/// Reads the resources of some types.
pub(super) fn resources<'a>(root: &Node<'a>, wanted: Wanted<'_>, report: &mut Report) -> Option<Vec<Resource<'a>>> {
    let fields = root.some_fields(ROOT, report)?;
    let mut reader = Reader { wanted, unknown: Vec::new(), found: Vec::new() };
    let (version, is_read) = match fields.given("format_version") {
        Some(version) => (version, version.text(report)?.starts_with("1.")),
        None => fields.given("version").map(|version| (version, version.raw_text() == "4"))?,
    };
    if !is_read {
        let message = format!("version `{}` of Terraform's format is not read", shown(version.raw_text()));
        report.problem(&version.place, message, "write the output of `terraform show -json` of Terraform 1");
    } else if let Some(resources) = fields.given("resources") {
        reader.state(resources, report);
    } else if let Some(planned) = fields.given("planned_values") {
        let message = "a plan is not what is there: until it is applied, other rules may hold".into();
        report.warning(&Place::default(), message, "import the state after the plan is applied");
        if let Some(changes) = fields.given("resource_changes") {
            reader.changes(changes, report);
        }
        reader.root_module(planned, report);
    } else if let Some(values) = fields.given("values") {
        reader.root_module(values, report);
    }
    Some(reader.found)
}

struct Reader<'a, 'w> {
    wanted: Wanted<'w>,
    /// For the address of each resource, what is known only after the plan is applied.
    unknown: Vec<(String, Node<'a>)>,
    found: Vec<Resource<'a>>,
}

impl<'a> Reader<'a, '_> {
    /// Reads the resources of a state, each with its instances.
    fn state(&mut self, resources: &Node<'a>, report: &mut Report) -> Option<()> {
        for resource in resources.elements(report)? {
            let fields = resource.some_fields(&["mode", "type", "instances"], report)?;
            let Some(kind) = self.kind(fields.given("mode"), fields.given("type"), &resource, report) else { continue };
            for instance in fields.required("instances", report)?.elements(report)? {
                let fields = instance.some_fields(&["attributes", "deposed"], report)?;
                if fields.given("deposed").is_some() {
                    let message = "an object that was replaced and waits for its deletion is left out".into();
                    report.warning(&instance.place, message, "nothing, unless its rules still hold");
                    continue;
                }
                self.found.push((kind, fields.required("attributes", report)?.clone()));
            }
        }
        Some(())
    }

    fn root_module(&mut self, values: &Node<'a>, report: &mut Report) -> Option<()> {
        let fields = values.some_fields(&["root_module"], report)?;
        self.module(fields.given("root_module")?, report)
    }

    /// Reads the resources of a module and of those in it.
    fn module(&mut self, module: &Node<'a>, report: &mut Report) -> Option<()> {
        let fields = module.some_fields(&["resources", "child_modules"], report)?;
        if let Some(resources) = fields.given("resources") {
            for resource in resources.elements(report)? {
                self.resource(&resource, report);
            }
        }
        if let Some(modules) = fields.given("child_modules") {
            for module in modules.elements(report)? {
                self.module(&module, report);
            }
        }
        Some(())
    }

    fn resource(&mut self, resource: &Node<'a>, report: &mut Report) -> Option<()> {
        let fields = resource.some_fields(&["address", "mode", "type", "values"], report)?;
        let kind = self.kind(fields.given("mode"), fields.given("type"), resource, report)?;
        let address = fields.given("address").and_then(|address| address.text(report)).unwrap_or_default();
        let unknown = self.unknown.iter().find(|(other, _)| *other == *address);
        if let Some(unknown) = unknown.and_then(|(_, node)| node.some_fields(self.wanted.attributes, report)) {
            let is_unknown = |name: &&&str| unknown.given(name).is_some_and(|node| node.raw_text().contains("true"));
            if let Some(name) = self.wanted.attributes.iter().find(is_unknown) {
                let message = format!("`{name}` is known only after the plan is applied");
                report.problem(&resource.place, message, "import the state after the plan is applied");
                return None;
            }
        }
        self.found.push((kind, fields.required("values", report)?.clone()));
        Some(())
    }

    /// The index of a type that was asked for. Warns of what Terraform only reads.
    fn kind(
        &self,
        mode: Option<&Node<'_>>,
        kind: Option<&Node<'_>>,
        resource: &Node<'_>,
        report: &mut Report,
    ) -> Option<usize> {
        let name = kind?.text(report)?;
        let kind = self.wanted.types.iter().position(|kind| *kind == name)?;
        if mode.is_some_and(|mode| mode.raw_text() == "\"data\"") {
            let message = "a data source is left out: Terraform only reads it".into();
            report.warning(&resource.place, message, "import it from the registry itself");
            return None;
        }
        Some(kind)
    }

    fn changes(&mut self, changes: &Node<'a>, report: &mut Report) -> Option<()> {
        for change in changes.elements(report)? {
            let fields = change.some_fields(&["address", "change"], report)?;
            let address = fields.required("address", report)?.text(report)?.into_owned();
            let fields = fields.required("change", report)?.some_fields(&["after_unknown"], report)?;
            if let Some(unknown) = fields.given("after_unknown").filter(|unknown| unknown.is_object()) {
                self.unknown.push((address, unknown.clone()));
            }
        }
        Some(())
    }
}
