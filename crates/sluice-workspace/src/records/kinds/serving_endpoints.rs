//! Serving endpoints: stored without the keys of outside models. Nothing serves: an endpoint is never `READY`.

use axum::http::StatusCode;
use serde_json::json;
use sluice_wire::Method;

use crate::Call;
use crate::clock::Ids;
use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::records::document::{self, Document, Json, text};
use crate::records::kind::{Guard, Key, Kind, List, Names, Verb, Work};
use crate::records::serve;
use crate::records::store::Record;
use crate::records::tags;
use crate::workspace::Workspace;

const SERVES_NONE: &str = "the local workspace stores serving endpoints and serves no models";

pub(super) static KIND: Kind = Kind {
    name: "serving_endpoint",
    title: "Serving endpoint",
    class: "serving.ServingEndpointDetailed",
    also: &["serving.PutResponse"],
    create: "serving.ServingEndpointsAPI.create",
    update: "serving.ServingEndpointsAPI.create",
    secret: |field| field.ends_with("_plaintext"),
    required: &["name"],
    defaults: &[("config", "{}"), ("route_optimized", "false")],
    key: Key::Field("name", Ids::hex32),
    id_field: "name",
    taken: (StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS"),
    guard: Guard::List(List {
        object: ObjectKind::ServingEndpoint,
        admins_create: false,
        see: Level::CanView,
        change: Level::CanManage,
        creator: Level::CanManage,
    }),
    verbs: &[
        Verb::create("/api/2.0/serving-endpoints"),
        Verb::get("/api/2.0/serving-endpoints/{name}").named(Names::Path("name")),
        Verb::list("/api/2.0/serving-endpoints", "endpoints", ""),
        Verb::own(Method::Put, "/api/2.0/serving-endpoints/{name}/config", put_config),
        Verb::own(
            Method::Put,
            "/api/2.0/serving-endpoints/{name}/ai-gateway",
            put_ai_gateway,
        ),
        Verb::own(
            Method::Put,
            "/api/2.0/serving-endpoints/{name}/rate-limits",
            |call, kind| part(call, kind, &["rate_limits"]),
        ),
        Verb::own(
            Method::Patch,
            "/api/2.0/serving-endpoints/{name}/notifications",
            |call, kind| part(call, kind, &["email_notifications"]),
        ),
        Verb::own(
            Method::Patch,
            "/api/2.0/serving-endpoints/{name}/telemetry-config",
            |call, kind| part(call, kind, &["telemetry_config"]),
        ),
        Verb::own(Method::Patch, "/api/2.0/serving-endpoints/{name}/tags", patch_tags),
        Verb::delete(Method::Delete, "/api/2.0/serving-endpoints/{name}").named(Names::Path("name")),
        Verb::refuse(Method::Post, "/serving-endpoints/{name}/invocations", SERVES_NONE),
    ],
    prepare: Some(|_, body, known| Box::pin(async move { complete(body, known) })),
    present,
    ..Kind::BASE
};

/// Served models become served entities, each with a name; one entity alone gets all the traffic. Every configuration has a number.
fn complete(body: &mut Document, known: Option<&Record>) -> Result<(), ApiError> {
    let Some(Json::Object(config)) = body.get_mut("config") else {
        return Ok(());
    };
    if let Some(Json::Array(models)) = config.remove("served_models") {
        let entities: Vec<Json> = models.into_iter().map(entity_of_model).collect();
        config.entry("served_entities").or_insert(Json::Array(entities));
    }
    let mut names = Vec::new();
    for entity in config
        .get_mut("served_entities")
        .and_then(Json::as_array_mut)
        .into_iter()
        .flatten()
    {
        let Json::Object(entity) = entity else { continue };
        for told in ["state", "creator", "creation_timestamp", "foundation_model"] {
            entity.remove(told);
        }
        let named = ["entity_name", "entity_version"]
            .iter()
            .filter_map(|field| text(entity, field));
        let name = named.collect::<Vec<_>>().join("-").replace('.', "_");
        let outside = document::object(entity, "external_model");
        let name = if name.is_empty() {
            text(&outside, "name").unwrap_or("entity").to_owned()
        } else {
            name
        };
        entity.entry("name").or_insert_with(|| name.into());
        names.push(text(entity, "name").unwrap_or_default().to_owned());
    }
    if let [only] = names.as_slice() {
        config
            .entry("traffic_config")
            .or_insert_with(|| json!({"routes": [{"served_model_name": only, "traffic_percentage": 100}]}));
    }
    let before = known.map(|known| document::object(&known.body, "config"));
    let number = before
        .and_then(|config| config.get("config_version").and_then(Json::as_i64))
        .unwrap_or(0);
    config.insert("config_version".to_owned(), (number + 1).into());
    Ok(())
}

fn entity_of_model(mut model: Json) -> Json {
    if let Json::Object(fields) = &mut model {
        for (old, new) in [("model_name", "entity_name"), ("model_version", "entity_version")] {
            if let Some(value) = fields.remove(old) {
                fields.insert(new.to_owned(), value);
            }
        }
    }
    model
}

fn present(_: &Workspace, record: &Record, answer: &mut Document) {
    answer.insert("id".to_owned(), record.acl_id.clone().into());
    answer.insert("creator".to_owned(), record.creator.clone().into());
    answer.insert("creation_timestamp".to_owned(), record.created_at.into());
    answer.insert("last_updated_timestamp".to_owned(), record.updated_at.into());
    answer.insert(
        "state".to_owned(),
        json!({"ready": "NOT_READY", "config_update": "NOT_UPDATING"}),
    );
    let entities = answer
        .get_mut("config")
        .and_then(|config| config.get_mut("served_entities"));
    for entity in entities.and_then(Json::as_array_mut).into_iter().flatten() {
        if let Json::Object(entity) = entity {
            entity.insert("creator".to_owned(), record.creator.clone().into());
            entity.insert("creation_timestamp".to_owned(), record.created_at.into());
            entity.insert(
                "state".to_owned(),
                json!({"deployment": "DEPLOYMENT_ABORTED", "deployment_state_message": SERVES_NONE}),
            );
        }
    }
}

async fn merge(call: &Call, kind: &'static Kind, given: Document) -> Result<Document, ApiError> {
    let record = serve::change(call, kind, call.parameter("name"), given, &serve::How::Merge).await?;
    Ok(serve::describe(&call.workspace, kind, &record))
}

/// The whole body is the new configuration.
fn put_config(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let config: Document = call.json().await?;
        let given = Document::from_iter([("config".to_owned(), Json::Object(config))]);
        merge(&call, kind, given).await
    })
}

/// The whole body is the new gateway.
fn put_ai_gateway(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let gateway: Document = call.json().await?;
        let given = Document::from_iter([("ai_gateway".to_owned(), Json::Object(gateway))]);
        let whole = merge(&call, kind, given).await?;
        Ok(document::object(&whole, "ai_gateway"))
    })
}

/// Changes these fields and answers with them.
fn part(mut call: Call, kind: &'static Kind, fields: &'static [&'static str]) -> Work<'static, Document> {
    Box::pin(async move {
        let mut given: Document = call.json().await?;
        given.retain(|name, _| fields.contains(&name.as_str()));
        let whole = merge(&call, kind, given).await?;
        let shown = |(name, _): &(String, Json)| name == "name" || fields.contains(&name.as_str());
        Ok(whole.into_iter().filter(shown).collect())
    })
}

fn patch_tags(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let given: Document = call.json().await?;
        let list = |field: &str| given.get(field).and_then(Json::as_array).cloned().unwrap_or_default();
        let record = serve::edit(&call, kind, call.parameter("name"), |record| {
            for key in list("delete_tags") {
                tags::remove(&mut record.body, key.as_str().unwrap_or_default());
            }
            for tag in list("add_tags") {
                tags::set(&mut record.body, tag);
            }
            Ok(())
        })
        .await?;
        let tags = record
            .body
            .get("tags")
            .cloned()
            .unwrap_or_else(|| Json::Array(Vec::new()));
        Ok(Document::from_iter([("tags".to_owned(), tags)]))
    })
}
