//! Why an update failed.

use crate::compute::StatementError;
use crate::error::ApiError;

/// What was wrong, and with which dataset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failed {
    /// The kind of error, such as `AnalysisException`.
    pub(crate) class: String,
    pub(crate) message: String,
    /// The dataset that was being computed.
    pub(crate) dataset: Option<String>,
}

impl Failed {
    pub(crate) fn new(class: &str, message: impl Into<String>) -> Self {
        Self {
            class: class.to_owned(),
            message: message.into(),
            dataset: None,
        }
    }

    /// The same about a dataset.
    pub(crate) fn of(mut self, dataset: &str) -> Self {
        self.dataset.get_or_insert_with(|| dataset.to_owned());
        self
    }
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Self {
        Self::new(&error.error_code, error.message)
    }
}

impl From<StatementError> for Failed {
    fn from(error: StatementError) -> Self {
        Self::new(error.condition.as_deref().unwrap_or(&error.class), error.message)
    }
}
