//! What official clients send although the API description does not know it, and bodies that are the content of a file. Data.

use sluice_wire::Operation;

/// Where a request says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// As a parameter of the query.
    Query,
    /// As a field of the JSON body.
    Body,
}

impl Place {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Query => "query parameter",
            Self::Body => "field",
        }
    }
}

/// Something that the description does not know and that is no mistake.
struct Exception {
    /// Id of the operation; empty for all.
    operation: &'static str,
    place: Place,
    /// Name of the parameter, or path of the field.
    path: &'static str,
    /// Who sends it, and what for.
    #[expect(dead_code, reason = "for who reads the table")]
    reason: &'static str,
}

const EXCEPTIONS: [Exception; 8] = [
    Exception {
        operation: "",
        place: Place::Query,
        path: "o",
        reason: "addresses of the page of a workspace carry its id in it, and clients send them on",
    },
    Exception {
        operation: "workspace.WorkspaceAPI.export",
        place: Place::Query,
        path: "direct_download",
        reason: "`databricks-sdk` downloads files with it (`mixins/workspace.py`): the content itself instead of base64 in JSON",
    },
    Exception {
        operation: "workspace.WorkspaceAPI.get_status",
        place: Place::Query,
        path: "return_export_info",
        reason: "the Databricks CLI sends it at each deployment of a bundle, as recordings of its requests show",
    },
    Exception {
        operation: "workspace.WorkspaceAPI.get_status",
        place: Place::Query,
        path: "return_git_info",
        reason: "the Databricks CLI sends it to learn whether a directory is in a Git folder",
    },
    Exception {
        operation: "sql.StatementExecutionAPI.execute_statement",
        place: Place::Body,
        path: "session_id",
        reason: "`databricks-sql-connector` sends it: the session of the statement, which gives catalog, schema and settings",
    },
    Exception {
        operation: "sql.StatementExecutionAPI.execute_statement",
        place: Place::Body,
        path: "result_compression",
        reason: "`databricks-sql-connector` sends it: it takes compressed results, and plain ones as well",
    },
    Exception {
        operation: "sql.StatementExecutionAPI.get_statement",
        place: Place::Body,
        path: "statement_id",
        reason: "`databricks-sql-connector` sends the id of the path in the body once more",
    },
    Exception {
        operation: "sql.StatementExecutionAPI.cancel_execution",
        place: Place::Body,
        path: "statement_id",
        reason: "`databricks-sql-connector` sends the id of the path in the body once more",
    },
];

/// Operations whose body is the content of a file.
const CONTENTS: [&str; 2] = ["files.FilesAPI.upload", "workspace.WorkspaceFilesAPI.import_file"];

pub(super) fn excused(operations: &[&Operation], place: Place, path: &str) -> bool {
    EXCEPTIONS.iter().any(|exception| {
        let about = exception.operation.is_empty() || operations.iter().any(|each| each.id == exception.operation);
        about && exception.place == place && exception.path == path
    })
}

pub(super) fn takes_content(operations: &[&Operation]) -> bool {
    operations.iter().any(|operation| CONTENTS.contains(&operation.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exception_is_about_an_operation_that_does_not_know_it() {
        let operation = |id: &str| sluice_wire::operations().iter().find(|operation| operation.id == id);
        for id in CONTENTS {
            assert!(operation(id).is_some_and(|operation| operation.body.is_empty()), "{id}");
        }
        for exception in EXCEPTIONS.iter().filter(|exception| !exception.operation.is_empty()) {
            let found = operation(exception.operation).expect(exception.operation);
            let known = match exception.place {
                Place::Query => found.query,
                Place::Body => found.body,
            };
            assert!(
                !known.contains(&exception.path),
                "{}: {}",
                exception.operation,
                exception.path
            );
        }
    }
}
