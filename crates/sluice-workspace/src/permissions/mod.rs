//! Access control lists of jobs, warehouses, workspace objects (dashboards and Genie spaces among them) and records. (Privileges on data
//! are in [`crate::catalog`].)
//!
//! [`Permissions::require`] is the hook that every other module calls; `rest.rs` is the HTTP face. A level on a directory counts for
//! everything below it; members of `admins` may do everything.

mod level;
mod requested;
mod rest;

use std::collections::BTreeMap;

use sqlx::{Sqlite, Transaction};

pub use level::{Level, ObjectKind};
pub(crate) use requested::RequestedList;

use crate::audit::{Rule, RuleKind};
use crate::error::ApiError;
use crate::module::Module;
use crate::principal::{ADMINS, Principal};
use crate::store::Migrations;
use crate::workspace::Workspace;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "permissions",
            steps: &[include_str!("schema.sql"), include_str!("schema_2.sql")],
        },
        routes: rest::routes,
    }
}

/// Something with an access control list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its id as the REST API writes it.
    pub id: String,
}

impl Object {
    /// A job.
    #[must_use]
    pub fn job(id: i64) -> Self {
        Self {
            kind: ObjectKind::Job,
            id: id.to_string(),
        }
    }

    /// A SQL warehouse.
    #[must_use]
    pub fn warehouse(id: &str) -> Self {
        Self {
            kind: ObjectKind::Warehouse,
            id: id.to_owned(),
        }
    }

    /// `/jobs/123`, as answers name objects.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/{}/{}", self.kind.request_type(), self.id)
    }
}

/// One entry that counts for an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// User name, application id or group.
    pub principal: String,
    /// What it may do.
    pub level: Level,
    /// `/directories/5`, when the entry stands on something above.
    pub inherited_from: Option<String>,
}

impl Entry {
    /// An entry for `object` that stands on the object called `on`: itself, or one above it.
    pub(crate) fn read(object: &Object, on: &str, principal: String, level: &str) -> Result<Self, ApiError> {
        Ok(Self {
            principal,
            level: level.parse()?,
            inherited_from: (on != object.id).then(|| format!("/directories/{on}")),
        })
    }

    /// The entry that every object has.
    pub(crate) fn of_admins(object: &Object) -> Self {
        Self {
            principal: ADMINS.to_owned(),
            level: object.kind.highest(),
            inherited_from: Some(object.kind.root().to_owned()),
        }
    }
}

/// The owner that entries name; none when there is none.
pub(crate) fn owner_among(entries: Vec<Entry>) -> Option<String> {
    let mut owners = entries.into_iter().filter(|entry| entry.level == Level::IsOwner);
    owners.next().map(|entry| entry.principal)
}

/// The rule by which the principal has at least this level on an object for which these entries count, or has not. Pure.
pub(crate) fn deciding(principal: &Principal, object: &Object, level: Level, entries: &[Entry]) -> Rule {
    if principal.is_admin {
        return Rule::administrator();
    }
    let path = object.path();
    let counts = |entry: &&Entry| principal.answers_to(&entry.principal) && entry.level >= level;
    match entries.iter().find(counts) {
        Some(entry) => {
            let on = entry.inherited_from.as_deref().unwrap_or(&path);
            match entry.level {
                Level::IsOwner => Rule::owner(&entry.principal, on),
                _ => Rule::entry(entry.level.as_str(), &entry.principal, on),
            }
        }
        None => Rule::none(level.as_str(), &path),
    }
}

/// The access control lists of one workspace.
#[derive(Clone, Copy)]
pub struct Permissions<'a> {
    workspace: &'a Workspace,
}

impl Workspace {
    /// The access control lists.
    #[must_use]
    pub fn permissions(&self) -> Permissions<'_> {
        Permissions { workspace: self }
    }
}

impl Permissions<'_> {
    /// Refuses a principal that has less than this level on the object, directly or from above. Says nothing about existence: who
    /// has no permission learns nothing else.
    ///
    /// # Errors
    /// 403 naming principal, level and object; or when the store fails.
    pub async fn require(&self, principal: &Principal, object: &Object, level: Level) -> Result<(), ApiError> {
        if self.allows(principal, object, level).await? {
            return Ok(());
        }
        Err(ApiError::denied(format!(
            "User '{}' does not have {} permission on {} {}.",
            principal.name,
            level.as_str(),
            object.kind.object_type(),
            object.id
        )))
    }

    /// Whether the principal has at least this level on the object.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn allows(&self, principal: &Principal, object: &Object, level: Level) -> Result<bool, ApiError> {
        let rule = self.rule(principal, object, level).await?;
        Ok(self.noted(principal, object, level, rule))
    }

    /// As [`Self::allows`], for an object whose entries are known.
    pub(crate) fn allow(&self, principal: &Principal, object: &Object, level: Level, entries: &[Entry]) -> bool {
        self.noted(principal, object, level, deciding(principal, object, level, entries))
    }

    fn noted(&self, principal: &Principal, object: &Object, level: Level, rule: Rule) -> bool {
        let allowed = rule.kind != RuleKind::None;
        self.workspace.decided(principal, level.as_str(), &object.path(), rule);
        allowed
    }

    /// The rule by which the principal has at least this level on the object, or has not.
    pub(crate) async fn rule(&self, principal: &Principal, object: &Object, level: Level) -> Result<Rule, ApiError> {
        // Who may do everything is not looked up.
        let entries = match principal.is_admin {
            true => Vec::new(),
            false => self.entries(object).await?,
        };
        Ok(deciding(principal, object, level, &entries))
    }

    /// All entries that count for an object: its own first, then what stands above it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn entries(&self, object: &Object) -> Result<Vec<Entry>, ApiError> {
        let reader = self.workspace.store.reader();
        let rows: Vec<(String, String, String, String)> = match object.kind.stored() {
            "workspace" => {
                sqlx::query_as(
                    "WITH RECURSIVE above (id, depth) AS (
                         SELECT id, 0 FROM workspace_object WHERE resource_id = ?
                         UNION ALL
                         SELECT parent_id, depth + 1 FROM workspace_object JOIN above USING (id) WHERE parent_id IS NOT NULL)
                     SELECT object_id, object_kind, principal, level FROM above JOIN workspace_object USING (id)
                     JOIN acl ON object_kind = 'workspace' AND object_id = resource_id
                     ORDER BY depth, principal",
                )
                .bind(&object.id)
                .fetch_all(reader)
                .await?
            }
            _ => {
                sqlx::query_as(
                    "SELECT object_id, object_kind, principal, level FROM acl WHERE object_kind = ? AND object_id = ? \
                     ORDER BY principal",
                )
                .bind(object.kind.stored())
                .bind(&object.id)
                .fetch_all(reader)
                .await?
            }
        };
        let mut entries = Vec::new();
        for (id, _, principal, level) in rows {
            entries.push(Entry::read(object, &id, principal, &level)?);
        }
        entries.push(Entry::of_admins(object));
        Ok(entries)
    }

    /// As [`Self::entries`], for many objects of one kind at once, by id: objects that no directory stands above.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn entries_of(
        &self,
        kind: ObjectKind,
        ids: &[String],
    ) -> Result<BTreeMap<String, Vec<Entry>>, ApiError> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT object_id, principal, level FROM acl \
             WHERE object_kind = ? AND object_id IN (SELECT value FROM json_each(?)) ORDER BY object_id, principal",
        )
        .bind(kind.stored())
        .bind(serde_json::to_string(ids)?)
        .fetch_all(self.workspace.store.reader())
        .await?;
        let mut entries: BTreeMap<String, Vec<Entry>> = ids.iter().map(|id| (id.clone(), Vec::new())).collect();
        for (id, principal, level) in rows {
            let object = Object { kind, id: id.clone() };
            entries
                .entry(id)
                .or_default()
                .push(Entry::read(&object, &object.id, principal, &level)?);
        }
        for (id, list) in &mut entries {
            list.push(Entry::of_admins(&Object { kind, id: id.clone() }));
        }
        Ok(entries)
    }

    /// Gives a new object its first entries, in the transaction that makes the object: a job and a warehouse have an owner.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        object: &Object,
        principal: &str,
        level: Level,
    ) -> Result<(), ApiError> {
        sqlx::query(
            "INSERT INTO acl (object_kind, object_id, principal, level) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (object_kind, object_id, principal) DO UPDATE SET level = ?4",
        )
        .bind(object.kind.stored())
        .bind(&object.id)
        .bind(principal)
        .bind(level.as_str())
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }

    /// Forgets all direct entries of an object.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clear(&self, transaction: &mut Transaction<'_, Sqlite>, object: &Object) -> Result<(), ApiError> {
        sqlx::query("DELETE FROM acl WHERE object_kind = ? AND object_id = ?")
            .bind(object.kind.stored())
            .bind(&object.id)
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }

    /// The owner of a job or warehouse; none when it has none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn owner(&self, object: &Object) -> Result<Option<String>, ApiError> {
        Ok(owner_among(self.entries(object).await?))
    }

    /// Stores a whole access control list in place of the direct entries.
    async fn replace(&self, object: &Object, list: &BTreeMap<String, Level>) -> Result<(), ApiError> {
        let mut transaction = self.workspace.store.begin().await?;
        self.clear(&mut transaction, object).await?;
        for (principal, level) in list {
            self.put(&mut transaction, object, principal, *level).await?;
        }
        Ok(transaction.commit().await?)
    }
}
