//! Options that say which requests a fault counts.

use clap::{Args, ValueEnum};
use sluice_wire::Method;
use sluice_workspace::faults::{Condition, Requests};

#[derive(Debug, Args)]
#[command(next_help_heading = "Which requests are counted")]
pub(super) struct ConditionOptions {
    /// Id of an operation in the words of `databricks-sdk`, such as `jobs.JobsAPI.create`
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// HTTP method
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Option<Method>,
    /// Path without query; `*` stands for anything within a segment, `**` for anything
    #[arg(long, value_name = "GLOB")]
    path: Option<String>,
    /// User name or application id of who asks; the seeded ones are known by their short names, such as `deployer`
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// Requests by what their method may do: GET and HEAD read, all others write
    #[arg(long, value_enum, default_value_t = RequestKind::Any, value_name = "KIND")]
    requests: RequestKind,
    /// Text that the body contains, such as part of a statement, in upper or lower case
    #[arg(long, value_name = "TEXT")]
    body_contains: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RequestKind {
    Any,
    Reading,
    Writing,
}

pub(super) fn method(text: &str) -> Result<Method, String> {
    let known = [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ];
    known
        .into_iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(text))
        .ok_or_else(|| "expected GET, HEAD, POST, PUT, PATCH or DELETE".to_owned())
}

impl From<RequestKind> for Requests {
    fn from(kind: RequestKind) -> Self {
        match kind {
            RequestKind::Any => Self::Any,
            RequestKind::Reading => Self::Reading,
            RequestKind::Writing => Self::Writing,
        }
    }
}

impl From<ConditionOptions> for Condition {
    fn from(options: ConditionOptions) -> Self {
        Self {
            operation: options.operation,
            method: options.method,
            path: options.path,
            principal: options.principal,
            requests: options.requests.into(),
            body_contains: options.body_contains,
        }
    }
}
