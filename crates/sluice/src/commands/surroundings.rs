//! What the commands of the lifecycle need: the platform, its ledger, and who acts.

use std::path::{Path, PathBuf};

use clap::Args;
use sluice_databricks::Client;
use sluice_lifecycle::context::{SystemClock, UseCase};
use sluice_lifecycle::execution::{connect, identify};
use sluice_lifecycle::people::{Person, connect_in_person, me};
use sluice_lifecycle::places::{LOCAL_PLATFORM, ledger_path};
use sluice_lifecycle::platform::{Environment, Platform, PlatformError};
use sluice_lifecycle::product::{Product, ProductError};
use sluice_model::{Actor, ProductName};
use sluice_store::Store;

use crate::commands::bundle_options::BundleOptions;
use crate::context::Context;
use crate::error::{CommandError, ExitKind};

/// Which product.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProductOption {
    /// Name of the product; that of the current directory when not given, else all
    #[arg(long, value_name = "NAME")]
    product: Option<ProductName>,
}

impl ProductOption {
    /// The named product, else the one of the current directory, else none for all.
    pub(crate) async fn name(&self, context: &Context) -> Result<Option<ProductName>, CommandError> {
        if let Some(name) = &self.product {
            return Ok(Some(name.clone()));
        }
        match Product::find(&context.current_directory()?).await {
            Ok(product) => Ok(Some(product.descriptor.name)),
            Err(ProductError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Which person decides.
#[derive(Clone, Debug, Args)]
pub(crate) struct PersonOption {
    /// Profile of the Databricks configuration file with your own token; DATABRICKS_TOKEN or DATABRICKS_CONFIG_PROFILE when not given
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// The platform and its ledger.
pub(crate) struct Surroundings<'world> {
    context: &'world Context,
    pub(crate) platform: Option<Platform>,
    pub(crate) store: Store,
    /// The directory of the ledger.
    pub(crate) data: PathBuf,
}

static CLOCK: SystemClock = SystemClock;

impl<'world> Surroundings<'world> {
    /// Finds the platform from the current directory and opens its ledger.
    pub(crate) async fn open(context: &'world Context) -> Result<Self, CommandError> {
        let platform = Platform::find(context.platform.as_deref(), &context.current_directory()?)?;
        let id = platform
            .as_ref()
            .map_or(LOCAL_PLATFORM, |platform| platform.id.as_str());
        let path = ledger_path(&context.environment, id)
            .map_err(|error| CommandError::from_error(ExitKind::Config, &error))?;
        let store = Store::open(&path).await?;
        let data = path.parent().unwrap_or(Path::new(".")).to_owned();
        Ok(Self {
            context,
            platform,
            store,
            data,
        })
    }

    /// The platform, which this command cannot do without.
    pub(crate) fn platform(&self) -> Result<&Platform, CommandError> {
        Ok(self.platform.as_ref().ok_or(PlatformError::Missing)?)
    }

    /// Who acts at an environment: the identity of the token that the platform names for it.
    pub(crate) async fn actor_at(&self, environment: &Environment) -> Result<Actor, CommandError> {
        let client: Client = connect(environment, &self.context.environment)?;
        Ok(identify(&client).await?)
    }

    /// Who decides about an environment: the identity of their own token there, never of the one that the platform deploys with.
    pub(crate) async fn person_at(
        &self,
        environment: &Environment,
        option: &PersonOption,
    ) -> Result<Person, CommandError> {
        let client = connect_in_person(environment, option.profile.as_deref(), &self.context.environment);
        let client = client.map_err(|error| {
            CommandError::from(error).hint(format!(
                "people decide with a token of their own at {}: `--profile NAME`",
                environment.host
            ))
        })?;
        Ok(me(&client).await?)
    }

    /// Who acts where no environment is meant: at the platform's first one, else at the bundle's default target.
    pub(crate) async fn actor(&self) -> Result<Actor, CommandError> {
        match self
            .platform
            .as_ref()
            .and_then(|platform| platform.environments.first())
        {
            Some(environment) => self.actor_at(environment).await,
            None => {
                let options = BundleOptions {
                    target: None,
                    variables: Vec::new(),
                    lenient: false,
                    cluster: None,
                };
                Ok(options.load(self.context).await?.actor())
            }
        }
    }

    /// The surroundings of a use case.
    pub(crate) fn use_case<'this>(&'this self, actor: &'this Actor) -> UseCase<'this> {
        UseCase {
            store: &self.store,
            actor,
            clock: &CLOCK,
            progress: self.context,
        }
    }
}
