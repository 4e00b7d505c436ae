//! What can be done about a difference, honestly: a deployment does not take away what it never gave.

use super::deployed::Deployed;
use super::report::{Difference, DifferenceKind, Remedy};

/// How something comes to the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By a promotion alone.
    Promote,
    /// By verifying a checkout.
    Verify,
    /// By deploying a checkout.
    Deploy,
}

/// Puts the remedy into a difference.
pub(super) fn complete(difference: &mut Difference, way: &Way, deployed: &Deployed<'_>) {
    let place = &deployed.environment;
    let again = match (way, deployed.seen.as_ref().and_then(|seen| seen.row.version.as_ref())) {
        (Way::Promote, Some(version)) => format!("`sluice promote {version} --to {place}`"),
        (Way::Promote, None) => format!("`sluice promote VERSION --to {place}`"),
        (Way::Verify, _) => format!("`sluice verify -t {place}`"),
        (Way::Deploy, _) => format!("`sluice deploy -t {place}`"),
    };
    let capture = format!("`sluice capture -t {}`", deployed.loaded().bundle.target);
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
            (format!("{again} makes it again, without the rows that it had"), None)
        }
        DifferenceKind::Identity => (
            format!("{again} takes the new object over as the deployed one"),
            Some(capture),
        ),
        DifferenceKind::Field if difference.path == "owner" => (
            "give it back to the owner that it had in the workspace".to_owned(),
            Some(again + " takes it as it is"),
        ),
        DifferenceKind::Field | DifferenceKind::Grant | DifferenceKind::Tag => (again, Some(capture)),
    };
    difference.remedy = Remedy { restore, adopt };
}
