//! The definition of a pipeline as far as its updates depend on it, and what of it the workspace does not execute.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::sql::Defaults;

/// The definition of a pipeline.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Spec {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) catalog: Option<String>,
    #[serde(default)]
    pub(crate) schema: Option<String>,
    #[serde(default)]
    pub(crate) target: Option<String>,
    #[serde(default)]
    pub(crate) libraries: Vec<Library>,
    #[serde(default)]
    pub(crate) configuration: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) root_path: Option<String>,
    #[serde(default)]
    pub(crate) continuous: bool,
    #[serde(default)]
    pub(crate) environment: Option<Environment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ingestion_definition: Option<Present>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gateway_definition: Option<Present>,
}

/// A field of which only matters that it is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Present {}

/// What has to be installed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Environment {
    #[serde(default)]
    dependencies: Vec<String>,
}

/// Where source code stands: exactly one of the fields is given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Library {
    #[serde(default)]
    pub(crate) notebook: Option<Path>,
    #[serde(default)]
    pub(crate) file: Option<Path>,
    #[serde(default)]
    pub(crate) glob: Option<Glob>,
    #[serde(default)]
    jar: Option<String>,
    #[serde(default)]
    whl: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maven: Option<Present>,
}

/// A notebook or a file of the workspace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Path {
    pub(crate) path: String,
}

/// A notebook, a file, or with `/**` all of a directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Glob {
    pub(crate) include: String,
}

impl Spec {
    /// Refuses a definition that cannot be executed, before anything starts.
    ///
    /// # Errors
    /// 400 when something is missing or contradictory, 501 naming what is not executed here.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        let refuse = |what: &str, instead: &str| {
            Err(ApiError::not_implemented(format!(
                "{what} is not executed by the local workspace: {instead}"
            )))
        };
        if self.continuous {
            return refuse("a pipeline with `continuous`", "leave it out and start updates");
        }
        if self.ingestion_definition.is_some() || self.gateway_definition.is_some() {
            return refuse("an ingestion pipeline", "give `libraries` with notebooks or files");
        }
        if self
            .environment
            .as_ref()
            .is_some_and(|each| !each.dependencies.is_empty())
        {
            return refuse(
                "`environment.dependencies` of a pipeline",
                "use what the local runtime has",
            );
        }
        for library in &self.libraries {
            let other = [
                ("jar", library.jar.is_some()),
                ("whl", library.whl.is_some()),
                ("maven", library.maven.is_some()),
            ];
            if let Some((kind, _)) = other.into_iter().find(|(_, given)| *given) {
                return refuse(
                    &format!("a library of the kind `{kind}`"),
                    "use `notebook`, `file` or `glob`",
                );
            }
            let given = [
                library.notebook.is_some(),
                library.file.is_some(),
                library.glob.is_some(),
            ];
            if given.into_iter().filter(|given| *given).count() != 1 {
                return Err(ApiError::invalid(
                    "a library has exactly one of `notebook`, `file` and `glob`",
                ));
            }
        }
        if self.libraries.is_empty() {
            return Err(ApiError::invalid(
                "the pipeline has no `libraries`: name the notebooks or files that define its datasets",
            ));
        }
        self.defaults().map(drop)
    }

    /// Where its datasets stand, and where names in its source are looked up.
    ///
    /// # Errors
    /// 400 without a catalog and a schema.
    pub(crate) fn defaults(&self) -> Result<Defaults, ApiError> {
        let given = |field: &Option<String>| field.as_deref().filter(|name| !name.is_empty()).map(str::to_lowercase);
        match (given(&self.catalog), given(&self.schema).or(given(&self.target))) {
            (Some(catalog), Some(schema)) => Ok(Defaults {
                catalog: Some(catalog),
                schema: Some(schema),
            }),
            _ => Err(ApiError::invalid(
                "the pipeline needs `catalog` and `schema` to be run: its datasets are tables of Unity Catalog",
            )),
        }
    }
}
