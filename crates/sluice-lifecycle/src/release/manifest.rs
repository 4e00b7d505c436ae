//! What a commit holds: every path with its mode, Git blob and SHA-256, and a head that names it all. Computed from Git alone.

use std::path::Path;
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use sluice_governance::Descriptor;
use sluice_model::{Digest, ProductName, ReleaseVersion};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::blueprint::lock::{BlueprintLock, FILE_NAME as LOCK_FILE};
use crate::bundle_files::GitError;
use crate::documents::DocumentError;
use crate::git::{git, git_line};
use crate::product::{DESCRIPTOR, descriptor_of};

/// Version of the format.
pub const FORMAT_VERSION: u32 = 1;

/// One file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Path from the top of the repository.
    pub path: String,
    /// Git's file mode: `100644`, `100755` or `120000`.
    pub mode: String,
    /// Git's id of the content.
    pub blob: String,
    /// Digest of the content.
    pub digest: Digest,
}

/// The blueprint that a product was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlueprintReference {
    /// Name.
    pub name: String,
    /// Version.
    pub release: semver::Version,
    /// Digest of what it rendered.
    pub digest: Digest,
}

/// Versions of what interprets a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// Version of sluice that froze it.
    pub sluice: String,
    /// Version of the plan format.
    pub plan: u32,
}

impl Toolchain {
    /// That of this program.
    #[must_use]
    pub fn current() -> Self {
        Self {
            sluice: env!("CARGO_PKG_VERSION").to_owned(),
            plan: 2,
        }
    }
}

/// Everything about a release but the list of its files, which it names by digest. Its own digest is the release's digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestHead {
    /// Version of this format.
    pub format: u32,
    /// Product.
    pub product: ProductName,
    /// Version.
    pub version: ReleaseVersion,
    /// Git tree.
    pub tree: String,
    /// Digest of the files.
    pub content: Digest,
    /// Blueprint; none for a product that was made without.
    pub blueprint: Option<BlueprintReference>,
    /// Toolchain.
    pub toolchain: Toolchain,
}

impl ManifestHead {
    /// The release's digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_canonical_json(self).expect("invariant: a manifest has only text keys")
    }
}

/// The head and the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The head.
    pub head: ManifestHead,
    /// Files, by path.
    pub files: Vec<ManifestFile>,
}

/// What a commit holds, before it has a version.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Commit.
    pub commit: String,
    /// Git tree.
    pub tree: String,
    /// Files, by path.
    pub files: Vec<ManifestFile>,
    /// Digest of the files.
    pub content: Digest,
    /// The descriptor in it.
    pub descriptor: Descriptor,
    /// The blueprint in it.
    pub blueprint: Option<BlueprintReference>,
}

/// A commit cannot become a release.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file that every product has is not in the commit.
    #[error("commit {commit} has no `{file}`; add it to Git")]
    MissingFile {
        /// The commit.
        commit: String,
        /// The file.
        file: &'static str,
    },
    /// It holds another repository.
    #[error("`{path}` is a submodule; its content is not in this repository and cannot be frozen")]
    Submodule {
        /// Its path.
        path: String,
    },
    /// Git answered something unexpected.
    #[error("git listed an entry that cannot be understood: `{entry}`")]
    Entry {
        /// The entry.
        entry: String,
    },
    /// A path is not UTF-8.
    #[error("the name of a file in commit {commit} is not UTF-8; rename it")]
    PathEncoding {
        /// The commit.
        commit: String,
    },
    /// The contents cannot be read.
    #[error("cannot read the contents of commit {commit} from git")]
    Contents {
        /// The commit.
        commit: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The descriptor in the commit has faults.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The lock in the commit is not what `sluice new` writes.
    #[error("`{LOCK_FILE}` in the commit is not what `sluice new` writes; restore it")]
    Lock(#[source] serde_json::Error),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl Snapshot {
    /// Reads what a commit-ish holds.
    ///
    /// # Errors
    /// When it is no commit of a product, or git fails.
    pub async fn of(repository: &Path, commit: &str) -> Result<Self, ManifestError> {
        let commit = git_line(repository, &["rev-parse", "--verify", &format!("{commit}^{{commit}}")]).await?;
        let tree = git_line(repository, &["rev-parse", "--verify", &format!("{commit}^{{tree}}")]).await?;
        let mut entries = list(repository, &commit, &tree).await?;
        entries.sort_by(|one, two| one.path.cmp(&two.path));
        let contents = contents(repository, &commit, &entries).await?;
        let mut files = Vec::with_capacity(entries.len());
        let mut descriptor = None;
        let mut blueprint = None;
        for (entry, content) in entries.into_iter().zip(contents) {
            match entry.path.as_str() {
                DESCRIPTOR => descriptor = Some(descriptor_of(&String::from_utf8_lossy(&content))?),
                LOCK_FILE => blueprint = Some(reference(&content)?),
                _ => {}
            }
            files.push(ManifestFile {
                path: entry.path,
                mode: entry.mode,
                blob: entry.blob,
                digest: Digest::of(&content),
            });
        }
        let missing = |file| ManifestError::MissingFile {
            commit: commit.clone(),
            file,
        };
        if !files.iter().any(|file| file.path == "databricks.yml") {
            return Err(missing("databricks.yml"));
        }
        let descriptor = descriptor.ok_or_else(|| missing(DESCRIPTOR))?;
        let content = Digest::of_canonical_json(&files).expect("invariant: a list of files has a JSON form");
        Ok(Self {
            commit,
            tree,
            files,
            content,
            descriptor,
            blueprint,
        })
    }

    /// The manifest of this content under a version.
    #[must_use]
    pub fn manifest(self, version: ReleaseVersion, toolchain: Toolchain) -> Manifest {
        Manifest {
            head: ManifestHead {
                format: FORMAT_VERSION,
                product: self.descriptor.name,
                version,
                tree: self.tree,
                content: self.content,
                blueprint: self.blueprint,
                toolchain,
            },
            files: self.files,
        }
    }
}

fn reference(content: &[u8]) -> Result<BlueprintReference, ManifestError> {
    let lock: BlueprintLock = serde_json::from_slice(content).map_err(ManifestError::Lock)?;
    Ok(BlueprintReference {
        name: lock.blueprint,
        release: lock.release,
        digest: lock.digest,
    })
}

struct Entry {
    path: String,
    mode: String,
    blob: String,
}

async fn list(repository: &Path, commit: &str, tree: &str) -> Result<Vec<Entry>, ManifestError> {
    let listing = git(repository, &["ls-tree", "-r", "-z", "--full-tree", tree]).await?;
    let mut entries = Vec::new();
    for entry in listing.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        let text = std::str::from_utf8(entry).map_err(|_not_text| ManifestError::PathEncoding {
            commit: commit.to_owned(),
        })?;
        let unexpected = || ManifestError::Entry { entry: text.to_owned() };
        let (attributes, path) = text.split_once('\t').ok_or_else(unexpected)?;
        match attributes.split(' ').collect::<Vec<_>>()[..] {
            [mode, "blob", blob] => entries.push(Entry {
                path: path.to_owned(),
                mode: mode.to_owned(),
                blob: blob.to_owned(),
            }),
            [_, "commit", _] => return Err(ManifestError::Submodule { path: path.to_owned() }),
            _ => return Err(unexpected()),
        }
    }
    Ok(entries)
}

/// The contents of entries, in order, from one `git cat-file --batch`.
async fn contents(repository: &Path, commit: &str, entries: &[Entry]) -> Result<Vec<Vec<u8>>, ManifestError> {
    let fault = |source| ManifestError::Contents {
        commit: commit.to_owned(),
        source,
    };
    let mut child = Command::new("git")
        .args(["cat-file", "--batch"])
        .current_dir(repository)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_OBJECT_DIRECTORY")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(GitError::Start)?;
    let mut input = child.stdin.take().expect("invariant: stdin is piped");
    let mut output = BufReader::new(child.stdout.take().expect("invariant: stdout is piped"));
    let mut contents = Vec::with_capacity(entries.len());
    for entry in entries {
        input
            .write_all(format!("{}\n", entry.blob).as_bytes())
            .await
            .map_err(fault)?;
        input.flush().await.map_err(fault)?;
        let mut header = String::new();
        output.read_line(&mut header).await.map_err(fault)?;
        let size = header
            .trim_end()
            .rsplit(' ')
            .next()
            .and_then(|size| size.parse::<usize>().ok());
        let Some(size) = size else {
            return Err(ManifestError::Entry { entry: header });
        };
        let mut content = vec![0; size + 1];
        output.read_exact(&mut content).await.map_err(fault)?;
        content.pop();
        contents.push(content);
    }
    drop(input);
    child.wait().await.map_err(fault)?;
    Ok(contents)
}
