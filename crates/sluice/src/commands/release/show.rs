//! `sluice release show`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::product::Product;
use sluice_model::ReleaseVersion;
use sluice_store::record::{Approval, ChangeRequest, Release, Signoff};

use crate::commands::promotion::show::{approvals, evidence};
use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Show a release with its manifest, and what people decided about it
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Version of the release
    #[arg(value_name = "VERSION")]
    version: ReleaseVersion,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    release: Release,
    /// What people said about it, oldest first.
    signoffs: Vec<Signoff>,
    /// Who was asked to agree to its promotions, who decided.
    approvals: Vec<Approval>,
    /// The requested change that it answers.
    change: Option<ChangeRequest>,
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let release = &self.release;
        writeln!(out, "{} {} ({})", release.product, release.version, release.state)?;
        writeln!(out, "  digest {}", release.digest)?;
        writeln!(out, "  commit {}", release.commit)?;
        writeln!(out, "  tag    {}", release.tag)?;
        writeln!(out, "  frozen {} by {}", release.frozen_at, release.frozen_by)?;
        if let Some(id) = &release.verification {
            writeln!(out, "  rests on verification {id}")?;
        }
        if let Some(reason) = &release.reason {
            writeln!(out, "  {reason}")?;
        }
        if let Some(change) = &self.change {
            writeln!(out, "  answers change {}: {}", change.id, change.request)?;
        }
        for row in &self.signoffs {
            let evidence = evidence(&row.evidence);
            writeln!(
                out,
                "  sign-off {}: {} by {} in {}: {evidence}",
                row.criterion, row.verdict, row.subject, row.environment
            )?;
        }
        approvals(out, &self.approvals)?;
        let files = release.manifest.get("files").and_then(serde_json::Value::as_array);
        for file in files.into_iter().flatten() {
            let field = |key: &str| file.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
            writeln!(out, "  {} {} {}", field("mode"), field("digest"), field("path"))?;
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = Product::find(&context.current_directory()?).await?.descriptor.name;
    let found = surroundings.store.release(&product, &arguments.version).await?;
    let release = found.ok_or_else(|| {
        CommandError::new(
            ExitKind::Config,
            format!("`{product}` has no release {}", arguments.version),
        )
        .hint("`sluice release list` shows what it has")
    })?;
    let store = &surroundings.store;
    let mut signoffs = store.signoffs(Some(&product)).await?;
    signoffs.retain(|row| row.digest == release.digest);
    let mut approvals = store.approvals(Some(&product)).await?;
    approvals.retain(|row| row.version == release.version);
    let changes = store.change_requests(Some(&product)).await?;
    context.answer(&Shown {
        signoffs,
        approvals,
        change: changes.into_iter().find(|row| row.version == release.version),
        release,
    })?;
    Ok(Outcome::Done)
}
