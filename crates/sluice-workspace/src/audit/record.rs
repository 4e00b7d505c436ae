//! A decision and the rule behind it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use crate::error::ApiError;
use crate::principal::ADMINS;

/// What kind of rule decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Membership in `admins`.
    Administrator,
    /// Ownership of the object, or of one above it.
    Owner,
    /// An entry of an access control list.
    Entry,
    /// A grant of a privilege.
    Grant,
    /// Everybody may.
    Everybody,
    /// No rule allows it.
    None,
}

const KINDS: [(RuleKind, &str); 6] = [
    (RuleKind::Administrator, "administrator"),
    (RuleKind::Owner, "owner"),
    (RuleKind::Entry, "entry"),
    (RuleKind::Grant, "grant"),
    (RuleKind::Everybody, "everybody"),
    (RuleKind::None, "none"),
];

impl RuleKind {
    /// As the store, the control plane and the command line write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self)
            .expect("invariant: every kind is in the list")
            .1
    }
}

impl FromStr for RuleKind {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let found = KINDS.iter().find(|(_, name)| *name == text);
        found.map(|(kind, _)| *kind).ok_or_else(|| {
            let known: Vec<_> = KINDS.iter().map(|(_, name)| *name).collect();
            ApiError::invalid(format!("`{text}` is not a rule: expected one of {}", known.join(", ")))
        })
    }
}

/// The rule that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its kind.
    #[serde(rename = "rule")]
    pub kind: RuleKind,
    /// The privilege or level that was held, or is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The principal or group that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The object that the entry, grant or ownership stands on, which may be one above; for a refusal where something is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_on: Option<String>,
}

impl Rule {
    fn new(kind: RuleKind, held: Option<&str>, holder: Option<&str>, stands_on: Option<&str>) -> Self {
        Self {
            kind,
            held: held.map(str::to_owned),
            holder: holder.map(str::to_owned),
            stands_on: stands_on.map(str::to_owned),
        }
    }

    /// Membership in `admins`.
    pub(crate) fn administrator() -> Self {
        Self::new(RuleKind::Administrator, None, Some(ADMINS), None)
    }

    /// Ownership of this object.
    pub(crate) fn owner(holder: &str, of: &str) -> Self {
        Self::new(RuleKind::Owner, None, Some(holder), Some(of))
    }

    /// An entry of an access control list.
    pub(crate) fn entry(level: &str, holder: &str, on: &str) -> Self {
        Self::new(RuleKind::Entry, Some(level), Some(holder), Some(on))
    }

    /// A grant.
    pub(crate) fn grant(privilege: &str, holder: &str, on: &str) -> Self {
        Self::new(RuleKind::Grant, Some(privilege), Some(holder), Some(on))
    }

    /// Everybody may.
    pub(crate) fn everybody() -> Self {
        Self::new(RuleKind::Everybody, None, None, None)
    }

    /// Nothing allows it: this is missing there.
    pub(crate) fn none(missing: &str, on: &str) -> Self {
        Self::new(RuleKind::None, Some(missing), None, Some(on))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.held.as_deref().unwrap_or_default();
        let holder = self.holder.as_deref().unwrap_or_default();
        let on = self.stands_on.as_deref().unwrap_or_default();
        match self.kind {
            RuleKind::Administrator => write!(formatter, "membership in `{holder}`"),
            RuleKind::Owner => write!(formatter, "ownership of {on}"),
            RuleKind::Entry => write!(formatter, "{held} of `{holder}` on {on}"),
            RuleKind::Grant => write!(formatter, "grant of {held} to `{holder}` on {on}"),
            RuleKind::Everybody => formatter.write_str("everybody may"),
            RuleKind::None => write!(formatter, "no rule: {held} is missing on {on}"),
        }
    }
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its number; later ones are higher.
    pub sequence: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The request on whose way it was taken; none for work in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// User name or application id of who asked.
    pub principal: String,
    /// A privilege, a level, or in words what was asked for.
    pub action: String,
    /// The object.
    pub object: String,
    /// The answer.
    pub allowed: bool,
    /// The rule behind it.
    #[serde(flatten)]
    pub rule: Rule,
}

impl FromRow<'_, SqliteRow> for Decision {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let kind: String = row.try_get("rule")?;
        Ok(Self {
            sequence: row.try_get("sequence")?,
            at: row.try_get("at")?,
            request_id: row.try_get("request_id")?,
            principal: row.try_get("principal")?,
            action: row.try_get("action")?,
            object: row.try_get("object")?,
            allowed: row.try_get("allowed")?,
            rule: Rule {
                kind: kind
                    .parse()
                    .map_err(|error: ApiError| sqlx::Error::Decode(error.into()))?,
                held: row.try_get("held")?,
                holder: row.try_get("holder")?,
                stands_on: row.try_get("stands_on")?,
            },
        })
    }
}
