//! The filter and the order of a list of events. Pure.
//!
//! A filter is made of `level = '…'`, `level in ('…', …)`, `id = '…'`, `update_id = '…'` (not documented, but what the Databricks CLI asks for
//! while it waits for an update) and `timestamp > '…'` (or `>=`, `<`, `<=`, `=`), joined by AND.

use sluice_model::Timestamp;

use super::event::Event;
use crate::error::ApiError;

/// In which order events are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The oldest first.
    Ascending,
    /// The newest first.
    Descending,
}

impl Order {
    /// Reads `order_by`.
    ///
    /// # Errors
    /// 501 for every order but that by `timestamp`.
    pub(super) fn read(text: Option<&str>) -> Result<Self, ApiError> {
        let words: Vec<String> = text
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] | ["timestamp", "desc"] => Ok(Self::Descending),
            ["timestamp"] | ["timestamp", "asc"] => Ok(Self::Ascending),
            _ => Err(ApiError::not_implemented(format!(
                "events are not ordered by `{}`: use `timestamp asc` or `timestamp desc`",
                text.unwrap_or_default()
            ))),
        }
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
enum Condition {
    Level(Vec<String>),
    Id(Vec<String>),
    Update(Vec<String>),
    Timestamp(Comparison, i64),
}

/// How a time is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

/// All conditions that an event has to meet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EventFilter(Vec<Condition>);

impl EventFilter {
    /// Reads a filter; an empty one lets everything pass.
    ///
    /// # Errors
    /// 501 naming a filter of another form: a list that ignored it would show too much.
    pub(super) fn read(text: &str) -> Result<Self, ApiError> {
        let refused = || {
            ApiError::not_implemented(format!(
                "the filter `{text}` is not one that the local workspace knows: use level = '…', level in ('…', …), id = '…', update_id = '…' and \
                 timestamp > '…' (>=, <, <=, =), joined by AND"
            ))
        };
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let words = words(text).ok_or_else(refused)?;
        let mut conditions = Vec::new();
        for part in words.split(|word| matches!(word, Word::Plain(word) if word == "and")) {
            conditions.push(condition(part).ok_or_else(refused)?);
        }
        Ok(Self(conditions))
    }

    pub(super) fn fits(&self, event: &Event) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::Level(levels) => levels.iter().any(|level| level == event.level.as_str()),
            Condition::Id(ids) => ids.contains(&event.id),
            Condition::Update(ids) => ids.contains(&event.told.origin.update_id),
            Condition::Timestamp(comparison, moment) => match comparison {
                Comparison::Less => event.created_at < *moment,
                Comparison::AtMost => event.created_at <= *moment,
                Comparison::Equal => event.created_at == *moment,
                Comparison::AtLeast => event.created_at >= *moment,
                Comparison::More => event.created_at > *moment,
            },
        })
    }
}

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    /// A name or an operator, lower case.
    Plain(String),
    /// What stood between quotation marks.
    Quoted(String),
}

fn words(text: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, length) = match first {
            '\'' => {
                let end = rest[1..].find('\'')?;
                (Word::Quoted(rest[1..=end].to_owned()), end + 2)
            }
            '(' | ')' | ',' => (Word::Plain(first.to_string()), 1),
            '<' | '>' | '=' => {
                let length = if rest[1..].starts_with('=') { 2 } else { 1 };
                (Word::Plain(rest[..length].to_owned()), length)
            }
            _ => {
                let end = rest
                    .find(|each: char| !each.is_alphanumeric() && each != '_')
                    .unwrap_or(rest.len());
                if end == 0 {
                    return None;
                }
                (Word::Plain(rest[..end].to_lowercase()), end)
            }
        };
        words.push(word);
        rest = rest[length..].trim_start();
    }
    Some(words)
}

fn condition(words: &[Word]) -> Option<Condition> {
    let (Word::Plain(field), Word::Plain(operator)) = (words.first()?, words.get(1)?) else {
        return None;
    };
    let values = match (operator.as_str(), &words[2..]) {
        ("in", [Word::Plain(open), inner @ .., Word::Plain(close)]) if open == "(" && close == ")" => listed(inner)?,
        ("in", _) => return None,
        (_, [Word::Quoted(value)]) => vec![value.clone()],
        _ => return None,
    };
    match (field.as_str(), operator.as_str()) {
        ("level", "=" | "in") => Some(Condition::Level(values)),
        ("id", "=" | "in") => Some(Condition::Id(values)),
        ("update_id", "=" | "in") => Some(Condition::Update(values)),
        ("timestamp", operator) => {
            let comparison = match operator {
                "<" => Comparison::Less,
                "<=" => Comparison::AtMost,
                "=" => Comparison::Equal,
                ">=" => Comparison::AtLeast,
                ">" => Comparison::More,
                _ => return None,
            };
            let moment: Timestamp = values.first()?.parse().ok()?;
            Some(Condition::Timestamp(comparison, moment.as_millisecond()))
        }
        _ => None,
    }
}

/// `'a', 'b'`
fn listed(words: &[Word]) -> Option<Vec<String>> {
    let comma = |word: &Word| matches!(word, Word::Plain(word) if word == ",");
    let values = words.split(comma).map(|part| match part {
        [Word::Quoted(value)] => Some(value.clone()),
        _ => None,
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::event::{Level, Origin, Told};

    fn event(level: Level, created_at: i64) -> Event {
        Event {
            number: 1,
            id: "e".to_owned(),
            created_at,
            level,
            told: Told {
                origin: Origin {
                    update_id: "u".to_owned(),
                    ..Origin::default()
                },
                ..Told::default()
            },
        }
    }

    #[test]
    fn filters_that_are_known_choose_and_others_are_refused() {
        // 2021-07-22T06:37:33.083Z
        let moment = 1_626_935_853_083;
        for (filter, fits) in [
            ("", true),
            ("level='WARN'", true),
            ("level = 'ERROR'", false),
            (
                "level in ('ERROR', 'WARN') AND timestamp> '2021-07-22T06:37:33.083Z'",
                false,
            ),
            (
                "level in ('ERROR','WARN') and timestamp >= '2021-07-22T06:37:33.083Z'",
                true,
            ),
            ("id='e'", true),
            ("id = 'f'", false),
            ("update_id = 'u'", true),
            ("update_id = 'v'", false),
        ] {
            let read = EventFilter::read(filter).unwrap();
            assert_eq!(read.fits(&event(Level::Warn, moment)), fits, "{filter}");
        }
        for filter in [
            "level <> 'INFO'",
            "message = 'x'",
            "level = 'INFO' OR id = 'e'",
            "timestamp > 'yesterday'",
            "level in ()",
            "level",
        ] {
            let error = EventFilter::read(filter).unwrap_err();
            assert_eq!(error.status.as_u16(), 501, "{filter}");
            assert!(error.message.contains(filter));
        }
        assert_eq!(Order::read(Some("timestamp asc")), Ok(Order::Ascending));
        assert_eq!(Order::read(None), Ok(Order::Descending));
        assert!(Order::read(Some("level asc")).is_err());
    }
}
