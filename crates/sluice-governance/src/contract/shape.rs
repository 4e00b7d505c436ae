//! What an ODCS object may hold, as data: [`Shape`] and the [`Kind`]s of its fields.
//!
//! The facts are those of the JSON schema of the Open Data Contract Standard 3.2.0 (Bitol, Apache-2.0). `tests/contracts` compares
//! the two on broken and sound contracts.

use sluice_model::Tree;

/// A field's name and what its value must be.
pub(super) type Field = (&'static str, Kind);

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Anything, null too.
    Any,
    /// Anything but a list or map, null too.
    Scalar,
    /// A text.
    Text,
    /// One of these texts.
    Words(&'static [&'static str]),
    /// A text that other places refer to: no blank and none of `. # / \ @ ! % & ^`.
    StableId,
    /// One reference or a list of them: `object.property…`, or `section/id…` with an optional file before it.
    References,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A whole number of at least this.
    AtLeast(i64),
    /// A number.
    Number,
    /// A number above zero.
    Positive,
    /// Two different numbers.
    Range,
    /// A whole number or a text.
    Port,
    /// A free map.
    Mapping,
    /// A text or a free map.
    TextOrMapping,
    /// A text, or a map of this shape.
    TextOr(&'static Shape),
    /// A list.
    List(&'static Kind),
    /// A list with at least one item and no item twice.
    Distinct(&'static Kind),
    /// A map of this shape.
    Object(&'static Shape),
    /// A map of the first shape, or a list of maps of the second.
    ObjectOrList(&'static Shape, &'static Shape),
}

/// What a map may hold.
#[derive(Debug)]
pub(super) struct Shape {
    /// Fields that are always allowed.
    pub(super) fields: &'static [&'static [Field]],
    /// Fields that must be there.
    pub(super) required: &'static [&'static str],
    /// Whether unknown fields are allowed.
    pub(super) open: bool,
    /// What depends on the values of other fields.
    pub(super) variant: fn(&Tree) -> Variant,
}

/// What a map may and must hold because of what it holds.
#[derive(Debug, Default)]
pub(super) struct Variant {
    /// More fields; they go before the shape's own of the same name.
    pub(super) fields: Vec<&'static [Field]>,
    /// More fields that must be there.
    pub(super) required: Vec<&'static str>,
    /// Faults of fields together: the field to point at, what is wrong, and what would be right.
    pub(super) faults: Vec<(&'static str, String, String)>,
}

impl Shape {
    /// A shape that depends on nothing and allows nothing else.
    pub(super) const fn closed(fields: &'static [&'static [Field]], required: &'static [&'static str]) -> Self {
        Self {
            fields,
            required,
            open: false,
            variant: |_| Variant::default(),
        }
    }
}
