//! Requested changes.

use sluice_model::ProductName;
use sqlx::SqliteConnection;

use super::{execute, fetch, number};
use crate::error::StoreError;
use crate::record::{Change, ChangeRequest};
use crate::store::{Store, record_text};

pub(super) async fn write(
    connection: &mut SqliteConnection,
    change: &Change,
    row: &ChangeRequest,
) -> Result<(), StoreError> {
    let sql = if row.row_version == 1 {
        "INSERT INTO change_requests (id, product, version, state, row_version, record) VALUES ($1, $2, $3, $4, $5, $6)"
    } else {
        "UPDATE change_requests SET state = $4, row_version = $5, record = $6 \
         WHERE id = $1 AND product = $2 AND version = $3 AND row_version = $5 - 1"
    };
    let statement = sqlx::query(sql)
        .bind(row.id.clone())
        .bind(row.product.as_str().to_owned())
        .bind(row.version.to_string())
        .bind(row.state.as_str())
        .bind(number(row.row_version))
        .bind(record_text(row)?);
    execute(connection, change, statement).await
}

impl Store {
    /// The requested changes of a product, or all, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn change_requests(&self, product: Option<&ProductName>) -> Result<Vec<ChangeRequest>, StoreError> {
        let statement = sqlx::query("SELECT record FROM change_requests WHERE $1 IS NULL OR product = $1")
            .bind(product.map(|name| name.as_str().to_owned()));
        let mut changes: Vec<ChangeRequest> = fetch(self, "change_requests", statement).await?;
        changes.sort_by(|one, two| (one.requested_at, &one.id).cmp(&(two.requested_at, &two.id)));
        Ok(changes)
    }
}
