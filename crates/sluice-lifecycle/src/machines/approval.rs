//! Approval: open → granted → consumed, with denied, expired and voided as ways out.

use sluice_store::record::ApprovalState;

use super::IllegalTransition;

/// What happens to an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalEvent {
    /// It is asked for.
    Request,
    /// Somebody who may agrees.
    Agree {
        /// Whether enough different people agree now.
        enough: bool,
    },
    /// Somebody who may says no.
    Deny,
    /// Its time passed.
    Expire,
    /// What it is about is no longer what would be done.
    Void,
    /// A deployment uses it.
    Consume,
}

/// The next state.
///
/// # Errors
/// When the state does not allow the event.
pub fn step(state: Option<ApprovalState>, event: ApprovalEvent) -> Result<ApprovalState, IllegalTransition> {
    use ApprovalEvent as Event;
    use ApprovalState as State;
    let next = match (state, event) {
        (None, Event::Request) | (Some(State::Open), Event::Agree { enough: false }) => State::Open,
        (Some(State::Open), Event::Agree { enough: true }) => State::Granted,
        // A granted one can still be denied by another holder of the role, until it is used.
        (Some(State::Open | State::Granted), Event::Deny) => State::Denied,
        (Some(State::Open | State::Granted), Event::Expire) => State::Expired,
        (Some(State::Open | State::Granted), Event::Void) => State::Voided,
        (Some(State::Granted), Event::Consume) => State::Consumed,
        (state, event) => return Err(IllegalTransition::new("approval", state, &event)),
    };
    Ok(next)
}

/// Whether nothing changes this state any more.
#[must_use]
pub fn is_terminal(state: ApprovalState) -> bool {
    match state {
        ApprovalState::Open | ApprovalState::Granted => false,
        ApprovalState::Denied | ApprovalState::Expired | ApprovalState::Voided | ApprovalState::Consumed => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [ApprovalEvent; 7] = [
        ApprovalEvent::Request,
        ApprovalEvent::Agree { enough: false },
        ApprovalEvent::Agree { enough: true },
        ApprovalEvent::Deny,
        ApprovalEvent::Expire,
        ApprovalEvent::Void,
        ApprovalEvent::Consume,
    ];

    fn ways(state: Option<ApprovalState>) -> String {
        let ways: Vec<String> = EVENTS
            .iter()
            .filter_map(|event| step(state, *event).ok().map(|next| format!("{event:?} → {next}")))
            .collect();
        ways.join(", ")
    }

    #[test]
    fn the_whole_table() {
        let table: Vec<String> = ApprovalState::ALL
            .iter()
            .map(|state| format!("{state}: {}", ways(Some(*state))))
            .collect();
        assert_eq!(
            table,
            [
                "open: Agree { enough: false } → open, Agree { enough: true } → granted, Deny → denied, Expire → expired, Void → voided",
                "granted: Deny → denied, Expire → expired, Void → voided, Consume → consumed",
                "denied: ",
                "expired: ",
                "voided: ",
                "consumed: ",
            ]
        );
        assert_eq!(ways(None), "Request → open");
    }

    #[test]
    fn terminal_states_absorb_and_the_others_have_a_way_on() {
        for state in ApprovalState::ALL {
            assert_eq!(ways(Some(*state)).is_empty(), is_terminal(*state), "{state}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_used_that_was_not_granted_and_nothing_twice(
            choices in proptest::collection::vec(0..EVENTS.len(), 0..40),
        ) {
            let mut state = None;
            let (mut granted, mut uses) = (false, 0);
            for choice in choices {
                let event = EVENTS[choice];
                let Ok(next) = step(state, event) else { continue };
                granted |= event == ApprovalEvent::Agree { enough: true };
                if event == ApprovalEvent::Consume {
                    uses += 1;
                    proptest::prop_assert!(granted);
                }
                state = Some(next);
            }
            proptest::prop_assert!(uses <= 1);
        }
    }
}
