//! Where things lie on this machine: the data directory and what stands below it. The process environment comes in as a map.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The platform id of a command that has no `platform.yaml`.
pub const LOCAL_PLATFORM: &str = "local";

/// No place for data: neither `SLUICE_DATA_DIR` nor `XDG_DATA_HOME` nor `HOME` is set.
#[derive(Debug, thiserror::Error)]
#[error("no place for the ledger: set SLUICE_DATA_DIR, or HOME")]
pub struct NoDataDirectory;

/// `$SLUICE_DATA_DIR`, else `$XDG_DATA_HOME/sluice`, else `~/.local/share/sluice`. An empty variable counts as absent.
///
/// # Errors
/// When none of them is set.
pub fn data_directory(environment: &BTreeMap<String, String>) -> Result<PathBuf, NoDataDirectory> {
    let variable = |name: &str| {
        environment
            .get(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable("SLUICE_DATA_DIR")
        .or_else(|| variable("XDG_DATA_HOME").map(|path| path.join("sluice")))
        .or_else(|| variable("HOME").map(|path| path.join(".local/share/sluice")))
        .ok_or(NoDataDirectory)
}

/// The ledger of a platform.
///
/// # Errors
/// As [`data_directory`].
pub fn ledger_path(environment: &BTreeMap<String, String>, platform_id: &str) -> Result<PathBuf, NoDataDirectory> {
    Ok(data_directory(environment)?.join(platform_id).join("ledger.sqlite"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_variable_wins_and_empty_ones_do_not_count() {
        let path = |pairs: &[(&str, &str)]| {
            let environment = pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect();
            ledger_path(&environment, "p")
                .ok()
                .map(|path| path.display().to_string())
        };
        let all = [("SLUICE_DATA_DIR", "/d"), ("XDG_DATA_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(path(&all).as_deref(), Some("/d/p/ledger.sqlite"));
        assert_eq!(path(&all[1..]).as_deref(), Some("/x/sluice/p/ledger.sqlite"));
        assert_eq!(
            path(&[("SLUICE_DATA_DIR", ""), ("HOME", "/h")]).as_deref(),
            Some("/h/.local/share/sluice/p/ledger.sqlite")
        );
        assert_eq!(path(&[]), None);
    }
}
