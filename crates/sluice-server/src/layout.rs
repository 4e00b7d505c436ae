//! The frame of every page: head, skip link, navigation, who is signed in; and the page of an error.

use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};

use crate::error::PageError;
use crate::session::SignedIn;
use crate::wording::told;

/// The parts of the site, in the order of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Matrix,
    Releases,
    Promotions,
    History,
    Ledger,
    /// None of them: the sign-in, an error.
    Elsewhere,
}

const NAVIGATION: [(Section, &str, &str); 5] = [
    (Section::Matrix, "/", "What runs where"),
    (Section::Releases, "/releases", "Releases"),
    (Section::Promotions, "/promotions", "Promotions"),
    (Section::History, "/history", "History"),
    (Section::Ledger, "/ledger", "Ledger"),
];

/// A page around its content.
pub(crate) fn page(title: &str, section: Section, signed_in: Option<&SignedIn>, content: &Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Sluice" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/page.css";
                script src="/assets/page.js" defer {}
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header.top {
                    a.brand href="/" { "Sluice" }
                    @if let Some(signed_in) = signed_in {
                        nav aria-label="Main" {
                            ul {
                                @for (part, path, name) in NAVIGATION {
                                    li { a href=(path) aria-current=[(part == section).then_some("page")] { (name) } }
                                }
                            }
                        }
                        (who(signed_in))
                    }
                }
                main #content tabindex="-1" { (content) }
            }
        }
    };
    Html(markup.into_string()).into_response()
}

fn who(signed_in: &SignedIn) -> Markup {
    let actor = &signed_in.person.actor;
    html! {
        div.who {
            span title={ "signed in at environment " (signed_in.access.environment) } {
                (actor.display_name) " " span.quiet { "at " (signed_in.access.environment) }
            }
            form method="post" action="/sign-out" {
                (csrf(signed_in))
                button.plain type="submit" { "Sign out" }
            }
        }
    }
}

/// The field that shows that a form is of this session.
pub(crate) fn csrf(signed_in: &SignedIn) -> Markup {
    html! { input type="hidden" name="csrf" value=(signed_in.csrf.expose()); }
}

/// What helps against an error, and where.
pub(crate) fn what_to_do(error: &PageError) -> Markup {
    html! {
        ul {
            @for hint in &error.hints { li { (told(hint)) } }
            @for (text, address) in &error.links { li { a href=(address) { (text) } } }
        }
    }
}

/// The page of an error, with its status.
pub(crate) fn error_page(error: &PageError, signed_in: Option<&SignedIn>) -> Response {
    let title = error.kind.title();
    let content = html! {
        h1 { (title) }
        div.notice.bad role="alert" {
            @for message in &error.messages { p { (told(message)) } }
        }
        @if !error.hints.is_empty() || !error.links.is_empty() {
            h2 { "What to do" }
            (what_to_do(error))
        }
        @if signed_in.is_some() {
            p { a href="/" { "What runs where" } }
        } @else {
            p { a href="/sign-in" { "Sign in" } }
        }
    };
    let mut response = page(title, Section::Elsewhere, signed_in, &content);
    *response.status_mut() = error.kind.status();
    response
}
