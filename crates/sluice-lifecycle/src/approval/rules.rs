//! Who may decide, and what an approval is good for. Pure: everything comes in as a value.

use sluice_model::Timestamp;
use sluice_store::record::{Approval, ApprovalState, Statement};

use super::authors::Authors;
use crate::people::Person;
use crate::platform::Role;

/// A reason why something is refused, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Why not.
    pub reason: String,
    /// What would help.
    pub hint: Option<String>,
}

impl Objection {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What is known of a release on its way to an environment.
#[derive(Clone, Debug)]
pub(crate) struct Provenance<'a> {
    /// Where it goes.
    pub(crate) environment: &'a str,
    /// Who wrote what is new there.
    pub(crate) authors: &'a Authors,
    /// Who asked for the promotion.
    pub(crate) requested_by: &'a str,
    /// Who froze the release.
    pub(crate) frozen_by: &'a str,
}

/// What speaks against somebody in a role: only people, only those who hold it now.
pub(crate) fn in_role(person: &Person, name: &str, role: Option<&Role>, environment: &str) -> Vec<Objection> {
    let subject = &person.actor.subject;
    let mut objections = Vec::new();
    if person.actor.service {
        objections.push(
            Objection::new(format!(
                "`{}` is a service identity; only people decide",
                person.actor.display_name
            ))
            .hint("name a profile of your own: `--profile NAME`, or DATABRICKS_CONFIG_PROFILE"),
        );
    }
    if !person.active {
        objections.push(Objection::new(format!("`{subject}` is deactivated in `{environment}`")));
    }
    match role {
        Some(role) if role.is_held_by(subject, &person.groups) => {}
        Some(role) => objections.push(Objection::new(format!(
            "`{subject}` does not hold role `{name}` in `{environment}`: {} do",
            role.holders()
        ))),
        None => objections.push(Objection::new(format!("the platform has no role `{name}` any more"))),
    }
    objections
}

/// What speaks against somebody because of what they wrote. An address that belongs to nobody could be theirs.
pub(crate) fn as_author(person: &Person, authors: &Authors, environment: &str) -> Vec<Objection> {
    let subject = person.actor.subject.to_lowercase();
    if authors.subjects.contains(&subject) || authors.unmapped.contains(&subject) {
        let subject = &person.actor.subject;
        let reason = format!("`{subject}` wrote some of what would be new in `{environment}`; somebody else decides");
        return vec![Objection::new(reason)];
    }
    let unknown = authors.unmapped.iter().map(|email| {
        Objection::new(format!(
            "commits are by `{email}`, and whose address that is, is not known"
        ))
        .hint(format!("add it to `principals` in platform.yaml: `{email}: SUBJECT`"))
    });
    unknown.collect()
}

/// Everything that speaks against somebody who wants to approve.
pub(crate) fn as_approver(
    person: &Person,
    name: &str,
    role: Option<&Role>,
    provenance: &Provenance<'_>,
) -> Vec<Objection> {
    let subject = &person.actor.subject;
    let mut objections = in_role(person, name, role, provenance.environment);
    objections.extend(as_author(person, provenance.authors, provenance.environment));
    if provenance.requested_by.eq_ignore_ascii_case(subject) {
        objections.push(Objection::new(format!(
            "`{subject}` asked for this promotion; somebody else decides"
        )));
    }
    if provenance.frozen_by.eq_ignore_ascii_case(subject) {
        objections.push(Objection::new(format!(
            "`{subject}` froze the release; somebody else decides"
        )));
    }
    objections
}

/// What differs between what was decided about and what is the case now.
pub(crate) fn moved(decided: &Statement, now: &Statement) -> Vec<String> {
    let mut moved = Vec::new();
    let mut compare = |what: &str, decided: Option<String>, now: Option<String>| {
        if decided != now {
            let word = |digest: Option<String>| digest.unwrap_or_else(|| "none".to_owned());
            moved.push(format!(
                "{what}: {} was decided about, now it is {}",
                word(decided),
                word(now)
            ));
        }
    };
    let text = |digest: sluice_model::Digest| Some(digest.short().to_string());
    compare("the release", text(decided.release), text(now.release));
    compare(
        "the values of the environment",
        text(decided.binding),
        text(now.binding),
    );
    compare("the effects of the plan", text(decided.effect), text(now.effect));
    compare(
        "what the policies saw",
        decided.policy.and_then(text),
        now.policy.and_then(text),
    );
    moved
}

/// Why an approval cannot be used for this, now; nothing when it can.
pub(crate) fn unusable(approval: &Approval, now: Timestamp, statement: &Statement) -> Option<String> {
    let id = &approval.id;
    if let Some(reason) = spent(approval, now) {
        return Some(reason);
    }
    if approval.state == ApprovalState::Open {
        return Some(format!("approval {id} is still open"));
    }
    let moved = moved(&approval.statement, statement);
    (!moved.is_empty()).then(|| format!("approval {id} is about something else: {}", moved.join("; ")))
}

/// Why an approval is over; nothing while it is open or granted and in time.
pub(crate) fn spent(approval: &Approval, now: Timestamp) -> Option<String> {
    let id = &approval.id;
    let because = |word: &str| {
        let reasons = approval.reasons.join("; ");
        if reasons.is_empty() {
            format!("approval {id} {word}")
        } else {
            format!("approval {id} {word}: {reasons}")
        }
    };
    match approval.state {
        ApprovalState::Open | ApprovalState::Granted if now >= approval.expires_at => {
            Some(format!("approval {id} expired at {:.0}", approval.expires_at))
        }
        ApprovalState::Open | ApprovalState::Granted => None,
        ApprovalState::Denied => Some(because("was denied")),
        ApprovalState::Expired => Some(because("expired")),
        ApprovalState::Voided => Some(because("is void")),
        ApprovalState::Consumed => Some(format!(
            "approval {id} was used by deployment {}; it is good for one",
            approval.deployment.as_deref().unwrap_or_default()
        )),
    }
}

/// How many different people agree.
pub(crate) fn agreed(approval: &Approval) -> usize {
    let mut subjects: Vec<String> = approval
        .decisions
        .iter()
        .filter(|decision| decision.granted)
        .map(|decision| decision.subject.to_lowercase())
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    subjects.len()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
