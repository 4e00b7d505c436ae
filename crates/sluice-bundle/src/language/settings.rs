//! `sluice.yml` beside the bundle: the engine's own settings. Strict.

use std::collections::BTreeMap;
use std::str::FromStr;

use sluice_model::{Diagnostic, ResourceKey, Tree, TreePath};

use super::check::Check;
use super::session::Session;
use super::shape::{Object, Type, Wire};
use super::yaml;

/// Where the settings stand.
const FILE: &str = "sluice.yml";

static SETTINGS: Object = Object {
    name: "settings file",
    fields: &[
        ("version", Type::Any),
        ("protect", Type::List(&Type::Text)),
        ("ignore_changes", Type::Map(&Type::List(&Type::Text))),
    ],
    wire: Wire::Nowhere,
    required: &[],
};

/// Settings as written.
#[derive(Clone, Default)]
pub(super) struct Settings {
    protect: Vec<(ResourceKey, Tree)>,
    ignored: BTreeMap<ResourceKey, Vec<String>>,
}

impl Settings {
    /// The resources that are never deleted or recreated.
    pub(super) fn protected(self) -> Vec<ResourceKey> {
        self.protect.into_iter().map(|(key, _)| key).collect()
    }

    /// The fields that are left to the workspace, as paths in the plan's notation.
    pub(super) fn ignored(&self) -> BTreeMap<ResourceKey, Vec<String>> {
        self.ignored.clone()
    }

    /// Reads the settings; there need not be any.
    pub(super) fn load(session: &mut Session<'_>) -> Self {
        let Some(Some(text)) = session.file(FILE) else {
            return Self::default();
        };
        let mut tree = match yaml::parse(text, FILE) {
            Ok(tree) => tree,
            Err(diagnostics) => {
                for diagnostic in diagnostics {
                    session.report(diagnostic);
                }
                return Self::default();
            }
        };
        if !session.check_version(&tree, FILE) {
            return Self::default();
        }
        Check::written(session, true).conform(&mut tree, Type::Object(&SETTINGS), &TreePath::default());
        let mut settings = Self::default();
        let protect = tree.get("protect").and_then(Tree::as_sequence).unwrap_or_default();
        for (index, item) in protect.iter().enumerate() {
            let Some(text) = item.as_str() else { continue };
            match ResourceKey::from_str(text) {
                Ok(key) if key.sub.is_none() => settings.protect.push((key, item.clone())),
                Ok(_) | Err(_) => session.report(
                    Diagnostic::error(format!("`{text}` is no key of a resource"))
                        .path(TreePath::keys(["protect"]).index(index))
                        .location(item.location.clone())
                        .help("write `resources.<kind>.<key>` or `catalog.<kind>.<key>`"),
                ),
            }
        }
        let ignored = tree
            .get("ignore_changes")
            .and_then(Tree::as_mapping)
            .into_iter()
            .flatten();
        for (text, fields) in ignored {
            let key = ResourceKey::from_str(text).or_else(|_short| ResourceKey::from_str(&format!("resources.{text}")));
            let paths = fields.as_sequence().unwrap_or_default().iter();
            match key {
                Ok(key) if key.sub.is_none() => {
                    let paths = paths.filter_map(|path| path.as_str().map(str::to_owned));
                    settings.ignored.insert(key, paths.collect());
                }
                Ok(_) | Err(_) => session.report(
                    Diagnostic::error(format!("`{text}` is no key of a resource"))
                        .path(TreePath::keys(["ignore_changes", text]))
                        .location(fields.key_location.clone())
                        .help("write `<kind>.<key>`, or `catalog.<kind>.<key>`, before the list of fields"),
                ),
            }
        }
        settings
    }
}
