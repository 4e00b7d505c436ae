//! A new product: a Git repository rendered from a blueprint. All or nothing: it is made beside its place and moved there at the end.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sluice_governance::descriptor;
use sluice_model::{Digest, ProductName};
use uuid::Uuid;

use super::answers::resolve_answers;
use super::lock::{BlueprintLock, FILE_NAME as LOCK_FILE};
use super::source::{Blueprint, BlueprintError, SourceFile};
use super::template::{Rendered, Surroundings, TemplateFault, render};
use crate::bundle_files::GitError;
use crate::documents::{DocumentError, parse_document};
use crate::git::{Signature, git, git_line};

/// What a new product is made of.
#[derive(Clone, Debug)]
pub struct NewProductRequest {
    /// The blueprint.
    pub blueprint: Blueprint,
    /// Where the repository goes; absent or an empty directory.
    pub directory: PathBuf,
    /// Given answers.
    pub answers: Vec<(String, String)>,
    /// Who the first commit is by; Git's own settings when none is given.
    pub author: Option<Signature>,
}

/// A product that was made.
#[derive(Clone, Debug, Serialize)]
pub struct NewProduct {
    /// Name in `product.yaml`.
    pub product: ProductName,
    /// Where it is.
    pub directory: PathBuf,
    /// Name of the blueprint.
    pub blueprint: String,
    /// Version of the blueprint.
    pub release: String,
    /// Its first commit.
    pub commit: String,
    /// Digest of the rendered files.
    pub digest: Digest,
    /// Paths of the rendered files.
    pub files: Vec<String>,
    /// What the blueprint says at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// No product was made; nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum NewProductError {
    /// The place is taken.
    #[error("`{directory}` exists and is not empty; name a directory that is absent or empty")]
    NotEmpty {
        /// The directory.
        directory: PathBuf,
    },
    /// The place is no directory.
    #[error("`{directory}` is not a directory")]
    NotADirectory {
        /// The path.
        directory: PathBuf,
    },
    /// A file cannot be written.
    #[error("cannot write `{path}`; nothing was made")]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The blueprint or the answers have faults.
    #[error(transparent)]
    Blueprint(#[from] BlueprintError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl From<DocumentError> for NewProductError {
    fn from(error: DocumentError) -> Self {
        Self::Blueprint(error.into())
    }
}

impl From<TemplateFault> for NewProductError {
    fn from(error: TemplateFault) -> Self {
        Self::Blueprint(error.into())
    }
}

/// Renders a blueprint into a new Git repository with a first commit on `main`.
///
/// # Errors
/// When the place is taken, an answer is missing or wrong, a template fails, or what comes out is no data product. Nothing is left
/// behind then.
pub async fn new_product(request: &NewProductRequest) -> Result<NewProduct, NewProductError> {
    let blueprint = &request.blueprint;
    let directory = &request.directory;
    check_place(directory)?;
    let surroundings = Surroundings {
        bundle_uuid: Uuid::new_v4(),
        ..Surroundings::default()
    };
    let answers = resolve_answers(&blueprint.schema, &request.answers, &surroundings)?;
    let rendered = render(blueprint, &answers, &surroundings)?;
    let product = check_product(&rendered)?;
    let lock = BlueprintLock::of(blueprint, &answers, &rendered);

    let parent = parent_of(directory);
    std::fs::create_dir_all(&parent).map_err(write_error(&parent))?;
    let staging = tempfile::Builder::new()
        .prefix(".sluice-new-")
        .tempdir_in(&parent)
        .map_err(write_error(&parent))?;
    let root = staging.path().join("product");
    for (path, file) in &rendered.files {
        write_file(&root.join(path), file)?;
    }
    let lock_file = SourceFile {
        content: lock.text().into_bytes(),
        executable: false,
    };
    write_file(&root.join(LOCK_FILE), &lock_file)?;
    let author = match &request.author {
        Some(author) => author.clone(),
        None => Signature::of_directory(&parent).await?,
    };
    let subject = format!("{product}: from blueprint {} {}", blueprint.name, blueprint.release);
    let commit = first_commit(&root, &author, &subject).await?;
    std::fs::rename(&root, directory).map_err(write_error(directory))?;
    Ok(NewProduct {
        product,
        directory: directory.clone(),
        blueprint: blueprint.name.clone(),
        release: blueprint.release.to_string(),
        commit,
        digest: lock.digest,
        files: rendered.files.into_keys().collect(),
        message: rendered.success_message,
    })
}

/// What comes out of a blueprint must be a data product: a bundle with a sound descriptor.
pub(crate) fn check_product(rendered: &Rendered) -> Result<ProductName, BlueprintError> {
    let file = |name: &'static str| {
        rendered.files.get(name).ok_or_else(|| BlueprintError::MissingFile {
            origin: "with these answers".to_owned(),
            file: name,
        })
    };
    file("databricks.yml")?;
    let content = &file("product.yaml")?.content;
    let tree = parse_document(&String::from_utf8_lossy(content), "product.yaml")?;
    let descriptor = descriptor::read(&tree).map_err(|diagnostics| DocumentError::Faults { diagnostics })?;
    Ok(descriptor.name)
}

fn check_place(directory: &Path) -> Result<(), NewProductError> {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(NewProductError::NotEmpty {
                directory: directory.to_owned(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(NewProductError::NotADirectory {
            directory: directory.to_owned(),
        }),
        Err(source) => Err(write_error(directory)(source)),
    }
}

fn parent_of(directory: &Path) -> PathBuf {
    match directory.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> NewProductError {
    let path = path.to_owned();
    move |source| NewProductError::Write { path, source }
}

fn write_file(path: &Path, file: &SourceFile) -> Result<(), NewProductError> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(write_error(directory))?;
    }
    std::fs::write(path, &file.content).map_err(write_error(path))?;
    let mode = if file.executable { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(write_error(path))
}

async fn first_commit(root: &Path, author: &Signature, subject: &str) -> Result<String, GitError> {
    git(root, &["init", "--quiet", "--template=", "--initial-branch", "main"]).await?;
    // `--force`: everything the blueprint makes is part of the product, whatever somebody's global ignore file says.
    git(root, &["add", "--all", "--force"]).await?;
    let [name, email] = author.settings();
    git(
        root,
        &["-c", &name, "-c", &email, "commit", "--quiet", "--message", subject],
    )
    .await?;
    git_line(root, &["rev-parse", "HEAD"]).await
}
