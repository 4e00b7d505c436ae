//! The two state files and a saved plan: read or refused; what was read is written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_bundle::engine::{Plan, State, States};

fuzz_target!(|text: &str| {
    let _refused = Plan::parse(text);
    let _refused = States::parse(None, Some(text));
    if let Ok(state) = State::parse("resources.json", text) {
        let written = state.to_text().expect("a state is JSON");
        assert_eq!(State::parse("resources.json", &written).expect("what was written is read"), state);
    }
});
