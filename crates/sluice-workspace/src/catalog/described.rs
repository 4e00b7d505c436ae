//! Objects that are described and nothing more: external locations, credentials, connections, shares, recipients, registered models.
//! Their own fields are a document that [`crate::records`] reads; this workspace reaches no cloud storage and no other system.

use std::collections::BTreeMap;

use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::{Securable, name};
use crate::catalog::{Catalog, NewSecurable, binding};
use crate::error::ApiError;
use crate::principal::Principal;

/// An object that does not exist yet.
pub(crate) struct Described {
    /// What it is.
    pub(crate) kind: SecurableKind,
    /// What it takes, on the schema or the metastore, to make one.
    pub(crate) create: Privilege,
    /// The schema that contains it; none for what stands in the metastore.
    pub(crate) schema: Option<String>,
    /// Name without the schema.
    pub(crate) name: String,
    /// Text for people.
    pub(crate) comment: Option<String>,
    /// Its own fields, JSON.
    pub(crate) details: String,
}

impl Catalog<'_> {
    /// Makes the object, owned by the principal.
    ///
    /// # Errors
    /// 403 without the privilege, 404 without the schema, 409 when it exists, 400 for a bad name.
    pub(crate) async fn describe(&self, principal: &Principal, new: Described) -> Result<Securable, ApiError> {
        let object_name = name(new.kind, &new.name)?;
        let parent = match &new.schema {
            Some(schema) => {
                self.require_on(principal, new.create, SecurableKind::Schema, schema)
                    .await?
            }
            None => {
                self.require_on(principal, new.create, SecurableKind::Metastore, "")
                    .await?
            }
        };
        let mut transaction = self.workspace.store.begin().await?;
        let object = NewSecurable {
            id: self.workspace.ids.uuid(),
            kind: new.kind,
            parent: Some(&parent),
            name: &object_name,
            owner: &principal.name,
            comment: new.comment.as_deref(),
            properties: &BTreeMap::new(),
            location: None,
            details: new.details,
        };
        let made = object.insert(self.workspace, &mut transaction).await?;
        binding::bind_here(self.workspace, &mut transaction, &made).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// All objects of a kind, whoever asks, sorted by full name.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn all(&self, kind: SecurableKind) -> Result<Vec<Securable>, ApiError> {
        let query = sqlx::query_as("SELECT * FROM securable WHERE kind = ? ORDER BY full_name").bind(kind.as_str());
        Ok(query.fetch_all(self.workspace.store.reader()).await?)
    }

    /// All objects of a kind that the principal may see, whatever contains them, sorted by full name.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn all_visible(
        &self,
        principal: &Principal,
        kind: SecurableKind,
    ) -> Result<Vec<Securable>, ApiError> {
        let mut visible = Vec::new();
        for securable in self.all(kind).await? {
            if self.sees(principal, &securable).await? {
                visible.push(securable);
            }
        }
        Ok(visible)
    }
}
