//! `roles`: who may decide, by group of the environment's workspace or by name.

use std::collections::{BTreeMap, BTreeSet};

use sluice_governance::document::{Object, Reader, suggestion};

/// Who holds a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// Members of these groups of the workspace.
    pub groups: Vec<String>,
    /// These people, by the subject of their token.
    pub users: Vec<String>,
}

impl Role {
    /// Whether somebody with these groups holds it. Names are compared as workspaces do: without case.
    #[must_use]
    pub fn is_held_by(&self, subject: &str, groups: &BTreeSet<String>) -> bool {
        self.users.iter().any(|user| user.eq_ignore_ascii_case(subject))
            || self
                .groups
                .iter()
                .any(|wanted| groups.iter().any(|group| group.eq_ignore_ascii_case(wanted)))
    }

    /// Who holds it, for people: ``members of `domain-owners` ``.
    #[must_use]
    pub fn holders(&self) -> String {
        let mut holders: Vec<String> = self
            .groups
            .iter()
            .map(|group| format!("members of `{group}`"))
            .collect();
        holders.extend(self.users.iter().map(|user| format!("`{user}`")));
        holders.join(", ")
    }
}

pub(super) fn read(reader: &mut Reader, object: &Object<'_>) -> BTreeMap<String, Role> {
    let mut roles = BTreeMap::new();
    for (name, value) in reader.map(object, "roles") {
        let Some(fields) = reader.object(&value, &["groups", "users"]) else {
            continue;
        };
        let role = Role {
            groups: reader.texts(&fields, "groups"),
            users: reader.texts(&fields, "users"),
        };
        if role == Role::default() {
            let help = "`{groups: [domain-owners]}` or `{users: [jane@example.com]}`".to_owned();
            reader.error(&value, format!("nobody can hold role `{name}`"), Some(help));
        }
        roles.insert(name, role);
    }
    roles
}

/// The name of a declared role.
pub(super) fn reference(reader: &mut Reader, object: &Object<'_>, roles: &BTreeMap<String, Role>) -> Option<String> {
    let value = reader.required(object, "role")?;
    let name = reader.text(&value)?;
    if roles.contains_key(&name) {
        return Some(name);
    }
    let help = suggestion(&name, roles.keys().map(String::as_str));
    reader.error(&value, format!("no role `{name}` is declared in `roles`"), help);
    None
}
