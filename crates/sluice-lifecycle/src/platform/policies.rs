//! What a platform says about policies: directories of packs, parameters of rules, and the stage of each environment.

use std::path::{Path, PathBuf};

use sluice_governance::document::{Object, Reader, Value};
use sluice_model::Tree;
use sluice_policy::Stage;

/// Directories of packs beside the embedded one, relative to the file.
pub(super) fn directories(reader: &mut Reader, object: &Object<'_>, base: &Path) -> Vec<PathBuf> {
    let paths = reader.texts(object, "policies").into_iter();
    paths.map(|path| base.join(path)).collect()
}

/// Parameters by rule. Which rules there are is known when the packs are read.
pub(super) fn parameters(reader: &mut Reader, object: &Object<'_>) -> Tree {
    for (_, value) in reader.map(object, "policy_parameters") {
        if value.tree.as_mapping().is_none() {
            reader.wrong_type(&value, "a map of parameters");
        }
    }
    object
        .get("policy_parameters")
        .map_or_else(Tree::mapping, |value| value.tree.clone())
}

/// The stage that an environment names.
pub(super) fn stage(reader: &mut Reader, value: &Value<'_>) -> Option<Stage> {
    reader.word(value, &Stage::WORDS)
}

/// The stage of an environment that names none: the first is `dev`, the last `prod`, those between `qa`.
pub(super) fn default_stage(index: usize, count: usize) -> Stage {
    if index == 0 {
        Stage::Dev
    } else if index + 1 == count {
        Stage::Prod
    } else {
        Stage::Qa
    }
}
