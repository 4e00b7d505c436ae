//! The directories on the way to a path, with everything that decides who may add something there: one question to the store.

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, Sqlite, Transaction};

use super::WorkspaceFiles;
use super::object::WorkspaceObject;
use super::path::WorkspacePath;
use crate::error::ApiError;
use crate::permissions::{Entry, Level, deciding};
use crate::principal::Principal;

/// An object, and the entries of access control lists that count for it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The object.
    pub(crate) object: WorkspaceObject,
    entries: Vec<Entry>,
}

/// An object with the entries that stand on itself: principal and level.
struct Step {
    object: WorkspaceObject,
    own: Vec<(String, String)>,
}

impl FromRow<'_, SqliteRow> for Step {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let own = serde_json::from_str(row.try_get("own")?).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Self {
            object: WorkspaceObject::from_row(row)?,
            own,
        })
    }
}

/// The object at a path, or the nearest one above it that is there; none when not even the root is.
///
/// # Errors
/// When the store fails.
pub(super) async fn nearest(
    transaction: &mut Transaction<'_, Sqlite>,
    path: &WorkspacePath,
) -> Result<Option<Place>, ApiError> {
    let paths: Vec<String> = path.upwards().map(|path| path.as_str().to_owned()).collect();
    let steps: Vec<Step> = sqlx::query_as(
        "SELECT workspace_object.*, (SELECT json_group_array(json_array(principal, level) ORDER BY principal) \
             FROM acl WHERE object_kind = 'workspace' AND object_id = resource_id) AS own \
         FROM workspace_object WHERE path IN (SELECT value FROM json_each(?)) ORDER BY length(path) DESC",
    )
    .bind(serde_json::to_string(&paths)?)
    .fetch_all(&mut **transaction)
    .await?;
    let Some(object) = steps.first().map(|step| step.object.clone()) else {
        return Ok(None);
    };
    let known = object.permission_object();
    let mut entries = Vec::new();
    for Step { object: above, own } in steps {
        for (principal, level) in own {
            entries.push(Entry::read(&known, &above.resource_id, principal, &level)?);
        }
    }
    entries.push(Entry::of_admins(&known));
    Ok(Some(Place { object, entries }))
}

impl WorkspaceFiles<'_> {
    /// Refuses a principal that may not add something to a directory.
    pub(super) fn require_to_add(&self, principal: &Principal, directory: &Place) -> Result<(), ApiError> {
        let Place { object, entries } = directory;
        let rule = deciding(principal, &object.permission_object(), Level::CanEdit, entries);
        self.noted(principal, object, Level::CanEdit, rule)
    }

    /// Whether a directory lets the principal manage what is put into it.
    pub(super) fn lets_manage(&self, principal: &Principal, directory: &Place) -> bool {
        let object = directory.object.permission_object();
        let permissions = self.workspace.permissions();
        permissions.allow(principal, &object, Level::CanManage, &directory.entries)
    }
}
