//! Reads objects of a workspace as they are, with access, tags and permissions. Never writes.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use sluice_bundle::capture::{CapturedKind, LeftOut, Reading, SchemaName};
use sluice_databricks::{ApiError, Client, ClientError};
use sluice_model::{Node, Tree};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

/// Reads at the same time.
const PARALLEL: usize = 10;

/// Arrays of a job that come in pages.
const PAGED: [&str; 4] = ["tasks", "job_clusters", "parameters", "environments"];

const CATALOG: &str = "/api/2.1/unity-catalog";

/// An object cannot be read. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The workspace does not let the caller see it.
    #[error("{object} cannot be captured: {privilege} is missing")]
    Denied {
        /// The object: kind and name.
        object: String,
        /// What the caller needs.
        privilege: String,
        /// What the workspace says.
        #[source]
        source: Box<ApiError>,
    },
    /// It was listed, and is not there any more.
    #[error("{object} was deleted while it was being captured")]
    Vanished {
        /// The object: kind and name.
        object: String,
    },
    /// The workspace did not answer, or with an error.
    #[error("{object} cannot be captured")]
    Client {
        /// The object: kind and name.
        object: String,
        /// Why.
        #[source]
        source: ClientError,
    },
}

/// Reads objects, and keeps what a workspace does not offer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live<'a> {
    pub(crate) client: &'a Client,
}

/// An answer as a tree.
struct Answer(Tree);

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(Tree::from_json(&value)))
    }
}

/// What is asked for, for messages.
#[derive(Clone, Debug)]
struct Asked {
    object: String,
    privilege: String,
}

impl Asked {
    fn of(kind: CapturedKind, id: &str) -> Self {
        let privilege = match kind {
            CapturedKind::Schema => "USE SCHEMA on it, or USE CATALOG on its catalog,",
            CapturedKind::Table | CapturedKind::View => "SELECT or BROWSE on it, or USE SCHEMA on its schema,",
            CapturedKind::Function => "EXECUTE on it, or USE SCHEMA on its schema,",
            CapturedKind::Volume => "READ VOLUME on it, or USE SCHEMA on its schema,",
            CapturedKind::Job => "CAN VIEW on it",
            CapturedKind::GenieSpace => "CAN EDIT on it, which shows its content,",
            CapturedKind::Dashboard => "CAN READ on it",
        };
        Self {
            object: format!("{} `{id}`", kind.noun()),
            privilege: privilege.to_owned(),
        }
    }

    fn error(&self, source: ClientError) -> LiveError {
        match source {
            ClientError::Api(error) if error.status == 403 => LiveError::Denied {
                object: self.object.clone(),
                privilege: self.privilege.clone(),
                source: error,
            },
            source if source.is_missing() => LiveError::Vanished {
                object: self.object.clone(),
            },
            source => LiveError::Client {
                object: self.object.clone(),
                source,
            },
        }
    }
}

impl Live<'_> {
    async fn answer(&self, request: &Request, asked: &Asked) -> Result<Tree, LiveError> {
        let answer: Result<Answer, ClientError> = self.client.fetch(request).await;
        answer.map(|answer| answer.0).map_err(|error| asked.error(error))
    }

    async fn list(&self, request: &Request, items: &str, asked: &Asked) -> Result<Vec<Tree>, LiveError> {
        let found = self.client.pages(request, items).await;
        let found = found.map_err(|error| asked.error(error))?;
        Ok(found.iter().map(Tree::from_json).collect())
    }

    /// One object; none when it does not exist.
    pub(crate) async fn object(&self, kind: CapturedKind, id: &str) -> Result<Option<Reading>, LiveError> {
        match self.read(kind, id).await {
            Ok(reading) => Ok(Some(reading)),
            Err(LiveError::Vanished { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An object that may belong to somebody else: what cannot be seen is not there for the caller, and is named.
    pub(crate) async fn visible(
        &self,
        kind: CapturedKind,
        id: &str,
        left_out: &mut Vec<LeftOut>,
    ) -> Result<Option<Reading>, LiveError> {
        match self.object(kind, id).await {
            Err(LiveError::Denied { object, privilege, .. }) => {
                let reason = format!("whether it belongs to the product cannot be seen: {privilege} is missing");
                left_out.push(LeftOut { object, reason });
                Ok(None)
            }
            other => other,
        }
    }

    /// Many objects, all of which were listed before.
    pub(crate) async fn objects(&self, listed: Vec<(CapturedKind, String)>) -> Result<Vec<Reading>, LiveError> {
        stream::iter(listed)
            .map(|(kind, id)| async move { self.read(kind, &id).await })
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await
    }

    async fn read(&self, kind: CapturedKind, id: &str) -> Result<Reading, LiveError> {
        let asked = Asked::of(kind, id);
        let mut reading = Reading {
            kind,
            id: id.to_owned(),
            object: Tree::default(),
            grants: Vec::new(),
            tags: Vec::new(),
            permissions: Vec::new(),
        };
        let name = encode_segment(id);
        match kind {
            CapturedKind::Job => {
                reading.object = self.job(id, &asked).await?;
                reading.permissions = self.permissions("jobs", id, &asked).await?;
            }
            CapturedKind::GenieSpace => {
                let request = get(format!("/api/2.0/genie/spaces/{name}")).query("include_serialized_space", true);
                reading.object = self.answer(&request, &asked).await?;
                reading.permissions = self.permissions("genie", id, &asked).await?;
            }
            CapturedKind::Dashboard => {
                let request = get(format!("/api/2.0/lakeview/dashboards/{name}"));
                reading.object = self.answer(&request, &asked).await?;
                reading.permissions = self.permissions("dashboards", id, &asked).await?;
            }
            CapturedKind::Schema
            | CapturedKind::Table
            | CapturedKind::View
            | CapturedKind::Function
            | CapturedKind::Volume => {
                let (path, securable) = place(kind);
                reading.object = self.answer(&get(format!("{CATALOG}/{path}/{name}")), &asked).await?;
                let request = get(format!("{CATALOG}/permissions/{securable}/{name}"));
                reading.grants = self.list(&request, "privilege_assignments", &asked).await?;
                if kind != CapturedKind::Function {
                    reading.tags = self.tags(path, id, &reading.object, &asked).await?;
                }
            }
        }
        Ok(reading)
    }

    /// Tags of an object and of its columns: one list for each, because the API has no other way.
    async fn tags(&self, path: &str, id: &str, object: &Tree, asked: &Asked) -> Result<Vec<Tree>, LiveError> {
        let columns = object.get("columns").and_then(Tree::as_sequence).unwrap_or_default();
        let columns = columns.iter().filter_map(|column| column.get("name")?.as_str());
        let of_columns = columns.map(|column| ("columns", format!("{id}.{column}")));
        let entities: Vec<(&str, String)> = [(path, id.to_owned())].into_iter().chain(of_columns).collect();
        let lists: Vec<Vec<Tree>> = stream::iter(entities)
            .map(|(entity, name)| async move {
                let name = encode_segment(&name);
                let request = get(format!("{CATALOG}/entity-tag-assignments/{entity}/{name}/tags"));
                match self.list(&request, "tag_assignments", asked).await {
                    Err(LiveError::Client { source, .. }) if is_unknown(&source) => Ok(Vec::new()),
                    other => other,
                }
            })
            .buffered(PARALLEL)
            .try_collect()
            .await?;
        Ok(lists.into_iter().flatten().collect())
    }

    async fn permissions(&self, kind: &str, id: &str, asked: &Asked) -> Result<Vec<Tree>, LiveError> {
        let request = get(format!("/api/2.0/permissions/{kind}/{}", encode_segment(id)));
        let answer = self.answer(&request, asked).await?;
        let list = answer.get("access_control_list").and_then(Tree::as_sequence);
        Ok(list.unwrap_or_default().to_vec())
    }

    /// A job with the arrays of all its pages.
    async fn job(&self, id: &str, asked: &Asked) -> Result<Tree, LiveError> {
        let request = get("/api/2.2/jobs/get").query("job_id", id);
        let mut job = self.answer(&request, asked).await?;
        let mut token = next_page(&job);
        while let Some(page) = token {
            let mut more = self.answer(&request.clone().query("page_token", page), asked).await?;
            for field in PAGED {
                let found = more.get_mut("settings").and_then(|settings| settings.get_mut(field));
                let known = job.get_mut("settings").and_then(|settings| settings.get_mut(field));
                if let (Some(Node::Sequence(more)), Some(Node::Sequence(known))) =
                    (found.map(|list| &mut list.node), known.map(|list| &mut list.node))
                {
                    known.append(more);
                }
            }
            token = next_page(&more);
        }
        Ok(job)
    }

    /// The ids of everything in a schema, the schema first; nothing when there is no such schema.
    pub(crate) async fn in_schema(&self, schema: &SchemaName) -> Result<Vec<(CapturedKind, String)>, LiveError> {
        let full = schema.full();
        let asked = Asked::of(CapturedKind::Schema, &full);
        let name = encode_segment(&full);
        match self.answer(&get(format!("{CATALOG}/schemas/{name}")), &asked).await {
            Err(LiveError::Vanished { .. }) => return Ok(Vec::new()),
            other => other?,
        };
        let mut found = vec![(CapturedKind::Schema, full)];
        for (path, kind) in [
            ("tables", CapturedKind::Table),
            ("functions", CapturedKind::Function),
            ("volumes", CapturedKind::Volume),
        ] {
            let request = get(format!("{CATALOG}/{path}"))
                .query("catalog_name", &schema.catalog)
                .query("schema_name", &schema.schema);
            let list = match self.list(&request, path, &asked).await {
                Err(LiveError::Client { source, .. }) if is_unknown(&source) => Vec::new(),
                other => other?,
            };
            for object in list {
                let is_view = object.get("table_type").and_then(Tree::as_str) == Some("VIEW");
                let kind = if is_view { CapturedKind::View } else { kind };
                found.extend(text(&object, "full_name").map(|name| (kind, name)));
            }
        }
        Ok(found)
    }

    /// Jobs, Genie spaces and dashboards that the caller may see, with what their lists show of them.
    pub(crate) async fn listed(
        &self,
        left_out: &mut Vec<LeftOut>,
    ) -> Result<Vec<(CapturedKind, String, Tree)>, LiveError> {
        let mut found = Vec::new();
        for (kind, request, items, id) in [
            (
                CapturedKind::Job,
                get("/api/2.2/jobs/list")
                    .query("expand_tasks", true)
                    .query("limit", 100),
                "jobs",
                "job_id",
            ),
            (
                CapturedKind::GenieSpace,
                get("/api/2.0/genie/spaces"),
                "spaces",
                "space_id",
            ),
            (
                CapturedKind::Dashboard,
                get("/api/2.0/lakeview/dashboards"),
                "dashboards",
                "dashboard_id",
            ),
        ] {
            let asked = Asked {
                object: format!("the list of {}s", kind.noun()),
                privilege: "access to this workspace".to_owned(),
            };
            let list = match self.list(&request, items, &asked).await {
                Ok(list) => list,
                Err(LiveError::Client { source, .. }) if is_unknown(&source) => {
                    left_out.push(LeftOut {
                        object: format!("{}s", kind.noun()),
                        reason: "this workspace does not have them".to_owned(),
                    });
                    continue;
                }
                Err(error) => return Err(error),
            };
            for object in list {
                if let Some(id) = text(&object, id) {
                    found.push((kind, id, object));
                }
            }
        }
        Ok(found)
    }

    /// What stands in a folder of the workspace; nothing when there is no such folder.
    pub(crate) async fn folder(&self, path: &str) -> Result<Vec<Tree>, LiveError> {
        let asked = Asked {
            object: format!("folder `{path}`"),
            privilege: "CAN READ on it".to_owned(),
        };
        let request = get("/api/2.0/workspace/list").query("path", path);
        match self.list(&request, "objects", &asked).await {
            Err(LiveError::Vanished { .. }) => Ok(Vec::new()),
            other => other,
        }
    }

    /// What an object of the workspace tree is; none when it does not exist.
    pub(crate) async fn status(&self, path: &str) -> Result<Option<Tree>, LiveError> {
        let asked = Asked {
            object: format!("`{path}`"),
            privilege: "CAN READ on it".to_owned(),
        };
        let request = get("/api/2.0/workspace/get-status").query("path", path);
        match self.answer(&request, &asked).await {
            Ok(status) => Ok(Some(status)),
            Err(LiveError::Vanished { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The content of a file or notebook that was listed.
    pub(crate) async fn content(&self, path: &str) -> Result<Vec<u8>, LiveError> {
        let asked = Asked {
            object: format!("file `{path}`"),
            privilege: "CAN READ on it".to_owned(),
        };
        let content = self.client.download(path).await.map_err(|error| asked.error(error))?;
        content.ok_or(LiveError::Vanished { object: asked.object })
    }
}

/// Whether the workspace does not have the operation at all, so that there is nothing of that kind in it.
fn is_unknown(error: &ClientError) -> bool {
    error.api().is_some_and(|error| error.status == 501)
}

fn get(path: impl Into<String>) -> Request {
    Request::new(Method::Get, path)
}

/// Path of the collection, and securable type of the grants API.
fn place(kind: CapturedKind) -> (&'static str, &'static str) {
    match kind {
        CapturedKind::Schema => ("schemas", "schema"),
        CapturedKind::Function => ("functions", "function"),
        CapturedKind::Volume => ("volumes", "volume"),
        CapturedKind::Table
        | CapturedKind::View
        | CapturedKind::Job
        | CapturedKind::GenieSpace
        | CapturedKind::Dashboard => ("tables", "table"),
    }
}

/// A text or number of an answer as text.
pub(crate) fn text(tree: &Tree, field: &str) -> Option<String> {
    let value = tree.get(field)?;
    value
        .as_str()
        .map(str::to_owned)
        .or_else(|| value.as_integer().map(|number| number.to_string()))
}

fn next_page(answer: &Tree) -> Option<String> {
    text(answer, "next_page_token").filter(|token| !token.is_empty())
}
