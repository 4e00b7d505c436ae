//! `bundle.databricks_cli_version`: the versions of the Databricks CLI that a bundle is written for.

use semver::{Version, VersionReq};
use sluice_model::{Diagnostic, Tree, TreePath};

use super::session::Session;

/// The version of the Databricks CLI whose bundle language this is.
const FOLLOWED: Version = Version::new(1, 13, 0);

/// Refuses a bundle that asks for another version.
pub(super) fn check(root: &Tree, session: &mut Session<'_>) {
    let constraint = root
        .get("bundle")
        .and_then(|bundle| bundle.get("databricks_cli_version"));
    let Some((constraint, text)) = constraint.and_then(|constraint| Some((constraint, constraint.as_str()?))) else {
        return;
    };
    let refuse = |summary: String| {
        Diagnostic::error(summary)
            .path(TreePath::keys(["bundle", "databricks_cli_version"]))
            .location(constraint.location.clone())
    };
    match requirement(text) {
        Some(requirement) if requirement.matches(&FOLLOWED) => {}
        Some(_) => session.report(
            refuse(format!(
                "the bundle asks for Databricks CLI `{text}`, and Sluice follows {FOLLOWED}"
            ))
            .help("widen the constraint, or use a Sluice that follows such a version"),
        ),
        None => session
            .report(refuse(format!("`{text}` is no constraint of versions")).help("write for example `>= 0.250.0`")),
    }
}

/// The constraint; a bare version means exactly this one.
fn requirement(text: &str) -> Option<VersionReq> {
    let text = text.trim();
    let bare = Version::parse(text).is_ok();
    VersionReq::parse(&if bare { format!("={text}") } else { text.to_owned() }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_those_of_the_cli() {
        for (text, expected) in [
            (">= 0.218.0", Some(true)),
            (">=0.218.0, <2.0.0", Some(true)),
            ("1.13.0", Some(true)),
            ("1.12.0", Some(false)),
            ("^1.0.0", Some(true)),
            ("0.218.*", Some(false)),
            ("newest", None),
        ] {
            assert_eq!(
                requirement(text).map(|requirement| requirement.matches(&FOLLOWED)),
                expected,
                "{text}"
            );
        }
    }
}
