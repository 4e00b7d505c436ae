//! Approvals and refused attempts.

use sluice_model::ProductName;
use sqlx::SqliteConnection;

use super::{execute, fetch, number};
use crate::error::StoreError;
use crate::record::{Approval, Change, Refusal};
use crate::store::{Store, record_text};

/// I7: only what is granted can be used, and once.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    change: &Change,
    row: &Approval,
) -> Result<(), StoreError> {
    let sql = if row.row_version == 1 {
        "INSERT INTO approvals (id, promotion, product, environment, role, state, row_version, record) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    } else {
        "UPDATE approvals SET state = $6, row_version = $7, record = $8 WHERE id = $1 AND promotion = $2 \
         AND product = $3 AND environment = $4 AND role = $5 AND row_version = $7 - 1 \
         AND (state = 'open' OR state = 'granted') AND ($6 <> 'consumed' OR state = 'granted')"
    };
    let statement = sqlx::query(sql)
        .bind(row.id.clone())
        .bind(row.promotion.clone())
        .bind(row.product.as_str().to_owned())
        .bind(row.environment.as_str().to_owned())
        .bind(row.role.clone())
        .bind(row.state.as_str())
        .bind(number(row.row_version))
        .bind(record_text(row)?);
    execute(connection, change, statement).await
}

pub(super) async fn write_refusal(
    connection: &mut SqliteConnection,
    change: &Change,
    row: &Refusal,
) -> Result<(), StoreError> {
    let statement =
        sqlx::query("INSERT INTO refusals (id, product, promotion, row_version, record) VALUES ($1, $2, $3, 1, $4)")
            .bind(row.id.clone())
            .bind(row.product.as_str().to_owned())
            .bind(row.promotion.clone())
            .bind(record_text(row)?);
    execute(connection, change, statement).await
}

impl Store {
    /// One approval.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn approval(&self, id: &str) -> Result<Option<Approval>, StoreError> {
        let statement = sqlx::query("SELECT record FROM approvals WHERE id = $1").bind(id.to_owned());
        Ok(fetch(self, "approvals", statement).await?.pop())
    }

    /// The approvals of a promotion, oldest first, and those of one time by role.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn approvals_of(&self, promotion: &str) -> Result<Vec<Approval>, StoreError> {
        let statement = sqlx::query("SELECT record FROM approvals WHERE promotion = $1").bind(promotion.to_owned());
        Ok(sorted(fetch(self, "approvals", statement).await?))
    }

    /// The approvals of a product, or all, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn approvals(&self, product: Option<&ProductName>) -> Result<Vec<Approval>, StoreError> {
        let statement = sqlx::query("SELECT record FROM approvals WHERE $1 IS NULL OR product = $1")
            .bind(product.map(|name| name.as_str().to_owned()));
        Ok(sorted(fetch(self, "approvals", statement).await?))
    }

    /// The refused attempts of a product, or all, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn refusals(&self, product: Option<&ProductName>) -> Result<Vec<Refusal>, StoreError> {
        let statement = sqlx::query("SELECT record FROM refusals WHERE $1 IS NULL OR product = $1")
            .bind(product.map(|name| name.as_str().to_owned()));
        let mut refusals: Vec<Refusal> = fetch(self, "refusals", statement).await?;
        refusals.sort_by(|one, two| (one.at, &one.id).cmp(&(two.at, &two.id)));
        Ok(refusals)
    }
}

fn sorted(mut approvals: Vec<Approval>) -> Vec<Approval> {
    approvals.sort_by(|one, two| (one.requested_at, &one.role, &one.id).cmp(&(two.requested_at, &two.role, &two.id)));
    approvals
}
