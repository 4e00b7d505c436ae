//! How often something was ignored, since the workspace was started.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::exceptions::Place;
use super::find::Unknown;
use super::rest::IgnoredField;

/// Clients that make names up do not fill the memory.
const LARGEST: usize = 10_000;

/// By operation, place and path without the numbers of list items.
type Counted = BTreeMap<(&'static str, Place, String), u64>;

/// What was ignored.
#[derive(Default)]
pub(crate) struct Counts(Mutex<Counted>);

impl Counts {
    pub(super) fn note(&self, operation: &'static str, unknown: &[Unknown]) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for each in unknown {
            let key = (operation, each.place, without_numbers(&each.path));
            if counted.len() < LARGEST || counted.contains_key(&key) {
                *counted.entry(key).or_default() += 1;
            }
        }
    }

    pub(super) fn list(&self) -> Vec<IgnoredField> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = |((operation, place, path), times): (&(&'static str, Place, String), &u64)| IgnoredField {
            operation: (*operation).to_owned(),
            place: place.words().to_owned(),
            path: path.clone(),
            times: *times,
        };
        counted.iter().map(shown).collect()
    }
}

/// `tasks[3].flavour` as `tasks[].flavour`.
fn without_numbers(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|character: char| character.is_ascii_digit());
        text + "[" + rest
    })
}
