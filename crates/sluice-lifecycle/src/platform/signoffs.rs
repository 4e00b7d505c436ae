//! `signoffs` of an environment: what people must have accepted, in an environment before it, until a release goes there.

use std::collections::BTreeMap;

use sluice_governance::document::{Object, Reader, suggestion};
use sluice_model::EnvironmentName;

use super::environment::Environment;
use super::roles::{self, Role};

/// What must be accepted, and where it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignoffRules {
    /// The environment in which the release is looked at.
    pub environment: EnvironmentName,
    /// What must be accepted.
    pub criteria: Vec<Criterion>,
}

/// One criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// Name.
    pub name: String,
    /// Who decides about it.
    pub role: String,
}

pub(super) fn read(
    reader: &mut Reader,
    object: &Object<'_>,
    roles: &BTreeMap<String, Role>,
    before: &[Environment],
) -> Option<SignoffRules> {
    let fields = reader.object(&object.get("signoffs")?, &["in", "criteria"])?;
    let environment = reader
        .required(&fields, "in")
        .and_then(|value| Some((reader.parsed::<EnvironmentName>(&value)?, value)))
        .and_then(|(name, value)| {
            let mut known = before.iter().map(|environment| environment.name.as_str());
            if known.any(|known| known == name.as_str()) {
                return Some(name);
            }
            let help = suggestion(name.as_str(), before.iter().map(|one| one.name.as_str()));
            reader.error(
                &value,
                format!("no environment `{name}` is declared before this one"),
                help,
            );
            None
        });
    let listed = reader.required(&fields, "criteria");
    let mut criteria: Vec<Criterion> = Vec::new();
    for item in reader.list(&fields, "criteria") {
        let Some(entry) = reader.object(&item, &["name", "role"]) else {
            continue;
        };
        let name = reader.required_text(&entry, "name");
        let role = roles::reference(reader, &entry, roles);
        let (Some(name), Some(role)) = (name, role) else {
            continue;
        };
        if criteria.iter().any(|criterion| criterion.name == name) {
            reader.error(&item, format!("criterion `{name}` is declared twice"), None);
        } else {
            criteria.push(Criterion { name, role });
        }
    }
    if let Some(value) = listed.filter(|value| value.tree.as_sequence().is_some_and(<[_]>::is_empty)) {
        reader.error(&value, "no criterion is declared", None);
    }
    Some(SignoffRules {
        environment: environment?,
        criteria,
    })
}
