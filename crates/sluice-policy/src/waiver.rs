//! Exceptions: `waivers.yaml` of a product. Each names one finding or one rule and subject, why, who approved it, and when it ends.
//!
//! ```yaml
//! version: 1
//! waivers:
//!   - id: W-7
//!     rule: AC-04
//!     subject: catalog.tables.flights_enriched.tailnum
//!     environments: [qa]
//!     reason: The mask comes with the next release; qa holds no real tail numbers.
//!     ticket: DATA-311
//!     requested_by: engineer@sluice.test
//!     approved_by: security@sluice.test
//!     created: 2026-11-20
//!     expires: 2026-12-20
//! ```
//!
//! Instead of `subject` a waiver may name a `finding` by its instance. A waiver that has ended covers nothing and is a finding itself
//! (WV-01); one that covers nothing is told (WV-02). A waived finding stays in the report.

use std::collections::BTreeSet;

use sluice_governance::document::{Object, Reader, Value, suggestion};
use sluice_model::{Diagnostic, Digest, Location, Tree};

use crate::evaluation::Question;
use crate::metadata::Category;
use crate::pack::Pack;
use crate::report::{Finding, Outcome, Waived, effect, severity};
use crate::stage::Weight;

/// Name of the file.
pub const FILE: &str = "waivers.yaml";
/// The longest time between `created` and `expires`.
pub const MAXIMUM_DAYS: i32 = 90;
/// Id of the finding about a waiver that has ended.
pub const EXPIRED: &str = "WV-01";
/// Id of the finding about a waiver that covers nothing.
pub const UNUSED: &str = "WV-02";

const KEYS: [&str; 11] = [
    "id",
    "rule",
    "subject",
    "finding",
    "environments",
    "reason",
    "ticket",
    "requested_by",
    "approved_by",
    "created",
    "expires",
];

/// What a waiver covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every finding of the rule about this subject.
    Subject(String),
    /// The finding with this instance.
    Finding(String),
}

/// One exception.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Id, unique in the file.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// What of the rule.
    pub scope: Scope,
    /// In which environments; in all when there is none.
    pub environments: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who approved it.
    pub approved_by: String,
    /// The last day on which it counts.
    pub expires: jiff::civil::Date,
    /// Where it is written.
    pub location: Option<Location>,
}

/// Reads the waivers of a product. `environments` are the names that the platform has.
///
/// # Errors
/// When one is not complete, names no rule or environment, is approved by who asked for it, or lasts too long.
pub fn read(tree: &Tree, pack: &Pack, environments: &[&str]) -> Result<Vec<Waiver>, Vec<Diagnostic>> {
    let mut reader = Reader::default();
    let mut waivers: Vec<Waiver> = Vec::new();
    if let Some(object) = reader.document(tree, &["version", "waivers"]) {
        reader.format_version(&object, 1);
        for item in reader.list(&object, "waivers") {
            let Some(waiver) = one(&mut reader, &item, pack, environments) else {
                continue;
            };
            if waivers.iter().any(|other| other.id == waiver.id) {
                reader.error(&item, format!("waiver `{}` is declared twice", waiver.id), None);
            } else {
                waivers.push(waiver);
            }
        }
    }
    let faults = reader.finish();
    if faults.is_empty() { Ok(waivers) } else { Err(faults) }
}

fn one(reader: &mut Reader, item: &Value<'_>, pack: &Pack, known: &[&str]) -> Option<Waiver> {
    let object = reader.object(item, &KEYS)?;
    let id = reader.required_text(&object, "id");
    let rule = reader
        .required(&object, "rule")
        .and_then(|value| rule_id(reader, &value, pack));
    let scope = scope(reader, item, &object);
    let environments = environments(reader, &object, known);
    let reason = reader.required_text(&object, "reason");
    reader.optional_text(&object, "ticket");
    let requested_by = reader.required_text(&object, "requested_by");
    let approver = reader.required(&object, "approved_by");
    let approved_by = approver.as_ref().and_then(|value| reader.text(value));
    if let (Some(value), Some(by)) = (&approver, &approved_by)
        && requested_by
            .as_ref()
            .is_some_and(|asked| asked.eq_ignore_ascii_case(by))
    {
        let help = "somebody else has to approve it".to_owned();
        reader.error(
            value,
            format!("`{by}` cannot approve a waiver of their own"),
            Some(help),
        );
    }
    let created = date(reader, &object, "created");
    let expires = date(reader, &object, "expires");
    if let (Some(created), Some(expires)) = (created, expires) {
        duration(reader, item, created, expires);
    }
    Some(Waiver {
        id: id?,
        rule: rule?,
        scope: scope?,
        environments,
        reason: reason?,
        approved_by: approved_by?,
        expires: expires?,
        location: item.tree.location.clone(),
    })
}

fn rule_id(reader: &mut Reader, value: &Value<'_>, pack: &Pack) -> Option<String> {
    let id = reader.text(value)?;
    if pack.rule(&id).is_some() {
        return Some(id);
    }
    let help = suggestion(&id, pack.rules.iter().map(|rule| rule.metadata.id.as_str()));
    reader.error(value, format!("no rule has the id `{id}`"), help);
    None
}

fn scope(reader: &mut Reader, item: &Value<'_>, object: &Object<'_>) -> Option<Scope> {
    let subject = reader.optional_text(object, "subject").map(Scope::Subject);
    let finding = reader.optional_text(object, "finding").map(Scope::Finding);
    match (subject, finding) {
        (Some(scope), None) | (None, Some(scope)) => Some(scope),
        (Some(_), Some(_)) | (None, None) => {
            let help = "`sluice check` shows both; a rule as a whole cannot be waived".to_owned();
            reader.error(item, "a waiver names either one `subject` or one `finding`", Some(help));
            None
        }
    }
}

fn environments(reader: &mut Reader, object: &Object<'_>, known: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for item in reader.list(object, "environments") {
        let Some(name) = reader.text(&item) else { continue };
        if known.contains(&name.as_str()) {
            names.push(name);
        } else {
            let help = suggestion(&name, known.iter().copied());
            reader.error(&item, format!("the platform has no environment `{name}`"), help);
        }
    }
    names
}

fn date(reader: &mut Reader, object: &Object<'_>, key: &str) -> Option<jiff::civil::Date> {
    let value = reader.required(object, key)?;
    let text = reader.text(&value)?;
    match text.parse() {
        Ok(date) => Some(date),
        Err(_) => {
            let help = "a day such as `2026-12-31`".to_owned();
            reader.error(&value, format!("`{text}` is no day"), Some(help));
            None
        }
    }
}

fn duration(reader: &mut Reader, item: &Value<'_>, created: jiff::civil::Date, expires: jiff::civil::Date) {
    let days = created.until(expires).map_or(i32::MAX, |span| span.get_days());
    if days < 0 {
        reader.error(item, format!("it expires on {expires}, before it was created"), None);
    } else if days > MAXIMUM_DAYS {
        let help = format!("at most {MAXIMUM_DAYS} days; what lasts longer is a change of the rule's parameters");
        reader.error(item, format!("it lasts {days} days"), Some(help));
    }
}

/// Marks the findings that a waiver covers, and adds what there is to say about the waivers themselves.
pub(crate) fn apply(question: &Question<'_>, findings: &mut Vec<Finding>) {
    let today = question.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut own = Vec::new();
    let here = |waiver: &&Waiver| {
        waiver.environments.is_empty() || waiver.environments.iter().any(|name| name == question.environment)
    };
    for waiver in question.waivers.iter().filter(here) {
        let expired = waiver.expires < today;
        let covered = findings.iter_mut().filter(|finding| covers(waiver, finding));
        for finding in covered {
            used.insert(&waiver.id);
            if !expired && finding.waived.is_none() {
                finding.waived = Some(Waived {
                    waiver: waiver.id.clone(),
                    reason: waiver.reason.clone(),
                    by: waiver.approved_by.clone(),
                    expires: waiver.expires.to_string(),
                });
            }
        }
        let (id, message, remediation) = if expired {
            (
                EXPIRED,
                format!("waiver `{}` ended on {}", waiver.id, waiver.expires),
                "Fix what it covered and remove it, or ask for a new one.",
            )
        } else if !used.contains(waiver.id.as_str()) {
            (
                UNUSED,
                format!(
                    "waiver `{}` covers nothing: rule {} finds nothing like it",
                    waiver.id, waiver.rule
                ),
                "Remove it.",
            )
        } else {
            continue;
        };
        own.push(about(waiver, id, message, remediation));
    }
    findings.extend(own);
}

/// A rule that could not be evaluated cannot be waived: nobody knows what it would have found.
fn covers(waiver: &Waiver, finding: &Finding) -> bool {
    finding.id == waiver.rule
        && finding.outcome != Outcome::Error
        && match &waiver.scope {
            Scope::Subject(subject) => finding.subject == *subject,
            Scope::Finding(instance) => finding.instance == *instance,
        }
}

fn about(waiver: &Waiver, id: &str, message: String, remediation: &str) -> Finding {
    let subject = format!("waivers.{}", waiver.id);
    let identity = (id, &subject);
    Finding {
        id: id.to_owned(),
        instance: Digest::of_canonical_json(&identity)
            .expect("invariant: it has only texts")
            .short(),
        outcome: Outcome::Fail,
        severity: severity(Weight::Warn),
        effect: effect(Weight::Warn),
        category: Category::Other,
        title: "Waivers cover something and have not ended".to_owned(),
        path: subject.clone(),
        subject,
        message,
        source: waiver.location.clone(),
        evidence: Tree::mapping(),
        remediation: remediation.to_owned(),
        controls: Vec::new(),
        waived: None,
    }
}
