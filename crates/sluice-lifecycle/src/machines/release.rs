//! Release: absent → frozen ⇄ quarantined.

use sluice_store::record::ReleaseState;

use super::IllegalTransition;

/// What happens to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseEvent {
    /// It is made.
    Freeze,
    /// Its tag no longer says what was frozen.
    TagMoved,
    /// Its tag says again what was frozen.
    TagRestored,
}

/// The next state.
///
/// # Errors
/// When the state does not allow the event.
pub fn step(state: Option<ReleaseState>, event: ReleaseEvent) -> Result<ReleaseState, IllegalTransition> {
    match (state, event) {
        (None, ReleaseEvent::Freeze) => Ok(ReleaseState::Frozen),
        (Some(ReleaseState::Frozen), ReleaseEvent::TagMoved) => Ok(ReleaseState::Quarantined),
        (Some(ReleaseState::Quarantined), ReleaseEvent::TagRestored) => Ok(ReleaseState::Frozen),
        (state, event) => Err(IllegalTransition::new("release", state, &event)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_three_transitions_are_legal() {
        let states = [None, Some(ReleaseState::Frozen), Some(ReleaseState::Quarantined)];
        let events = [ReleaseEvent::Freeze, ReleaseEvent::TagMoved, ReleaseEvent::TagRestored];
        let mut legal = Vec::new();
        for state in states {
            for event in events {
                if let Ok(next) = step(state, event) {
                    legal.push((state, event, next));
                }
            }
        }
        assert_eq!(
            legal,
            [
                (None, ReleaseEvent::Freeze, ReleaseState::Frozen),
                (
                    Some(ReleaseState::Frozen),
                    ReleaseEvent::TagMoved,
                    ReleaseState::Quarantined
                ),
                (
                    Some(ReleaseState::Quarantined),
                    ReleaseEvent::TagRestored,
                    ReleaseState::Frozen
                ),
            ]
        );
    }
}
