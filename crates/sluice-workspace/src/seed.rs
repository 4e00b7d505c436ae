//! The first content of a workspace: principals and groups, so that permissions and `run_as` mean something from the start.
//!
//! Seeding runs once per store; what people change or delete afterwards stays so.

use std::collections::BTreeMap;

use sqlx::{Sqlite, Transaction};

use crate::catalog::{NewSecurable, Privilege, Securable, SecurableKind};
use crate::error::ApiError;
use crate::files::{make_directory, make_home};
use crate::identity::{NewPrincipal, add_member, insert_principal};
use crate::permissions::{Level, Object, ObjectKind};
use crate::principal::{ACCOUNT_USERS, ADMINS, USERS};
use crate::warehouses;
use crate::workspace::Workspace;

/// The seeded users and the group that each belongs to.
const SEEDED_USERS: [(&str, &str); 8] = [
    ("admin", ADMINS),
    ("engineer", "engineers"),
    ("steward", "stewards"),
    ("domain-owner", "domain-owners"),
    ("analyst", "analysts"),
    ("business", "business-reviewers"),
    ("legal", "legal-reviewers"),
    ("security", "security-reviewers"),
];

/// The seeded service principal, and its application id, the same in every workspace so that files can name it.
pub const DEPLOYER: (&str, &str) = ("deployer", "de910e50-0000-4000-8000-000000000001");

/// Names of the seeded principals, as profiles use them.
#[must_use]
pub fn seeded_principals() -> Vec<&'static str> {
    SEEDED_USERS.iter().map(|(name, _)| *name).chain([DEPLOYER.0]).collect()
}

/// The name that a seeded principal has in grants and ACLs.
#[must_use]
pub fn principal_name(seeded: &str) -> String {
    if seeded == DEPLOYER.0 {
        DEPLOYER.1.to_owned()
    } else {
        format!("{seeded}@sluice.test")
    }
}

/// Seeds a store that was never seeded.
pub(crate) async fn seed(workspace: &Workspace) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    let seeded: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM principal LIMIT 1")
        .fetch_optional(&mut *transaction)
        .await?;
    if seeded.is_some() {
        return Ok(());
    }
    seed_principals(workspace, &mut transaction).await?;
    seed_catalog(workspace, &mut transaction).await?;
    seed_directories(workspace, &mut transaction).await?;
    seed_warehouse(workspace, &mut transaction).await?;
    Ok(transaction.commit().await?)
}

async fn seed_principals(workspace: &Workspace, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), ApiError> {
    let mut groups = BTreeMap::new();
    for name in SEEDED_USERS.iter().map(|(_, group)| *group).chain([USERS]) {
        let group = NewPrincipal {
            kind: "group",
            name,
            display_name: name,
            attributes: "{}",
        };
        groups.insert(name, insert_principal(workspace, transaction, &group).await?);
    }
    for (short, group) in SEEDED_USERS {
        let name = principal_name(short);
        let user = NewPrincipal {
            kind: "user",
            name: &name,
            display_name: short,
            attributes: "{}",
        };
        let id = insert_principal(workspace, transaction, &user).await?;
        add_member(transaction, groups[group], id).await?;
        add_member(transaction, groups[USERS], id).await?;
    }
    let (display_name, name) = DEPLOYER;
    let deployer = NewPrincipal {
        kind: "service_principal",
        name,
        display_name,
        attributes: "{}",
    };
    let id = insert_principal(workspace, transaction, &deployer).await?;
    add_member(transaction, groups[USERS], id).await
}

/// The metastore, and a catalog named after the workspace: everybody may reach into it, the deployer may make schemas, and engineers
/// may where development happens.
async fn seed_catalog(workspace: &Workspace, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), ApiError> {
    let metastore = object(workspace, SecurableKind::Metastore, None, "metastore", ADMINS);
    let metastore = metastore.insert(workspace, transaction).await?;
    let owner = principal_name("admin");
    let catalog = object(
        workspace,
        SecurableKind::Catalog,
        Some(&metastore),
        &workspace.name,
        &owner,
    );
    let catalog = catalog.insert(workspace, transaction).await?;
    let default = object(workspace, SecurableKind::Schema, Some(&catalog), "default", &owner);
    default.insert(workspace, transaction).await?;
    let mut grants = vec![
        (ACCOUNT_USERS, Privilege::UseCatalog),
        (DEPLOYER.1, Privilege::CreateSchema),
    ];
    if workspace.name == "dev" {
        grants.push(("engineers", Privilege::CreateSchema));
    }
    for (principal, privilege) in grants {
        sqlx::query("INSERT INTO privilege_grant (securable_id, principal, privilege) VALUES (?, ?, ?)")
            .bind(&catalog.id)
            .bind(principal)
            .bind(privilege.as_str())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn object<'a>(
    workspace: &Workspace,
    kind: SecurableKind,
    parent: Option<&'a Securable>,
    name: &'a str,
    owner: &'a str,
) -> NewSecurable<'a> {
    static NO_PROPERTIES: BTreeMap<String, String> = BTreeMap::new();
    NewSecurable {
        id: workspace.ids.uuid(),
        kind,
        parent,
        name,
        owner,
        comment: None,
        properties: &NO_PROPERTIES,
        location: None,
        details: "{}".to_owned(),
    }
}

/// The root, a home for each principal that its owner manages, and `/Shared`, where everybody may add and change.
async fn seed_directories(workspace: &Workspace, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), ApiError> {
    let root = make_directory(workspace, transaction, None, "/").await?;
    make_directory(workspace, transaction, Some(root), "/Users").await?;
    let shared = make_directory(workspace, transaction, Some(root), "/Shared").await?;
    let shared = Object {
        kind: ObjectKind::Directory,
        id: shared.to_string(),
    };
    workspace
        .permissions()
        .put(transaction, &shared, USERS, Level::CanEdit)
        .await?;
    for short in seeded_principals() {
        make_home(workspace, transaction, &principal_name(short)).await?;
    }
    Ok(())
}

/// One warehouse that everybody may use.
async fn seed_warehouse(workspace: &Workspace, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), ApiError> {
    let settings = warehouses::default_settings()?;
    let owner = principal_name("admin");
    let id = warehouses::insert(workspace, transaction, &owner, warehouses::STARTER_WAREHOUSE, &settings).await?;
    let object = Object::warehouse(&id);
    workspace
        .permissions()
        .put(transaction, &object, USERS, Level::CanUse)
        .await
}
