//! Waivers and packs as people write them, with what is wrong with them.

use sluice_bundle::language::parse_yaml;
use sluice_model::Tree;

use crate::embedded;
use crate::evaluation::{Evaluator, Question};
use crate::pack::{HEAD, Pack, PackFiles};
use crate::report::{Decision, Report};
use crate::stage::Stage;
use crate::waiver::{self, Waiver};

const RULE: &str = "# METADATA
# title: Names are short
# custom:
#   id: OWN-1
#   category: other
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files]
#   remediation: Shorten it.
#   parameters: {maximum: 3}
package own.names

subjects contains \"product\"

findings contains {\"subject\": \"product\", \"path\": [\"product\", \"name\"], \"message\": \"too long\", \"evidence\": {}} if {
\tcount(input.product.name) > input.parameters[\"OWN-1\"].maximum
}
";

fn own(files: &[(&str, &str)]) -> PackFiles {
    let head = (HEAD.to_owned(), "version: 1\nname: own\nrelease: 1.0.0\n".to_owned());
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    PackFiles {
        directory: "own".to_owned(),
        files: files.chain([head]).collect(),
    }
}

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let read = Pack::read(&[embedded::files(), own(files)], &parse_yaml);
    read.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn pack() -> Pack {
    Pack::read(&[own(&[("names.rego", RULE)])], &parse_yaml).unwrap()
}

fn waivers(text: &str) -> Result<Vec<Waiver>, Vec<String>> {
    let tree = parse_yaml(text, waiver::FILE).unwrap();
    waiver::read(&tree, &pack(), &["dev", "qa"]).map_err(|all| all.iter().map(ToString::to_string).collect())
}

fn one(fields: &str) -> String {
    format!(
        "version: 1\nwaivers:\n  - {{id: W-1, rule: OWN-1, reason: r, requested_by: a@x.test, approved_by: b@x.test, {fields}}}\n"
    )
}

fn report(waivers: &[Waiver]) -> Report {
    let evaluator = Evaluator::new(pack(), &Tree::mapping()).unwrap();
    let embedded = Pack::read(&[embedded::files()], &parse_yaml).unwrap();
    evaluator.evaluate(&Question {
        document: embedded.fixtures.get("sound").unwrap(),
        environment: "qa",
        stage: Stage::Qa,
        now: "2026-11-27T12:00:00Z".parse().unwrap(),
        waivers,
    })
}

fn ids(report: &Report) -> Vec<(&str, bool)> {
    let all = report.findings.iter();
    all.map(|finding| (finding.id.as_str(), finding.waived.is_some()))
        .collect()
}

#[test]
fn a_waiver_covers_its_finding_until_its_last_day_and_the_finding_stays_visible() {
    let open = report(&[]);
    assert_eq!((open.decision, ids(&open)), (Decision::Deny, vec![("OWN-1", false)]));
    let good = waivers(&one("subject: product, created: 2026-11-01, expires: 2026-11-27")).unwrap();
    let waived = report(&good);
    assert_eq!(
        (waived.decision, ids(&waived)),
        (Decision::Allow, vec![("OWN-1", true)])
    );
    let instance = &open.findings[0].instance;
    let exact = waivers(&one(&format!(
        "finding: \"{instance}\", created: 2026-11-01, expires: 2026-11-27"
    )))
    .unwrap();
    assert_eq!(report(&exact).decision, Decision::Allow);
}

#[test]
fn an_expired_waiver_covers_nothing_and_is_told_and_so_is_an_unused_one() {
    let found = |fields: &str| report(&waivers(&one(fields)).unwrap());
    let expired = found("subject: product, created: 2026-11-01, expires: 2026-11-26");
    assert_eq!(expired.decision, Decision::Deny);
    assert_eq!(ids(&expired), [("OWN-1", false), ("WV-01", false)]);
    let elsewhere = found("subject: product, environments: [dev], created: 2026-11-01, expires: 2026-12-01");
    assert_eq!(ids(&elsewhere), [("OWN-1", false)]);
    let unused = found("subject: other, created: 2026-11-01, expires: 2026-12-01");
    assert_eq!(ids(&unused), [("OWN-1", false), ("WV-02", false)]);
}

#[test]
fn waivers_that_are_not_sound_are_refused() {
    let first = |text: &str| -> Vec<String> {
        let faults = waivers(text).unwrap_err();
        let lines = faults
            .iter()
            .filter_map(|fault| fault.lines().next().map(str::to_owned));
        lines.collect()
    };
    let text = one("subject: product, created: 2026-11-01, expires: 2027-11-01")
        .replace("rule: OWN-1", "rule: OWN-2")
        .replace("b@x.test", "A@x.test");
    assert_eq!(
        first(&text),
        [
            "error: no rule has the id `OWN-2`",
            "error: `A@x.test` cannot approve a waiver of their own",
            "error: it lasts 365 days",
        ]
    );
    assert_eq!(
        first(&one("created: soon, environments: [prd]")),
        [
            "error: a waiver names either one `subject` or one `finding`",
            "error: the platform has no environment `prd`",
            "error: `soon` is no day",
            "error: `waivers[0].expires` is missing",
        ]
    );
    let place = waivers(&one("subject: product, created: 2026-11-01, expires: 2026-12-01").replace("OWN-1", "OWN-2"));
    assert!(place.unwrap_err()[0].contains("in waivers.yaml:3:21"));
}

#[test]
fn faults_of_a_pack_are_told_together_with_their_places() {
    assert_eq!(faults(&[("names.rego", RULE)]), Vec::<String>::new());
    let misspelled = RULE.replace("input.product.name", "input.product.nmae");
    let found = faults(&[("a.rego", "package a\n\nx := {\n"), ("names.rego", &misspelled)]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("\n  in own/a.rego:"), "{found:?}");
    assert_eq!(
        found[1],
        "error: no input has `input.product.nmae`\n  in own/names.rego:15:8\n  help: did you mean `name`?"
    );
    assert_eq!(
        faults(&[("a.rego", RULE), ("b.rego", &RULE.replace("own.names", "own.other"))]),
        [
            "error: rule `OWN-1` is defined twice\n  in own/a.rego:1:1\n  in own/b.rego:1:1\n  help: give one of them another id"
        ]
    );
    assert_eq!(
        faults(&[("a.rego", &RULE.replace("needs: [files]", "needs: [filez]"))]),
        [
            "error: `filez` is not a value of `custom.needs[0]`\n  at custom.needs[0]\n  in own/a.rego:7:13\n  help: did you mean `files`?"
        ]
    );
    assert_eq!(
        faults(&[("a.rego", &RULE.replace("findings contains", "found contains"))]),
        [
            "error: rule `OWN-1` does not define `findings`\n  in own/a.rego:1:1\n  help: write `findings contains … if { … }`"
        ]
    );
}

#[test]
fn parameters_are_set_by_name_and_type_alone() {
    let set = |text: &str| Evaluator::new(pack(), &parse_yaml(text, "platform.yaml").unwrap());
    let told = |text: &str| -> Vec<String> { set(text).unwrap_err().iter().map(|one| one.summary.clone()).collect() };
    assert_eq!(set("OWN-1: {maximum: 99}").unwrap().pack().rules.len(), 1);
    assert_eq!(told("OWN-9: {maximum: 1}"), ["no rule has the id `OWN-9`"]);
    assert_eq!(told("OWN-1: {maximm: 1}"), ["rule `OWN-1` has no parameter `maximm`"]);
    assert_eq!(
        told("OWN-1: {maximum: many}"),
        ["parameter `maximum` of rule `OWN-1` must be a integer, not string"]
    );
}

#[test]
fn reports_for_other_programs_hold_findings_and_waivers() {
    let good = waivers(&one("subject: product, created: 2026-11-01, expires: 2026-11-27")).unwrap();
    let reports = [report(&[]), report(&good)];
    let sarif: serde_json::Value = serde_json::from_str(&crate::sarif::text(&pack(), &reports)).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"OWN-1".into(), &"error".into())
    );
    let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, "policies/fixtures/sound.yaml");
    assert_eq!(sarif["runs"][1]["results"][0]["suppressions"][0]["status"], "accepted");
    let junit = crate::junit::text(&reports);
    assert!(junit.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{junit}");
    assert!(junit.contains("<skipped message=\"OWN-1 product: too long"), "{junit}");
}
