//! The workspace API and the raw file routes beside it.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::content::ImportFormat;
use super::jupyter;
use super::object::{FileKind, WorkspaceObject};
use super::path::WorkspacePath;
use super::write::{NewFile, Overwrite};
use crate::call::Call;
use crate::error::ApiError;
use crate::git_folders;
use crate::route::Route;

/// The largest notebook, and the largest content in a JSON import: 10 MiB.
const LARGEST_IMPORT: usize = 10 * 1024 * 1024;
/// The largest file of the raw route, which is read into memory.
const LARGEST_FILE: usize = 200 * 1024 * 1024;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.0/workspace/import", import),
        Route::get("/api/2.0/workspace/export", export),
        Route::get("/api/2.0/workspace/get-status", get_status),
        Route::get("/api/2.0/workspace/list", list),
        Route::post("/api/2.0/workspace/mkdirs", make_directories),
        Route::post("/api/2.0/workspace/delete", delete),
        Route::post("/api/2.0/workspace-files/import-file/{*path}", import_file),
        Route::get("/api/2.0/workspace-files/{*path}", read_file),
    ]
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct ObjectInfo {
    object_type: &'static str,
    object_id: i64,
    resource_id: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    created_at: i64,
    modified_at: i64,
}

impl ObjectInfo {
    /// The object as answers show it; `git_folders` are the numbers of the directories that are some.
    fn of(object: WorkspaceObject, git_folders: &BTreeSet<i64>) -> Self {
        Self {
            object_type: if git_folders.contains(&object.id) {
                "REPO"
            } else {
                object.kind.as_str()
            },
            object_id: object.id,
            resource_id: object.resource_id,
            language: object.language.map(super::Language::as_str),
            size: (object.kind == FileKind::File).then_some(object.size),
            created_at: object.created_at,
            modified_at: object.modified_at,
            path: object.path.as_str().to_owned(),
        }
    }
}

fn queried_path(call: &Call) -> Result<WorkspacePath, ApiError> {
    call.required_query("path")?.parse()
}

#[derive(Default, Deserialize)]
struct Import {
    path: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    format: String,
    language: Option<String>,
    #[serde(default)]
    overwrite: bool,
}

async fn import(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let content_type = call
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let boundary = content_type.and_then(|text| multer::parse_boundary(text).ok());
    let (import, content) = match boundary {
        Some(boundary) => read_form(call.take_body(), boundary).await?,
        None => {
            let import: Import = call.json().await?;
            let content = STANDARD
                .decode(&import.content)
                .map_err(|error| ApiError::malformed(format!("`content` is not base64: {error}")))?;
            (import, content.into())
        }
    };
    if content.len() > LARGEST_IMPORT {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "MAX_NOTEBOOK_SIZE_EXCEEDED",
            format!(
                "File size imported is ({} bytes), exceeded max size ({LARGEST_IMPORT} bytes)",
                content.len()
            ),
        ));
    }
    let format = (import.format.as_str(), import.language.as_deref());
    let new = new_file(import.path.parse()?, format, content, import.overwrite)?;
    call.workspace.workspace_files().import(&call.principal, new).await?;
    Ok(Json(Empty {}))
}

async fn read_form(body: Body, boundary: String) -> Result<(Import, Bytes), ApiError> {
    let broken = |error: multer::Error| ApiError::malformed(format!("the form cannot be read: {error}"));
    let limit = u64::try_from(LARGEST_IMPORT * 2).unwrap_or(u64::MAX);
    let constraints = multer::Constraints::new().size_limit(multer::SizeLimit::new().whole_stream(limit));
    let mut form = multer::Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    let mut import = Import::default();
    let mut content = Bytes::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default().to_owned().as_str() {
            "content" => content = field.bytes().await.map_err(broken)?,
            "path" => import.path = field.text().await.map_err(broken)?,
            "format" => import.format = field.text().await.map_err(broken)?,
            "language" => import.language = Some(field.text().await.map_err(broken)?),
            "overwrite" => import.overwrite = field.text().await.map_err(broken)?.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
    Ok((import, content))
}

/// What a request brings: a Jupyter document becomes a notebook, as it does on Databricks.
fn new_file(
    path: WorkspacePath,
    (format, language): (&str, Option<&str>),
    content: Bytes,
    overwrite: bool,
) -> Result<NewFile, ApiError> {
    let overwrite = if overwrite {
        Overwrite::Replace
    } else {
        Overwrite::Refuse
    };
    let stem = path.as_str().strip_suffix(".ipynb").map(str::to_owned);
    if format != "JUPYTER" && (format != "AUTO" || stem.is_none()) {
        let format = ImportFormat::parse(format, language)?;
        return Ok(NewFile {
            path,
            format,
            content,
            overwrite,
        });
    }
    let (language, text) = jupyter::source(&content)?;
    Ok(NewFile {
        path: match stem {
            Some(stem) => stem.parse()?,
            None => path,
        },
        format: ImportFormat::Source(language),
        content: text.into(),
        overwrite,
    })
}

async fn import_file(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let path: WorkspacePath = call.parameter("path").parse()?;
    call.workspace
        .workspace_files()
        .check_import(&call.principal, &path)
        .await?;
    let overwrite = call.flag("overwrite")?;
    let content = call.bytes(LARGEST_FILE).await?;
    let new = new_file(path, ("AUTO", None), content, overwrite)?;
    call.workspace.workspace_files().import(&call.principal, new).await?;
    Ok(Json(Empty {}))
}

async fn read_file(call: Call) -> Result<Response, ApiError> {
    let path = call.parameter("path").parse()?;
    let (_, content) = call.workspace.workspace_files().read(&call.principal, &path).await?;
    Ok(raw(content))
}

fn raw(content: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/octet-stream")], content).into_response()
}

#[derive(Serialize)]
struct Exported {
    content: String,
    file_type: String,
}

async fn export(call: Call) -> Result<Response, ApiError> {
    let path = queried_path(&call)?;
    let format = call.query("format").unwrap_or("SOURCE");
    let files = call.workspace.workspace_files();
    let object = files.get(&call.principal, &path).await?;
    match (format, object.kind) {
        (_, FileKind::Directory | FileKind::Dashboard | FileKind::GenieSpace) => {
            return Err(call.not_implemented(format!(
                "the local workspace exports files and notebooks, {path} is a {}",
                object.kind.as_str().to_lowercase()
            )));
        }
        ("SOURCE" | "AUTO" | "", _) | ("RAW", FileKind::File) => {}
        ("JUPYTER" | "HTML" | "DBC" | "R_MARKDOWN" | "RAW", _) => {
            return Err(ApiError::not_implemented(format!(
                "the local workspace does not export {path} as {format}"
            )));
        }
        (other, _) => return Err(ApiError::invalid(format!("`{other}` is not an export format"))),
    }
    let content = files.content(&object).await?;
    if call.flag("direct_download")? {
        return Ok(raw(content));
    }
    let file_type = match object.language {
        Some(language) => language.extension().to_owned(),
        None => path
            .name()
            .rsplit_once('.')
            .map_or_else(String::new, |(_, extension)| extension.to_owned()),
    };
    Ok(Json(Exported {
        content: STANDARD.encode(&content),
        file_type,
    })
    .into_response())
}

async fn get_status(call: Call) -> Result<Json<ObjectInfo>, ApiError> {
    let path = queried_path(&call)?;
    let object = call.workspace.workspace_files().get(&call.principal, &path).await?;
    let git_folders = git_folders::numbers(&call.workspace).await?;
    Ok(Json(ObjectInfo::of(object, &git_folders)))
}

#[derive(Serialize)]
struct Listing {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objects: Vec<ObjectInfo>,
}

async fn list(call: Call) -> Result<Json<Listing>, ApiError> {
    let path = queried_path(&call)?;
    let modified_after: Option<i64> = call.parse_query("notebooks_modified_after")?;
    let found = call.workspace.workspace_files().list(&call.principal, &path).await?;
    let wanted = |object: &WorkspaceObject| {
        object.kind != FileKind::Notebook || modified_after.is_none_or(|after| object.modified_at > after)
    };
    let git_folders = git_folders::numbers(&call.workspace).await?;
    let shown = found.into_iter().filter(wanted);
    Ok(Json(Listing {
        objects: shown.map(|object| ObjectInfo::of(object, &git_folders)).collect(),
    }))
}

#[derive(Deserialize)]
struct PathBody {
    path: String,
    #[serde(default)]
    recursive: bool,
}

async fn make_directories(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: PathBody = call.json().await?;
    call.workspace
        .workspace_files()
        .make_directories(&call.principal, &body.path.parse()?)
        .await?;
    Ok(Json(Empty {}))
}

async fn delete(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: PathBody = call.json().await?;
    call.workspace
        .workspace_files()
        .delete(&call.principal, &body.path.parse()?, body.recursive)
        .await?;
    Ok(Json(Empty {}))
}
