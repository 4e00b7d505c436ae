//! What an evaluation comes to: outcomes of rules, findings with their places, and the decision.

use std::fmt;

use serde::Serialize;
use sluice_model::{Digest, Location, Timestamp, Tree};

use crate::metadata::Category;
use crate::pack::PackHead;
use crate::stage::{Stage, Weight};

/// Name and version of the report's format.
pub const SCHEMA: &str = "sluice.policy.report/v1";

/// What one rule came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds for everything that it looked at.
    Pass,
    /// It does not.
    Fail,
    /// There is nothing for it to look at.
    NotApplicable,
    /// What it must be shown is missing.
    Unknown,
    /// It could not be evaluated.
    Error,
}

impl Outcome {
    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not_applicable",
            Self::Unknown => "unknown",
            Self::Error => "error",
        }
    }
}

/// What a rule found, before it is weighed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// About what.
    pub subject: String,
    /// Where in the input.
    pub path: Vec<String>,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// The values that it rests on.
    pub evidence: Tree,
}

/// What one rule says about one input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// Outcome.
    pub outcome: Outcome,
    /// What it looked at.
    pub subjects: Vec<String>,
    /// What does not hold; for unknown and error one entry that says why.
    pub failures: Vec<Failure>,
}

/// A finding that a waiver covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waived {
    /// Id of the waiver.
    pub waiver: String,
    /// Why.
    pub reason: String,
    /// Who approved it.
    pub by: String,
    /// The last day on which it counts.
    pub expires: String,
}

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The rule.
    pub id: String,
    /// Identity of this finding: digest of rule, subject and path. The same in every environment and after a change of words.
    pub instance: String,
    /// What the rule came to: fail, unknown or error.
    pub outcome: Outcome,
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// What it does: `deny` stops a promotion, `warn` and `info` do not.
    pub effect: &'static str,
    /// Category of the rule.
    pub category: Category,
    /// Title of the rule.
    pub title: String,
    /// About what.
    pub subject: String,
    /// Where in the input.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// Where it is written, when a file says it.
    pub source: Option<Location>,
    /// The values that it rests on.
    pub evidence: Tree,
    /// What to do.
    pub remediation: String,
    /// Clauses that ask for the rule.
    pub controls: Vec<String>,
    /// The waiver that covers it.
    pub waived: Option<Waived>,
}

impl Finding {
    /// Whether this stops a promotion.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.waived.is_none() && self.effect == effect(Weight::Block)
    }
}

/// One line: rule, subject, what is wrong, and where.
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.id, self.subject, self.message)?;
        match &self.source {
            Some(place) => write!(formatter, " ({place})"),
            None => Ok(()),
        }
    }
}

/// The word for what a weight does.
#[must_use]
pub(crate) fn effect(weight: Weight) -> &'static str {
    match weight {
        Weight::Block => "deny",
        Weight::Warn => "warn",
        Weight::Info => "info",
    }
}

/// The word of SARIF and CI systems for a weight.
#[must_use]
pub(crate) fn severity(weight: Weight) -> &'static str {
    match weight {
        Weight::Block => "error",
        Weight::Warn => "warning",
        Weight::Info => "info",
    }
}

/// What one rule came to, with what it looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// The rule.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its category.
    pub category: Category,
    /// Its outcome.
    pub outcome: Outcome,
    /// What a failure weighs here.
    pub weight: Weight,
    /// What it looked at.
    pub subjects: Vec<String>,
}

/// Where it was evaluated for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Environment.
    pub environment: String,
    /// Its stage.
    pub stage: Stage,
}

/// Whether a promotion may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Nothing blocks.
    Allow,
    /// Something does.
    Deny,
}

impl Decision {
    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// Counts of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rules of the pack.
    pub rules: usize,
    /// Rules that hold.
    pub passed: usize,
    /// Rules that do not.
    pub failed: usize,
    /// Rules with nothing to look at.
    pub not_applicable: usize,
    /// Rules whose evidence is missing.
    pub unknown: usize,
    /// Rules that could not be evaluated.
    pub errored: usize,
    /// Findings that stop a promotion.
    pub blocking: usize,
    /// Findings that warn.
    pub warnings: usize,
    /// Findings that a waiver covers.
    pub waived: usize,
}

/// The outcome of all rules for one environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Format.
    pub schema: &'static str,
    /// The packs.
    pub policy_packs: Vec<PackHead>,
    /// Digest of the packs and the parameters.
    pub pack_digest: Digest,
    /// Digest of the input without the time.
    pub input_digest: Digest,
    /// When, as it was given to the rules.
    pub now: Timestamp,
    /// For which environment.
    pub target: Target,
    /// Rules, by id.
    pub rules: Vec<RuleReport>,
    /// Findings: what blocks first, then by rule and subject.
    pub findings: Vec<Finding>,
    /// Counts.
    pub summary: Summary,
    /// The decision.
    pub decision: Decision,
}

impl Report {
    /// The findings that stop a promotion.
    pub fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.blocks())
    }
}
