//! Rego: modules are added to an engine, rules are asked for. The one file that knows `regorus`.

use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use sluice_model::{Diagnostic, Location, Node, Tree};

/// How long the evaluation of one rule may take. Rego always ends, but not always soon.
const LIMIT: Duration = Duration::from_secs(10);
/// Steps between two looks at the time.
const CHECK_EVERY: NonZeroU32 = NonZeroU32::new(1024).expect("invariant: not zero");

/// An engine with modules.
#[derive(Clone, Debug)]
pub(crate) struct Rego {
    engine: regorus::Engine,
}

impl Default for Rego {
    fn default() -> Self {
        let mut engine = regorus::Engine::new();
        engine.set_strict_builtin_errors(true);
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: LIMIT,
            check_interval: CHECK_EVERY,
        });
        Self { engine }
    }
}

impl Rego {
    /// Adds a module. Returns its package, such as `data.sluice.mc_01`.
    ///
    /// # Errors
    /// When it is not Rego: file, line and column of the fault.
    pub(crate) fn add(&mut self, path: &str, text: &str) -> Result<String, Diagnostic> {
        self.engine
            .add_policy(path.to_owned(), text.to_owned())
            .map_err(|error| diagnostic(&error.to_string(), path))
    }

    /// Makes a document visible below `data`.
    ///
    /// # Errors
    /// When it contradicts what is there.
    pub(crate) fn data(&mut self, tree: &Tree) -> Result<(), Diagnostic> {
        let value = value_of(tree);
        self.engine
            .add_data(value)
            .map_err(|error| diagnostic(&error.to_string(), "data"))
    }

    /// Makes a function available. It gets a text and a tree, and answers with a tree.
    ///
    /// # Errors
    /// When the engine has a function of this name.
    pub(crate) fn function(
        &mut self,
        name: &str,
        function: impl Fn(&str, &Tree) -> Tree + Clone + Send + Sync + 'static,
    ) -> Result<(), Diagnostic> {
        let extension = move |arguments: Vec<regorus::Value>| {
            let arguments: Vec<Tree> = arguments.iter().filter_map(tree_of).collect();
            Ok(match arguments.as_slice() {
                [first, second] => value_of(&function(first.as_str().unwrap_or_default(), second)),
                _ => regorus::Value::Undefined,
            })
        };
        self.engine
            .add_extension(name.to_owned(), 2, Box::new(extension))
            .map_err(|error| diagnostic(&error.to_string(), name))
    }

    /// Sets what `input` is.
    pub(crate) fn input(&mut self, tree: &Tree) {
        self.engine.set_input(value_of(tree));
    }

    /// Analyses all modules together, so that copies of this engine need not.
    ///
    /// # Errors
    /// When a rule uses what is not defined: file, line and column.
    pub(crate) fn prepare(&mut self) -> Result<(), Diagnostic> {
        self.engine
            .eval_query("true".to_owned(), false)
            .map(drop)
            .map_err(|error| diagnostic(&error.to_string(), "policies"))
    }

    /// The value of a rule, such as `data.sluice.mc_01.findings`; none when it is undefined.
    ///
    /// # Errors
    /// When the evaluation fails: a function got what it cannot use, rules contradict each other, the time is over, there is no such rule.
    pub(crate) fn ask(&mut self, rule: &str, path: &str) -> Result<Option<Tree>, Diagnostic> {
        self.engine
            .eval_rule(rule.to_owned())
            .map(|value| tree_of(&value))
            .map_err(|error| diagnostic(&error.to_string(), path))
    }
}

/// The engine's message, which holds its place in a picture of the source, as one line with a location.
fn diagnostic(message: &str, path: &str) -> Diagnostic {
    let place = message.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix("--> ")?;
        let mut parts = rest.rsplitn(3, ':');
        let (column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Location {
            file: file.into(),
            line: line.trim().parse().ok()?,
            column: column.trim().parse().ok()?,
        })
    });
    let text = message
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("error: "))
        .unwrap_or(message)
        .trim();
    let diagnostic = Diagnostic::error(text.replace('\n', " "));
    diagnostic.location(place.or_else(|| {
        Some(Location {
            file: path.into(),
            line: 1,
            column: 1,
        })
    }))
}

fn value_of(tree: &Tree) -> regorus::Value {
    match &tree.node {
        Node::Null => regorus::Value::Null,
        Node::Bool(value) => (*value).into(),
        Node::Integer(value) => (*value).into(),
        Node::Float(value) => (*value).into(),
        Node::String(text) => text.as_str().into(),
        Node::Sequence(items) => items.iter().map(value_of).collect::<Vec<_>>().into(),
        Node::Mapping(fields) => fields
            .iter()
            .map(|(key, value)| (regorus::Value::from(key.as_str()), value_of(value)))
            .collect::<std::collections::BTreeMap<_, _>>()
            .into(),
    }
}

/// A value as a tree; a set becomes a list in its order, keys that are no texts are written as JSON. None when it is undefined.
fn tree_of(value: &regorus::Value) -> Option<Tree> {
    if *value == regorus::Value::Undefined {
        return None;
    }
    let json = value.to_json_str().ok()?;
    serde_json::from_str(&json).ok().map(|json| Tree::from_json(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Rego::default().add("own.rego", text).unwrap_err().to_string()
    }

    #[test]
    fn a_malformed_module_is_named_with_its_place() {
        assert_eq!(
            fault("package a\n\nx := {\n  1 +\n}\n"),
            "error: expecting expression\n  in own.rego:5:1"
        );
    }

    #[test]
    fn undefined_is_nothing_and_a_builtin_that_fails_is_an_error() {
        let mut rego = Rego::default();
        let package = rego
            .add("own.rego", "package own\nx := 1 if input.absent.field == 2\ny := to_number(input.text)\nz contains s if some s in input.list\n")
            .unwrap();
        assert_eq!(package, "data.own");
        rego.input(&Tree::from_json(
            &serde_json::json!({"text": "no number", "list": ["b", "a"]}),
        ));
        assert_eq!(rego.ask("data.own.x", "own.rego"), Ok(None));
        let fault = rego.ask("data.own.y", "own.rego").unwrap_err();
        assert_eq!(fault.locations[0].to_string(), "own.rego:3:21");
        let set = rego.ask("data.own.z", "own.rego").unwrap().unwrap();
        assert_eq!(set.to_json().to_string(), r#"["a","b"]"#);
    }
}
