//! Reports as JUnit XML: a suite per environment, a case per rule and subject.
//!
//! A finding that blocks is a failure, a rule that could not be evaluated an error; what does not apply or is waived is skipped. A
//! finding that only warns passes, with its text as output: a build that fails on warnings is the builder's decision.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::report::{Finding, Outcome, Report, RuleReport};

/// The XML text.
#[must_use]
pub fn text(reports: &[Report]) -> String {
    let mut document = Document::new("sluice check");
    for report in reports {
        let mut suite = TestSuite::new(report.target.environment.clone());
        for rule in &report.rules {
            suite.add_test_cases(cases(rule, report));
        }
        // Findings about waivers belong to no rule of the pack.
        let own = report
            .findings
            .iter()
            .filter(|finding| !report.rules.iter().any(|rule| rule.id == finding.id));
        suite.add_test_cases(own.map(|finding| case(&finding.id, &finding.subject, &[finding])));
        document.add_test_suite(suite);
    }
    document
        .to_string()
        .expect("invariant: writing to a text does not fail")
}

fn cases(rule: &RuleReport, report: &Report) -> Vec<TestCase> {
    let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.id == rule.id).collect();
    if rule.outcome == Outcome::NotApplicable {
        let mut case = TestCase::new(rule.title.clone(), TestCaseStatus::skipped());
        case.set_classname(rule.id.clone());
        return vec![case];
    }
    let mut subjects: Vec<&str> = rule.subjects.iter().map(String::as_str).collect();
    subjects.extend(findings.iter().map(|finding| finding.subject.as_str()));
    subjects.sort_unstable();
    subjects.dedup();
    subjects
        .into_iter()
        .map(|subject| {
            let about: Vec<&Finding> = findings
                .iter()
                .copied()
                .filter(|finding| finding.subject == subject)
                .collect();
            case(&rule.id, subject, &about)
        })
        .collect()
}

fn case(rule: &str, subject: &str, findings: &[&Finding]) -> TestCase {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let blocking = findings.iter().find(|finding| finding.blocks());
    let waived = !findings.is_empty() && findings.iter().all(|finding| finding.waived.is_some());
    let mut status = match blocking {
        Some(finding) if finding.outcome == Outcome::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Some(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        None if waived => TestCaseStatus::skipped(),
        None => TestCaseStatus::success(),
    };
    if blocking.is_some() || waived {
        status.set_message(lines.join("\n"));
    }
    let mut case = TestCase::new(subject.to_owned(), status);
    case.set_classname(rule.to_owned());
    if blocking.is_none() && !lines.is_empty() {
        case.set_system_out(lines.join("\n"));
    }
    case
}
