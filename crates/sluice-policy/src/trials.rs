//! Tests of rules, written in Rego: every rule `test_*` of a `*_test.rego` file. True passes, undefined or false fails, an error is one.
//!
//! A test sees `data.fixtures` and can ask `sluice.judge(id, input)` what a rule comes to, in the words of a report:
//! `{"outcome": "fail", "subjects": […], "failures": […]}`. It is the same evaluation that decides about a promotion.

use serde::Serialize;
use sluice_model::{Diagnostic, Location, Tree};

use crate::evaluation::Evaluator;
use crate::pack::{Module, Pack, TEST_PREFIX};

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is true.
    Pass,
    /// It is false or undefined.
    Fail,
    /// It could not be evaluated.
    Error,
}

/// A test and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Its name, such as `sluice.mc_01_test.test_passes`.
    pub name: String,
    /// Where it stands.
    pub location: Location,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it could not be evaluated.
    pub message: Option<String>,
}

/// Runs all tests of a pack.
///
/// # Errors
/// When its modules do not go together.
pub fn run(pack: &Pack) -> Result<Vec<Trial>, Vec<Diagnostic>> {
    let evaluator = Evaluator::new(pack.clone(), &Tree::mapping())?;
    let mut engine = pack.engine(true).map_err(|fault| vec![fault])?;
    let judge = move |id: &str, document: &Tree| judged(&evaluator, id, document);
    engine.function("sluice.judge", judge).map_err(|fault| vec![fault])?;
    let mut trials = Vec::new();
    for module in &pack.tests {
        for (line, name) in names(module) {
            let (verdict, message) = match engine.ask(&format!("{}.{name}", module.package), &module.path) {
                Ok(Some(tree)) if tree.as_bool() == Some(true) => (Verdict::Pass, None),
                Ok(_) => (Verdict::Fail, None),
                Err(fault) => (Verdict::Error, Some(fault.to_string())),
            };
            let package = module.package.strip_prefix("data.").unwrap_or(&module.package);
            trials.push(Trial {
                name: format!("{package}.{name}"),
                location: Location {
                    file: module.path.as_str().into(),
                    line,
                    column: 1,
                },
                verdict,
                message,
            });
        }
    }
    Ok(trials)
}

fn judged(evaluator: &Evaluator, id: &str, document: &Tree) -> Tree {
    match evaluator.pack().rule(id) {
        Some(rule) => {
            let judgement = evaluator.judge(rule, document);
            let json = serde_json::to_value(&judgement).expect("invariant: it has only text keys");
            Tree::from_json(&json)
        }
        None => {
            let mut tree = Tree::mapping();
            tree.set("outcome", format!("no rule has the id `{id}`"));
            tree
        }
    }
}

/// The tests of a module with their lines, in order; a test with several bodies counts once.
fn names(module: &Module) -> Vec<(u32, String)> {
    let mut found: Vec<(u32, String)> = Vec::new();
    for (index, line) in module.text.lines().enumerate() {
        if !line.starts_with(TEST_PREFIX) {
            continue;
        }
        let name: String = line
            .chars()
            .take_while(|one| one.is_ascii_alphanumeric() || *one == '_')
            .collect();
        if !found.iter().any(|(_, known)| *known == name) {
            found.push((u32::try_from(index + 1).unwrap_or(u32::MAX), name));
        }
    }
    found
}
