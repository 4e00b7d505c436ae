//! Bindings: from which workspaces an isolated catalog, external location or credential may be reached, and whether for reading alone.
//!
//! Each local workspace has a metastore of its own and an id of its own; a binding to the id of another one shuts this one out, as it would where
//! they share a metastore. Decided in `authorize.rs`, like everything else; here are the bindings themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};

use crate::audit::Rule;
use crate::catalog::Catalog;
use crate::catalog::container::Change;
use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::Securable;
use crate::error::ApiError;
use crate::principal::Principal;
use crate::workspace::Workspace;

/// From which workspaces a catalog may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IsolationMode {
    /// From all.
    Open,
    /// From those that it is bound to.
    Isolated,
}

impl IsolationMode {
    pub(crate) fn of(catalog: &Securable) -> Self {
        if is_isolated(catalog) {
            Self::Isolated
        } else {
            Self::Open
        }
    }
}

/// What a catalog has besides what all objects have.
#[derive(Serialize)]
struct Details {
    isolation_mode: IsolationMode,
}

/// What a binding allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BindingType {
    /// All that privileges allow.
    #[default]
    #[serde(rename = "BINDING_TYPE_READ_WRITE")]
    ReadWrite,
    /// Of that, what reads.
    #[serde(rename = "BINDING_TYPE_READ_ONLY")]
    ReadOnly,
}

impl BindingType {
    /// As the store keeps it.
    fn as_str(self) -> &'static str {
        match self {
            Self::ReadWrite => "BINDING_TYPE_READ_WRITE",
            Self::ReadOnly => "BINDING_TYPE_READ_ONLY",
        }
    }

    /// What is not known to allow more allows reading alone.
    fn of(stored: &str) -> Self {
        if stored == Self::ReadWrite.as_str() {
            Self::ReadWrite
        } else {
            Self::ReadOnly
        }
    }
}

/// One workspace that an object is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The id of the workspace.
    pub workspace_id: i64,
    /// What it allows.
    #[serde(default)]
    pub binding_type: BindingType,
}

/// The kinds that can be bound.
const BOUND: [SecurableKind; 4] = [
    SecurableKind::Catalog,
    SecurableKind::ExternalLocation,
    SecurableKind::StorageCredential,
    SecurableKind::Credential,
];

/// The field of an object's own document that says whether it is isolated.
#[derive(Deserialize)]
struct Isolation {
    isolation_mode: Option<String>,
}

/// Whether only bound workspaces may reach the object. One whose document cannot be read is kept shut.
pub(crate) fn is_isolated(securable: &Securable) -> bool {
    BOUND.contains(&securable.kind)
        && match serde_json::from_str::<Isolation>(&securable.details) {
            Ok(Isolation { isolation_mode }) => {
                matches!(isolation_mode.as_deref(), Some("ISOLATED" | "ISOLATION_MODE_ISOLATED"))
            }
            Err(_) => true,
        }
}

/// Whether a privilege only lets somebody read, or find what may be read.
pub(crate) fn only_reads(privilege: Privilege) -> bool {
    matches!(
        privilege,
        Privilege::Browse
            | Privilege::Execute
            | Privilege::ReadFiles
            | Privilege::ReadVolume
            | Privilege::Select
            | Privilege::UseCatalog
            | Privilege::UseSchema
    )
}

/// An object that becomes isolated is bound to the workspace in which that happens.
pub(crate) async fn bind_here(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    securable: &Securable,
) -> Result<(), ApiError> {
    if !is_isolated(securable) {
        return Ok(());
    }
    let here = Binding {
        workspace_id: number(workspace)?,
        binding_type: BindingType::ReadWrite,
    };
    add(transaction, securable, &here, BIND).await
}

/// The id of a workspace as the store and the API write it.
fn number(workspace: &Workspace) -> Result<i64, ApiError> {
    i64::try_from(workspace.org_id).map_err(|_too_large| ApiError::internal("the workspace's id is too large"))
}

/// A workspace that is bound already keeps what it may do.
const BIND: &str = "INSERT INTO workspace_binding (securable_id, workspace_id, binding_type) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
const REBIND: &str = "INSERT INTO workspace_binding (securable_id, workspace_id, binding_type) VALUES (?1, ?2, ?3) \
     ON CONFLICT DO UPDATE SET binding_type = ?3";

async fn add(
    transaction: &mut Transaction<'_, Sqlite>,
    securable: &Securable,
    binding: &Binding,
    statement: &'static str,
) -> Result<(), ApiError> {
    sqlx::query(statement)
        .bind(&securable.id)
        .bind(binding.workspace_id)
        .bind(binding.binding_type.as_str())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

impl Catalog<'_> {
    /// What bindings allow in this workspace, by the id of the object. Nothing is read when none of these objects is isolated.
    pub(crate) async fn bound_here(
        &self,
        mut objects: impl Iterator<Item = &Securable>,
    ) -> Result<BTreeMap<String, BindingType>, ApiError> {
        if !objects.any(is_isolated) {
            return Ok(BTreeMap::new());
        }
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT securable_id, binding_type FROM workspace_binding WHERE workspace_id = ?")
                .bind(number(self.workspace)?)
                .fetch_all(self.workspace.store.reader())
                .await?;
        let bound = rows.into_iter().map(|(id, stored)| (id, BindingType::of(&stored)));
        Ok(bound.collect())
    }

    /// Changes a catalog, and from which workspaces it may be reached.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub async fn change_catalog(
        &self,
        principal: &Principal,
        name: &str,
        change: Change,
        isolation_mode: Option<IsolationMode>,
    ) -> Result<Securable, ApiError> {
        let edit = |known: &str| match isolation_mode {
            Some(isolation_mode) => Ok(serde_json::to_string(&Details { isolation_mode })?),
            None => Ok(known.to_owned()),
        };
        self.change_described(principal, SecurableKind::Catalog, name, change, edit)
            .await
    }

    /// The object whose bindings a request is about, when the principal may manage it. That holds in every workspace: who shut this one out must
    /// be able to let it in again.
    ///
    /// # Errors
    /// 404 when it does not exist, 403 without `MANAGE`, 400 for a kind that cannot be bound.
    async fn bindable(&self, principal: &Principal, kind: SecurableKind, name: &str) -> Result<Securable, ApiError> {
        if !BOUND.contains(&kind) {
            return Err(ApiError::invalid(format!(
                "a {} cannot be bound to workspaces: catalogs, external locations and credentials can",
                kind.title().to_lowercase()
            )));
        }
        let securable = self.find(kind, name).await?;
        let mut chain = self.chain(&securable).await?;
        chain.reach_from_everywhere();
        let decision = chain.authorize(principal, Privilege::Manage);
        let rule: Rule = decision.rule();
        self.workspace
            .decided(principal, &Privilege::Manage.words(), &securable.title(), rule);
        decision.or_refuse(principal).map(|()| securable)
    }

    /// The workspaces that an object is bound to, in the order of their ids.
    ///
    /// # Errors
    /// As [`Self::change_bindings`].
    pub async fn bindings(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        name: &str,
    ) -> Result<Vec<Binding>, ApiError> {
        let securable = self.bindable(principal, kind, name).await?;
        let query = sqlx::query_as(
            "SELECT workspace_id, binding_type FROM workspace_binding WHERE securable_id = ? ORDER BY workspace_id",
        );
        let reader = self.workspace.store.reader();
        let rows: Vec<(i64, String)> = query.bind(&securable.id).fetch_all(reader).await?;
        let binding = |(workspace_id, stored): (i64, String)| Binding {
            workspace_id,
            binding_type: BindingType::of(&stored),
        };
        Ok(rows.into_iter().map(binding).collect())
    }

    /// Binds an object to workspaces, or changes what they may do there, and takes bindings away.
    ///
    /// # Errors
    /// 404 when the object does not exist, 403 without `MANAGE`, 400 for a kind that cannot be bound, or a workspace that is in both lists or is no id.
    pub async fn change_bindings(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        name: &str,
        (added, removed): (&[Binding], &[i64]),
    ) -> Result<(), ApiError> {
        let securable = self.bindable(principal, kind, name).await?;
        for binding in added {
            if binding.workspace_id <= 0 || removed.contains(&binding.workspace_id) {
                return Err(ApiError::invalid(format!(
                    "the workspace {} cannot be bound: it is no id, or to be removed at the same time",
                    binding.workspace_id
                )));
            }
        }
        let mut transaction = self.workspace.store.begin().await?;
        for id in removed {
            sqlx::query("DELETE FROM workspace_binding WHERE securable_id = ? AND workspace_id = ?")
                .bind(&securable.id)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
        }
        for binding in added {
            add(&mut transaction, &securable, binding, REBIND).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
