//! Models of the workspace's own (MLflow) registry. Versions of one are not recorded here.

use axum::http::StatusCode;
use serde_json::json;
use sluice_wire::Method;

use crate::Call;
use crate::clock::Ids;
use crate::permissions::{Level, ObjectKind};
use crate::records::access::Need;
use crate::records::document::{Document, required, text};
use crate::records::filter;
use crate::records::kind::{Answer, Guard, Key, Kind, List, Names, Verb, Work};
use crate::records::store;
use crate::records::{serve, tags};

pub(super) static KIND: Kind = Kind {
    name: "registered_model",
    title: "RegisteredModel",
    class: "ml.ModelDatabricks",
    create: "ml.ModelRegistryAPI.create_model",
    update: "ml.ModelRegistryAPI.update_model",
    key: Key::Field("name", Ids::hex32),
    id_field: "name",
    taken: (StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS"),
    guard: Guard::List(List {
        object: ObjectKind::RegisteredModel,
        admins_create: false,
        see: Level::CanRead,
        change: Level::CanEdit,
        creator: Level::CanManage,
    }),
    verbs: &[
        Verb::create("/api/2.0/mlflow/registered-models/create").answers(Answer::In("registered_model")),
        Verb::get("/api/2.0/mlflow/databricks/registered-models/get")
            .named(Names::Query("name"))
            .answers(Answer::In("registered_model_databricks")),
        Verb::list(
            "/api/2.0/mlflow/registered-models/list",
            "registered_models",
            "max_results",
        ),
        Verb::list_only(
            "/api/2.0/mlflow/registered-models/search",
            "registered_models",
            "max_results",
            |call, record| filter::by_name(call.query("filter"), "name", &record.body),
        ),
        Verb::merge("/api/2.0/mlflow/registered-models/update")
            .named(Names::Body("name"))
            .answers(Answer::In("registered_model")),
        Verb::own(Method::Post, "/api/2.0/mlflow/registered-models/rename", rename),
        Verb::own(Method::Post, "/api/2.0/mlflow/registered-models/set-tag", set_tag),
        Verb::own(
            Method::Delete,
            "/api/2.0/mlflow/registered-models/delete-tag",
            delete_tag,
        ),
        Verb::delete(Method::Delete, "/api/2.0/mlflow/registered-models/delete").named(Names::Query("name")),
    ],
    present: |_, record, answer| {
        answer.insert("id".to_owned(), record.acl_id.clone().into());
        answer.insert("user_id".to_owned(), record.creator.clone().into());
        answer.insert("creation_timestamp".to_owned(), record.created_at.into());
        answer.insert("last_updated_timestamp".to_owned(), record.updated_at.into());
    },
    ..Kind::BASE
};

fn rename(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        let (name, new_name) = (required(&body, "name")?, required(&body, "new_name")?);
        serve::get(&call, kind, name, Need::Change).await?;
        let mut transaction = call.workspace.store.begin().await?;
        store::rename(&mut transaction, kind, name, new_name).await?;
        let found = store::find(&mut *transaction, kind, new_name).await?;
        let mut record = found.ok_or_else(|| kind.missing(name))?;
        record.body.insert("name".to_owned(), new_name.into());
        let record = store::update(&call.workspace, &mut transaction, kind, &record, &call.principal.name).await?;
        transaction.commit().await?;
        Ok(serve::answer(&call, kind, Answer::In("registered_model"), &record))
    })
}

fn set_tag(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        let tag = json!({"key": required(&body, "key")?, "value": text(&body, "value").unwrap_or_default()});
        serve::edit(&call, kind, required(&body, "name")?, |record| {
            tags::set(&mut record.body, tag);
            Ok(())
        })
        .await?;
        Ok(Document::new())
    })
}

fn delete_tag(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let (name, key) = (call.required_query("name")?, call.required_query("key")?);
        serve::edit(&call, kind, name, |record| {
            tags::remove(&mut record.body, key);
            Ok(())
        })
        .await?;
        Ok(Document::new())
    })
}
