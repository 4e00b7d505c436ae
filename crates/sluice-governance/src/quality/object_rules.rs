//! Rules that are written as rules: those of the library, queries, words, other engines; the primary key; freshness.

use sluice_model::{Node, Tree};

use super::column_rules::outside;
use super::extraction::{Column, Draft, Extraction, column_name};
use super::judgement::Expected;
use super::literal::{identifier, scalar, text};
use super::rule::{Measure, Rule, RuleSeverity};
use super::select;
use crate::contract::{Contract, Located, QualityCheck, QualityRule, SchemaObject, ServiceLevel};

/// A primary key has no value twice.
pub(super) fn keys(extraction: &mut Extraction<'_>, object: &SchemaObject) {
    let key = object.primary_key();
    let Some(first) = key.first() else { return };
    let columns = key.iter().map(|column| identifier(column.element.physical_name()));
    let draft = Draft {
        measure: Measure::Duplicates(columns.collect()),
        expected: Expected::Equal("0".to_owned()),
        location: first.primary_key.as_ref().and_then(|flag| flag.place.location.clone()),
    };
    extraction.implied(None, "primaryKey", "uniqueness", draft);
}

/// Adds a rule as it is written, or why it cannot be checked.
pub(super) fn written(extraction: &mut Extraction<'_>, rule: &QualityRule, column: Option<&Column<'_>>) {
    let id = extraction.written_id(rule, column.map(|column| column.shown.as_str()));
    let location = rule.place.location.clone();
    let measured = match &rule.check {
        QualityCheck::Words => Err(("it is written in words, which no query can check".to_owned(), false)),
        QualityCheck::Custom { engine, .. } => {
            Err((format!("it is a rule of `{engine}`, which does not run here"), false))
        }
        QualityCheck::Sql { query } => {
            select::with_names(query, &extraction.table, column.map(|column| column.sql.as_str()))
                .map(Measure::Query)
                .map_err(|fault| (fault.to_string(), true))
        }
        QualityCheck::Library { metric, arguments } => {
            library(metric, arguments.as_ref(), (extraction.object, column)).map_err(|why| (why, true))
        }
    };
    let measured = measured.and_then(|measure| Ok((expected(rule)?, percent(rule, &measure)?, measure)));
    match measured {
        Err((reason, fault)) => extraction.gap(id, column, reason, fault, location),
        Ok((expected, percent, measure)) => extraction.rule(Rule {
            id,
            column: column.map(|column| column.shown.clone()),
            dimension: rule.dimension.as_ref().map(|dimension| dimension.value.clone()),
            severity: RuleSeverity::of(rule.severity.as_ref().map(|severity| severity.as_str())),
            measure,
            percent,
            expected,
            unit: rule
                .unit
                .as_ref()
                .filter(|unit| unit.value == "percent")
                .map(|_| "%".to_owned()),
            location,
        }),
    }
}

type Fault = (String, bool);

fn expected(rule: &QualityRule) -> Result<Expected, Fault> {
    let Some(expectation) = &rule.expectation else {
        return Err(("it compares its value with nothing".to_owned(), true));
    };
    Expected::of(&expectation.value)
        .ok_or_else(|| ("its expectation is a list or a map, not one value".to_owned(), true))
}

/// A query gives what it gives; only counted rows can be taken as percent of all.
fn percent(rule: &QualityRule, measure: &Measure) -> Result<bool, Fault> {
    let unit = rule.unit.as_ref().map_or("rows", |unit| unit.as_str());
    match (unit, measure) {
        ("percent", Measure::Violations(_) | Measure::Duplicates(_)) => Ok(true),
        ("percent", Measure::Query(_)) | ("rows", _) => Ok(false),
        ("percent", Measure::Rows | Measure::Age { .. }) => {
            Err(("the number of rows cannot be a percentage of itself".to_owned(), true))
        }
        (other, _) => Err((format!("its unit `{other}` is neither `rows` nor `percent`"), true)),
    }
}

/// The measure of a metric of the standard's library.
fn library(
    metric: &str,
    arguments: Option<&Located<Tree>>,
    (object, column): (&SchemaObject, Option<&Column<'_>>),
) -> Result<Measure, String> {
    let argument = |name: &str| arguments.and_then(|arguments| arguments.value.get(name));
    let of_column = || column.ok_or_else(|| format!("`{metric}` needs a column: write the rule at one"));
    match metric {
        "rowCount" => Ok(Measure::Rows),
        "nullValues" => Ok(Measure::Violations(format!("{} IS NULL", of_column()?.sql))),
        "missingValues" => missing(of_column()?, argument("missingValues")),
        "invalidValues" => invalid(of_column()?, argument("validValues"), argument("pattern")),
        "duplicateValues" => match (column, argument("properties")) {
            (_, Some(properties)) => properties_of(properties, object),
            (Some(column), None) => Ok(Measure::Duplicates(vec![column.sql.clone()])),
            (None, None) => {
                Err("`duplicateValues` of a table needs the argument `properties`, a list of columns".to_owned())
            }
        },
        other => Err(format!("`{other}` is no metric of the library")),
    }
}

fn properties_of(properties: &Tree, object: &SchemaObject) -> Result<Measure, String> {
    let names: Option<Vec<&str>> = properties
        .as_sequence()
        .and_then(|items| items.iter().map(Tree::as_str).collect());
    match names {
        // A property may be named with its object: `carrier_month.carrier`.
        Some(names) if !names.is_empty() => {
            let column = |name: &&str| {
                let bare = name.rsplit('.').next().unwrap_or(name);
                column_name(object, bare)
                    .ok_or_else(|| format!("its argument `properties` names `{name}`, which is no column"))
            };
            Ok(Measure::Duplicates(names.iter().map(column).collect::<Result<_, _>>()?))
        }
        _ => Err("its argument `properties` is not a list of columns".to_owned()),
    }
}

/// Null counts as missing when the list has one, and when there is no list.
fn missing(column: &Column<'_>, values: Option<&Tree>) -> Result<Measure, String> {
    let null = format!("{} IS NULL", column.sql);
    let Some(values) = values else {
        return Ok(Measure::Violations(null));
    };
    let Some(items) = values.as_sequence() else {
        return Err("its argument `missingValues` is not a list".to_owned());
    };
    let mut conditions = Vec::new();
    let written: Vec<String> = items.iter().filter_map(scalar).collect();
    if items.iter().any(|item| item.node == Node::Null) {
        conditions.push(null);
    }
    if !written.is_empty() {
        // Compared as texts: what stands for a missing value often is none of the column's type.
        let texts = items
            .iter()
            .filter(|item| scalar(item).is_some())
            .map(|item| match item.as_str() {
                Some(value) => text(value),
                None => text(&item.to_json().to_string()),
            });
        let texts: Vec<String> = texts.collect();
        conditions.push(format!("CAST({} AS STRING) IN ({})", column.sql, texts.join(", ")));
    }
    if conditions.is_empty() {
        return Err("its argument `missingValues` has no values".to_owned());
    }
    Ok(Measure::Violations(conditions.join(" OR ")))
}

fn invalid(column: &Column<'_>, values: Option<&Tree>, pattern: Option<&Tree>) -> Result<Measure, String> {
    let mut conditions = Vec::new();
    if let Some(values) = values {
        let Some(items) = values.as_sequence() else {
            return Err("its argument `validValues` is not a list".to_owned());
        };
        conditions.push(outside(&column.sql, items.iter()));
    }
    if let Some(pattern) = pattern {
        let Some(pattern) = pattern.as_str() else {
            return Err("its argument `pattern` is not a text".to_owned());
        };
        conditions.push(format!("NOT ({} RLIKE {})", column.sql, text(pattern)));
    }
    if conditions.is_empty() {
        return Err("`invalidValues` needs the argument `validValues` or `pattern`".to_owned());
    }
    Ok(Measure::Violations(conditions.join(" OR ")))
}

/// A service level `freshness` limits the age of the youngest value of a column.
pub(super) fn freshness(extraction: &mut Extraction<'_>, contract: &Contract, object: &SchemaObject) {
    for level in &contract.service_levels {
        if level.property.to_lowercase() != "freshness" {
            continue;
        }
        let element = level.element.as_ref().or(contract.sla_default_element.as_ref());
        let (about, columns) = elements(
            element.map_or("", |element| element.as_str()),
            object,
            contract.schema.len(),
        );
        if !about {
            continue;
        }
        let given = level.id.as_ref().map(|id| id.value.clone());
        let id = given.unwrap_or_else(|| format!("{}.freshness", object.element.name));
        let location = level.place.location.clone();
        match age(level, columns) {
            Ok((measure, limit, unit)) => extraction.rule(Rule {
                id,
                column: None,
                dimension: Some("timeliness".to_owned()),
                severity: RuleSeverity::Error,
                measure,
                percent: false,
                expected: Expected::LessOrEqual(limit),
                unit: Some(unit),
                location,
            }),
            Err(reason) => extraction.gap(id, None, reason, true, location),
        }
    }
}

/// Whether a list of elements is about an object, and the quoted names of its columns in it.
fn elements(elements: &str, object: &SchemaObject, objects: usize) -> (bool, Vec<String>) {
    let names = [object.element.name.as_str(), object.element.physical_name().as_str()];
    let mut about = elements.trim().is_empty() && objects == 1;
    let mut columns = Vec::new();
    for element in elements.split(',').map(str::trim) {
        let (of, column) = element.split_once('.').unwrap_or(("", element));
        if of.is_empty() && names.contains(&element) {
            about = true;
        } else if names.contains(&of) || (of.is_empty() && objects == 1) {
            about = true;
            columns.extend(column_name(object, column));
        }
    }
    (about, columns)
}

fn age(level: &ServiceLevel, columns: Vec<String>) -> Result<(Measure, f64, String), String> {
    let [column] = columns.as_slice() else {
        return Err("freshness needs `element: object.column`, one column with the time of a row".to_owned());
    };
    let limit = match level.value.value.node {
        #[expect(clippy::cast_precision_loss, reason = "no time limit is longer than 2^53 units")]
        Node::Integer(value) => value as f64,
        Node::Float(value) => value,
        Node::String(_) | Node::Null | Node::Bool(_) | Node::Sequence(_) | Node::Mapping(_) => {
            return Err("its value is not a number".to_owned());
        }
    };
    let unit = level.unit.as_ref().map_or("", |unit| unit.as_str());
    let (unit_seconds, unit) =
        seconds(unit).ok_or_else(|| format!("its unit `{unit}` is none of `s`, `min`, `h`, `d`, `w`, `y`"))?;
    let measure = Measure::Age {
        column: column.clone(),
        unit_seconds,
    };
    Ok((measure, limit, unit.to_owned()))
}

/// The seconds of a unit of time, and its short name. Names as in ODCS examples: `d`, `day`, `days`, `y`, `yr`, `years`.
pub(crate) fn seconds(unit: &str) -> Option<(u32, &'static str)> {
    Some(match unit.to_lowercase().as_str() {
        "s" | "sec" | "second" | "seconds" => (1, "s"),
        "m" | "min" | "minute" | "minutes" => (60, "min"),
        "h" | "hr" | "hour" | "hours" => (3600, "h"),
        "d" | "day" | "days" => (86_400, "d"),
        "w" | "week" | "weeks" => (604_800, "w"),
        "y" | "yr" | "year" | "years" => (31_536_000, "y"),
        _ => return None,
    })
}
