//! The YAML reader: any text is read or refused, each fault with its place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_bundle::language::parse_yaml;

fuzz_target!(|text: &str| {
    if let Err(diagnostics) = parse_yaml("databricks.yml", text) {
        assert!(!diagnostics.is_empty());
        assert!(diagnostics.iter().all(|each| each.is_error() && !each.locations.is_empty()));
    }
});
