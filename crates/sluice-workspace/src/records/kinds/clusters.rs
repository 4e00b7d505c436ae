//! Clusters: stored and always `TERMINATED`. Tasks run in processes of this workspace, whatever cluster they name.

use axum::http::StatusCode;
use serde_json::json;
use sluice_wire::Method;

use crate::permissions::{Level, ObjectKind};
use crate::records::access::Need;
use crate::records::document::{Document, Json, text};
use crate::records::kind::{Answer, Guard, Key, Kind, List, Names, Verb, Work};
use crate::records::serve;
use crate::records::store::Record;
use crate::workspace::Workspace;

const STARTS_NONE: &str =
    "the local workspace starts no clusters: it runs tasks in its own processes, whatever cluster they name";

pub(super) static KIND: Kind = Kind {
    name: "cluster",
    title: "Cluster",
    class: "compute.ClusterDetails",
    create: "compute.ClustersAPI.create",
    update: "compute.ClustersAPI.edit",
    input: &["apply_policy_default_values", "clone_from"],
    required: &["spark_version"],
    defaults: &[
        ("enable_elastic_disk", "false"),
        ("enable_local_disk_encryption", "false"),
    ],
    key: Key::Moment,
    id_field: "cluster_id",
    // The clients know this answer of `clusters/get` for a cluster that does not exist, and make "not found" of it.
    missing: (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE"),
    guard: Guard::List(List {
        object: ObjectKind::Cluster,
        admins_create: false,
        see: Level::CanAttachTo,
        change: Level::CanManage,
        creator: Level::CanManage,
    }),
    verbs: &[
        Verb::create("/api/2.1/clusters/create").answers(Answer::Id),
        Verb::get("/api/2.1/clusters/get").named(Names::Query("cluster_id")),
        Verb::list("/api/2.1/clusters/list", "clusters", "page_size"),
        Verb::replace(Method::Post, "/api/2.1/clusters/edit").named(Names::Body("cluster_id")),
        Verb::mask_post("/api/2.1/clusters/update")
            .inside("cluster")
            .named(Names::Body("cluster_id")),
        Verb::own(Method::Post, "/api/2.1/clusters/delete", terminate),
        Verb::delete(Method::Post, "/api/2.1/clusters/permanent-delete").named(Names::Body("cluster_id")),
        Verb::refuse(Method::Post, "/api/2.1/clusters/start", STARTS_NONE),
        Verb::refuse(Method::Post, "/api/2.1/clusters/restart", STARTS_NONE),
        Verb::refuse(Method::Post, "/api/2.1/clusters/resize", STARTS_NONE),
    ],
    prepare: Some(|call, body, _| {
        Box::pin(async move {
            complete(body, &call.principal.name);
            Ok(())
        })
    }),
    present,
    ..Kind::BASE
};

/// What Databricks fills in: the driver's machine, and whose a cluster for one user is.
fn complete(body: &mut Document, caller: &str) {
    if let Some(node_type) = text(body, "node_type_id").map(str::to_owned) {
        body.entry("driver_node_type_id").or_insert_with(|| node_type.into());
    }
    let for_one_user = ["SINGLE_USER", "DATA_SECURITY_MODE_DEDICATED", "LEGACY_SINGLE_USER"];
    if text(body, "data_security_mode").is_some_and(|mode| for_one_user.contains(&mode)) {
        body.entry("single_user_name").or_insert_with(|| caller.into());
    }
}

fn present(_: &Workspace, record: &Record, answer: &mut Document) {
    answer.insert("spec".to_owned(), Json::Object(record.body.clone()));
    answer.insert("state".to_owned(), "TERMINATED".into());
    answer.insert("state_message".to_owned(), STARTS_NONE.into());
    answer.insert("cluster_source".to_owned(), "API".into());
    answer.insert("creator_user_name".to_owned(), record.creator.clone().into());
    answer.insert("start_time".to_owned(), record.created_at.into());
    answer.insert("terminated_time".to_owned(), record.created_at.into());
    answer.insert(
        "default_tags".to_owned(),
        json!({
            "Vendor": "Databricks",
            "Creator": record.creator,
            "ClusterName": text(&record.body, "cluster_name").unwrap_or_default(),
            "ClusterId": record.key,
        }),
    );
}

/// Terminating what is terminated changes nothing.
fn terminate(mut call: crate::Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        let key = serve::named(&call, &Names::Body("cluster_id"), &body)?;
        serve::get(&call, kind, &key, Need::Change).await?;
        Ok(Document::new())
    })
}
