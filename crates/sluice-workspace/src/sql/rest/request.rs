//! What a request to execute a statement says, checked before anything runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::sql::statement::Parameter;

/// The body of `POST /api/2.0/sql/statements`.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    pub(super) statement: String,
    pub(super) warehouse_id: String,
    pub(super) catalog: Option<String>,
    pub(super) schema: Option<String>,
    #[serde(default)]
    parameters: Vec<GivenParameter>,
    pub(super) row_limit: Option<usize>,
    pub(super) byte_limit: Option<usize>,
    /// Not in the API description; SQL drivers send it.
    pub(super) session_id: Option<String>,
    disposition: Option<String>,
    format: Option<String>,
    wait_timeout: Option<String>,
    on_wait_timeout: Option<String>,
}

#[derive(Debug, Deserialize)]
struct GivenParameter {
    name: String,
    r#type: Option<String>,
    value: Option<String>,
}

/// How the bytes of a result are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Format {
    JsonArray,
    ArrowStream,
    Csv,
}

impl Format {
    /// Its media type.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::JsonArray => "application/json",
            Self::ArrowStream => "application/vnd.apache.arrow.stream",
            Self::Csv => "text/csv",
        }
    }
}

/// How a result reaches the client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    pub(super) format: Format,
    /// By links; else inside the answers.
    pub(super) external: bool,
}

/// How long the answer waits for the statement, and what then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) limit: Duration,
    pub(super) cancel_when_late: bool,
}

impl Request {
    /// The disposition and format.
    ///
    /// # Errors
    /// 400 for an unknown one and for pairs that do not go together; also for an empty statement and a limit of 0.
    pub(super) fn delivery(&self) -> Result<Delivery, ApiError> {
        if self.statement.trim().is_empty() {
            return Err(ApiError::invalid("`statement` is empty"));
        }
        for (name, limit) in [("row_limit", self.row_limit), ("byte_limit", self.byte_limit)] {
            if limit == Some(0) {
                return Err(ApiError::invalid(format!("`{name}` is 0: expected 1 or more")));
            }
        }
        let external = match self.disposition.as_deref() {
            None | Some("INLINE") => false,
            // Drivers leave the choice to the service, which may always answer with links.
            Some("EXTERNAL_LINKS" | "INLINE_OR_EXTERNAL_LINKS") => true,
            Some(other) => {
                return Err(ApiError::invalid(format!(
                    "`{other}` is not a value of `disposition`: expected `INLINE` or `EXTERNAL_LINKS`"
                )));
            }
        };
        let format = match self.format.as_deref() {
            None | Some("JSON_ARRAY") => Format::JsonArray,
            Some("ARROW_STREAM") => Format::ArrowStream,
            Some("CSV") => Format::Csv,
            Some(other) => {
                return Err(ApiError::invalid(format!(
                    "`{other}` is not a value of `format`: expected `JSON_ARRAY`, `ARROW_STREAM` or `CSV`"
                )));
            }
        };
        if !external && format != Format::JsonArray {
            return Err(ApiError::invalid(
                "results in the disposition `INLINE` have the format `JSON_ARRAY`: use `EXTERNAL_LINKS` for others",
            ));
        }
        Ok(Delivery { format, external })
    }

    /// How long to wait.
    ///
    /// # Errors
    /// 400 for values that the API does not have.
    pub(super) fn waiting(&self) -> Result<Waiting, ApiError> {
        let limit = seconds(self.wait_timeout.as_deref().unwrap_or("10s"))?;
        let cancel_when_late = match self.on_wait_timeout.as_deref() {
            None | Some("CONTINUE") => false,
            Some("CANCEL") if limit.is_zero() => {
                return Err(ApiError::invalid(
                    "`on_wait_timeout` cannot be `CANCEL` when `wait_timeout` is `0s`",
                ));
            }
            Some("CANCEL") => true,
            Some(other) => {
                return Err(ApiError::invalid(format!(
                    "`{other}` is not a value of `on_wait_timeout`: expected `CONTINUE` or `CANCEL`"
                )));
            }
        };
        Ok(Waiting {
            limit,
            cancel_when_late,
        })
    }

    /// The values of `:name` in the text.
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let parameter = |given: &GivenParameter| Parameter {
            name: given.name.clone(),
            type_text: given.r#type.clone().unwrap_or_else(|| "STRING".to_owned()),
            value: given.value.clone(),
        };
        self.parameters.iter().map(parameter).collect()
    }
}

fn seconds(text: &str) -> Result<Duration, ApiError> {
    let number = text.strip_suffix('s').and_then(|number| number.parse::<u64>().ok());
    match number {
        Some(0) => Ok(Duration::ZERO),
        Some(seconds @ 5..=50) => Ok(Duration::from_secs(seconds)),
        _ => Err(ApiError::invalid(format!(
            "`{text}` is not a value of `wait_timeout`: expected `0s`, or `5s` to `50s`"
        ))),
    }
}
