//! Limits of values: options of the logical type and allowed values.

use std::cmp::Ordering;

use sluice_model::{Node, Tree};

use super::comparison::{At, Comparison};
use super::kind::Kind;
use crate::contract::{EnumValue, Located, LogicalType, Property, VENDOR};

/// Compares the options of the logical types.
pub(super) fn compare(comparison: &mut Comparison, (previous, current): (&Property, &Property), path: &str, at: &At) {
    let whole = [previous, current].iter().all(|property| {
        property
            .logical_type
            .as_ref()
            .is_some_and(|kind| kind.value == LogicalType::Integer)
    });
    for end in [End::Lower, End::Upper] {
        let (old, new) = (Limit::of(previous, end, whole), Limit::of(current, end, whole));
        limit(comparison, end, (old, new), path, at);
    }
    let mut names: Vec<&String> = previous.options.keys().collect();
    names.extend(
        current
            .options
            .keys()
            .filter(|name| !previous.options.contains_key(*name)),
    );
    for name in names {
        let (old, new) = (previous.options.get(name), current.options.get(name));
        if old == new {
            continue;
        }
        let at = At::either(old.map(|one| &one.place), new.map(|one| &one.place), at);
        option(comparison, name, (old, new), path, &at);
    }
}

fn option(
    comparison: &mut Comparison,
    name: &str,
    (old, new): (Option<&Located<Tree>>, Option<&Located<Tree>>),
    path: &str,
    at: &At,
) {
    let shown =
        |value: Option<&Located<Tree>>| value.map_or("nothing".to_owned(), |value| value.value.to_json().to_string());
    let message = format!("`{name}` of `{path}` was {} and is {}", shown(old), shown(new));
    // A limit from below tightens when it rises, one from above when it falls.
    let sized = |rises_tightens: bool| match (number(old), number(new)) {
        (Some(old), Some(new)) => Some((new > old) == rises_tightens),
        (None, Some(_)) => Some(true),
        (Some(_), None) => Some(false),
        (None, None) => None,
    };
    let by_size = |tightens: Option<bool>| match tightens {
        Some(true) => Kind::BoundTightened,
        Some(false) => Kind::BoundLoosened,
        None => Kind::PatternChanged,
    };
    let kind = match name {
        // Both were compared as limits.
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => return,
        "minLength" | "minItems" | "minProperties" => by_size(sized(true)),
        "maxItems" | "maxProperties" => by_size(sized(false)),
        "maxLength" => match sized(false) {
            Some(true) => Kind::LengthLowered,
            Some(false) => Kind::LengthRaised,
            None => Kind::PatternChanged,
        },
        "uniqueItems" => match new.map(|value| &value.value.node) {
            Some(Node::Bool(true)) => Kind::BoundTightened,
            _ => Kind::BoundLoosened,
        },
        "pattern" | "multipleOf" | "required" => match (old, new) {
            (None, _) => Kind::BoundTightened,
            (_, None) => Kind::BoundLoosened,
            _ => Kind::PatternChanged,
        },
        "timezone" | "defaultTimezone" => Kind::TimeZoneChanged,
        "dimensions" | "elementType" | "embeddingModel" | "embeddingModelVersion" | "normalized" => Kind::TypeChanged,
        // The widths of numbers were compared with the types.
        "format" if [old, new].iter().flatten().any(|value| is_width(&value.value)) => return,
        _ => Kind::PatternChanged,
    };
    comparison.change(kind, path, at, message);
}

fn is_width(format: &Tree) -> bool {
    let text = format.as_str().unwrap_or_default();
    text.strip_prefix(['i', 'u', 'f'])
        .is_some_and(|bits| !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn number(value: Option<&Located<Tree>>) -> Option<f64> {
    match value?.value.node {
        #[expect(clippy::cast_precision_loss, reason = "limits beyond 2^53 differ by more than one")]
        Node::Integer(number) => Some(number as f64),
        Node::Float(number) => Some(number),
        Node::Null | Node::Bool(_) | Node::String(_) | Node::Sequence(_) | Node::Mapping(_) => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Lower,
    Upper,
}

/// The limit at one end, whichever of the two options gives it.
struct Limit<'contract> {
    value: &'contract Located<Tree>,
    /// Whether the limit itself is not allowed.
    exclusive: bool,
    whole: bool,
}

impl<'contract> Limit<'contract> {
    fn of(property: &'contract Property, end: End, whole: bool) -> Option<Self> {
        let (inclusive, exclusive) = match end {
            End::Lower => ("minimum", "exclusiveMinimum"),
            End::Upper => ("maximum", "exclusiveMaximum"),
        };
        let limit = |name: &str, exclusive| {
            let value = property.options.get(name)?;
            Some(Self {
                value,
                exclusive,
                whole,
            })
        };
        match (limit(inclusive, false), limit(exclusive, true)) {
            (Some(one), Some(other)) => match one.tighter_than(&other, end) {
                Some(Ordering::Greater) => Some(one),
                _ => Some(other),
            },
            (one, other) => one.or(other),
        }
    }

    /// Whether this limit allows less (greater), more (less), or the same; none when the two cannot be compared.
    fn tighter_than(&self, other: &Self, end: End) -> Option<Ordering> {
        let order = match (number(Some(self.value)), number(Some(other.value))) {
            (Some(one), Some(two)) => {
                // Of whole numbers, more than 4 is at least 5.
                let step = |limit: &Self, value: f64| match (limit.whole && limit.exclusive, end) {
                    (false, _) => value,
                    (true, End::Lower) => value + 1.0,
                    (true, End::Upper) => value - 1.0,
                };
                step(self, one).partial_cmp(&step(other, two))?
            }
            // Moments are texts that sort as they follow each other.
            (None, None) => self.value.as_str()?.cmp(other.value.as_str()?),
            _ => return None,
        };
        let order = if end == End::Lower { order } else { order.reverse() };
        let exclusive = |limit: &Self| limit.exclusive && !limit.whole;
        Some(order.then(exclusive(self).cmp(&exclusive(other))))
    }

    fn shown(&self) -> String {
        let value = self.value.value.to_json().to_string();
        if self.exclusive {
            format!("{value} (excluded)")
        } else {
            value
        }
    }
}

fn limit(comparison: &mut Comparison, end: End, pair: (Option<Limit<'_>>, Option<Limit<'_>>), path: &str, at: &At) {
    let name = if end == End::Lower { "lowest" } else { "highest" };
    let kind = match &pair {
        (None, None) => return,
        (None, Some(_)) => Kind::BoundTightened,
        (Some(_), None) => Kind::BoundLoosened,
        (Some(old), Some(new)) => match new.tighter_than(old, end) {
            Some(Ordering::Equal) => return,
            Some(Ordering::Greater) => Kind::BoundTightened,
            Some(Ordering::Less) => Kind::BoundLoosened,
            None => Kind::PatternChanged,
        },
    };
    let shown = |limit: &Option<Limit<'_>>| limit.as_ref().map_or("nothing".to_owned(), Limit::shown);
    let message = format!(
        "the {name} value of `{path}` was {} and is {}",
        shown(&pair.0),
        shown(&pair.1)
    );
    let place = |limit: &'_ Option<Limit<'_>>| limit.as_ref().map(|limit| limit.value.place.clone());
    let at = At::either(place(&pair.0).as_ref(), place(&pair.1).as_ref(), at);
    comparison.change(kind, path, &at, message);
}

/// Compares the allowed values, by value.
pub(super) fn allowed_values(
    comparison: &mut Comparison,
    (previous, current): (&Property, &Property),
    path: &str,
    at: &At,
) {
    let (old, new) = (&previous.allowed_values, &current.allowed_values);
    let first = |values: &[EnumValue]| values.first().map(|one| one.place.clone());
    let around = At::either(first(old).as_ref(), first(new).as_ref(), at);
    match (old.is_empty(), new.is_empty()) {
        (true, true) => return,
        (true, false) => {
            let message = format!("`{path}` now has a list of {} allowed values", new.len());
            return comparison.change(Kind::BoundTightened, path, &around, message);
        }
        (false, true) => {
            let message = format!("the list of allowed values of `{path}` is gone");
            return comparison.change(Kind::BoundLoosened, path, &around, message);
        }
        (false, false) => {}
    }
    let closed = previous.element.annotations.custom(VENDOR, "closedEnum");
    let closed = closed.is_some_and(|closed| closed.value.node == Node::Bool(true));
    let added = if closed {
        Kind::ClosedEnumValueAdded
    } else {
        Kind::EnumValueAdded
    };
    for value in new {
        let shown = value.value.value.to_json();
        match old.iter().find(|other| other.value == value.value) {
            None => {
                let message = format!("`{path}` may now be {shown}");
                comparison.change(added, path, &At::new(&value.place), message);
            }
            Some(before) => meaning(comparison, (before, value), path),
        }
    }
    for value in old
        .iter()
        .filter(|value| !new.iter().any(|other| other.value == value.value))
    {
        let message = format!("`{path}` may no longer be {}", value.value.value.to_json());
        let at = At::either(Some(&value.place), None, &around);
        comparison.change(Kind::EnumValueRemoved, path, &at, message);
    }
}

fn meaning(comparison: &mut Comparison, (old, new): (&EnumValue, &EnumValue), path: &str) {
    let at = At::of(&old.place, &new.place);
    let shown = new.value.value.to_json();
    match (&old.label, &new.label) {
        (Some(before), Some(now)) if before != now => {
            let message = format!("value {shown} of `{path}` was called `{before}` and is called `{now}`");
            comparison.change(Kind::EnumMeaningChanged, path, &at, message);
        }
        (before, now) if before != now || old.description != new.description => {
            let message = format!("the words about value {shown} of `{path}` changed");
            comparison.change(Kind::DescriptionEdited, path, &at, message);
        }
        _ => {}
    }
}
