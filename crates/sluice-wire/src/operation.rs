//! Every operation of the REST API, as data, and which one a request is for.
//!
//! Does not send, answer or check anything. Start at [`find_operation`].

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::generated::operations::OPERATIONS;
use crate::request::Method;

/// One operation of the REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `module.Service.method` in the words of `databricks-sdk`, such as `jobs.JobsAPI.create`.
    pub id: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path with parameters in braces: `/api/2.0/pipelines/{pipeline_id}`. A parameter written `{file_path...}` holds one or more
    /// segments (Files API, resource names); a segment may have text after its parameter (`{endpoint_id}:start`).
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

/// All workspace-level operations, sorted by path, method and id. Where several methods of the SDK send the same request
/// (`iam.UsersAPI`, `iam.UsersV2API`), each has its entry.
#[must_use]
pub fn operations() -> &'static [Operation] {
    OPERATIONS
}

/// The operation that a request is for: of the templates that match its path (percent-encoded or not, without query), the one with the
/// most literal segments, then the one without a parameter of several segments, then the first in the order of [`operations`].
/// None when no operation has such a path.
#[must_use]
pub fn find_operation(method: Method, path: &str) -> Option<&'static Operation> {
    find_template(method, path).map(|template| template.operation)
}

/// All operations that a request may be: several methods of the SDK may send the same request, and they may know different fields of it.
/// Empty when no operation has such a path.
pub fn find_operations(method: Method, path: &str) -> impl Iterator<Item = &'static Operation> {
    let found = find_template(method, path);
    found.into_iter().flat_map(|template| &template.alike).copied()
}

fn find_template(method: Method, path: &str) -> Option<&'static Template> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let templates = templates();
    let service = segments
        .get(SERVICE)
        .and_then(|service| templates.by_service.get(*service));
    service
        .into_iter()
        .flatten()
        .chain(&templates.others)
        .filter(|template| template.operation.method == method && matches(&template.segments, &segments))
        .max_by_key(|template| (template.rank, Reverse(template.position)))
}

/// Whether two path templates match the same paths, whatever their parameters are called.
fn alike(one: &str, other: &str) -> bool {
    fn outside(path: &str) -> impl Iterator<Item = &str> {
        path.split('{')
            .map(|part| part.split_once('}').map_or(part, |(_, after)| after))
    }
    let several = |path: &str| path.contains("...}");
    outside(one).eq(outside(other)) && several(one) == several(other)
}

/// One segment of a path template.
enum Segment {
    /// This text.
    Literal(&'static str),
    /// Any text that is not empty, then the suffix.
    Parameter { suffix: &'static str },
    /// One or more segments, the last with the suffix.
    Several { suffix: &'static str },
}

/// A path template in the form that is matched.
struct Template {
    operation: &'static Operation,
    /// Its place among all.
    position: usize,
    segments: Vec<Segment>,
    /// How closely it describes the paths that it matches: its literal segments, and whether none of its parameters has several segments.
    rank: (usize, bool),
    /// The operations with the same requests, itself among them.
    alike: Vec<&'static Operation>,
}

/// The segment of a path that names a service, after `api` and the version: almost every template has a text of its own there.
const SERVICE: usize = 2;

/// All templates, so that a request is compared with few of them.
struct Templates {
    /// Those with a literal text for the service.
    by_service: BTreeMap<&'static str, Vec<Template>>,
    others: Vec<Template>,
}

fn templates() -> &'static Templates {
    static TEMPLATES: OnceLock<Templates> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let mut templates = Templates {
            by_service: BTreeMap::new(),
            others: Vec::new(),
        };
        for (position, operation) in OPERATIONS.iter().enumerate() {
            let segments: Vec<Segment> = operation.path.split('/').skip(1).map(segment).collect();
            let literal = |segment: &&Segment| matches!(segment, Segment::Literal(_));
            let several = |segment: &Segment| matches!(segment, Segment::Several { .. });
            let rank = (segments.iter().filter(literal).count(), !segments.iter().any(several));
            // Several segments before the service would put another text in its place.
            let service = match segments.get(SERVICE) {
                Some(Segment::Literal(service)) if !segments[..SERVICE].iter().any(several) => Some(*service),
                _ => None,
            };
            let same = |other: &&Operation| other.method == operation.method && alike(other.path, operation.path);
            let template = Template {
                operation,
                position,
                segments,
                rank,
                alike: OPERATIONS.iter().filter(same).collect(),
            };
            match service {
                Some(service) => templates.by_service.entry(service).or_default().push(template),
                None => templates.others.push(template),
            }
        }
        templates
    })
}

fn segment(text: &'static str) -> Segment {
    match text.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        Some((name, suffix)) if name.ends_with("...") => Segment::Several { suffix },
        Some((_, suffix)) => Segment::Parameter { suffix },
        None => Segment::Literal(text),
    }
}

fn matches(template: &[Segment], path: &[&str]) -> bool {
    let Some((segment, rest)) = template.split_first() else {
        return path.is_empty();
    };
    let Some((first, others)) = path.split_first() else {
        return false;
    };
    match segment {
        Segment::Literal(text) => first == text && matches(rest, others),
        Segment::Parameter { suffix } => carries(first, suffix) && matches(rest, others),
        Segment::Several { suffix } => (1..=path.len())
            .any(|taken| path[taken - 1].ends_with(suffix) && !first.is_empty() && matches(rest, &path[taken..])),
    }
}

/// Whether a segment is a parameter's value and the suffix.
fn carries(segment: &str, suffix: &str) -> bool {
    segment.len() > suffix.len() && segment.ends_with(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(method: Method, path: &str) -> Option<&'static str> {
        find_operation(method, path).map(|operation| operation.id)
    }

    #[test]
    fn a_literal_path_is_found() {
        let create = find_operation(Method::Post, "/api/2.2/jobs/create").expect("jobs.create");
        assert_eq!(create.id, "jobs.JobsAPI.create");
        assert!(create.body.contains(&"tasks"), "{:?}", create.body);
        assert!(create.query.is_empty() && !create.paged && !create.long_running);
        let list = find_operation(Method::Get, "/api/2.2/jobs/list").expect("jobs.list");
        assert!(list.paged && list.query.contains(&"page_token"));
        assert!(
            find_operation(Method::Post, "/api/2.2/jobs/run-now")
                .expect("jobs.run_now")
                .long_running
        );
    }

    #[test]
    fn the_template_with_the_most_literals_wins() {
        assert_eq!(
            id(Method::Get, "/api/2.0/permissions/jobs/12"),
            Some("jobs.JobsAPI.get_permissions")
        );
        assert_eq!(
            id(Method::Get, "/api/2.0/permissions/bundles/12"),
            Some("iam.PermissionsAPI.get")
        );
        assert_eq!(
            id(Method::Get, "/api/2.0/permissions/jobs/12/permissionLevels"),
            Some("jobs.JobsAPI.get_permission_levels")
        );
        assert_eq!(
            id(Method::Get, "/api/2.0/preview/scim/v2/Me"),
            Some("iam.CurrentUserAPI.me")
        );
    }

    #[test]
    fn a_file_path_spans_segments_and_may_be_encoded() {
        assert_eq!(
            id(Method::Put, "/api/2.0/fs/files/Volumes/dev/bronze/landing/a%20b.csv"),
            Some("files.FilesAPI.upload")
        );
        assert_eq!(
            id(Method::Head, "/api/2.0/fs/directories/Volumes/dev"),
            Some("files.FilesAPI.get_directory_metadata")
        );
        assert_eq!(
            id(
                Method::Post,
                "/api/2.0/workspace-files/import-file/Workspace/Users/a%40b/.bundle/deploy.lock"
            ),
            Some("workspace.WorkspaceFilesAPI.import_file")
        );
        assert_eq!(id(Method::Get, "/api/2.0/fs/files"), None);
        assert_eq!(id(Method::Get, "/api/2.0/fs/files/"), None);
    }

    #[test]
    fn a_parameter_may_have_a_suffix_and_a_resource_name_its_segments() {
        assert_eq!(
            id(Method::Get, "/api/2.0/postgres/projects/p/branches/b"),
            Some("postgres.PostgresAPI.get_branch")
        );
        assert_eq!(
            id(Method::Post, "/api/2.0/feature-engineering/operations/7:cancel"),
            Some("ml.FeatureEngineeringAPI.cancel_operation")
        );
        assert_eq!(id(Method::Post, "/api/2.0/feature-engineering/operations/7:stop"), None);
    }

    #[test]
    fn methods_that_send_the_same_request_are_all_found() {
        let users: Vec<&str> = find_operations(Method::Get, "/api/2.0/preview/scim/v2/Users/7")
            .map(|operation| operation.id)
            .collect();
        assert_eq!(users, ["iam.UsersAPI.get", "iam.UsersV2API.get"]);
        assert_eq!(find_operations(Method::Get, "/api/2.0/no/such/thing").count(), 0);
        assert_eq!(find_operations(Method::Get, "/api/2.0/permissions/jobs/12").count(), 1);
    }

    #[test]
    fn an_unknown_path_or_method_is_no_operation() {
        assert_eq!(id(Method::Get, "/api/2.0/no/such/thing"), None);
        assert_eq!(id(Method::Delete, "/api/2.2/jobs/create"), None);
        assert_eq!(id(Method::Get, "/api/2.0/unknown"), None);
        assert_eq!(id(Method::Get, "relative"), None);
        assert_eq!(id(Method::Get, ""), None);
    }

    /// A path template without the names of its parameters: two services may name them differently.
    fn shape(path: &str) -> String {
        let parts = path
            .split('{')
            .map(|part| part.split_once('}').map_or(part, |(_, after)| after));
        parts.collect::<Vec<_>>().join("{}")
    }

    #[test]
    fn every_operation_is_found_by_its_own_path() {
        for operation in operations() {
            let found = find_operation(operation.method, operation.path).expect(operation.id);
            assert_eq!(
                shape(found.path),
                shape(operation.path),
                "{} is shadowed by {}",
                operation.id,
                found.id
            );
        }
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(operations().is_sorted_by_key(|operation| (operation.path, operation.method.as_str(), operation.id)));
        assert!(operations().len() > 1000, "{}", operations().len());
    }
}
