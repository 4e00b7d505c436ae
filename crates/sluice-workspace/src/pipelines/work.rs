//! One update: reads the source, finds the graph, computes the datasets one after the other, and concludes how it ended.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::dataset::{self, Body, Dataset, PythonDataset};
use super::event::{Details, FlowDefinition, Level, Progress, Told};
use super::failed::Failed;
use super::flow::{self, Flowed, Flows};
use super::graph::Graph;
use super::python::Python;
use super::report;
use super::sources::{self, Source, Written};
use super::update::{Update, UpdateState};
use super::validate;
use crate::error::ApiError;
use crate::jobs::stop::{Stop, StopSignal};
use crate::log;
use crate::principal::Principal;
use crate::sql::Defaults;
use crate::workspace::Workspace;

/// Why an update that an earlier process has begun does not go on.
pub(super) const LEFT_BEHIND: &str = "the workspace was stopped while this update was in flight: start another one";

/// Works on an update until it has ended; whatever goes wrong becomes its state.
pub(super) async fn work_off(workspace: &Arc<Workspace>, mut update: Update, mut stop: StopSignal) {
    let mut python = None;
    let begun = update.clone();
    let ended = tokio::select! {
        biased;
        reason = stop.told() => Err(reason),
        result = run(workspace, &mut update, &mut python) => Ok(result),
    };
    if matches!(ended, Err(Stop::Canceled | Stop::TimedOut)) {
        saved(workspace, advance(workspace, &mut update, UpdateState::Stopping).await);
    }
    if let Some(python) = python.take() {
        python.end().await;
    }
    let defaults = begun.asked.spec.defaults().unwrap_or_default();
    if let Err(error) = flow::sweep(workspace, &defaults, &begun.id).await {
        log::line(&format!(
            "{}: what update {} has left stays: {error}",
            workspace.name, begun.id
        ));
    }
    let concluded = match ended {
        Ok(Ok(())) => advance(workspace, &mut update, UpdateState::Completed).await,
        Ok(Err(failed)) => fail(workspace, &mut update, &failed).await,
        Err(Stop::Shutdown) => fail(workspace, &mut update, &Failed::new("WORKSPACE_STOPPED", LEFT_BEHIND)).await,
        Err(Stop::Canceled | Stop::TimedOut) => cancel(workspace, &mut update).await,
    };
    saved(workspace, concluded);
}

fn saved(workspace: &Workspace, result: Result<(), ApiError>) {
    if let Err(error) = result {
        log::line(&format!(
            "{}: how far an update is could not be stored: {error}",
            workspace.name
        ));
    }
}

/// Stores that an update is in this state, and tells it.
async fn advance(workspace: &Workspace, update: &mut Update, state: UpdateState) -> Result<(), ApiError> {
    update.state = state;
    let told = progress(update, format!("Update {} is {}.", update.id, state.as_str()));
    told.tell(workspace, Level::Info).await?;
    update.save(workspace).await
}

fn progress(update: &Update, message: String) -> Told {
    let mut told = Told::new(update, "update_progress", message);
    told.details = Details {
        update_progress: Some(Progress {
            state: update.state.as_str().to_owned(),
        }),
        ..Details::default()
    };
    told
}

async fn cancel(workspace: &Workspace, update: &mut Update) -> Result<(), ApiError> {
    update.reason = Some("the update was stopped".to_owned());
    advance(workspace, update, UpdateState::Canceled).await
}

/// Ends an update as failed.
pub(super) async fn fail(workspace: &Workspace, update: &mut Update, failed: &Failed) -> Result<(), ApiError> {
    update.state = UpdateState::Failed;
    let reason = match &failed.dataset {
        Some(dataset) => format!("the dataset `{dataset}` could not be computed: {}", failed.message),
        None => failed.message.clone(),
    };
    let told = progress(update, format!("Update {} is FAILED: {reason}", update.id)).because(&failed.class, &reason);
    update.reason = Some(reason);
    told.tell(workspace, Level::Error).await?;
    update.save(workspace).await
}

/// All of it, but how it ended.
async fn run(workspace: &Arc<Workspace>, update: &mut Update, python: &mut Option<Python>) -> Result<(), Failed> {
    let spec = update.asked.spec.clone();
    let defaults = spec.defaults()?;
    let name = &update.asked.run_as;
    let principal = crate::identity::by_name(workspace, name).await?.ok_or_else(|| {
        let message = format!("the pipeline runs as '{name}', which is no principal of this workspace");
        Failed::new("PRINCIPAL_NOT_FOUND", message)
    })?;
    let sources = sources::read(workspace, &principal, &spec).await?;
    let has_python = sources.iter().any(|source| source.written != Written::Sql);
    let _slot = match has_python {
        false => None,
        true => {
            advance(workspace, update, UpdateState::WaitingForResources).await?;
            // The semaphore lives as long as the workspace.
            workspace.jobs.runner().slot().await.ok()
        }
    };
    advance(workspace, update, UpdateState::Initializing).await?;
    let asked = Reading {
        workspace,
        principal: &principal,
        update,
        sources: &sources,
        defaults: &defaults,
    };
    let (datasets, first_errors) = asked.datasets(has_python, python).await?;
    let mut graph = Graph::new(datasets, &defaults)?;
    let selection = update.asked.selection();
    let chosen = graph.chosen(selection.as_deref())?;
    define(workspace, update, &graph).await?;
    let flows = Flows {
        workspace,
        principal: &principal,
        pipeline_id: &update.pipeline_id.clone(),
        update_id: &update.id.clone(),
        defaults: &defaults,
        parameters: update.asked.named_parameters(),
    };
    check_inputs(&flows, &graph, &chosen).await?;
    if update.asked.validate_only {
        return validate::validate(&flows, update, &graph, &first_errors).await;
    }
    advance(workspace, update, UpdateState::Running).await?;
    compute(&flows, update, &mut graph, chosen, python).await
}

/// What is needed to read the source.
struct Reading<'a> {
    workspace: &'a Arc<Workspace>,
    principal: &'a Principal,
    update: &'a Update,
    sources: &'a [Source],
    defaults: &'a Defaults,
}

impl Reading<'_> {
    /// The datasets of all sources, and what went wrong when the functions of the Python ones were called for the first time.
    async fn datasets(
        &self,
        has_python: bool,
        python: &mut Option<Python>,
    ) -> Result<(Vec<Dataset>, Vec<Option<String>>), Failed> {
        let configuration = self.update.asked.configuration();
        let mut found = dataset::of_sql(self.sources, &configuration, self.defaults)?;
        let mut errors = vec![None; found.len()];
        if has_python {
            let started = Python::start(self.workspace, self.principal, self.update, self.sources, self.defaults);
            let declared: Vec<PythonDataset> = python.insert(started).declared().await?;
            for mut each in declared {
                errors.push(each.error.take());
                found.push(dataset::of_python(each, self.defaults)?);
            }
        }
        if found.is_empty() {
            return Err(Failed::new(
                "NO_DATASETS",
                "the sources of the pipeline declare no dataset",
            ));
        }
        Ok((found, errors))
    }
}

/// Tells what reads what.
async fn define(workspace: &Workspace, update: &Update, graph: &Graph) -> Result<(), Failed> {
    for (index, dataset) in graph.datasets.iter().enumerate() {
        let inputs = graph
            .inputs(index)
            .iter()
            .map(|input| graph.datasets[*input].name.clone());
        let message = format!("Flow '{}' is defined in `{}`.", dataset.name, dataset.source);
        let mut told = Told::new(update, "flow_definition", message).about(&dataset.name);
        told.details.flow_definition = Some(FlowDefinition {
            output_dataset: dataset.name.clone(),
            input_datasets: inputs.collect(),
            flow_type: "COMPLETE".to_owned(),
        });
        told.tell(workspace, Level::Info).await?;
    }
    Ok(())
}

/// Names the tables that are read and do not exist, before anything is written.
async fn check_inputs(flows: &Flows<'_>, graph: &Graph, chosen: &BTreeSet<usize>) -> Result<(), Failed> {
    let catalog = flows.workspace.catalog();
    for index in chosen {
        let dataset = &graph.datasets[*index];
        // A function may read what it has made itself, such as a temporary view; the engine names what is missing.
        if dataset.body == Body::Python {
            continue;
        }
        for read in &dataset.reads {
            let is_schema = read.iter().any(|part| part.eq_ignore_ascii_case("information_schema"));
            if graph.find(read).is_some() || is_schema {
                continue;
            }
            let default = |part: &Option<String>| part.clone().unwrap_or_default();
            let (catalog_name, schema) = (default(&flows.defaults.catalog), default(&flows.defaults.schema));
            let name = match read.as_slice() {
                [table] => format!("{catalog_name}.{schema}.{table}"),
                [schema, table] => format!("{catalog_name}.{schema}.{table}"),
                parts => parts.join("."),
            };
            if let Err(error) = catalog.resolve_table(&name.to_lowercase()).await {
                let message = format!(
                    "it reads `{}`, which is no dataset of the pipeline: {}",
                    read.join("."),
                    error.message
                );
                return Err(Failed::new("TABLE_OR_VIEW_NOT_FOUND", message).of(&dataset.name));
            }
        }
    }
    Ok(())
}

/// Computes what was chosen; the first failure ends it.
async fn compute(
    flows: &Flows<'_>,
    update: &Update,
    graph: &mut Graph,
    mut chosen: BTreeSet<usize>,
    python: &mut Option<Python>,
) -> Result<(), Failed> {
    let mut done = BTreeSet::new();
    while let Some(index) = graph.next(&chosen, &done) {
        let name = graph.datasets[index].name.clone();
        report::running(flows.workspace, update, &name).await?;
        let left = chosen.difference(&done).filter(|left| **left != index);
        let waiting = left.map(|left| graph.datasets[*left].name.clone()).collect();
        match flows.compute(graph, index, python.as_mut(), waiting).await {
            Ok(Flowed::Done(computed)) => {
                report::completed(flows.workspace, update, &name, computed).await?;
                done.insert(index);
            }
            Ok(Flowed::Needs(names)) => {
                for needed in names {
                    let parts = crate::sql::name_of(&needed)?;
                    let input = graph.find(&parts).filter(|input| !done.contains(input));
                    let input = input.ok_or_else(|| {
                        Failed::new("DATASET_NOT_FOUND", format!("it reads `{needed}`, which is not there")).of(&name)
                    })?;
                    graph.also_reads(index, input)?;
                    chosen.insert(input);
                }
            }
            Ok(Flowed::Violated(failed, quality)) => {
                report::failed(flows.workspace, update, &name, &failed, Some(quality)).await?;
                skip(flows, update, graph, &chosen, &done, index).await?;
                return Err(failed.of(&name));
            }
            Err(failed) => {
                report::failed(flows.workspace, update, &name, &failed, None).await?;
                skip(flows, update, graph, &chosen, &done, index).await?;
                return Err(failed.of(&name));
            }
        }
    }
    Ok(())
}

/// Tells that datasets keep what an earlier update has written.
async fn skip(
    flows: &Flows<'_>,
    update: &Update,
    graph: &Graph,
    chosen: &BTreeSet<usize>,
    done: &BTreeSet<usize>,
    failed: usize,
) -> Result<(), ApiError> {
    for index in chosen.difference(done).filter(|index| **index != failed) {
        report::skipped(flows.workspace, update, &graph.datasets[*index].name).await?;
    }
    Ok(())
}
