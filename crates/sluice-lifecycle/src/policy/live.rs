//! What policies look at in a workspace: principals, tables and grants of the product. Reads only.

use std::collections::BTreeMap;

use serde::Deserialize;
use sluice_databricks::{Client, ClientError};
use sluice_model::Tree;
use sluice_policy::input::Evidence;
use sluice_wire::{Method, Request};

/// The part `live` of an input, with what of it is there.
pub(super) async fn read(client: &Client, principals: &[String], tables: &[String]) -> (Tree, Evidences) {
    let mut live = nothing();
    let mut evidence = Evidences::new();
    let mut keep = |part: &'static str, found: Result<Tree, ClientError>| {
        let status = match found {
            Ok(tree) => {
                live.set(part, tree);
                Evidence::Present
            }
            Err(error) => Evidence::Missing(crate::execution::checks::causes(&error)),
        };
        evidence.insert(part, status);
    };
    keep("principals", read_principals(client, principals).await);
    keep("tables", read_tables(client, tables).await);
    keep("grants", read_grants(client, tables).await);
    (live, evidence)
}

/// Kinds of evidence with their state.
pub(super) type Evidences = BTreeMap<&'static str, Evidence>;

/// The part `live` when nobody could be asked.
pub(super) fn nothing() -> Tree {
    let mut live = Tree::mapping();
    for part in ["principals", "tables", "grants"] {
        live.set(part, Tree::mapping());
    }
    live
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "Resources", default)]
    resources: Vec<Principal>,
}

#[derive(Deserialize)]
struct Principal {
    #[serde(default)]
    active: Option<bool>,
}

/// Each name is looked for as a group, a user and a service principal, so that a workspace with many principals is not read whole.
async fn read_principals(client: &Client, names: &[String]) -> Result<Tree, ClientError> {
    let kinds = [
        ("Groups", "displayName", "group"),
        ("Users", "userName", "user"),
        ("ServicePrincipals", "applicationId", "service_principal"),
    ];
    let mut tree = Tree::mapping();
    for name in names {
        for (path, field, kind) in kinds {
            let request = Request::new(Method::Get, format!("/api/2.0/preview/scim/v2/{path}"))
                .query("filter", format!("{field} eq \"{}\"", name.replace('"', "")));
            let page: Page = client.fetch(&request).await?;
            if let Some(found) = page.resources.first() {
                let mut principal = Tree::mapping();
                principal.set("type", kind);
                principal.set("active", found.active.unwrap_or(true));
                tree.set(name, principal);
                break;
            }
        }
    }
    Ok(tree)
}

#[derive(Deserialize)]
struct Table {
    #[serde(default)]
    owner: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(default)]
    type_text: String,
    #[serde(default)]
    nullable: Option<bool>,
}

async fn read_tables(client: &Client, names: &[String]) -> Result<Tree, ClientError> {
    let mut tree = Tree::mapping();
    for name in names {
        let request = Request::new(Method::Get, format!("/api/2.1/unity-catalog/tables/{name}"));
        let Some(found) = found::<Table>(client, &request).await? else {
            continue;
        };
        let mut columns = Tree::mapping();
        for column in found.columns {
            let mut entry = Tree::mapping();
            entry.set("type", column.type_text);
            if let Some(nullable) = column.nullable {
                entry.set("nullable", nullable);
            }
            columns.set(&column.name, entry);
        }
        let mut table = Tree::mapping();
        table.set("name", name.as_str());
        table.set("owner", found.owner);
        table.set("comment", found.comment);
        table.set("columns", columns);
        tree.set(name, table);
    }
    Ok(tree)
}

#[derive(Deserialize)]
struct Permissions {
    #[serde(default)]
    privilege_assignments: Vec<Assignment>,
}

#[derive(Deserialize)]
struct Assignment {
    principal: String,
    #[serde(default)]
    privileges: Vec<String>,
}

async fn read_grants(client: &Client, names: &[String]) -> Result<Tree, ClientError> {
    let mut tree = Tree::mapping();
    for name in names {
        let request = Request::new(Method::Get, format!("/api/2.1/unity-catalog/permissions/table/{name}"));
        let Some(found) = found::<Permissions>(client, &request).await? else {
            continue;
        };
        for assignment in found.privilege_assignments {
            let privileges = assignment.privileges.into_iter().map(Tree::from).collect();
            let mut grant = Tree::mapping();
            grant.set("securable", "tables");
            grant.set("name", name.as_str());
            grant.set("principal", assignment.principal.as_str());
            grant.set("privileges", Tree::from(sluice_model::Node::Sequence(privileges)));
            tree.set(&format!("{name}/{}", assignment.principal), grant);
        }
    }
    Ok(tree)
}

/// What a read answers; none when the object is not there.
async fn found<T: serde::de::DeserializeOwned>(client: &Client, request: &Request) -> Result<Option<T>, ClientError> {
    match client.fetch(request).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}
