//! What is shown of promotions.

use serde::Serialize;
use sluice_model::ProductName;
use sluice_store::record::{Deployment, Gate, Promotion, Step, Verification};
use sluice_store::{Store, StoreError};

/// A promotion with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PromotionReport {
    /// The promotion.
    pub promotion: Promotion,
    /// Its gates.
    pub gates: Vec<Gate>,
    /// The deployment that carried it out.
    pub deployment: Option<Deployment>,
    /// The steps of the deployment.
    pub steps: Vec<Step>,
    /// The last verification of the deployment.
    pub verification: Option<Verification>,
}

/// One promotion; none when there is no such id.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn promotion_report(store: &Store, id: &str) -> Result<Option<PromotionReport>, StoreError> {
    let Some(promotion) = store.promotion(id).await? else {
        return Ok(None);
    };
    let gates = store.gates(id).await?;
    let (deployment, steps, verification) = match &promotion.deployment {
        Some(deployment) => {
            let verifications = store.verifications(Some(&promotion.product)).await?;
            let last = verifications
                .into_iter()
                .rev()
                .find(|row| row.deployment.as_ref() == Some(deployment));
            (
                store.deployment(deployment).await?,
                store.steps(deployment).await?,
                last,
            )
        }
        None => (None, Vec::new(), None),
    };
    Ok(Some(PromotionReport {
        promotion,
        gates,
        deployment,
        steps,
        verification,
    }))
}

/// The promotions of a product, oldest first.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn promotion_list(store: &Store, product: Option<&ProductName>) -> Result<Vec<Promotion>, StoreError> {
    store.promotions(product).await
}
