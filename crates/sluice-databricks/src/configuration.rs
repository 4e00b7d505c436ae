//! Which workspace is meant and which token opens it.
//!
//! The order is that of the official clients: what the bundle or the platform file names, then `DATABRICKS_HOST` and
//! `DATABRICKS_TOKEN`, then a profile of the configuration file. One rule is stricter: a token from the environment is used only
//! for the host that the environment names with it (or for any, when it names none).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use sluice_model::Secret;

use crate::credential::{CredentialError, CredentialReference};
use crate::host::{Host, HostError};
use crate::profile::{Profile, ProfileFile, ProfileFileError};

/// Everything that may say which workspace is meant.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationSources {
    /// `workspace.host` of the bundle's target, or the host that an environment of `platform.yaml` names.
    pub host: Option<String>,
    /// `workspace.profile` of the bundle's target.
    pub profile: Option<String>,
    /// The credential that an environment of `platform.yaml` names; nothing else is looked at then.
    pub credential: Option<CredentialReference>,
    /// The process environment (`DATABRICKS_HOST`, `DATABRICKS_TOKEN`, `DATABRICKS_CONFIG_FILE`, `DATABRICKS_CONFIG_PROFILE`, `HOME`).
    pub environment: BTreeMap<String, String>,
}

/// A workspace and the token that opens it.
#[derive(Clone, Debug)]
pub struct ClientConfiguration {
    /// The workspace.
    pub host: Host,
    /// The token.
    pub token: Secret<String>,
    /// How long one request is repeated, where the profile says so (`retry_timeout_seconds`).
    pub retry_timeout: Option<Duration>,
}

impl ClientConfiguration {
    /// A workspace and a token; requests are repeated as long as the official clients do.
    #[must_use]
    pub fn new(host: Host, token: Secret<String>) -> Self {
        Self {
            host,
            token,
            retry_timeout: None,
        }
    }
}

/// No workspace, or no token for it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// Nothing names a workspace.
    #[error("no workspace is named: set `workspace.host` in the bundle, DATABRICKS_HOST or DATABRICKS_CONFIG_PROFILE")]
    NoHost,
    /// Nothing holds a token for it.
    #[error("no token for {host}: set DATABRICKS_TOKEN, or DATABRICKS_CONFIG_PROFILE to a profile of `{}`", file.display())]
    NoToken {
        /// The workspace.
        host: Host,
        /// The configuration file that was looked at.
        file: PathBuf,
    },
    /// Several profiles are for this workspace.
    #[error("several profiles of `{}` are for {host}: set DATABRICKS_CONFIG_PROFILE to one of {}", file.display(), profiles.join(", "))]
    SeveralProfiles {
        /// The workspace.
        host: Host,
        /// The configuration file.
        file: PathBuf,
        /// Their names.
        profiles: Vec<String>,
    },
    /// The named profile does not exist.
    #[error("`{}` has no profile `{profile}`{}", file.display(), known(profiles))]
    UnknownProfile {
        /// The name.
        profile: String,
        /// The configuration file.
        file: PathBuf,
        /// The profiles that it has.
        profiles: Vec<String>,
    },
    /// The profile is for another workspace than the one named.
    #[error("profile `{profile}` is for {profile_host}, but {host} is named: use a profile of that workspace")]
    OtherHost {
        /// The profile.
        profile: String,
        /// Its workspace.
        profile_host: Host,
        /// The workspace that the bundle or the platform file names.
        host: Host,
    },
    /// An address cannot be used.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The configuration file cannot be used.
    #[error(transparent)]
    File(#[from] ProfileFileError),
    /// A credential reference leads to no token.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

fn known(profiles: &[String]) -> String {
    if profiles.is_empty() {
        String::new()
    } else {
        format!("; it has {}", profiles.join(", "))
    }
}

impl ConfigurationSources {
    /// Finds the workspace and its token.
    ///
    /// # Errors
    /// When nothing names a workspace or a token, or what names them contradicts itself.
    pub fn resolve(&self) -> Result<ClientConfiguration, ConfigurationError> {
        let named = self.named_host()?;
        if let Some(reference) = &self.credential {
            return self.by_reference(reference, named);
        }
        if let Some(token) = self.environment_token(named.as_ref())? {
            let host = match (named, self.explicit_profile()) {
                (Some(host), _) => host,
                (None, Some(profile)) => self.profile(profile)?.1.ok_or(ConfigurationError::NoHost)?,
                (None, None) => return Err(ConfigurationError::NoHost),
            };
            return Ok(ClientConfiguration::new(host, token));
        }
        match (self.explicit_profile(), named) {
            (Some(profile), named) => self.by_profile(profile, named),
            (None, Some(host)) => self.by_host(host),
            (None, None) => self.by_default_profile(),
        }
    }

    /// The workspace that the bundle, the platform file or the environment names, in this order.
    fn named_host(&self) -> Result<Option<Host>, ConfigurationError> {
        let text = self.host.as_deref().or_else(|| self.variable("DATABRICKS_HOST"));
        Ok(text.map(str::parse).transpose()?)
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn explicit_profile(&self) -> Option<&str> {
        self.profile
            .as_deref()
            .or_else(|| self.variable("DATABRICKS_CONFIG_PROFILE"))
    }

    fn environment_token(&self, host: Option<&Host>) -> Result<Option<Secret<String>>, ConfigurationError> {
        let Some(token) = self.variable("DATABRICKS_TOKEN") else {
            return Ok(None);
        };
        let meant: Option<Host> = self.variable("DATABRICKS_HOST").map(str::parse).transpose()?;
        let for_this_host = match (&meant, host) {
            (Some(meant), Some(host)) => meant == host,
            (None, _) | (_, None) => true,
        };
        Ok(for_this_host.then(|| Secret::new(token.to_owned())))
    }

    fn file_path(&self) -> PathBuf {
        if let Some(path) = self.variable("DATABRICKS_CONFIG_FILE") {
            return PathBuf::from(path);
        }
        PathBuf::from(self.variable("HOME").unwrap_or(".")).join(".databrickscfg")
    }

    fn file(&self) -> Result<ProfileFile, ConfigurationError> {
        let path = self.file_path();
        let file = ProfileFile::read(&path)?;
        Ok(file.unwrap_or(ProfileFile {
            path,
            profiles: BTreeMap::new(),
        }))
    }

    fn profile(&self, name: &str) -> Result<(Profile, Option<Host>), ConfigurationError> {
        let file = self.file()?;
        let Some(profile) = file.profiles.get(name) else {
            return Err(ConfigurationError::UnknownProfile {
                profile: name.to_owned(),
                file: file.path,
                profiles: file.profiles.into_keys().collect(),
            });
        };
        let host = profile.host.as_deref().map(str::parse).transpose()?;
        Ok((profile.clone(), host))
    }

    fn by_profile(&self, name: &str, named: Option<Host>) -> Result<ClientConfiguration, ConfigurationError> {
        let (profile, profile_host) = self.profile(name)?;
        let host = match (named, profile_host) {
            (Some(host), Some(profile_host)) if host != profile_host => {
                return Err(ConfigurationError::OtherHost {
                    profile: name.to_owned(),
                    profile_host,
                    host,
                });
            }
            (Some(host), _) | (None, Some(host)) => host,
            (None, None) => return Err(ConfigurationError::NoHost),
        };
        let token = profile.token.ok_or_else(|| CredentialError::Absent {
            reference: CredentialReference::Profile(name.to_owned()),
        })?;
        let retry_timeout = profile.retry_timeout;
        Ok(ClientConfiguration {
            retry_timeout,
            ..ClientConfiguration::new(host, token)
        })
    }

    fn by_host(&self, host: Host) -> Result<ClientConfiguration, ConfigurationError> {
        let file = self.file()?;
        let mut matching: Vec<(String, ClientConfiguration)> = Vec::new();
        for (name, profile) in file.profiles {
            let same = profile
                .host
                .as_deref()
                .and_then(|text| text.parse::<Host>().ok())
                .as_ref()
                == Some(&host);
            if let (true, Some(token)) = (same, profile.token) {
                let configuration = ClientConfiguration {
                    retry_timeout: profile.retry_timeout,
                    ..ClientConfiguration::new(host.clone(), token)
                };
                matching.push((name, configuration));
            }
        }
        match matching.len() {
            0 => Err(ConfigurationError::NoToken { host, file: file.path }),
            1 => Ok(matching.remove(0).1),
            _ => Err(ConfigurationError::SeveralProfiles {
                host,
                file: file.path,
                profiles: matching.into_iter().map(|(name, _)| name).collect(),
            }),
        }
    }

    fn by_default_profile(&self) -> Result<ClientConfiguration, ConfigurationError> {
        if self.file()?.profiles.contains_key("DEFAULT") {
            self.by_profile("DEFAULT", None)
        } else {
            Err(ConfigurationError::NoHost)
        }
    }

    fn by_reference(
        &self,
        reference: &CredentialReference,
        named: Option<Host>,
    ) -> Result<ClientConfiguration, ConfigurationError> {
        let absent = || CredentialError::Absent {
            reference: reference.clone(),
        };
        let token = match reference {
            CredentialReference::Profile(name) => return self.by_profile(name, named),
            CredentialReference::Env(name) => self.variable(name).ok_or_else(absent)?.trim().to_owned(),
            CredentialReference::File(path) => std::fs::read_to_string(path)
                .map_err(|source| CredentialError::Unreadable {
                    reference: reference.clone(),
                    source,
                })?
                .trim()
                .to_owned(),
        };
        if token.is_empty() {
            return Err(absent().into());
        }
        let host = named.ok_or(ConfigurationError::NoHost)?;
        Ok(ClientConfiguration::new(host, Secret::new(token)))
    }
}

#[cfg(test)]
#[path = "configuration_tests.rs"]
mod tests;
