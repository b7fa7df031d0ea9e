//! Templates of CloudFormation, and the answer of `GetTemplate`.

use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;

const ROOT: &[&str] = &["TemplateBody", "Resources", "Transform"];

/// Whether a text is a template.
pub(super) fn is_template(root: &Node<'_>) -> bool {
    let fields = if root.is_object() { root.some_fields(ROOT, &mut Report::default()) } else { None };
    fields.is_some_and(|fields| fields.given("Resources").or(fields.given("TemplateBody")).is_some())
}

/// Reads the properties of all repositories of Amazon's registry, and reports what else may make some.
pub(super) fn repositories<'a>(root: &Node<'a>, report: &mut Report) -> Option<Vec<Node<'a>>> {
    let fields = root.some_fields(ROOT, report)?;
    if let Some(body) = fields.given("TemplateBody") {
        if body.is_object() {
            return repositories(body, report);
        }
        let message = "the template is a text within this text".into();
        report.problem(&body.place, message, "save the template in a file of its own, and import that");
        return None;
    }
    if let Some(transform) = fields.given("Transform") {
        unread(transform, "a transform may change the template, which is read as it is", report);
    }
    let mut found = Vec::new();
    for (name, resource) in fields.required("Resources", report)?.entries(report)? {
        if name.starts_with("Fn::ForEach") {
            unread(&resource, "a loop is left out", report);
        } else {
            found.extend(properties(&resource, report));
        }
    }
    Some(found)
}

fn properties<'a>(resource: &Node<'a>, report: &mut Report) -> Option<Node<'a>> {
    let fields = resource.some_fields(&["Type", "Properties", "Condition"], report)?;
    match &*fields.required("Type", report)?.text(report)? {
        "AWS::ECR::Repository" => {
            if let Some(condition) = fields.given("Condition") {
                unread(condition, "a condition is not read: the repository counts as created", report);
            }
            fields.required("Properties", report).cloned()
        }
        "AWS::ECR::RepositoryCreationTemplate" => {
            unread(resource, "a template for repositories that are created later is left out", report);
            None
        }
        "AWS::CloudFormation::Stack" => {
            unread(resource, "a nested stack is left out", report);
            None
        }
        _ => None,
    }
}

fn unread(node: &Node<'_>, message: &str, report: &mut Report) {
    report.warning(
        &node.place,
        message.into(),
        "import the answer of `DescribeRepositories`, which shows what is there",
    );
}

/// A property, which may be missing. A problem where only CloudFormation knows its value.
pub(super) fn property<'f, 'a>(
    fields: &'f Fields<'a>,
    name: &str,
    report: &mut Report,
) -> Option<Option<&'f Node<'a>>> {
    let Some(node) = fields.given(name).filter(|node| node.is_object()) else { return Some(fields.given(name)) };
    let reference = node.some_fields(&["Ref"], report)?;
    if reference.given("Ref").is_some_and(|name| name.raw_text() == "\"AWS::NoValue\"") {
        return Some(None);
    }
    let message = format!("the value of `{name}` is known only to CloudFormation");
    report.problem(&node.place, message, "import the answer of `DescribeRepositories`");
    None
}
