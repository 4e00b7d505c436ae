//! Unity Catalog: catalogs, schemas, tables, views, volumes, functions and the privileges on them.
//!
//! [`Catalog`] is the plain Rust interface that SQL statements and tasks use; `rest/` is the HTTP face of the same functions. Who
//! may do what is decided in `authorize.rs` alone. Names are kept in lower case. The catalog stores what a table is and where its
//! files stand; it does not read or write the files of a table.

mod authorize;
mod binding;
mod constraint;
mod container;
mod described;
mod function;
mod grants;
mod listing;
mod mask;
mod privilege;
mod record;
mod rest;
mod securable;
mod storage;
mod table;
mod tag;
mod tag_policy;
mod volume;

pub use authorize::Decision;
pub use binding::{Binding, BindingType, IsolationMode};
pub use constraint::{Constraint, ForeignKey, PrimaryKey};
pub use container::{Change, NewSchema};
pub use function::{FunctionRecord, NewFunction, Parameter, ReturnType};
pub use grants::{EffectiveGrant, GrantChange};
pub use mask::{ColumnMask, RowFilter};
pub use privilege::{Privilege, SecurableKind};
pub use securable::Securable;
pub use storage::TableLocation;
pub use table::{Column, NewTable, PIPELINE_PROPERTY, TableChange, TableKind, TableRecord};
pub use tag::{Tag, TagTarget, WhenTagged};
pub use tag_policy::{TagPolicy, TagPolicyChange};
pub use volume::VolumeFile;

pub(crate) use described::Described;
pub(crate) use record::NewSecurable;
pub(crate) use storage::sweep;

use crate::error::ApiError;
use crate::module::Module;
use crate::principal::Principal;
use crate::store::Migrations;
use crate::workspace::Workspace;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "catalog",
            steps: &[
                include_str!("schema.sql"),
                include_str!("functions.sql"),
                include_str!("tags.sql"),
                include_str!("bindings.sql"),
            ],
        },
        routes: rest::routes,
    }
}

/// The catalog of one workspace.
#[derive(Clone, Copy)]
pub struct Catalog<'a> {
    pub(crate) workspace: &'a Workspace,
}

impl Workspace {
    /// The catalog.
    #[must_use]
    pub fn catalog(&self) -> Catalog<'_> {
        Catalog { workspace: self }
    }
}

impl Catalog<'_> {
    /// The object of this kind and name, whoever asks. Case does not matter.
    ///
    /// # Errors
    /// 404 with the code of the kind, such as `TABLE_DOES_NOT_EXIST`; 400 when the name has the wrong number of parts.
    pub async fn find(&self, kind: SecurableKind, full_name: &str) -> Result<Securable, ApiError> {
        let full_name = match kind {
            SecurableKind::Metastore => full_name.to_owned(),
            _ => securable::full_name(kind, full_name)?,
        };
        securable::find(self.workspace.store.reader(), kind, &full_name)
            .await?
            .ok_or_else(|| securable::missing(kind, &full_name))
    }

    /// The object of this kind and name, when the principal may see it.
    ///
    /// # Errors
    /// 404 when it does not exist, 403 when the principal may not see it.
    pub async fn get(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        full_name: &str,
    ) -> Result<Securable, ApiError> {
        Ok(self.get_chain(principal, kind, full_name).await?.into_object())
    }

    /// As [`Self::get`], with all above it.
    pub(crate) async fn get_chain(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        full_name: &str,
    ) -> Result<authorize::Chain, ApiError> {
        let chain = self.chain_of(kind, full_name).await?;
        self.require_in_sight(principal, &chain)?;
        Ok(chain)
    }

    /// The objects of a kind, with those that this workspace is not bound to and that the principal could see otherwise, sorted by name.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn list_unbound_too(
        &self,
        principal: &Principal,
        kind: SecurableKind,
    ) -> Result<Vec<Securable>, ApiError> {
        let mut visible = Vec::new();
        for securable in self.all(kind).await? {
            if self.would_see(principal, &securable).await? {
                visible.push(securable);
            }
        }
        Ok(visible)
    }

    /// Requires the privilege on the object of this kind and name, and returns the object.
    ///
    /// # Errors
    /// 404 when it does not exist, 403 when the privilege is missing.
    pub async fn require_on(
        &self,
        principal: &Principal,
        privilege: Privilege,
        kind: SecurableKind,
        full_name: &str,
    ) -> Result<Securable, ApiError> {
        let chain = self.chain_of(kind, full_name).await?;
        self.decide(principal, privilege, &chain).or_refuse(principal)?;
        Ok(chain.into_object())
    }
}
