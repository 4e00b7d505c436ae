//! `sluice change`: takes a requested change through a new release to where people look at it; without options, shows the changes.

use std::collections::BTreeMap;
use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::change::{ChangeOrder, ChangeReport, change, destination, route};
use sluice_lifecycle::notification;
use sluice_lifecycle::platform::Platform;
use sluice_lifecycle::product::Product;
use sluice_model::ReleaseVersion;
use sluice_store::record::{ChangeRequest, ChangeRequestState};

use crate::commands::promote;
use crate::commands::promotion::show::Shown;
use crate::commands::surroundings::Surroundings;
use crate::commands::verify;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Take a requested change, which is committed, through a new release to where people look at it; or show the changes
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Show this change, by its id; all of the product when neither this nor a version is given
    #[arg(value_name = "ID", conflicts_with_all = ["version", "request", "signoff", "destination"])]
    id: Option<String>,
    /// The version that answers: verify the commit, freeze it, promote it; again, go on where it stopped
    #[arg(long, value_name = "VERSION")]
    version: Option<ReleaseVersion>,
    /// What is asked for
    #[arg(long, value_name = "TEXT", requires = "version")]
    request: Option<String>,
    /// The sign-off that asked for it, by its id
    #[arg(long = "from", value_name = "SIGNOFF", requires = "version")]
    signoff: Option<String>,
    /// Where it is to arrive; where the sign-off was made, else where releases are looked at
    #[arg(long = "to", value_name = "ENV", requires = "version")]
    destination: Option<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Listed(Vec<ChangeRequest>);

impl Answer for Listed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        self.0.iter().try_for_each(|row| told(out, row))
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Told(ChangeRequest);

impl Answer for Told {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        told(out, &self.0)
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Taken(ChangeReport);

impl Answer for Taken {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        told(out, &self.0.change)?;
        if let Some(verification) = &self.0.verification {
            verify::Verified(verification.clone()).text(out)?;
        }
        match &self.0.promotion {
            Some(report) => Shown(report.clone()).text(out),
            None => Ok(()),
        }
    }
}

/// A change with what it led to.
pub(crate) fn told(out: &mut dyn fmt::Write, row: &ChangeRequest) -> fmt::Result {
    writeln!(
        out,
        "change {} of {}: {}, answered by {} for {} ({:.0}, by {})",
        row.id, row.product, row.state, row.version, row.environment, row.changed_at, row.requested_by
    )?;
    writeln!(out, "  {}", row.request)?;
    if let Some(signoff) = &row.signoff {
        writeln!(out, "  asked for by sign-off {signoff}")?;
    }
    writeln!(out, "  commit {}", row.commit)?;
    for promotion in &row.promotions {
        writeln!(out, "  promotion {promotion}")?;
    }
    Ok(())
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = Product::find(&context.current_directory()?).await?;
    let Some(version) = arguments.version.clone() else {
        return show(&surroundings, &product, arguments.id.as_deref(), context).await;
    };
    let platform = surroundings.platform()?;
    take(&surroundings, platform, &product, &version, &arguments, context).await
}

async fn show(
    surroundings: &Surroundings<'_>,
    product: &Product,
    id: Option<&str>,
    context: &Context,
) -> Result<Outcome, CommandError> {
    let changes = surroundings
        .store
        .change_requests(Some(&product.descriptor.name))
        .await?;
    match id {
        None => {
            if changes.is_empty() {
                context.terminal.progress(
                    "No change was asked for yet: `sluice change --request TEXT --version X.Y.Z` takes one up.",
                );
            }
            context.answer(&Listed(changes))?;
        }
        Some(id) => {
            let found = changes.into_iter().find(|row| row.id == id);
            let missing = || CommandError::new(ExitKind::Config, format!("there is no change `{id}`"));
            context.answer(&Told(
                found.ok_or_else(|| missing().hint("`sluice change` shows them"))?,
            ))?;
        }
    }
    Ok(Outcome::Done)
}

async fn take(
    surroundings: &Surroundings<'_>,
    platform: &Platform,
    product: &Product,
    version: &ReleaseVersion,
    arguments: &Arguments,
    context: &Context,
) -> Result<Outcome, CommandError> {
    let signoffs = surroundings.store.signoffs(Some(&product.descriptor.name)).await?;
    let signoff = signoffs.iter().find(|row| Some(&row.id) == arguments.signoff.as_ref());
    let known = surroundings
        .store
        .change_requests(Some(&product.descriptor.name))
        .await?;
    let known = known.iter().find(|row| row.version == *version);
    let last = match (arguments.destination.as_deref(), known) {
        (Some(name), _) => Some(platform.environment(name)?),
        (None, Some(known)) => Some(platform.environment(known.environment.as_str())?),
        (None, None) => destination(platform, signoff),
    };
    let last = last.ok_or_else(|| {
        CommandError::new(
            ExitKind::Config,
            "no environment of the platform requires another one, so there is nowhere to take a release",
        )
    })?;
    let mut actors = BTreeMap::new();
    for environment in route(platform, last) {
        actors.insert(environment.name.clone(), surroundings.actor_at(environment).await?);
    }
    let actor = surroundings.actor().await?;
    let _held = context.interrupt.hold();
    let order = ChangeOrder {
        product,
        platform,
        request: arguments.request.as_deref(),
        signoff: arguments.signoff.as_deref(),
        version,
        destination: last,
        actors: &actors,
        data: &surroundings.data,
        process_environment: &context.environment,
    };
    let use_case = surroundings.use_case(&actor);
    let done = change(use_case, &order).await;
    notification::deliver(use_case, platform, &context.environment).await;
    let report = done?;
    context.answer(&Taken(report.clone()))?;
    match (&report.promotion, &report.verification) {
        _ if report.change.state == ChangeRequestState::Delivered => Ok(Outcome::Done),
        (Some(promoted), _) => promote::outcome(promoted, &report.refused, platform),
        (None, Some(verified)) => verify::outcome(verified),
        (None, None) => Ok(Outcome::Done),
    }
}
