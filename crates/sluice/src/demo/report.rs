//! What `sluice demo` answers: the steps with their evidence, the tables, the releases and the ledger.

use std::fmt;

use serde::Serialize;

use crate::render::Answer;

/// The whole answer. Its JSON form is stable.
#[derive(Debug, Serialize)]
pub(crate) struct DemoReport {
    /// Version of this program.
    pub(crate) version: &'static str,
    /// The twelve steps, in order; those after one that failed are absent.
    pub(crate) steps: Vec<StepReport>,
    /// Every table of every environment.
    pub(crate) outputs: Vec<Output>,
    /// Every release and where it runs.
    pub(crate) releases: Vec<ReleaseReport>,
    /// The ledger at the end.
    pub(crate) ledger: LedgerReport,
}

/// One step of the twelve.
#[derive(Debug, Serialize)]
pub(crate) struct StepReport {
    /// Number of the step in the lifecycle, 1 to 12.
    pub(crate) number: u8,
    /// What the step is called.
    pub(crate) title: &'static str,
    /// Whether it was done.
    pub(crate) status: StepStatus,
    /// How long it took.
    pub(crate) seconds: f64,
    /// What shows that it was done.
    pub(crate) evidence: Vec<Evidence>,
}

/// Whether a step was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StepStatus {
    /// It was done.
    Done,
    /// It failed; the steps after it were not tried.
    Failed,
}

/// One thing that a person can look at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Evidence {
    /// What was done or found.
    pub(crate) text: String,
    /// Where to look: a path, a URL or a command.
    #[serde(rename = "where")]
    pub(crate) place: String,
}

impl Evidence {
    /// Evidence with a place to look at.
    pub(crate) fn new(text: impl Into<String>, place: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            place: place.into(),
        }
    }
}

/// One table in one environment.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    /// Name of the environment.
    pub(crate) environment: String,
    /// Full name of the table.
    pub(crate) table: String,
    /// Directory of the Delta table.
    pub(crate) location: String,
    /// Version of the Delta table.
    pub(crate) delta_version: u64,
    /// Number of rows.
    pub(crate) rows: u64,
}

/// One release.
#[derive(Debug, Serialize)]
pub(crate) struct ReleaseReport {
    /// Its version.
    pub(crate) version: String,
    /// Its digest.
    pub(crate) digest: String,
    /// Its Git tag.
    pub(crate) tag: String,
    /// Where it runs.
    pub(crate) environments: Vec<String>,
}

/// The ledger.
#[derive(Debug, Serialize)]
pub(crate) struct LedgerReport {
    /// Number of entries.
    pub(crate) entries: u64,
    /// Hash of the last entry.
    pub(crate) head: String,
    /// Whether every entry fits to the one before it.
    pub(crate) verified: bool,
}

impl Answer for DemoReport {
    fn text(&self, text: &mut dyn fmt::Write) -> fmt::Result {
        for step in &self.steps {
            let status = match step.status {
                StepStatus::Done => "done",
                StepStatus::Failed => "FAILED",
            };
            writeln!(
                text,
                "Step {:>2}  {}  ({status}, {:.1} s)",
                step.number, step.title, step.seconds
            )?;
            for evidence in &step.evidence {
                writeln!(text, "         {}", evidence.text)?;
                writeln!(text, "           {}", evidence.place)?;
            }
        }
        if !self.outputs.is_empty() {
            writeln!(text, "\nTables")?;
            let width = self.outputs.iter().map(|output| output.table.len()).max().unwrap_or(0);
            for output in &self.outputs {
                let Output {
                    environment,
                    table,
                    rows,
                    delta_version,
                    ..
                } = output;
                writeln!(
                    text,
                    "  {environment:<5} {table:<width$}  {rows:>7} rows  version {delta_version}"
                )?;
            }
        }
        if !self.releases.is_empty() {
            writeln!(text, "\nReleases")?;
            for release in &self.releases {
                let ReleaseReport {
                    version,
                    digest,
                    tag,
                    environments,
                } = release;
                let places = match environments.as_slice() {
                    [] => "superseded".to_owned(),
                    some => format!("in {}", some.join(", ")),
                };
                writeln!(text, "  {version}  {}  tag {tag}  {places}", short(digest))?;
            }
        }
        let verdict = if self.ledger.verified {
            "verified"
        } else {
            "NOT VERIFIED"
        };
        writeln!(
            text,
            "\nLedger: {} entries, head {}, {verdict}",
            self.ledger.entries,
            short(&self.ledger.head)
        )
    }
}

fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}
