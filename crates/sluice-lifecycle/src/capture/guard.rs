//! Before a deployment: which captured objects may be taken over, and what would be overwritten although nobody captured it.

use std::collections::{BTreeMap, BTreeSet};

use sluice_bundle::capture::{
    CapturedKind, CapturedTarget, Observed, Uncaptured, captured_as_is, drifted, observe, uncaptured,
};
use sluice_bundle::engine::{Plan, States};
use sluice_model::{Digest, ResourceKey};

use super::live::{Live, LiveError};
use super::{CaptureError, read_lock};
use crate::bundle_files::file_list::{FileList, compare};
use crate::bundle_files::listing::remote_name;
use crate::bundle_files::{LoadedBundle, LocalFiles};

/// What is known of captured objects, before a plan is made.
#[derive(Debug, Default)]
pub(crate) struct Known {
    captured: Option<CapturedTarget>,
    /// Captured objects without a state entry: whether they are there.
    undeployed: BTreeMap<ResourceKey, bool>,
    as_is: BTreeSet<ResourceKey>,
}

impl Known {
    /// Reads the captured objects that no deployment knows yet.
    pub(crate) async fn read(loaded: &LoadedBundle, states: &States) -> Result<Self, CaptureError> {
        let lock = read_lock(&loaded.root)?;
        let Some(captured) = lock
            .target(&loaded.bundle.target, &loaded.bundle.workspace.host)
            .cloned()
        else {
            return Ok(Self::default());
        };
        let open: Vec<&ResourceKey> = captured
            .objects
            .keys()
            .filter(|key| states.get(key).is_none())
            .collect();
        let now = observed(loaded, &captured, open.iter().copied()).await?;
        let undeployed = open
            .into_iter()
            .map(|key| (key.clone(), now.contains_key(key)))
            .collect();
        Ok(Self {
            undeployed,
            as_is: captured_as_is(&captured, &now),
            captured: Some(captured),
        })
    }

    /// Ids of captured objects that a deployment takes over: those that are as they were captured, or with `all` every one.
    pub(crate) fn adoptable(&self, all: bool) -> BTreeMap<ResourceKey, String> {
        let objects = self.captured.iter().flat_map(|captured| &captured.objects);
        objects
            .filter(|(key, _)| self.undeployed.get(*key) == Some(&true) && (all || self.as_is.contains(*key)))
            .map(|(key, object)| (key.clone(), object.id.clone()))
            .collect()
    }

    /// Captured objects that no deployment knows yet, and that changed or are gone since.
    pub(crate) fn changed(&self, wanted: impl Fn(&ResourceKey) -> bool) -> Vec<Uncaptured> {
        let open: BTreeMap<ResourceKey, bool> = self
            .undeployed
            .iter()
            .filter(|(key, _)| wanted(key))
            .map(|(key, there)| (key.clone(), *there))
            .collect();
        uncaptured(&BTreeMap::new(), self.captured.as_ref(), &open, &self.as_is)
    }

    /// What a plan would overwrite although it was changed since the last deployment and not captured after that.
    pub(crate) async fn overwritten(
        &self,
        loaded: &LoadedBundle,
        plan: &Plan,
    ) -> Result<Vec<Uncaptured>, CaptureError> {
        let drifted = drifted(plan);
        let mut as_is = BTreeSet::new();
        if let Some(captured) = &self.captured {
            let now = observed(loaded, captured, drifted.keys()).await?;
            as_is = captured_as_is(captured, &now);
        }
        Ok(uncaptured(&drifted, self.captured.as_ref(), &BTreeMap::new(), &as_is))
    }
}

/// The objects of these keys as they are now; those that do not exist, or that no file could hold, are not among them.
async fn observed(
    loaded: &LoadedBundle,
    captured: &CapturedTarget,
    keys: impl Iterator<Item = &ResourceKey>,
) -> Result<BTreeMap<ResourceKey, Observed>, LiveError> {
    let live = Live { client: &loaded.client };
    let user = &loaded.bundle.current_user.user_name;
    let mut now = BTreeMap::new();
    for key in keys {
        let Some(object) = captured.objects.get(key) else {
            continue;
        };
        let Some(kind) = CapturedKind::of(key.catalog, &key.kind) else {
            continue;
        };
        if let Some(reading) = live.object(kind, &object.id).await?
            && let Ok(observed) = observe(&reading, user)
        {
            now.insert(key.clone(), observed);
        }
    }
    Ok(now)
}

/// Files that a deployment would replace or delete although they are neither what the last one put there nor what was captured.
pub(crate) async fn overwritten_files(
    loaded: &LoadedBundle,
    local: &LocalFiles,
) -> Result<Vec<Uncaptured>, CaptureError> {
    let workspace = &loaded.bundle.workspace;
    let client_error = |object: &str| {
        let object = format!("`{object}`");
        move |source| LiveError::Client { object, source }
    };
    let list_path = format!("{}/deployment.json", workspace.state_path);
    let content = loaded
        .client
        .download(&list_path)
        .await
        .map_err(client_error(&list_path))?;
    // The deployment itself says what is wrong with a list that cannot be read.
    let list = content.and_then(|content| FileList::parse(&list_path, &content).ok());
    let uploaded = list.as_ref().map_or(&[][..], |list| &list.files);
    let changes = compare(uploaded, local);
    let lock = read_lock(&loaded.root)?;
    let captured = lock.target(&loaded.bundle.target, &workspace.host);
    let replaced = changes
        .upload
        .iter()
        .map(|name| (remote_name(name, local[name].notebook).to_owned(), Some(name)));
    let deleted = changes.delete.iter().map(|place| (place.clone(), None));
    let mut found = Vec::new();
    for (place, name) in replaced.chain(deleted) {
        let before = uploaded
            .iter()
            .find(|file| remote_name(&file.local_path, file.is_notebook) == place);
        let path = format!("{}/{place}", workspace.file_path);
        let Some(content) = loaded.client.download(&path).await.map_err(client_error(&path))? else {
            continue;
        };
        let now = Digest::of(&content);
        let known = before.is_some_and(|file| file.digest.is_none_or(|digest| digest == now))
            || name.is_some_and(|name| local[name].digest == now)
            || captured.is_some_and(|captured| captured.files.values().any(|digest| *digest == now));
        if !known {
            found.push(Uncaptured::File { path });
        }
    }
    found.sort();
    Ok(found)
}
