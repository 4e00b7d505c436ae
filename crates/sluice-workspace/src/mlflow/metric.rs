//! Metrics: numbers over time, of which a run shows the latest.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use axum::Json;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::run;
use crate::call::Call;
use crate::error::ApiError;
use crate::paging::page;
use crate::records::Need;

/// The longest key.
const LONGEST_KEY: usize = 250;

/// A number, or what JSON writes as the texts `NaN`, `Infinity` and `-Infinity`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) f64);

impl Number {
    fn text(self) -> String {
        match self.0 {
            value if value.is_nan() => "NaN".to_owned(),
            f64::INFINITY => "Infinity".to_owned(),
            f64::NEG_INFINITY => "-Infinity".to_owned(),
            value => value.to_string(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text {
            "NaN" => Some(Self(f64::NAN)),
            "Infinity" => Some(Self(f64::INFINITY)),
            "-Infinity" => Some(Self(f64::NEG_INFINITY)),
            _ => text.parse().ok().filter(|value: &f64| value.is_finite()).map(Self),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.serialize_str(&self.text())
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(value) => Ok(Self(value)),
            Written::Text(text) => {
                Self::read(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a number")))
            }
        }
    }
}

/// One value of a metric.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Metric {
    pub(super) key: String,
    pub(super) value: Number,
    /// Milliseconds since 1970.
    pub(super) timestamp: i64,
    #[serde(default)]
    pub(super) step: i64,
}

type Row = (String, String, i64, i64);

fn metric((key, value, timestamp, step): Row) -> Result<Metric, ApiError> {
    let value = Number::read(&value).ok_or_else(|| ApiError::internal(format!("the metric `{key}` is no number")))?;
    Ok(Metric {
        key,
        value,
        timestamp,
        step,
    })
}

/// The latest value of each metric: of the highest step, of that the last in time, of those the highest.
pub(super) async fn latest(executor: impl SqliteExecutor<'_>, run_id: &str) -> Result<Vec<Metric>, ApiError> {
    let query =
        sqlx::query_as("SELECT metric_key, value, at, step FROM mlflow_metric WHERE run_id = ? ORDER BY sequence");
    let rows: Vec<Row> = query.bind(run_id).fetch_all(executor).await?;
    let mut latest: BTreeMap<String, Metric> = BTreeMap::new();
    for row in rows {
        let next = metric(row)?;
        let newer = latest.get(&next.key).is_none_or(|known| {
            let order = (next.step, next.timestamp).cmp(&(known.step, known.timestamp));
            let higher = next.value.0.partial_cmp(&known.value.0).unwrap_or(Ordering::Equal);
            order.then(higher) != Ordering::Less
        });
        if newer {
            latest.insert(next.key.clone(), next);
        }
    }
    Ok(latest.into_values().collect())
}

/// Adds one value. The same value of the same moment and step counts once.
///
/// # Errors
/// 400 for a key that is empty or too long.
pub(super) async fn add(
    transaction: &mut Transaction<'_, Sqlite>,
    run_id: &str,
    metric: &Metric,
) -> Result<(), ApiError> {
    if metric.key.is_empty() || metric.key.chars().count() > LONGEST_KEY {
        return Err(ApiError::invalid(format!(
            "the metric '{}' is not stored: a key has 1 to {LONGEST_KEY} characters",
            metric.key
        )));
    }
    sqlx::query(
        "INSERT INTO mlflow_metric (run_id, metric_key, value, at, step) SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS \
         (SELECT 1 FROM mlflow_metric WHERE run_id = ?1 AND metric_key = ?2 AND value = ?3 AND at = ?4 AND step = ?5)",
    )
    .bind(run_id)
    .bind(&metric.key)
    .bind(metric.value.text())
    .bind(metric.timestamp)
    .bind(metric.step)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// All values of one metric.
#[derive(Serialize)]
pub(super) struct History {
    metrics: Vec<Metric>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

pub(super) async fn history(call: Call) -> Result<Json<History>, ApiError> {
    let run_id = call.query("run_id").or(call.query("run_uuid"));
    let run = run::get(&call, run_id, Need::See).await?;
    let key = call.required_query("metric_key")?;
    let query = sqlx::query_as(
        "SELECT metric_key, value, at, step FROM mlflow_metric WHERE run_id = ? AND metric_key = ? ORDER BY sequence",
    );
    let reader = call.workspace.store.reader();
    let rows: Vec<Row> = query.bind(&run.run_id).bind(key).fetch_all(reader).await?;
    // Pages are cut by texts: these sort as the values were logged.
    let keyed = rows.into_iter().enumerate().map(|(at, row)| (format!("{at:012}"), row));
    let page = page(&call, "max_results", keyed.collect(), |(at, _)| at)?;
    Ok(Json(History {
        metrics: page
            .items
            .into_iter()
            .map(|(_, row)| metric(row))
            .collect::<Result<_, _>>()?,
        next_page_token: page.next_page_token,
    }))
}
