//! Promotion: requested → planning → gating → (awaiting approval →) ready → executing → completed, with the ways out of each.

use sluice_store::record::PromotionState;

use super::IllegalTransition;

/// How often a plan may move between the gates and the execution before a person has to look.
pub const MAXIMUM_REPLANS: u32 = 3;

/// What happens to a promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromotionEvent {
    /// It is asked for.
    Request,
    /// Planning begins; also after a stop, from any state before the execution.
    Plan,
    /// The plan is there.
    Planned,
    /// No plan can be made.
    PlanFailed,
    /// The environment already runs this release with these values.
    NothingToDo,
    /// Every gate passed.
    GatesPassed,
    /// A gate failed.
    GatesFailed,
    /// Every gate passed but the approval.
    ApprovalMissing,
    /// Somebody whose approval is needed said no.
    Reject,
    /// The time for the approval passed.
    Expire,
    /// Who asked for it takes it back.
    Withdraw,
    /// Just before the execution the plan is another one, for the n-th time.
    PlanMoved {
        /// How often it has moved, this time included.
        times: u32,
    },
    /// A deployment carries it out.
    Start,
    /// The deployment is active.
    Succeeded,
    /// The deployment failed.
    Failed,
    /// Another release is promoted over it.
    Supersede,
}

/// The next state.
///
/// # Errors
/// When the state does not allow the event.
pub fn step(state: Option<PromotionState>, event: PromotionEvent) -> Result<PromotionState, IllegalTransition> {
    use PromotionEvent as Event;
    use PromotionState as State;
    let Some(current) = state else {
        return match event {
            Event::Request => Ok(State::Requested),
            _ => Err(IllegalTransition::new("promotion", state, &event)),
        };
    };
    let next = match (current, event) {
        (State::Requested | State::Planning | State::Gating | State::AwaitingApproval | State::Ready, Event::Plan) => {
            State::Planning
        }
        (State::Planning, Event::Planned) => State::Gating,
        (State::Planning, Event::PlanFailed) => State::PlanFailed,
        (State::Planning, Event::NothingToDo) => State::Completed,
        (State::Gating, Event::GatesPassed) => State::Ready,
        (State::Gating, Event::GatesFailed) => State::Blocked,
        (State::Gating, Event::ApprovalMissing) => State::AwaitingApproval,
        // A person decides while nothing drives the promotion, whatever state a stop left it in.
        (State::Planning | State::Gating | State::AwaitingApproval | State::Ready, Event::Reject) => State::Rejected,
        (State::Planning | State::Gating | State::AwaitingApproval | State::Ready, Event::Expire) => State::Expired,
        (State::Planning | State::Gating | State::AwaitingApproval | State::Ready, Event::Withdraw) => State::Withdrawn,
        (State::Ready, Event::PlanMoved { times }) if times < MAXIMUM_REPLANS => State::Planning,
        (State::Ready, Event::PlanMoved { .. }) => State::Blocked,
        (State::Ready, Event::PlanFailed) => State::PlanFailed,
        (State::Ready, Event::Start) => State::Executing,
        (State::Executing, Event::Succeeded) => State::Completed,
        (State::Executing, Event::Failed) => State::Failed,
        (
            State::Requested
            | State::Planning
            | State::Gating
            | State::AwaitingApproval
            | State::Ready
            | State::Executing,
            Event::Supersede,
        ) => State::Superseded,
        (_, event) => return Err(IllegalTransition::new("promotion", Some(current), &event)),
    };
    Ok(next)
}

/// Whether nothing changes this state any more.
#[must_use]
pub fn is_terminal(state: PromotionState) -> bool {
    match state {
        PromotionState::Requested
        | PromotionState::Planning
        | PromotionState::Gating
        | PromotionState::AwaitingApproval
        | PromotionState::Ready
        | PromotionState::Executing => false,
        PromotionState::Completed
        | PromotionState::PlanFailed
        | PromotionState::Blocked
        | PromotionState::Rejected
        | PromotionState::Expired
        | PromotionState::Withdrawn
        | PromotionState::Failed
        | PromotionState::Superseded => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [PromotionEvent; 17] = [
        PromotionEvent::Request,
        PromotionEvent::Plan,
        PromotionEvent::Planned,
        PromotionEvent::PlanFailed,
        PromotionEvent::NothingToDo,
        PromotionEvent::GatesPassed,
        PromotionEvent::GatesFailed,
        PromotionEvent::ApprovalMissing,
        PromotionEvent::Reject,
        PromotionEvent::Expire,
        PromotionEvent::Withdraw,
        PromotionEvent::PlanMoved { times: 1 },
        PromotionEvent::PlanMoved { times: 3 },
        PromotionEvent::Start,
        PromotionEvent::Succeeded,
        PromotionEvent::Failed,
        PromotionEvent::Supersede,
    ];

    #[test]
    fn the_whole_table() {
        let table: Vec<String> = PromotionState::ALL
            .iter()
            .map(|state| {
                let ways: Vec<String> = EVENTS
                    .iter()
                    .filter_map(|event| {
                        step(Some(*state), *event)
                            .ok()
                            .map(|next| format!("{event:?} → {next}"))
                    })
                    .collect();
                format!("{state}: {}", ways.join(", "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "requested: Plan → planning, Supersede → superseded",
                "planning: Plan → planning, Planned → gating, PlanFailed → plan_failed, NothingToDo → completed, Reject → rejected, Expire → expired, Withdraw → withdrawn, Supersede → superseded",
                "gating: Plan → planning, GatesPassed → ready, GatesFailed → blocked, ApprovalMissing → awaiting_approval, Reject → rejected, Expire → expired, Withdraw → withdrawn, Supersede → superseded",
                "awaiting_approval: Plan → planning, Reject → rejected, Expire → expired, Withdraw → withdrawn, Supersede → superseded",
                "ready: Plan → planning, PlanFailed → plan_failed, Reject → rejected, Expire → expired, Withdraw → withdrawn, PlanMoved { times: 1 } → planning, PlanMoved { times: 3 } → blocked, Start → executing, Supersede → superseded",
                "executing: Succeeded → completed, Failed → failed, Supersede → superseded",
                "completed: ",
                "plan_failed: ",
                "blocked: ",
                "rejected: ",
                "expired: ",
                "withdrawn: ",
                "failed: ",
                "superseded: ",
            ]
        );
        let starts: Vec<_> = EVENTS.iter().filter(|event| step(None, **event).is_ok()).collect();
        assert_eq!(starts, [&PromotionEvent::Request]);
    }

    #[test]
    fn terminal_states_absorb_and_the_others_have_a_way_on() {
        for state in PromotionState::ALL {
            let ways = EVENTS
                .iter()
                .filter(|event| step(Some(*state), **event).is_ok())
                .count();
            assert_eq!(ways == 0, is_terminal(*state), "{state}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_executed_without_passed_gates(choices in proptest::collection::vec(0..EVENTS.len(), 0..40)) {
            let mut state = None;
            let mut gates_passed = false;
            for choice in choices {
                let event = EVENTS[choice];
                let Ok(next) = step(state, event) else { continue };
                match event {
                    PromotionEvent::GatesPassed => gates_passed = true,
                    PromotionEvent::Plan | PromotionEvent::PlanMoved { .. } => gates_passed = false,
                    _ => {}
                }
                if next == PromotionState::Executing {
                    proptest::prop_assert!(gates_passed);
                }
                state = Some(next);
            }
        }
    }
}
