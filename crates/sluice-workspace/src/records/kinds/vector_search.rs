//! Vector search endpoints and indexes: stored. Nothing is indexed: an endpoint is `OFFLINE`, an index never ready.

use serde_json::json;
use sluice_wire::Method;

use crate::Call;
use crate::catalog::{Privilege, SecurableKind};
use crate::clock::Ids;
use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::records::access::Need;
use crate::records::document::{self, Document, Json, required, text};
use crate::records::kind::{Guard, Key, Kind, List, Names, Verb, Work};
use crate::records::store::Record;
use crate::records::{securable, serve};
use crate::workspace::Workspace;

const SEARCHES_NONE: &str = "the local workspace stores vector search endpoints and indexes, and searches nothing";

pub(super) static ENDPOINT: Kind = Kind {
    name: "vector_search_endpoint",
    title: "Vector search endpoint",
    class: "vectorsearch.EndpointInfo",
    create: "vectorsearch.VectorSearchEndpointsAPI.create_endpoint",
    update: "vectorsearch.VectorSearchEndpointsAPI.patch_endpoint",
    required: &["name", "endpoint_type"],
    key: Key::Field("name", Ids::uuid),
    id_field: "name",
    guard: Guard::List(List {
        object: ObjectKind::VectorSearchEndpoint,
        admins_create: false,
        see: Level::CanUse,
        change: Level::CanManage,
        creator: Level::CanManage,
    }),
    verbs: &[
        Verb::create("/api/2.0/vector-search/endpoints"),
        Verb::get("/api/2.0/vector-search/endpoints/{name}").named(NAMED),
        Verb::list("/api/2.0/vector-search/endpoints", "endpoints", ""),
        Verb::merge("/api/2.0/vector-search/endpoints/{name}").named(NAMED),
        Verb::own(
            Method::Patch,
            "/api/2.0/vector-search/endpoints/{name}/budget-policy",
            |call, kind| {
                part(
                    call,
                    kind,
                    "budget_policy_id",
                    &["budget_policy_id", "effective_budget_policy_id"],
                )
            },
        ),
        Verb::own(
            Method::Patch,
            "/api/2.0/vector-search/endpoints/{name}/tags",
            |call, kind| part(call, kind, "custom_tags", &["custom_tags", "name"]),
        ),
        Verb::delete(Method::Delete, "/api/2.0/vector-search/endpoints/{name}").named(NAMED),
    ],
    before_delete: Some(|call, record| Box::pin(refuse_used(call, record))),
    present: |_, record, answer| {
        answer.insert("id".to_owned(), record.acl_id.clone().into());
        answer.insert("creator".to_owned(), record.creator.clone().into());
        answer.insert("creation_timestamp".to_owned(), record.created_at.into());
        answer.insert("last_updated_user".to_owned(), record.updated_by.clone().into());
        answer.insert("last_updated_timestamp".to_owned(), record.updated_at.into());
        answer.insert(
            "endpoint_status".to_owned(),
            json!({"state": "OFFLINE", "message": SEARCHES_NONE}),
        );
        if let Some(policy) = answer.get("budget_policy_id").cloned() {
            answer.insert("effective_budget_policy_id".to_owned(), policy);
        }
    },
    ..Kind::BASE
};

pub(super) static INDEX: Kind = Kind {
    name: "vector_search_index",
    title: "Vector search index",
    class: "vectorsearch.VectorIndex",
    create: "vectorsearch.VectorSearchIndexesAPI.create_index",
    update: "vectorsearch.VectorSearchIndexesAPI.create_index",
    required: &["name", "endpoint_name", "index_type", "primary_key"],
    key: Key::Name("name"),
    id_field: "name",
    guard: Guard::Securable {
        kind: SecurableKind::VectorIndex,
        create: Privilege::CreateTable,
    },
    verbs: &[
        Verb::create("/api/2.0/vector-search/indexes"),
        Verb::get("/api/2.0/vector-search/indexes/{name}").named(NAMED),
        Verb::list_only(
            "/api/2.0/vector-search/indexes",
            "vector_indexes",
            "",
            |call, record| {
                let endpoint = call.required_query("endpoint_name")?;
                Ok(text(&record.body, "endpoint_name") == Some(endpoint))
            },
        ),
        Verb::delete(Method::Delete, "/api/2.0/vector-search/indexes/{name}").named(NAMED),
    ],
    prepare: Some(|call, body, _| Box::pin(check(call, body))),
    present: |_: &Workspace, record: &Record, answer: &mut Document| {
        for told in [
            "full_name",
            "owner",
            "created_by",
            "updated_by",
            "catalog_name",
            "schema_name",
            "created_at",
            "updated_at",
        ] {
            answer.remove(told);
        }
        answer.insert("name".to_owned(), record.key.clone().into());
        answer.insert("creator".to_owned(), record.creator.clone().into());
        answer.insert(
            "status".to_owned(),
            json!({"ready": false, "indexed_row_count": 0, "message": SEARCHES_NONE}),
        );
    },
    ..Kind::BASE
};

const NAMED: Names = Names::Path("name");

/// Its endpoint exists and the caller may use it; the caller may read the table that it is to follow.
async fn check(call: &Call, body: &mut Document) -> Result<(), ApiError> {
    let endpoint = serve::get(call, &ENDPOINT, required(body, "endpoint_name")?, Need::See).await?;
    let follows = document::object(body, "delta_sync_index_spec");
    if let Some(table) = text(&follows, "source_table") {
        let catalog = call.workspace.catalog();
        catalog
            .require_on(&call.principal, Privilege::Select, SecurableKind::Table, table)
            .await?;
    }
    body.insert("endpoint_id".to_owned(), endpoint.acl_id.into());
    Ok(())
}

async fn refuse_used(call: &Call, endpoint: &Record) -> Result<(), ApiError> {
    for index in call.workspace.catalog().all(SecurableKind::VectorIndex).await? {
        let index = securable::record(index)?;
        if text(&index.body, "endpoint_name") == Some(&endpoint.key) {
            return Err(ApiError::invalid(format!(
                "the vector search endpoint {} has the index {}: delete that first",
                endpoint.key, index.key
            )));
        }
    }
    Ok(())
}

/// Changes one field, which has a request of its own, and answers with these.
fn part(
    mut call: Call,
    kind: &'static Kind,
    field: &'static str,
    shown: &'static [&'static str],
) -> Work<'static, Document> {
    Box::pin(async move {
        let mut given: Document = call.json().await?;
        let value = given.remove(field).unwrap_or(Json::Null);
        let record = serve::edit(&call, kind, call.parameter("name"), |record| {
            record.body.insert(field.to_owned(), value);
            Ok(())
        })
        .await?;
        let whole = serve::describe(&call.workspace, kind, &record);
        Ok(whole
            .into_iter()
            .filter(|(name, _)| shown.contains(&name.as_str()))
            .collect())
    })
}
