//! `sluice capture`: reads what lives in a target's workspace into the files of the product. Never writes to the workspace.
//!
//! What to make of it is decided in `sluice_bundle::capture`; here it is read, and the files are written together.

pub(crate) mod code;
pub(crate) mod guard;
pub mod live;
pub mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use sluice_bundle::capture::{
    CaptureFault, CaptureInput, CaptureLock, CaptureLockError, CaptureReport, CapturedKind, LOCK_FILE, LeftOut,
    Reading, Scope, capture as decide, code_paths,
};
use sluice_bundle::engine::States;
use sluice_model::{Location, Node, ResourceKey, Tree};

use self::live::{Live, LiveError};
use self::write::WriteError;
use crate::bundle_files::LoadedBundle;
use crate::deploy::{BaseStateError, base_state};

/// What to capture.
#[derive(Clone, Debug)]
pub struct CaptureRequest<'a> {
    /// The bundle, resolved for the target.
    pub loaded: &'a LoadedBundle,
    /// Name of the product, for its tag.
    pub product: Option<&'a str>,
    /// Folders of the workspace whose code belongs to the product, beside the deployment's own.
    pub folders: &'a [String],
    /// Only compares.
    pub check: bool,
    /// What [`complete`] has written.
    pub completed: Vec<String>,
}

/// What a capture did.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CaptureOutcome {
    /// The target.
    pub target: String,
    /// What counts as the product's.
    pub scope: Scope,
    /// Files that an interrupted capture had left to write.
    pub completed: Vec<String>,
    /// What was found and done.
    #[serde(flatten)]
    pub report: CaptureReport,
}

/// Nothing was captured.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// Something in the workspace cannot be read.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The deployment's state cannot be read.
    #[error(transparent)]
    State(#[from] BaseStateError),
    /// A document cannot hold what was captured.
    #[error(transparent)]
    Fault(#[from] CaptureFault),
    /// The lock cannot be used.
    #[error(transparent)]
    Lock(#[from] CaptureLockError),
    /// A local file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The files cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Puts the files of an interrupted capture into their places and gives their paths. It comes before the bundle is loaded: half of the
/// files may not even make one.
///
/// # Errors
/// When a file cannot be put into its place.
pub fn complete(root: &Path) -> Result<Vec<String>, CaptureError> {
    Ok(write::complete(root)?)
}

/// Reads the workspace, and writes the files that it differs from; with `check` it writes nothing.
///
/// # Errors
/// When something cannot be read or the files cannot hold it; nothing was written then.
pub async fn capture(request: CaptureRequest<'_>) -> Result<CaptureOutcome, CaptureError> {
    let loaded = request.loaded;
    let lock = read_lock(&loaded.root)?;
    let documents = documents(loaded)?;
    let scope = Scope::of(&loaded.bundle, request.product, request.folders);
    let states = base_state::read(loaded).await?.states;
    let ids = ids(&states);
    let mut left_out = Vec::new();
    let live = Live { client: &loaded.client };
    let readings = read(live, &scope, &ids, &lock, loaded, &mut left_out).await?;
    let tasks: BTreeSet<String> = readings.iter().flat_map(code_paths).collect();
    let files = code::files(live, loaded, &scope.folders, &tasks, &mut left_out).await?;
    let captured = decide(CaptureInput {
        bundle: &loaded.bundle,
        documents: &documents,
        readings: &readings,
        files: &files,
        states: &states,
        lock: &lock,
    })?;
    let mut report = captured.report;
    report.left_out.extend(left_out);
    report.left_out.sort();
    if request.check {
        report.files.clear();
    } else {
        write::write_all(&loaded.root, &captured.writes)?;
    }
    Ok(CaptureOutcome {
        target: loaded.bundle.target.clone(),
        scope,
        completed: request.completed,
        report,
    })
}

/// Everything in scope.
async fn read(
    live: Live<'_>,
    scope: &Scope,
    ids: &BTreeMap<ResourceKey, String>,
    lock: &CaptureLock,
    loaded: &LoadedBundle,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<Reading>, LiveError> {
    let mut wanted: Vec<(CapturedKind, String)> = stream::iter(&scope.schemas)
        .map(|schema| live.in_schema(schema))
        .buffered(4)
        .try_collect::<Vec<_>>()
        .await?
        .concat();
    let captured = lock.target(&loaded.bundle.target, &loaded.bundle.workspace.host);
    let captured = captured.into_iter().flat_map(|target| &target.objects);
    let known: BTreeSet<(String, &str)> = ids
        .iter()
        .map(|(key, id)| (key.kind.clone(), id.as_str()))
        .chain(captured.map(|(key, object)| (key.kind.clone(), object.id.as_str())))
        .collect();
    let is_known = |kind: CapturedKind, id: &str| known.contains(&(kind.document_name().to_owned(), id));
    let mut unseen = Vec::new();
    for (kind, id, object) in live.listed(left_out).await? {
        let settings = object.get("settings").unwrap_or(&object);
        if is_known(kind, &id) || scope.mentions(settings) {
            wanted.push((kind, id));
        } else if kind != CapturedKind::Job {
            unseen.push((kind, id));
        }
    }
    let mut readings = live.objects(wanted).await?;
    // Lists of spaces and dashboards do not show their content, which says what they are about.
    for (kind, id) in unseen {
        let reading = live.visible(kind, &id, left_out).await?;
        readings.extend(reading.filter(|reading| scope.mentions(&reading.object)));
    }
    Ok(readings)
}

/// Ids by key, of whole objects.
fn ids(states: &States) -> BTreeMap<ResourceKey, String> {
    let entries = states.entries().filter(|(key, _)| key.sub.is_none());
    entries.map(|(key, entry)| (key.clone(), entry.id.clone())).collect()
}

/// The lock of a bundle; an empty one when there is none.
pub(crate) fn read_lock(root: &Path) -> Result<CaptureLock, CaptureError> {
    let path = root.join(LOCK_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(CaptureLock::parse(&text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(CaptureLock::default()),
        Err(source) => Err(CaptureError::Read { path, source }),
    }
}

/// The YAML files that the bundle was resolved from, and every catalog file.
fn documents(loaded: &LoadedBundle) -> Result<BTreeMap<String, String>, CaptureError> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    if let Some(resources) = loaded.bundle.config.get("resources") {
        files_of(resources, &mut names);
    }
    files_of(&loaded.bundle.catalog, &mut names);
    for (folder, ending) in [("catalog", "yml"), ("resources", "yml")] {
        for entry in std::fs::read_dir(loaded.root.join(folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            if Path::new(&name)
                .extension()
                .is_some_and(|extension| extension == ending)
            {
                names.insert(format!("{folder}/{name}"));
            }
        }
    }
    let mut texts = BTreeMap::new();
    for name in names {
        let path = loaded.root.join(&name);
        let text = std::fs::read_to_string(&path).map_err(|source| CaptureError::Read { path, source })?;
        texts.insert(name, text);
    }
    Ok(texts)
}

fn files_of(tree: &Tree, names: &mut BTreeSet<String>) {
    let places = [&tree.location, &tree.key_location];
    let yaml = |location: &&Location| location.file.ends_with(".yml") || location.file.ends_with(".yaml");
    names.extend(
        places
            .into_iter()
            .flatten()
            .filter(yaml)
            .map(|location| location.file.to_string()),
    );
    match &tree.node {
        Node::Sequence(items) => items.iter().for_each(|item| files_of(item, names)),
        Node::Mapping(fields) => fields.values().for_each(|value| files_of(value, names)),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => {}
    }
}
