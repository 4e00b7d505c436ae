//! `sluice reject`: one person says no to a promotion, or takes back their own request.

use clap::Args;
use sluice_lifecycle::approval::{DecideRequest, decided_promotion, reject};
use sluice_lifecycle::notification;
use sluice_lifecycle::product::Product;

use crate::commands::approve::Decided;
use crate::commands::surroundings::{PersonOption, Surroundings};
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Say no to a promotion that waits for your role, or take back your own; with a token of your own
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Id of the approval, or of the promotion
    #[arg(value_name = "ID")]
    id: String,
    /// Why not
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    person: PersonOption,
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
    let decided = reject(use_case, &request, &arguments.reason).await;
    notification::deliver(use_case, platform, &context.environment).await;
    context.answer(&Decided(decided?))?;
    Ok(Outcome::Done)
}
