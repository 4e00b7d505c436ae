//! A product's checkout: its Git repository, its descriptor, its blueprint lock.

use std::path::{Path, PathBuf};

use sluice_governance::descriptor::{self, Descriptor};
use sluice_model::Diagnostic;

use crate::bundle_files::GitError;
use crate::documents::{DocumentError, parse_document, read_document};
use crate::git::{ask, git_line};

/// Name of the descriptor's file.
pub const DESCRIPTOR: &str = "product.yaml";

/// A checkout of a data product.
#[derive(Clone, Debug)]
pub struct Product {
    /// Top of the repository, absolute.
    pub root: PathBuf,
    /// What it says about itself.
    pub descriptor: Descriptor,
}

/// There is no product, or it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// No descriptor upwards.
    #[error("no data product here: neither `{}` nor a directory above it has a `product.yaml`", start.display())]
    NotFound {
        /// Where the search began.
        start: PathBuf,
    },
    /// The descriptor's directory is not the top of a repository.
    #[error("`{}` is not the top of a Git repository; a data product has a repository of its own", root.display())]
    NotARepository {
        /// The directory.
        root: PathBuf,
    },
    /// The descriptor has faults.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl ProductError {
    /// Findings to print, when it is about content.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Document(error) => error.diagnostics(),
            Self::NotFound { .. } | Self::NotARepository { .. } | Self::Git(_) => &[],
        }
    }
}

impl Product {
    /// The product that a directory stands in.
    ///
    /// # Errors
    /// When there is none, its descriptor has faults, or it is not the top of a repository.
    pub async fn find(start: &Path) -> Result<Self, ProductError> {
        let root = start
            .ancestors()
            .find(|directory| directory.join(DESCRIPTOR).is_file())
            .ok_or_else(|| ProductError::NotFound {
                start: start.to_owned(),
            })?
            .to_owned();
        let descriptor = Self::read_descriptor(&root)?;
        let prefix = ask(&root, &["rev-parse", "--show-prefix"]).await?;
        match prefix {
            Ok(prefix) if prefix.trim_ascii().is_empty() => Ok(Self { root, descriptor }),
            Ok(_) | Err(_) => Err(ProductError::NotARepository { root }),
        }
    }

    /// Reads the descriptor of a directory.
    ///
    /// # Errors
    /// When it cannot be read or has faults.
    pub fn read_descriptor(root: &Path) -> Result<Descriptor, DocumentError> {
        let tree = read_document(&root.join(DESCRIPTOR), DESCRIPTOR)?;
        descriptor::read(&tree).map_err(|diagnostics| DocumentError::Faults { diagnostics })
    }

    /// The commit that is checked out.
    ///
    /// # Errors
    /// When git fails, for example because there is no commit yet.
    pub async fn head(&self) -> Result<String, GitError> {
        git_line(&self.root, &["rev-parse", "--verify", "HEAD^{commit}"]).await
    }
}

/// Reads a descriptor from text, as it stands in a commit.
pub(crate) fn descriptor_of(text: &str) -> Result<Descriptor, DocumentError> {
    let tree = parse_document(text, DESCRIPTOR)?;
    descriptor::read(&tree).map_err(|diagnostics| DocumentError::Faults { diagnostics })
}
