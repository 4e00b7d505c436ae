//! Every operation of the REST API, as data.

use crate::request::Method;

/// One operation of the REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `module.Service.method` in the words of `databricks-sdk`, such as `jobs.JobsAPI.create`.
    pub id: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path with parameters in braces: `/api/2.0/pipelines/{pipeline_id}`. A parameter in the last or only position of a path may
    /// hold several segments when the API says so (Files API, `{name}` routes).
    pub path: &'static str,
    /// Names of its query parameters.
    pub query: &'static [&'static str],
    /// Names of the fields of its body.
    pub body: &'static [&'static str],
    /// Whether its answer comes in pages.
    pub paged: bool,
    /// Whether it starts long work that a client waits for.
    pub long_running: bool,
}

/// All workspace-level operations, sorted by path and method.
#[must_use]
pub fn operations() -> &'static [Operation] {
    &[]
}

/// The operation that a request is for: the template that matches the most literal segments, a parameter matching one segment
/// before it matches several. None when no operation has such a path.
#[must_use]
pub fn find_operation(method: Method, path: &str) -> Option<&'static Operation> {
    let _ = (method, path);
    None
}
