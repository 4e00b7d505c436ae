//! Step 7: the policies of qa and prod in one run. What they find is fixed, or waived for a time; a grant to one person was planted.

use serde::Deserialize;
use serde::de::IgnoredAny;
use sluice_model::Timestamp;

use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::{CommandError, ExitKind};

const PLANTED: &str = "Let the analyst read the weather delays";
const FIXED: &str = "Answer the findings of the policies";
const FILE: &str = "catalog/gold.yml";
/// What the engineer planted: a privilege of a single user, which qa and prod do not take.
const GRANTS: &str = "    grants:\n      - {principal: analyst@sluice.test, privileges: [SELECT]}\n";
/// The line after which it stands.
const TABLE: &str = "  weather_delay:\n";
/// The rule that finds it.
const RULE: &str = "AC-02";

/// A mask has to be deterministic, and to say so.
const MASK: (&str, &str, &str) = (
    "catalog/silver.yml",
    "    returns: string\n",
    "    returns: string\n    deterministic: true\n",
);
/// For how long the tag that the job lacks is waived.
const WAIVED_HOURS: i64 = 30 * 24;

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

    fn planted(&self) -> Option<&Finding> {
        let findings = self.reports.iter().flat_map(|report| &report.findings);
        findings
            .into_iter()
            .find(|finding| finding.id == RULE && finding.blocks())
    }
}

/// The waiver of a tag that the job lacks until the accounts are set up: a reason, who agreed, and an end.
fn waivers(now: Timestamp) -> String {
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let end = now
        .saturating_add(jiff::SignedDuration::from_hours(WAIVED_HOURS))
        .unwrap_or(now);
    format!(
        "version: 1\nwaivers:\n  - id: W-1\n    rule: AR-12\n    subject: resources.jobs.flight_punctuality\n    environments: [qa, prod]\n    \
         reason: Costs are split by workspace until the accounts are set up.\n    ticket: FIN-17\n    requested_by: engineer@sluice.test\n    \
         approved_by: security@sluice.test\n    created: {}\n    expires: {}\n",
        day(now),
        day(end)
    )
}

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let repository = setting.repository();
    let (player, arguments) = (setting.player(), ["check", "--for", "qa,prod"]);
    let mut evidence = Vec::new();
    if let Some(commit) = repository.commit_named(ENGINEER, FIXED).await? {
        evidence.push(Evidence::new(
            format!("{RULE} blocked a grant to one person; fixed"),
            format!("git show {commit}"),
        ));
    } else {
        if repository.commit_named(ENGINEER, PLANTED).await?.is_none() {
            repository.discard(ENGINEER).await?;
            repository.replace(FILE, TABLE, &format!("{TABLE}{GRANTS}"))?;
            repository.commit(ENGINEER, PLANTED).await?;
        }
        let (clean, found): (bool, Checked) = player.ask(ENGINEER, repository.root(), &arguments).await?;
        let finding = found.planted().filter(|_| !clean).ok_or_else(|| {
            let message = format!("the planted grant in `{FILE}` was not found by {RULE}");
            CommandError::new(ExitKind::Internal, message)
        })?;
        let place = finding
            .source
            .as_ref()
            .map_or_else(|| FILE.to_owned(), |source| format!("{}:{}", source.file, source.line));
        evidence.push(Evidence::new(format!("{RULE} blocks: {}", finding.message), place));
        repository.discard(ENGINEER).await?;
        repository.replace(FILE, &format!("{TABLE}{GRANTS}"), TABLE)?;
        let (file, old, new) = MASK;
        repository.replace(file, old, new)?;
        repository.write("waivers.yaml", &waivers(Timestamp::now()))?;
        repository.commit(ENGINEER, FIXED).await?;
    }
    let checked: Checked = player.sluice(ENGINEER, repository.root(), &arguments).await?;
    evidence.push(Evidence::new(
        checked.summary(),
        format!("sluice {}", arguments.join(" ")),
    ));
    Ok(evidence)
}
