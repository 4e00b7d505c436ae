//! SQL functions: their signature and body. What a body may hold, and what a call becomes, is the business of `sql::routine`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::{Securable, find, full_name, taken};
use crate::catalog::{Catalog, NewSecurable, record};
use crate::error::ApiError;
use crate::principal::Principal;

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Name, as written.
    pub name: String,
    /// Type as SQL writes it: `decimal(10,2)`.
    pub type_text: String,
    /// Type's name: `DECIMAL`.
    pub type_name: String,
    /// Text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What a function returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnType {
    /// Type as SQL writes it.
    pub type_text: String,
    /// Type's name.
    pub type_name: String,
}

/// What only functions have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Details {
    parameters: Vec<Parameter>,
    returns: ReturnType,
    definition: String,
    deterministic: bool,
}

/// A scalar SQL function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionRecord {
    /// Name, owner, comment.
    pub securable: Securable,
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returns: ReturnType,
    /// The expression behind RETURN, as its author wrote it.
    pub definition: String,
    /// Whether its author says that equal arguments give equal results.
    pub deterministic: bool,
}

impl FunctionRecord {
    pub(crate) fn read(securable: Securable) -> Result<Self, ApiError> {
        let details: Details = serde_json::from_str(&securable.details)?;
        Ok(Self {
            securable,
            parameters: details.parameters,
            returns: details.returns,
            definition: details.definition,
            deterministic: details.deterministic,
        })
    }
}

/// A function that does not exist yet; its body was checked.
#[derive(Clone, Debug)]
pub struct NewFunction {
    /// `catalog.schema.name`.
    pub full_name: String,
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returns: ReturnType,
    /// The expression behind RETURN.
    pub definition: String,
    /// Whether its author says that equal arguments give equal results.
    pub deterministic: bool,
    /// Text for people.
    pub comment: Option<String>,
}

impl Catalog<'_> {
    /// Whether the principal may make a function of this name.
    ///
    /// # Errors
    /// 403 without `CREATE FUNCTION` on the schema, 404 without the schema, 409 when the name is taken.
    pub async fn check_create_function(&self, principal: &Principal, name: &str) -> Result<Securable, ApiError> {
        let name = full_name(SecurableKind::Function, name)?;
        let schema = name.rsplit_once('.').map_or("", |(schema, _)| schema);
        let schema = self
            .require_on(principal, Privilege::CreateFunction, SecurableKind::Schema, schema)
            .await?;
        match find(self.workspace.store.reader(), SecurableKind::Function, &name).await? {
            Some(_) => Err(taken(SecurableKind::Function, &name)),
            None => Ok(schema),
        }
    }

    /// Records a function, owned by the principal.
    ///
    /// # Errors
    /// As [`Self::check_create_function`].
    pub async fn create_function(&self, principal: &Principal, new: NewFunction) -> Result<FunctionRecord, ApiError> {
        let schema = self.check_create_function(principal, &new.full_name).await?;
        let name = full_name(SecurableKind::Function, &new.full_name)?;
        let last = name.rsplit_once('.').map_or(name.as_str(), |(_, last)| last);
        let mut transaction = self.workspace.store.begin().await?;
        let no_properties = BTreeMap::new();
        let securable = NewSecurable {
            id: self.workspace.ids.uuid(),
            kind: SecurableKind::Function,
            parent: Some(&schema),
            name: last,
            owner: &principal.name,
            comment: new.comment.as_deref(),
            properties: &no_properties,
            location: None,
            details: details(&new)?,
        }
        .insert(self.workspace, &mut transaction)
        .await?;
        transaction.commit().await?;
        FunctionRecord::read(securable)
    }

    /// Puts another definition in the place of a function that exists; owner and grants stay.
    ///
    /// # Errors
    /// 404, 403 without `MANAGE`.
    pub async fn replace_function(&self, principal: &Principal, new: NewFunction) -> Result<FunctionRecord, ApiError> {
        let mut function = self
            .require_on(principal, Privilege::Manage, SecurableKind::Function, &new.full_name)
            .await?;
        function.details = details(&new)?;
        function.comment = new.comment;
        let mut transaction = self.workspace.store.begin().await?;
        let changed = record::update(self.workspace, &mut transaction, &function, &principal.name).await?;
        transaction.commit().await?;
        FunctionRecord::read(changed)
    }

    /// The function of this name, whoever asks: the caller requires the privilege that its use takes.
    ///
    /// # Errors
    /// 404 `FUNCTION_DOES_NOT_EXIST`.
    pub async fn resolve_function(&self, name: &str) -> Result<FunctionRecord, ApiError> {
        FunctionRecord::read(self.find(SecurableKind::Function, name).await?)
    }

    /// The function of this name, when the principal may see it.
    ///
    /// # Errors
    /// 404, 403.
    pub async fn function(&self, principal: &Principal, name: &str) -> Result<FunctionRecord, ApiError> {
        FunctionRecord::read(self.get(principal, SecurableKind::Function, name).await?)
    }

    /// The names of all functions of a schema, whoever asks: whether a call means one of them is no secret.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn function_names(&self, schema: &str) -> Result<BTreeSet<String>, ApiError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT function.name FROM securable AS function JOIN securable AS schema ON schema.id = function.parent_id \
             WHERE function.kind = 'FUNCTION' AND schema.kind = 'SCHEMA' AND schema.full_name = ?",
        )
        .bind(schema)
        .fetch_all(self.workspace.store.reader())
        .await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// The functions of a schema that the principal may see, sorted by name.
    ///
    /// # Errors
    /// 404 without the schema.
    pub async fn functions(&self, principal: &Principal, schema: &str) -> Result<Vec<FunctionRecord>, ApiError> {
        let found = self.list(principal, SecurableKind::Function, Some(schema)).await?;
        found.into_iter().map(FunctionRecord::read).collect()
    }
}

fn details(new: &NewFunction) -> Result<String, ApiError> {
    Ok(serde_json::to_string(&Details {
        parameters: new.parameters.clone(),
        returns: new.returns.clone(),
        definition: new.definition.clone(),
        deterministic: new.deterministic,
    })?)
}
