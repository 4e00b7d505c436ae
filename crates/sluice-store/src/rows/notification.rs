//! The outbox.

use sluice_model::Timestamp;
use sqlx::SqliteConnection;

use super::{execute, fetch, number};
use crate::error::StoreError;
use crate::record::{Change, Notification};
use crate::store::{Store, record_text};

pub(super) async fn write(
    connection: &mut SqliteConnection,
    change: &Change,
    row: &Notification,
) -> Result<(), StoreError> {
    let sql = if row.row_version == 1 {
        "INSERT INTO notifications (id, state, next_ms, row_version, record) VALUES ($1, $2, $3, $4, $5)"
    } else {
        "UPDATE notifications SET state = $2, next_ms = $3, row_version = $4, record = $5 \
         WHERE id = $1 AND row_version = $4 - 1 AND state = 'pending'"
    };
    let statement = sqlx::query(sql)
        .bind(row.id.clone())
        .bind(row.state.as_str())
        .bind(row.next_at.as_millisecond())
        .bind(number(row.row_version))
        .bind(record_text(row)?);
    execute(connection, change, statement).await
}

impl Store {
    /// Every notification, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn notifications(&self) -> Result<Vec<Notification>, StoreError> {
        let rows = fetch(self, "notifications", sqlx::query("SELECT record FROM notifications")).await?;
        Ok(sorted(rows))
    }

    /// Those that are to be delivered now, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn notifications_due(&self, now: Timestamp) -> Result<Vec<Notification>, StoreError> {
        let statement = sqlx::query("SELECT record FROM notifications WHERE state = 'pending' AND next_ms <= $1")
            .bind(now.as_millisecond());
        Ok(sorted(fetch(self, "notifications", statement).await?))
    }
}

fn sorted(mut rows: Vec<Notification>) -> Vec<Notification> {
    rows.sort_by(|one, two| (one.made_at, &one.id).cmp(&(two.made_at, &two.id)));
    rows
}
