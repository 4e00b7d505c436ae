//! The first content of a workspace: principals and groups, so that permissions and `run_as` mean something from the start.
//!
//! Seeding runs once per store; what people change or delete afterwards stays so.

use std::collections::BTreeMap;

use sqlx::{Sqlite, Transaction};

use crate::error::ApiError;
use crate::identity::{NewPrincipal, add_member, insert_principal};
use crate::principal::{ADMINS, USERS};
use crate::workspace::Workspace;

/// The seeded users and the group that each belongs to.
const SEEDED_USERS: [(&str, &str); 5] = [
    ("admin", ADMINS),
    ("engineer", "engineers"),
    ("steward", "stewards"),
    ("domain-owner", "domain-owners"),
    ("analyst", "analysts"),
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
