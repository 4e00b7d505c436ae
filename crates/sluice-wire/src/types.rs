//! The classes and enumerations of the REST API, as data: which fields a body may have and of what type.

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Float,
    /// `true` or `false`.
    Bool,
    /// One of the values of an enumeration, by its name, such as `jobs.RunIf`.
    Enum(String),
    /// An object of a class, by its name, such as `jobs.Task`.
    Object(String),
    /// A list.
    List(Box<FieldType>),
    /// Texts to values.
    Map(Box<FieldType>),
    /// Anything.
    Any,
}

/// One field of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name in JSON.
    pub name: String,
    /// Type.
    pub field_type: FieldType,
    /// Whether it must be given.
    pub required: bool,
}

/// The fields of a class such as `jobs.JobSettings`; none when there is no such class.
#[must_use]
pub fn class(name: &str) -> Option<&'static [Field]> {
    let _ = name;
    None
}

/// The values of an enumeration such as `jobs.RunIf`; none when there is no such enumeration.
#[must_use]
pub fn enumeration(name: &str) -> Option<&'static [String]> {
    let _ = name;
    None
}
