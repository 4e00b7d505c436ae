//! Quality rules of a contract.

use sluice_model::Tree;

use super::annotation::Annotations;
use super::conformity::number;
use super::entry::{Entry, Located, Place};

/// One rule about the data of a schema object or property.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityRule {
    /// Where it stands.
    pub place: Place,
    /// Id, unique in its list.
    pub id: Option<Located<String>>,
    /// Name.
    pub name: Option<Located<String>>,
    /// What it means.
    pub description: Option<Located<String>>,
    /// Dimension of quality, such as `completeness`.
    pub dimension: Option<Located<String>>,
    /// How it is checked.
    pub check: QualityCheck,
    /// What the measured value must be; absent for rules in words and for other engines.
    pub expectation: Option<Located<Expectation>>,
    /// How bad a violation is.
    pub severity: Option<Located<String>>,
    /// What a violation means for business.
    pub business_impact: Option<Located<String>>,
    /// How it is applied, such as `reconciliation`.
    pub method: Option<Located<String>>,
    /// When it runs.
    pub schedule: Option<Located<String>>,
    /// What runs it.
    pub scheduler: Option<Located<String>>,
    /// Unit of the measured value: `rows` or `percent`.
    pub unit: Option<Located<String>>,
    /// Tags and more.
    pub annotations: Annotations,
}

/// How a rule is checked.
#[derive(Clone, Debug, PartialEq)]
pub enum QualityCheck {
    /// In words alone: no program can check it.
    Words,
    /// A metric of the standard.
    Library {
        /// `nullValues`, `missingValues`, `invalidValues`, `duplicateValues` or `rowCount`.
        metric: Located<String>,
        /// Arguments of the metric, such as `validValues`.
        arguments: Option<Located<Tree>>,
    },
    /// A query with one number as its result; `${table}`, `${object}`, `${column}`, `${property}` stand for what the rule hangs on.
    Sql {
        /// The query.
        query: Located<String>,
    },
    /// A rule of another engine.
    Custom {
        /// The engine.
        engine: Located<String>,
        /// The rule, as text or map.
        implementation: Located<Tree>,
    },
}

/// What a measured value must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// Equal to this.
    Equal(Tree),
    /// Anything but this.
    NotEqual(Tree),
    /// Above this.
    Greater(f64),
    /// At least this.
    GreaterOrEqual(f64),
    /// Below this.
    Less(f64),
    /// At most this.
    LessOrEqual(f64),
    /// From the first to the second, both included.
    Between(f64, f64),
    /// Outside the first to the second.
    NotBetween(f64, f64),
}

impl QualityRule {
    pub(super) fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            id: entry.text("id"),
            name: entry.text("name"),
            description: entry.text("description"),
            dimension: entry.text("dimension"),
            check: QualityCheck::read(entry),
            expectation: Expectation::read(entry),
            severity: entry.text("severity"),
            business_impact: entry.text("businessImpact"),
            method: entry.text("method"),
            schedule: entry.text("schedule"),
            scheduler: entry.text("scheduler"),
            unit: entry.text("unit"),
            annotations: Annotations::read(entry),
        }
    }
}

impl QualityCheck {
    fn read(entry: &Entry<'_>) -> Self {
        let kind = entry.text("type");
        match kind.as_ref().map(|kind| kind.as_str()) {
            Some("sql") => Self::Sql {
                query: entry.required("query"),
            },
            Some("custom") => Self::Custom {
                engine: entry.required("engine"),
                implementation: entry
                    .any("implementation")
                    .unwrap_or_else(|| entry.located(Tree::default())),
            },
            // A metric makes a rule of the library whatever the type says.
            _ => match entry.text("metric") {
                Some(metric) => Self::Library {
                    metric,
                    arguments: entry.any("arguments"),
                },
                None => Self::Words,
            },
        }
    }
}

impl Expectation {
    fn read(entry: &Entry<'_>) -> Option<Located<Self>> {
        let any = |key, make: fn(Tree) -> Self| {
            let found = entry.any(key)?;
            Some(Located {
                value: make(found.value),
                place: found.place,
            })
        };
        let one = |key, make: fn(f64) -> Self| {
            let field = entry.field(key)?;
            Some(field.located(make(number(field.tree)?)))
        };
        let two = |key, make: fn(f64, f64) -> Self| {
            let field = entry.field(key)?;
            match field.tree.as_sequence()? {
                [low, high] => Some(field.located(make(number(low)?, number(high)?))),
                _ => None,
            }
        };
        any("mustBe", Self::Equal)
            .or_else(|| any("mustNotBe", Self::NotEqual))
            .or_else(|| one("mustBeGreaterThan", Self::Greater))
            .or_else(|| one("mustBeGreaterOrEqualTo", Self::GreaterOrEqual))
            .or_else(|| one("mustBeLessThan", Self::Less))
            .or_else(|| one("mustBeLessOrEqualTo", Self::LessOrEqual))
            .or_else(|| two("mustBeBetween", Self::Between))
            .or_else(|| two("mustNotBeBetween", Self::NotBetween))
    }
}
