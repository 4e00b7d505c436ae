//! Makes the plan of a deployment: state, reads, and the engine's decision.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use sluice_bundle::capture::Uncaptured;
use sluice_bundle::engine::{self, Observation, Observed, Plan, PlanOptions, Read, ReadError, States};
use sluice_databricks::{Client, ClientError};
use sluice_model::{Diagnostic, ResourceKey};
use sluice_wire::Response;

use crate::bundle_files::{ListingError, LoadedBundle, LocalFiles, listing};
use crate::capture::{CaptureError, guard};
use crate::deploy::active_runs;
use crate::deploy::base_state::{self, BaseState, BaseStateError};
use crate::deploy::local_journal::LocalJournal;
use crate::ports::JournalError;

/// Reads at the same time.
pub(super) const PARALLEL: usize = 10;

/// What a caller wants of a plan beside what the bundle says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanWishes {
    /// Names of the resources that it is about, with what they need; all when there are none.
    pub select: Vec<String>,
    /// Deletes everything.
    pub destroy: bool,
    /// Takes over objects that exist and are not ours.
    pub adopt: bool,
    /// Allows to lose the rows of tables.
    pub allow_destroy: bool,
    /// Replaces what was changed in the workspace and not captured.
    pub overwrite_uncaptured: bool,
    /// Does what every deployment does, whether or not something differs.
    pub triggers: bool,
    /// Refuses while jobs or pipelines of the deployment run, as `bundle.deployment.fail_on_active_runs` does.
    pub fail_on_active_runs: bool,
}

/// A plan with everything that it was made from.
#[derive(Clone, Debug)]
pub struct PlannedDeployment {
    /// The plan.
    pub plan: Plan,
    /// The state that it starts from.
    pub base: BaseState,
    /// The files that the deployment uploads.
    pub files: LocalFiles,
    /// What was wished for.
    pub wishes: PlanWishes,
    /// What it would overwrite although nobody captured it; a deployment is refused then, unless that is wished for.
    pub uncaptured: Vec<Uncaptured>,
}

/// A plan cannot be made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The engine refuses: what is wanted cannot be done, or must not be.
    #[error("the deployment is refused")]
    Refused(Vec<Diagnostic>),
    /// It would overwrite work that was not captured.
    #[error("the deployment would overwrite work that was not captured: {}", names(.0))]
    Uncaptured(Vec<Uncaptured>),
    /// Jobs or pipelines of the deployment run, and it was wished that it does not change them then.
    #[error("these run at the moment: {}", names(.0))]
    ActiveRuns(Vec<ResourceKey>),
    /// Its libraries still are paths of this disk.
    #[error("the bundle was not built before it was planned")]
    Unbuilt,
    /// What was captured cannot be compared.
    #[error(transparent)]
    Capture(Box<CaptureError>),
    /// There is no state to start from.
    #[error(transparent)]
    Base(#[from] BaseStateError),
    /// The bundle's files cannot be listed.
    #[error(transparent)]
    Files(#[from] ListingError),
    /// The journal of this machine cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The workspace refused to show an object.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The workspace did not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Makes the plan: reads the state on both sides, observes every object that matters, lists the files. Changes nothing.
///
/// # Errors
/// When the engine refuses the deployment or something cannot be read.
pub async fn plan_bundle(loaded: &LoadedBundle, wishes: &PlanWishes) -> Result<PlannedDeployment, PlanError> {
    if loaded.is_unbuilt() && !wishes.destroy {
        return Err(PlanError::Unbuilt);
    }
    let files = if wishes.destroy {
        LocalFiles::new()
    } else {
        listing::list(&loaded.root, &loaded.bundle.sync)?
    };
    let base = base_state::read(loaded).await?;
    if wishes.fail_on_active_runs || !wishes.destroy && active_runs::refused_by(&loaded.bundle) {
        let active = active_runs::of(&loaded.client, &base.states).await?;
        if !active.is_empty() {
            return Err(PlanError::ActiveRuns(active));
        }
    }
    let unresolved = LocalJournal::new(&loaded.local_state).unresolved()?;
    let known = if wishes.destroy {
        guard::Known::default()
    } else {
        guard::Known::read(loaded, &base.states).await?
    };
    let options = PlanOptions {
        select: wishes.select.clone(),
        destroy: wishes.destroy,
        adopt: wishes.adopt,
        allow_destroy: wishes.allow_destroy,
        triggers: wishes.triggers,
        interrupted: unresolved.into_keys().collect(),
        captured: known.adoptable(wishes.overwrite_uncaptured || wishes.adopt),
    };
    let observed = observe(loaded, &base.states, &options).await?;
    let planned = engine::plan(&loaded.bundle, &base.states, &observed, &options);
    let planned_about = |key: &ResourceKey| match &planned {
        Ok(plan) => wishes.select.is_empty() || plan.plan.contains_key(key),
        Err(_) => true,
    };
    let mut uncaptured = known.changed(|key| declares(loaded, key) && planned_about(key));
    if planned.is_err() && !uncaptured.is_empty() && !wishes.overwrite_uncaptured {
        return Err(PlanError::Uncaptured(uncaptured));
    }
    let plan = planned.map_err(PlanError::Refused)?;
    uncaptured.extend(known.overwritten(loaded, &plan).await?);
    Ok(PlannedDeployment {
        plan,
        base,
        files,
        wishes: wishes.clone(),
        uncaptured,
    })
}

fn declares(loaded: &LoadedBundle, key: &ResourceKey) -> bool {
    let catalog = Some(&loaded.bundle.catalog).filter(|_| key.catalog);
    let root = catalog.or_else(|| loaded.bundle.config.get("resources").filter(|_| !key.catalog));
    root.and_then(|root| root.get(&key.kind)?.get(&key.name)).is_some()
}

fn names<Item: ToString>(items: &[Item]) -> String {
    let names: Vec<String> = items.iter().map(ToString::to_string).collect();
    names.join("; ")
}

impl From<CaptureError> for PlanError {
    fn from(error: CaptureError) -> Self {
        Self::Capture(Box::new(error))
    }
}

/// Reads in rounds until the engine asks for nothing more.
///
/// # Errors
/// When the workspace does not answer, or refuses to show an object.
pub(crate) async fn observe(
    loaded: &LoadedBundle,
    states: &States,
    options: &PlanOptions,
) -> Result<Observed, PlanError> {
    let mut observed = Observed::new();
    loop {
        let reads = engine::reads(&loaded.bundle, states, &observed, options);
        if reads.is_empty() {
            return Ok(observed);
        }
        let found: Vec<(ResourceKey, Observation)> = stream::iter(reads)
            .map(|read| async move {
                let observation = perform(&loaded.client, &read).await?;
                Ok::<_, PlanError>((read.key, observation))
            })
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await?;
        observed.extend(found);
    }
}

/// Sends one read, all its pages.
pub(crate) async fn perform(client: &Client, read: &Read) -> Result<Observation, PlanError> {
    let mut responses: Vec<Response> = Vec::new();
    let mut next = Some(read.request.clone());
    while let Some(request) = next {
        let response = client.exchange(&request, true).await?;
        if response.status == 401 {
            return Err(client.error_of(&request, &response).into());
        }
        next = read.next_page(&request, &response);
        responses.push(response);
    }
    Ok(read.observe(&responses)?)
}
