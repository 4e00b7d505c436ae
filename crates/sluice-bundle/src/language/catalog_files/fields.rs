//! The fields of catalog files.

use crate::language::shape::{GRANT, Object, Type, Wire};

const TEXTS: Type = Type::List(&Type::Text);
const TAGS: Type = Type::Map(&Type::Text);

static MASK: Object = Object {
    name: "mask",
    fields: &[("function", Type::Text), ("using_columns", TEXTS)],
    wire: Wire::Nowhere,
    required: &["function"],
};

static ROW_FILTER: Object = Object {
    name: "row filter",
    fields: &[("function", Type::Text), ("columns", TEXTS)],
    wire: Wire::Nowhere,
    required: &["function", "columns"],
};

static COLUMN: Object = Object {
    name: "column",
    fields: &[
        ("name", Type::Text),
        ("type", Type::Text),
        ("nullable", Type::Boolean),
        ("comment", Type::Text),
        ("tags", TAGS),
        ("mask", Type::Object(&MASK)),
    ],
    wire: Wire::Nowhere,
    required: &["name", "type"],
};

static PRIMARY_KEY: Object = Object {
    name: "primary key",
    fields: &[("name", Type::Text), ("columns", TEXTS), ("rely", Type::Boolean)],
    wire: Wire::Nowhere,
    required: &["columns"],
};

static FOREIGN_KEY: Object = Object {
    name: "foreign key",
    fields: &[
        ("columns", TEXTS),
        ("references", Type::Text),
        ("referenced_columns", TEXTS),
        ("rely", Type::Boolean),
    ],
    wire: Wire::Nowhere,
    required: &["columns", "references"],
};

static CONSTRAINTS: Object = Object {
    name: "constraints",
    fields: &[
        ("primary_key", Type::ListOr(&Type::Text, &PRIMARY_KEY)),
        ("foreign_keys", Type::Map(&Type::Object(&FOREIGN_KEY))),
        ("checks", Type::Map(&Type::Text)),
    ],
    wire: Wire::Nowhere,
    required: &[],
};

static LIFECYCLE: Object = Object {
    name: "lifecycle",
    fields: &[("prevent_destroy", Type::Boolean)],
    wire: Wire::Nowhere,
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
        ("tags", TAGS),
        ("row_filter", Type::Object(&ROW_FILTER)),
        ("grants", Type::List(&Type::Object(&GRANT))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
        ("on_change", Type::Words(&["recreate"])),
    ],
    wire: Wire::Nowhere,
    required: &["name", "columns"],
};

static VIEW_COLUMN: Object = Object {
    name: "column",
    fields: &[("name", Type::Text), ("comment", Type::Text), ("tags", TAGS)],
    wire: Wire::Nowhere,
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
        ("tags", TAGS),
        ("grants", Type::List(&Type::Object(&GRANT))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    wire: Wire::Nowhere,
    required: &["name"],
};

static PARAMETER: Object = Object {
    name: "parameter",
    fields: &[("name", Type::Text), ("type", Type::Text), ("comment", Type::Text)],
    wire: Wire::Nowhere,
    required: &["name", "type"],
};

static FUNCTION: Object = Object {
    name: "function",
    fields: &[
        ("name", Type::Text),
        ("parameters", Type::List(&Type::Object(&PARAMETER))),
        ("returns", Type::Text),
        ("definition", Type::Text),
        ("file", Type::Text),
        ("deterministic", Type::Boolean),
        ("comment", Type::Text),
        ("grants", Type::List(&Type::Object(&GRANT))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    wire: Wire::Nowhere,
    required: &["name", "returns"],
};

static TAGS_ALONE: Object = Object {
    name: "tag declaration",
    fields: &[
        (
            "securable",
            Type::Words(&["catalog", "schema", "table", "view", "volume", "column"]),
        ),
        ("name", Type::Text),
        ("tags", TAGS),
    ],
    wire: Wire::Nowhere,
    required: &["securable", "name", "tags"],
};

static MASK_ALONE: Object = Object {
    name: "mask",
    fields: &[
        ("table", Type::Text),
        ("column", Type::Text),
        ("function", Type::Text),
        ("using_columns", TEXTS),
    ],
    wire: Wire::Nowhere,
    required: &["table", "column", "function"],
};

static ROW_FILTER_ALONE: Object = Object {
    name: "row filter",
    fields: &[("table", Type::Text), ("function", Type::Text), ("columns", TEXTS)],
    wire: Wire::Nowhere,
    required: &["table", "function", "columns"],
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
    wire: Wire::Nowhere,
    required: &["securable_type", "full_name", "grants"],
};

/// What a target may override, and what all files come to.
pub(super) static CATALOG_TARGET: Object = Object {
    name: "target of a catalog file",
    fields: &[
        ("warehouse_id", Type::Text),
        ("tables", Type::Map(&Type::Object(&TABLE))),
        ("views", Type::Map(&Type::Object(&VIEW))),
        ("functions", Type::Map(&Type::Object(&FUNCTION))),
        ("grants", Type::Map(&Type::Object(&CATALOG_GRANT))),
        ("tags", Type::Map(&Type::Object(&TAGS_ALONE))),
        ("masks", Type::Map(&Type::Object(&MASK_ALONE))),
        ("row_filters", Type::Map(&Type::Object(&ROW_FILTER_ALONE))),
    ],
    wire: Wire::Nowhere,
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
        ("functions", Type::Map(&Type::Object(&FUNCTION))),
        ("grants", Type::Map(&Type::Object(&CATALOG_GRANT))),
        ("tags", Type::Map(&Type::Object(&TAGS_ALONE))),
        ("masks", Type::Map(&Type::Object(&MASK_ALONE))),
        ("row_filters", Type::Map(&Type::Object(&ROW_FILTER_ALONE))),
        ("targets", Type::Map(&Type::Object(&CATALOG_TARGET))),
    ],
    wire: Wire::Nowhere,
    required: &[],
};
