//! Leases: who may change one environment of one product, with a fencing number that rises with every holder.

use sluice_model::{Actor, EnvironmentName, ProductName, Timestamp};
use sqlx::{Row as _, SqliteConnection};

use crate::error::StoreError;
use crate::record::{Change, Lease};
use crate::store::{Store, append, record_text};

/// A lease that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseGrant {
    /// Product.
    pub product: ProductName,
    /// Environment.
    pub environment: EnvironmentName,
    /// Who holds it.
    pub holder: String,
    /// Fencing number.
    pub epoch: u64,
}

/// The lease of an environment as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentLease {
    /// The lease.
    pub lease: Lease,
    /// When it ends unless it is renewed.
    pub until: Timestamp,
}

impl Store {
    /// Takes the lease of an environment until a moment; a higher epoch than ever before. `dead` names a holder that is known to
    /// live no more, so that its lease need not run out first.
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] when another holder's lease has not ended at `now`.
    pub async fn take_lease(
        &self,
        now: Timestamp,
        until: Timestamp,
        actor: &Actor,
        (product, environment): (&ProductName, &EnvironmentName),
        holder: &str,
        dead: Option<&str>,
    ) -> Result<LeaseGrant, StoreError> {
        let mut transaction = self
            .pool
            .begin()
            .await
            .map_err(StoreError::query("begin a transaction"))?;
        // The head row is locked before the lease is read, so that two takers cannot both see it free.
        sqlx::query("UPDATE ledger_head SET seq = seq WHERE only_row = 1")
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query("lock the head of the ledger"))?;
        let current = read(&mut transaction, product, environment).await?;
        if let Some(CurrentLease { lease, until }) = &current
            && let Some(other) = &lease.holder
            && *until > now
            && dead != Some(other.as_str())
        {
            return Err(StoreError::LeaseHeld {
                product: product.clone(),
                environment: environment.clone(),
                holder: other.clone(),
                until: *until,
            });
        }
        let (epoch, row_version) = current.map_or((1, 1), |old| (old.lease.epoch + 1, old.lease.row_version + 1));
        let lease = Lease {
            product: product.clone(),
            environment: environment.clone(),
            holder: Some(holder.to_owned()),
            epoch,
            row_version,
        };
        write(&mut transaction, now, until, actor, lease).await?;
        transaction
            .commit()
            .await
            .map_err(StoreError::query("commit a lease"))?;
        Ok(LeaseGrant {
            product: product.clone(),
            environment: environment.clone(),
            holder: holder.to_owned(),
            epoch,
        })
    }

    /// Moves the end of a lease; no event, since who holds it does not change.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds it now.
    pub async fn renew_lease(&self, grant: &LeaseGrant, until: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE leases SET until_ms = $4 WHERE product = $1 AND environment = $2 AND epoch = $3 AND holder IS NOT NULL",
        )
        .bind(grant.product.as_str().to_owned())
        .bind(grant.environment.as_str().to_owned())
        .bind(i64::try_from(grant.epoch).unwrap_or(i64::MAX))
        .bind(until.as_millisecond())
        .execute(&self.pool)
        .await
        .map_err(StoreError::query("renew a lease"))?;
        if done.rows_affected() == 1 {
            Ok(())
        } else {
            Err(StoreError::LeaseLost {
                product: grant.product.clone(),
                environment: grant.environment.clone(),
            })
        }
    }

    /// Gives a lease back; the epoch stays, so that the next holder gets a higher one.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds it now.
    pub async fn release_lease(&self, now: Timestamp, actor: &Actor, grant: &LeaseGrant) -> Result<(), StoreError> {
        let mut transaction = self
            .pool
            .begin()
            .await
            .map_err(StoreError::query("begin a transaction"))?;
        sqlx::query("UPDATE ledger_head SET seq = seq WHERE only_row = 1")
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query("lock the head of the ledger"))?;
        let current = read(&mut transaction, &grant.product, &grant.environment).await?;
        let Some(current) =
            current.filter(|current| current.lease.epoch == grant.epoch && current.lease.holder.is_some())
        else {
            return Err(StoreError::LeaseLost {
                product: grant.product.clone(),
                environment: grant.environment.clone(),
            });
        };
        let lease = Lease {
            holder: None,
            row_version: current.lease.row_version + 1,
            ..current.lease
        };
        write(&mut transaction, now, now, actor, lease).await?;
        transaction.commit().await.map_err(StoreError::query("commit a lease"))
    }

    /// The lease of an environment as it is now; none before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn lease(
        &self,
        product: &ProductName,
        environment: &EnvironmentName,
    ) -> Result<Option<CurrentLease>, StoreError> {
        let mut connection = self
            .pool
            .acquire()
            .await
            .map_err(StoreError::query("open a connection"))?;
        read(&mut connection, product, environment).await
    }
}

async fn read(
    connection: &mut SqliteConnection,
    product: &ProductName,
    environment: &EnvironmentName,
) -> Result<Option<CurrentLease>, StoreError> {
    let row = sqlx::query("SELECT record, until_ms FROM leases WHERE product = $1 AND environment = $2")
        .bind(product.as_str().to_owned())
        .bind(environment.as_str().to_owned())
        .fetch_optional(connection)
        .await
        .map_err(StoreError::query("read a lease"))?;
    row.map(|row| {
        let lease: Lease =
            serde_json::from_str(&row.get::<String, _>("record")).map_err(|source| StoreError::Decode {
                row: format!("leases {product} {environment}"),
                source,
            })?;
        let until = Timestamp::from_millisecond(row.get("until_ms")).unwrap_or(Timestamp::MAX);
        Ok(CurrentLease { lease, until })
    })
    .transpose()
}

async fn write(
    connection: &mut SqliteConnection,
    now: Timestamp,
    until: Timestamp,
    actor: &Actor,
    lease: Lease,
) -> Result<(), StoreError> {
    let change = Change::Lease(lease.clone());
    append(connection, now, actor, &change).await?;
    let done = sqlx::query(
        "INSERT INTO leases (product, environment, epoch, holder, until_ms, row_version, record) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (product, environment) DO UPDATE SET epoch = excluded.epoch, holder = excluded.holder, \
         until_ms = excluded.until_ms, row_version = excluded.row_version, record = excluded.record \
         WHERE leases.row_version = excluded.row_version - 1",
    )
    .bind(lease.product.as_str().to_owned())
    .bind(lease.environment.as_str().to_owned())
    .bind(i64::try_from(lease.epoch).unwrap_or(i64::MAX))
    .bind(lease.holder.clone())
    .bind(until.as_millisecond())
    .bind(i64::try_from(lease.row_version).unwrap_or(i64::MAX))
    .bind(record_text(&lease)?)
    .execute(connection)
    .await
    .map_err(StoreError::query("write a lease"))?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::Stale { row: change.row_key() })
    }
}
