//! Searches for runs of experiments.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::condition::{Candidate, Condition};
use super::order::{self, Order};
use super::run::{Run, Shown};
use crate::call::Call;
use crate::error::ApiError;
use crate::paging::page;
use crate::records::{Need, experiment};

/// How many runs come at once when nobody says otherwise, and at most (documentation of the operation `runs/search`).
const PAGE: i64 = 1000;
const LARGEST_PAGE: i64 = 50_000;

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    experiment_ids: Vec<String>,
    #[serde(default)]
    filter: String,
    run_view_type: Option<View>,
    max_results: Option<i64>,
    #[serde(default)]
    order_by: Vec<String>,
    page_token: Option<String>,
}

/// Which runs.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum View {
    ActiveOnly,
    DeletedOnly,
    All,
}

#[derive(Serialize)]
pub(super) struct Found {
    runs: Vec<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

pub(super) async fn search(mut call: Call) -> Result<Json<Found>, ApiError> {
    let body: Search = call.json().await?;
    let condition = Condition::read(&body.filter)?;
    let orders: Vec<Order> = body
        .order_by
        .iter()
        .map(|text| Order::read(text))
        .collect::<Result<_, _>>()?;
    let size = body.max_results.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&size) {
        return Err(ApiError::invalid(format!(
            "`max_results` must be between 1 and {LARGEST_PAGE}, it is {size}"
        )));
    }
    let view = body.run_view_type.unwrap_or(View::ActiveOnly);
    let mut found = Vec::new();
    for id in &body.experiment_ids {
        experiment(&call, id, Need::See).await?;
        for run in of_experiment(&call, id, view).await? {
            let shown = run.show(&call.workspace).await?;
            if condition.fits(&candidate(&run, &shown)) {
                found.push((run, shown));
            }
        }
    }
    // The newest first where nothing else decides; ids, so that pages have one order.
    found.sort_by(|(one, one_shown), (other, other_shown)| {
        order::compare(&orders, &candidate(one, one_shown), &candidate(other, other_shown))
            .then(other.start_time.cmp(&one.start_time))
            .then(one.run_id.cmp(&other.run_id))
    });
    let keyed: Vec<(String, Shown)> = (0..)
        .zip(found)
        .map(|(at, (_, shown))| (format!("{at:012}"), shown))
        .collect();
    // A token belongs to one question: what the body asks counts as a query.
    call.query = vec![
        ("experiment_ids".to_owned(), body.experiment_ids.join(",")),
        ("filter".to_owned(), body.filter),
        ("order_by".to_owned(), body.order_by.join(",")),
        ("max_results".to_owned(), size.to_string()),
        ("page_token".to_owned(), body.page_token.unwrap_or_default()),
    ];
    let page = page(&call, "max_results", keyed, |(at, _)| at)?;
    Ok(Json(Found {
        runs: page.items.into_iter().map(|(_, shown)| shown).collect(),
        next_page_token: page.next_page_token,
    }))
}

async fn of_experiment(call: &Call, id: &str, view: View) -> Result<Vec<Run>, ApiError> {
    let query = sqlx::query_as("SELECT * FROM mlflow_run WHERE experiment_id = ?").bind(id);
    let mut runs: Vec<Run> = query.fetch_all(call.workspace.store.reader()).await?;
    runs.retain(|run| match view {
        View::ActiveOnly => run.deleted_at.is_none(),
        View::DeletedOnly => run.deleted_at.is_some(),
        View::All => true,
    });
    Ok(runs)
}

fn candidate<'a>(run: &'a Run, shown: &'a Shown) -> Candidate<'a> {
    Candidate {
        metrics: &shown.data.metrics,
        params: &shown.data.params,
        tags: &shown.data.tags,
        texts: [
            ("status", &run.status),
            ("run_id", &run.run_id),
            ("run_name", &run.run_name),
            ("artifact_uri", &run.artifact_uri),
            ("user_id", &run.user_id),
        ],
        start_time: run.start_time,
        end_time: run.end_time,
    }
}
