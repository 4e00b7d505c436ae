//! Holding an environment: one process at a time may change a product there.

use std::future::Future;
use std::time::Duration;

use sluice_model::{EnvironmentName, ProductName, Timestamp};
use sluice_store::{LeaseGrant, StoreError};

use crate::context::UseCase;
use crate::deploy::process::ProcessIdentity;

/// How long a lease lasts without renewal, and how often it is renewed.
const LASTS: Duration = Duration::from_secs(60);
const RENEWED: Duration = Duration::from_secs(10);

/// A lease on one environment of a product.
#[derive(Debug)]
pub struct HeldLease {
    grant: LeaseGrant,
}

/// An environment cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Somebody else holds it, or the ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn until(now: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(now.as_millisecond() + i64::try_from(LASTS.as_millis()).unwrap_or(i64::MAX))
        .unwrap_or(Timestamp::MAX)
}

impl HeldLease {
    /// Takes the lease of an environment. One whose holder was a process of this machine that has died is taken over at once.
    ///
    /// # Errors
    /// When another living holder has it.
    pub async fn take(
        use_case: UseCase<'_>,
        product: &ProductName,
        environment: &EnvironmentName,
    ) -> Result<Self, LeaseError> {
        let holder = match ProcessIdentity::current() {
            Some(identity) => serde_json::to_string(&identity).map_err(StoreError::Encode)?,
            None => format!("process {}", std::process::id()),
        };
        let current = use_case.store.lease(product, environment).await?;
        let dead = current
            .and_then(|current| current.lease.holder)
            .filter(|holder| serde_json::from_str::<ProcessIdentity>(holder).is_ok_and(|identity| identity.is_gone()));
        let now = use_case.clock.now();
        let grant = use_case
            .store
            .take_lease(
                now,
                until(now),
                use_case.actor,
                (product, environment),
                &holder,
                dead.as_deref(),
            )
            .await?;
        Ok(Self { grant })
    }

    /// The fencing number.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.grant.epoch
    }

    /// Does something while renewing the lease, and gives the lease back afterwards. When the lease is lost the work is dropped at its
    /// next pause.
    ///
    /// # Errors
    /// Those of the work, and the loss of the lease.
    pub async fn during<T, E>(self, use_case: UseCase<'_>, work: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let renewals = async {
            loop {
                tokio::time::sleep(RENEWED).await;
                if let Err(error) = use_case
                    .store
                    .renew_lease(&self.grant, until(use_case.clock.now()))
                    .await
                {
                    return error;
                }
            }
        };
        let result = tokio::select! {
            result = work => result,
            lost = renewals => return Err(lost.into()),
        };
        match use_case
            .store
            .release_lease(use_case.clock.now(), use_case.actor, &self.grant)
            .await
        {
            Ok(()) => result,
            Err(error) => result.and(Err(error.into())),
        }
    }
}
