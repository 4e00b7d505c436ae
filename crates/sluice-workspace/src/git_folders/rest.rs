//! `/api/2.0/repos`: cloning, listing, checking out, removing.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::folder::{Folder, check_outside, folder, folders};
use super::program::Reference;
use super::remote::{Remote, check_provider};
use super::sparse::SparseCheckout;
use super::{checkout, contents, credential};
use crate::call::Call;
use crate::error::ApiError;
use crate::files::{self, FileKind, NewObject, WorkspaceObject, WorkspacePath};
use crate::permissions::Level;
use crate::route::Route;

const ALL: &str = "/api/2.0/repos";
const ONE: &str = "/api/2.0/repos/{repo_id}";
/// The most folders of one page.
const PAGE: usize = 20;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(ALL, list),
        Route::post(ALL, create),
        Route::get(ONE, get),
        Route::patch(ONE, update),
        Route::delete(ONE, delete),
    ]
}

#[derive(Serialize)]
struct RepoInfo {
    id: i64,
    path: String,
    url: String,
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_commit_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sparse_checkout: Option<SparseCheckout>,
}

impl From<Folder> for RepoInfo {
    fn from(folder: Folder) -> Self {
        Self {
            id: folder.id,
            path: folder.path.as_str().to_owned(),
            url: folder.url,
            provider: folder.provider,
            branch: folder.branch,
            head_commit_id: folder.head_commit_id,
            sparse_checkout: folder.sparse,
        }
    }
}

/// The folder that a request names and its directory, when the caller has this level on it.
async fn named(call: &Call, level: Level) -> Result<(Folder, WorkspaceObject), ApiError> {
    let folder = folder(&call.workspace, call.parameter("repo_id")).await?;
    let files = call.workspace.workspace_files();
    let directory = files.find(&folder.path).await?.ok_or_else(|| folder.path.missing())?;
    files.require(&call.principal, &directory, level).await?;
    Ok((folder, directory))
}

async fn get(call: Call) -> Result<Json<RepoInfo>, ApiError> {
    Ok(Json(named(&call, Level::CanRead).await?.0.into()))
}

#[derive(Serialize)]
struct Listed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    repos: Vec<RepoInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Listed>, ApiError> {
    let prefix = call.query("path_prefix").unwrap_or_default();
    let prefix = prefix.strip_prefix("/Workspace").unwrap_or(prefix);
    let after: Option<WorkspacePath> = call.parse_query("next_page_token")?;
    let files = call.workspace.workspace_files();
    let mut repos: Vec<RepoInfo> = Vec::new();
    for folder in folders(&call.workspace).await? {
        let wanted =
            folder.path.as_str().starts_with(prefix) && after.as_ref().is_none_or(|after| folder.path > *after);
        let Some(directory) = files.find(&folder.path).await?.filter(|_| wanted) else {
            continue;
        };
        if !files.allows(&call.principal, &directory, Level::CanRead).await? {
            continue;
        }
        if repos.len() == PAGE {
            let next_page_token = repos.last().map(|last| last.path.clone());
            return Ok(Json(Listed { repos, next_page_token }));
        }
        repos.push(folder.into());
    }
    Ok(Json(Listed {
        repos,
        next_page_token: None,
    }))
}

#[derive(Deserialize)]
struct Create {
    url: String,
    provider: String,
    path: Option<String>,
    sparse_checkout: Option<SparseCheckout>,
    git_credential_id: Option<i64>,
}

/// Where a folder stands when nobody says: `/Repos/<who>/<name of the repository>`.
async fn default_path(call: &Call, url: &str) -> Result<WorkspacePath, ApiError> {
    let name = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".git").unwrap_or(name);
    let home = files::repositories_of(&call.workspace, &call.principal.name).await?;
    home.join(name).as_str().parse()
}

async fn create(mut call: Call) -> Result<Json<RepoInfo>, ApiError> {
    let given: Create = call.json().await?;
    check_provider(&given.provider)?;
    let sparse = given.sparse_checkout.filter(|sparse| !sparse.patterns.is_empty());
    if let Some(sparse) = &sparse {
        sparse.check()?;
    }
    let workspace = &call.workspace;
    let remote = Remote::parse(&given.url, &workspace.git_directories)?;
    let path: WorkspacePath = match &given.path {
        Some(path) => path.parse()?,
        None => default_path(&call, &given.url).await?,
    };
    check_place(&call, &path).await?;
    let login = credential::login(workspace, call.principal.id, &given.provider, given.git_credential_id).await?;
    let mut folder = Folder {
        id: 0,
        path,
        url: given.url,
        provider: given.provider,
        branch: None,
        head_commit_id: None,
        sparse,
        credential_id: login.as_ref().map(|(id, _)| *id),
        clone: workspace.ids.hex32(),
    };
    let login = login.map(|(_, login)| login);
    let made = clone(&call, &mut folder, &remote, login.as_ref()).await;
    if made.is_err() {
        remove_clone(&call, &folder).await;
    }
    made?;
    Ok(Json(folder.into()))
}

/// Refuses a place where the folder could not stand, before anything is fetched.
async fn check_place(call: &Call, path: &WorkspacePath) -> Result<(), ApiError> {
    check_outside(&call.workspace, path).await?;
    let files = call.workspace.workspace_files();
    if files.find(path).await?.is_some() {
        files.check_import(&call.principal, path).await?;
        return Err(ApiError::new(
            axum::http::StatusCode::BAD_REQUEST,
            "RESOURCE_ALREADY_EXISTS",
            format!("Path ({path}) already exists."),
        ));
    }
    let mut transaction = call.workspace.store.begin().await?;
    files.parent_to_add_to(&mut transaction, &call.principal, path).await?;
    Ok(())
}

/// Fetches the repository and brings its default branch into the tree, all or nothing.
async fn clone(
    call: &Call,
    folder: &mut Folder,
    remote: &Remote,
    login: Option<&super::program::Login>,
) -> Result<(), ApiError> {
    let workspace = &call.workspace;
    let bare = folder.bare(workspace);
    bare.make(remote, login).await?;
    let branch = bare
        .default_branch(remote, login)
        .await?
        .unwrap_or_else(|| "main".to_owned());
    let commit = bare.commit(&Reference::Branch(branch.clone())).await?;
    let after = contents::read(
        workspace,
        &bare,
        commit.as_deref(),
        &folder.path,
        folder.sparse.as_ref(),
    )
    .await?;
    let mut transaction = workspace.store.begin().await?;
    let new = NewObject {
        path: &folder.path,
        kind: FileKind::Directory,
        resource_id: None,
    };
    let files = workspace.workspace_files();
    folder.id = files.insert(&mut transaction, &call.principal, new).await?;
    (folder.branch, folder.head_commit_id) = (Some(branch), commit);
    let root = files::found(&mut transaction, &folder.path).await?;
    let change = checkout::change(
        &contents::Contents::default(),
        &after,
        &checkout::Standing::new(),
        false,
    )?;
    change.apply(workspace, &mut transaction, &root).await?;
    sqlx::query(
        "INSERT INTO git_folder (id, url, provider, branch, head_commit_id, sparse, credential_id, clone) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(folder.id)
    .bind(&folder.url)
    .bind(&folder.provider)
    .bind(&folder.branch)
    .bind(&folder.head_commit_id)
    .bind(folder.sparse.as_ref().map(serde_json::to_string).transpose()?)
    .bind(folder.credential_id)
    .bind(&folder.clone)
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

#[derive(Serialize)]
struct Empty {}

#[derive(Deserialize)]
struct Update {
    branch: Option<String>,
    tag: Option<String>,
    sparse_checkout: Option<SparseCheckout>,
    git_credential_id: Option<i64>,
    #[serde(default)]
    dangerously_force_discard_all: bool,
}

async fn update(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let (before, _) = named(&call, Level::CanEdit).await?;
    let given: Update = call.json().await?;
    let reference = match (given.branch, given.tag, &before.branch) {
        (Some(_), Some(_), _) => return Err(ApiError::invalid("`branch` and `tag` cannot both be given")),
        (Some(branch), None, _) => Some(Reference::Branch(branch)),
        (None, Some(tag), _) => Some(Reference::Tag(tag)),
        // Without either, the branch that is checked out is brought up to date; a tag stays where it is.
        (None, None, Some(branch)) => Some(Reference::Branch(branch.clone())),
        (None, None, None) => None,
    };
    if let Some(reference) = &reference {
        reference.check()?;
    }
    let workspace = &call.workspace;
    // One at a time: a second one would compare with a commit that the first is about to leave.
    let _turn = workspace.git_turn.lock().await;
    let (before, root) = named(&call, Level::CanEdit).await?;
    let remote = Remote::parse(&before.url, &workspace.git_directories)?;
    let login = credential::login(workspace, call.principal.id, &before.provider, given.git_credential_id).await?;
    let login = login.map(|(_, login)| login);
    let bare = before.bare(workspace);
    bare.fetch(&remote, login.as_ref()).await?;
    let mut after = before.clone();
    if let Some(sparse) = given.sparse_checkout {
        sparse.check()?;
        after.sparse = Some(sparse).filter(|sparse| !sparse.patterns.is_empty());
    }
    if let Some(reference) = reference {
        let commit = bare.commit(&reference).await?;
        after.head_commit_id = Some(commit.ok_or_else(|| reference.missing())?);
        after.branch = match reference {
            Reference::Branch(branch) => Some(branch),
            Reference::Tag(_) => None,
        };
    }
    check_out(&call, &before, &after, &root, given.dangerously_force_discard_all).await?;
    Ok(Json(Empty {}))
}

/// Brings the tree from one state of a folder to another, all or nothing.
async fn check_out(
    call: &Call,
    before: &Folder,
    after: &Folder,
    root: &WorkspaceObject,
    discard: bool,
) -> Result<(), ApiError> {
    let workspace = &call.workspace;
    let bare = before.bare(workspace);
    let read = async |folder: &Folder| {
        contents::read(
            workspace,
            &bare,
            folder.head_commit_id.as_deref(),
            &folder.path,
            folder.sparse.as_ref(),
        )
        .await
    };
    let (from, to) = (read(before).await?, read(after).await?);
    let mut transaction = workspace.store.begin().await?;
    let standing = files::standing(&mut transaction, root.id).await?;
    let change = checkout::change(&from, &to, &standing, discard)?;
    change.apply(workspace, &mut transaction, root).await?;
    sqlx::query("UPDATE git_folder SET branch = ?, head_commit_id = ?, sparse = ? WHERE id = ?")
        .bind(&after.branch)
        .bind(&after.head_commit_id)
        .bind(after.sparse.as_ref().map(serde_json::to_string).transpose()?)
        .bind(after.id)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    let (folder, _) = named(&call, Level::CanManage).await?;
    let files = call.workspace.workspace_files();
    files.delete(&call.principal, &folder.path, true).await?;
    remove_clone(&call, &folder).await;
    Ok(Json(Empty {}))
}

/// Removes the clone of a folder that is gone. What stays is swept away at the next start.
async fn remove_clone(call: &Call, folder: &Folder) {
    let directory = folder.bare(&call.workspace).directory;
    match tokio::fs::remove_dir_all(&directory).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            crate::log::line(&format!("{}: a clone was not removed: {error}", call.workspace.name));
        }
        _ => {}
    }
}
