//! `platform.yaml`: what all products of a platform share, and the binding of one environment. Strict: an unknown key is an error.
//!
//! ```yaml
//! version: 1
//! id: aviation
//! environments:
//!   - name: dev
//!     target: dev
//!     host: https://dev.example.test
//!     credentials: {profile: dev-deployer}
//!     values: {catalog: dev}
//!   - name: qa
//!     target: qa
//!     host: https://qa.example.test
//!     credentials: {env: QA_TOKEN}
//!     values: {catalog: qa}
//!     requires: [dev]
//!     gates: [upstream-verified, plan-unchanged]
//!   - name: prod
//!     target: prod
//!     host: https://prod.example.test
//!     credentials: {env: PROD_TOKEN}
//!     values: {catalog: prod}
//!     requires: [qa]
//!     signoffs: {in: qa, criteria: [{name: business-acceptance, role: business}]}
//!     approvals: [{role: domain-owner, count: 1, expires: 72h}]
//! blueprints: [blueprints/data-product]
//! principals: {jane@example.test: jane.doe@corp.example.test}
//! glossary: [glossary/aviation.yaml]
//! tags: {classification: {values: [public, internal, confidential, restricted]}}
//! roles:
//!   business: {groups: [business-reviewers]}
//!   domain-owner: {groups: [domain-owners], users: [jane.doe@corp.example.test]}
//! notifications:
//!   - {events: [approval.requested], webhook: {env: SLUICE_WEBHOOK}}
//! ```
//!
//! Defaults: `gates` is `[upstream-verified, plan-unchanged]`, with `signoff` and `approval` when the environment declares `signoffs` and
//! `approvals`; `count` is 1; `expires` is `72h`.

mod approvals;
mod environment;
mod gate;
mod notifications;
mod policies;
mod roles;
mod signoffs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluice_governance::document::{Reader, Value};
use sluice_governance::glossary::Glossary;
use sluice_governance::tag_policy::TagPolicy;
use sluice_model::{Diagnostic, EnvironmentName, Tree};

pub use approvals::ApprovalRule;
pub use environment::{Environment, EnvironmentBinding};
pub use gate::GateKind;
pub use notifications::{NotificationRoute, WebhookAddress, WebhookReferenceError};
pub use roles::Role;
pub use signoffs::{Criterion, SignoffRules};

use crate::documents::{DocumentError, read_document};
use crate::places::LOCAL_PLATFORM;

/// Name of the file.
pub const FILE_NAME: &str = "platform.yaml";
/// Version of the format that this reads.
pub const FORMAT_VERSION: i64 = 1;

const KEYS: &[&str] = &[
    "version",
    "id",
    "environments",
    "blueprints",
    "principals",
    "glossary",
    "tags",
    "roles",
    "notifications",
    "policies",
    "policy_parameters",
];

/// What all products of a platform share.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The file that it was read from.
    pub path: PathBuf,
    /// Identity: names the ledger and the local workspaces.
    pub id: String,
    /// Stages, in order.
    pub environments: Vec<Environment>,
    /// Directories of blueprints, absolute.
    pub blueprints: Vec<PathBuf>,
    /// Commit e-mail address → subject of the person.
    pub principals: BTreeMap<String, String>,
    /// Files of the glossary, absolute.
    pub glossary: Vec<PathBuf>,
    /// Values that tags may have.
    pub tags: TagPolicy,
    /// Who may decide, by role.
    pub roles: BTreeMap<String, Role>,
    /// Who is told what.
    pub notifications: Vec<NotificationRoute>,
    /// Directories of packs of policies, absolute.
    pub policies: Vec<PathBuf>,
    /// Parameters of policies, by rule.
    pub policy_parameters: Tree,
}

/// A platform cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The file cannot be read or has faults.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The command needs a platform.
    #[error("no `platform.yaml` here or above; name it by --platform or SLUICE_PLATFORM")]
    Missing,
    /// There is no such environment.
    #[error("`{platform}` has no environment `{name}`; it has {known}")]
    UnknownEnvironment {
        /// The file.
        platform: PathBuf,
        /// The name.
        name: String,
        /// The names that it has.
        known: String,
    },
    /// The environment takes releases through their gates and in no other way.
    #[error("environment `{environment}` is gated: only frozen releases go there, by `sluice promote`")]
    Gated {
        /// The environment.
        environment: EnvironmentName,
    },
}

impl Platform {
    /// Finds and reads the platform: the named file, else the nearest `platform.yaml` in `start` or above; none when there is none.
    ///
    /// # Errors
    /// When the file cannot be read or has faults; a named file must exist.
    pub fn find(named: Option<&Path>, start: &Path) -> Result<Option<Self>, PlatformError> {
        let path = match named {
            Some(path) => Some(path.to_owned()),
            None => start
                .ancestors()
                .map(|above| above.join(FILE_NAME))
                .find(|path| path.is_file()),
        };
        path.map(|path| Self::read(&path)).transpose()
    }

    /// Reads a platform file.
    ///
    /// # Errors
    /// When it cannot be read or has faults; all of them are reported.
    pub fn read(path: &Path) -> Result<Self, PlatformError> {
        let tree = read_document(path, &path.display().to_string())?;
        let mut reader = Reader::default();
        let platform = platform(&mut reader, &tree, path);
        match (platform, reader.finish()) {
            (Some(platform), diagnostics) if diagnostics.is_empty() => Ok(platform),
            (_, diagnostics) => Err(DocumentError::Faults { diagnostics }.into()),
        }
    }

    /// The terms of all glossary files.
    ///
    /// # Errors
    /// When a file cannot be read or has faults; all of them are reported.
    pub fn read_glossary(&self) -> Result<Glossary, DocumentError> {
        let mut glossary = Glossary::default();
        let mut faults = Vec::new();
        for path in &self.glossary {
            let tree = read_document(path, &path.display().to_string())?;
            if let Err(found) = glossary.add(&tree) {
                faults.extend(found);
            }
        }
        if faults.is_empty() {
            Ok(glossary)
        } else {
            Err(DocumentError::Faults { diagnostics: faults })
        }
    }

    /// One environment.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn environment(&self, name: &str) -> Result<&Environment, PlatformError> {
        self.environments
            .iter()
            .find(|environment| environment.name.as_str() == name)
            .ok_or_else(|| {
                let known: Vec<String> = self.environments.iter().map(|one| format!("`{}`", one.name)).collect();
                PlatformError::UnknownEnvironment {
                    platform: self.path.clone(),
                    name: name.to_owned(),
                    known: known.join(", "),
                }
            })
    }
}

fn platform(reader: &mut Reader, tree: &Tree, path: &Path) -> Option<Platform> {
    let object = reader.document(tree, KEYS)?;
    reader.format_version(&object, FORMAT_VERSION);
    let id = reader
        .required(&object, "id")
        .and_then(|value| identity(reader, &value));
    reader.required(&object, "environments");
    let roles = roles::read(reader, &object);
    let environments = environment::read_all(reader, &object, &roles);
    let notifications = notifications::read(reader, &object);
    let base = path.parent().unwrap_or(Path::new(".")).to_owned();
    let mut paths = |key| -> Vec<PathBuf> {
        let texts = reader.texts(&object, key);
        texts.into_iter().map(|text| base.join(text)).collect()
    };
    let (blueprints, glossary) = (paths("blueprints"), paths("glossary"));
    let principals = reader.map(&object, "principals");
    let principals = principals
        .into_iter()
        .filter_map(|(email, subject)| Some((email, reader.text(&subject)?)))
        .collect();
    let packs = policies::directories(reader, &object, &base);
    let policy_parameters = policies::parameters(reader, &object);
    Some(Platform {
        path: path.to_owned(),
        id: id?,
        environments,
        blueprints,
        principals,
        glossary,
        tags: TagPolicy::read(reader, &object),
        roles,
        notifications,
        policies: packs,
        policy_parameters,
    })
}

/// The id is a directory name, so it has the form of an environment's name.
fn identity(reader: &mut Reader, value: &Value<'_>) -> Option<String> {
    let id: EnvironmentName = reader.parsed(value)?;
    if id.as_str() == LOCAL_PLATFORM {
        let help = "`local` names the ledger of commands that have no platform".to_owned();
        reader.error(value, "`local` cannot be the id of a platform", Some(help));
        return None;
    }
    Some(id.as_str().to_owned())
}

/// The faults of a document error, when it is about content.
impl PlatformError {
    /// Findings to print, when the file has faults.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Document(error) => error.diagnostics(),
            Self::Missing | Self::UnknownEnvironment { .. } | Self::Gated { .. } => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_databricks::CredentialReference;

    use super::*;

    const SOUND: &str = "version: 1
id: aviation
environments:
  - name: dev
    target: dev
    host: http://127.0.0.1:7341
    credentials: {profile: dev-engineer}
    values: {catalog: dev}
  - name: qa
    target: qa
    host: http://127.0.0.1:7342
    credentials: {env: QA_TOKEN}
    values: {catalog: qa, size: 2}
    requires: [dev]
blueprints: [own/blueprint]
principals: {jane@example.test: jane@corp.test}
";

    fn write(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        std::fs::write(&path, text).unwrap();
        (directory, path)
    }

    #[test]
    fn a_platform_is_found_from_below_and_bound() {
        let (directory, path) = write(SOUND);
        let below = directory.path().join("products/flights");
        std::fs::create_dir_all(&below).unwrap();
        let platform = Platform::find(None, &below).unwrap().unwrap();
        assert_eq!(
            (platform.path.as_path(), platform.id.as_str()),
            (path.as_path(), "aviation")
        );
        assert_eq!(platform.blueprints, [directory.path().join("own/blueprint")]);
        let qa = platform.environment("qa").unwrap();
        assert_eq!(qa.requires, [platform.environments[0].name.clone()]);
        assert_eq!(qa.credentials, Some(CredentialReference::Env("QA_TOKEN".to_owned())));
        let mut other = qa.clone();
        other.credentials = None;
        assert_eq!(qa.binding().digest(), other.binding().digest());
        other.values.insert("size".to_owned(), 3.into());
        assert_ne!(qa.binding().digest(), other.binding().digest());
    }

    const GOVERNED: &str = "  - name: prod
    target: prod
    host: http://127.0.0.1:7343
    requires: [qa]
    signoffs: {in: qa, criteria: [{name: business-acceptance, role: business}]}
    approvals: [{role: domain-owner, count: 2, expires: 30m}, {role: business}]
roles:
  business: {groups: [business-reviewers]}
  domain-owner: {users: [jane@corp.test]}
notifications:
  - {events: [approval.requested], webhook: {url: \"https://hooks.example.test/s3cret\"}}
";

    fn governed() -> String {
        SOUND.replace("blueprints:", &format!("{GOVERNED}blueprints:"))
    }

    #[test]
    fn roles_approvals_signoffs_and_receivers_are_read() {
        let (_directory, path) = write(&governed());
        let platform = Platform::read(&path).unwrap();
        let prod = platform.environment("prod").unwrap();
        let (first, last) = (GateKind::UpstreamVerified, GateKind::PlanUnchanged);
        assert_eq!(prod.gates, [first, GateKind::Signoff, GateKind::Approval, last]);
        assert_eq!(platform.environment("qa").unwrap().gates.len(), 2);
        let approvals: Vec<_> = prod
            .approvals
            .iter()
            .map(|rule| (rule.role.as_str(), rule.count, rule.expires.as_mins()))
            .collect();
        assert_eq!(approvals, [("domain-owner", 2, 30), ("business", 1, 72 * 60)]);
        let signoffs = prod.signoffs.as_ref().unwrap();
        assert_eq!(
            (signoffs.environment.as_str(), signoffs.criteria[0].role.as_str()),
            ("qa", "business")
        );
        let groups = ["Business-Reviewers".to_owned()].into();
        assert!(platform.roles["business"].is_held_by("a@b", &groups));
        assert!(!platform.roles["domain-owner"].is_held_by("a@b", &groups));
        assert!(platform.roles["domain-owner"].is_held_by("JANE@corp.test", &groups));
        assert!(!format!("{platform:?}").contains("s3cret"), "{platform:?}");
    }

    #[test]
    fn faults_of_governance_are_named_with_place_and_correction() {
        let text = governed()
            .replace("role: domain-owner,", "role: domain-ownr,")
            .replace("in: qa", "in: prod")
            .replace("expires: 30m", "expires: 3 weeks")
            .replace("{groups: [business-reviewers]}", "{}")
            .replace("approval.requested", "approval.requestd")
            .replace("https://hooks", "https://user:s3cret@hooks")
            .replace("    requires: [qa]\n", "    requires: [qa]\n    gates: [signoff]\n");
        let (_directory, path) = write(&text);
        let error = Platform::read(&path).unwrap_err();
        let found: Vec<String> = error
            .diagnostics()
            .iter()
            .map(|finding| {
                let place = &finding.locations[0];
                let help = finding.help.as_deref().unwrap_or_default();
                assert!(!finding.to_string().contains("s3cret"), "{finding}");
                format!("{}:{}: {} | {help}", place.line, place.column, finding.summary)
            })
            .collect();
        let expected = [
            "23:13: nobody can hold role `business` | `{groups: [domain-owners]}` or `{users: [jane@example.com]}`",
            "21:24: no role `domain-ownr` is declared in `roles` | did you mean `domain-owner`?",
            "21:56: `3 weeks` is not a time that a request can be open | hours and minutes, such as `72h` or `90m`, at most 2160h",
            "20:20: no environment `prod` is declared before this one | known here: `dev`, `qa`",
            "19:12: `approvals` is declared, but `approval` is not among the gates | ",
            "26:15: `approval.requestd` is not a value of `notifications[0].events[0]` | did you mean `approval.requested`?",
            "26:50: `notifications[0].webhook.url` holds a user or a password | an address that is a secret belongs elsewhere: `{env: NAME}` or `{file: PATH}`",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn faults_are_named_with_place_and_correction() {
        let text = SOUND
            .replace("requires: [dev]", "requires: [dvv]\n    gates: [upstream-verifed]")
            .replace("{env: QA_TOKEN}", "{env: A, profile: b}")
            .replace("blueprints", "blueprint");
        let (_directory, path) = write(&text);
        let error = Platform::read(&path).unwrap_err();
        let file = path.display();
        let found: Vec<String> = error.diagnostics().iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                format!(
                    "error: unknown key `blueprint`\n  at blueprint\n  in {file}:16:1\n  help: did you mean `blueprints`?"
                ),
                format!(
                    "error: `environments[1].credentials` must name exactly one place of the token\n  at environments[1].credentials\n  in {file}:12:18\n  help: `{{env: NAME}}`, `{{file: PATH}}` or `{{profile: NAME}}`"
                ),
                format!(
                    "error: no environment `dvv` is declared before this one\n  at environments[1].requires[0]\n  in {file}:14:16\n  help: did you mean `dev`?"
                ),
                format!(
                    "error: `upstream-verifed` is not a value of `environments[1].gates[0]`\n  at environments[1].gates[0]\n  in {file}:15:13\n  help: did you mean `upstream-verified`?"
                ),
            ]
        );
    }

    #[test]
    fn a_named_file_must_exist_and_a_searched_one_need_not() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Platform::find(None, directory.path()).unwrap().is_none());
        let missing = directory.path().join("other.yaml");
        let error = Platform::find(Some(&missing), directory.path()).unwrap_err();
        assert!(
            matches!(error, PlatformError::Document(DocumentError::Read { ref path, .. }) if *path == missing),
            "{error}"
        );
    }
}
