//! Catalogs and schemas; deleting anything of the catalog.

use std::collections::BTreeMap;

use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::{Securable, name};
use crate::catalog::table::TableKind;
use crate::catalog::{Catalog, NewSecurable, binding, mask, record, storage};
use crate::error::ApiError;
use crate::identity;
use crate::principal::Principal;

/// A schema that does not exist yet.
#[derive(Clone, Debug, Default)]
pub struct NewSchema {
    /// Catalog.
    pub catalog: String,
    /// Name without the catalog.
    pub name: String,
    /// Text for people.
    pub comment: Option<String>,
    /// Properties.
    pub properties: BTreeMap<String, String>,
}

/// What changes about an object; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// New name, without the names of what contains it.
    pub new_name: Option<String>,
    /// New owner.
    pub owner: Option<String>,
    /// New comment; the empty text removes it.
    pub comment: Option<String>,
    /// All properties from now on.
    pub properties: Option<BTreeMap<String, String>>,
}

impl Catalog<'_> {
    /// Makes a catalog with its schema `default`.
    ///
    /// # Errors
    /// 403 without `CREATE CATALOG`, 409 when it exists, 400 for a bad name.
    pub async fn create_catalog(
        &self,
        principal: &Principal,
        catalog_name: &str,
        comment: Option<&str>,
        properties: &BTreeMap<String, String>,
    ) -> Result<Securable, ApiError> {
        let catalog_name = name(SecurableKind::Catalog, catalog_name)?;
        let metastore = self.find(SecurableKind::Metastore, "").await?;
        self.require(principal, Privilege::CreateCatalog, &metastore).await?;
        let mut transaction = self.workspace.store.begin().await?;
        let catalog = self.new_container(
            SecurableKind::Catalog,
            &metastore,
            &catalog_name,
            principal,
            comment,
            properties,
        );
        let catalog = catalog.insert(self.workspace, &mut transaction).await?;
        let no_properties = BTreeMap::new();
        let default = self.new_container(
            SecurableKind::Schema,
            &catalog,
            "default",
            principal,
            None,
            &no_properties,
        );
        default.insert(self.workspace, &mut transaction).await?;
        transaction.commit().await?;
        Ok(catalog)
    }

    /// Makes a schema.
    ///
    /// # Errors
    /// 403 without `CREATE SCHEMA`, 404 without the catalog, 409 when it exists, 400 for a bad name.
    pub async fn create_schema(&self, principal: &Principal, new: &NewSchema) -> Result<Securable, ApiError> {
        let schema_name = name(SecurableKind::Schema, &new.name)?;
        let catalog = self
            .require_on(principal, Privilege::CreateSchema, SecurableKind::Catalog, &new.catalog)
            .await?;
        let mut transaction = self.workspace.store.begin().await?;
        let comment = new.comment.as_deref();
        let schema = self.new_container(
            SecurableKind::Schema,
            &catalog,
            &schema_name,
            principal,
            comment,
            &new.properties,
        );
        let schema = schema.insert(self.workspace, &mut transaction).await?;
        transaction.commit().await?;
        Ok(schema)
    }

    fn new_container<'a>(
        &self,
        kind: SecurableKind,
        parent: &'a Securable,
        name: &'a str,
        principal: &'a Principal,
        comment: Option<&'a str>,
        properties: &'a BTreeMap<String, String>,
    ) -> NewSecurable<'a> {
        NewSecurable {
            id: self.workspace.ids.uuid(),
            kind,
            parent: Some(parent),
            name,
            owner: &principal.name,
            comment,
            properties,
            location: None,
            details: "{}".to_owned(),
        }
    }

    /// Changes name, owner, comment or properties of an object of any kind.
    ///
    /// # Errors
    /// 403 without `MANAGE`, 404 when it or the new owner does not exist, 409 when the new name is taken.
    pub async fn change(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        full_name: &str,
        change: Change,
    ) -> Result<Securable, ApiError> {
        let unchanged = |details: &str| Ok(details.to_owned());
        self.change_described(principal, kind, full_name, change, unchanged)
            .await
    }

    /// As [`Self::change`], and what only this kind has: `edit` gets it as it is stored (JSON) and returns it as it is from now on.
    ///
    /// # Errors
    /// As [`Self::change`], and those of `edit`.
    pub(crate) async fn change_described(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        full_name: &str,
        change: Change,
        edit: impl FnOnce(&str) -> Result<String, ApiError>,
    ) -> Result<Securable, ApiError> {
        let found = self.require_on(principal, Privilege::Manage, kind, full_name).await?;
        if let Some(owner) = &change.owner {
            if !identity::principal_exists(self.workspace, owner).await? {
                return Err(no_such_principal(owner));
            }
            self.check_new_owner(principal, &found, owner).await?;
        }
        // Read again where nobody else writes: what this change does not name stays as it is now.
        let mut transaction = self.workspace.store.begin().await?;
        let mut securable = record::reread(&mut transaction, &found).await?;
        if let Some(new_name) = &change.new_name {
            securable.name = name(kind, new_name)?;
            securable.full_name = match securable.full_name.rsplit_once('.') {
                Some((container, _)) => format!("{container}.{}", securable.name),
                None => securable.name.clone(),
            };
        }
        if let Some(owner) = change.owner {
            securable.owner = owner;
        }
        if let Some(comment) = change.comment {
            securable.comment = Some(comment).filter(|comment| !comment.is_empty());
        }
        if let Some(properties) = change.properties {
            securable.properties = properties;
        }
        let was_isolated = binding::is_isolated(&securable);
        securable.details = edit(&securable.details)?;
        if !was_isolated {
            binding::bind_here(self.workspace, &mut transaction, &securable).await?;
        }
        let changed = record::update(self.workspace, &mut transaction, &securable, &principal.name).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// A view reads with the rights of its owner, so nobody but an administrator gives one to somebody whose rights they do not have.
    async fn check_new_owner(&self, principal: &Principal, object: &Securable, owner: &str) -> Result<(), ApiError> {
        let own = principal.is_admin || principal.answers_to(owner) || object.owner == owner;
        if own || object.kind != SecurableKind::Table {
            return Ok(());
        }
        if self.resolve_table(&object.full_name).await?.kind != TableKind::View {
            return Ok(());
        }
        Err(ApiError::denied(format!(
            "User '{}' may not make '{owner}' the owner of the view '{}', which would read with the rights of '{owner}': \
             only members of the group `admins` may",
            principal.name, object.full_name
        )))
    }

    /// Deletes an object of any kind with its files. A catalog or schema that contains something needs `force`.
    ///
    /// # Errors
    /// 403 without `MANAGE`, 404 when it does not exist, 400 when it is not empty.
    pub async fn delete(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        full_name: &str,
        force: bool,
    ) -> Result<(), ApiError> {
        let securable = self.require_on(principal, Privilege::Manage, kind, full_name).await?;
        let mut transaction = self.workspace.store.begin().await?;
        let removed = record::delete(&mut transaction, &securable).await?;
        let only_default = |each: &Securable| kind == SecurableKind::Catalog && each.name == "default";
        let contained = removed
            .iter()
            .find(|each| each.id != securable.id && !only_default(each));
        if let Some(contained) = contained.filter(|_| !force) {
            let code = if kind == SecurableKind::Catalog {
                "CATALOG_NOT_EMPTY"
            } else {
                "SCHEMA_NOT_EMPTY"
            };
            return Err(ApiError::new(
                axum::http::StatusCode::BAD_REQUEST,
                code,
                format!(
                    "{} is not empty: it contains {}; delete that first, or use force",
                    securable.title(),
                    contained.title()
                ),
            ));
        }
        mask::refuse_used(&mut transaction, &removed).await?;
        storage::move_aside(self.workspace, &removed).await?;
        if let Err(error) = transaction.commit().await {
            storage::move_back(self.workspace, &removed).await?;
            return Err(error.into());
        }
        storage::remove_aside(self.workspace, &removed).await
    }
}

/// The error for a principal that does not exist.
pub(crate) fn no_such_principal(name: &str) -> ApiError {
    ApiError::new(
        axum::http::StatusCode::NOT_FOUND,
        "PRINCIPAL_DOES_NOT_EXIST",
        format!("Could not find principal with name {name}"),
    )
}
