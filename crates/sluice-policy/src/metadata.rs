//! The `# METADATA` comment above a rule's package: who the rule is, how much it weighs, what it must be shown.
//!
//! ```rego
//! # METADATA
//! # title: The product names who answers for it
//! # custom:
//! #   id: MC-01
//! #   category: metadata
//! #   severity: {dev: warn, qa: block, prod: block}
//! #   needs: [principals]
//! #   remediation: Name a group as `owner` in `product.yaml`.
//! #   controls: ["BCBS 239 principle 1"]
//! #   parameters: {minimum_purpose: 40}
//! package sluice.mc_01
//! ```
//!
//! The engine does not read these comments; we do. Strict: an unknown key is an error.

use std::collections::BTreeMap;

use serde::Serialize;
use sluice_governance::document::{Object, Reader, Value};
use sluice_model::{Diagnostic, Location, Tree};

use crate::stage::{Weight, Weights};

/// Where a rule's subject belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Metadata completeness.
    Metadata,
    /// Data contract integrity.
    Contract,
    /// Access control.
    Access,
    /// Architectural compliance.
    Architecture,
    /// Regulatory compliance.
    Regulation,
    /// Security.
    Security,
    /// Rules of a pack of one's own.
    Other,
}

impl Category {
    /// Words of `category`.
    pub const WORDS: [(&'static str, Self); 7] = [
        ("metadata", Self::Metadata),
        ("contract", Self::Contract),
        ("access", Self::Access),
        ("architecture", Self::Architecture),
        ("regulation", Self::Regulation),
        ("security", Self::Security),
        ("other", Self::Other),
    ];

    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Contract => "contract",
            Self::Access => "access",
            Self::Architecture => "architecture",
            Self::Regulation => "regulation",
            Self::Security => "security",
            Self::Other => "other",
        }
    }
}

/// Evidence that a rule can ask for. Each is present, missing (then the rule's outcome is unknown) or none (there is nothing to look at,
/// then the rule does not apply).
pub const EVIDENCE: [&str; 11] = [
    "files",
    "bundle",
    "contracts",
    "glossary",
    "previous",
    "changes",
    "principals",
    "tables",
    "grants",
    "plan",
    "release",
];

/// Evidence without which a rule cannot even say what it applies to: rules about differences, grants and effects apply to what is found
/// among them, and what nobody could read looks like nothing found.
pub(crate) const STRUCTURE: [&str; 7] = ["files", "bundle", "contracts", "glossary", "changes", "grants", "plan"];

/// What a rule says about itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metadata {
    /// Identity, such as `MC-01`.
    pub id: String,
    /// What holds when the rule passes, one line.
    pub title: String,
    /// Why, for people.
    pub description: Option<String>,
    /// Category.
    pub category: Category,
    /// Weight by stage.
    pub severity: Weights,
    /// Evidence that it cannot do without: words of [`EVIDENCE`].
    pub needs: Vec<String>,
    /// What to do about a finding.
    pub remediation: String,
    /// Clauses that ask for it.
    pub controls: Vec<String>,
    /// Parameters with their defaults.
    pub parameters: BTreeMap<String, Tree>,
}

/// Turns YAML text into a tree; the second argument is the path for places. The parser stands outside of this crate.
pub type YamlParser<'a> = &'a dyn Fn(&str, &str) -> Result<Tree, Vec<Diagnostic>>;

/// The metadata of a module; none when it has no such comment (a library or a test).
///
/// # Errors
/// When the comment is not what it must be.
pub fn read(path: &str, text: &str, parse: YamlParser<'_>) -> Result<Option<Metadata>, Vec<Diagnostic>> {
    let Some((first, block)) = block(text) else {
        return Ok(None);
    };
    // Blank lines before it and blanks for the comment signs keep every place what it is in the Rego file.
    let yaml = format!("{}{block}", "\n".repeat(first));
    let tree = parse(&yaml, path)?;
    let mut reader = Reader::default();
    let metadata = metadata(&mut reader, &tree);
    let mut faults = reader.finish();
    for fault in &mut faults {
        if fault.locations.is_empty() {
            fault.locations.push(place(path, first));
        }
    }
    match metadata {
        Some(metadata) if faults.is_empty() => Ok(Some(metadata)),
        _ => Err(faults),
    }
}

fn place(path: &str, lines_before: usize) -> Location {
    Location {
        file: path.into(),
        line: u32::try_from(lines_before).unwrap_or(u32::MAX),
        column: 1,
    }
}

/// Number of lines before the block's content, and the content without comment signs.
fn block(text: &str) -> Option<(usize, String)> {
    let start = text
        .lines()
        .take_while(|line| line.trim().is_empty() || line.starts_with('#'))
        .position(|line| line.trim_end() == "# METADATA")?;
    let lines = text.lines().skip(start + 1).take_while(|line| line.starts_with('#'));
    let content: Vec<String> = lines.map(|line| line.replacen('#', " ", 1)).collect();
    Some((start + 1, content.join("\n")))
}

fn metadata(reader: &mut Reader, tree: &Tree) -> Option<Metadata> {
    let object = reader.document(tree, &["title", "description", "custom"])?;
    let title = reader.required_text(&object, "title");
    let description = reader.optional_text(&object, "description");
    let custom = reader.required(&object, "custom")?;
    let keys = [
        "id",
        "category",
        "severity",
        "needs",
        "remediation",
        "controls",
        "parameters",
    ];
    let custom = reader.object(&custom, &keys)?;
    let id = reader
        .required(&custom, "id")
        .and_then(|value| identity(reader, &value));
    let category = reader
        .required(&custom, "category")
        .and_then(|value| reader.word(&value, &Category::WORDS));
    let severity = reader
        .required(&custom, "severity")
        .and_then(|value| weights(reader, &value));
    let words = EVIDENCE.map(|word| (word, word));
    let needs = reader.list(&custom, "needs");
    let needs = needs
        .iter()
        .filter_map(|item| Some(reader.word(item, &words)?.to_owned()))
        .collect();
    reader.required(&custom, "needs");
    let remediation = reader.required_text(&custom, "remediation");
    let controls = reader.texts(&custom, "controls");
    let parameters = reader.map(&custom, "parameters");
    Some(Metadata {
        id: id?,
        title: title?,
        description,
        category: category?,
        severity: severity?,
        needs,
        remediation: remediation?,
        controls,
        parameters: parameters
            .into_iter()
            .map(|(name, value)| (name, value.tree.clone()))
            .collect(),
    })
}

/// Ids stand in file names, waivers and reports: letters, digits and hyphens.
fn identity(reader: &mut Reader, value: &Value<'_>) -> Option<String> {
    let id = reader.text(value)?;
    let sound = id.len() <= 40
        && id.starts_with(|first: char| first.is_ascii_uppercase())
        && id
            .chars()
            .all(|one| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '-');
    if sound {
        return Some(id);
    }
    let help = "capital letters, digits and hyphens, such as `MC-01`".to_owned();
    reader.error(value, format!("`{id}` is no id of a rule"), Some(help));
    None
}

fn weights(reader: &mut Reader, value: &Value<'_>) -> Option<Weights> {
    let object = reader.object(value, &["dev", "qa", "prod"])?;
    let mut at = |object: &Object<'_>, key: &str| {
        reader
            .required(object, key)
            .and_then(|value| reader.word(&value, &Weight::WORDS))
    };
    let (dev, qa, prod) = (at(&object, "dev"), at(&object, "qa"), at(&object, "prod"));
    Some(Weights {
        dev: dev?,
        qa: qa?,
        prod: prod?,
    })
}
