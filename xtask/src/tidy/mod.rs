//! `cargo xtask tidy`: the rules of this repository that neither rustc nor clippy checks.
//!
//! Each rule is one file with a `check` over what [`Checkout`] read, and a test that shows it failing. Start at [`RULES`].

mod assertions;
mod checkout;
mod client;
mod documents;
mod edges;
mod module_docs;
mod names;
mod purity;
mod ratchets;
mod size;
mod swallowed;
mod traces;

use anyhow::{Result, bail};

use self::checkout::Checkout;
use crate::report;

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// File, relative to the root.
    path: String,
    /// Line, from 1; 0 for the whole file.
    line: usize,
    /// What is wrong and what to do.
    message: String,
}

impl Violation {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

/// Looks at the checkout and says what breaks its rule.
type Rule = fn(&Checkout) -> Result<Vec<Violation>>;

/// Every rule with its name.
const RULES: [(&str, Rule); 11] = [
    ("size", size::check),
    ("names", names::check),
    ("purity", purity::check),
    ("edges", edges::check),
    ("assertions", assertions::check),
    ("swallowed", swallowed::check),
    ("ratchets", ratchets::check),
    ("documents", documents::check),
    ("traces", traces::check),
    ("module-docs", module_docs::check),
    ("client", client::check),
];

/// Applies every rule and lists what breaks one.
pub(crate) fn run() -> Result<()> {
    let checkout = Checkout::read()?;
    let mut found = 0;
    for (name, rule) in RULES {
        let mut violations = rule(&checkout)?;
        violations.sort();
        for Violation { path, line, message } in &violations {
            report(&format!("{path}:{line}: [{name}] {message}"));
        }
        found += violations.len();
    }
    if found > 0 {
        bail!("{found} violations of the rules in xtask/src/tidy");
    }
    Ok(())
}
