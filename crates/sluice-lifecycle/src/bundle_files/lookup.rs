//! Ids by name, for the `lookup` of a variable.

use serde_json::Value;
use sluice_databricks::{Client, ClientError};
use sluice_wire::{Method, Request};

/// How one kind of lookup is answered by a list.
struct List {
    path: &'static str,
    items: &'static str,
    name: &'static str,
    id: &'static str,
    /// Query parameter by which the list can be narrowed to the name.
    narrow_by: Option<&'static str>,
}

fn list_of(kind: &str) -> Option<List> {
    let (path, items, name, id, narrow_by) = match kind {
        "warehouse" => ("/api/2.0/sql/warehouses", "warehouses", "name", "id", None),
        "job" => ("/api/2.2/jobs/list", "jobs", "settings.name", "job_id", Some("name")),
        "pipeline" => ("/api/2.0/pipelines", "statuses", "name", "pipeline_id", None),
        "cluster" => ("/api/2.1/clusters/list", "clusters", "cluster_name", "cluster_id", None),
        "cluster_policy" => ("/api/2.0/policies/clusters/list", "policies", "name", "policy_id", None),
        "instance_pool" => (
            "/api/2.0/instance-pools/list",
            "instance_pools",
            "instance_pool_name",
            "instance_pool_id",
            None,
        ),
        "service_principal" => (
            "/api/2.0/preview/scim/v2/ServicePrincipals",
            "Resources",
            "displayName",
            "applicationId",
            None,
        ),
        _ => return None,
    };
    Some(List {
        path,
        items,
        name,
        id,
        narrow_by,
    })
}

/// The id of the one object with this name, or the message why there is none.
///
/// # Errors
/// When the workspace cannot be asked.
pub(crate) async fn lookup(client: &Client, kind: &str, name: &str) -> Result<Result<String, String>, ClientError> {
    let Some(list) = list_of(kind) else {
        return Ok(Err(format!("this version cannot look up a {kind} by name")));
    };
    let mut request = Request::new(Method::Get, list.path);
    if let Some(parameter) = list.narrow_by {
        request = request.query(parameter, name);
    }
    let items = client.pages(&request, list.items).await?;
    let ids: Vec<String> = items
        .iter()
        .filter(|item| field(item, list.name).and_then(Value::as_str) == Some(name))
        .filter_map(|item| field(item, list.id).map(text))
        .collect();
    let words = kind.replace('_', " ");
    Ok(match ids.as_slice() {
        [id] => Ok(id.clone()),
        [] => Err(format!("{} has no {words} named `{name}`", client.host())),
        several => Err(format!(
            "{} has {} {words}s named `{name}`: {}",
            client.host(),
            several.len(),
            several.join(", ")
        )),
    })
}

fn field<'a>(item: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(item, |value, key| value.get(key))
}

fn text(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
