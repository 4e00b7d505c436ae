//! The fields of catalog files.

use crate::language::shape::{GRANT, Object, Type};

static COLUMN: Object = Object {
    name: "column",
    fields: &[
        ("name", Type::Text),
        ("type", Type::Text),
        ("nullable", Type::Boolean),
        ("comment", Type::Text),
    ],
    class: None,
    required: &["name", "type"],
};

static CONSTRAINTS: Object = Object {
    name: "constraints",
    fields: &[("primary_key", Type::List(&Type::Text))],
    class: None,
    required: &[],
};

static LIFECYCLE: Object = Object {
    name: "lifecycle",
    fields: &[("prevent_destroy", Type::Boolean)],
    class: None,
    required: &[],
};

static TABLE: Object = Object {
    name: "table",
    fields: &[
        ("name", Type::Text),
        ("comment", Type::Text),
        ("columns", Type::List(&Type::Object(&COLUMN))),
        ("constraints", Type::Object(&CONSTRAINTS)),
        ("properties", Type::Map(&Type::Text)),
        ("grants", Type::List(&Type::Object(&GRANT))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
        ("on_change", Type::Words(&["recreate"])),
    ],
    class: None,
    required: &["name", "columns"],
};

static VIEW_COLUMN: Object = Object {
    name: "column",
    fields: &[("name", Type::Text), ("comment", Type::Text)],
    class: None,
    required: &["name"],
};

static VIEW: Object = Object {
    name: "view",
    fields: &[
        ("name", Type::Text),
        ("query", Type::Text),
        ("file", Type::Text),
        ("comment", Type::Text),
        ("columns", Type::List(&Type::Object(&VIEW_COLUMN))),
        ("grants", Type::List(&Type::Object(&GRANT))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: None,
    required: &["name"],
};

static CATALOG_GRANT: Object = Object {
    name: "grant",
    fields: &[
        (
            "securable_type",
            Type::Words(&[
                "catalog",
                "schema",
                "table",
                "view",
                "volume",
                "function",
                "external_location",
            ]),
        ),
        ("full_name", Type::Text),
        ("grants", Type::List(&Type::Object(&GRANT))),
    ],
    class: None,
    required: &["securable_type", "full_name", "grants"],
};

/// What a target may override, and what all files come to.
pub(super) static CATALOG_TARGET: Object = Object {
    name: "target of a catalog file",
    fields: &[
        ("warehouse_id", Type::Text),
        ("tables", Type::Map(&Type::Object(&TABLE))),
        ("views", Type::Map(&Type::Object(&VIEW))),
        ("grants", Type::Map(&Type::Object(&CATALOG_GRANT))),
    ],
    class: None,
    required: &[],
};

/// A catalog file.
pub(super) static CATALOG_FILE: Object = Object {
    name: "catalog file",
    fields: &[
        ("version", Type::Any),
        ("warehouse_id", Type::Text),
        ("tables", Type::Map(&Type::Object(&TABLE))),
        ("views", Type::Map(&Type::Object(&VIEW))),
        ("grants", Type::Map(&Type::Object(&CATALOG_GRANT))),
        ("targets", Type::Map(&Type::Object(&CATALOG_TARGET))),
    ],
    class: None,
    required: &[],
};
