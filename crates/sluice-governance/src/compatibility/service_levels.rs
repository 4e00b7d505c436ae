//! Service levels: freshness, availability, retention, frequency and others.

use sluice_model::{Node, Tree};

use super::comparison::{At, Comparison};
use super::kind::Kind;
use super::pairing::{Identity, pair};
use crate::contract::{Contract, Located, ServiceLevel};
use crate::quality::seconds;

/// Compares the service levels.
pub(super) fn compare(comparison: &mut Comparison, previous: &Contract, current: &Contract) {
    let (old_names, new_names) = (names(&previous.service_levels), names(&current.service_levels));
    let pairing = pair(
        &identities(&previous.service_levels, &old_names),
        &identities(&current.service_levels, &new_names),
    );
    for (old, new, _) in pairing.pairs {
        level(comparison, &previous.service_levels[old], &current.service_levels[new]);
    }
    for index in pairing.dropped {
        let gone = &previous.service_levels[index];
        let at = At::gone(&gone.place, &current.place);
        let kind = match family(gone) {
            Family::Freshness => Kind::FreshnessLoosened,
            _ => Kind::ServiceLevelRemoved,
        };
        comparison.change(kind, "", &at, format!("service level `{}` is gone", gone.property));
    }
    for index in pairing.added {
        let new = &current.service_levels[index];
        let message = format!("service level `{}` is new", new.property);
        comparison.change(Kind::ServiceLevelAdded, "", &At::new(&new.place), message);
    }
}

fn names(levels: &[ServiceLevel]) -> Vec<String> {
    let element = |level: &ServiceLevel| {
        level
            .element
            .as_ref()
            .map_or(String::new(), |element| element.value.clone())
    };
    levels
        .iter()
        .map(|level| format!("{} {}", level.property.to_lowercase(), element(level)))
        .collect()
}

fn identities<'contract>(levels: &'contract [ServiceLevel], names: &'contract [String]) -> Vec<Identity<'contract>> {
    levels
        .iter()
        .zip(names)
        .map(|(level, name)| Identity {
            id: level.id.as_ref().map(|id| id.as_str()),
            name,
            former: Vec::new(),
        })
        .collect()
}

/// What the words of a service level are about. The standard has no closed list of them (ODCS 3.2, SLA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Freshness,
    /// The time between two updates: less is more often.
    Frequency,
    Retention,
    /// More is better.
    More,
    /// Less is better.
    Less,
    Unknown,
}

fn family(level: &ServiceLevel) -> Family {
    let word: String = level.property.chars().filter(char::is_ascii_alphanumeric).collect();
    match word.to_lowercase().as_str() {
        "freshness" => Family::Freshness,
        "frequency" | "updatefrequency" | "schedule" => Family::Frequency,
        "retention" | "timetravel" | "history" => Family::Retention,
        "availability" | "uptime" | "throughput" | "completeness" | "supporthours" | "endofsupport" | "endoflife" => {
            Family::More
        }
        "latency" | "responsetime" | "errorrate" | "timetodetect" | "timetonotify" | "timetorepair" | "rto" | "rpo" => {
            Family::Less
        }
        _ => Family::Unknown,
    }
}

fn level(comparison: &mut Comparison, old: &ServiceLevel, new: &ServiceLevel) {
    let at = At::of(&old.place, &new.place);
    let said = |level: &ServiceLevel| {
        let unit = level.unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
        format!("{}{unit}", level.value.value.to_json().to_string().trim_matches('"'))
    };
    if old.element != new.element {
        let message = format!("service level `{}` is about something else", new.property);
        comparison.change(Kind::ServiceLevelUnclear, "", &at, message);
    }
    if old.description != new.description || old.driver != new.driver {
        let message = format!("the words about service level `{}` changed", new.property);
        comparison.change(Kind::DescriptionEdited, "", &at, message);
    }
    let Some(order) = order(old, new) else { return };
    let (loosened, tightened) = match family(new) {
        Family::Freshness => (Kind::FreshnessLoosened, Kind::FreshnessTightened),
        Family::Frequency => (Kind::LessOften, Kind::MoreOften),
        Family::Retention => (Kind::RetentionShortened, Kind::RetentionLengthened),
        Family::More | Family::Less | Family::Unknown => (Kind::ServiceLevelLoosened, Kind::ServiceLevelTightened),
    };
    let more = order == Order::More;
    let kind = match (order, family(new)) {
        (Order::Unclear, _) | (_, Family::Unknown) => Kind::ServiceLevelUnclear,
        (_, Family::Retention | Family::More) if more => tightened,
        (_, Family::Retention | Family::More) => loosened,
        (_, Family::Freshness | Family::Frequency | Family::Less) if more => loosened,
        (_, Family::Freshness | Family::Frequency | Family::Less) => tightened,
    };
    let message = format!(
        "service level `{}` was {} and is {}",
        new.property,
        said(old),
        said(new)
    );
    comparison.change(kind, "", &at, message);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    More,
    Less,
    Unclear,
}

/// Whether a value is more or less than before; none when it is the same.
fn order(old: &ServiceLevel, new: &ServiceLevel) -> Option<Order> {
    if old.value == new.value && old.unit == new.unit && old.value_ext == new.value_ext {
        return None;
    }
    if old.value_ext != new.value_ext {
        return Some(Order::Unclear);
    }
    let by = |order: Option<std::cmp::Ordering>| match order {
        Some(std::cmp::Ordering::Equal) => None,
        Some(std::cmp::Ordering::Greater) => Some(Order::More),
        Some(std::cmp::Ordering::Less) => Some(Order::Less),
        None => Some(Order::Unclear),
    };
    let unit = |level: &ServiceLevel| level.unit.as_ref().map(|unit| unit.value.clone());
    let scale = |level: &ServiceLevel| {
        unit(level)
            .as_deref()
            .and_then(seconds)
            .map(|(seconds, _)| f64::from(seconds))
    };
    match (number(&old.value), number(&new.value)) {
        (Some(before), Some(now)) => match (scale(old), scale(new)) {
            (Some(of_old), Some(of_new)) => by((now * of_new).partial_cmp(&(before * of_old))),
            _ if unit(old) == unit(new) => by(now.partial_cmp(&before)),
            _ => Some(Order::Unclear),
        },
        // Moments sort as texts.
        _ => match (date(&old.value), date(&new.value)) {
            (Some(before), Some(now)) if unit(old) == unit(new) => by(Some(now.cmp(before))),
            _ => Some(Order::Unclear),
        },
    }
}

fn number(value: &Located<Tree>) -> Option<f64> {
    match &value.value.node {
        #[expect(clippy::cast_precision_loss, reason = "service levels beyond 2^53 are not promised")]
        Node::Integer(value) => Some(*value as f64),
        Node::Float(value) => Some(*value),
        Node::String(text) => text.trim().trim_end_matches('%').parse().ok(),
        Node::Null | Node::Bool(_) | Node::Sequence(_) | Node::Mapping(_) => None,
    }
}

fn date(value: &Located<Tree>) -> Option<&str> {
    let text = value.value.as_str()?;
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)
            .is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    (digits(0..4) && digits(5..7) && digits(8..10)).then_some(text)
}
