//! The filters of searches for runs: `metrics.rmse < 1 AND params.model = 'tree' AND attributes.status != 'FAILED'`.
//!
//! Pure: a filter and a run in, whether it fits out. What a filter says that is not known here is refused, never ignored.

use super::entry::Entry;
use super::metric::Metric;
use crate::error::ApiError;

/// What a comparison or an order looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The latest value of a metric.
    Metric(String),
    /// A parameter.
    Parameter(String),
    /// A tag.
    Tag(String),
    /// What a run itself is, by the name of the field: `status`.
    Attribute(String),
}

/// Attributes that are texts, and those that are moments.
const TEXTS: [&str; 5] = ["status", "run_id", "run_name", "artifact_uri", "user_id"];
const MOMENTS: [&str; 2] = ["start_time", "end_time"];

impl Subject {
    /// Reads `metrics.rmse`, ``params.`learning rate` ``, `tags."mlflow.user"`, `attributes.status`, `status`.
    pub(super) fn read(text: &str) -> Result<Self, ApiError> {
        let (family, key) = match text.split_once('.') {
            Some((family, key)) => (family, unquoted(key)),
            None => ("attributes", text.to_owned()),
        };
        match family.to_ascii_lowercase().as_str() {
            "metrics" | "metric" => Ok(Self::Metric(key)),
            "params" | "param" | "parameters" | "parameter" => Ok(Self::Parameter(key)),
            "tags" | "tag" => Ok(Self::Tag(key)),
            "attributes" | "attribute" | "attr" | "run" => Self::attribute(&key),
            _ => Err(ApiError::invalid(format!(
                "`{text}` is nothing that runs are found by: expected metrics, params, tags or attributes, a dot and a key"
            ))),
        }
    }

    fn attribute(key: &str) -> Result<Self, ApiError> {
        let name = match key {
            "Created" | "created" => "start_time",
            "run name" | "Run name" | "Run Name" => "run_name",
            "User" | "user" => "user_id",
            other => other,
        };
        if TEXTS.contains(&name) || MOMENTS.contains(&name) {
            return Ok(Self::Attribute(name.to_owned()));
        }
        Err(ApiError::invalid(format!(
            "`{key}` is no attribute of a run that is searched by: expected one of {}, {}",
            TEXTS.join(", "),
            MOMENTS.join(", ")
        )))
    }

    fn is_number(&self) -> bool {
        match self {
            Self::Metric(_) => true,
            Self::Attribute(name) => MOMENTS.contains(&name.as_str()),
            Self::Parameter(_) | Self::Tag(_) => false,
        }
    }
}

/// A key without the quotes or backticks around it.
fn unquoted(key: &str) -> String {
    let inside = |mark: char| key.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    inside('`').or_else(|| inside('"')).unwrap_or(key).to_owned()
}

/// A run as conditions and orders look at it.
pub(super) struct Candidate<'a> {
    pub(super) metrics: &'a [Metric],
    pub(super) params: &'a [Entry],
    pub(super) tags: &'a [Entry],
    /// Name and text of each attribute that is one.
    pub(super) texts: [(&'static str, &'a str); 5],
    pub(super) start_time: i64,
    pub(super) end_time: Option<i64>,
}

impl Candidate<'_> {
    pub(super) fn number(&self, subject: &Subject) -> Option<f64> {
        match subject {
            Subject::Metric(key) => self
                .metrics
                .iter()
                .find(|metric| metric.key == *key)
                .map(|metric| metric.value.0),
            Subject::Attribute(name) if name == "start_time" => Some(milliseconds(self.start_time)),
            Subject::Attribute(name) if name == "end_time" => self.end_time.map(milliseconds),
            Subject::Attribute(_) | Subject::Parameter(_) | Subject::Tag(_) => None,
        }
    }

    pub(super) fn text(&self, subject: &Subject) -> Option<&str> {
        let of = |entries: &'_ [Entry], key: &str| entries.iter().position(|entry| entry.key == *key);
        match subject {
            Subject::Parameter(key) => of(self.params, key).map(|at| self.params[at].value.as_str()),
            Subject::Tag(key) => of(self.tags, key).map(|at| self.tags[at].value.as_str()),
            Subject::Attribute(name) => self
                .texts
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, text)| *text),
            Subject::Metric(_) => None,
        }
    }
}

/// Milliseconds since 1970 are exact in a double for 285,000 years.
#[expect(clippy::cast_precision_loss, reason = "moments are far below 2^53")]
fn milliseconds(moment: i64) -> f64 {
    moment as f64
}

/// One comparison.
#[derive(Clone, Debug, PartialEq)]
struct Comparison {
    subject: Subject,
    operator: String,
    values: Vec<String>,
}

/// Comparisons that all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Condition(Vec<Comparison>);

impl Condition {
    /// Reads a filter; an empty one is fulfilled by all.
    ///
    /// # Errors
    /// 400 for what is no filter.
    pub(super) fn read(filter: &str) -> Result<Self, ApiError> {
        let mut words = words(filter)?.into_iter().peekable();
        let mut comparisons = Vec::new();
        while words.peek().is_some() {
            let mut next = || words.next().ok_or_else(|| broken(filter));
            let subject = Subject::read(&next()?)?;
            let mut operator = next()?.to_ascii_uppercase();
            if operator == "NOT" {
                operator = format!("NOT {}", next()?.to_ascii_uppercase());
            }
            let values = match operator.as_str() {
                "IN" | "NOT IN" => list(&next()?).ok_or_else(|| broken(filter))?,
                _ => vec![next()?],
            };
            comparisons.push(Comparison::checked(subject, operator, values, filter)?);
            match words.next() {
                None => break,
                Some(and) if and.eq_ignore_ascii_case("AND") && words.peek().is_some() => {}
                Some(_) => return Err(broken(filter)),
            }
        }
        Ok(Self(comparisons))
    }

    /// Whether all comparisons hold.
    pub(super) fn fits(&self, candidate: &Candidate<'_>) -> bool {
        self.0.iter().all(|comparison| comparison.holds(candidate))
    }
}

impl Comparison {
    fn checked(subject: Subject, operator: String, values: Vec<String>, filter: &str) -> Result<Self, ApiError> {
        let known: &[&str] = if subject.is_number() {
            &["=", "!=", "<", "<=", ">", ">="]
        } else {
            &["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"]
        };
        let number = |text: &String| text.parse::<f64>().is_ok();
        let quoted = |text: &String| text.starts_with('\'');
        let typed = if subject.is_number() {
            values.iter().all(number)
        } else {
            values.iter().all(quoted)
        };
        if !known.contains(&operator.as_str()) || !typed {
            return Err(broken(filter));
        }
        let values = values
            .into_iter()
            .map(|value| value.trim_start_matches('\'').to_owned())
            .collect();
        Ok(Self {
            subject,
            operator,
            values,
        })
    }

    fn holds(&self, candidate: &Candidate<'_>) -> bool {
        if self.subject.is_number() {
            let wanted = self.values.first().and_then(|value| value.parse::<f64>().ok());
            return match (candidate.number(&self.subject), wanted) {
                (Some(is), Some(wanted)) => compare(is, &self.operator, wanted),
                _ => false,
            };
        }
        // What is not there fulfils no comparison, as in MLflow.
        let Some(is) = candidate.text(&self.subject) else {
            return false;
        };
        let wanted = self.values.first().map_or("", String::as_str);
        match self.operator.as_str() {
            "=" => is == wanted,
            "!=" => is != wanted,
            "LIKE" => crate::records::like(is, wanted),
            "ILIKE" => crate::records::like(&is.to_lowercase(), &wanted.to_lowercase()),
            "IN" => self.values.iter().any(|value| value == is),
            _ => self.values.iter().all(|value| value != is),
        }
    }
}

#[expect(clippy::float_cmp, reason = "a filter asks for exactly this number")]
fn compare(is: f64, operator: &str, wanted: f64) -> bool {
    match operator {
        "=" => is == wanted,
        "!=" => is != wanted,
        "<" => is < wanted,
        "<=" => is <= wanted,
        ">" => is > wanted,
        _ => is >= wanted,
    }
}

fn broken(filter: &str) -> ApiError {
    ApiError::invalid(format!(
        "the filter `{filter}` cannot be read: expected comparisons such as `metrics.rmse < 1` or `params.model = 'tree'`, joined by AND"
    ))
}

/// The values of `('a', 'b')`, each with its quote before it.
fn list(word: &str) -> Option<Vec<String>> {
    let inside = word.strip_prefix('(')?.strip_suffix(')')?;
    let words = words(&inside.replace(',', " ")).ok()?;
    (!words.is_empty()).then_some(words)
}

/// The words of a filter: keys with their quotes, operators, values (a text begins with a quote and has none at its end), lists in parentheses.
fn words(filter: &str) -> Result<Vec<String>, ApiError> {
    let mut words = Vec::new();
    let mut rest = filter.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => 1 + rest[1..].find(first).ok_or_else(|| broken(filter))? + 1,
            '(' => rest.find(')').ok_or_else(|| broken(filter))? + 1,
            '=' | '!' | '<' | '>' => rest.find(|each| !"=!<>".contains(each)).unwrap_or(rest.len()),
            _ => key_length(rest).ok_or_else(|| broken(filter))?,
        };
        let word = &rest[..length];
        words.push(match first {
            '\'' | '"' => format!("'{}", &word[1..length - 1]),
            _ => word.to_owned(),
        });
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// The length of a word that may have a part in backticks or quotes; none when one of those has no end.
fn key_length(text: &str) -> Option<usize> {
    let mut inside = None;
    for (at, character) in text.char_indices() {
        match inside {
            Some(mark) if character == mark => inside = None,
            Some(_) => {}
            None if character == '`' || character == '"' => inside = Some(character),
            None if character.is_whitespace() || "=!<>(".contains(character) => return Some(at),
            None => {}
        }
    }
    inside.is_none().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::super::metric::Number;
    use super::*;

    fn fits(filter: &str) -> Option<bool> {
        let entry = |key: &str, value: &str| Entry {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let metrics = [Metric {
            key: "rmse".to_owned(),
            value: Number(0.5),
            timestamp: 1,
            step: 0,
        }];
        let candidate = Candidate {
            metrics: &metrics,
            params: &[entry("learning rate", "0.1"), entry("model", "tree")],
            tags: &[entry("mlflow.user", "ann")],
            texts: [
                ("status", "FINISHED"),
                ("run_id", "abc"),
                ("run_name", "first one"),
                ("artifact_uri", ""),
                ("user_id", "ann"),
            ],
            start_time: 1000,
            end_time: None,
        };
        Condition::read(filter).ok().map(|condition| condition.fits(&candidate))
    }

    #[test]
    fn filters_hold_or_not() {
        for filter in [
            "",
            "metrics.rmse < 1",
            "metrics.rmse>=0.5 and params.model = 'tree'",
            "params.`learning rate` = '0.1' AND tags.\"mlflow.user\" != 'bob'",
            "attributes.status = 'FINISHED' AND start_time <= 1000",
            "run_id IN ('x', 'abc') AND attributes.run_name LIKE 'first%'",
            "run_id NOT IN ('x') AND tags.mlflow.user ILIKE 'AN%'",
        ] {
            assert_eq!(fits(filter), Some(true), "{filter}");
        }
        for filter in [
            "metrics.rmse > 1",
            "metrics.absent < 1",
            "params.absent != 'x'",
            "end_time > 0",
            "run_id IN ('x')",
        ] {
            assert_eq!(fits(filter), Some(false), "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for filter in [
            "metrics.rmse",
            "metrics.rmse <",
            "metrics.rmse < 'a'",
            "params.model = tree",
            "params.model < 'tree'",
            "metrics.rmse < 1 OR metrics.rmse > 2",
            "metrics.rmse < 1 AND",
            "datasets.name = 'x'",
            "attributes.colour = 'x'",
            "params.model = 'tree",
            "run_id IN ()",
        ] {
            assert_eq!(fits(filter), None, "{filter}");
        }
    }
}
