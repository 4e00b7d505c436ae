//! Indexes of vector search. An index cannot be changed, only made anew.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, Ready, RestObject, Update};
use crate::engine::difference::{Class, Rules, backend_default, immutable, rule};
use crate::engine::plan::Action;

/// The kind `vector_search_indexes`.
pub(crate) static VECTOR_SEARCH_INDEXES: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::CaseInsensitive, "uc_lower_cases"),
            rule("name", Class::Identity(Action::Recreate), "id_field"),
            rule("direct_access_index_spec.schema_json", Class::IgnoreRemote, "managed"),
            backend_default("index_subtype"),
            immutable("endpoint_name"),
            immutable("primary_key"),
            immutable("index_type"),
            immutable("index_subtype"),
            immutable("delta_sync_index_spec"),
            immutable("direct_access_index_spec"),
        ],
        output_only: &[],
    },
    fields: Fields::Body("vectorsearch.VectorSearchIndexesAPI.create_index"),
    required: &["name", "endpoint_name", "primary_key", "index_type"],
    identity: Identity::Name("name"),
    create: Create {
        path: "/api/2.0/vector-search/indexes",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/vector-search/indexes/{id}",
    observed: PLAIN,
    update: Update::Never,
    delete: Delete::Path("/api/2.0/vector-search/indexes/{id}"),
    ready: Some(Ready {
        state: "/status/ready",
        good: &["true"],
        bad: &[],
        message: "/status/message",
        after_update: false,
    }),
};
