//! What is said about drift.

use serde::Serialize;
use sluice_model::{Node, ReleaseVersion, Tree};
use sluice_policy::scan::{ALLOW, EnvironmentWords, SourceFile, scan};

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftState {
    /// Everything is as it was deployed.
    InSync,
    /// Something is not.
    Drifted,
    /// It cannot be told.
    Unreadable,
}

/// In which way something is not as it was deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// An object is gone, or another one has its name.
    Identity,
    /// A field of an object.
    Field,
    /// Access to an object.
    Grant,
    /// A tag.
    Tag,
    /// An uploaded file.
    File,
    /// An object that nobody declares.
    Unmanaged,
}

impl DifferenceKind {
    /// The word in JSON and for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Field => "field",
            Self::Grant => "grant",
            Self::Tag => "tag",
            Self::File => "file",
            Self::Unmanaged => "unmanaged",
        }
    }
}

/// What can be done about a difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// How the workspace gets back to what was deployed.
    pub restore: String,
    /// How the product takes over what the workspace has; none when it cannot.
    pub adopt: Option<String>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Key of the resource, such as `catalog.tables.orders`; name of an undeclared object or path of a file.
    pub object: String,
    /// Name or id of the object in the workspace, when it has another one than `object`.
    pub name: Option<String>,
    /// In which way.
    pub kind: DifferenceKind,
    /// The field in the plan's notation; empty for the whole object.
    pub path: String,
    /// What was deployed; none when nothing was.
    pub declared: Option<Tree>,
    /// What is there; none when nothing is.
    pub live: Option<Tree>,
    /// In words, where the values alone do not say it.
    pub note: Option<String>,
    /// What can be done.
    pub remedy: Remedy,
}

impl Difference {
    /// A difference without values.
    pub(super) fn new(kind: DifferenceKind, object: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            name: None,
            kind,
            path: String::new(),
            declared: None,
            live: None,
            note: None,
            remedy: Remedy::default(),
        }
    }
}

/// The order of differences: by object, identity first.
pub(super) fn order(difference: &Difference) -> (&str, DifferenceKind, &str) {
    (&difference.object, difference.kind, &difference.path)
}

/// A workspace beside what was deployed to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DriftReport {
    /// Product; the bundle without a platform.
    pub product: String,
    /// Environment; the target without a platform.
    pub environment: String,
    /// The workspace.
    pub host: String,
    /// What it came to.
    pub state: DriftState,
    /// The active deployment in the ledger; none without a platform.
    pub deployment: Option<String>,
    /// The release that it brought.
    pub version: Option<ReleaseVersion>,
    /// The commit that it brought.
    pub commit: Option<String>,
    /// The newest fencing number of the environment when the workspace was read.
    pub epoch: Option<u64>,
    /// Serial of the deployment's state when the workspace was read.
    pub serial: u64,
    /// How many objects and parts of objects were compared.
    pub compared: usize,
    /// What differs, by object, identity first.
    pub differences: Vec<Difference>,
    /// What could not be compared and why, one line each.
    pub notes: Vec<String>,
}

/// What stands in the place of a secret.
const HIDDEN: &str = "(a secret, not shown)";

/// A value of a field, with every text in it that looks like a secret replaced.
pub(super) fn without_secrets(value: &Tree, name: &str) -> Tree {
    match &value.node {
        Node::String(text) if is_secret(text, name) => HIDDEN.into(),
        Node::Sequence(items) => {
            let items = items.iter().map(|item| without_secrets(item, name)).collect();
            Node::Sequence(items).into()
        }
        Node::Mapping(fields) => {
            let mut shown = Tree::mapping();
            for (name, value) in fields {
                shown.set(name, without_secrets(value, name));
            }
            shown
        }
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => value.clone(),
    }
}

/// The rules are those of the policies about secrets in files.
fn is_secret(text: &str, name: &str) -> bool {
    let name = name
        .rsplit(['.', '[', '\''])
        .find(|part| !part.is_empty() && *part != "]");
    // The comment that lets a file keep a line means nothing here.
    let line = format!("{}: {}", name.unwrap_or_default(), text.replace(ALLOW, ""));
    let words = EnvironmentWords::default();
    let found = scan(&[SourceFile { path: "", text: &line }], &words);
    found
        .get("secrets")
        .and_then(Tree::as_mapping)
        .is_some_and(|secrets| !secrets.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown_wherever_they_stand() {
        let token = format!("dapi{}", "0123456789abcdef".repeat(2));
        let mut conf = Tree::mapping();
        conf.set("spark.token", token.as_str());
        conf.set("spark.mode", "fast");
        let shown = without_secrets(&conf, "spark_conf").to_json().to_string();
        assert_eq!(
            shown,
            format!("{{\"spark.token\":\"{HIDDEN}\",\"spark.mode\":\"fast\"}}")
        );
        let password = without_secrets(&"k8Jw2pQz7Lx9".into(), "parameters['password']");
        assert_eq!(password.as_str(), Some(HIDDEN));
        assert_eq!(
            without_secrets(&"One row per order".into(), "comment").as_str(),
            Some("One row per order")
        );
    }
}
