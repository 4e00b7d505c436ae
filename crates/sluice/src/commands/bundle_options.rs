//! The options of every command that works on a bundle, and how they lead to a loaded bundle.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use sluice_bundle::language::parse_yaml;
use sluice_lifecycle::artifacts::build;
use sluice_lifecycle::bundle_files::{BundleRequest, LoadedBundle, find_root, load_showing};
use sluice_lifecycle::platform::{Environment, Platform};
use sluice_model::Tree;

use crate::context::Context;
use crate::error::{CommandError, ExitKind};

/// Which bundle, for which target, with which values.
#[derive(Clone, Debug, Args)]
pub(crate) struct BundleOptions {
    /// Target of the bundle; with a `platform.yaml`, its environment for that target gives host, credentials and values
    #[arg(short, long, value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// Value of a variable; may be given several times
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) variables: Vec<(String, String)>,
    /// Only warn about fields and values that bundles do not have, and leave those fields out, as `databricks bundle` does
    #[arg(long)]
    pub(crate) lenient: bool,
    /// The cluster of [`ClusterOption`], for the commands that have it.
    #[arg(skip)]
    pub(crate) cluster: Option<String>,
}

/// The cluster that takes the place of the tasks' own compute.
#[derive(Clone, Debug, Args)]
pub(crate) struct ClusterOption {
    /// Run all tasks of jobs on this cluster instead of their own compute
    #[arg(short, long, value_name = "ID")]
    cluster_id: Option<String>,
}

/// Splits `NAME=VALUE`.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected `NAME=VALUE`".to_owned()),
    }
}

impl BundleOptions {
    /// The same, with the tasks on another cluster.
    pub(crate) fn on(self, cluster: ClusterOption) -> Self {
        Self {
            cluster: cluster.cluster_id,
            ..self
        }
    }

    /// Finds, reads and resolves the bundle and signs in at its workspace. Warnings go to standard error.
    pub(crate) async fn load(&self, context: &Context) -> Result<LoadedBundle, CommandError> {
        let loaded = load_showing(&self.request(context)?, context).await?;
        context.terminal.diagnostics(&loaded.findings);
        Ok(loaded)
    }

    /// As [`BundleOptions::load`], and builds what the bundle builds.
    pub(crate) async fn load_built(&self, context: &Context) -> Result<LoadedBundle, CommandError> {
        let mut loaded = self.load(context).await?;
        build(&mut loaded, context).await?;
        Ok(loaded)
    }

    /// As [`BundleOptions::load`], for a command that changes the environment itself: refused where only promotions may.
    pub(crate) async fn load_to_change(&self, context: &Context) -> Result<LoadedBundle, CommandError> {
        let root = self.root(context)?;
        if let Some(platform) = Platform::find(context.platform.as_deref(), &root)?
            && let Some(environment) = self.environment(&platform, &root, context)?
        {
            environment.require_ungated()?;
        }
        self.load(context).await
    }

    /// The bundle's directory.
    pub(crate) fn root(&self, context: &Context) -> Result<PathBuf, CommandError> {
        let start = context.current_directory()?;
        let named = context.environment.get("DATABRICKS_BUNDLE_ROOT").map(String::as_str);
        Ok(find_root(&start, named)?)
    }

    fn request(&self, context: &Context) -> Result<BundleRequest, CommandError> {
        let root = self.root(context)?;
        let platform = Platform::find(context.platform.as_deref(), &root)?;
        let environment = match &platform {
            Some(platform) => self.environment(platform, &root, context)?,
            None => None,
        };
        let mut request = BundleRequest {
            root,
            target: self.target(context),
            lenient: self.lenient,
            scripts: true,
            cluster: self.cluster.clone(),
            variables: self.variables.iter().cloned().collect::<BTreeMap<_, _>>(),
            environment: context.environment.clone(),
            ..BundleRequest::default()
        };
        if let Some(environment) = environment {
            request.target = Some(environment.target.clone());
            request.host = Some(environment.host.to_string());
            request.credential.clone_from(&environment.credentials);
            request.binding = environment.values.clone();
        }
        Ok(request)
    }

    /// The target that is asked for: by the option, or by a variable of the environment as with the Databricks CLI.
    fn target(&self, context: &Context) -> Option<String> {
        let named = ["DATABRICKS_BUNDLE_TARGET", "DATABRICKS_BUNDLE_ENV"]
            .iter()
            .filter_map(|name| context.environment.get(*name))
            .find(|target| !target.is_empty());
        self.target.clone().or_else(|| named.cloned())
    }

    /// The environment of the platform for the chosen target; none when the platform has none for it.
    fn environment<'a>(
        &self,
        platform: &'a Platform,
        root: &Path,
        context: &Context,
    ) -> Result<Option<&'a Environment>, CommandError> {
        let listed = || -> String {
            let names: Vec<String> = platform.environments.iter().map(|one| one.target.clone()).collect();
            names.join(", ")
        };
        let Some(target) = &self.target(context).or_else(|| default_target(root)) else {
            return Err(CommandError::new(
                ExitKind::Usage,
                format!("which environment of `{}` is meant?", platform.path.display()),
            )
            .hint(format!("add `--target` with one of {}", listed())));
        };
        let matching: Vec<&Environment> = platform
            .environments
            .iter()
            .filter(|environment| environment.target == *target)
            .collect();
        match matching[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => platform
                .environments
                .iter()
                .find(|environment| environment.name.as_str() == target.as_str())
                .map(Some)
                .ok_or_else(|| {
                    CommandError::new(
                        ExitKind::Usage,
                        format!(
                            "several environments of `{}` have the target `{target}`",
                            platform.path.display()
                        ),
                    )
                }),
        }
    }
}

/// The target that `databricks.yml` marks as the default. None when it marks none or several: whoever asks then has to name a target,
/// because the values of a wrong environment are worse than a question.
fn default_target(root: &Path) -> Option<String> {
    let text = std::fs::read_to_string(root.join("databricks.yml")).ok()?;
    let tree = parse_yaml(&text, "databricks.yml").ok()?;
    let targets = tree.get("targets").and_then(Tree::as_mapping)?;
    let mut marked = targets
        .iter()
        .filter(|(_, target)| target.get("default").and_then(Tree::as_bool) == Some(true));
    match (marked.next(), marked.next()) {
        (Some((name, _)), None) => Some(name.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_target_is_the_one_that_is_marked() {
        let root = tempfile::tempdir().unwrap();
        let default_of = |text: &str| {
            std::fs::write(root.path().join("databricks.yml"), text).unwrap();
            default_target(root.path())
        };
        let one = "targets:\n  dev: {mode: production}\n  mine: {default: true}\n";
        assert_eq!(default_of(one).as_deref(), Some("mine"));
        assert_eq!(
            default_of("targets:\n  a: {default: true}\n  b: {default: true}\n"),
            None
        );
        assert_eq!(default_of("targets:\n  dev: {}\n"), None);
        assert_eq!(default_of("targets: [\n"), None);
    }
}
