//! The profile file: how clients find the workspaces, and the only place where the seeded tokens stand.
//!
//! The format is that of `.databrickscfg`: one section per workspace and principal, named `<workspace>-<principal>`.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use sluice_model::Secret;

use crate::error::ApiError;
use crate::identity;
use crate::principal::Principal;
use crate::seed::{principal_name, seeded_principals};
use crate::workspace::Workspace;

/// One section of the profile file.
#[derive(Clone, Debug)]
pub struct Profile {
    /// `http://127.0.0.1:<port>`.
    pub host: String,
    /// The token.
    pub token: Secret<String>,
}

/// Reads a profile file; an absent one is empty.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> io::Result<BTreeMap<String, Profile>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.to_owned();
        } else if let Some((key, value)) = line.split_once('=') {
            let fields = sections.entry(section.clone()).or_default();
            fields.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    let profile = |mut fields: BTreeMap<String, String>| {
        let host = fields.remove("host")?;
        let token = Secret::new(fields.remove("token")?);
        Some(Profile { host, token })
    };
    Ok(sections
        .into_iter()
        .filter_map(|(name, fields)| Some((name, profile(fields)?)))
        .collect())
}

/// Writes a profile file that only its owner may read.
///
/// # Errors
/// When the disk refuses; the old file stays then.
pub fn write(path: &Path, profiles: &BTreeMap<String, Profile>) -> io::Result<()> {
    let sections: Vec<String> = profiles
        .iter()
        .map(|(name, Profile { host, token })| format!("[{name}]\nhost = {host}\ntoken = {}\n", token.expose()))
        .collect();
    let text = format!(
        "; Written by `sluice workspace up`: profiles of the local workspaces.\n\n{}",
        sections.join("\n")
    );
    crate::private_file::write(path, text.as_bytes())
}

/// The profiles of a workspace at this host: a token of the former file is kept when it still works, else a new one is made.
pub(crate) async fn issue(
    workspace: &Workspace,
    host: &str,
    former: &BTreeMap<String, Profile>,
) -> Result<BTreeMap<String, Profile>, ApiError> {
    let mut profiles = BTreeMap::new();
    for short in seeded_principals() {
        let Some(principal) = identity::by_name(workspace, &principal_name(short)).await? else {
            continue;
        };
        let name = format!("{}-{short}", workspace.name);
        let token = match former.get(&name) {
            Some(profile) if belongs_to(workspace, &profile.token, &principal).await? => profile.token.clone(),
            _ => {
                let new = identity::NewToken {
                    principal_id: principal.id,
                    creator_id: principal.id,
                    comment: "profile file",
                    expires_at: None,
                    purpose: identity::Purpose::Personal,
                };
                identity::make_token(workspace, new).await?.1
            }
        };
        profiles.insert(
            name,
            Profile {
                host: host.to_owned(),
                token,
            },
        );
    }
    Ok(profiles)
}

async fn belongs_to(workspace: &Workspace, token: &Secret<String>, principal: &Principal) -> Result<bool, ApiError> {
    let holder = identity::holder(workspace, token.expose()).await?;
    Ok(holder.is_some_and(|(holder, _)| holder.id == principal.id))
}
