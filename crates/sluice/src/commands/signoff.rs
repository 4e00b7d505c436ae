//! `sluice signoff`: one person accepts or rejects a release by one criterion.

use std::fmt;
use std::path::Path;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::notification;
use sluice_lifecycle::product::Product;
use sluice_lifecycle::signoff::{SignoffReport, sign_off, signoff_place};
use sluice_model::Digest;
use sluice_store::record::{Evidence, SignoffVerdict};

use crate::commands::promotion::show::evidence;
use crate::commands::surroundings::{PersonOption, Surroundings};
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Accept or reject a release by one criterion, where it runs; with a token of your own
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Version of the release, or id of a promotion of it
    #[arg(value_name = "RELEASE")]
    subject: String,
    /// The criterion, as the platform names it
    #[arg(long, value_name = "NAME")]
    criterion: String,
    /// What it rests on: an address, a file (its digest is recorded), or a text
    #[arg(long, value_name = "TEXT|URL|FILE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    evidence: String,
    /// The criterion is not met
    #[arg(long)]
    reject: bool,
    /// The environment that the release is to go to, when several want this criterion
    #[arg(long = "for", value_name = "ENV")]
    target: Option<String>,
    #[command(flatten)]
    person: PersonOption,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Answered(SignoffReport);

impl Answer for Answered {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let row = &self.0.signoff;
        writeln!(
            out,
            "{} {} in {}: `{}` {} by {} ({})",
            row.product, row.version, row.environment, row.criterion, row.verdict, row.subject, row.id
        )?;
        writeln!(out, "  evidence: {}", evidence(&row.evidence))?;
        match (row.verdict, self.0.open.as_slice()) {
            (SignoffVerdict::Rejected, _) => writeln!(
                out,
                "  the change that is wanted: commit it, then `sluice change --from {} --version X.Y.Z --request TEXT`",
                row.id
            ),
            (SignoffVerdict::Accepted, []) => writeln!(out, "  every criterion is accepted"),
            (SignoffVerdict::Accepted, open) => writeln!(out, "  still open: {}", open.join(", ")),
        }
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let platform = surroundings.platform()?;
    let product = Product::find(&context.current_directory()?).await?;
    let given = read_evidence(&arguments.evidence, &context.current_directory()?)?;
    let place = signoff_place(
        &surroundings.store,
        platform,
        &product.descriptor.name,
        &arguments.subject,
        &arguments.criterion,
        arguments.target.as_deref(),
    )
    .await?;
    let person = surroundings.person_at(place.environment, &arguments.person).await?;
    let verdict = if arguments.reject {
        SignoffVerdict::Rejected
    } else {
        SignoffVerdict::Accepted
    };
    let _held = context.interrupt.hold();
    let use_case = surroundings.use_case(&person.actor);
    let said = sign_off(use_case, &product.root, platform, &place, &person, (verdict, given)).await;
    notification::deliver(use_case, platform, &context.environment).await;
    context.answer(&Answered(said?))?;
    Ok(Outcome::Done)
}

/// An address, a file that exists, else a text.
fn read_evidence(text: &str, directory: &Path) -> Result<Evidence, CommandError> {
    if let Some((_, rest)) = text
        .split_once("://")
        .filter(|(scheme, _)| ["http", "https"].contains(scheme))
    {
        if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
            let message = "the address of the evidence holds a user or a password, and would be kept in the ledger";
            return Err(CommandError::new(ExitKind::Usage, message));
        }
        return Ok(Evidence::Url(text.to_owned()));
    }
    let path = directory.join(text);
    if !path.is_file() {
        return Ok(Evidence::Text(text.to_owned()));
    }
    let bytes = std::fs::read(&path)
        .map_err(|error| CommandError::new(ExitKind::Config, format!("cannot read the evidence `{text}`: {error}")))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Evidence::File {
        name: name.unwrap_or_default(),
        digest: Digest::of(&bytes),
    })
}
