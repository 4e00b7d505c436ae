//! What stands before every handler: the host and origin of a request, the session, the token of a form; and the headers of every answer.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use sluice_model::Secret;

use crate::error::{ErrorKind, PageError};
use crate::fields::{Fields, link};
use crate::layout;
use crate::route::Permission;
use crate::session::{SignedIn, is_same};
use crate::site::Site;

/// The longest form that is read: a comment of some pages.
const LONGEST_FORM: usize = 64 * 1024;

const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// What one route lets through.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) site: Arc<Site>,
    pub(crate) permission: Permission,
}

/// A request that was let through: what it asks, and of whom it comes.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) query: Fields,
    /// The fields of a form; empty for a request that only looks.
    pub(crate) form: Fields,
    /// The key of the session; that of the sign-in form when nobody is signed in.
    pub(crate) key: Option<Secret<String>>,
    signed_in: Option<Arc<SignedIn>>,
}

impl Visit {
    /// Who is signed in.
    ///
    /// # Errors
    /// When nobody is, which a route that needs it does not let through.
    pub(crate) fn signed_in(&self) -> Result<&SignedIn, PageError> {
        self.signed_in.as_deref().ok_or_else(|| signed_out("/"))
    }

    pub(crate) fn somebody(&self) -> Option<&SignedIn> {
        self.signed_in.as_deref()
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, PageError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| PageError::new(ErrorKind::Internal, "a route was reached past its guard"))
    }
}

/// Adds the headers of every answer.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Only requests to this machine's own names: a page elsewhere could let a name of its own lead here (DNS rebinding).
pub(crate) async fn own_host(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let host = text(request.headers(), &header::HOST).unwrap_or_default();
    let own = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{}", site.port));
    if own.iter().any(|name| name == host) {
        return next.run(request).await;
    }
    let error = PageError::new(
        ErrorKind::Refused,
        "this server answers to this machine's own names alone",
    )
    .hint(format!("open http://{}/", own[0]));
    layout::error_page(&error, None)
}

pub(crate) async fn no_such_page() -> Response {
    let error = PageError::missing("there is no such page").hint("the navigation above leads to what there is");
    layout::error_page(&error, None)
}

/// Lets a request through to its handler, or says why not; renders the error of a handler for whoever is signed in.
pub(crate) async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let key = cookie(request.headers(), &cookie_name(gate.site.port));
    let signed_in = match &key {
        Some(key) => still_let_in(&gate.site, key.expose()).await,
        None => None,
    };
    let shown_to = signed_in.clone();
    let answer = match checked(&gate, request, key, signed_in).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => *refusal,
    };
    presentable(answer, shown_to.as_deref())
}

/// Who has this key, when their workspace still accepts their token. One that does not answer says nothing about it.
async fn still_let_in(site: &Site, key: &str) -> Option<Arc<SignedIn>> {
    let now = site.now();
    let signed_in = site.sessions.find(key, now)?;
    if site.sessions.is_due(key, now) {
        let is_refused = match signed_in.access.person().await {
            Ok(person) => !person.active,
            Err(error) => PageError::from(error).kind == ErrorKind::Refused,
        };
        if is_refused {
            site.sessions.end(key);
            return None;
        }
    }
    Some(signed_in)
}

/// The checks, in the order of what they cost.
async fn checked(
    gate: &Gate,
    request: Request,
    key: Option<Secret<String>>,
    signed_in: Option<Arc<SignedIn>>,
) -> Result<Request, Box<Response>> {
    let boxed = |error: PageError| Box::new(error.into_response());
    let looks = request.method() == Method::GET || request.method() == Method::HEAD;
    if !looks && !is_of_this_site(request.headers()) {
        let error = PageError::new(ErrorKind::Refused, "the form was not sent by a page of this server");
        return Err(boxed(error.hint("open the page itself and send the form from there")));
    }
    let address = request
        .uri()
        .path_and_query()
        .map_or("/", |address| address.as_str())
        .to_owned();
    if gate.permission != Permission::Anyone && signed_in.is_none() {
        if looks && !wants_events(request.headers()) {
            let to = link(
                "/sign-in",
                &[("next", Some(address.as_str()).filter(|address| *address != "/"))],
            );
            return Err(Box::new(Redirect::to(&to).into_response()));
        }
        return Err(boxed(signed_out(&address)));
    }
    let query = Fields::parse(request.uri().query().unwrap_or_default().as_bytes());
    let (mut parts, body) = request.into_parts();
    let form = if looks {
        Fields::default()
    } else {
        read_form(body).await.map_err(boxed)?
    };
    if !looks {
        let expected = match (&signed_in, &key) {
            (Some(signed_in), _) => Some(&signed_in.csrf),
            // Before the sign-in the cookie itself is what the form has to repeat.
            (None, key) => key.as_ref(),
        };
        let given = form.text("csrf").unwrap_or_default();
        if !expected.is_some_and(|expected| is_same(expected.expose(), given)) {
            let error = PageError::new(ErrorKind::Refused, "the form is not one that this server gave to you")
                .hint("it may be from before you signed in: go back, load the page again and send it once more");
            return Err(boxed(error));
        }
    }
    parts.extensions.insert(Visit {
        query,
        form,
        key,
        signed_in,
    });
    Ok(Request::from_parts(parts, Body::empty()))
}

async fn read_form(body: Body) -> Result<Fields, PageError> {
    match to_bytes(body, LONGEST_FORM).await {
        Ok(bytes) => Ok(Fields::parse(&bytes)),
        Err(_broken_or_too_long) => {
            let message = format!("the form is longer than {} KiB, or broke off", LONGEST_FORM / 1024);
            Err(PageError::new(ErrorKind::TooLarge, message).hint("say it shorter, and put the rest elsewhere"))
        }
    }
}

/// Whether a form was sent by a page of this site. Under `Referrer-Policy: no-referrer` browsers send `Origin: null` with a form
/// (Fetch standard, "serializing a request origin"), and `Sec-Fetch-Site`, which no script can set, says what it is.
fn is_of_this_site(headers: &HeaderMap) -> bool {
    let origin = text(headers, &header::ORIGIN);
    let own = text(headers, &header::HOST).map(|host| format!("http://{host}"));
    match origin {
        Some(origin) if Some(origin) == own.as_deref() => true,
        Some("null") => text(headers, &HeaderName::from_static("sec-fetch-site")) == Some("same-origin"),
        Some(_) | None => false,
    }
}

fn wants_events(headers: &HeaderMap) -> bool {
    text(headers, &header::ACCEPT).is_some_and(|accept| accept.contains("text/event-stream"))
}

fn signed_out(address: &str) -> PageError {
    let next = link("/sign-in", &[("next", Some(address))]);
    PageError::new(ErrorKind::SignedOut, "nobody is signed in here, or the session is over")
        .hint("sign in, then do it again")
        .link("Sign in", next)
}

/// An error without a page gets one.
fn presentable(answer: Response, shown_to: Option<&SignedIn>) -> Response {
    if let Some(error) = answer.extensions().get::<PageError>() {
        return layout::error_page(error, shown_to);
    }
    let status = answer.status();
    let is_page = text(answer.headers(), &header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"));
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let message = format!("the server answers {status} to this");
    let kind = if status.is_server_error() {
        ErrorKind::Internal
    } else {
        ErrorKind::Input
    };
    let mut page = layout::error_page(&PageError::new(kind, message), shown_to);
    *page.status_mut() = status;
    page
}

pub(crate) fn cookie_name(port: u16) -> String {
    format!("sluice-{port}")
}

/// `Set-Cookie` of a session; without a key it takes the cookie away. No `Secure`: this server speaks HTTP on the loopback alone.
///
/// # Errors
/// When the key cannot stand in a header.
pub(crate) fn set_cookie(port: u16, key: Option<&Secret<String>>) -> Result<HeaderValue, PageError> {
    let (value, age) = match key {
        Some(key) => (key.expose().as_str(), String::new()),
        None => ("", "; Max-Age=0".to_owned()),
    };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{age}", cookie_name(port));
    let mut header = HeaderValue::from_str(&text)
        .map_err(|_shows_the_key| PageError::new(ErrorKind::Internal, "a session key cannot stand in a header"))?;
    header.set_sensitive(true);
    Ok(header)
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<Secret<String>> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && !value.is_empty())
        .map(|(_, value)| Secret::new(value.to_owned()))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_form_comes_from_this_site_or_is_not_read() {
        let from = |more: &[(&'static str, &'static str)]| {
            let mut pairs = vec![("host", "127.0.0.1:7760")];
            pairs.extend_from_slice(more);
            is_of_this_site(&headers(&pairs))
        };
        assert!(from(&[("origin", "http://127.0.0.1:7760")]));
        assert!(from(&[("origin", "null"), ("sec-fetch-site", "same-origin")]));
        assert!(!from(&[]));
        assert!(!from(&[("origin", "null")]));
        assert!(!from(&[("origin", "null"), ("sec-fetch-site", "cross-site")]));
        assert!(!from(&[
            ("origin", "http://127.0.0.1:7761"),
            ("sec-fetch-site", "same-site")
        ]));
        assert!(!from(&[("origin", "http://localhost:7760")]));
    }

    #[test]
    fn the_own_cookie_is_found_among_others() {
        let found = |line| cookie(&headers(&[("cookie", line)]), "sluice-7760").map(|key| key.expose().clone());
        assert_eq!(found("a=b; sluice-7761=no; sluice-7760=yes"), Some("yes".to_owned()));
        assert_eq!(found("sluice-7760="), None);
        assert_eq!(found("xsluice-7760=no"), None);
        let set = set_cookie(7760, Some(&Secret::new("k".to_owned()))).unwrap();
        assert_eq!(
            set.to_str().unwrap(),
            "sluice-7760=k; Path=/; HttpOnly; SameSite=Strict"
        );
    }
}
