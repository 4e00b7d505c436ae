//! Routes as data: which request goes to which handler.
//!
//! Each module of the workspace contributes a list of [`Route`]s; the [`Router`] finds the most specific one. A template has
//! literal segments, `{name}` for one segment and, as its last segment, `{*name}` for all the rest.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use sluice_wire::Method;

use crate::call::Call;
use crate::error::ApiError;

type Answer = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send>>;

/// A handler with its type erased.
pub type Handler = Arc<dyn Fn(Call) -> Answer + Send + Sync>;

/// Who may call a route at all; what a principal may do there is the handler's matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a token.
    Public,
    /// Whoever presents the token of a principal.
    Principal,
    /// The workspace's own processes, which present the internal token.
    Internal,
}

/// A method, a path template and who answers it.
#[derive(Clone)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path template.
    pub template: &'static str,
    /// Who may call it.
    pub access: Access,
    handler: Handler,
}

macro_rules! constructors {
    ($($name:ident $method:ident $access:ident $doc:literal),* $(,)?) => {$(
        #[doc = $doc]
        pub fn $name<F, R, A>(template: &'static str, handler: F) -> Self
        where
            F: Fn(Call) -> R + Send + Sync + 'static,
            R: Future<Output = Result<A, ApiError>> + Send + 'static,
            A: IntoResponse,
        {
            Self::new(Method::$method, template, Access::$access, handler)
        }
    )*};
}

impl Route {
    /// A route of any method and access.
    pub fn new<F, R, A>(method: Method, template: &'static str, access: Access, handler: F) -> Self
    where
        F: Fn(Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<A, ApiError>> + Send + 'static,
        A: IntoResponse,
    {
        let handler: Handler = Arc::new(move |call| {
            let answer = handler(call);
            Box::pin(async move { answer.await.map(IntoResponse::into_response) })
        });
        Self {
            method,
            template,
            access,
            handler,
        }
    }

    constructors! {
        get Get Principal "A `GET` route for principals.",
        head Head Principal "A `HEAD` route for principals.",
        post Post Principal "A `POST` route for principals.",
        put Put Principal "A `PUT` route for principals.",
        patch Patch Principal "A `PATCH` route for principals.",
        delete Delete Principal "A `DELETE` route for principals.",
    }

    /// Calls the handler.
    pub(crate) async fn call(&self, call: Call) -> Result<Response, ApiError> {
        (self.handler)(call).await
    }

    /// The operations of the REST API that this route answers: several methods of the SDK may send the same request. None for what the
    /// API description does not list.
    pub fn operations(&self) -> impl Iterator<Item = &'static sluice_wire::Operation> {
        let (method, template) = (self.method, self.template);
        sluice_wire::operations()
            .iter()
            .filter(move |operation| operation.method == method && same_shape(operation.path, template))
    }
}

/// Whether two templates match the same paths, whatever their parameters are called.
fn same_shape(one: &str, other: &str) -> bool {
    fn shape(template: &str) -> impl Iterator<Item = &str> {
        template
            .split('/')
            .flat_map(|segment| match segment.split_once('{') {
                Some((literal, _)) => [literal, "{}"],
                None => [segment, ""],
            })
            .filter(|part| !part.is_empty())
    }
    shape(one).eq(shape(other))
}

/// The values of a template's parameters, percent-decoded.
pub type Parameters = Vec<(&'static str, String)>;

/// All routes of a workspace.
pub struct Router {
    routes: Vec<Route>,
    /// The routes with a text of their own where a path names a service, by that text.
    by_service: BTreeMap<&'static str, Vec<usize>>,
    /// All others.
    others: Vec<usize>,
}

/// The segment of a path that names a service, after `api` and the version.
const SERVICE: usize = 2;

/// How specific one segment's match is; the derived order puts literals first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    Literal,
    Segment,
    Rest,
}

impl Router {
    /// A router over these routes.
    #[must_use]
    pub fn new(routes: Vec<Route>) -> Self {
        let (mut by_service, mut others) = (BTreeMap::<_, Vec<usize>>::new(), Vec::new());
        for (index, route) in routes.iter().enumerate() {
            // Only the last segment of a template stands for several, so that a literal third one is the third one of its paths.
            let service = route.template.split('/').skip(1).nth(SERVICE);
            match service.filter(|service| !service.starts_with('{')) {
                Some(service) => by_service.entry(service).or_default().push(index),
                None => others.push(index),
            }
        }
        Self {
            routes,
            by_service,
            others,
        }
    }

    /// All routes.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The most specific route for a request: the earliest literal segment wins, one segment wins over the rest of the path.
    #[must_use]
    pub fn find(&self, method: Method, path: &str) -> Option<(&Route, Parameters)> {
        let service = path.split('/').skip(1).nth(SERVICE);
        let named = service.and_then(|service| self.by_service.get(service));
        named
            .into_iter()
            .flatten()
            .chain(&self.others)
            .map(|index| &self.routes[*index])
            .filter(|route| route.method == method)
            .filter_map(|route| match_template(route.template, path).map(|(rank, values)| (rank, route, values)))
            .min_by(|one, other| one.0.cmp(&other.0))
            .map(|(_, route, values)| (route, values))
    }
}

fn match_template(template: &'static str, path: &str) -> Option<(Vec<Specificity>, Parameters)> {
    let mut rank = Vec::new();
    let mut values = Vec::new();
    let mut rest = path.strip_prefix('/')?;
    let mut segments = template.strip_prefix('/')?.split('/').peekable();
    while let Some(segment) = segments.next() {
        if let Some(name) = segment.strip_prefix("{*").and_then(|name| name.strip_suffix('}')) {
            rank.push(Specificity::Rest);
            values.push((name, decode(rest)?));
            return Some((rank, values));
        }
        let (given, remaining) = match rest.split_once('/') {
            Some((given, remaining)) => (given, Some(remaining)),
            None => (rest, None),
        };
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if given.is_empty() => return None,
            Some(name) => {
                rank.push(Specificity::Segment);
                values.push((name, decode(given)?));
            }
            None if given == segment => rank.push(Specificity::Literal),
            None => return None,
        }
        match (remaining, segments.peek()) {
            (Some(remaining), Some(_)) => rest = remaining,
            (None, None) => return Some((rank, values)),
            (None, Some(_)) | (Some(_), None) => return None,
        }
    }
    None
}

/// Percent-decodes UTF-8 text; none when the escapes or the text are broken.
#[must_use]
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut input = text.bytes();
    while let Some(byte) = input.next() {
        if byte == b'%' {
            let digit = |each: Option<u8>| each.and_then(|each| char::from(each).to_digit(16));
            let value = digit(input.next())? * 16 + digit(input.next())?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The pairs of a query, percent-decoded.
///
/// # Errors
/// 400 for one that is not percent-encoded UTF-8.
pub(crate) fn parse_query(text: &str) -> Result<Vec<(String, String)>, ApiError> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let read = |part: &str| decode(&part.replace('+', " "));
            read(key)
                .zip(read(value))
                .ok_or_else(|| ApiError::malformed(format!("the query `{pair}` is not percent-encoded UTF-8")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(templates: &[&'static str]) -> Router {
        let answer = |_call: Call| async { Ok(()) };
        Router::new(templates.iter().map(|template| Route::get(template, answer)).collect())
    }

    #[test]
    fn the_most_specific_template_wins_and_values_are_decoded() {
        let router = router(&[
            "/api/{*rest}",
            "/api/permissions/{kind}/{id}",
            "/api/permissions/sql/warehouses",
            "/api/permissions/{kind}/{id}/levels",
        ]);
        let found = |path: &str| {
            router.find(Method::Get, path).map(|(route, values)| {
                (
                    route.template,
                    values.into_iter().map(|(_, value)| value).collect::<Vec<_>>(),
                )
            })
        };
        assert_eq!(
            found("/api/permissions/jobs/a%20b"),
            Some((
                "/api/permissions/{kind}/{id}",
                vec!["jobs".to_owned(), "a b".to_owned()]
            ))
        );
        assert_eq!(
            found("/api/permissions/sql/warehouses").unwrap().0,
            "/api/permissions/sql/warehouses"
        );
        assert_eq!(
            found("/api/permissions/jobs/1/levels").unwrap().0,
            "/api/permissions/{kind}/{id}/levels"
        );
        assert_eq!(found("/api/x%2Fy/z").unwrap().1, vec!["x/y/z".to_owned()]);
        assert_eq!(found("/other"), None);
        assert_eq!(found("/api/permissions/jobs/%zz").map(|found| found.0), None);
    }

    #[test]
    fn parameter_names_do_not_matter_for_the_operation() {
        assert!(same_shape("/api/2.0/fs/files{file_path}", "/api/2.0/fs/files/{*path}"));
        assert!(!same_shape("/api/2.0/fs/files", "/api/2.0/fs/files/{*path}"));
    }

    #[test]
    fn queries_are_decoded() {
        let parsed = parse_query("filter=userName+eq+%22a%40b%22&x").unwrap();
        assert_eq!(
            parsed,
            [
                ("filter".to_owned(), "userName eq \"a@b\"".to_owned()),
                ("x".to_owned(), String::new())
            ]
        );
    }
}
