//! What the session of a driver sets: the parameters of Databricks SQL.
//!
//! A value that would change results is only accepted when the local workspace does what it says; what only concerns speed is accepted and has no effect.
//! Starts at [`Settings::set`].

use std::future::Future;
use std::time::Duration;

use super::context::Context;
use super::error::unsupported;
use super::outcome::{Outcome, table};
use crate::compute::StatementError;

/// Longest statement timeout of Databricks SQL, in seconds: two days.
const LONGEST_TIMEOUT: u64 = 172_800;

/// The settings of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// None lets a statement run as long as it takes.
    statement_timeout: Option<Duration>,
}

/// Why a setting cannot have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is none that the parameter can have.
    Value(String),
    /// The local workspace cannot do it.
    Unsupported(String),
}

impl Settings {
    /// Sets a parameter; case does not matter.
    ///
    /// # Errors
    /// When the parameter or the value is unknown, or would change something that is the same here in every session.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), Refused> {
        let (name, value) = (name.to_lowercase(), value.trim().to_lowercase());
        let fixed = |same: &[&str], instead: &str| {
            if same.contains(&value.as_str()) {
                return Ok(());
            }
            Err(Refused::Unsupported(format!(
                "the local workspace does not support `{name}` with the value `{value}`: {instead}"
            )))
        };
        match name.as_str() {
            "ansi_mode" => fixed(&["true"], "arithmetic and casts follow ANSI SQL in every session"),
            "timezone" => fixed(
                &["utc", "etc/utc", "gmt", "+00:00", "z"],
                "every session has the time zone UTC",
            ),
            "legacy_time_parser_policy" => fixed(&["exception", "corrected"], "there is one parser of times"),
            "read_only_external_metastore" => fixed(&["false"], "there is no external metastore"),
            // They concern speed alone, and nothing is cached.
            "enable_photon" | "use_cached_result" if ["true", "false"].contains(&value.as_str()) => Ok(()),
            "max_file_partition_bytes" => Ok(()),
            "statement_timeout" => {
                let seconds = value.parse().ok().filter(|seconds| *seconds <= LONGEST_TIMEOUT);
                let seconds = seconds.ok_or_else(|| {
                    Refused::Value(format!(
                        "`{value}` is not a value of `statement_timeout`: expected seconds from 0, which is none, to {LONGEST_TIMEOUT}"
                    ))
                })?;
                self.statement_timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
                Ok(())
            }
            "enable_photon" | "use_cached_result" => Err(Refused::Value(format!(
                "`{value}` is not a value of `{name}`: expected `true` or `false`"
            ))),
            _ => Err(Refused::Unsupported(format!(
                "the local workspace does not have the session configuration `{name}`: leave it out"
            ))),
        }
    }

    /// The value of each parameter.
    fn listed(&self) -> Vec<(&'static str, String)> {
        let timeout = self.statement_timeout.map_or(0, |timeout| timeout.as_secs());
        vec![
            ("ansi_mode", "true".to_owned()),
            ("statement_timeout", timeout.to_string()),
            ("timezone", "UTC".to_owned()),
        ]
    }

    /// Waits for a statement, at most as long as the session lets it run; then it is cancelled.
    pub(super) async fn within_timeout<T>(
        &self,
        statement: impl Future<Output = Result<T, StatementError>>,
    ) -> Result<T, StatementError> {
        let Some(limit) = self.statement_timeout else {
            return statement.await;
        };
        tokio::time::timeout(limit, statement).await.unwrap_or_else(|_late| {
            let message = format!(
                "the statement took longer than the {} seconds of `statement_timeout` and was cancelled",
                limit.as_secs()
            );
            Err(StatementError::new("STATEMENT_TIMEOUT", "57KD0", message))
        })
    }
}

/// SET.
pub(super) fn set(context: &Context, name: &str, value: &str) -> Result<Outcome, StatementError> {
    if context.task {
        return Err(unsupported("SET in a task", "use `spark.conf`"));
    }
    let mut settings = context.settings.clone();
    settings.set(name, value).map_err(|refused| match refused {
        Refused::Value(message) => StatementError::new("INVALID_CONF_VALUE", "22022", message),
        Refused::Unsupported(message) => StatementError::new("UNSUPPORTED_FEATURE", "0A000", message),
    })?;
    let row = vec![Some(name.to_owned()), Some(value.to_owned())];
    Ok(Outcome {
        set: Some(settings),
        ..table(&["key", "value"], vec![row])
    })
}

/// SET without a value: one parameter, or all.
pub(super) fn list(context: &Context, name: Option<&str>) -> Result<Outcome, StatementError> {
    let rows: Vec<_> = context
        .settings
        .listed()
        .into_iter()
        .filter(|(key, _)| name.is_none_or(|name| name.eq_ignore_ascii_case(key)))
        .map(|(key, value)| vec![Some(key.to_owned()), Some(value)])
        .collect();
    if let (Some(name), true) = (name, rows.is_empty()) {
        return Err(unsupported(
            &format!("the parameter `{name}`"),
            "`SET` lists those that it has",
        ));
    }
    Ok(table(&["key", "value"], rows))
}

/// RESET.
pub(super) fn reset(context: &Context, name: Option<&str>) -> Result<Outcome, StatementError> {
    list(context, name)?;
    let settings = match name {
        Some(name) if !name.eq_ignore_ascii_case("statement_timeout") => context.settings.clone(),
        _ => Settings::default(),
    };
    Ok(Outcome {
        set: Some(settings),
        ..Outcome::done()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_results_is_refused_and_what_concerns_speed_is_not() {
        let mut settings = Settings::default();
        for (name, value) in [
            ("ANSI_MODE", "TRUE"),
            ("timezone", "UTC"),
            ("use_cached_result", "false"),
            ("statement_timeout", "5"),
        ] {
            assert_eq!(settings.set(name, value), Ok(()), "{name}");
        }
        assert_eq!(settings.statement_timeout, Some(Duration::from_secs(5)));
        for (name, value) in [
            ("ansi_mode", "false"),
            ("timezone", "Europe/Berlin"),
            ("query_tags", "a:b"),
            ("spark.sql.shuffle.partitions", "1"),
        ] {
            assert!(
                matches!(settings.set(name, value), Err(Refused::Unsupported(_))),
                "{name}"
            );
        }
        for (name, value) in [("statement_timeout", "-1"), ("enable_photon", "maybe")] {
            assert!(matches!(settings.set(name, value), Err(Refused::Value(_))), "{name}");
        }
    }
}
