//! Contents by digest, one file each, for workspace files.
//!
//! A blob is written to a temporary name and renamed, so a file with its final name is complete even when the process dies.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sluice_model::Digest;
use uuid::Uuid;

use crate::durability::Disk;

/// A directory of blobs.
#[derive(Clone, Debug)]
pub struct Blobs {
    directory: PathBuf,
    disk: Disk,
}

impl Blobs {
    /// Opens or creates the directory.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn open(directory: &Path, disk: Disk) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
            disk,
        })
    }

    /// Where the blob with this digest stands: two directory levels keep listings short.
    #[must_use]
    pub fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.directory.join(&hex[..2]).join(&hex[2..])
    }

    /// Stores contents; storing them again does nothing.
    ///
    /// # Errors
    /// When the disk refuses; nothing is left behind then.
    pub async fn put(&self, content: Bytes) -> io::Result<Digest> {
        let digest = Digest::of(&content);
        let path = self.path(&digest);
        if tokio::fs::try_exists(&path).await? {
            // It may have been stored when the loss of power did not matter.
            self.disk.file(&path).await?;
            self.disk.name(&path, &self.directory).await?;
            return Ok(digest);
        }
        let directory = path
            .parent()
            .expect("invariant: a blob stands in a directory")
            .to_owned();
        tokio::fs::create_dir_all(&directory).await?;
        let temporary = directory.join(format!(".{}", Uuid::new_v4().simple()));
        let written = async {
            tokio::fs::write(&temporary, &content).await?;
            self.disk.file(&temporary).await?;
            tokio::fs::rename(&temporary, &path).await?;
            self.disk.name(&path, &self.directory).await
        };
        if let Err(error) = written.await {
            return match tokio::fs::remove_file(&temporary).await {
                Ok(()) => Err(error),
                Err(missing) if missing.kind() == io::ErrorKind::NotFound => Err(error),
                Err(second) => Err(second),
            };
        }
        Ok(digest)
    }

    /// Reads contents.
    ///
    /// # Errors
    /// When there is no such blob or the disk refuses.
    pub async fn get(&self, digest: &Digest) -> io::Result<Bytes> {
        tokio::fs::read(self.path(digest)).await.map(Bytes::from)
    }

    /// Removes every blob that is not among these, and what an earlier process did not complete. Nothing may be written meanwhile.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) async fn keep_only(&self, named: &BTreeSet<Digest>) -> io::Result<()> {
        let named: BTreeSet<PathBuf> = named.iter().map(|digest| self.path(digest)).collect();
        let mut directories = tokio::fs::read_dir(&self.directory).await?;
        while let Some(directory) = directories.next_entry().await? {
            let mut files = tokio::fs::read_dir(directory.path()).await?;
            while let Some(file) = files.next_entry().await? {
                if !named.contains(&file.path()) {
                    tokio::fs::remove_file(file.path()).await?;
                }
            }
        }
        Ok(())
    }
}
