//! Sign-offs.

use sluice_model::ProductName;
use sqlx::SqliteConnection;

use super::{execute, fetch};
use crate::error::StoreError;
use crate::record::{Change, Signoff};
use crate::store::{Store, record_text};

pub(super) async fn write(connection: &mut SqliteConnection, change: &Change, row: &Signoff) -> Result<(), StoreError> {
    let statement = sqlx::query(
        "INSERT INTO signoffs (id, product, environment, digest, criterion, verdict, row_version, record) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7)",
    )
    .bind(row.id.clone())
    .bind(row.product.as_str().to_owned())
    .bind(row.environment.as_str().to_owned())
    .bind(row.digest.to_string())
    .bind(row.criterion.clone())
    .bind(row.verdict.as_str())
    .bind(record_text(row)?);
    execute(connection, change, statement).await
}

impl Store {
    /// The sign-offs of a product, or all, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn signoffs(&self, product: Option<&ProductName>) -> Result<Vec<Signoff>, StoreError> {
        let statement = sqlx::query("SELECT record FROM signoffs WHERE $1 IS NULL OR product = $1")
            .bind(product.map(|name| name.as_str().to_owned()));
        let mut signoffs: Vec<Signoff> = fetch(self, "signoffs", statement).await?;
        signoffs.sort_by(|one, two| (one.at, &one.id).cmp(&(two.at, &two.id)));
        Ok(signoffs)
    }
}
