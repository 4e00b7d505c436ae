//! What `sluice approve` and `sluice reject` have in common: one person decides about a promotion.

use std::fmt;

use serde::Serialize;
use sluice_lifecycle::approval::{DecideRequest, DecisionReport, approve, decided_promotion, reject};
use sluice_lifecycle::notification;
use sluice_lifecycle::product::Product;
use sluice_store::record::{ApprovalState, PromotionState};

use crate::commands::promotion::show::approvals;
use crate::commands::surroundings::{PersonOption, Surroundings};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// What the person says.
#[derive(Clone, Copy)]
pub(super) enum Decision<'a> {
    /// Yes, with what is to be remembered.
    Approve {
        /// Any text.
        comment: Option<&'a str>,
    },
    /// No.
    Reject {
        /// Why not.
        reason: &'a str,
    },
}

/// A decision, for people: what it was about, how the roles stand, what comes next.
#[derive(Serialize)]
#[serde(transparent)]
struct Decided(DecisionReport);

impl Answer for Decided {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let promotion = &self.0.promotion;
        writeln!(
            out,
            "{} {} to {}: {} ({})",
            promotion.product, promotion.version, promotion.environment, promotion.state, promotion.id
        )?;
        approvals(out, &self.0.approvals)?;
        let live = self
            .0
            .approvals
            .iter()
            .filter(|row| row.state == ApprovalState::Open)
            .count();
        if promotion.state == PromotionState::AwaitingApproval && live == 0 {
            writeln!(
                out,
                "Approved: `sluice promote {} --to {}` executes it",
                promotion.version, promotion.environment
            )?;
        }
        Ok(())
    }
}

/// Decides about the promotion that `id` (of an approval or promotion) names, and tells those who want to know.
pub(super) async fn decide(
    id: &str,
    person: &PersonOption,
    decision: Decision<'_>,
    context: &Context,
) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let platform = surroundings.platform()?;
    let promotion = decided_promotion(&surroundings.store, id).await?;
    let environment = platform.environment(promotion.environment.as_str())?;
    let product = Product::find(&context.current_directory()?).await?;
    let person = surroundings.person_at(environment, person).await?;
    let _held = context.interrupt.hold();
    let request = DecideRequest {
        id,
        repository: &product.root,
        product: &product.descriptor.name,
        platform,
        person: &person,
    };
    let use_case = surroundings.use_case(&person.actor);
    let decided = match decision {
        Decision::Approve { comment } => approve(use_case, &request, comment).await,
        Decision::Reject { reason } => reject(use_case, &request, reason).await,
    };
    notification::deliver(use_case, platform, &context.environment).await;
    context.answer(&Decided(decided?))?;
    Ok(Outcome::Done)
}
