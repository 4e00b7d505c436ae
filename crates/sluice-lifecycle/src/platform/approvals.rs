//! `approvals` of an environment: who must agree before a release goes there.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use sluice_governance::document::{Object, Reader, Value};

use super::roles::{self, Role};

/// How long a request is open when `expires` is not given.
const DEFAULT_EXPIRY: SignedDuration = SignedDuration::from_hours(72);
/// The longest time that `expires` may say: 90 days.
const LONGEST_EXPIRY: SignedDuration = SignedDuration::from_hours(90 * 24);

/// One role whose holders must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRule {
    /// The role.
    pub role: String,
    /// How many different people; one by default. Nobody counts for two roles of one promotion.
    pub count: u32,
    /// How long after the request it can be used; 72 hours by default.
    pub expires: SignedDuration,
}

pub(super) fn read(reader: &mut Reader, object: &Object<'_>, roles: &BTreeMap<String, Role>) -> Vec<ApprovalRule> {
    let mut rules: Vec<ApprovalRule> = Vec::new();
    for item in reader.list(object, "approvals") {
        let Some(fields) = reader.object(&item, &["role", "count", "expires"]) else {
            continue;
        };
        let role = roles::reference(reader, &fields, roles);
        let count = fields.get("count").map_or(Some(1), |value| count(reader, &value));
        let expires = fields
            .get("expires")
            .map_or(Some(DEFAULT_EXPIRY), |value| expiry(reader, &value));
        let (Some(role), Some(count), Some(expires)) = (role, count, expires) else {
            continue;
        };
        if rules.iter().any(|rule| rule.role == role) {
            let help = "one entry with a higher `count` asks more of its holders".to_owned();
            reader.error(&item, format!("role `{role}` is asked twice"), Some(help));
        } else {
            rules.push(ApprovalRule { role, count, expires });
        }
    }
    rules
}

fn count(reader: &mut Reader, value: &Value<'_>) -> Option<u32> {
    let count = value.tree.as_integer().and_then(|number| u32::try_from(number).ok());
    if count.is_none_or(|count| count == 0) {
        reader.wrong_type(value, "a whole number of at least 1");
        return None;
    }
    count
}

fn expiry(reader: &mut Reader, value: &Value<'_>) -> Option<SignedDuration> {
    let text = reader.text(value)?;
    match text.parse::<SignedDuration>() {
        Ok(time) if time > SignedDuration::ZERO && time <= LONGEST_EXPIRY => Some(time),
        Ok(_) | Err(_) => {
            let help = "hours and minutes, such as `72h` or `90m`, at most 2160h".to_owned();
            reader.error(
                value,
                format!("`{text}` is not a time that a request can be open"),
                Some(help),
            );
            None
        }
    }
}
