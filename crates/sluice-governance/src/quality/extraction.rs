//! From a contract to the rules of one table.

use std::collections::BTreeMap;

use sluice_model::Location;

use super::judgement::Expected;
use super::literal::{identifier, qualified};
use super::rule::{Gap, Measure, Rule, RuleSeverity, TableRules};
use super::{column_rules, object_rules};
use crate::contract::{Contract, Property, QualityRule, SchemaObject};

/// What a contract promises about the rows of the table behind one of its schema objects.
///
/// `table` is the full name of the table in the workspace (`catalog.schema.table`); it stands in queries of the contract for `${table}`.
#[must_use]
pub fn rules(contract: &Contract, object: &SchemaObject, table: &str) -> TableRules {
    let mut extraction = Extraction {
        table: qualified(table.split('.')),
        object,
        found: TableRules::default(),
        ids: BTreeMap::new(),
    };
    object_rules::keys(&mut extraction, object);
    for property in &object.properties {
        extraction.column(property, &[]);
    }
    for rule in &object.element.quality {
        object_rules::written(&mut extraction, rule, None);
    }
    object_rules::freshness(&mut extraction, contract, object);
    extraction.found
}

/// A column as rules name it.
#[derive(Clone, Debug)]
pub(super) struct Column<'contract> {
    pub(super) property: &'contract Property,
    /// In SQL, quoted.
    pub(super) sql: String,
    /// For people: `carrier`, `address.street`.
    pub(super) shown: String,
}

/// A rule without what all rules have.
pub(super) struct Draft {
    pub(super) measure: Measure,
    pub(super) expected: Expected,
    pub(super) location: Option<Location>,
}

/// Collects rules and gaps, and gives them ids.
pub(super) struct Extraction<'contract> {
    /// Full name of the table, quoted.
    pub(super) table: String,
    pub(super) object: &'contract SchemaObject,
    found: TableRules,
    ids: BTreeMap<String, u32>,
}

impl Extraction<'_> {
    /// The rules of a column and of its parts.
    fn column<'property>(&mut self, property: &'property Property, above: &[&'property str]) {
        let mut path = above.to_vec();
        path.push(property.element.physical_name().as_str());
        let column = Column {
            property,
            sql: qualified(path.iter().copied()),
            shown: path.join("."),
        };
        column_rules::implied(self, &column);
        for rule in &property.element.quality {
            object_rules::written(self, rule, Some(&column));
        }
        for part in &property.properties {
            self.column(part, &path);
        }
        let inside = property.items.as_deref().into_iter();
        let inside = inside.chain(
            property
                .map
                .as_deref()
                .into_iter()
                .flat_map(|(key, value)| [key, value]),
        );
        for part in inside {
            for rule in all_rules(part) {
                let id = self.written_id(rule, Some(&column.shown));
                self.gap(
                    id,
                    Some(&column),
                    "it is about the inside of an array or map",
                    false,
                    rule.place.location.clone(),
                );
            }
        }
    }

    /// An id of its own: the second rule of the same name gets `#2`.
    fn unique(&mut self, id: String) -> String {
        let count = self.ids.entry(id.clone()).or_insert(0);
        *count += 1;
        match count {
            1 => id,
            count => format!("{id}#{count}"),
        }
    }

    /// The id of a written rule: its own, else its name, else object, column and kind.
    pub(super) fn written_id(&mut self, rule: &QualityRule, column: Option<&str>) -> String {
        use crate::contract::QualityCheck as Check;
        let kind = match &rule.check {
            Check::Words => "text",
            Check::Library { metric, .. } => metric.as_str(),
            Check::Sql { .. } => "sql",
            Check::Custom { .. } => "custom",
        };
        let id = match rule.id.as_ref().or(rule.name.as_ref()) {
            Some(given) => given.value.clone(),
            None => self.implied_id(column, kind),
        };
        self.unique(id)
    }

    fn implied_id(&self, column: Option<&str>, kind: &str) -> String {
        let object = &self.object.element.name;
        match column {
            Some(column) => format!("{object}.{column}.{kind}"),
            None => format!("{object}.{kind}"),
        }
    }

    /// Adds a rule that the schema implies. It is an error: the contract says so without reserve.
    pub(super) fn implied(&mut self, column: Option<&Column<'_>>, kind: &str, dimension: &str, draft: Draft) {
        let id = self.implied_id(column.map(|column| column.shown.as_str()), kind);
        let id = self.unique(id);
        self.found.rules.push(Rule {
            id,
            column: column.map(|column| column.shown.clone()),
            dimension: Some(dimension.to_owned()),
            severity: RuleSeverity::Error,
            measure: draft.measure,
            percent: false,
            expected: draft.expected,
            unit: None,
            location: draft.location,
        });
    }

    pub(super) fn rule(&mut self, rule: Rule) {
        self.found.rules.push(rule);
    }

    pub(super) fn gap(
        &mut self,
        rule: String,
        column: Option<&Column<'_>>,
        reason: impl Into<String>,
        fault: bool,
        location: Option<Location>,
    ) {
        self.found.gaps.push(Gap {
            rule,
            column: column.map(|column| column.shown.clone()),
            reason: reason.into(),
            fault,
            location,
        });
    }
}

fn all_rules(property: &Property) -> Vec<&QualityRule> {
    let mut rules: Vec<&QualityRule> = property.element.quality.iter().collect();
    rules.extend(property.properties.iter().flat_map(all_rules));
    rules.extend(property.items.as_deref().into_iter().flat_map(all_rules));
    if let Some((key, value)) = property.map.as_deref() {
        rules.extend(all_rules(key));
        rules.extend(all_rules(value));
    }
    rules
}

/// The quoted name of the column of a table.
pub(super) fn column_name(object: &SchemaObject, name: &str) -> Option<String> {
    let is_it = |property: &&Property| property.element.name.value == name;
    let property = object.properties.iter().find(is_it).or_else(|| object.column(name))?;
    Some(identifier(property.element.physical_name()))
}
