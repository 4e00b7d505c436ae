//! Step 7: the policies of qa and prod in one run. A grant to one person, planted in the working copy, is found with its place and
//! taken back before anybody commits it.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::{CommandError, ExitKind};

const FILE: &str = "catalog/gold.yml";
/// What the engineer planted: a privilege of a single user, which qa and prod do not take.
const GRANTS: &str = "    grants:\n      - {principal: analyst@sluice.test, privileges: [SELECT]}\n";
/// The line after which it stands.
const TABLE: &str = "  weather_delay:\n";
/// The rule that finds it.
const RULE: &str = "AC-02";

/// The answer of `sluice check`.
#[derive(Deserialize)]
pub(super) struct Checked {
    reports: Vec<Report>,
}

#[derive(Deserialize)]
struct Report {
    target: Target,
    findings: Vec<Finding>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Target {
    environment: String,
}

#[derive(Deserialize)]
struct Rule {
    outcome: String,
}

#[derive(Deserialize)]
struct Finding {
    id: String,
    effect: String,
    message: String,
    source: Option<Source>,
    waived: Option<IgnoredAny>,
}

impl Finding {
    fn blocks(&self) -> bool {
        self.effect == "deny" && self.waived.is_none()
    }
}

#[derive(Deserialize)]
struct Source {
    file: String,
    line: u32,
}

impl Checked {
    /// One line: how many rules said what, for each environment.
    pub(super) fn summary(&self) -> String {
        let of = |report: &Report| {
            let passed = report.rules.iter().filter(|rule| rule.outcome == "pass").count();
            let applicable = report
                .rules
                .iter()
                .filter(|rule| rule.outcome != "not_applicable")
                .count();
            let waived = report
                .findings
                .iter()
                .filter(|finding| finding.waived.is_some())
                .count();
            let blocking = report.findings.iter().filter(|finding| finding.blocks()).count();
            format!(
                "{}: {passed} of {applicable} rules hold, {blocking} findings block, {waived} waived",
                report.target.environment
            )
        };
        self.reports.iter().map(of).collect::<Vec<_>>().join("; ")
    }

    /// What blocks, one after the other.
    fn blocking(&self) -> String {
        let findings = self.reports.iter().flat_map(|report| &report.findings);
        let of = |finding: &Finding| format!("{}: {}", finding.id, finding.message);
        findings
            .filter(|finding| finding.blocks())
            .map(of)
            .collect::<Vec<_>>()
            .join("; ")
    }

    fn planted(&self) -> Option<&Finding> {
        let findings = self.reports.iter().flat_map(|report| &report.findings);
        findings
            .into_iter()
            .find(|finding| finding.id == RULE && finding.blocks())
    }
}

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let repository = setting.repository();
    let (player, arguments) = (setting.player(), ["check", "--for", "qa,prod"]);
    let planted = format!("{TABLE}{GRANTS}");
    repository.replace(FILE, TABLE, &planted)?;
    let answer: Result<(bool, Checked), CommandError> = player.ask(ENGINEER, repository.root(), &arguments).await;
    repository.replace(FILE, &planted, TABLE)?;
    let (clean, found) = answer?;
    let finding = found.planted().filter(|_| !clean).ok_or_else(|| {
        let message = format!("the planted grant in `{FILE}` was not found by {RULE}");
        CommandError::new(ExitKind::Internal, message)
    })?;
    let place = finding
        .source
        .as_ref()
        .map_or_else(|| FILE.to_owned(), |source| format!("{}:{}", source.file, source.line));
    let (clean, checked): (bool, Checked) = player.ask(ENGINEER, repository.root(), &arguments).await?;
    if !clean {
        let message = format!("the policies block the product: {}", checked.blocking());
        return Err(CommandError::new(ExitKind::Refused, message));
    }
    Ok(vec![
        Evidence::new(format!("{RULE} blocks: {}; taken back", finding.message), place),
        Evidence::new(checked.summary(), format!("sluice {}", arguments.join(" "))),
    ])
}
