//! The source code of a pipeline: its libraries as texts, read with the rights of whom it runs as.

use crate::error::ApiError;
use crate::files::{FileKind, Language, WorkspaceObject, WorkspacePath};
use crate::principal::Principal;
use crate::workspace::Workspace;

use super::spec::{Library, Spec};

/// What a source is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Sql,
    PythonFile,
    PythonNotebook,
}

/// A notebook or file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its path in the workspace, without `/Workspace`.
    pub(crate) path: String,
    pub(crate) written: Written,
    /// Its text; empty for Python, which the process reads itself.
    pub(crate) text: String,
}

/// Reads all libraries.
///
/// # Errors
/// 400, 403 and 404 naming the path; 501 for a language that is not executed.
pub(crate) async fn read(workspace: &Workspace, principal: &Principal, spec: &Spec) -> Result<Vec<Source>, ApiError> {
    let mut found: Vec<Source> = Vec::new();
    for library in &spec.libraries {
        for object in objects(workspace, principal, library).await? {
            if !found.iter().any(|source| source.path == object.path.as_str()) {
                found.push(source(workspace, &object).await?);
            }
        }
    }
    if found.is_empty() {
        return Err(ApiError::invalid(
            "the libraries of the pipeline name no notebook and no `.py` or `.sql` file",
        ));
    }
    Ok(found)
}

/// The notebooks and files that a library names.
async fn objects(
    workspace: &Workspace,
    principal: &Principal,
    library: &Library,
) -> Result<Vec<WorkspaceObject>, ApiError> {
    let files = workspace.workspace_files();
    let named = library
        .notebook
        .as_ref()
        .or(library.file.as_ref())
        .map(|each| &each.path);
    let include = library.glob.as_ref().map(|glob| glob.include.as_str());
    if let Some(directory) = include.and_then(|include| include.strip_suffix("/**")) {
        let path: WorkspacePath = directory.parse()?;
        let below = files.tree(principal, &path).await?;
        return Ok(below.into_iter().filter(is_source).collect());
    }
    let path = named.map(String::as_str).or(include).unwrap_or_default();
    if path.contains('*') {
        return Err(ApiError::not_implemented(format!(
            "the glob `{path}` is not known here: name a notebook, a file, or a directory followed by `/**`"
        )));
    }
    let path: WorkspacePath = path.parse()?;
    let object = files.get(principal, &path).await?;
    let wanted = match (library.notebook.is_some(), library.file.is_some()) {
        (true, _) => Some(FileKind::Notebook),
        (_, true) => Some(FileKind::File),
        _ => None,
    };
    match wanted {
        Some(kind) if kind != object.kind => Err(ApiError::invalid(format!(
            "`{path}` is a {}, but the library says `{}`",
            object.kind.as_str().to_lowercase(),
            kind.as_str().to_lowercase()
        ))),
        _ => Ok(vec![object]),
    }
}

/// Whether a directory's object is source code; other files stand beside it to be imported or read.
fn is_source(object: &WorkspaceObject) -> bool {
    match object.kind {
        FileKind::Notebook => true,
        FileKind::File => extension(object).is_some(),
        FileKind::Directory | FileKind::Dashboard | FileKind::GenieSpace => false,
    }
}

fn extension(object: &WorkspaceObject) -> Option<Written> {
    let path = object.path.as_str();
    if path.ends_with(".sql") {
        Some(Written::Sql)
    } else {
        path.ends_with(".py").then_some(Written::PythonFile)
    }
}

async fn source(workspace: &Workspace, object: &WorkspaceObject) -> Result<Source, ApiError> {
    let path = &object.path;
    let written = match (object.kind, object.language) {
        (FileKind::Notebook, Some(Language::Sql)) => Some(Written::Sql),
        (FileKind::Notebook, Some(Language::Python)) => Some(Written::PythonNotebook),
        (FileKind::File, _) => extension(object),
        _ => None,
    };
    let written = written.ok_or_else(|| {
        ApiError::not_implemented(format!(
            "`{path}` is no source that the local workspace executes: it executes notebooks and files in SQL and Python"
        ))
    })?;
    let mut text = String::new();
    if written == Written::Sql {
        let content = workspace.workspace_files().content(object).await?;
        text = String::from_utf8(content.to_vec())
            .map_err(|_not_utf8| ApiError::invalid(format!("`{path}` is no text in UTF-8")))?;
        if let Some(magic) = foreign_cell(&text) {
            return Err(ApiError::not_implemented(format!(
                "`{path}` has a cell `{magic}`: a SQL notebook of a pipeline holds SQL and `%md`"
            )));
        }
    }
    Ok(Source {
        path: path.as_str().to_owned(),
        written,
        text,
    })
}

/// The magic of a cell in a SQL notebook that is neither SQL nor text for people.
fn foreign_cell(text: &str) -> Option<&str> {
    let magics = text.lines().filter_map(|line| line.strip_prefix("-- MAGIC %"));
    magics
        .filter_map(|rest| rest.split_whitespace().next())
        .find(|magic| !magic.starts_with("md") && !magic.starts_with("sql"))
}
