//! The state files: which remote object belongs to which key, and what was last applied to it.
//!
//! `resources.json` has the format of the Databricks CLI's direct engine, so that both programs can go on from each other's
//! deployments; `sluice.json` has the same shape and holds the catalog kinds. Reading and writing files is not done here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sluice_model::ResourceKey;

use super::plan::Dependency;

/// The version of the format that this program writes.
pub const STATE_VERSION: u32 = 2;

/// Where `sluice.json` lists what was deployed with `lifecycle.prevent_destroy`; the Databricks CLI has no place for it.
const PROTECTED: &str = "protected";

/// The version that is reserved for feature flags; accepted as long as it carries none.
const FEATURE_VERSION: u32 = 3;

/// The last applied state of one deployment: one file for bundle resources, one for the catalog kinds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct States {
    /// `resources.json`.
    pub resources: State,
    /// `sluice.json`.
    pub catalog: State,
}

/// One state file. The default value stands for a deployment that has no state yet.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Version of the format: 2, or 3 without features.
    pub state_version: u32,
    /// Which program wrote it.
    pub cli_version: String,
    /// UUID of this line of states; empty before the first deployment.
    pub lineage: String,
    /// Rises by one with each deployment; 0 before the first.
    pub serial: u64,
    /// Entries by key.
    pub state: BTreeMap<ResourceKey, StateEntry>,
    /// Fields of the document that this program does not know, kept as they are.
    pub other: Map<String, Value>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            state_version: STATE_VERSION,
            cli_version: String::new(),
            lineage: String::new(),
            serial: 0,
            state: BTreeMap::new(),
            other: Map::new(),
        }
    }
}

/// What was last applied to one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateEntry {
    /// Remote id.
    #[serde(rename = "__id__")]
    pub id: String,
    /// The body as it was sent.
    pub state: Value,
    /// What it needed, to delete in the right order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
}

/// A state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The text is not JSON.
    #[error(
        "`{file}` is not JSON; restore it from the ledger's copy or from the workspace, or remove it to plan from nothing"
    )]
    NotJson {
        /// The file's name.
        file: String,
        /// Where the text breaks.
        #[source]
        source: serde_json::Error,
    },
    /// The document does not have the shape of a state.
    #[error("`{file}` is not a deployment state: {fault}; restore it from the ledger's copy or from the workspace")]
    Shape {
        /// The file's name.
        file: String,
        /// What is missing or of the wrong kind.
        fault: String,
    },
    /// Another program wrote a version that this one does not know.
    #[error(
        "`{file}` has state version {found}, this program reads versions up to {STATE_VERSION}; use the program that wrote it (`{writer}`) or a newer `sluice`"
    )]
    Newer {
        /// The file's name.
        file: String,
        /// Version in the file.
        found: u64,
        /// Program that wrote it.
        writer: String,
    },
    /// A version from before the keys and bodies had their present form.
    #[error(
        "`{file}` has state version {found}, which only the Databricks CLI can bring to version {STATE_VERSION}; deploy once with `databricks bundle deploy`"
    )]
    Older {
        /// The file's name.
        file: String,
        /// Version in the file.
        found: u64,
    },
    /// The state uses features that this program does not know.
    #[error("`{file}` uses the state features {features}, which this program does not know; use a newer `sluice`")]
    Features {
        /// The file's name.
        file: String,
        /// Names of the features.
        features: String,
    },
    /// The two state files do not belong together.
    #[error(
        "`sluice.json` has lineage {catalog}, `resources.json` has lineage {resources}: they belong to different deployments; restore the pair from the ledger's copy"
    )]
    Lineage {
        /// Lineage of `resources.json`.
        resources: String,
        /// Lineage of `sluice.json`.
        catalog: String,
    },
}

impl State {
    /// Whether a deployment has written this state.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.lineage.is_empty()
    }

    /// Reads a state file; `file` is its name for messages.
    ///
    /// # Errors
    /// When the text is not a state, or of a version that is newer (or older than 2).
    pub fn parse(file: &str, text: &str) -> Result<Self, StateError> {
        let document: Value = serde_json::from_str(text).map_err(|source| StateError::NotJson {
            file: file.to_owned(),
            source,
        })?;
        let shape = |fault: String| StateError::Shape {
            file: file.to_owned(),
            fault,
        };
        let Value::Object(mut fields) = document else {
            return Err(shape("expected an object".to_owned()));
        };
        let state_version = check_version(file, &fields)?;
        let mut text_field = |name: &str| match fields.shift_remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(shape(format!("`{name}` is not a text"))),
            None => Err(shape(format!("`{name}` is missing"))),
        };
        let cli_version = text_field("cli_version")?;
        let lineage = text_field("lineage")?;
        let serial = fields
            .shift_remove("serial")
            .and_then(|serial| serial.as_u64())
            .ok_or_else(|| shape("`serial` is not a whole number".to_owned()))?;
        let state = match fields.shift_remove("state") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(Value::Object(entries)) => entries
                .into_iter()
                .map(|(key, entry)| parse_entry(&key, entry).map_err(shape))
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(shape("`state` is not an object".to_owned())),
        };
        fields.shift_remove("state_version");
        Ok(Self {
            state_version,
            cli_version,
            lineage,
            serial,
            state,
            other: fields,
        })
    }

    /// The text of the state file: indented by one space, entries sorted by key, no line break at the end.
    ///
    /// # Errors
    /// When a body cannot be written as JSON.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let mut fields = Map::new();
        fields.insert("state_version".to_owned(), self.state_version.into());
        fields.insert("cli_version".to_owned(), self.cli_version.as_str().into());
        fields.insert("lineage".to_owned(), self.lineage.as_str().into());
        fields.insert("serial".to_owned(), self.serial.into());
        fields.extend(self.other.clone());
        let mut entries: Vec<(String, &StateEntry)> =
            self.state.iter().map(|(key, entry)| (key.to_string(), entry)).collect();
        entries.sort_by(|one, two| one.0.cmp(&two.0));
        let mut state = Map::new();
        for (key, entry) in entries {
            state.insert(key, serde_json::to_value(entry)?);
        }
        fields.insert("state".to_owned(), Value::Object(state));
        let mut text = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
        Value::Object(fields).serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
        String::from_utf8(text).map_err(serde::ser::Error::custom)
    }
}

fn check_version(file: &str, fields: &Map<String, Value>) -> Result<u32, StateError> {
    let found = fields
        .get("state_version")
        .and_then(Value::as_u64)
        .ok_or_else(|| StateError::Shape {
            file: file.to_owned(),
            fault: "`state_version` is not a whole number".to_owned(),
        })?;
    let file = file.to_owned();
    if found < u64::from(STATE_VERSION) {
        return Err(StateError::Older { file, found });
    }
    if found > u64::from(FEATURE_VERSION) {
        let writer = fields.get("cli_version").and_then(Value::as_str);
        return Err(StateError::Newer {
            file,
            found,
            writer: writer.unwrap_or("unknown").to_owned(),
        });
    }
    match fields.get("features") {
        Some(Value::Object(features)) if !features.is_empty() => Err(StateError::Features {
            file,
            features: features.keys().cloned().collect::<Vec<_>>().join(", "),
        }),
        _ if found == u64::from(FEATURE_VERSION) => Ok(FEATURE_VERSION),
        _ => Ok(STATE_VERSION),
    }
}

fn parse_entry(key: &str, entry: Value) -> Result<(ResourceKey, StateEntry), String> {
    let parsed = key.parse::<ResourceKey>().map_err(|error| error.to_string())?;
    let entry = serde_json::from_value(entry).map_err(|error| format!("entry `{key}`: {error}"))?;
    Ok((parsed, entry))
}

impl States {
    /// Reads both state files; a file that is not there is an empty state.
    ///
    /// # Errors
    /// When a file cannot be used or the two do not belong together.
    pub fn parse(resources: Option<&str>, catalog: Option<&str>) -> Result<Self, StateError> {
        let read =
            |file: &str, text: Option<&str>| text.map_or_else(|| Ok(State::default()), |text| State::parse(file, text));
        let states = Self {
            resources: read("resources.json", resources)?,
            catalog: read("sluice.json", catalog)?,
        };
        let (one, two) = (&states.resources.lineage, &states.catalog.lineage);
        if !one.is_empty() && !two.is_empty() && one != two {
            return Err(StateError::Lineage {
                resources: one.clone(),
                catalog: two.clone(),
            });
        }
        Ok(states)
    }

    /// The entry of a key, in the file where the key belongs.
    #[must_use]
    pub fn get(&self, key: &ResourceKey) -> Option<&StateEntry> {
        if key.catalog {
            self.catalog.state.get(key)
        } else {
            self.resources.state.get(key)
        }
    }

    /// All entries of both files.
    pub fn entries(&self) -> impl Iterator<Item = (&ResourceKey, &StateEntry)> {
        self.resources.state.iter().chain(&self.catalog.state)
    }

    /// The resources that were deployed with `lifecycle.prevent_destroy`.
    #[must_use]
    pub fn protected(&self) -> BTreeSet<ResourceKey> {
        let listed = self.catalog.other.get(PROTECTED).and_then(Value::as_array);
        let keys = listed.into_iter().flatten().filter_map(Value::as_str);
        keys.filter_map(|key| key.parse().ok()).collect()
    }

    /// Records which resources are protected.
    pub fn protect(&mut self, keys: &BTreeSet<ResourceKey>) {
        if keys.is_empty() {
            self.catalog.other.shift_remove(PROTECTED);
        } else {
            let keys: Vec<Value> = keys.iter().map(|key| key.to_string().into()).collect();
            self.catalog.other.insert(PROTECTED.to_owned(), keys.into());
        }
    }

    /// Begins a deployment: both files get the lineage (that of an existing file, else `fresh_lineage`), the writer's version and
    /// the next serial.
    pub fn begin(&mut self, fresh_lineage: &str, cli_version: &str) {
        let lineage = [&self.resources, &self.catalog]
            .into_iter()
            .find(|state| state.exists())
            .map_or(fresh_lineage, |state| &state.lineage)
            .to_owned();
        for state in [&mut self.resources, &mut self.catalog] {
            state.lineage.clone_from(&lineage);
            cli_version.clone_into(&mut state.cli_version);
            state.serial += 1;
        }
    }

    /// Records what a step did to its resource.
    pub fn record(&mut self, key: &ResourceKey, change: StateChange) {
        let state = if key.catalog {
            &mut self.catalog.state
        } else {
            &mut self.resources.state
        };
        match change {
            StateChange::Keep => {}
            StateChange::Set(entry) => {
                state.insert(key.clone(), entry);
            }
            StateChange::Remove => {
                state.remove(key);
            }
        }
    }
}

/// What becomes of a state entry after a step.
#[derive(Clone, Debug, PartialEq)]
pub enum StateChange {
    /// It stays as it is: more steps of the same resource follow.
    Keep,
    /// It is written.
    Set(StateEntry),
    /// It is removed.
    Remove,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
 "state_version": 2,
 "cli_version": "1.13.0",
 "lineage": "1f6e",
 "serial": 7,
 "state": {
  "resources.jobs.load": {
   "__id__": "12",
   "state": {
    "name": "load",
    "max_concurrent_runs": 1
   },
   "depends_on": [
    {
     "node": "resources.schemas.gold",
     "label": "${resources.schemas.gold.name}"
    }
   ]
  },
  "resources.schemas.gold": {
   "__id__": "dev.gold",
   "state": {
    "name": "gold"
   }
  }
 }
}"#;

    #[test]
    fn a_state_file_is_written_as_it_was_read() {
        let state = State::parse("resources.json", TEXT).unwrap();
        assert_eq!(state.state.len(), 2);
        assert_eq!(state.to_text().unwrap(), TEXT);
        let with_unknown = TEXT.replace(" \"serial\": 7,", " \"serial\": 7,\n \"note\": \"kept\",");
        assert_eq!(
            State::parse("resources.json", &with_unknown)
                .unwrap()
                .to_text()
                .unwrap(),
            with_unknown
        );
    }

    #[test]
    fn versions_decide_whether_a_state_is_read() {
        let version = |version: &str| State::parse("resources.json", &TEXT.replace("_version\": 2", version));
        assert_eq!(version("_version\": 3").unwrap().state_version, 3);
        assert!(
            matches!(version("_version\": 3, \"features\": {\"x\": {}}"), Err(StateError::Features { features, .. }) if features == "x")
        );
        assert!(
            matches!(version("_version\": 4"), Err(StateError::Newer { found: 4, writer, .. }) if writer == "1.13.0")
        );
        assert!(matches!(
            version("_version\": 1"),
            Err(StateError::Older { found: 1, .. })
        ));
        assert!(matches!(
            State::parse("resources.json", "{"),
            Err(StateError::NotJson { .. })
        ));
        assert!(
            matches!(State::parse("resources.json", "{\"state_version\": 2}"), Err(StateError::Shape { fault, .. }) if fault == "`cli_version` is missing")
        );
    }

    #[test]
    fn both_files_go_on_with_one_lineage() {
        let mut states = States::parse(Some(TEXT), None).unwrap();
        states.begin("fresh", "0.1.0");
        assert_eq!((states.catalog.lineage.as_str(), states.catalog.serial), ("1f6e", 1));
        assert_eq!(
            (states.resources.lineage.as_str(), states.resources.serial),
            ("1f6e", 8)
        );
        let other = TEXT.replace("1f6e", "77aa");
        assert!(matches!(
            States::parse(Some(TEXT), Some(&other)),
            Err(StateError::Lineage { .. })
        ));
    }
}
