//! What is asked for: a statement with its parameters and defaults, in the name of a principal.

use super::settings::Settings;
use crate::principal::Principal;

/// A parameter `:name` of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name without the colon.
    pub name: String,
    /// Its type as SQL writes it; `STRING` when nobody said.
    pub type_text: String,
    /// Its value as text; none is NULL.
    pub value: Option<String>,
}

/// Where names that are not complete are looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// For names without a catalog; the workspace's own catalog when none is set.
    pub catalog: Option<String>,
    /// For names without a schema; `default` when none is set.
    pub schema: Option<String>,
}

/// A statement to execute.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Whose grants count.
    pub principal: Principal,
    /// One SQL statement.
    pub text: String,
    /// The values of `:name` in the text.
    pub parameters: Vec<Parameter>,
    /// Where names are looked up.
    pub defaults: Defaults,
    /// The largest number of rows to return.
    pub row_limit: Option<usize>,
    /// What its session has set.
    pub settings: Settings,
}

impl Statement {
    /// A statement without parameters, defaults and limit.
    #[must_use]
    pub fn new(principal: Principal, text: impl Into<String>) -> Self {
        Self {
            principal,
            text: text.into(),
            parameters: Vec::new(),
            defaults: Defaults::default(),
            row_limit: None,
            settings: Settings::default(),
        }
    }
}
