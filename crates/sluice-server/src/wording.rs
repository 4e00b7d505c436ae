//! How states, times and digests look to people. A new state of a machine is a compile error here and nowhere else in this crate.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sluice_lifecycle::machines;
use sluice_model::{Digest, Timestamp};
use sluice_store::record::{
    ApprovalState, DeploymentState, PolicyDecision, PromotionState, ReleaseState, SignoffVerdict, StepState, Verdict,
};
use sluice_store::{Store, StoreError};

/// What a state means for who looks at it. Said by a word and a sign as well, never by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    /// It goes on by itself.
    Busy,
    /// It waits for somebody.
    Waiting,
    Bad,
    Quiet,
}

/// A state for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wording {
    pub(crate) tone: Tone,
    pub(crate) word: &'static str,
}

const fn wording(tone: Tone, word: &'static str) -> Wording {
    Wording { tone, word }
}

impl Wording {
    /// The state as a small label.
    pub(crate) fn label(self) -> Markup {
        let (class, sign) = match self.tone {
            Tone::Good => ("good", "●"),
            Tone::Busy => ("busy", "◐"),
            Tone::Waiting => ("waiting", "◇"),
            Tone::Bad => ("bad", "▲"),
            Tone::Quiet => ("quiet", "○"),
        };
        html! { span class={ "state " (class) } { span aria-hidden="true" { (sign) } " " (self.word) } }
    }
}

/// A deployment's state.
pub(crate) fn deployment(state: DeploymentState) -> Wording {
    match state {
        DeploymentState::Queued => wording(Tone::Busy, "queued"),
        DeploymentState::Locked => wording(Tone::Busy, "holds the environment"),
        DeploymentState::Preflight => wording(Tone::Busy, "last checks"),
        DeploymentState::Pinned => wording(Tone::Busy, "knows the way back"),
        DeploymentState::Applying => wording(Tone::Busy, "applying"),
        DeploymentState::Verifying => wording(Tone::Busy, "verifying"),
        DeploymentState::Active => wording(Tone::Good, "active"),
        DeploymentState::Compensating => wording(Tone::Busy, "going back"),
        DeploymentState::NeedsAttention => wording(Tone::Bad, "needs attention"),
        DeploymentState::RolledBack => wording(Tone::Bad, "rolled back"),
        DeploymentState::Superseded => wording(Tone::Quiet, "superseded"),
        DeploymentState::Failed => wording(Tone::Bad, "failed"),
    }
}

/// Whether a deployment goes on by itself, so that looking again soon is worth it.
pub(crate) fn is_moving(state: DeploymentState) -> bool {
    deployment(state).tone == Tone::Busy
}

/// Whether a deployment stopped half-way, so that the same command goes on from there.
pub(crate) fn can_go_on(state: DeploymentState) -> bool {
    machines::deployment::is_unfinished(state) && !is_moving(state)
}

/// A promotion's state.
pub(crate) fn promotion(state: PromotionState) -> Wording {
    match state {
        PromotionState::Requested => wording(Tone::Busy, "requested"),
        PromotionState::Planning => wording(Tone::Busy, "planning"),
        PromotionState::Gating => wording(Tone::Busy, "at its gates"),
        PromotionState::AwaitingApproval => wording(Tone::Waiting, "awaits approval"),
        PromotionState::Ready => wording(Tone::Busy, "ready"),
        PromotionState::Executing => wording(Tone::Busy, "executing"),
        PromotionState::Completed => wording(Tone::Good, "completed"),
        PromotionState::PlanFailed => wording(Tone::Bad, "no plan"),
        PromotionState::Blocked => wording(Tone::Bad, "blocked"),
        PromotionState::Rejected => wording(Tone::Bad, "rejected"),
        PromotionState::Expired => wording(Tone::Bad, "expired"),
        PromotionState::Withdrawn => wording(Tone::Quiet, "withdrawn"),
        PromotionState::Failed => wording(Tone::Bad, "failed"),
        PromotionState::Superseded => wording(Tone::Quiet, "superseded"),
    }
}

/// Who or what takes a promotion further. `again` is the command that asks for it.
pub(crate) fn next_for(state: PromotionState, again: &str) -> String {
    match state {
        PromotionState::Requested | PromotionState::Planning | PromotionState::Gating | PromotionState::Ready => {
            format!("It goes on by itself. When it has stopped, `{again}` drives it on.")
        }
        PromotionState::AwaitingApproval => {
            format!("The people named below decide. When they have agreed, `{again}` executes it.")
        }
        PromotionState::Executing => {
            format!("Its deployment is under way. When that has stopped half-way, `{again}` goes on from there.")
        }
        PromotionState::Completed => "Nothing remains to be done.".to_owned(),
        PromotionState::PlanFailed => format!("Correct what is named below, then `{again}` asks anew."),
        PromotionState::Blocked => format!("See to what is named below, then `{again}` asks anew."),
        PromotionState::Rejected => {
            "A no is final for this release in this environment: freeze a new version with what was asked for."
                .to_owned()
        }
        PromotionState::Expired => format!("Nobody decided in time: `{again}` asks anew."),
        PromotionState::Withdrawn => format!("It was taken back: `{again}` asks anew."),
        PromotionState::Failed => format!("Look at the deployment for the reason; `{again}` asks anew."),
        PromotionState::Superseded => "Another release was promoted over it.".to_owned(),
    }
}

/// Whether nothing happens to a promotion any more.
pub(crate) fn is_over(state: PromotionState) -> bool {
    machines::promotion::is_terminal(state)
}

/// A release's state.
pub(crate) fn release(state: ReleaseState) -> Wording {
    match state {
        ReleaseState::Frozen => wording(Tone::Good, "frozen"),
        ReleaseState::Quarantined => wording(Tone::Bad, "quarantined"),
    }
}

/// What a gate says.
pub(crate) fn verdict(verdict: Verdict) -> Wording {
    match verdict {
        Verdict::Pass => wording(Tone::Good, "passed"),
        Verdict::Fail => wording(Tone::Bad, "failed"),
        Verdict::Pending => wording(Tone::Waiting, "waits"),
    }
}

/// What the policies decided.
pub(crate) fn policy(decision: PolicyDecision) -> Wording {
    match decision {
        PolicyDecision::Allow => wording(Tone::Good, "nothing blocks"),
        PolicyDecision::Deny => wording(Tone::Bad, "blocked"),
    }
}

/// An approval's state.
pub(crate) fn approval(state: ApprovalState) -> Wording {
    match state {
        ApprovalState::Open => wording(Tone::Waiting, "open"),
        ApprovalState::Granted => wording(Tone::Good, "granted"),
        ApprovalState::Denied => wording(Tone::Bad, "denied"),
        ApprovalState::Expired => wording(Tone::Bad, "expired"),
        ApprovalState::Voided => wording(Tone::Quiet, "void"),
        ApprovalState::Consumed => wording(Tone::Quiet, "used"),
    }
}

/// A step's state.
pub(crate) fn step(state: StepState) -> Wording {
    match state {
        StepState::Intended => wording(Tone::Busy, "under way"),
        StepState::Done => wording(Tone::Good, "done"),
        StepState::Failed => wording(Tone::Bad, "failed"),
        StepState::Unknown => wording(Tone::Bad, "unknown"),
    }
}

/// What somebody said about a criterion.
pub(crate) fn signoff(verdict: SignoffVerdict) -> Wording {
    match verdict {
        SignoffVerdict::Accepted => wording(Tone::Good, "accepted"),
        SignoffVerdict::Rejected => wording(Tone::Bad, "rejected"),
    }
}

/// Whether a check passed.
pub(crate) fn passed(passed: bool) -> Wording {
    if passed {
        wording(Tone::Good, "passed")
    } else {
        wording(Tone::Bad, "failed")
    }
}

/// A message, with what stands in backticks as code.
pub(crate) fn told(message: &str) -> Markup {
    let pieces: Vec<&str> = message.split('`').collect();
    // A backtick without a partner is itself.
    let paired = pieces.len() % 2 == 1;
    html! {
        @if paired {
            @for (index, piece) in pieces.iter().enumerate() {
                @if index % 2 == 1 { code { (piece) } } @else { (piece) }
            }
        } @else { (message) }
    }
}

/// A time, to the second.
pub(crate) fn time(at: Timestamp) -> Markup {
    let text = format!("{at:.0}");
    let shown = text.replacen('T', " ", 1).replacen('Z', " UTC", 1);
    html! { time datetime=(text) { (shown) } }
}

/// The time of day, of something whose day is said elsewhere.
pub(crate) fn clock(at: Timestamp) -> Markup {
    let text = format!("{at:.0}");
    let shown = text
        .split_once('T')
        .map_or(text.as_str(), |(_, clock)| clock.trim_end_matches('Z'));
    html! { time datetime=(text) title=(text) { (shown) } }
}

/// How long ago something was: `3 min`, `5 h`, `12 days`.
pub(crate) fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = (now.as_second() - since.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long something took: `12 ms`, `3.4 s`, `5 min`.
pub(crate) fn took(from: Timestamp, to: Timestamp) -> String {
    let milliseconds = (to.as_millisecond() - from.as_millisecond()).max(0);
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        1000..60_000 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => format!("{} min", milliseconds / 60_000),
    }
}

/// A digest: short, and whole for who asks.
pub(crate) fn digest(digest: &Digest) -> Markup {
    html! { code title=(digest) { (digest.short()) } }
}

/// A commit: short, and whole for who asks.
pub(crate) fn commit(commit: &str) -> Markup {
    html! { code title=(commit) { (commit.get(..12).unwrap_or(commit)) } }
}

/// What to call those whom the ledger names: service principals are known by an application id, which says nothing.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// Everybody who did something.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) async fn of(store: &Store) -> Result<Self, StoreError> {
        let actors = store.actors().await?;
        let services = actors.into_iter().filter(|actor| actor.service);
        Ok(Self(
            services.map(|actor| (actor.subject, actor.display_name)).collect(),
        ))
    }

    /// The name of a subject, else the subject.
    pub(crate) fn of_subject<'a>(&'a self, subject: &'a str) -> &'a str {
        self.0.get(subject).map_or(subject, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_times_are_short() {
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        let shown: Vec<String> = [0, 59, 60, 3599, 7200, 172_799, 172_800]
            .iter()
            .map(|seconds| age(at(0), at(*seconds)))
            .collect();
        assert_eq!(shown, ["0 s", "59 s", "1 min", "59 min", "2 h", "47 h", "2 days"]);
        assert_eq!(age(at(10), at(0)), "0 s", "a clock that runs ahead");
        assert_eq!(
            time(at(0)).into_string(),
            "<time datetime=\"1970-01-01T00:00:00Z\">1970-01-01 00:00:00 UTC</time>"
        );
        assert_eq!(
            clock(at(3661)).into_string(),
            "<time datetime=\"1970-01-01T01:01:01Z\" title=\"1970-01-01T01:01:01Z\">01:01:01</time>"
        );
    }

    #[test]
    fn what_stands_in_backticks_is_code_and_nothing_is_markup() {
        assert_eq!(
            told("run `a <b>` now").into_string(),
            "run <code>a &lt;b&gt;</code> now"
        );
        assert_eq!(told("one ` alone").into_string(), "one ` alone");
    }

    #[test]
    fn every_state_of_a_deployment_has_a_word_of_its_own() {
        let mut words: Vec<&str> = DeploymentState::ALL
            .iter()
            .map(|state| deployment(*state).word)
            .collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), DeploymentState::ALL.len());
    }
}
