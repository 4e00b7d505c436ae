//! What `flow_progress` events tell about the computation of a dataset.

use super::event::{DataQuality, FlowProgress, Level, Metrics, Told};
use super::failed::Failed;
use super::flow::Computed;
use super::update::Update;
use crate::error::ApiError;
use crate::workspace::Workspace;

/// It has begun.
pub(super) async fn running(workspace: &Workspace, update: &Update, name: &str) -> Result<(), ApiError> {
    flow(update, name, "RUNNING", format!("Flow '{name}' is RUNNING."))
        .tell(workspace, Level::Info)
        .await
}

/// Its rows are there.
pub(super) async fn completed(
    workspace: &Workspace,
    update: &Update,
    name: &str,
    computed: Computed,
) -> Result<(), ApiError> {
    let Computed { rows, quality } = computed;
    let message = match &quality {
        None => format!("Flow '{name}' has COMPLETED: {rows} records."),
        Some(quality) => format!("Flow '{name}' has COMPLETED: {rows} records. {}", counts(quality)),
    };
    let unmet = quality.iter().flat_map(|quality| &quality.expectations);
    let level = match unmet.clone().any(|counted| counted.failed_records > 0) {
        true => Level::Warn,
        false => Level::Info,
    };
    let mut told = flow(update, name, "COMPLETED", message);
    if let Some(progress) = &mut told.details.flow_progress {
        progress.metrics = Some(Metrics { num_output_rows: rows });
        progress.data_quality = quality;
    }
    told.tell(workspace, level).await
}

/// It failed.
pub(super) async fn failed(
    workspace: &Workspace,
    update: &Update,
    name: &str,
    failed: &Failed,
    quality: Option<DataQuality>,
) -> Result<(), ApiError> {
    let message = format!("Flow '{name}' has FAILED: {}", failed.message);
    let mut told = flow(update, name, "FAILED", message).because(&failed.class, &failed.message);
    if let Some(progress) = &mut told.details.flow_progress {
        progress.data_quality = quality;
    }
    told.tell(workspace, Level::Error).await
}

/// Another one failed before.
pub(super) async fn skipped(workspace: &Workspace, update: &Update, name: &str) -> Result<(), ApiError> {
    let message = format!("Flow '{name}' is SKIPPED: another one has failed, what it has written before stays.");
    flow(update, name, "SKIPPED", message)
        .tell(workspace, Level::Warn)
        .await
}

fn flow(update: &Update, name: &str, status: &str, message: String) -> Told {
    let mut told = Told::new(update, "flow_progress", message).about(name);
    told.details.flow_progress = Some(FlowProgress {
        status: status.to_owned(),
        ..FlowProgress::default()
    });
    told
}

/// What expectations found, in words.
fn counts(quality: &DataQuality) -> String {
    let each = quality.expectations.iter().map(|counted| {
        let (passed, failed) = (counted.passed_records, counted.failed_records);
        format!("`{}`: {passed} passed, {failed} failed", counted.name)
    });
    format!(
        "Expectations: {}; {} dropped.",
        each.collect::<Vec<_>>().join("; "),
        quality.dropped_records
    )
}
