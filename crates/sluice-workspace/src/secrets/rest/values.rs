//! Secrets over HTTP.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sluice_model::Secret;

use super::Empty;
use crate::call::Call;
use crate::error::ApiError;
use crate::secrets::scope;
use crate::secrets::vault::Place;

#[derive(Deserialize)]
struct Put {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    key: String,
    string_value: Option<Secret<String>>,
    bytes_value: Option<Secret<String>>,
}

pub(super) async fn put(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: Put = call.json().await?;
    let value = match (body.string_value, body.bytes_value) {
        (Some(text), None) => text.expose().clone().into_bytes(),
        // The decoder's error would show a part of the value.
        (None, Some(encoded)) => STANDARD
            .decode(encoded.expose())
            .map_err(|_shows_the_value| ApiError::malformed("`bytes_value` is not base64"))?,
        _ => {
            return Err(ApiError::malformed(
                "a secret has one of `string_value` and `bytes_value`",
            ));
        }
    };
    let place = Place {
        scope: &body.scope,
        key: &body.key,
    };
    scope::put(&call.workspace, &call.principal, &place, &Secret::new(value)).await?;
    Ok(Json(Empty {}))
}

#[derive(Serialize)]
struct Metadata {
    key: String,
    last_updated_timestamp: i64,
}

#[derive(Serialize)]
pub(super) struct Listing {
    secrets: Vec<Metadata>,
}

pub(super) async fn list(call: Call) -> Result<Json<Listing>, ApiError> {
    let keys = scope::keys(&call.workspace, &call.principal, call.required_query("scope")?).await?;
    let secrets = keys.into_iter().map(|(key, last_updated_timestamp)| Metadata {
        key,
        last_updated_timestamp,
    });
    Ok(Json(Listing {
        secrets: secrets.collect(),
    }))
}

#[derive(Serialize)]
struct Value {
    key: String,
    /// Base64.
    value: String,
}

pub(super) async fn get(call: Call) -> Result<impl IntoResponse, ApiError> {
    let place = Place {
        scope: call.required_query("scope")?,
        key: call.required_query("key")?,
    };
    let value = scope::read(&call.workspace, &call.principal, &place).await?;
    let body = Json(Value {
        key: place.key.to_owned(),
        value: STANDARD.encode(value.expose()),
    });
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], body))
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    key: String,
}

pub(super) async fn delete(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: Named = call.json().await?;
    let place = Place {
        scope: &body.scope,
        key: &body.key,
    };
    scope::remove(&call.workspace, &call.principal, &place).await?;
    Ok(Json(Empty {}))
}
