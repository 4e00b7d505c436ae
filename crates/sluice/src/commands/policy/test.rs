//! `sluice policy test`: runs the tests of a pack.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::policy::for_trials;
use sluice_policy::trials::{self, Trial, Verdict};

use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Run the tests of a pack of policies
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the pack; the embedded one when not given
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

#[derive(Serialize)]
struct Tested {
    passed: usize,
    failed: usize,
    errors: usize,
    tests: Vec<Trial>,
}

impl Answer for Tested {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for trial in self.tests.iter().filter(|trial| trial.verdict != Verdict::Pass) {
            let word = match trial.verdict {
                Verdict::Pass => "ok",
                Verdict::Fail => "FAILED",
                Verdict::Error => "ERROR",
            };
            writeln!(out, "{word} {} ({})", trial.name, trial.location)?;
            if let Some(message) = &trial.message {
                writeln!(out, "  {}", message.replace('\n', "\n  "))?;
            }
        }
        writeln!(
            out,
            "{} passed, {} failed, {} errors",
            self.passed, self.failed, self.errors
        )
    }
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let pack = for_trials(arguments.directory.as_deref())?;
    let mut tests = trials::run(&pack).map_err(CommandError::config)?;
    if let Some(directory) = &arguments.directory {
        let start = format!("{}/", directory.display());
        tests.retain(|trial| trial.location.file.starts_with(&start));
    }
    if tests.is_empty() {
        return Err(CommandError::new(ExitKind::Config, "the pack has no tests")
            .hint("a test is a rule `test_…` in a file `…_test.rego`"));
    }
    let count = |verdict| tests.iter().filter(|trial| trial.verdict == verdict).count();
    let tested = Tested {
        passed: count(Verdict::Pass),
        failed: count(Verdict::Fail),
        errors: count(Verdict::Error),
        tests,
    };
    context.answer(&tested)?;
    Ok(if tested.failed + tested.errors == 0 {
        Outcome::Done
    } else {
        Outcome::AnsweredNo
    })
}
