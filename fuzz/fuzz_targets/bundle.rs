//! A whole bundle in one file, with a second file that it may include: resolved or refused, with references, variables, presets and
//! paths, and planned against an empty workspace.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_bundle::engine;
use sluice_bundle::language::{CurrentUser, Inputs, LocalPath, Need, Resolution, glob, resolve};
use sluice_model::Diagnostic;

/// More rounds than any bundle needs: files, globs, paths, lookups.
const ROUNDS: usize = 64;

fuzz_target!(|text: &str| {
    // What comes after a form feed is the second file.
    let (root, included) = text.split_once('\u{c}').unwrap_or((text, "{}"));
    let files = ["databricks.yml", "resources/a.yml"].into_iter().zip([root, included]);
    let mut inputs = Inputs {
        current_user: Some(CurrentUser {
            user_name: "jane.doe@example.com".to_owned(),
            display_name: "Jane Doe".to_owned(),
            service_principal: false,
        }),
        git: Some(None),
        ..Inputs::default()
    };
    let files: Vec<(&str, &str)> = files.collect();
    for _ in 0..ROUNDS {
        match resolve(&inputs) {
            Resolution::Needs(needs) => {
                assert!(!needs.is_empty());
                needs.into_iter().for_each(|need| answer(need, &mut inputs, &files));
            }
            Resolution::Refused(diagnostics) => {
                assert!(diagnostics.iter().any(Diagnostic::is_error));
                return;
            }
            Resolution::Resolved(bundle, _) => {
                let _faults = engine::check(&bundle);
                return;
            }
        }
    }
    panic!("it still asks after {ROUNDS} rounds");
});

fn answer(need: Need, inputs: &mut Inputs, files: &[(&str, &str)]) {
    match need {
        Need::File(path) => {
            let found = files.iter().find(|(known, _)| *known == path);
            inputs.files.insert(path, found.map(|(_, text)| (*text).to_owned()));
        }
        Need::Glob(pattern) => {
            let matching = files.iter().filter(|(path, _)| glob::matches(&pattern, path));
            let paths = matching.map(|(path, _)| (*path).to_owned()).collect();
            inputs.globs.insert(pattern, paths);
        }
        Need::LocalPath(path) => {
            inputs.local_paths.insert(path, LocalPath::File);
        }
        Need::Lookup { kind, name, .. } => {
            inputs.lookups.insert((kind, name), Ok("1".to_owned()));
        }
        Need::CurrentUser { .. } | Need::Git => {}
    }
}
