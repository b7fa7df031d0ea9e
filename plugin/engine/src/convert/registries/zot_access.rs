//! Who may do what with the repositories of a key in zot's configuration.

use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::document::located_json::word::one_of;

/// What may be done. Reading, and `detectManifestCollision`, which limits deletes by digest, make no tag immutable.
const ACTIONS: &[&str] = &["create", "update", "delete", "read", "detectManifestCollision"];

/// Who has the right to create a tag, to overwrite it, and to delete it: users and groups, in words.
#[derive(Clone, Debug, Default)]
pub(super) struct Access([Vec<String>; 3]);

/// Everybody, or everybody who is logged in.
const EVERYBODY: &str = "everybody";

/// What an access makes of tags.
#[derive(Debug)]
pub(super) enum Freedom<'a> {
    /// Nothing can be pushed.
    Closed,
    /// Whoever creates a tag may overwrite it.
    Free,
    /// Somebody who creates tags may not overwrite them. Those who may, or nobody.
    Frozen(&'a [String]),
}

impl Access {
    /// Reads what a key grants, besides what is granted everywhere.
    pub(super) fn read(node: &Node<'_>, everywhere: &Self, report: &mut Report) -> Option<Self> {
        let mut access = everywhere.clone();
        let fields = node.some_fields(&["policies", "defaultPolicy", "anonymousPolicy"], report)?;
        if let Some(policies) = fields.given("policies") {
            for policy in policies.elements(report)? {
                access.add_policy(&policy, report);
            }
        }
        for name in ["defaultPolicy", "anonymousPolicy"] {
            if let Some(actions) = fields.given(name) {
                access.add(&[EVERYBODY.to_owned()], actions, report);
            }
        }
        Some(access)
    }

    /// Adds what a policy grants to users and groups.
    pub(super) fn add_policy(&mut self, policy: &Node<'_>, report: &mut Report) -> Option<()> {
        let fields = policy.some_fields(&["users", "groups", "actions", "conditions"], report)?;
        if let Some(conditions) = fields.given("conditions") {
            let message = "conditions are not read, so what they take away counts as granted".into();
            report.warning(&conditions.place, message, "check what they say of tags");
        }
        let mut names = Vec::new();
        for (list, what) in [("users", "user"), ("groups", "group")] {
            let Some(list) = fields.given(list) else { continue };
            for node in list.elements(report)? {
                names.push(format!("{what} `{}`", shown(&node.text(report)?)));
            }
        }
        self.add(&names, fields.given("actions")?, report);
        Some(())
    }

    fn add(&mut self, names: &[String], actions: &Node<'_>, report: &mut Report) {
        for action in actions.elements(report).unwrap_or_default() {
            let granted = one_of(&action, ACTIONS, report).and_then(|action| self.0.get_mut(action));
            if let Some(granted) = granted {
                granted.extend_from_slice(names);
            }
        }
    }

    /// What it makes of tags.
    pub(super) fn freedom(&self) -> Freedom<'_> {
        let Self([create, update, _]) = self;
        let may_update = |name: &String| update.contains(name);
        if create.is_empty() && update.is_empty() {
            Freedom::Closed
        } else if update.iter().any(|name| name == EVERYBODY) || create.iter().all(may_update) {
            Freedom::Free
        } else {
            Freedom::Frozen(update)
        }
    }

    /// Whether somebody may delete tags.
    pub(super) fn allows_deletion(&self) -> bool {
        let Self([.., delete]) = self;
        !delete.is_empty()
    }
}
