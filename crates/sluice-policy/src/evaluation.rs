//! Applying rules to an input. What is undefined is an error, what was not shown is unknown, and only what was looked at passes.

use std::collections::BTreeMap;

use sluice_model::{Diagnostic, Digest, Location, Node, Timestamp, Tree};

use crate::metadata::{Metadata, STRUCTURE};
use crate::pack::{Pack, Rule, top};
use crate::rego::Rego;
use crate::report::{
    Decision, Failure, Finding, Judgement, Outcome, Report, RuleReport, SCHEMA, Summary, Target, effect, severity,
};
use crate::schema::Shape;
use crate::stage::{Stage, Weight};
use crate::waiver::{self, Waiver};

/// Rules with the values of their parameters.
#[derive(Clone, Debug)]
pub struct Evaluator {
    pack: Pack,
    engine: Rego,
    parameters: Tree,
}

/// What is evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The input.
    pub document: &'a Tree,
    /// Name of the environment.
    pub environment: &'a str,
    /// Its stage.
    pub stage: Stage,
    /// The moment.
    pub now: Timestamp,
    /// Exceptions.
    pub waivers: &'a [Waiver],
}

impl Evaluator {
    /// Prepares rules. `overrides` holds, by rule id, the parameters that a platform sets.
    ///
    /// # Errors
    /// When an override names no rule or no parameter of it, or is of another type than the default.
    pub fn new(pack: Pack, overrides: &Tree) -> Result<Self, Vec<Diagnostic>> {
        let mut parameters = Tree::mapping();
        for rule in &pack.rules {
            parameters.set(&rule.metadata.id, defaults(&rule.metadata));
        }
        let faults = apply(&mut parameters, overrides, &pack);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut engine = pack.engine(false).map_err(|fault| vec![fault])?;
        engine.prepare().map_err(|fault| vec![fault])?;
        Ok(Self {
            pack,
            engine,
            parameters,
        })
    }

    /// The rules.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// What one rule says about an input.
    #[must_use]
    pub fn judge(&self, rule: &Rule, document: &Tree) -> Judgement {
        if let Some(judgement) = incomplete(document) {
            return judgement;
        }
        let mut engine = self.engine.clone();
        engine.input(&self.complete(document));
        judge(&mut engine, rule, document)
    }

    /// What every rule says about an input, in the order of the pack.
    pub(crate) fn judge_all(&self, document: &Tree) -> Vec<Judgement> {
        if let Some(judgement) = incomplete(document) {
            return vec![judgement; self.pack.rules.len()];
        }
        let mut engine = self.engine.clone();
        engine.input(document);
        let rules = self.pack.rules.iter();
        rules.map(|rule| judge(&mut engine, rule, document)).collect()
    }

    /// What all rules say about an input.
    #[must_use]
    pub fn evaluate(&self, question: &Question<'_>) -> Report {
        let document = self.complete(question.document);
        let mut findings = Vec::new();
        let mut rules = Vec::new();
        for (rule, judgement) in self.pack.rules.iter().zip(self.judge_all(&document)) {
            rules.push(RuleReport {
                id: rule.metadata.id.clone(),
                title: rule.metadata.title.clone(),
                category: rule.metadata.category,
                outcome: judgement.outcome,
                weight: rule.metadata.severity.at(question.stage),
                subjects: judgement.subjects,
            });
            let weigh = |failure| finding(&rule.metadata, judgement.outcome, failure, question.stage, &document);
            findings.extend(judgement.failures.into_iter().map(weigh));
        }
        waiver::apply(question, &mut findings);
        findings.sort_by(|one, two| order(one).cmp(&order(two)));
        let summary = summary(&rules, &findings);
        Report {
            schema: SCHEMA,
            policy_packs: self.pack.heads.clone(),
            pack_digest: self.digest(),
            input_digest: without_time(&document),
            now: question.now,
            target: Target {
                environment: question.environment.to_owned(),
                stage: question.stage,
            },
            decision: if summary.blocking == 0 {
                Decision::Allow
            } else {
                Decision::Deny
            },
            rules,
            findings,
            summary,
        }
    }

    /// Identity of the rules together with their parameters.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let parts = (self.pack.digest(), &self.parameters);
        Digest::of_canonical_json(&parts).expect("invariant: it has only text keys")
    }

    /// The input with the parameters of the rules.
    pub(crate) fn complete(&self, document: &Tree) -> Tree {
        let mut document = document.clone();
        document.set("parameters", self.parameters.clone());
        document
    }
}

/// Identity of an input. Another moment alone makes no other input.
fn without_time(document: &Tree) -> Digest {
    let mut document = document.clone();
    document.set("now", Tree::default());
    Digest::of_canonical_json(&document).expect("invariant: a tree has only text keys")
}

/// What every rule says about a document that is no input.
fn incomplete(document: &Tree) -> Option<Judgement> {
    let missing = Shape::input().missing(document, "input");
    let reason = format!("the input is not complete: {} missing", missing.join(", "));
    (!missing.is_empty()).then(|| failed(Outcome::Error, &[], &reason))
}

fn defaults(metadata: &Metadata) -> Tree {
    let mut tree = Tree::mapping();
    for (name, value) in &metadata.parameters {
        tree.set(name, value.clone());
    }
    tree
}

fn apply(parameters: &mut Tree, overrides: &Tree, pack: &Pack) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let nothing = indexmap::IndexMap::new();
    for (id, values) in overrides.as_mapping().unwrap_or(&nothing) {
        let Some(rule) = pack.rule(id) else {
            faults.push(Diagnostic::error(format!("no rule has the id `{id}`")).location(values.key_location.clone()));
            continue;
        };
        for (name, value) in values.as_mapping().unwrap_or(&nothing) {
            let place = value.key_location.clone().or_else(|| value.location.clone());
            match rule.metadata.parameters.get(name) {
                None => faults.push(unknown_parameter(rule, name).location(place)),
                Some(default) if default.kind_name() != value.kind_name() => faults.push(
                    Diagnostic::error(format!(
                        "parameter `{name}` of rule `{id}` must be a {}, not {}",
                        default.kind_name(),
                        value.kind_name()
                    ))
                    .location(place),
                ),
                Some(_) => {
                    if let Some(rule) = parameters.get_mut(id) {
                        rule.set(name, value.clone());
                    }
                }
            }
        }
    }
    faults
}

fn unknown_parameter(rule: &Rule, name: &str) -> Diagnostic {
    let known: Vec<&str> = rule.metadata.parameters.keys().map(String::as_str).collect();
    let mut fault = Diagnostic::error(format!("rule `{}` has no parameter `{name}`", rule.metadata.id));
    fault.help = sluice_governance::document::suggestion(name, known);
    fault
}

fn judge(engine: &mut Rego, rule: &Rule, document: &Tree) -> Judgement {
    let (structure, rest): (Vec<&str>, Vec<&str>) = rule
        .metadata
        .needs
        .iter()
        .map(String::as_str)
        .partition(|need| STRUCTURE.contains(need));
    if let Some(judgement) = shown(document, &structure, &[]) {
        return judgement;
    }
    let subjects = match ask(engine, rule, "subjects").and_then(|tree| subjects(&tree)) {
        Ok(subjects) => subjects,
        Err(reason) => return failed(Outcome::Error, &[], &reason),
    };
    if subjects.is_empty() {
        return not_applicable();
    }
    if let Some(judgement) = shown(document, &rest, &subjects) {
        return judgement;
    }
    match ask(engine, rule, "findings").and_then(|tree| failures(&tree, &subjects)) {
        Ok(failures) => Judgement {
            outcome: if failures.is_empty() {
                Outcome::Pass
            } else {
                Outcome::Fail
            },
            subjects,
            failures,
        },
        Err(reason) => failed(Outcome::Error, &subjects, &reason),
    }
}

fn not_applicable() -> Judgement {
    Judgement {
        outcome: Outcome::NotApplicable,
        subjects: Vec::new(),
        failures: Vec::new(),
    }
}

/// What the evidence that a rule needs decides already: that it does not apply, or that nobody can know.
fn shown(document: &Tree, needs: &[&str], subjects: &[String]) -> Option<Judgement> {
    for need in needs {
        let evidence = document.get("evidence").and_then(|evidence| evidence.get(need));
        let text = |key: &str| evidence.and_then(|evidence| evidence.get(key)).and_then(Tree::as_str);
        match text("status") {
            Some("present") => {}
            Some("none") => return Some(not_applicable()),
            _ => {
                let reason = text("reason").unwrap_or("nobody read it");
                let reason = format!("cannot be decided without evidence `{need}`: {reason}");
                return Some(failed(Outcome::Unknown, subjects, &reason));
            }
        }
    }
    None
}

/// An outcome that is the same for everything that the rule looked at, or for the rule as such when it did not come that far.
fn failed(outcome: Outcome, subjects: &[String], message: &str) -> Judgement {
    let about = |subject: &str| Failure {
        subject: subject.to_owned(),
        path: Vec::new(),
        message: message.to_owned(),
        evidence: Tree::mapping(),
    };
    let failures = if subjects.is_empty() {
        vec![about("rule")]
    } else {
        subjects.iter().map(|subject| about(subject)).collect()
    };
    Judgement {
        outcome,
        subjects: subjects.to_vec(),
        failures,
    }
}

fn ask(engine: &mut Rego, rule: &Rule, name: &str) -> Result<Tree, String> {
    match engine.ask(&format!("{}.{name}", rule.package), &rule.path) {
        Ok(Some(tree)) => Ok(tree),
        Ok(None) => Err(format!("`{name}` is undefined ({})", top(&rule.path))),
        Err(fault) => {
            let place = fault.locations.first().cloned().unwrap_or_else(|| top(&rule.path));
            Err(format!("`{name}` cannot be evaluated: {} ({place})", fault.summary))
        }
    }
}

fn subjects(tree: &Tree) -> Result<Vec<String>, String> {
    let wrong = || "`subjects` must be a set of texts".to_owned();
    let items = tree.as_sequence().ok_or_else(wrong)?;
    items
        .iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
        .collect()
}

fn failures(tree: &Tree, subjects: &[String]) -> Result<Vec<Failure>, String> {
    let items = tree.as_sequence().ok_or("`findings` must be a set of objects")?;
    items.iter().map(|item| failure(item, subjects)).collect()
}

fn failure(tree: &Tree, subjects: &[String]) -> Result<Failure, String> {
    let text = |key: &str| {
        let text = tree.get(key).and_then(Tree::as_str);
        text.ok_or_else(|| format!("a finding needs `{key}`, a text"))
    };
    let subject = text("subject")?;
    if !subjects.iter().any(|known| known == subject) {
        return Err(format!(
            "a finding is about `{subject}`, which is not one of `subjects`"
        ));
    }
    let wrong = "a finding needs `path`, a list of keys and indexes";
    let path = tree.get("path").and_then(Tree::as_sequence).ok_or(wrong)?;
    let step = |step: &Tree| match &step.node {
        Node::String(key) => Some(key.clone()),
        Node::Integer(index) => Some(index.to_string()),
        Node::Null | Node::Bool(_) | Node::Float(_) | Node::Sequence(_) | Node::Mapping(_) => None,
    };
    Ok(Failure {
        subject: subject.to_owned(),
        path: path.iter().map(step).collect::<Option<_>>().ok_or(wrong)?,
        message: text("message")?.to_owned(),
        evidence: tree.get("evidence").cloned().unwrap_or_else(Tree::mapping),
    })
}

fn finding(metadata: &Metadata, outcome: Outcome, failure: Failure, stage: Stage, document: &Tree) -> Finding {
    let weight = match outcome {
        Outcome::Unknown => metadata.severity.unknown_at(stage),
        // A rule that cannot be evaluated protects nothing.
        Outcome::Error => Weight::Block,
        Outcome::Pass | Outcome::Fail | Outcome::NotApplicable => metadata.severity.at(stage),
    };
    let identity = (&metadata.id, &failure.subject, &failure.path);
    Finding {
        id: metadata.id.clone(),
        instance: Digest::of_canonical_json(&identity)
            .expect("invariant: it has only texts")
            .short(),
        outcome,
        severity: severity(weight),
        effect: effect(weight),
        category: metadata.category,
        title: metadata.title.clone(),
        source: place(document, &failure.path),
        subject: failure.subject,
        path: failure.path.join("."),
        message: failure.message,
        evidence: failure.evidence,
        remediation: metadata.remediation.clone(),
        controls: metadata.controls.clone(),
        waived: None,
    }
}

/// Where the deepest part of a path that exists was written.
fn place(document: &Tree, path: &[String]) -> Option<Location> {
    let mut tree = document;
    let mut found = None;
    for step in path {
        let child = match &tree.node {
            Node::Mapping(fields) => fields.get(step),
            Node::Sequence(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => None,
        };
        let Some(child) = child else { break };
        found = child.key_location.clone().or_else(|| child.location.clone()).or(found);
        tree = child;
    }
    found
}

fn order(finding: &Finding) -> (bool, u8, &str, &str, &str) {
    let rank = match finding.effect {
        "deny" => 0,
        "warn" => 1,
        _ => 2,
    };
    (
        finding.waived.is_some(),
        rank,
        &finding.id,
        &finding.subject,
        &finding.path,
    )
}

fn summary(rules: &[RuleReport], findings: &[Finding]) -> Summary {
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    for rule in rules {
        *outcomes.entry(rule.outcome).or_default() += 1;
    }
    let count = |outcome| outcomes.get(&outcome).copied().unwrap_or_default();
    let open = |effect: &str| {
        let open = findings.iter().filter(|finding| finding.waived.is_none());
        open.filter(|finding| finding.effect == effect).count()
    };
    Summary {
        rules: rules.len(),
        passed: count(Outcome::Pass),
        failed: count(Outcome::Fail),
        not_applicable: count(Outcome::NotApplicable),
        unknown: count(Outcome::Unknown),
        errored: count(Outcome::Error),
        blocking: open("deny"),
        warnings: open("warn"),
        waived: findings.iter().filter(|finding| finding.waived.is_some()).count(),
    }
}
