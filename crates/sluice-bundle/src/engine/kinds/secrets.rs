//! Unity Catalog secrets. Their value is known to the bundle and to the workspace, and to nothing between them: bodies hold
//! [`REDACTED`] in its place, states an empty text. A read says whether the value that is there is the wanted one, and a request gets
//! it on the wire alone.

use serde_json::Value;
use sluice_model::Secret;
use sluice_model::secret::REDACTED;
use sluice_wire::{Method, Request};

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, RestObject, Update, Whole};
use crate::engine::difference::{Class, Rules, backend_default, immutable, rule};
use crate::output_only;

/// The kind `secrets`.
pub(crate) static SECRETS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            immutable("name"),
            immutable("catalog_name"),
            immutable("schema_name"),
            backend_default("owner"),
            rule("full_name", Class::IgnoreRemote, "output_only"),
        ],
        output_only: output_only::SECRET,
    },
    fields: Fields::BodyWithSecret("catalog.SecretsUcAPI.create_secret", &VALUE),
    required: &["name", "catalog_name", "schema_name", "value"],
    identity: Identity::FullName(&["catalog_name", "schema_name", "name"]),
    create: Create {
        path: "/api/2.1/unity-catalog/secrets",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.1/unity-catalog/secrets/{id}",
    observed: PLAIN,
    update: Update::Whole(Whole {
        method: Method::Patch,
        path: "/api/2.1/unity-catalog/secrets/{id}?update_mask=*",
        id: None,
        without: &[],
        new_name: None,
        keeps: false,
    }),
    delete: Delete::Path("/api/2.1/unity-catalog/secrets/{id}"),
    ready: None,
};

static VALUE: Sealed = Sealed {
    field: "value",
    shown_as: "effective_value",
    asked_by: "include_value",
};

/// A field whose value nothing keeps or shows.
#[derive(Debug)]
pub(crate) struct Sealed {
    /// The field of the body.
    pub(crate) field: &'static str,
    /// The field of an answer that shows the value.
    shown_as: &'static str,
    /// The parameter of a read that asks for it.
    asked_by: &'static str,
}

impl Sealed {
    /// The read that shows the value too.
    pub(crate) fn asking(&self, read: Request) -> Request {
        read.query(self.asked_by, true)
    }

    /// Takes the value out of an answer, and says in its place whether it is the wanted one.
    pub(crate) fn judge(&self, answer: &mut Value, wanted: Option<&Secret<String>>) {
        let Value::Object(fields) = answer else { return };
        fields.shift_remove(self.field);
        let held = fields.shift_remove(self.shown_as);
        if let (Some(Value::String(held)), Some(wanted)) = (held, wanted)
            && Secret::new(held) == *wanted
        {
            fields.insert(self.field.to_owned(), REDACTED.into());
        }
    }

    /// The body as states keep it.
    pub(crate) fn kept(&self, body: &mut Value) {
        if let Some(value) = body.get_mut(self.field) {
            *value = "".into();
        }
    }
}
