//! Requested change: requested → verified → frozen → delivered; a newer commit sends it back until it is frozen.

use sluice_store::record::ChangeRequestState;

use super::IllegalTransition;

/// What happens to a requested change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRequestEvent {
    /// It is taken up; or another commit answers it now.
    Request,
    /// Its commit was verified.
    Verified,
    /// Its commit became a release.
    Frozen,
    /// The release went one environment further, or was asked to.
    Promoted,
    /// The release runs where it was asked for.
    Delivered,
}

/// The next state.
///
/// # Errors
/// When the state does not allow the event.
pub fn step(
    state: Option<ChangeRequestState>,
    event: ChangeRequestEvent,
) -> Result<ChangeRequestState, IllegalTransition> {
    use ChangeRequestEvent as Event;
    use ChangeRequestState as State;
    let next = match (state, event) {
        (None | Some(State::Requested | State::Verified), Event::Request) => State::Requested,
        (Some(State::Requested), Event::Verified) => State::Verified,
        (Some(State::Verified), Event::Frozen) | (Some(State::Frozen), Event::Promoted) => State::Frozen,
        (Some(State::Frozen), Event::Delivered) => State::Delivered,
        (state, event) => return Err(IllegalTransition::new("requested change", state, &event)),
    };
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let events = [
            ChangeRequestEvent::Request,
            ChangeRequestEvent::Verified,
            ChangeRequestEvent::Frozen,
            ChangeRequestEvent::Promoted,
            ChangeRequestEvent::Delivered,
        ];
        let states = std::iter::once(None).chain(ChangeRequestState::ALL.iter().copied().map(Some));
        let table: Vec<String> = states
            .map(|state| {
                let ways: Vec<String> = events
                    .iter()
                    .filter_map(|event| step(state, *event).ok().map(|next| format!("{event:?} → {next}")))
                    .collect();
                format!(
                    "{}: {}",
                    state.map_or("absent", ChangeRequestState::as_str),
                    ways.join(", ")
                )
            })
            .collect();
        assert_eq!(
            table,
            [
                "absent: Request → requested",
                "requested: Request → requested, Verified → verified",
                "verified: Request → requested, Frozen → frozen",
                "frozen: Promoted → frozen, Delivered → delivered",
                "delivered: ",
            ]
        );
    }
}
