//! SCIM documents of users, groups and service principals, and the requests that read and change them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::workspace::Workspace;

/// The three families of SCIM resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Users,
    Groups,
    ServicePrincipals,
}

impl Family {
    /// The kind in the store.
    pub(super) fn stored(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Groups => "group",
            Self::ServicePrincipals => "service_principal",
        }
    }

    pub(super) fn of_stored(kind: &str) -> Self {
        match kind {
            "user" => Self::Users,
            "group" => Self::Groups,
            _ => Self::ServicePrincipals,
        }
    }

    /// The resource type in paths and references.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::ServicePrincipals => "ServicePrincipals",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Users => "User",
            Self::Groups => "Group",
            Self::ServicePrincipals => "Service principal",
        }
    }

    /// The fields that are stored as they come and only echoed.
    pub(super) fn echoed(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["emails", "name", "externalId", "entitlements", "roles"],
            Self::Groups | Self::ServicePrincipals => &["externalId", "entitlements", "roles"],
        }
    }

    pub(super) fn missing(self, id: &str) -> ApiError {
        ApiError::not_found(format!("{} with id {id} not found.", self.title()))
    }
}

/// A reference to a group or member.
#[derive(Serialize)]
struct Reference {
    display: String,
    value: String,
    #[serde(rename = "$ref")]
    reference: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

/// A user, group or service principal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    schemas: [&'static str; 1],
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_id: Option<String>,
    pub(super) display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<Reference>,
    /// The echoed fields.
    #[serde(flatten)]
    attributes: Map<String, Value>,
}

impl Document {
    /// The document of `Me`, where a service principal's user name is its application id.
    pub(super) fn into_me(mut self) -> Self {
        self.user_name = self.user_name.or_else(|| self.application_id.clone());
        self
    }

    /// The value of a field that a filter may name; none when the field cannot be filtered by.
    pub(super) fn filter_value(&self, field: &str) -> Option<&str> {
        match field.to_ascii_lowercase().as_str() {
            "id" => Some(&self.id),
            "username" => self.user_name.as_deref(),
            "applicationid" => self.application_id.as_deref(),
            "displayname" => Some(&self.display_name),
            _ => None,
        }
    }
}

/// One row of `principal`.
pub(super) type Row = (i64, String, String, String, bool, String);

/// Reads the documents of a family, sorted by name, or of one id whatever its family.
pub(super) async fn documents(
    workspace: &Workspace,
    family: Option<Family>,
    id: Option<i64>,
) -> Result<Vec<Document>, ApiError> {
    let reader = workspace.store.reader();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, kind, name, display_name, active, attributes FROM principal \
         WHERE coalesce(kind = ?, 1) AND coalesce(id = ?, 1) ORDER BY name",
    )
    .bind(family.map(Family::stored))
    .bind(id)
    .fetch_all(reader)
    .await?;
    let edges: Vec<(i64, String, i64, String, String)> = sqlx::query_as(
        "SELECT upper.id, upper.display_name, member.id, member.kind, member.display_name FROM membership \
         JOIN principal AS upper ON upper.id = group_id JOIN principal AS member ON member.id = member_id \
         ORDER BY upper.name, member.name",
    )
    .fetch_all(reader)
    .await?;
    let mut groups: BTreeMap<i64, Vec<Reference>> = BTreeMap::new();
    let mut members: BTreeMap<i64, Vec<Reference>> = BTreeMap::new();
    for (group, group_name, member, kind, member_name) in edges {
        let reference = format!("{}/{member}", Family::of_stored(&kind).as_str());
        members.entry(group).or_default().push(Reference {
            display: member_name,
            value: member.to_string(),
            reference,
            kind: None,
        });
        groups.entry(member).or_default().push(Reference {
            display: group_name,
            value: group.to_string(),
            reference: format!("Groups/{group}"),
            kind: Some("direct"),
        });
    }
    let document = |row: Row| {
        let (id, kind, name, display_name, active, attributes) = row;
        let family = Family::of_stored(&kind);
        Ok(Document {
            schemas: [match family {
                Family::Users => "urn:ietf:params:scim:schemas:core:2.0:User",
                Family::Groups => "urn:ietf:params:scim:schemas:core:2.0:Group",
                Family::ServicePrincipals => "urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal",
            }],
            id: id.to_string(),
            user_name: (family == Family::Users).then(|| name.clone()),
            application_id: (family == Family::ServicePrincipals).then_some(name),
            display_name,
            active: (family != Family::Groups).then_some(active),
            groups: groups.remove(&id).unwrap_or_default(),
            members: members.remove(&id).unwrap_or_default(),
            attributes: serde_json::from_str(&attributes)?,
        })
    };
    rows.into_iter().map(document).collect()
}

/// A member of a group, as requests name it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct MemberValue {
    pub(super) value: String,
}

/// What a request says about a principal; the echoed fields stay as they came.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Given {
    pub(super) user_name: Option<String>,
    pub(super) application_id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) active: Option<bool>,
    pub(super) members: Option<Vec<MemberValue>>,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

impl Given {
    /// The fields to store as they came.
    pub(super) fn attributes(&mut self, family: Family) -> Map<String, Value> {
        self.rest.retain(|field, _| family.echoed().contains(&field.as_str()));
        std::mem::take(&mut self.rest)
    }
}

/// A filter of the form `field eq "value"`: all that the clients send.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filter {
    field: String,
    value: String,
}

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let refused = || {
            ApiError::invalid(format!(
                "the filter `{text}` is not offered: expected <field> eq \"<value>\" on id, userName, applicationId or displayName"
            ))
        };
        let mut parts = text.trim().splitn(3, ' ');
        let (Some(field), Some(operator), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refused());
        };
        let quoted = value.trim().strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = quoted.unwrap_or(value.trim());
        let known = ["id", "username", "applicationid", "displayname"].contains(&field.to_ascii_lowercase().as_str());
        if !known || !operator.eq_ignore_ascii_case("eq") || value.contains('"') {
            return Err(refused());
        }
        Ok(Self {
            field: field.to_owned(),
            value: value.to_owned(),
        })
    }

    pub(super) fn keeps(&self, document: &Document) -> bool {
        document
            .filter_value(&self.field)
            .is_some_and(|value| value.eq_ignore_ascii_case(&self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_compare_one_field() {
        let filter = |field: &str, value: &str| Filter {
            field: field.to_owned(),
            value: value.to_owned(),
        };
        assert_eq!(Filter::parse("userName eq \"a@b\"").unwrap(), filter("userName", "a@b"));
        assert_eq!(
            Filter::parse("displayName EQ two words").unwrap(),
            filter("displayName", "two words")
        );
        for text in [
            "",
            "userName",
            "userName co \"a\"",
            "emails eq \"a\"",
            "userName eq \"a\" or userName eq \"b\"",
        ] {
            assert_eq!(Filter::parse(text).unwrap_err().status.as_u16(), 400, "{text}");
        }
    }
}
