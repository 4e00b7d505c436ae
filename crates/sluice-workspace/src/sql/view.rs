//! Views: their query as the caller wrote it, and the names under which its columns appear.

use super::error::unsupported;
use super::text::identifier;
use crate::catalog::TableRecord;
use crate::compute::StatementError;

/// Properties of a view whose query was written with other defaults than the view's own catalog and schema; the names are Spark's.
pub(super) const CATALOG_PROPERTY: &str = "view.catalogAndNamespace.part.0";
/// As [`CATALOG_PROPERTY`], the schema.
pub(super) const SCHEMA_PROPERTY: &str = "view.catalogAndNamespace.part.1";

/// Refuses properties with which a view would look up the names in its query elsewhere, with the rights of its owner.
pub(super) fn check_property_names<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<(), StatementError> {
    let reserved = |name: &&String| name.to_ascii_lowercase().starts_with("view.");
    match names.into_iter().find(reserved) {
        Some(name) => Err(unsupported(
            &format!("setting the property `{name}`"),
            "names that begin with `view.` are kept by the workspace itself",
        )),
        None => Ok(()),
    }
}

/// The query of a view.
pub(super) fn definition(view: &TableRecord) -> Result<String, StatementError> {
    let missing = || {
        StatementError::new(
            "INTERNAL_ERROR",
            "XX000",
            format!("the view '{}' has no query", view.securable.full_name),
        )
    };
    view.view_definition.clone().ok_or_else(missing)
}

/// Catalog and schema for names in the query of a view.
pub(super) fn defaults(view: &TableRecord) -> (String, String) {
    let parts = view.securable.parts();
    let part = |index: usize| parts.get(index).copied().unwrap_or_default().to_owned();
    let property = |name: &str| view.securable.properties.get(name).cloned();
    (
        property(CATALOG_PROPERTY).unwrap_or_else(|| part(0)),
        property(SCHEMA_PROPERTY).unwrap_or_else(|| part(1)),
    )
}

/// The query with the columns named as the view names them.
pub(super) fn with_columns(view: &TableRecord, query: &str) -> String {
    let names: Vec<_> = view.columns.iter().map(|column| identifier(&column.name)).collect();
    format!("SELECT * FROM ({query}) AS `view`({})", names.join(", "))
}

/// Says which view it was whose query failed.
pub(super) fn explain(view: &TableRecord, mut error: StatementError) -> StatementError {
    error.message = format!(
        "the view '{}', which reads with the rights of its owner '{}', cannot be read: {}",
        view.securable.full_name, view.securable.owner, error.message
    );
    error
}
