//! Packs: the one that is embedded, and the directories that a platform names.

use std::path::Path;

use sluice_bundle::language::parse_yaml;
use sluice_model::Tree;
use sluice_policy::pack::HEAD;
use sluice_policy::{Evaluator, Pack, PackFiles, embedded};

use crate::documents::DocumentError;
use crate::platform::Platform;

/// The largest file of a pack. Rules are texts that people write.
const MAXIMUM_BYTES: u64 = 1 << 20;

/// The rules of a platform with its parameters; the embedded pack alone when there is no platform.
///
/// # Errors
/// When a pack cannot be read or has faults, or a parameter is set that no rule has.
pub fn evaluator(platform: Option<&Platform>) -> Result<Evaluator, DocumentError> {
    let mut sources = vec![embedded::files()];
    for directory in platform.into_iter().flat_map(|platform| &platform.policies) {
        sources.push(read_directory(directory)?);
    }
    let faults = |diagnostics| DocumentError::Faults { diagnostics };
    let pack = Pack::read(&sources, &parse_yaml).map_err(faults)?;
    let nothing = Tree::mapping();
    let parameters = platform.map_or(&nothing, |platform| &platform.policy_parameters);
    Evaluator::new(pack, parameters).map_err(faults)
}

/// The rules whose tests are run: those of a directory, beside the embedded ones, whose library they may use; the embedded ones alone
/// when there is no directory. A directory that is the embedded pack itself takes its place.
///
/// # Errors
/// When a pack cannot be read or has faults.
pub fn for_trials(directory: Option<&Path>) -> Result<Pack, DocumentError> {
    let embedded = embedded::files();
    let sources = match directory {
        None => vec![embedded],
        Some(directory) => {
            let own = read_directory(directory)?;
            let same =
                own.files.contains_key(HEAD) && own.files.get("library.rego") == embedded.files.get("library.rego");
            if same { vec![own] } else { vec![embedded, own] }
        }
    };
    Pack::read(&sources, &parse_yaml).map_err(|diagnostics| DocumentError::Faults { diagnostics })
}

/// Reads the files of a pack.
fn read_directory(directory: &Path) -> Result<PackFiles, DocumentError> {
    let mut files = PackFiles {
        directory: directory.display().to_string(),
        ..PackFiles::default()
    };
    collect(directory, "", &mut files)?;
    Ok(files)
}

fn collect(directory: &Path, prefix: &str, into: &mut PackFiles) -> Result<(), DocumentError> {
    let read = |source| DocumentError::Read {
        path: directory.to_owned(),
        source,
    };
    let mut entries: Vec<_> = std::fs::read_dir(directory)
        .map_err(read)?
        .collect::<Result<_, _>>()
        .map_err(read)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else {
            continue;
        };
        let path = entry.path();
        if name.starts_with('.') || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), into)?;
        } else if [".rego", ".yaml", ".json"].iter().any(|end| name.ends_with(end)) {
            let text = read_text(&path).map_err(|source| DocumentError::Read { path, source })?;
            into.files.insert(format!("{prefix}{name}"), text);
        }
    }
    Ok(())
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let length = std::fs::metadata(path)?.len();
    if length > MAXIMUM_BYTES {
        return Err(std::io::Error::other(format!(
            "{length} bytes are more than the {MAXIMUM_BYTES} that a file of a pack may have"
        )));
    }
    std::fs::read_to_string(path)
}
