//! Signing in with a token of an environment's workspace, and out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use sluice_databricks::{ApiErrorKind, ClientError};
use sluice_lifecycle::people::PersonalAccess;
use sluice_lifecycle::platform::Platform;
use sluice_model::Secret;

use crate::error::{ErrorKind, PageError};
use crate::guard::{Visit, set_cookie};
use crate::layout::{self, Section};
use crate::session::unguessable;
use crate::site::Site;
use crate::wording::told;

struct View<'a> {
    /// Name and host of each environment.
    environments: Vec<(String, String)>,
    chosen: Option<&'a str>,
    next: Option<&'a str>,
    csrf: &'a Secret<String>,
    /// Why the last attempt did not do.
    failure: Option<PageError>,
}

pub(crate) async fn show(State(site): State<Arc<Site>>, visit: Visit) -> Result<Response, PageError> {
    let next = visit.query.text("next").filter(|next| is_local(next));
    let wanted = visit.query.text("environment");
    // Whoever is signed in already may want to be at another environment, and says at which.
    if visit.somebody().is_some() && wanted.is_none() {
        return Ok(Redirect::to(next.unwrap_or("/")).into_response());
    }
    form(&site, &visit, &site.platform()?, wanted, None)
}

pub(crate) async fn submit(State(site): State<Arc<Site>>, visit: Visit) -> Result<Response, PageError> {
    let platform = site.platform()?;
    let next = visit.form.text("next").filter(|next| is_local(next));
    let chosen = visit.form.text("environment");
    let again = |failure| form(&site, &visit, &platform, chosen, Some(failure));
    let (Some(name), Some(token)) = (chosen, visit.form.text("token")) else {
        return again(PageError::input("an environment and a token are needed"));
    };
    let environment = match platform.environment(name) {
        Ok(environment) => environment,
        Err(error) => return again(error.into()),
    };
    let access = PersonalAccess::new(environment, Secret::new(token.to_owned()));
    let person = match access.person().await {
        Ok(person) if person.active => person,
        Ok(person) => {
            let message = format!("`{}` is deactivated in `{name}`", person.actor.subject);
            return again(PageError::new(ErrorKind::Refused, message));
        }
        Err(error) => return again(refusal(error)),
    };
    // Whoever was signed in here before is not any more.
    if let Some(key) = &visit.key {
        site.sessions.end(key.expose());
    }
    let key = site.sessions.begin(person, access, site.now())?;
    let mut response = Redirect::to(next.unwrap_or("/")).into_response();
    let cookie = set_cookie(site.port, Some(&key))?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

pub(crate) async fn leave(State(site): State<Arc<Site>>, visit: Visit) -> Result<Response, PageError> {
    if let Some(key) = &visit.key {
        site.sessions.end(key.expose());
    }
    let mut response = Redirect::to("/sign-in").into_response();
    let cookie = set_cookie(site.port, None)?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Whether an address is of this site: a path, and not one that a browser reads as another host.
fn is_local(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//") && !address.contains(['\\', '\r', '\n', '\t'])
}

/// The workspace's answer to a token that does not do says nothing of the token.
fn refusal(error: ClientError) -> PageError {
    if error.api().is_some_and(|api| api.kind == ApiErrorKind::Unauthenticated) {
        return PageError::new(ErrorKind::SignedOut, "the workspace does not accept this token")
            .hint("is it complete, of this environment, and not expired?");
    }
    error.into()
}

/// The form. Without a session it gets a key of its own that it has to repeat; within one it carries that of the session.
fn form(
    site: &Site,
    visit: &Visit,
    platform: &Platform,
    chosen: Option<&str>,
    failure: Option<PageError>,
) -> Result<Response, PageError> {
    let somebody = visit.somebody();
    let csrf = match somebody {
        Some(signed_in) => signed_in.csrf.clone(),
        None => unguessable()?,
    };
    let status = failure.as_ref().map(|failure| failure.kind.status());
    let environments = platform.environments.iter();
    let view = View {
        environments: environments
            .map(|one| (one.name.to_string(), one.host.to_string()))
            .collect(),
        chosen,
        next: visit
            .form
            .text("next")
            .or(visit.query.text("next"))
            .filter(|next| is_local(next)),
        csrf: &csrf,
        failure,
    };
    let mut response = layout::page("Sign in", Section::Elsewhere, somebody, &template(&view));
    if let Some(status) = status {
        *response.status_mut() = status;
    }
    if somebody.is_none() {
        let cookie = set_cookie(site.port, Some(&csrf))?;
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn template(view: &View<'_>) -> Markup {
    html! {
        h1 { "Sign in" }
        @if let Some(failure) = &view.failure {
            div.notice.bad role="alert" {
                @for message in &failure.messages { p { (told(message)) } }
                @for hint in &failure.hints { p { (told(hint)) } }
            }
        }
        p { "With a token of your own at the workspace of an environment: the one that you would use on the command line." }
        form.stacked method="post" action="/sign-in" {
            input type="hidden" name="csrf" value=(view.csrf.expose());
            @if let Some(next) = view.next { input type="hidden" name="next" value=(next); }
            label for="environment" { "Environment" }
            select #environment name="environment" required {
                @for (name, host) in &view.environments {
                    option value=(name) selected[view.chosen == Some(name.as_str())] { (name) " (" (host) ")" }
                }
            }
            label for="token" { "Token" }
            input #token name="token" type="password" required autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="token-note";
            p #token-note .quiet {
                "It is kept in the memory of this server for the time of your session, at most eight hours, and shown to nobody. \
                 To decide about a promotion, sign in at the environment that it goes to."
            }
            button type="submit" { "Sign in" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn nobody_is_sent_elsewhere_after_the_sign_in() {
        let local: Vec<bool> = [
            "/",
            "/releases?product=a",
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "",
        ]
        .iter()
        .map(|address| is_local(address))
        .collect();
        assert_eq!(local, [true, true, false, false, false, false]);
    }
}
