//! One entry of the ledger, how it is hashed, and its line in an export. No database here.
//!
//! An entry's hash covers its number, the hash of the entry before it and the digest of every column as it is stored, so that a
//! changed byte anywhere, a missing entry and a changed order all show. Start with [`Event::seal`].

use serde::{Deserialize, Serialize};
use sluice_model::{Actor, Digest, EnvironmentName, ProductName, ReleaseVersion, Timestamp};

use crate::record::Change;

/// What an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductName>,
    /// Environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// Version of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<ReleaseVersion>,
    /// Promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<String>,
    /// Deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
}

impl Subject {
    /// What a change is about.
    #[must_use]
    pub fn of(change: &Change) -> Self {
        match change {
            Change::Release(row) => Self {
                product: Some(row.product.clone()),
                version: Some(row.version.clone()),
                ..Self::default()
            },
            Change::Promotion(row) => Self {
                product: Some(row.product.clone()),
                environment: Some(row.environment.clone()),
                version: Some(row.version.clone()),
                promotion: Some(row.id.clone()),
                deployment: row.deployment.clone(),
            },
            Change::Gate(row) => Self {
                promotion: Some(row.promotion.clone()),
                ..Self::default()
            },
            Change::Deployment(row) => Self {
                product: Some(row.product.clone()),
                environment: Some(row.environment.clone()),
                version: row.version.clone(),
                promotion: row.promotion.clone(),
                deployment: Some(row.id.clone()),
            },
            Change::Verification(row) => Self {
                product: Some(row.product.clone()),
                environment: Some(row.environment.clone()),
                deployment: row.deployment.clone(),
                ..Self::default()
            },
            Change::Step(row) => Self {
                deployment: Some(row.deployment.clone()),
                ..Self::default()
            },
            Change::Lease(row) => Self {
                product: Some(row.product.clone()),
                environment: Some(row.environment.clone()),
                ..Self::default()
            },
            Change::Approval(row) => Self {
                product: Some(row.product.clone()),
                environment: Some(row.environment.clone()),
                version: Some(row.version.clone()),
                promotion: Some(row.promotion.clone()),
                deployment: row.deployment.clone(),
            },
            Change::Refusal(row) => Self {
                product: Some(row.product.clone()),
                environment: Some(row.environment.clone()),
                version: Some(row.version.clone()),
                promotion: row.promotion.clone(),
                ..Self::default()
            },
            Change::Signoff(row) => Self {
                product: Some(row.product.clone()),
                environment: Some(row.environment.clone()),
                version: Some(row.version.clone()),
                deployment: Some(row.deployment.clone()),
                ..Self::default()
            },
            Change::ChangeRequest(row) => Self {
                product: Some(row.product.clone()),
                environment: Some(row.environment.clone()),
                version: Some(row.version.clone()),
                promotion: row.promotions.last().cloned(),
                ..Self::default()
            },
            Change::Notification(row) => row.subject.clone(),
            Change::PolicyReport(row) => Self {
                product: Some(row.product.clone()),
                environment: Some(row.environment.clone()),
                version: Some(row.version.clone()),
                promotion: Some(row.promotion.clone()),
                deployment: None,
            },
        }
    }
}

/// What an event carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// The row as it is after the event.
    pub change: Change,
}

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Number, from 1, without gaps.
    pub seq: u64,
    /// Hash of the entry before; that of the ledger's id for the first.
    pub prev_hash: Digest,
    /// Hash of this entry.
    pub entry_hash: Digest,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened: `release.frozen`, `deployment.active`, …
    pub kind: String,
    /// What it is about.
    pub subject: Subject,
    /// Digest of the payload.
    pub payload_digest: Digest,
    /// What it carries.
    pub payload: Payload,
}

/// The columns of an entry as they are stored: texts whose bytes the hash covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) seq: u64,
    pub(crate) prev_hash: String,
    pub(crate) entry_hash: String,
    pub(crate) at: String,
    pub(crate) actor: String,
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) payload_digest: String,
    pub(crate) payload: String,
}

impl Event {
    /// Numbers and hashes a new entry.
    ///
    /// # Errors
    /// When a value has no JSON form.
    pub(crate) fn seal(
        seq: u64,
        prev_hash: Digest,
        at: Timestamp,
        actor: &Actor,
        change: &Change,
    ) -> Result<Self, serde_json::Error> {
        let payload = Payload { change: change.clone() };
        let mut event = Self {
            seq,
            prev_hash,
            entry_hash: prev_hash,
            at,
            actor: actor.clone(),
            kind: change.kind(),
            subject: Subject::of(change),
            payload_digest: Digest::of(canonical_text(&payload)?.as_bytes()),
            payload,
        };
        event.entry_hash = event.columns()?.hash();
        Ok(event)
    }

    /// The entry as it is stored.
    pub(crate) fn columns(&self) -> Result<Columns, serde_json::Error> {
        Ok(Columns {
            seq: self.seq,
            prev_hash: self.prev_hash.to_string(),
            entry_hash: self.entry_hash.to_string(),
            at: self.at.to_string(),
            actor: canonical_text(&self.actor)?,
            kind: self.kind.clone(),
            subject: canonical_text(&self.subject)?,
            payload_digest: self.payload_digest.to_string(),
            payload: canonical_text(&self.payload)?,
        })
    }

    /// The line of an export: canonical JSON, so that one entry has exactly one spelling.
    ///
    /// # Errors
    /// When a value has no JSON form.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        canonical_text(self)
    }
}

impl Columns {
    /// SHA-256 over the number, the hash before and the digests of the other columns, one per line under a version line.
    pub(crate) fn hash(&self) -> Digest {
        let digest = |text: &str| Digest::of(text.as_bytes());
        let text = format!(
            "sluice-ledger/1\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n",
            self.seq,
            self.prev_hash,
            digest(&self.at),
            digest(&self.actor),
            digest(&self.kind),
            digest(&self.subject),
            self.payload_digest,
        );
        Digest::of(text.as_bytes())
    }
}

/// The hash that the first entry of a ledger follows.
pub(crate) fn genesis(ledger_id: &str) -> Digest {
    Digest::of(format!("sluice-ledger/1\n{ledger_id}\n").as_bytes())
}

/// JSON with sorted keys and no white space.
pub(crate) fn canonical_text<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    fn sorted(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Array(items) => items.into_iter().map(sorted).collect(),
            serde_json::Value::Object(fields) => {
                let fields: std::collections::BTreeMap<_, _> =
                    fields.into_iter().map(|(key, item)| (key, sorted(item))).collect();
                fields.into_iter().collect()
            }
            scalar => scalar,
        }
    }
    Ok(sorted(serde_json::to_value(value)?).to_string())
}
