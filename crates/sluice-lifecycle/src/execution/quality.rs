//! The check `quality`: every rule of the output ports' contracts, measured on the tables as they are now.

use futures::stream::{self, StreamExt as _};
use sluice_governance::binding::BoundContract;
use sluice_governance::descriptor::PortKind;
use sluice_governance::quality::{Compiled, Gap, Rule, RuleSeverity, TableRules, compile, judge, rules};
use sluice_store::record::{Check, QualityResult};

use super::candidate::Candidate;
use super::checks::{TableNames, causes};
use super::statement::first_row;
use crate::contracts::read_contracts;

const KIND: &str = "quality";
/// Tables that are measured at the same time.
const PARALLEL: usize = 4;

/// One check per rule, in the order of ports and contracts. What cannot be measured has failed and says why; what no query can check (words,
/// rules of other engines) is named and stands in nobody's way.
pub(super) async fn all(candidate: &Candidate, names: &TableNames, warehouse: Option<&str>) -> Vec<Check> {
    let found = match read_contracts(&candidate.loaded.root) {
        Ok(found) => found,
        Err(error) => return vec![failed("contracts", &causes(&error))],
    };
    let faults = found
        .faults
        .iter()
        .map(|fault| failed("contracts", &fault.to_string().replace('\n', " ")));
    let mut checks: Vec<Check> = faults.collect();
    let offered = found
        .contracts
        .iter()
        .filter(|bound| bound.port.kind == PortKind::Output);
    let of_ports: Vec<Vec<Check>> = stream::iter(offered)
        .map(|bound| port(candidate, bound, names, warehouse))
        .buffered(PARALLEL)
        .collect()
        .await;
    checks.extend(of_ports.into_iter().flatten());
    checks
}

fn failed(subject: &str, why: &str) -> Check {
    Check {
        kind: KIND.to_owned(),
        subject: subject.to_owned(),
        passed: false,
        found: why.to_owned(),
        quality: None,
    }
}

async fn port(candidate: &Candidate, bound: &BoundContract, names: &TableNames, warehouse: Option<&str>) -> Vec<Check> {
    let Some(key) = &bound.port.table else {
        let promises = bound.contract.schema.iter().any(|object| {
            let promised = rules(&bound.contract, object, "");
            !promised.rules.is_empty() || !promised.gaps.is_empty()
        });
        // A port without a table may offer something else; what its contract promises about rows must be measured.
        let why = "its contract promises something about rows, and the port names no table to measure";
        return if promises {
            vec![failed(&bound.port.name, why)]
        } else {
            Vec::new()
        };
    };
    let Some(object) = bound.object() else {
        return vec![failed(&bound.port.name, "its contract does not describe one table")];
    };
    let Some(table) = names.get(key) else {
        return vec![failed(&bound.port.name, &format!("`{key}` is not deployed"))];
    };
    let TableRules { rules, gaps } = rules(&bound.contract, object, table);
    let mut checks = measured(candidate, &rules, table, warehouse).await;
    checks.extend(gaps.iter().map(|gap| unmeasured(gap, table)));
    checks
}

async fn measured(candidate: &Candidate, rules: &[Rule], table: &str, warehouse: Option<&str>) -> Vec<Check> {
    let Some(warehouse) = warehouse else {
        let why = Err("the catalog files name no `warehouse_id` to measure with".to_owned());
        return rules.iter().map(|rule| judged(rule, table, why.as_ref(), 0)).collect();
    };
    let client = &candidate.loaded.client;
    let Compiled { aggregate, queries } = compile(rules, table);
    let mut values: Vec<Result<Option<String>, String>> = vec![Ok(None); rules.len()];
    let mut rows = 0;
    match first_row(client, warehouse, &aggregate.sql).await {
        Ok(row) if row.len() == aggregate.rules.len() + 1 => {
            let mut cells = row.into_iter();
            rows = cells.next().flatten().and_then(|text| text.parse().ok()).unwrap_or(0);
            for (index, cell) in aggregate.rules.iter().zip(cells) {
                values[*index] = Ok(cell);
            }
        }
        other => {
            let why = match other {
                Ok(row) => format!("measuring gave {} values, not {}", row.len(), aggregate.rules.len() + 1),
                Err(why) => format!("measuring {why}"),
            };
            for index in &aggregate.rules {
                values[*index] = Err(why.clone());
            }
        }
    }
    for (index, query) in &queries {
        values[*index] = match first_row(client, warehouse, query).await {
            Ok(row) if row.len() == 1 => Ok(row.into_iter().next().flatten()),
            Ok(row) => Err(format!(
                "its query gives {} columns in its first row, not one",
                row.len()
            )),
            Err(why) => Err(format!("its query {why}")),
        };
    }
    let pairs = rules.iter().zip(&values);
    pairs
        .map(|(rule, value)| judged(rule, table, value.as_ref(), rows))
        .collect()
}

fn severity(severity: RuleSeverity) -> String {
    match severity {
        RuleSeverity::Error => "error".to_owned(),
        RuleSeverity::Warning => "warning".to_owned(),
    }
}

/// A violated rule of severity `warning` is told and lets the verification pass; a rule that cannot be measured never does.
fn judged(rule: &Rule, table: &str, value: Result<&Option<String>, &String>, rows: u64) -> Check {
    let outcome = judge(rule, value.ok().and_then(Option::as_deref), rows);
    let (passed, found) = match value {
        Err(why) => (false, format!("{why} (expected {})", outcome.expected)),
        Ok(_) => {
            let observed = outcome.observed.as_deref().unwrap_or("no value");
            let compared = format!("{observed}, expected {}", outcome.expected);
            match (outcome.passed, outcome.severity) {
                (true, _) => (true, compared),
                (false, RuleSeverity::Warning) => (true, format!("warning: {compared}")),
                (false, RuleSeverity::Error) => {
                    let place = rule
                        .location
                        .as_ref()
                        .map_or(String::new(), |place| format!(" ({place})"));
                    (false, format!("{compared}{place}"))
                }
            }
        }
    };
    Check {
        kind: KIND.to_owned(),
        subject: rule.id.clone(),
        passed,
        found,
        quality: Some(QualityResult {
            rule: rule.id.clone(),
            table: table.to_owned(),
            column: rule.column.clone(),
            measured: value.is_ok(),
            observed: outcome.observed,
            expected: Some(outcome.expected),
            passed: outcome.passed,
            severity: severity(outcome.severity),
        }),
    }
}

fn unmeasured(gap: &Gap, table: &str) -> Check {
    let place = gap
        .location
        .as_ref()
        .map_or(String::new(), |place| format!(" ({place})"));
    Check {
        kind: KIND.to_owned(),
        subject: gap.rule.clone(),
        passed: !gap.fault,
        found: format!("not measured: {}{place}", gap.reason),
        quality: Some(QualityResult {
            rule: gap.rule.clone(),
            table: table.to_owned(),
            column: gap.column.clone(),
            measured: false,
            observed: None,
            expected: None,
            passed: false,
            severity: severity(if gap.fault {
                RuleSeverity::Error
            } else {
                RuleSeverity::Warning
            }),
        }),
    }
}
