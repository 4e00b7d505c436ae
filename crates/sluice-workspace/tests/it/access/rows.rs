//! Rows of secrets, functions, keys, tags, dashboards, Genie spaces and faults.

use serde_json::{Value, json};

use super::{ADMINISTER, D, EVERYBODY, MANAGE, PRINCIPALS, READ, Row};
use crate::support::{Client, Environment};

const DASHBOARDS: &str = "/api/2.0/lakeview/dashboards";
const SPACES: &str = "/api/2.0/genie/spaces";
const UC: &str = "/api/2.1/unity-catalog";

/// What needs a privilege that administrators do not have unless it is granted to them.
const OWNER: [u16; 4] = [403, 403, 200, 403];

/// Ids of what [`prepare`] made.
pub(super) struct Objects {
    dashboard: String,
    space: String,
    /// Placeholder of a dashboard or space that is for one principal to remove, and its id.
    pub(super) removed: Vec<(String, String)>,
}

fn dashboard(name: &str) -> Value {
    let document = json!({"pages": [{"name": "p", "displayName": "P"}], "datasets": []});
    json!({"display_name": name, "serialized_dashboard": document.to_string(), "parent_path": D})
}

fn space(warehouse: &str, title: &str) -> Value {
    let document = json!({"version": 2, "data_sources": {"tables": [{"identifier": "dev.s.t"}]}});
    json!({"title": title, "warehouse_id": warehouse, "serialized_space": document.to_string(), "parent_path": D})
}

fn function(name: &str) -> Value {
    let parameter = json!({"name": "x", "type_text": "string", "type_name": "STRING", "position": 0});
    json!({"function_info": {"name": name, "catalog_name": "dev", "schema_name": "s",
        "input_params": {"parameters": [parameter]}, "data_type": "STRING", "full_data_type": "STRING",
        "routine_body": "SQL", "routine_definition": "x", "parameter_style": "S", "is_deterministic": true,
        "sql_data_access": "CONTAINS_SQL", "is_null_call": true, "security_type": "DEFINER", "specific_name": name}})
}

fn tag(key: &str) -> Value {
    json!({"entity_type": "tables", "entity_name": "dev.s.t", "tag_key": key, "tag_value": "v"})
}

/// Makes what the rows are about; the table `dev.s.t` and the directory with its permissions are there already.
pub(super) async fn prepare(environment: &Environment, warehouse: &str) -> Objects {
    let (engineer, admin) = (environment.client("engineer"), environment.client("admin"));
    let made = async |client: &Client, path: &str, body: Value| client.post(path, body).await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let secrets = "/api/2.0/secrets";
    let scope = json!({"scope": "kept"});
    made(&engineer, &format!("{secrets}/scopes/create"), scope).await;
    let secret = json!({"scope": "kept", "key": "k", "string_value": "x"});
    made(&engineer, &format!("{secrets}/put"), secret).await;
    let entry = json!({"scope": "kept", "principal": "stewards", "permission": "READ"});
    made(&engineer, &format!("{secrets}/acls/put"), entry).await;
    let kept = dashboard("kept");
    let kept = made(&engineer, DASHBOARDS, kept).await;
    let dashboard_id = text(&kept["dashboard_id"]);
    let published = format!("{DASHBOARDS}/{dashboard_id}/published");
    made(&engineer, &published, json!({})).await;
    let space_id = text(&made(&engineer, SPACES, space(warehouse, "kept")).await["space_id"]);
    made(&engineer, &format!("{UC}/functions"), function("f")).await;
    let assignments = format!("{UC}/entity-tag-assignments");
    made(&engineer, &assignments, tag("kept")).await;
    made(&admin, "/api/2.1/tag-policies", json!({"tag_key": "governed"})).await;
    let mut removed = Vec::new();
    for principal in PRINCIPALS {
        let name = format!("d_{principal}");
        made(&engineer, &format!("{secrets}/scopes/create"), json!({"scope": name})).await;
        let id = text(&made(&engineer, DASHBOARDS, dashboard(&name)).await["dashboard_id"]);
        made(&engineer, &format!("{DASHBOARDS}/{id}/published"), json!({})).await;
        removed.push((format!("{{dashboard of {principal}}}"), id));
        let id = text(&made(&engineer, SPACES, space(warehouse, &name)).await["space_id"]);
        removed.push((format!("{{space of {principal}}}"), id));
        made(&engineer, &format!("{UC}/functions"), function(&name)).await;
        made(&engineer, &assignments, tag(&name)).await;
        made(
            &admin,
            "/api/2.1/tag-policies",
            json!({"tag_key": format!("g_{principal}")}),
        )
        .await;
    }
    Objects {
        dashboard: dashboard_id,
        space: space_id,
        removed,
    }
}

pub(super) fn secret_rows() -> Vec<Row> {
    let scope = "?scope=kept";
    let put = json!({"scope": "kept", "key": "new_{p}", "string_value": "x"});
    let acl = json!({"scope": "kept", "principal": "domain-owners", "permission": "READ"});
    let remove = json!({"scope": "kept", "principal": "domain-owners"});
    let rows = [
        ("GET", "scopes/list".to_owned(), Value::Null, EVERYBODY),
        (
            "POST",
            "scopes/create".to_owned(),
            json!({"scope": "of_{p}"}),
            EVERYBODY,
        ),
        ("POST", "scopes/delete".to_owned(), json!({"scope": "d_{p}"}), MANAGE),
        ("GET", format!("list{scope}"), Value::Null, READ),
        ("GET", format!("get{scope}&key=k"), Value::Null, READ),
        ("POST", "put".to_owned(), put.clone(), MANAGE),
        ("POST", "delete".to_owned(), put, MANAGE),
        ("GET", format!("acls/list{scope}"), Value::Null, MANAGE),
        (
            "GET",
            format!("acls/get{scope}&principal=stewards"),
            Value::Null,
            MANAGE,
        ),
        ("POST", "acls/put".to_owned(), acl, MANAGE),
        // The engineer has removed it before the administrator comes.
        ("POST", "acls/delete".to_owned(), remove, [403, 403, 200, 404]),
    ];
    rows.map(|(method, path, body, expected)| (method, format!("/api/2.0/secrets/{path}"), body, expected))
        .into()
}

/// Before the rows that remove the tables `dev.s.d_…`: their keys are what the rows are about.
pub(super) fn governance_rows() -> Vec<Row> {
    let key = json!({"primary_key_constraint": {"name": "k", "child_columns": ["id"]}});
    let key = json!({"full_name_arg": "dev.s.d_{p}", "constraint": key});
    let comment = json!({"comment": "c"});
    let tags = format!("{UC}/entity-tag-assignments");
    let of_table = format!("{tags}/tables/dev.s.t/tags");
    let change = json!({"entity_type": "tables", "entity_name": "dev.s.t", "tag_key": "kept", "tag_value": "{p}"});
    let policies = "/api/2.1/tag-policies".to_owned();
    let policy = json!({"tag_key": "governed", "description": "{p}"});
    vec![
        ("POST", format!("{UC}/constraints"), key, MANAGE),
        (
            "DELETE",
            format!("{UC}/constraints/dev.s.d_{{p}}?constraint_name=k&cascade=false"),
            Value::Null,
            MANAGE,
        ),
        (
            "GET",
            format!("{UC}/functions?catalog_name=dev&schema_name=s"),
            Value::Null,
            EVERYBODY,
        ),
        ("GET", format!("{UC}/functions/dev.s.f"), Value::Null, READ),
        ("POST", format!("{UC}/functions"), function("n_{p}"), OWNER),
        ("PATCH", format!("{UC}/functions/dev.s.f"), comment, MANAGE),
        ("DELETE", format!("{UC}/functions/dev.s.d_{{p}}"), Value::Null, MANAGE),
        ("GET", of_table.clone(), Value::Null, READ),
        ("GET", format!("{of_table}/kept"), Value::Null, READ),
        ("POST", tags, tag("n_{p}"), MANAGE),
        (
            "PATCH",
            format!("{of_table}/kept?update_mask=tag_value"),
            change,
            MANAGE,
        ),
        ("DELETE", format!("{of_table}/d_{{p}}"), Value::Null, MANAGE),
        ("GET", policies.clone(), Value::Null, EVERYBODY),
        ("GET", format!("{policies}/governed"), Value::Null, EVERYBODY),
        ("POST", policies.clone(), json!({"tag_key": "of_{p}"}), ADMINISTER),
        (
            "PATCH",
            format!("{policies}/governed?update_mask=description"),
            policy,
            ADMINISTER,
        ),
        ("DELETE", format!("{policies}/g_{{p}}"), Value::Null, ADMINISTER),
    ]
}

/// The directory gives the stewards CAN_READ on what is in it.
pub(super) fn object_rows(objects: &Objects, warehouse: &str) -> Vec<Row> {
    let one = format!("{DASHBOARDS}/{}", objects.dashboard);
    let removed = format!("{DASHBOARDS}/{{dashboard of {{p}}}}");
    let published = format!("{one}/published");
    let kept = format!("{SPACES}/{}", objects.space);
    vec![
        ("GET", DASHBOARDS.to_owned(), Value::Null, EVERYBODY),
        ("GET", one.clone(), Value::Null, READ),
        ("POST", DASHBOARDS.to_owned(), dashboard("n_{p}"), MANAGE),
        ("PATCH", one, json!({"display_name": "kept"}), MANAGE),
        ("POST", published.clone(), json!({}), MANAGE),
        ("GET", published, Value::Null, READ),
        ("DELETE", format!("{removed}/published"), Value::Null, MANAGE),
        ("DELETE", removed, Value::Null, MANAGE),
        ("GET", SPACES.to_owned(), Value::Null, EVERYBODY),
        ("GET", kept.clone(), Value::Null, READ),
        ("POST", SPACES.to_owned(), space(warehouse, "n_{p}"), OWNER),
        ("PATCH", kept, json!({"description": "by {p}"}), MANAGE),
        ("DELETE", format!("{SPACES}/{{space of {{p}}}}"), Value::Null, MANAGE),
    ]
}

/// The fault never fires: nobody asks that often.
pub(super) fn fault_rows() -> Vec<Row> {
    let path = "/_sluice/faults".to_owned();
    let fault = json!({"nth": 1_000_000_000, "action": {"kind": "drop"}});
    vec![
        ("POST", path.clone(), fault, ADMINISTER),
        ("GET", path.clone(), Value::Null, ADMINISTER),
        ("DELETE", format!("{path}/f1"), Value::Null, ADMINISTER),
        ("DELETE", path, Value::Null, ADMINISTER),
    ]
}
