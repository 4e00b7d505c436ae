//! The values that a template is rendered with: what was given, else the defaults, checked against the schema.

use indexmap::IndexMap;
use sluice_governance::document::suggestion;
use sluice_model::{Diagnostic, Tree};

use super::schema::{Property, TemplateSchema};
use super::template::{Surroundings, render_text};
use crate::documents::DocumentError;

/// Answers by name, in the order of the questions.
pub type Answers = IndexMap<String, Tree>;

/// Completes and checks the given answers.
///
/// # Errors
/// All faults together: unknown names, wrong types, values that the schema does not allow, and every missing answer.
pub fn resolve_answers(
    schema: &TemplateSchema,
    given: &[(String, String)],
    surroundings: &Surroundings,
) -> Result<Answers, DocumentError> {
    let mut faults = Vec::new();
    let known = || schema.properties.iter().map(|property| property.name.as_str());
    for (index, (name, _)) in given.iter().enumerate() {
        if !known().any(|other| other == name) {
            let mut fault = Diagnostic::error(format!("the blueprint has no question `{name}`"));
            fault.help = suggestion(name, known());
            faults.push(fault);
        } else if given[..index].iter().any(|(other, _)| other == name) {
            faults.push(Diagnostic::error(format!("`{name}` is answered twice")));
        }
    }
    let mut answers = Answers::new();
    let mut missing = Vec::new();
    for property in &schema.properties {
        match answer(property, given, &answers, surroundings) {
            Ok(Some(value)) => {
                answers.insert(property.name.clone(), value);
            }
            Ok(None) => missing.push(property),
            Err(fault) => faults.push(*fault),
        }
    }
    if !missing.is_empty() {
        faults.push(missing_answers(&missing));
    }
    if faults.is_empty() {
        Ok(answers)
    } else {
        Err(DocumentError::Faults { diagnostics: faults })
    }
}

fn missing_answers(missing: &[&Property]) -> Diagnostic {
    let names: Vec<&str> = missing.iter().map(|property| property.name.as_str()).collect();
    let lines: Vec<String> = missing
        .iter()
        .map(|property| {
            format!(
                "--set {}=…   {}",
                property.name,
                property.description.as_deref().unwrap_or_default()
            )
        })
        .collect();
    Diagnostic::error(format!("these answers are missing: {}", names.join(", "))).help(lines.join("\n        "))
}

fn answer(
    property: &Property,
    given: &[(String, String)],
    before: &Answers,
    surroundings: &Surroundings,
) -> Result<Option<Tree>, Box<Diagnostic>> {
    let name = &property.name;
    if let Some((_, text)) = given.iter().find(|(other, _)| other == name) {
        let Some(value) = property.kind.parse(text) else {
            return Err(Box::new(Diagnostic::error(format!(
                "`{name}` must be {}, not `{text}`",
                property.kind.as_str()
            ))));
        };
        return check(property, value).map(Some);
    }
    let Some(default) = &property.default else {
        return Ok(None);
    };
    let value = match default.as_str() {
        Some(template) => render_text(&format!("default of {name}"), template, before, surroundings)
            .map_err(|fault| Box::new(Diagnostic::error(fault.to_string())))?
            .into(),
        None => default.clone(),
    };
    let skipped = property.skip_if.as_ref().is_some_and(|conditions| {
        conditions
            .iter()
            .all(|(other, constant)| before.get(other) == Some(constant))
    });
    if skipped {
        Ok(Some(value))
    } else {
        check(property, value).map(Some)
    }
}

fn check(property: &Property, value: Tree) -> Result<Tree, Box<Diagnostic>> {
    let name = &property.name;
    let shown = value
        .as_str()
        .map_or_else(|| value.to_json().to_string(), ToOwned::to_owned);
    if !property.allowed.is_empty() && !property.allowed.contains(&value) {
        let allowed: Vec<String> = property
            .allowed
            .iter()
            .map(|tree| {
                tree.as_str()
                    .map_or_else(|| tree.to_json().to_string(), ToOwned::to_owned)
            })
            .collect();
        let mut fault = Diagnostic::error(format!("`{shown}` is not an answer to `{name}`"));
        fault.help = suggestion(&shown, allowed.iter().map(String::as_str));
        return Err(Box::new(fault));
    }
    if let (Some(pattern), Some(text)) = (&property.pattern, value.as_str())
        && !pattern.is_match(text)
    {
        let mut fault = Diagnostic::error(format!("`{text}` is not an answer to `{name}`"));
        let message = property.pattern_message.clone();
        fault.help = Some(message.unwrap_or_else(|| format!("it must match `{pattern}`")));
        return Err(Box::new(fault));
    }
    Ok(value)
}
