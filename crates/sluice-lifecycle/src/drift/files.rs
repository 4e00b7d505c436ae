//! The uploaded files: each by its content, and what else stands in their folder.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use sluice_model::Digest;

use super::DriftError;
use super::deployed::Deployed;
use super::report::{Difference, DifferenceKind};
use crate::bundle_files::file_list::FileList;
use crate::bundle_files::listing::{self, remote_name};
use crate::capture::code::walk;
use crate::capture::live::{Live, LiveError};
use crate::deploy::PlanError;

/// Files read at the same time.
const PARALLEL: usize = 10;

/// Digests by path in the workspace below the files' folder; none where nobody recorded one.
type Uploaded = BTreeMap<String, Option<Digest>>;

/// Every file that is not as it was uploaded.
///
/// # Errors
/// When one cannot be read.
pub(super) async fn compare(
    live: Live<'_>,
    deployed: &Deployed<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<Difference>, DriftError> {
    let uploaded = uploaded(deployed, notes).await?;
    let folder = deployed.loaded().bundle.workspace.file_path.as_str();
    let plain = |path: &str| path.strip_prefix("/Workspace").unwrap_or(path).to_owned();
    let below = format!("{}/", plain(folder));
    let there = walk(live, folder).await?;
    let there: BTreeMap<String, String> = there
        .into_iter()
        .map(|file| {
            let place = plain(&file.remote);
            (place.strip_prefix(&below).unwrap_or(&place).to_owned(), file.remote)
        })
        .collect();
    let of = |place: &str| Difference::new(DifferenceKind::File, format!("{folder}/{place}"));
    let mut differences = Vec::new();
    for place in uploaded.keys().filter(|place| !there.contains_key(*place)) {
        differences.push(Difference {
            declared: uploaded[place].map(|digest| digest.to_string().into()),
            note: Some("it is gone".to_owned()),
            ..of(place)
        });
    }
    let compared: Vec<Option<Difference>> = stream::iter(&there)
        .map(|(place, remote)| {
            let expected = uploaded.get(place);
            async move {
                if matches!(expected, Some(None)) {
                    return Ok(None);
                }
                let now = Digest::of(&live.content(remote).await?);
                let expected = expected.copied().flatten();
                Ok::<_, LiveError>((expected != Some(now)).then(|| Difference {
                    declared: expected.map(|digest| digest.to_string().into()),
                    live: Some(now.to_string().into()),
                    note: expected.is_none().then(|| "no deployment put it there".to_owned()),
                    ..of(place)
                }))
            }
        })
        .buffered(PARALLEL)
        .try_collect()
        .await?;
    differences.extend(compared.into_iter().flatten());
    Ok(differences)
}

/// The files of the content; where that may have moved on, those that the deployment recorded.
async fn uploaded(deployed: &Deployed<'_>, notes: &mut Vec<String>) -> Result<Uploaded, DriftError> {
    let loaded = deployed.loaded();
    if deployed.seen.is_some() {
        let local = listing::list(&loaded.root, &loaded.bundle.sync).map_err(PlanError::from)?;
        let files = local
            .iter()
            .map(|(name, file)| (remote_name(name, file.notebook).to_owned(), Some(file.digest)));
        return Ok(files.collect());
    }
    let path = format!("{}/deployment.json", loaded.bundle.workspace.state_path);
    let content = loaded
        .client
        .download(&path)
        .await
        .map_err(|source| LiveError::Client {
            object: format!("`{path}`"),
            source,
        })?;
    let Some(content) = content else {
        notes.push(format!("`{path}` is gone: which files were uploaded is not known"));
        return Ok(Uploaded::new());
    };
    let list = FileList::parse(&path, &content).map_err(|error| DriftError::Live {
        object: format!("`{path}`"),
        missing: None,
        source: Some(Box::new(error)),
    })?;
    if list.files.iter().any(|file| file.digest.is_none()) {
        notes.push(
            "the Databricks CLI uploaded the files last and recorded no content: only their presence is compared"
                .to_owned(),
        );
    }
    let files = list
        .files
        .iter()
        .map(|file| (remote_name(&file.local_path, file.is_notebook).to_owned(), file.digest));
    Ok(files.collect())
}
