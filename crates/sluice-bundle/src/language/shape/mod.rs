//! Which fields a bundle has and of what type, as data. Resource bodies come from the classes of the REST API.

use sluice_model::tree::Step;
use sluice_model::{Node, Tree, TreePath};
use sluice_wire::types::{self, Field, FieldType};

mod kinds;
mod objects;
mod tables;

pub(super) use kinds::{KINDS, Prefixed, RESOURCES, ROWS, Tagged};
pub(super) use tables::{
    ARTIFACTS, AUTH_FIELDS, BUNDLE_PERMISSIONS, GRANT, PRESETS, PRINCIPAL_FIELDS, ROOT, RUN_AS, SCRIPTS, SYNC,
    VARIABLE_FIELDS,
};
use tables::{BUNDLE_KNOWN, CURRENT_USER, WORKSPACE};

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type {
    /// Anything.
    Any,
    /// A text; a number or boolean becomes one.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list.
    List(&'static Type),
    /// A list, or a map with known fields.
    ListOr(&'static Type, &'static Object),
    /// Any keys.
    Map(&'static Type),
    /// These fields.
    Object(&'static Object),
    /// What the REST API says.
    Wire(&'static FieldType),
    /// The class of this name of the REST API.
    Class(&'static str),
    /// The enumeration of this name of the REST API.
    Enumeration(&'static str),
}

/// A map with known fields.
#[derive(Debug)]
pub(super) struct Object {
    /// What messages call it.
    pub(super) name: &'static str,
    /// Its fields.
    pub(super) fields: &'static [(&'static str, Type)],
    /// Where the REST API says which other fields it has.
    pub(super) wire: Wire,
    /// The fields that must be given, beside those that the class requires.
    pub(super) required: &'static [&'static str],
}

/// Where the fields of an object stand in the data of the REST API.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wire {
    /// Nowhere.
    Nowhere,
    /// In the class of this name.
    Class(&'static str),
    /// In the class of this name, but for the fields that only the service writes.
    ClassWithout(&'static str, &'static [&'static str]),
    /// In the body of this operation.
    Body(&'static str),
    /// In the body of this operation, but for the fields that only the service writes.
    BodyWithout(&'static str, &'static [&'static str]),
}

impl Object {
    const fn of(name: &'static str, fields: &'static [(&'static str, Type)]) -> Self {
        Self {
            name,
            fields,
            wire: Wire::Nowhere,
            required: &[],
        }
    }
}

/// The fields of an object or a class.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    own: &'static [(&'static str, Type)],
    wire: &'static [Field],
    without: &'static [&'static str],
    pub(super) required: &'static [&'static str],
}

impl Fields {
    pub(super) fn of_object(object: &'static Object) -> Self {
        let (wire, without): (_, &[&str]) = match object.wire {
            Wire::Nowhere => (None, &[]),
            Wire::Class(class) => (types::class(class), &[]),
            Wire::ClassWithout(class, without) => (types::class(class), without),
            Wire::Body(operation) => (types::body(operation), &[]),
            Wire::BodyWithout(operation, without) => (types::body(operation), without),
        };
        Self {
            own: object.fields,
            wire: wire.unwrap_or(&[]),
            without,
            required: object.required,
        }
    }

    /// None when the REST data has no such class.
    pub(super) fn of_class(name: &str) -> Option<Self> {
        Some(Self {
            own: &[],
            wire: types::class(name)?,
            without: &[],
            required: &[],
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<Type> {
        self.own
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, of)| *of)
            .or_else(|| {
                let field = self.wire().find(|field| field.name == name)?;
                Some(Type::Wire(&field.field_type))
            })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let own = self.own.iter().map(|(name, _)| *name);
        own.chain(self.wire().map(|field| field.name.as_str()))
    }

    pub(super) fn required(&self) -> impl Iterator<Item = &'static str> + use<> {
        let wire = self.wire().filter(|field| field.required);
        self.required
            .iter()
            .copied()
            .chain(wire.map(|field| field.name.as_str()))
    }

    fn wire(&self) -> impl Iterator<Item = &'static Field> + use<> {
        let without = self.without;
        let wire = self.wire.iter();
        wire.filter(move |field| !without.contains(&field.name.as_str()))
    }
}

/// Whether a top-level key of a bundle file is one of its blocks, or looks like a slip of one.
pub(super) fn is_bundle_block(key: &str) -> bool {
    let known = Fields::of_object(&ROOT);
    known.get(key).is_some() || super::suggest::nearest(key, known.names()).is_some()
}

/// The names beside the last step of a path into `bundle` or `workspace`, for suggestions.
pub(super) fn siblings(path: &TreePath) -> Vec<&'static str> {
    let Some((_, parent)) = path.0.split_last() else {
        return Vec::new();
    };
    match type_at(parent) {
        Some(Type::Object(object)) => {
            let current_user = (object.name == "workspace").then_some("current_user");
            Fields::of_object(object).names().chain(current_user).collect()
        }
        Some(_) | None => Vec::new(),
    }
}

/// The type of a value of `bundle` or `workspace` that references may name.
fn type_at(steps: &[Step]) -> Option<Type> {
    let mut steps = steps.iter();
    let mut of = match steps.next() {
        Some(Step::Key(block)) if block == "bundle" => Type::Object(&BUNDLE_KNOWN),
        Some(Step::Key(block)) if block == "workspace" => Type::Object(&WORKSPACE),
        Some(_) | None => return None,
    };
    for step in steps {
        of = match (of, step) {
            (Type::Object(object), Step::Key(key)) if key == "current_user" && object.name == "workspace" => {
                Type::Object(&CURRENT_USER)
            }
            (Type::Object(object), Step::Key(key)) => Fields::of_object(object).get(key)?,
            _ => return None,
        };
    }
    Some(of)
}

/// What a reference to a field of `bundle` or `workspace` gives when the field is not set: the empty value of its type.
pub(super) fn zero(path: &TreePath) -> Option<Tree> {
    match type_at(&path.0)? {
        Type::Text | Type::Words(_) | Type::Enumeration(_) => Some(Tree::from("")),
        Type::Boolean => Some(Tree::from(false)),
        Type::Integer => Some(Tree::from(0)),
        Type::Any
        | Type::List(_)
        | Type::ListOr(..)
        | Type::Map(_)
        | Type::Object(_)
        | Type::Wire(_)
        | Type::Class(_) => Some(Node::Null.into()),
    }
}

/// The fields that references to a resource of this kind may name: those of its configuration and those of the remote object.
pub(super) fn referable(catalog: bool, kind: &str) -> Vec<&'static str> {
    if catalog {
        return vec!["full_name", "name", "id"];
    }
    let Some(row) = kinds::row(kind) else {
        return Vec::new();
    };
    let remote = Fields::of_class(row.remote);
    let mut names: Vec<&'static str> = Fields::of_object(row.object).names().collect();
    names.extend(remote.iter().flat_map(Fields::names));
    names.extend([
        "id",
        "url",
        "full_name",
        "volume_path",
        "endpoint_id",
        "endpoint_uuid",
        "model_id",
    ]);
    names
}
