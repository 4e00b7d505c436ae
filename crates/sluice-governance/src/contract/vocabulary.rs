//! The objects of ODCS 3.2.0 and their fields. See [`super::shape`] for how to read them.

use sluice_model::{Node, Tree};

use super::servers;
use super::shape::Kind::{
    Any, AtLeast, Boolean, Distinct, Integer, List, Mapping, Number, Object, ObjectOrList, Positive, Range, References,
    Scalar, StableId, Text, TextOr, TextOrMapping, Words,
};
use super::shape::{Field, Kind, Shape, Variant};

/// Versions of the standard whose contracts this schema covers.
pub(super) const API_VERSIONS: &[&str] = &[
    "v3.2.0", "v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0", "v2.2.2", "v2.2.1", "v2.2.0",
];

const TEXTS: Kind = List(&Text);
const CUSTOM_PROPERTIES: Kind = List(&Object(&CUSTOM_PROPERTY));
const AUTHORITATIVE_DEFINITIONS: Kind = List(&Object(&AUTHORITATIVE_DEFINITION));
const QUALITY: Kind = List(&Object(&QUALITY_RULE));
const CONTEXT: Kind = TextOr(&CONTEXT_OBJECT);

/// What nearly every object may carry.
const EXTENSIONS: &[Field] = &[
    ("authoritativeDefinitions", AUTHORITATIVE_DEFINITIONS),
    ("customProperties", CUSTOM_PROPERTIES),
];
const CUSTOM: &[Field] = &[("customProperties", CUSTOM_PROPERTIES)];
const TAGS: &[Field] = &[("tags", TEXTS)];
const ID: &[Field] = &[("id", StableId)];

/// A whole contract.
pub(super) static CONTRACT: Shape = Shape::closed(
    &[
        &[
            ("version", Text),
            ("kind", Words(&["DataContract"])),
            ("apiVersion", Words(API_VERSIONS)),
            ("id", Text),
            ("name", Text),
            ("tenant", Text),
            ("status", Text),
            ("servers", List(&Object(&SERVER))),
            ("dataProduct", Text),
            ("description", Object(&DESCRIPTION)),
            ("domain", Text),
            ("context", CONTEXT),
            ("schema", List(&Object(&SCHEMA_OBJECT))),
            ("support", List(&Object(&SUPPORT))),
            ("price", Object(&PRICE)),
            ("team", ObjectOrList(&TEAM, &TEAM_MEMBER)),
            ("roles", List(&Object(&ROLE))),
            ("slaDefaultElement", Text),
            ("slaProperties", List(&Object(&SLA_PROPERTY))),
            ("contractCreatedTs", Text),
        ],
        TAGS,
        EXTENSIONS,
    ],
    &["version", "apiVersion", "kind", "id"],
);

static DESCRIPTION: Shape = Shape {
    fields: &[&[("usage", Text), ("purpose", Text), ("limitations", Text)], EXTENSIONS],
    required: &[],
    open: true,
    variant: |_| Variant::default(),
};

static CONTEXT_OBJECT: Shape = Shape::closed(
    &[&[
        ("instructions", Text),
        ("verifiedStatements", List(&Object(&VERIFIED_STATEMENT))),
        ("constraints", List(&Object(&CONTEXT_CONSTRAINT))),
    ]],
    &[],
);

static VERIFIED_STATEMENT: Shape = Shape::closed(
    &[&[("id", Text), ("question", Text), ("answer", Text)], TAGS, EXTENSIONS],
    &["question"],
);

static CONTEXT_CONSTRAINT: Shape = Shape::closed(
    &[&[("id", Text), ("constraint", Text)], TAGS, EXTENSIONS],
    &["constraint"],
);

static SERVER: Shape = Shape {
    fields: &[
        &[
            ("server", Text),
            ("type", Words(servers::TYPES)),
            ("description", Text),
            ("environment", Text),
            ("roles", List(&Object(&ROLE))),
        ],
        ID,
        CUSTOM,
    ],
    required: &["server", "type"],
    open: false,
    variant: servers::variant,
};

/// What schema objects and properties have in common.
const ELEMENT: &[Field] = &[
    ("name", Text),
    ("physicalType", Text),
    ("physicalName", Text),
    ("description", Text),
    ("businessName", Text),
    ("deprecated", Boolean),
    ("synonyms", List(&Object(&SYNONYM))),
    ("quality", QUALITY),
];

static SCHEMA_OBJECT: Shape = Shape::closed(
    &[
        ID,
        ELEMENT,
        &[
            ("logicalType", Words(&["object", "blob"])),
            ("dataGranularityDescription", Text),
            ("properties", List(&Object(&PROPERTY))),
            ("relationships", List(&Object(&OBJECT_RELATIONSHIP))),
            ("context", CONTEXT),
        ],
        TAGS,
        EXTENSIONS,
    ],
    &["name"],
);

/// The words of a property's `logicalType`.
pub(super) const LOGICAL_TYPES: &[&str] = &[
    "string",
    "date",
    "timestamp",
    "time",
    "number",
    "integer",
    "object",
    "array",
    "boolean",
    "map",
    "vector",
];

const PROPERTY_FIELDS: &[Field] = &[
    ("primaryKey", Boolean),
    ("primaryKeyPosition", Integer),
    ("logicalType", Words(LOGICAL_TYPES)),
    ("logicalTypeOptions", Mapping),
    ("required", Boolean),
    ("unique", Boolean),
    ("semanticType", Words(&["column", "measure", "dimension"])),
    ("partitioned", Boolean),
    ("partitionKeyPosition", Integer),
    ("classification", Text),
    ("encryptedName", Text),
    ("transformSourceObjects", TEXTS),
    ("transformLogic", Text),
    ("transformDescription", Text),
    ("examples", List(&Any)),
    ("enum", Distinct(&Object(&ENUM_VALUE))),
    ("criticalDataElement", Boolean),
    ("relationships", List(&Object(&PROPERTY_RELATIONSHIP))),
];

static PROPERTY: Shape = Shape {
    fields: &[ID, ELEMENT, PROPERTY_FIELDS, TAGS, EXTENSIONS],
    required: &["name"],
    open: false,
    variant: property_variant,
};

/// The items of an array, the key and the value of a map: a property that needs no name.
static ITEM: Shape = Shape {
    fields: &[ID, ELEMENT, PROPERTY_FIELDS, TAGS, EXTENSIONS, PROPERTIES],
    required: &[],
    open: false,
    variant: property_variant,
};

const PROPERTIES: &[Field] = &[("properties", List(&Object(&PROPERTY)))];
const ITEMS: &[Field] = &[("items", Object(&ITEM))];

static MAP: Shape = Shape::closed(
    &[&[("key", Object(&ITEM)), ("value", Object(&ITEM))]],
    &["key", "value"],
);

static STRING_OPTIONS: Shape = Shape::closed(
    &[&[
        ("minLength", AtLeast(0)),
        ("maxLength", AtLeast(0)),
        ("pattern", Text),
        ("format", Text),
    ]],
    &[],
);

const MOMENTS: &[Field] = &[
    ("format", Text),
    ("exclusiveMaximum", Text),
    ("maximum", Text),
    ("exclusiveMinimum", Text),
    ("minimum", Text),
];

static DATE_OPTIONS: Shape = Shape::closed(&[MOMENTS], &[]);

static TIME_OPTIONS: Shape = Shape::closed(&[MOMENTS, &[("timezone", Boolean), ("defaultTimezone", Text)]], &[]);

const BOUNDS: &[Field] = &[
    ("multipleOf", Positive),
    ("maximum", Number),
    ("exclusiveMaximum", Number),
    ("minimum", Number),
    ("exclusiveMinimum", Number),
];

static INTEGER_OPTIONS: Shape = Shape::closed(
    &[
        BOUNDS,
        &[(
            "format",
            Words(&["i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128"]),
        )],
    ],
    &[],
);

static NUMBER_OPTIONS: Shape = Shape::closed(&[BOUNDS, &[("format", Words(&["f32", "f64"]))]], &[]);

static OBJECT_OPTIONS: Shape = Shape::closed(
    &[&[
        ("maxProperties", AtLeast(0)),
        ("minProperties", AtLeast(0)),
        ("required", Distinct(&Text)),
    ]],
    &[],
);

static ARRAY_OPTIONS: Shape = Shape::closed(
    &[&[
        ("maxItems", AtLeast(0)),
        ("minItems", AtLeast(0)),
        ("uniqueItems", Boolean),
    ]],
    &[],
);

static VECTOR_OPTIONS: Shape = Shape::closed(
    &[&[
        ("dimensions", AtLeast(1)),
        (
            "elementType",
            Words(&["bfloat16", "binary", "float16", "float32", "float64", "int8", "uint8"]),
        ),
        (
            "distanceMetric",
            Words(&["cosine", "dotProduct", "euclidean", "hamming", "manhattan"]),
        ),
        ("embeddingModel", Text),
        ("embeddingModelVersion", Text),
        ("normalized", Boolean),
    ]],
    &["dimensions"],
);

fn property_variant(property: &Tree) -> Variant {
    const MAP_FIELDS: &[Field] = &[("map", Object(&MAP))];
    macro_rules! options {
        ($shape:ident) => {{
            const FIELDS: &[Field] = &[("logicalTypeOptions", Object(&$shape))];
            FIELDS
        }};
    }
    let (fields, required) = match property.get("logicalType").and_then(Tree::as_str) {
        Some("string") => (vec![options!(STRING_OPTIONS)], vec![]),
        Some("date") => (vec![options!(DATE_OPTIONS)], vec![]),
        Some("timestamp" | "time") => (vec![options!(TIME_OPTIONS)], vec![]),
        Some("integer") => (vec![options!(INTEGER_OPTIONS)], vec![]),
        Some("number") => (vec![options!(NUMBER_OPTIONS)], vec![]),
        Some("object") => (vec![options!(OBJECT_OPTIONS), PROPERTIES], vec![]),
        Some("array") => (vec![options!(ARRAY_OPTIONS), ITEMS], vec![]),
        Some("map") => (vec![MAP_FIELDS], vec!["map"]),
        Some("vector") => (vec![options!(VECTOR_OPTIONS)], vec!["logicalTypeOptions"]),
        Some(_) => (vec![], vec![]),
        None => (vec![PROPERTIES, ITEMS], vec![]),
    };
    let options = property.get("logicalTypeOptions").and_then(Tree::as_mapping);
    let mut faults = Vec::new();
    if property.get("logicalType").is_none() && options.is_some_and(|options| !options.is_empty()) {
        faults.push((
            "logicalTypeOptions",
            "options without a `logicalType`".to_owned(),
            format!("add `logicalType`: {}", words(LOGICAL_TYPES)),
        ));
    }
    Variant {
        fields,
        required,
        faults,
    }
}

static ENUM_VALUE: Shape = Shape::closed(
    &[
        ID,
        &[("value", Scalar), ("label", Text), ("description", Text)],
        TAGS,
        EXTENSIONS,
    ],
    &["value"],
);

static SYNONYM: Shape = Shape::closed(
    &[
        ID,
        &[
            ("synonym", Text),
            ("description", Text),
            ("locale", Text),
            ("source", Text),
            ("status", Text),
        ],
        CUSTOM,
    ],
    &["synonym"],
);

const RELATIONSHIP: &[Field] = &[("id", Text), ("type", Words(&["foreignKey"])), ("to", References)];

static OBJECT_RELATIONSHIP: Shape = Shape {
    fields: &[RELATIONSHIP, &[("from", References)], CUSTOM],
    required: &["from", "to"],
    open: false,
    variant: |relationship| {
        let several = |key| relationship.get(key).map(|end| matches!(end.node, Node::Sequence(_)));
        let faults = match (several("from"), several("to")) {
            (Some(from), Some(to)) if from != to => vec![(
                "to",
                "`from` and `to` must both be one reference, or both be lists".to_owned(),
                "write both as lists, in the same order".to_owned(),
            )],
            _ => Vec::new(),
        };
        Variant {
            faults,
            ..Variant::default()
        }
    },
};

static PROPERTY_RELATIONSHIP: Shape = Shape::closed(&[RELATIONSHIP, CUSTOM], &["to"]);

/// The words of a quality rule's `dimension`.
const DIMENSIONS: &[&str] = &[
    "accuracy",
    "completeness",
    "conformity",
    "consistency",
    "coverage",
    "timeliness",
    "uniqueness",
];

static QUALITY_RULE: Shape = Shape {
    fields: &[
        ID,
        &[
            ("businessImpact", Text),
            ("description", Text),
            ("dimension", Words(DIMENSIONS)),
            ("method", Text),
            ("name", Text),
            ("schedule", Text),
            ("scheduler", Text),
            ("severity", Text),
            ("type", Words(&["text", "library", "sql", "custom"])),
            ("unit", Text),
        ],
        TAGS,
        EXTENSIONS,
    ],
    required: &[],
    open: false,
    variant: quality_variant,
};

const OPERATORS: &[Field] = &[
    ("mustBe", Any),
    ("mustNotBe", Any),
    ("mustBeGreaterThan", Number),
    ("mustBeGreaterOrEqualTo", Number),
    ("mustBeLessThan", Number),
    ("mustBeLessOrEqualTo", Number),
    ("mustBeBetween", Range),
    ("mustNotBeBetween", Range),
];

fn quality_variant(rule: &Tree) -> Variant {
    const LIBRARY: &[Field] = &[
        (
            "metric",
            Words(&[
                "nullValues",
                "missingValues",
                "invalidValues",
                "duplicateValues",
                "rowCount",
            ]),
        ),
        ("rule", Text),
        ("arguments", Mapping),
    ];
    const SQL: &[Field] = &[("query", Text)];
    const CUSTOM_ENGINE: &[Field] = &[("engine", Text), ("implementation", TextOrMapping)];
    let kind = rule.get("type").and_then(Tree::as_str);
    let mut variant = Variant::default();
    let mut compares = false;
    if kind == Some("library") || rule.get("metric").is_some_and(|metric| metric.as_str().is_some()) {
        variant.fields.push(LIBRARY);
        variant.required.push("metric");
        compares = true;
    }
    if kind == Some("sql") {
        variant.fields.push(SQL);
        variant.required.push("query");
        compares = true;
    }
    if kind == Some("custom") {
        variant.fields.push(CUSTOM_ENGINE);
        variant.required.extend(["engine", "implementation"]);
    }
    if compares {
        variant.fields.push(OPERATORS);
        let found: Vec<&str> = OPERATORS
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| rule.get(name).is_some())
            .collect();
        if found.len() != 1 {
            let summary = match found.as_slice() {
                [] => "a comparison is missing".to_owned(),
                several => format!("only one comparison can stand here, found {}", words(several)),
            };
            let at = found.get(1).copied().unwrap_or("");
            let names: Vec<&str> = OPERATORS.iter().map(|(name, _)| *name).collect();
            variant
                .faults
                .push((at, summary, format!("exactly one of {}", words(&names))));
        }
    }
    variant
}

static AUTHORITATIVE_DEFINITION: Shape = Shape::closed(
    &[ID, &[("url", Text), ("type", Text), ("description", Text)]],
    &["url", "type"],
);

static CUSTOM_PROPERTY: Shape = Shape::closed(
    &[
        ID,
        &[
            ("property", Text),
            ("value", Any),
            ("description", Text),
            ("vendor", Text),
        ],
    ],
    &["property", "value"],
);

static SUPPORT: Shape = Shape::closed(
    &[
        ID,
        &[
            ("channel", Text),
            ("url", Text),
            ("description", Text),
            ("tool", Text),
            ("scope", Text),
            ("invitationUrl", Text),
        ],
        CUSTOM,
    ],
    &["channel"],
);

static PRICE: Shape = Shape::closed(
    &[
        ID,
        &[("priceAmount", Number), ("priceCurrency", Text), ("priceUnit", Text)],
    ],
    &[],
);

static TEAM_MEMBER: Shape = Shape::closed(
    &[
        ID,
        &[
            ("username", Text),
            ("name", Text),
            ("description", Text),
            ("role", Text),
            ("dateIn", Text),
            ("dateOut", Text),
            ("replacedByUsername", Text),
        ],
        TAGS,
        EXTENSIONS,
    ],
    &["username"],
);

static TEAM: Shape = Shape::closed(
    &[
        ID,
        &[
            ("name", Text),
            ("description", Text),
            ("members", List(&Object(&TEAM_MEMBER))),
        ],
        TAGS,
        EXTENSIONS,
    ],
    &[],
);

static ROLE: Shape = Shape::closed(
    &[
        ID,
        &[
            ("role", Text),
            ("description", Text),
            ("access", Text),
            ("firstLevelApprovers", Text),
            ("secondLevelApprovers", Text),
        ],
        CUSTOM,
    ],
    &["role"],
);

static SLA_PROPERTY: Shape = Shape::closed(
    &[
        ID,
        &[
            ("property", Text),
            ("value", Scalar),
            ("valueExt", Scalar),
            ("unit", Text),
            ("element", Text),
            ("driver", Text),
            ("description", Text),
            ("scheduler", Text),
            ("schedule", Text),
        ],
        EXTENSIONS,
    ],
    &["property", "value"],
);

/// Words in backticks, with commas.
pub(super) fn words(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
