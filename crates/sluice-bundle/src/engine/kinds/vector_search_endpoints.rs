//! Endpoints of vector search. Budget and aimed-at load are changed in place.

use serde_json::json;
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::rest_object::{
    Answers, Create, Delete, Fields, Identity, Observed, PLAIN, Ready, RestObject, Update, changing,
};
use super::{Call, Change, changed_fields};
use crate::engine::difference::{Class, Rules, immutable, rule};
use crate::engine::plan::Action;

/// The kind `vector_search_endpoints`.
pub(crate) static VECTOR_SEARCH_ENDPOINTS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::Identity(Action::Recreate), "id_field"),
            immutable("endpoint_type"),
            rule("budget_policy_id", Class::NotReturned, "effective_vs_requested"),
            rule("usage_policy_id", Class::NotReturned, "effective_vs_requested"),
            rule("target_qps", Class::NotReturned, "effective_vs_requested"),
        ],
        output_only: &[],
    },
    fields: Fields::Body("vectorsearch.VectorSearchEndpointsAPI.create_endpoint"),
    required: &["name", "endpoint_type"],
    identity: Identity::Name("name"),
    create: Create {
        path: "/api/2.0/vector-search/endpoints",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/vector-search/endpoints/{id}",
    observed: Observed {
        renamed: &[("id", "endpoint_uuid")],
        ..PLAIN
    },
    update: Update::Calls(update),
    delete: Delete::Path("/api/2.0/vector-search/endpoints/{id}"),
    ready: Some(Ready {
        state: "/endpoint_status/state",
        good: &["ONLINE"],
        bad: &["OFFLINE", "DELETED"],
        message: "/endpoint_status/message",
        after_update: false,
    }),
};

fn update(id: &str, change: &Change<'_>) -> Vec<Call> {
    let path = format!("/api/2.0/vector-search/endpoints/{}", encode_segment(id));
    let call = |field: &str| {
        let path = match field {
            "budget_policy_id" => format!("{path}/budget-policy"),
            _ => path.clone(),
        };
        let body = json!({field: change.new.get(field)});
        changing(
            format!("change {field}"),
            id,
            Request::new(Method::Patch, path).json(body),
        )
    };
    changed_fields(change).iter().map(|field| call(field)).collect()
}
