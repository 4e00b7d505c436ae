//! One environment of `platform.yaml`, and its binding.

use std::collections::BTreeMap;

use serde::Serialize;
use sluice_databricks::{CredentialReference, Host};
use sluice_governance::document::{Object, Reader, Value, suggestion};
use sluice_model::{Digest, EnvironmentName, Tree};
use sluice_policy::Stage;

use super::PlatformError;
use super::approvals::{self, ApprovalRule};
use super::gate::{self, GateKind};
use super::policies;
use super::roles::Role;
use super::signoffs::{self, SignoffRules};

/// A named stage, bound to a bundle target, a workspace and its values.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Name.
    pub name: EnvironmentName,
    /// Bundle target.
    pub target: String,
    /// Workspace.
    pub host: Host,
    /// Where the token is; the official order of the clients when none is named.
    pub credentials: Option<CredentialReference>,
    /// Values of bundle variables.
    pub values: BTreeMap<String, Tree>,
    /// Environments in which the same release must have been verified before.
    pub requires: Vec<EnvironmentName>,
    /// Conditions of a promotion to it.
    pub gates: Vec<GateKind>,
    /// Who must agree to a promotion to it.
    pub approvals: Vec<ApprovalRule>,
    /// What people must have accepted before.
    pub signoffs: Option<SignoffRules>,
    /// How far it is from consumers: what findings of policies weigh there.
    pub stage: Stage,
}

/// What one environment adds to a release. What runs is (release digest, binding digest).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnvironmentBinding {
    /// Environment.
    pub environment: EnvironmentName,
    /// Bundle target.
    pub target: String,
    /// Workspace.
    pub host: String,
    /// Values of bundle variables.
    pub values: BTreeMap<String, serde_json::Value>,
}

impl EnvironmentBinding {
    /// Identity of these values.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_canonical_json(self).expect("invariant: a binding has only text keys")
    }
}

impl Environment {
    /// Refuses whatever would change an environment past its gates: one that requires others takes only what was verified there.
    ///
    /// # Errors
    /// When this one does.
    pub fn require_ungated(&self) -> Result<(), PlatformError> {
        if self.requires.is_empty() {
            return Ok(());
        }
        Err(PlatformError::Gated {
            environment: self.name.clone(),
        })
    }

    /// What this environment adds to a release. Credentials are no part of it.
    #[must_use]
    pub fn binding(&self) -> EnvironmentBinding {
        EnvironmentBinding {
            environment: self.name.clone(),
            target: self.target.clone(),
            host: self.host.to_string(),
            values: self
                .values
                .iter()
                .map(|(name, value)| (name.clone(), value.to_json()))
                .collect(),
        }
    }
}

pub(super) fn read_all(reader: &mut Reader, object: &Object<'_>, roles: &BTreeMap<String, Role>) -> Vec<Environment> {
    let mut environments: Vec<Environment> = Vec::new();
    let items = reader.list(object, "environments");
    for (index, item) in items.iter().enumerate() {
        let stage = policies::default_stage(index, items.len());
        let Some(environment) = read(reader, item, roles, &environments, stage) else {
            continue;
        };
        if environments.iter().any(|other| other.name == environment.name) {
            reader.error(
                item,
                format!("environment `{}` is declared twice", environment.name),
                None,
            );
        } else {
            environments.push(environment);
        }
    }
    environments
}

fn read(
    reader: &mut Reader,
    item: &Value<'_>,
    roles: &BTreeMap<String, Role>,
    before: &[Environment],
    stage: Stage,
) -> Option<Environment> {
    let keys = [
        "name",
        "target",
        "host",
        "credentials",
        "values",
        "requires",
        "gates",
        "approvals",
        "signoffs",
        "stage",
    ];
    let fields = reader.object(item, &keys)?;
    let name: Option<EnvironmentName> = reader.required(&fields, "name").and_then(|value| reader.parsed(&value));
    let target = reader.required_text(&fields, "target");
    let host = reader.required(&fields, "host").and_then(|value| reader.parsed(&value));
    let credentials = fields.get("credentials").and_then(|value| credentials(reader, &value));
    let values = reader
        .map(&fields, "values")
        .into_iter()
        .map(|(name, value)| (name, value.tree.clone()))
        .collect();
    let requires = requires(reader, &fields, before);
    let approvals = approvals::read(reader, &fields, roles);
    let signoffs = signoffs::read(reader, &fields, roles, before);
    let declared = [
        (GateKind::Signoff, fields.get("signoffs").is_some()),
        (GateKind::Approval, fields.get("approvals").is_some()),
    ];
    let gates = gate::read(reader, &fields, &declared);
    let stage = match fields.get("stage") {
        Some(value) => policies::stage(reader, &value),
        None => Some(stage),
    };
    Some(Environment {
        name: name?,
        target: target?,
        host: host?,
        credentials,
        values,
        requires,
        gates,
        approvals,
        signoffs,
        stage: stage?,
    })
}

fn credentials(reader: &mut Reader, value: &Value<'_>) -> Option<CredentialReference> {
    let fields = reader.object(value, &["env", "file", "profile"])?;
    let env = reader.optional_text(&fields, "env").map(CredentialReference::Env);
    let file = reader
        .optional_text(&fields, "file")
        .map(|path| CredentialReference::File(path.into()));
    let profile = reader
        .optional_text(&fields, "profile")
        .map(CredentialReference::Profile);
    let mut named: Vec<CredentialReference> = [env, file, profile].into_iter().flatten().collect();
    if named.len() == 1 {
        return named.pop();
    }
    let help = "`{env: NAME}`, `{file: PATH}` or `{profile: NAME}`".to_owned();
    reader.error(
        value,
        format!("`{}` must name exactly one place of the token", value.path),
        Some(help),
    );
    None
}

/// An environment may require only those before it, so that there is no circle and the order of the file is the order of promotion.
fn requires(reader: &mut Reader, fields: &Object<'_>, before: &[Environment]) -> Vec<EnvironmentName> {
    let mut names = Vec::new();
    for item in reader.list(fields, "requires") {
        let Some(name) = reader.parsed::<EnvironmentName>(&item) else {
            continue;
        };
        if before.iter().any(|environment| environment.name == name) {
            names.push(name);
        } else {
            let help = suggestion(
                name.as_str(),
                before.iter().map(|environment| environment.name.as_str()),
            );
            reader.error(
                &item,
                format!("no environment `{name}` is declared before this one"),
                help,
            );
        }
    }
    names
}
