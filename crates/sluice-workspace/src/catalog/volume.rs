//! Volumes: directories of files, reached as `/Volumes/<catalog>/<schema>/<volume>/…`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::{Securable, name};
use crate::catalog::storage::managed_location;
use crate::catalog::{Catalog, NewSecurable};
use crate::error::ApiError;
use crate::principal::Principal;

/// A path below a volume, and where it stands on this machine. The file need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeFile {
    /// The volume.
    pub volume: Securable,
    /// The volume's directory.
    pub root: PathBuf,
    /// The path on this machine.
    pub path: PathBuf,
    /// `/Volumes/catalog/schema/volume/…`, without doubled or trailing slashes.
    pub name: String,
}

impl VolumeFile {
    /// Whether it is the volume's own directory.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.root == self.path
    }
}

impl Catalog<'_> {
    /// Makes a managed volume with its directory.
    ///
    /// # Errors
    /// 403 without `CREATE VOLUME`, 404 without the schema, 409 when it exists, 400 for a bad name.
    pub async fn create_volume(
        &self,
        principal: &Principal,
        schema: &str,
        volume_name: &str,
        comment: Option<&str>,
    ) -> Result<Securable, ApiError> {
        let volume_name = name(SecurableKind::Volume, volume_name)?;
        let schema = self
            .require_on(principal, Privilege::CreateVolume, SecurableKind::Schema, schema)
            .await?;
        let id = self.workspace.ids.uuid();
        let directory = managed_location(self.workspace, SecurableKind::Volume, &id);
        tokio::fs::create_dir_all(&directory)
            .await
            .map_err(|error| ApiError::from_io(format!("the directory of volume '{volume_name}'"), &error))?;
        let inserted = async {
            let mut transaction = self.workspace.store.begin().await?;
            let volume = NewSecurable {
                id,
                kind: SecurableKind::Volume,
                parent: Some(&schema),
                name: &volume_name,
                owner: &principal.name,
                comment,
                properties: &BTreeMap::new(),
                location: Some(directory.clone()),
                details: "{}".to_owned(),
            }
            .insert(self.workspace, &mut transaction)
            .await?;
            transaction.commit().await?;
            Ok(volume)
        };
        let inserted = inserted.await;
        if inserted.is_err() {
            crate::catalog::storage::remove_directory(&directory)
                .await
                .map_err(|error| ApiError::from_io("the directory of a volume that was not made", &error))?;
        }
        inserted
    }

    /// Where `/Volumes/<catalog>/<schema>/<volume>/…` stands on this machine, when the principal may read (or write) there.
    ///
    /// The path never leaves the volume: `..` and links that lead out are refused.
    ///
    /// # Errors
    /// 404 without the volume, 403 without `READ VOLUME` (or `WRITE VOLUME`), 400 for another path.
    pub async fn resolve_volume_path(
        &self,
        principal: &Principal,
        path: &str,
        write: bool,
    ) -> Result<VolumeFile, ApiError> {
        let broken = |why: &str| ApiError::invalid(format!("Invalid path '{path}': {why}"));
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let ["Volumes", catalog, schema, volume, below @ ..] = parts.as_slice() else {
            return Err(broken("expected /Volumes/<catalog>/<schema>/<volume>/<path>"));
        };
        if below
            .iter()
            .any(|part| matches!(*part, "." | "..") || part.contains('\0'))
        {
            return Err(broken("`.`, `..` and NUL are not allowed"));
        }
        let privilege = if write {
            Privilege::WriteVolume
        } else {
            Privilege::ReadVolume
        };
        let full_name = format!("{catalog}.{schema}.{volume}");
        let volume = self
            .require_on(principal, privilege, SecurableKind::Volume, &full_name)
            .await?;
        let root = volume
            .location
            .clone()
            .ok_or_else(|| ApiError::internal(format!("{} has no location", volume.title())))?;
        let file = below.iter().fold(root.clone(), |path, part| path.join(part));
        refuse_links(&root, &file).await?;
        let name = ["/Volumes".to_owned(), volume.full_name.replace('.', "/")]
            .into_iter()
            .chain(below.iter().map(|part| (*part).to_owned()))
            .collect::<Vec<_>>()
            .join("/");
        Ok(VolumeFile {
            volume,
            root,
            path: file,
            name,
        })
    }
}

/// Refuses a path with a symbolic link on the way, which a task may have put there.
async fn refuse_links(root: &std::path::Path, path: &std::path::Path) -> Result<(), ApiError> {
    for step in path.ancestors().take_while(|step| *step != root) {
        match tokio::fs::symlink_metadata(step).await {
            Ok(metadata) if metadata.is_symlink() => {
                return Err(ApiError::denied(
                    "the path leads through a symbolic link, which volumes do not follow",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}
