//! Whether the version of a contract tells what happened to it.

use semver::Version;
use serde::Serialize;

use super::change::{Bump, ContractChange};

/// What the version of a contract says about its changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionJudgement {
    /// Version before.
    pub previous: String,
    /// Version now.
    pub current: String,
    /// The bump that the changes need.
    pub required: Bump,
    /// The bump that the version made; none when it cannot be told.
    pub made: Option<Bump>,
    /// Why the version does not do; none when it does.
    pub fault: Option<String>,
}

/// The bump that changes need from a version on. Before 1.0 everything is one level less: consumers were told that it may change.
#[must_use]
pub fn required_bump(changes: &[ContractChange], previous_version: &str) -> Bump {
    let needed = changes.iter().map(|change| change.bump).max().unwrap_or(Bump::None);
    let young = read(previous_version).is_some_and(|version| version.major == 0);
    match (needed, young) {
        (Bump::Major, true) => Bump::Minor,
        (Bump::Minor, true) => Bump::Patch,
        (needed, _) => needed,
    }
}

/// Judges the version of a contract against its changes (rule 69).
///
/// `content_differs` tells whether anything but the version is different, also what no rule looks at: a version names one content.
#[must_use]
pub fn judge_version(
    changes: &[ContractChange],
    previous: &str,
    current: &str,
    content_differs: bool,
) -> VersionJudgement {
    let required = required_bump(changes, previous);
    let (made, fault) = match (read(previous), read(current)) {
        (Some(before), Some(now)) => {
            let made = made(&before, &now);
            (Some(made), fault(&before, &now, (made, required), content_differs))
        }
        (_, None) => (None, Some(format!("`{current}` is no version of the form 1.2.3"))),
        (None, Some(_)) if content_differs && previous == current => {
            (None, Some(format!("version {current} is used again for other content")))
        }
        // What went before had no order, so this begins one.
        (None, Some(_)) => (None, None),
    };
    VersionJudgement {
        previous: previous.to_owned(),
        current: current.to_owned(),
        required,
        made,
        fault,
    }
}

fn fault(before: &Version, now: &Version, (made, required): (Bump, Bump), content_differs: bool) -> Option<String> {
    if now < before {
        return Some(format!("version {now} is lower than {before}, which runs"));
    }
    if now == before && content_differs {
        return Some(format!(
            "version {now} is used again for other content; the changes need {}",
            next(before, required.max(Bump::Patch))
        ));
    }
    if made < required {
        return Some(format!(
            "from {before} to {now} is a {made} bump; the changes need a {required} one: {}",
            next(before, required)
        ));
    }
    None
}

/// The version that a bump leads to.
fn next(before: &Version, bump: Bump) -> Version {
    match bump {
        Bump::Major => Version::new(before.major.saturating_add(1), 0, 0),
        Bump::Minor => Version::new(before.major, before.minor.saturating_add(1), 0),
        Bump::Patch => Version::new(before.major, before.minor, before.patch.saturating_add(1)),
        Bump::None => before.clone(),
    }
}

fn made(before: &Version, now: &Version) -> Bump {
    if now.major > before.major {
        Bump::Major
    } else if now.major == before.major && now.minor > before.minor {
        Bump::Minor
    } else if now > before {
        Bump::Patch
    } else {
        Bump::None
    }
}

/// Versions as people write them: `1.2.0`, `v1.2.0`, `1.2`.
fn read(text: &str) -> Option<Version> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    Version::parse(text)
        .or_else(|_short| Version::parse(&format!("{text}.0")))
        .or_else(|_short| Version::parse(&format!("{text}.0.0")))
        .ok()
}
