//! Reports as SARIF 2.1.0 (OASIS): one run per environment, all rules declared, waivers as suppressions.
//!
//! Only what code scanners read is written. Fingerprints are ours: those that scanners make up change with the line.

use serde::Serialize;
use sluice_model::Tree;

use crate::pack::Pack;
use crate::report::{Finding, Report};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    automation_details: Identified<'a>,
    tool: Tool<'a>,
    results: Vec<SarifResult<'a>>,
}

#[derive(Serialize)]
struct Identified<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    short_description: Message<'a>,
    help: Message<'a>,
    properties: DescriptorProperties<'a>,
}

#[derive(Serialize)]
struct DescriptorProperties<'a> {
    category: &'static str,
    controls: &'a [String],
}

#[derive(Serialize)]
struct Message<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    level: &'static str,
    message: Message<'a>,
    locations: Vec<Place<'a>>,
    partial_fingerprints: Fingerprints<'a>,
    suppressions: Vec<Suppression<'a>>,
    properties: ResultProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<Physical<'a>>,
    logical_locations: Vec<Logical<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical<'a> {
    artifact_location: Artifact<'a>,
    region: Region,
}

#[derive(Serialize)]
struct Artifact<'a> {
    uri: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'a> {
    fully_qualified_name: &'a str,
}

#[derive(Serialize)]
struct Fingerprints<'a> {
    #[serde(rename = "sluice/v1")]
    instance: &'a str,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    justification: &'a str,
}

#[derive(Serialize)]
struct ResultProperties<'a> {
    outcome: &'static str,
    effect: &'static str,
    evidence: &'a Tree,
}

/// The log as JSON text with a line end.
#[must_use]
pub fn text(pack: &Pack, reports: &[Report]) -> String {
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: reports.iter().map(|report| run(pack, report)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&log).expect("invariant: it has only text keys");
    text.push('\n');
    text
}

fn run<'a>(pack: &'a Pack, report: &'a Report) -> Run<'a> {
    let rules = pack.rules.iter().map(|rule| Descriptor {
        id: &rule.metadata.id,
        short_description: Message {
            text: &rule.metadata.title,
        },
        help: Message {
            text: &rule.metadata.remediation,
        },
        properties: DescriptorProperties {
            category: rule.metadata.category.as_str(),
            controls: &rule.metadata.controls,
        },
    });
    Run {
        automation_details: Identified {
            id: &report.target.environment,
        },
        tool: Tool {
            driver: Driver {
                name: "sluice",
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules: rules.collect(),
            },
        },
        results: report.findings.iter().map(result).collect(),
    }
}

fn result(finding: &Finding) -> SarifResult<'_> {
    let physical_location = finding.source.as_ref().map(|place| Physical {
        artifact_location: Artifact { uri: &place.file },
        region: Region {
            start_line: place.line,
            start_column: place.column,
        },
    });
    let suppressions = finding.waived.iter().map(|waived| Suppression {
        kind: "external",
        status: "accepted",
        justification: &waived.reason,
    });
    SarifResult {
        rule_id: &finding.id,
        // SARIF calls information a note.
        level: if finding.severity == "info" {
            "note"
        } else {
            finding.severity
        },
        message: Message { text: &finding.message },
        locations: vec![Place {
            physical_location,
            logical_locations: vec![Logical {
                fully_qualified_name: &finding.subject,
            }],
        }],
        partial_fingerprints: Fingerprints {
            instance: &finding.instance,
        },
        suppressions: suppressions.collect(),
        properties: ResultProperties {
            outcome: finding.outcome.as_str(),
            effect: finding.effect,
            evidence: &finding.evidence,
        },
    }
}
