//! People as an environment's workspace knows them: who presents a token, and who belongs to which group.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sluice_databricks::{Client, ClientConfiguration, ClientError, ConfigurationSources};
use sluice_model::{Actor, EnvironmentName, Secret};
use sluice_wire::{Method, Request};
use uuid::Uuid;

use crate::execution::candidate::ConnectError;
use crate::platform::Environment;

/// Somebody, with the groups that the workspace says they are in now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub actor: Actor,
    /// Names of the groups.
    pub groups: BTreeSet<String>,
    /// Whether the workspace lets them in.
    pub active: bool,
}

#[derive(Deserialize)]
struct User {
    #[serde(rename = "userName")]
    user_name: String,
    #[serde(rename = "displayName", default)]
    display_name: String,
    active: Option<bool>,
    #[serde(default)]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    display: String,
}

#[derive(Deserialize)]
struct Users {
    #[serde(rename = "Resources", default)]
    resources: Vec<User>,
}

impl User {
    fn person(self, client: &Client) -> Person {
        Person {
            groups: self.groups.into_iter().map(|group| group.display).collect(),
            active: self.active.unwrap_or(true),
            actor: Actor {
                display_name: if self.display_name.is_empty() {
                    self.user_name.clone()
                } else {
                    self.display_name
                },
                issuer: client.host().to_string(),
                // A service principal's user name is its application id, a UUID.
                service: Uuid::parse_str(&self.user_name).is_ok(),
                subject: self.user_name,
            },
        }
    }
}

/// Who the presented token belongs to.
///
/// # Errors
/// When the workspace refuses the token or does not answer.
pub async fn me(client: &Client) -> Result<Person, ClientError> {
    let user: User = client
        .fetch(&Request::new(Method::Get, "/api/2.0/preview/scim/v2/Me"))
        .await?;
    Ok(user.person(client))
}

/// The user with this subject; none when the workspace has none.
///
/// # Errors
/// When the workspace does not show its users or does not answer.
pub(crate) async fn find(client: &Client, subject: &str) -> Result<Option<Person>, ClientError> {
    if subject.contains(['"', '\\']) {
        return Ok(None);
    }
    let request = Request::new(Method::Get, "/api/2.0/preview/scim/v2/Users")
        .query("filter", format!("userName eq \"{subject}\""));
    let users: Users = client.fetch(&request).await?;
    let found = users
        .resources
        .into_iter()
        .find(|user| user.user_name.eq_ignore_ascii_case(subject));
    Ok(found.map(|user| user.person(client)))
}

/// A person's own token at the workspace of an environment. Their groups are asked for anew each time, since they can change.
#[derive(Clone, Debug)]
pub struct PersonalAccess {
    /// The environment whose workspace the token is for.
    pub environment: EnvironmentName,
    configuration: ClientConfiguration,
}

impl PersonalAccess {
    /// The token at an environment. Nothing is sent yet.
    #[must_use]
    pub fn new(environment: &Environment, token: Secret<String>) -> Self {
        Self {
            environment: environment.name.clone(),
            configuration: ClientConfiguration::new(environment.host.clone(), token),
        }
    }

    /// Who presents it, as the workspace says now.
    ///
    /// # Errors
    /// When the workspace refuses the token or does not answer.
    pub async fn person(&self) -> Result<Person, ClientError> {
        me(&Client::new(&self.configuration)?).await
    }
}

/// The client of an environment's workspace with a person's own token: the named profile, else what the official clients would take.
/// The credentials that the platform names for the environment are those of its deployer, and are not looked at.
///
/// # Errors
/// When there is no such token.
pub fn connect_in_person(
    environment: &Environment,
    profile: Option<&str>,
    process_environment: &BTreeMap<String, String>,
) -> Result<Client, ConnectError> {
    let mut variables = process_environment.clone();
    if profile.is_some() {
        variables.remove("DATABRICKS_TOKEN");
    }
    let configuration = ConfigurationSources {
        host: Some(environment.host.to_string()),
        profile: profile.map(str::to_owned),
        environment: variables,
        ..ConfigurationSources::default()
    }
    .resolve()
    .map_err(|source| ConnectError::Configuration {
        environment: environment.name.clone(),
        source: Box::new(source),
    })?;
    Ok(Client::new(&configuration)?)
}
