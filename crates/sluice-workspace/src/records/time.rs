//! Times as answers write them.

use sluice_model::Timestamp;

/// `2026-01-31T12:00:00.123Z`, UTC.
pub(super) fn text(milliseconds: i64) -> String {
    moment(milliseconds).to_string()
}

/// `0131-120000`: month, day and time of day, as the ids of clusters begin.
pub(super) fn id_beginning(milliseconds: i64) -> String {
    moment(milliseconds).strftime("%m%d-%H%M%S").to_string()
}

/// A moment that no calendar has is shown as the beginning of 1970: the clock of the workspace makes none.
fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
