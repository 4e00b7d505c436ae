//! Deployment: queued → locked → preflight → pinned → applying → verifying → active → superseded, with the ways out of each, and the way
//! back: compensating → rolled back. The way back is never left again.

use sluice_store::record::DeploymentState;

use super::IllegalTransition;

/// What happens to a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentEvent {
    /// It is recorded.
    Enqueue,
    /// It holds the lease of its environment.
    Lock,
    /// Checks begin.
    Check,
    /// Release and plan are what was decided about.
    PreflightPassed,
    /// They are not. `touched` says whether an earlier attempt changed anything.
    PreflightFailed {
        /// Whether the workspace was changed.
        touched: bool,
    },
    /// Changes begin.
    Apply,
    /// Everything was applied.
    Applied,
    /// A step failed, or nobody knows whether it took effect.
    ApplyFailed,
    /// Read back as desired, and the product's own checks passed.
    VerificationPassed,
    /// They did not.
    VerificationFailed,
    /// What ran before is to come back: after a failure, or again after a stop on this way, under a new lease.
    GoBack,
    /// What ran before runs again.
    WentBack,
    /// Something did not come back.
    GoingBackFailed,
    /// The same command goes on after a stop, under a new lease.
    Resume,
    /// A newer promotion takes over the environment, or somebody put right by hand what was left.
    Abandon,
    /// A newer deployment became active.
    Replace,
}

/// The next state.
///
/// # Errors
/// When the state does not allow the event.
pub fn step(state: Option<DeploymentState>, event: DeploymentEvent) -> Result<DeploymentState, IllegalTransition> {
    use DeploymentEvent as Event;
    use DeploymentState as State;
    let Some(current) = state else {
        return match event {
            Event::Enqueue => Ok(State::Queued),
            _ => Err(IllegalTransition::new("deployment", state, &event)),
        };
    };
    let next = match (current, event) {
        (State::Queued, Event::Lock) => State::Locked,
        (State::Locked, Event::Check) => State::Preflight,
        (State::Preflight, Event::PreflightPassed) => State::Pinned,
        (State::Preflight, Event::PreflightFailed { touched: false }) => State::Failed,
        (State::Preflight, Event::PreflightFailed { touched: true }) => State::NeedsAttention,
        (State::Pinned, Event::Apply) => State::Applying,
        (State::Applying, Event::Applied) => State::Verifying,
        (State::Applying, Event::ApplyFailed) => State::NeedsAttention,
        (State::Verifying, Event::VerificationPassed) => State::Active,
        (State::Verifying, Event::VerificationFailed) => State::NeedsAttention,
        (
            State::Preflight | State::Applying | State::Verifying | State::NeedsAttention | State::Compensating,
            Event::GoBack,
        ) => State::Compensating,
        (State::Compensating, Event::WentBack) => State::RolledBack,
        (State::Compensating, Event::GoingBackFailed) => State::NeedsAttention,
        (State::Active, Event::Replace) => State::Superseded,
        (
            State::Queued
            | State::Locked
            | State::Preflight
            | State::Pinned
            | State::Applying
            | State::Verifying
            | State::NeedsAttention,
            Event::Resume,
        ) => State::Locked,
        (state, Event::Abandon) if is_unfinished(state) => State::Failed,
        (_, event) => return Err(IllegalTransition::new("deployment", Some(current), &event)),
    };
    Ok(next)
}

/// Whether nothing changes this state any more.
#[must_use]
pub fn is_terminal(state: DeploymentState) -> bool {
    use DeploymentState as State;
    matches!(state, State::Failed | State::Superseded | State::RolledBack)
}

/// Whether it stands in the way of another deployment (invariant I1).
#[must_use]
pub fn is_unfinished(state: DeploymentState) -> bool {
    !is_terminal(state) && state != DeploymentState::Active
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [DeploymentEvent; 17] = [
        DeploymentEvent::Enqueue,
        DeploymentEvent::Lock,
        DeploymentEvent::Check,
        DeploymentEvent::PreflightPassed,
        DeploymentEvent::PreflightFailed { touched: false },
        DeploymentEvent::PreflightFailed { touched: true },
        DeploymentEvent::Apply,
        DeploymentEvent::Applied,
        DeploymentEvent::ApplyFailed,
        DeploymentEvent::VerificationPassed,
        DeploymentEvent::VerificationFailed,
        DeploymentEvent::GoBack,
        DeploymentEvent::WentBack,
        DeploymentEvent::GoingBackFailed,
        DeploymentEvent::Resume,
        DeploymentEvent::Abandon,
        DeploymentEvent::Replace,
    ];

    fn ways_out(state: DeploymentState) -> Vec<String> {
        EVENTS
            .iter()
            .filter_map(|event| step(Some(state), *event).ok().map(|next| format!("{event:?} → {next}")))
            .collect()
    }

    #[test]
    fn the_whole_table() {
        let table: Vec<String> = DeploymentState::ALL
            .iter()
            .map(|state| format!("{state}: {}", ways_out(*state).join(", ")))
            .collect();
        assert_eq!(
            table,
            [
                "queued: Lock → locked, Resume → locked, Abandon → failed",
                "locked: Check → preflight, Resume → locked, Abandon → failed",
                "preflight: PreflightPassed → pinned, PreflightFailed { touched: false } → failed, PreflightFailed { touched: true } → needs_attention, GoBack → compensating, Resume → locked, Abandon → failed",
                "pinned: Apply → applying, Resume → locked, Abandon → failed",
                "applying: Applied → verifying, ApplyFailed → needs_attention, GoBack → compensating, Resume → locked, Abandon → failed",
                "verifying: VerificationPassed → active, VerificationFailed → needs_attention, GoBack → compensating, Resume → locked, Abandon → failed",
                "active: Replace → superseded",
                "compensating: GoBack → compensating, WentBack → rolled_back, GoingBackFailed → needs_attention, Abandon → failed",
                "needs_attention: GoBack → compensating, Resume → locked, Abandon → failed",
                "superseded: ",
                "rolled_back: ",
                "failed: ",
            ]
        );
        let starts: Vec<_> = EVENTS.iter().filter(|event| step(None, **event).is_ok()).collect();
        assert_eq!(starts, [&DeploymentEvent::Enqueue]);
    }

    #[test]
    fn every_state_is_reached_and_terminal_states_absorb() {
        let mut reached = vec![step(None, DeploymentEvent::Enqueue).unwrap()];
        let mut index = 0;
        while index < reached.len() {
            let state = reached[index];
            for event in EVENTS {
                match step(Some(state), event) {
                    Ok(next) => {
                        assert!(!is_terminal(state), "{state} let go by {event:?}");
                        if !reached.contains(&next) {
                            reached.push(next);
                        }
                    }
                    Err(error) => assert_eq!(error.state, state.as_str()),
                }
            }
            index += 1;
        }
        reached.sort_unstable();
        assert_eq!(reached, DeploymentState::ALL);
    }

    #[test]
    fn a_deployment_is_active_only_by_way_of_its_checks() {
        for state in DeploymentState::ALL {
            for event in EVENTS {
                if step(Some(*state), event) == Ok(DeploymentState::Active) {
                    assert_eq!(
                        (*state, event),
                        (DeploymentState::Verifying, DeploymentEvent::VerificationPassed)
                    );
                }
            }
        }
    }
}
