//! What can be done about a difference, honestly: a deployment does not take away what it never gave.

use super::deployed::Deployed;
use super::report::{Difference, DifferenceKind, Remedy};

/// How something comes to the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By a promotion alone.
    Promote,
    /// By deploying a checkout.
    Deploy,
}

/// Puts the remedy into a difference.
pub(super) fn complete(difference: &mut Difference, way: &Way, deployed: &Deployed<'_>) {
    let place = &deployed.environment;
    let target = &deployed.loaded().bundle.target;
    let again = match way {
        Way::Promote => {
            format!("the next promotion to `{place}`, for example of the same commit frozen under a new version,")
        }
        Way::Deploy => format!("`sluice deploy -t {target} --overwrite-uncaptured`"),
    };
    let capture = format!("`sluice capture -t {target}`");
    let there_only = difference.declared.is_none() && difference.live.is_some();
    let (restore, adopt) = match difference.kind {
        DifferenceKind::Unmanaged => (
            "remove it in the workspace".to_owned(),
            Some(format!("{capture} declares it")),
        ),
        DifferenceKind::Grant | DifferenceKind::Tag if there_only => (
            "take it away in the workspace".to_owned(),
            Some(format!("{capture} declares it")),
        ),
        DifferenceKind::File if there_only => (
            "remove it from the workspace".to_owned(),
            Some(format!("{capture} takes it into the files")),
        ),
        DifferenceKind::File => (
            format!(
                "remove `{}/deployment.json`, then {again} uploads every file again",
                deployed.loaded().bundle.workspace.state_path
            ),
            (difference.live.is_some()).then(|| format!("{capture} takes it into the files")),
        ),
        DifferenceKind::Identity if difference.live.is_none() => {
            (format!("{again} makes it again; what it held is lost"), None)
        }
        DifferenceKind::Identity => (
            format!("{again} takes the new object over as the deployed one"),
            Some(capture),
        ),
        // No plan looks at a mask or row filter that nobody declares.
        DifferenceKind::Field if there_only && is_access(&difference.path) => (
            "take it away in the workspace".to_owned(),
            Some(format!("{capture} declares it")),
        ),
        DifferenceKind::Field if difference.path == "owner" => (
            "give it back to the owner that it had in the workspace".to_owned(),
            Some(again + " takes it as it is"),
        ),
        DifferenceKind::Field | DifferenceKind::Grant | DifferenceKind::Tag => {
            (format!("{again} puts it back"), Some(capture))
        }
    };
    difference.remedy = Remedy { restore, adopt };
}

fn is_access(path: &str) -> bool {
    path == "row_filter" || path.starts_with("masks.")
}
