//! Cluster policies: stored, and not applied to anything, since no cluster starts here.

use axum::http::StatusCode;
use sluice_wire::Method;

use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::records::document::{Document, Json, text};
use crate::records::kind::{Answer, Guard, Key, Kind, List, Names, Verb};

pub(super) static KIND: Kind = Kind {
    name: "cluster_policy",
    title: "Cluster policy",
    class: "compute.Policy",
    create: "compute.ClusterPoliciesAPI.create",
    update: "compute.ClusterPoliciesAPI.edit",
    required: &["name"],
    key: Key::Hex16,
    id_field: "policy_id",
    unique: Some("name"),
    taken: (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE"),
    // Only administrators change policies: no level that others can have is enough.
    guard: Guard::List(List {
        object: ObjectKind::ClusterPolicy,
        admins_create: true,
        see: Level::CanUse,
        change: Level::CanManage,
        creator: Level::CanUse,
    }),
    verbs: &[
        Verb::create("/api/2.0/policies/clusters/create").answers(Answer::Id),
        Verb::get("/api/2.0/policies/clusters/get").named(Names::Query("policy_id")),
        Verb::list("/api/2.0/policies/clusters/list", "policies", ""),
        Verb::replace(Method::Post, "/api/2.0/policies/clusters/edit").named(Names::Body("policy_id")),
        Verb::delete(Method::Post, "/api/2.0/policies/clusters/delete").named(Names::Body("policy_id")),
    ],
    prepare: Some(|_, body, _| Box::pin(async move { check_definition(body) })),
    present: |_, record, answer| {
        answer.insert("creator_user_name".to_owned(), record.creator.clone().into());
        answer.insert("created_at_timestamp".to_owned(), record.created_at.into());
        answer.insert("is_default".to_owned(), false.into());
    },
    ..Kind::BASE
};

/// A definition is a JSON object in a text.
fn check_definition(body: &Document) -> Result<(), ApiError> {
    for field in ["definition", "policy_family_definition_overrides"] {
        let Some(definition) = text(body, field) else { continue };
        match serde_json::from_str(definition) {
            Ok(Json::Object(_)) => {}
            Ok(_) => return Err(ApiError::invalid(format!("`{field}` is not a JSON object"))),
            Err(error) => return Err(ApiError::invalid(format!("`{field}` is not JSON: {error}"))),
        }
    }
    Ok(())
}
