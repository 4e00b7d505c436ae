//! The data sheet of a port: its contract for people, as Markdown.

use std::fmt::{self, Write as _};

use crate::binding::BoundContract;
use crate::contract::{Expectation, Located, Property, QualityCheck, QualityRule};
use crate::descriptor::Descriptor;

/// Writes the data sheet.
#[must_use]
pub fn render(descriptor: &Descriptor, bound: &BoundContract) -> String {
    let mut sheet = String::new();
    match write(&mut sheet, descriptor, bound) {
        Ok(()) => sheet,
        Err(fmt::Error) => unreachable!("invariant: writing to a String does not fail"),
    }
}

fn write(out: &mut String, descriptor: &Descriptor, bound: &BoundContract) -> fmt::Result {
    let contract = &bound.contract;
    writeln!(
        out,
        "# {}",
        contract
            .name
            .as_ref()
            .map_or(bound.port.name.as_str(), |name| name.as_str())
    )?;
    writeln!(out)?;
    writeln!(out, "| | |\n|---|---|")?;
    let status = contract.status.as_ref().map_or("", |status| status.as_str());
    for (title, value) in [
        ("Data product", descriptor.name.as_str()),
        ("Domain", &descriptor.domain),
        ("Port", &bound.port.name),
        ("Contract", &contract.id),
        ("Version", &contract.version),
        ("Status", status),
        ("Owner", &descriptor.owner),
        ("Steward", &descriptor.steward),
        ("Support", &descriptor.support),
    ] {
        if !value.is_empty() {
            writeln!(out, "| {title} | {} |", cell(value))?;
        }
    }
    if let Some(about) = &contract.description {
        section(out, "Purpose", about.purpose.as_ref())?;
        section(out, "Usage", about.usage.as_ref())?;
        section(out, "Limitations", about.limitations.as_ref())?;
    }
    for object in &contract.schema {
        writeln!(out, "\n## {}", object.element.name)?;
        for text in [&object.element.description, &object.granularity].into_iter().flatten() {
            writeln!(out, "\n{}", text.trim())?;
        }
        writeln!(
            out,
            "\n| column | type | may be null | classification | term | description |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|")?;
        for property in &object.properties {
            column(out, property)?;
        }
        let on_columns = object.properties.iter().flat_map(|property| {
            let name = property.element.name.as_str();
            property.element.quality.iter().map(move |rule| (name, rule))
        });
        let rules: Vec<(&str, &QualityRule)> = object
            .element
            .quality
            .iter()
            .map(|rule| ("", rule))
            .chain(on_columns)
            .collect();
        if !rules.is_empty() {
            writeln!(
                out,
                "\n### Quality\n\n| column | rule | expectation | severity |\n|---|---|---|---|"
            )?;
            for (name, rule) in rules {
                quality(out, name, rule)?;
            }
        }
    }
    if !contract.service_levels.is_empty() {
        writeln!(out, "\n## Service levels\n\n| promise | value | about |\n|---|---|---|")?;
        for level in &contract.service_levels {
            let value = plain(&level.value.value.to_json().to_string());
            let unit = level.unit.as_ref().map_or("", |unit| unit.as_str());
            let about = level
                .description
                .as_ref()
                .or(level.element.as_ref())
                .map_or("", |text| text.as_str());
            writeln!(
                out,
                "| {} | {} | {} |",
                cell(&level.property),
                cell(&format!("{value} {unit}")),
                cell(about)
            )?;
        }
    }
    Ok(())
}

fn section(out: &mut String, title: &str, text: Option<&Located<String>>) -> fmt::Result {
    match text {
        Some(text) => writeln!(out, "\n## {title}\n\n{}", text.trim()),
        None => Ok(()),
    }
}

fn column(out: &mut String, property: &Property) -> fmt::Result {
    let element = &property.element;
    let logical = property.logical_type.as_ref().map(|logical| logical.value.as_str());
    let kind = element
        .physical_type
        .as_ref()
        .map(|kind| kind.as_str())
        .or(logical)
        .unwrap_or_default();
    let required = property.required.as_ref().is_some_and(|flag| flag.value);
    let key = property.primary_key.as_ref().is_some_and(|flag| flag.value);
    let name = element.physical_name();
    let name = if key {
        format!("{name} (key)")
    } else {
        name.value.clone()
    };
    let terms: Vec<&str> = element.annotations.terms().map(|term| term.value).collect();
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} |",
        cell(&name),
        cell(kind),
        if required { "no" } else { "yes" },
        cell(property.classification.as_ref().map_or("", |text| text.as_str())),
        cell(&terms.join(", ")),
        cell(element.description.as_ref().map_or("", |text| text.as_str())),
    )
}

fn quality(out: &mut String, column: &str, rule: &QualityRule) -> fmt::Result {
    let name = rule
        .description
        .as_ref()
        .or(rule.name.as_ref())
        .map(|text| text.value.clone());
    let name = name.unwrap_or_else(|| match &rule.check {
        QualityCheck::Words => "in words".to_owned(),
        QualityCheck::Library { metric, .. } => metric.value.clone(),
        QualityCheck::Sql { query } => query.value.clone(),
        QualityCheck::Custom { engine, .. } => format!("rule of {engine}"),
    });
    let expectation = rule
        .expectation
        .as_ref()
        .map_or_else(String::new, |expectation| match &expectation.value {
            Expectation::Equal(value) => format!("= {}", plain(&value.to_json().to_string())),
            Expectation::NotEqual(value) => format!("≠ {}", plain(&value.to_json().to_string())),
            Expectation::Greater(number) => format!("> {number}"),
            Expectation::GreaterOrEqual(number) => format!("≥ {number}"),
            Expectation::Less(number) => format!("< {number}"),
            Expectation::LessOrEqual(number) => format!("≤ {number}"),
            Expectation::Between(low, high) => format!("{low} to {high}"),
            Expectation::NotBetween(low, high) => format!("outside {low} to {high}"),
        });
    let severity = rule.severity.as_ref().map_or("", |text| text.as_str());
    writeln!(
        out,
        "| {} | {} | {} | {} |",
        cell(column),
        cell(&name),
        cell(&expectation),
        cell(severity)
    )
}

/// JSON of a text without its quotes.
fn plain(json: &str) -> String {
    json.trim_matches('"').to_owned()
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .join(" ")
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
}
