//! Types of columns: by the physical type where both contracts say it, else by the logical one.

use super::comparison::{At, Comparison};
use super::kind::Kind;
use super::physical_type::{PhysicalType, Relation};
use crate::contract::{Located, LogicalType, Property};

/// Where a column stands: rules 16 and 17 apply the rules of columns to what is inside of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Column,
    /// A field of a struct.
    Field,
    /// An item of an array or a value of a map.
    Element,
    /// The key of a map.
    Key,
}

impl Position {
    /// The number under which a kind is reported here.
    pub(super) fn rule(self, kind: Kind) -> &'static str {
        match self {
            Self::Column => kind.rule(),
            Self::Field => "C16",
            Self::Element | Self::Key => "C17",
        }
    }
}

/// Compares the types of two columns. Whether they are still of one family, so that limits can be compared.
pub(super) fn compare(
    comparison: &mut Comparison,
    (previous, current): (&Property, &Property),
    path: &str,
    position: Position,
    at: &At,
) -> bool {
    let old = previous.element.physical_type.as_ref();
    let new = current.element.physical_type.as_ref();
    let logical = logical(previous, current);
    let nested = has_parts(previous) && has_parts(current);
    if let (Some(old), Some(new)) = (old, new) {
        let at = At::either(Some(&old.place), Some(&new.place), at);
        let (before, now) = (PhysicalType::read(old), PhysicalType::read(new));
        let mut physical = Physical {
            comparison,
            at: &at,
            logical,
            nested,
        };
        return physical.compare(&before, &now, path, position, (old, new));
    }
    if let (Some(old), Some(new)) = (&previous.logical_type, &current.logical_type)
        && logical != Relation::Same
    {
        let at = At::either(Some(&old.place), Some(&new.place), at);
        let words = (described(previous, old), described(current, new));
        report(comparison, logical, path, position, &at, (&words.0, &words.1));
        return logical != Relation::Changed;
    }
    let declared = |property: &Property| {
        let physical = property.element.physical_type.as_ref().map(|kind| kind.value.clone());
        physical.or_else(|| property.logical_type.as_ref().map(ToString::to_string))
    };
    let is_said = |property: &Property| {
        (
            property.logical_type.is_some(),
            property.element.physical_type.is_some(),
        )
    };
    if is_said(previous) != is_said(current) {
        let words = [previous, current].map(|one| declared(one).unwrap_or_else(|| "no type".to_owned()));
        report(
            comparison,
            Relation::Unclear,
            path,
            position,
            at,
            (&words[0], &words[1]),
        );
    }
    true
}

fn described(property: &Property, kind: &Located<LogicalType>) -> String {
    match property.options.get("format").and_then(|format| format.as_str()) {
        Some(format) => format!("{kind} ({format})"),
        None => kind.to_string(),
    }
}

fn has_parts(property: &Property) -> bool {
    !property.properties.is_empty() || property.items.is_some() || property.map.is_some()
}

/// The relation of the logical types, with the widths that `format` gives to numbers.
fn logical(previous: &Property, current: &Property) -> Relation {
    let (Some(old), Some(new)) = (&previous.logical_type, &current.logical_type) else {
        return Relation::Same;
    };
    let width = |property: &Property| {
        let format = property.options.get("format")?.as_str()?;
        let bits: u16 = format.get(1..)?.parse().ok()?;
        Some((format.chars().next()?, bits))
    };
    match (old.value, new.value) {
        (before, now) if before == now => match (width(previous), width(current)) {
            (Some(before), Some(now)) if before.0 == now.0 && before.1 < now.1 => Relation::Widened,
            (Some(before), Some(now)) if before.0 == now.0 && before.1 > now.1 => Relation::Narrowed,
            (Some(before), Some(now)) if before != now => Relation::Changed,
            _ => Relation::Same,
        },
        (LogicalType::Integer, LogicalType::Number) | (LogicalType::Date, LogicalType::Timestamp) => Relation::Widened,
        (LogicalType::Number, LogicalType::Integer) => Relation::Narrowed,
        _ => Relation::Changed,
    }
}

struct Physical<'comparison> {
    comparison: &'comparison mut Comparison,
    at: &'comparison At,
    logical: Relation,
    /// The contract writes the parts as properties, which are compared as such.
    nested: bool,
}

impl Physical<'_> {
    fn compare(
        &mut self,
        old: &PhysicalType,
        new: &PhysicalType,
        path: &str,
        position: Position,
        words: (&str, &str),
    ) -> bool {
        use PhysicalType as T;
        match (old, new) {
            (T::Array(old), T::Array(new)) if !self.nested => {
                self.part(old, new, &format!("{path}[]"), Position::Element, words)
            }
            (T::Map(key, value), T::Map(key_now, value_now)) if !self.nested => {
                let keys = self.part(key, key_now, &format!("{path}.key"), Position::Key, words);
                self.part(value, value_now, &format!("{path}.value"), Position::Element, words) && keys
            }
            (T::Struct(old), T::Struct(new)) if !self.nested => {
                self.fields(old, new, path, words);
                true
            }
            (T::Array(_), T::Array(_)) | (T::Map(..), T::Map(..)) | (T::Struct(_), T::Struct(_)) => true,
            _ => {
                let mut relation = old.then(new);
                if relation == Relation::Unclear && self.logical != Relation::Same {
                    relation = self.logical;
                }
                // The bytes are the same, and yet the contract calls them something else.
                if relation == Relation::Same && self.logical == Relation::Changed {
                    relation = Relation::Unclear;
                }
                report(self.comparison, relation, path, position, self.at, words);
                relation != Relation::Changed
            }
        }
    }

    fn part(
        &mut self,
        old: &PhysicalType,
        new: &PhysicalType,
        path: &str,
        position: Position,
        words: (&str, &str),
    ) -> bool {
        let logical = std::mem::replace(&mut self.logical, Relation::Same);
        let alike = self.compare(old, new, path, position, words);
        self.logical = logical;
        alike
    }

    fn fields(
        &mut self,
        old: &[(String, PhysicalType)],
        new: &[(String, PhysicalType)],
        path: &str,
        words: (&str, &str),
    ) {
        let find = |fields: &'_ [(String, PhysicalType)], name: &str| {
            fields.iter().position(|field| field.0.eq_ignore_ascii_case(name))
        };
        for (name, before) in old {
            let inner = format!("{path}.{name}");
            match find(new, name) {
                Some(at) => {
                    self.part(before, &new[at].1, &inner, Position::Field, words);
                }
                None => {
                    let message = format!("field `{name}` is gone from the type of `{path}`");
                    self.comparison
                        .change_as("C16", Kind::ColumnDropped, &inner, self.at, message);
                }
            }
        }
        for (name, _) in new.iter().filter(|(name, _)| find(old, name).is_none()) {
            let message = format!("field `{name}` is new in the type of `{path}`");
            let inner = format!("{path}.{name}");
            self.comparison
                .change_as("C16", Kind::ColumnAdded, &inner, self.at, message);
        }
    }
}

fn report(
    comparison: &mut Comparison,
    relation: Relation,
    path: &str,
    position: Position,
    at: &At,
    (old, new): (&str, &str),
) {
    let kind = match relation {
        Relation::Same => return,
        // The keys of a map cannot be widened in place.
        _ if position == Position::Key => Kind::MapKeyChanged,
        Relation::Widened if comparison.shared => Kind::SharedTypeWidened,
        Relation::Widened => Kind::TypeWidened,
        Relation::Narrowed => Kind::TypeNarrowed,
        Relation::ScaleChanged => Kind::ScaleChanged,
        Relation::LengthRaised => Kind::LengthRaised,
        Relation::LengthLowered => Kind::LengthLowered,
        Relation::CollationChanged => Kind::CollationChanged,
        Relation::ZoneChanged => Kind::TimeZoneChanged,
        Relation::Changed => Kind::TypeChanged,
        Relation::Unclear => Kind::TypeUnclear,
    };
    let message = if old == new {
        format!("the type of `{path}` is another one: the logical type changed, the physical one did not")
    } else {
        format!("the type of `{path}` was `{old}` and is `{new}`")
    };
    // Length, collation and zone have rules of their own, wherever they are.
    let rule = match relation {
        Relation::LengthRaised | Relation::LengthLowered | Relation::CollationChanged | Relation::ZoneChanged
            if position != Position::Key =>
        {
            kind.rule()
        }
        _ => position.rule(kind),
    };
    comparison.change_as(rule, kind, path, at, message);
}
