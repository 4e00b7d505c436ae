//! Types of Databricks as texts (`decimal(10,2)`, `struct<a:int>`), and how one follows another.

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PhysicalType {
    /// `tinyint` 1, `smallint` 2, `int` 4, `bigint` 8: bytes.
    Integer(u8),
    /// `float` 4, `double` 8: bytes.
    Float(u8),
    /// Precision and scale.
    Decimal(u16, u16),
    /// Longest length, none for no limit; collation.
    Text {
        longest: Option<u32>,
        collation: Option<String>,
    },
    /// `char(n)`: padded.
    Padded(u32),
    Date,
    Timestamp,
    TimestampWithoutZone,
    Array(Box<Self>),
    Map(Box<Self>, Box<Self>),
    Struct(Vec<(String, Self)>),
    /// One that has no relatives, or that is not known, in its normal spelling.
    Other(String),
}

/// How a type follows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Same,
    Widened,
    Narrowed,
    ScaleChanged,
    LengthRaised,
    LengthLowered,
    CollationChanged,
    ZoneChanged,
    /// Another family.
    Changed,
    /// Neither is known well enough.
    Unclear,
}

/// Types in each other, at most; deeper ones are compared as texts.
const DEEPEST: usize = 32;

impl PhysicalType {
    /// Reads a type. Never fails: what is not known is [`Self::Other`].
    pub(super) fn read(text: &str) -> Self {
        Self::nested(text, 0)
    }

    fn nested(text: &str, depth: usize) -> Self {
        let compact = text.trim().to_lowercase();
        let other = || Self::Other(compact.split_whitespace().collect::<Vec<_>>().join(" "));
        if depth > DEEPEST {
            return other();
        }
        let inside = |name: &str| {
            let rest = compact.strip_prefix(name)?.trim_start();
            rest.strip_prefix('<')?.strip_suffix('>')
        };
        if let Some(item) = inside("array") {
            return Self::Array(Box::new(Self::nested(item, depth + 1)));
        }
        if let Some(both) = inside("map") {
            let parts = split(both);
            let [key, value] = parts.as_slice() else { return other() };
            return Self::Map(
                Box::new(Self::nested(key, depth + 1)),
                Box::new(Self::nested(value, depth + 1)),
            );
        }
        if let Some(fields) = inside("struct") {
            let field = |text: &str| {
                let (name, rest) = text.split_once(':').or_else(|| text.trim().split_once(' '))?;
                let rest = rest.split(" comment ").next().unwrap_or(rest);
                Some((name.trim().trim_matches('`').to_owned(), Self::nested(rest, depth + 1)))
            };
            let fields: Option<Vec<_>> = split(fields)
                .into_iter()
                .filter(|text| !text.trim().is_empty())
                .map(field)
                .collect();
            return fields.map_or_else(other, Self::Struct);
        }
        Self::scalar(&compact).unwrap_or_else(other)
    }

    fn scalar(text: &str) -> Option<Self> {
        let (name, rest) = match text.find(|letter: char| letter == '(' || letter.is_whitespace()) {
            Some(at) => (&text[..at], text[at..].trim()),
            None => (text, ""),
        };
        let numbers: Option<Vec<u32>> = rest
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
            .map(|inner| {
                inner
                    .split(',')
                    .filter_map(|number| number.trim().parse().ok())
                    .collect()
            });
        let small = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
        Some(match (name, numbers.as_deref()) {
            ("tinyint" | "byte", _) => Self::Integer(1),
            ("smallint" | "short", _) => Self::Integer(2),
            ("int" | "integer", _) => Self::Integer(4),
            ("bigint" | "long", _) => Self::Integer(8),
            ("float" | "real", _) => Self::Float(4),
            ("double", _) => Self::Float(8),
            // Without arguments it is decimal(10, 0).
            ("decimal" | "numeric" | "dec", None) => Self::Decimal(10, 0),
            ("decimal" | "numeric" | "dec", Some([precision])) => Self::Decimal(small(*precision), 0),
            ("decimal" | "numeric" | "dec", Some([precision, scale])) => {
                Self::Decimal(small(*precision), small(*scale))
            }
            ("string", None) => Self::Text {
                longest: None,
                collation: rest.strip_prefix("collate").map(|name| name.trim().to_owned()),
            },
            ("varchar", Some([longest])) => Self::Text {
                longest: Some(*longest),
                collation: None,
            },
            ("char" | "character", Some([longest])) => Self::Padded(*longest),
            ("date", _) => Self::Date,
            ("timestamp" | "timestamp_ltz", _) => Self::Timestamp,
            ("timestamp_ntz", _) => Self::TimestampWithoutZone,
            _ => return None,
        })
    }

    /// How `next` follows this. Arrays, maps and structs are only the same or [`Relation::Changed`]: their parts are compared one by one.
    pub(super) fn then(&self, next: &Self) -> Relation {
        use PhysicalType as T;
        if self == next {
            return Relation::Same;
        }
        match (self, next) {
            (T::Integer(old), T::Integer(new)) | (T::Float(old), T::Float(new)) => {
                if new > old {
                    Relation::Widened
                } else {
                    Relation::Narrowed
                }
            }
            (T::Decimal(precision, scale), T::Decimal(precision_now, scale_now)) => {
                decimal((*precision, *scale), (*precision_now, *scale_now))
            }
            // 10 digits hold every int, 20 every bigint; a double holds every int exactly.
            (T::Integer(old), T::Decimal(precision, scale)) => {
                let digits = if *old == 8 { 20 } else { 10 };
                if precision.saturating_sub(*scale) >= digits {
                    Relation::Widened
                } else {
                    Relation::Changed
                }
            }
            (T::Integer(1 | 2 | 4), T::Float(8)) | (T::Date, T::TimestampWithoutZone) => Relation::Widened,
            (T::Timestamp, T::TimestampWithoutZone) | (T::TimestampWithoutZone, T::Timestamp) => Relation::ZoneChanged,
            (
                T::Text { longest, collation },
                T::Text {
                    longest: longest_now,
                    collation: collation_now,
                },
            ) => text(
                (*longest, collation.as_deref()),
                (*longest_now, collation_now.as_deref()),
            ),
            (T::Padded(old), T::Padded(new)) => {
                if new > old {
                    Relation::LengthRaised
                } else {
                    Relation::LengthLowered
                }
            }
            (T::Padded(_), T::Text { .. }) | (T::Text { .. }, T::Padded(_)) | (T::Other(_), T::Other(_)) => {
                Relation::Unclear
            }
            _ => Relation::Changed,
        }
    }
}

fn decimal(old: (u16, u16), new: (u16, u16)) -> Relation {
    let whole = |(precision, scale): (u16, u16)| i32::from(precision) - i32::from(scale);
    if new.1 >= old.1 && whole(new) >= whole(old) {
        Relation::Widened
    } else if new.0 == old.0 || new.1 > old.1 || whole(new) > whole(old) {
        Relation::ScaleChanged
    } else {
        Relation::Narrowed
    }
}

fn text(old: (Option<u32>, Option<&str>), new: (Option<u32>, Option<&str>)) -> Relation {
    if old.1 != new.1 {
        return Relation::CollationChanged;
    }
    match (old.0, new.0) {
        (Some(old), Some(new)) if new < old => Relation::LengthLowered,
        (None, Some(_)) => Relation::LengthLowered,
        _ => Relation::LengthRaised,
    }
}

/// Parts between commas that stand in no brackets.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_type_follows_another() {
        let then = |old: &str, new: &str| PhysicalType::read(old).then(&PhysicalType::read(new));
        for (old, new, relation) in [
            ("INT", "integer", Relation::Same),
            ("decimal(10, 2)", "DECIMAL(10,2)", Relation::Same),
            ("map<string, array<int>>", "MAP<string,array<int>>", Relation::Same),
            ("decimal(10,2)", "decimal(12,3)", Relation::Widened),
            ("decimal(18,2)", "decimal(18,4)", Relation::ScaleChanged),
            ("decimal(18,2)", "decimal(19,6)", Relation::ScaleChanged),
            ("decimal(18,2)", "decimal(12,2)", Relation::Narrowed),
            ("int", "decimal(10,0)", Relation::Widened),
            ("int", "decimal(10,2)", Relation::Changed),
            ("bigint", "decimal(19,0)", Relation::Changed),
            ("bigint", "decimal(20,0)", Relation::Widened),
            ("bigint", "double", Relation::Changed),
            ("date", "timestamp", Relation::Changed),
            ("string", "varchar(9)", Relation::LengthLowered),
            ("varchar(9)", "string", Relation::LengthRaised),
            ("string", "string collate UNICODE_CI", Relation::CollationChanged),
            ("variant", "geometry", Relation::Unclear),
            (
                "struct<a: int, b: decimal(4,2)>",
                "struct<a:int,b:decimal(4,2)>",
                Relation::Same,
            ),
        ] {
            assert_eq!(then(old, new), relation, "{old} → {new}");
        }
    }

    #[test]
    fn deep_and_broken_types_are_texts() {
        let deep = format!("{}int{}", "array<".repeat(1000), ">".repeat(1000));
        assert_eq!(
            PhysicalType::read(&deep).then(&PhysicalType::read(&deep)),
            Relation::Same
        );
        assert_eq!(
            PhysicalType::read("map<int>"),
            PhysicalType::Other("map<int>".to_owned())
        );
    }
}
