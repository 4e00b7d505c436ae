//! What is shown of promotions.

use serde::Serialize;
use sluice_model::ProductName;
use sluice_store::record::{
    Approval, ChangeRequest, Deployment, Gate, Notification, Promotion, Refusal, Signoff, Step, Verification,
};
use sluice_store::{Store, StoreError};

/// A promotion with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PromotionReport {
    /// The promotion.
    pub promotion: Promotion,
    /// Its gates.
    pub gates: Vec<Gate>,
    /// Who was asked, who decided.
    pub approvals: Vec<Approval>,
    /// Attempts that were refused.
    pub refusals: Vec<Refusal>,
    /// What people said about the release, criterion by criterion.
    pub signoffs: Vec<Signoff>,
    /// The requested change that the release answers.
    pub change: Option<ChangeRequest>,
    /// Who was told, and whether it arrived.
    pub notifications: Vec<Notification>,
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
    let product = Some(&promotion.product);
    let mut refusals = store.refusals(product).await?;
    refusals.retain(|row| row.promotion.as_deref() == Some(id));
    let mut signoffs = store.signoffs(product).await?;
    signoffs.retain(|row| row.digest == promotion.digest);
    let changes = store.change_requests(product).await?;
    let mut notifications = store.notifications().await?;
    notifications.retain(|row| row.subject.promotion.as_deref() == Some(id));
    Ok(Some(PromotionReport {
        approvals: store.approvals_of(id).await?,
        refusals,
        signoffs,
        change: changes.into_iter().find(|row| row.version == promotion.version),
        notifications,
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
