//! What is deployed: each resource of the bundle with its id and page.

use serde::Serialize;
use sluice_bundle::engine::States;
use sluice_databricks::Host;
use sluice_model::{ResourceKey, Tree};

use crate::bundle_files::LoadedBundle;
use crate::deploy::base_state::{self, BaseStateError};

/// What is deployed.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Resources of the bundle and of the deployment's state, by key.
    pub resources: Vec<SummaryResource>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SummaryResource {
    /// Its key.
    pub key: ResourceKey,
    /// Its name, as the bundle gives it.
    pub name: Option<String>,
    /// Its remote id; none when it is not deployed.
    pub id: Option<String>,
    /// Its page in the workspace, for kinds that have one.
    pub url: Option<String>,
    /// For a run: the job that it is one of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<i64>,
    /// The version of it that was last applied, of dashboards alone.
    pub etag: Option<String>,
    /// Whether the bundle still has it; it is deleted by the next deployment otherwise.
    pub in_bundle: bool,
}

/// Reads the state and puts it beside the bundle. The objects themselves are not read.
///
/// # Errors
/// When the state cannot be read.
pub async fn summary(loaded: &LoadedBundle) -> Result<Summary, BaseStateError> {
    let base = base_state::read(loaded).await?;
    let mut resources: Vec<SummaryResource> = Vec::new();
    let bundle = &loaded.bundle;
    let documents = [(bundle.config.get("resources"), false), (Some(&bundle.catalog), true)];
    for (document, catalog) in documents {
        let kinds = document.and_then(Tree::as_mapping).into_iter().flatten();
        for (kind, entries) in kinds {
            for (name, body) in entries.as_mapping().into_iter().flatten() {
                let key = if catalog {
                    ResourceKey::catalog(kind, name)
                } else {
                    ResourceKey::bundle(kind, name)
                };
                let shown = body.get("name").and_then(Tree::as_str).map(str::to_owned);
                resources.push(resource(key, shown, &base.states, loaded.client.host(), true));
            }
        }
    }
    for (key, entry) in base.states.entries() {
        if key.sub.is_none() && !resources.iter().any(|resource| resource.key == *key) {
            let shown = entry
                .state
                .get("name")
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned);
            resources.push(resource(key.clone(), shown, &base.states, loaded.client.host(), false));
        }
    }
    resources.sort_by(|one, two| one.key.cmp(&two.key));
    Ok(Summary { resources })
}

fn resource(key: ResourceKey, name: Option<String>, states: &States, host: &Host, in_bundle: bool) -> SummaryResource {
    let entry = states.get(&key);
    let id = entry.map(|entry| entry.id.clone());
    let etag = entry
        .filter(|_| key.kind == "dashboards")
        .and_then(|entry| entry.state.get("etag"));
    let etag = etag.and_then(|etag| Some(etag.as_str()?.to_owned()));
    let job_id = entry
        .filter(|_| key.kind == "job_runs")
        .and_then(|entry| entry.state.get("job_id")?.as_i64());
    let url = match (&id, job_id) {
        (Some(run), Some(job)) => Some(format!("{host}/jobs/{job}/runs/{run}")),
        (Some(id), None) => page(&key, id, host),
        (None, _) => None,
    };
    SummaryResource {
        key,
        name,
        id,
        url,
        job_id,
        etag,
        in_bundle,
    }
}

/// The page of an object in the workspace.
fn page(key: &ResourceKey, id: &str, host: &Host) -> Option<String> {
    let slashed = id.replace('.', "/");
    match key.kind.as_str() {
        "secrets" => Some(format!("{host}/explore/data/{slashed}")),
        "apps" => Some(format!("{host}/apps/{id}")),
        "jobs" => Some(format!("{host}/jobs/{id}")),
        "genie_spaces" => Some(format!("{host}/genie/rooms/{id}")),
        "dashboards" => Some(format!("{host}/dashboardsv3/{id}")),
        "schemas" | "tables" | "views" => Some(format!("{host}/explore/data/{slashed}")),
        "functions" => Some(format!("{host}/explore/data/functions/{slashed}")),
        "volumes" => Some(format!("{host}/explore/data/volumes/{slashed}")),
        _ => None,
    }
}
