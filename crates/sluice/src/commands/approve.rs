//! `sluice approve`: one person agrees to a promotion.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::approval::{DecideRequest, DecisionReport, approve, decided_promotion};
use sluice_lifecycle::notification;
use sluice_lifecycle::product::Product;
use sluice_store::record::{ApprovalState, PromotionState};

use crate::commands::promotion::show::approvals;
use crate::commands::surroundings::{PersonOption, Surroundings};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Agree to a promotion that waits for your role; in the product's directory, with a token of your own
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Id of the approval, or of the promotion
    #[arg(value_name = "ID")]
    id: String,
    /// What you want to be remembered with it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    person: PersonOption,
}

/// A decision, for people: what it was about, how the roles stand, what comes next.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Decided(pub(super) DecisionReport);

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

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let platform = surroundings.platform()?;
    let promotion = decided_promotion(&surroundings.store, &arguments.id).await?;
    let environment = platform.environment(promotion.environment.as_str())?;
    let product = Product::find(&context.current_directory()?).await?;
    let person = surroundings.person_at(environment, &arguments.person).await?;
    let _held = context.interrupt.hold();
    let request = DecideRequest {
        id: &arguments.id,
        repository: &product.root,
        product: &product.descriptor.name,
        platform,
        person: &person,
    };
    let use_case = surroundings.use_case(&person.actor);
    let decided = approve(use_case, &request, arguments.comment.as_deref()).await;
    notification::deliver(use_case, platform, &context.environment).await;
    context.answer(&Decided(decided?))?;
    Ok(Outcome::Done)
}
