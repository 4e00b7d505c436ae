//! The options of every command that works on a bundle, and how they lead to a loaded bundle.

use std::collections::BTreeMap;

use clap::Args;
use sluice_lifecycle::bundle_files::{BundleRequest, LoadedBundle, find_root, load};
use sluice_lifecycle::platform::{Environment, Platform};

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
}

/// Splits `NAME=VALUE`.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected `NAME=VALUE`".to_owned()),
    }
}

impl BundleOptions {
    /// Finds, reads and resolves the bundle and signs in at its workspace. Warnings go to standard error.
    pub(crate) async fn load(&self, context: &Context) -> Result<LoadedBundle, CommandError> {
        let loaded = load(&self.request(context)?).await?;
        context.terminal.diagnostics(&loaded.findings);
        Ok(loaded)
    }

    fn request(&self, context: &Context) -> Result<BundleRequest, CommandError> {
        let start = context.current_directory()?;
        let named = context.environment.get("DATABRICKS_BUNDLE_ROOT").map(String::as_str);
        let root = find_root(&start, named)?;
        let platform = Platform::find(context.platform.as_deref(), &root)?;
        let environment = match &platform {
            Some(platform) => self.environment(platform)?,
            None => None,
        };
        let mut request = BundleRequest {
            root,
            target: self.target.clone(),
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

    /// The environment of the platform for the chosen target; none when the platform has none for it.
    fn environment<'a>(&self, platform: &'a Platform) -> Result<Option<&'a Environment>, CommandError> {
        let listed = || -> String {
            let names: Vec<String> = platform.environments.iter().map(|one| one.target.clone()).collect();
            names.join(", ")
        };
        let Some(target) = &self.target else {
            return Err(CommandError::new(
                ExitKind::Usage,
                format!("`{}` has several environments: choose one", platform.path.display()),
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
