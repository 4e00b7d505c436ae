//! Reading the ledger.

use serde::{Deserialize, Serialize};
use sluice_model::{Actor, Digest};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::event::{Columns, Event};
use crate::store::Store;

/// The end of the ledger, kept apart from the entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Identity of the ledger.
    pub ledger_id: String,
    /// Number of the last entry.
    pub seq: u64,
    /// Hash of the last entry.
    pub entry_hash: Digest,
}

impl Store {
    /// The end of the ledger.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let row = sqlx::query("SELECT ledger_id, seq, entry_hash FROM ledger_head WHERE only_row = 1")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::query("read the head of the ledger"))?;
        let hash: String = row.get("entry_hash");
        Ok(Head {
            ledger_id: row.get("ledger_id"),
            seq: row.get::<i64, _>("seq").unsigned_abs(),
            entry_hash: hash.parse().map_err(|source| StoreError::Query {
                operation: "read the head of the ledger",
                source: sqlx::Error::Decode(Box::new(source)),
            })?,
        })
    }

    /// The entries after a number, at most `limit`, in order.
    ///
    /// # Errors
    /// When the store cannot be read or an entry is not what this version writes.
    pub async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.columns(after, limit).await?.iter().map(decode).collect()
    }

    /// The entries about the states of a deployment, in order; not those of its steps.
    ///
    /// # Errors
    /// When the store cannot be read or an entry is not what this version writes.
    pub async fn deployment_events(&self, deployment: &str) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, prev_hash, entry_hash, at, actor, kind, subject, payload_digest, payload \
             FROM events WHERE kind LIKE 'deployment.%' AND subject LIKE $1 ORDER BY seq",
        )
        // A subject is canonical JSON; what an id's own `%` and `_` let through besides is left out below.
        .bind(format!("%\"deployment\":\"{deployment}\"%"))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query("read the events of a deployment"))?;
        let events = rows
            .iter()
            .map(|row| decode(&stored(row)))
            .collect::<Result<Vec<_>, _>>()?;
        let mine = |event: &Event| event.subject.deployment.as_deref() == Some(deployment);
        Ok(events.into_iter().filter(mine).collect())
    }

    /// Everybody who did something, in the order of their first entry; somebody who was called otherwise later is there twice.
    ///
    /// # Errors
    /// When the store cannot be read or an entry is not what this version writes.
    pub async fn actors(&self) -> Result<Vec<Actor>, StoreError> {
        let rows = sqlx::query("SELECT MIN(seq) AS first, actor FROM events GROUP BY actor ORDER BY first")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query("read the actors of the ledger"))?;
        rows.iter()
            .map(|row| {
                serde_json::from_str(row.get("actor")).map_err(|source| StoreError::Decode {
                    row: format!("events {}", row.get::<i64, _>("first")),
                    source,
                })
            })
            .collect()
    }

    /// The stored columns of entries, undecoded.
    pub(crate) async fn columns(&self, after: u64, limit: u32) -> Result<Vec<Columns>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, prev_hash, entry_hash, at, actor, kind, subject, payload_digest, payload \
             FROM events WHERE seq > $1 ORDER BY seq LIMIT $2",
        )
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query("read events"))?;
        Ok(rows.iter().map(stored).collect())
    }
}

/// The columns of a row of `events`.
fn stored(row: &SqliteRow) -> Columns {
    Columns {
        seq: row.get::<i64, _>("seq").unsigned_abs(),
        prev_hash: row.get("prev_hash"),
        entry_hash: row.get("entry_hash"),
        at: row.get("at"),
        actor: row.get("actor"),
        kind: row.get("kind"),
        subject: row.get("subject"),
        payload_digest: row.get("payload_digest"),
        payload: row.get("payload"),
    }
}

/// The typed entry of stored columns.
pub(crate) fn decode(columns: &Columns) -> Result<Event, StoreError> {
    let fault = |source| StoreError::Decode {
        row: format!("events {}", columns.seq),
        source,
    };
    // Texts in columns become JSON strings, so that one reader checks everything.
    let value = |text: &str| serde_json::Value::String(text.to_owned());
    Ok(Event {
        seq: columns.seq,
        prev_hash: serde_json::from_value(value(&columns.prev_hash)).map_err(fault)?,
        entry_hash: serde_json::from_value(value(&columns.entry_hash)).map_err(fault)?,
        at: serde_json::from_value(value(&columns.at)).map_err(fault)?,
        actor: serde_json::from_str(&columns.actor).map_err(fault)?,
        kind: columns.kind.clone(),
        subject: serde_json::from_str(&columns.subject).map_err(fault)?,
        payload_digest: serde_json::from_value(value(&columns.payload_digest)).map_err(fault)?,
        payload: serde_json::from_str(&columns.payload).map_err(fault)?,
    })
}
