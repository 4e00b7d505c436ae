//! The ledger: every entry, one entry in full, and whether it is as it was written.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use sluice_store::{Event, FaultKind, Head, LedgerVerification};

use super::history::about;
use crate::error::{ErrorKind, PageError};
use crate::fields::{link, parsed};
use crate::guard::Visit;
use crate::layout::{self, Section};
use crate::site::Site;
use crate::wording::{self, told};

/// Entries on one page.
const ROWS: u32 = 100;

struct View {
    head: Head,
    /// Newest first.
    events: Vec<Event>,
    /// Entries before this number are shown.
    before: u64,
}

pub(crate) async fn show(State(site): State<Arc<Site>>, visit: Visit) -> Result<Response, PageError> {
    let head = site.store.head().await?;
    let end = head.seq.saturating_add(1);
    let before = visit.query.value::<u64>("before")?.unwrap_or(end).clamp(1, end);
    let after = before.saturating_sub(1 + u64::from(ROWS));
    let mut events = site.store.events(after, ROWS).await?;
    events.retain(|event| event.seq < before);
    events.reverse();
    let view = View { head, events, before };
    Ok(layout::page(
        "Ledger",
        Section::Ledger,
        Some(visit.signed_in()?),
        &template(&view),
    ))
}

pub(crate) async fn entry(
    State(site): State<Arc<Site>>,
    Path(number): Path<String>,
    visit: Visit,
) -> Result<Response, PageError> {
    let number: u64 = parsed("entry", &number)?;
    let found = site
        .store
        .events(number.saturating_sub(1), 1)
        .await?
        .pop()
        .filter(|event| event.seq == number);
    let event = found.ok_or_else(|| PageError::missing(format!("the ledger has no entry {number}")))?;
    let text = event
        .to_line()
        .map_err(|error| PageError::from_error(ErrorKind::Internal, &error))?;
    let title = format!("Entry {number}");
    Ok(layout::page(
        &title,
        Section::Ledger,
        Some(visit.signed_in()?),
        &one(&event, &text),
    ))
}

pub(crate) async fn verify(State(site): State<Arc<Site>>, visit: Visit) -> Result<Response, PageError> {
    let found = site.store.verify().await?;
    let title = "Verification of the ledger";
    Ok(layout::page(
        title,
        Section::Ledger,
        Some(visit.signed_in()?),
        &verified(&found),
    ))
}

fn template(view: &View) -> Markup {
    let at = |before: u64| link("/ledger", &[("before", Some(before.to_string().as_str()))]);
    html! {
        h1 { "Ledger" }
        (identity(&view.head))
        form.filter method="get" action="/ledger/verification" {
            button type="submit" { "Verify every entry" }
            span.quiet { (told("computes the chain again and compares the tables with it, as `sluice ledger verify` does")) }
        }
        div.wide role="region" aria-label="Entries of the ledger" tabindex="0" { table {
            thead { tr { @for title in ["Entry", "When", "What", "About", "Who", "Hash"] { th scope="col" { (title) } } } }
            tbody { @for event in &view.events { tr {
                th scope="row" { a href={ "/ledger/" (event.seq) } { (event.seq) } }
                td { (wording::time(event.at)) }
                td { (event.kind) }
                td { (about(&event.subject)) }
                td { (event.actor.display_name) }
                td { (wording::digest(&event.entry_hash)) }
            } } }
        } }
        nav.pages aria-label="Pages" {
            @if view.before <= view.head.seq { a href="/ledger" { "Newest" } }
            @if view.before > u64::from(ROWS) + 1 { a href=(at(view.before - u64::from(ROWS))) { "Older" } }
        }
    }
}

fn identity(head: &Head) -> Markup {
    html! {
        dl {
            dt { "Ledger" } dd { code { (head.ledger_id) } }
            dt { "Entries" } dd { (head.seq) }
            dt { "Head" } dd { code { (head.entry_hash) } }
        }
    }
}

fn one(event: &Event, text: &str) -> Markup {
    html! {
        h1 { "Entry " (event.seq) ": " (event.kind) }
        dl {
            dt { "When" } dd { (wording::time(event.at)) }
            dt { "Who" } dd { (event.actor.display_name) " (" (event.actor.subject) "), vouched for by " (event.actor.issuer) }
            dt { "About" } dd { (about(&event.subject)) }
            dt { "Hash" } dd { code { (event.entry_hash) } }
            dt { "Follows" } dd { code { (event.prev_hash) } }
        }
        h2 { "As it is exported" }
        pre.whole tabindex="0" { (text) }
        nav.pages aria-label="Entries beside it" {
            @if event.seq > 1 { a href={ "/ledger/" (event.seq - 1) } { "Entry " (event.seq - 1) } }
            a href="/ledger" { "All entries" }
        }
    }
}

fn verified(found: &LedgerVerification) -> Markup {
    html! {
        h1 { "Verification of the ledger" }
        @match &found.fault {
            None => div.notice.good role="status" {
                p { strong { "Verified: " (found.entries) " entries, each as it was written." } }
                p { (told("To prove later that nothing was cut off or made anew, note the head down at another place: `sluice ledger verify --head DIGEST` compares it.")) }
            },
            Some(fault) => div.notice.bad role="alert" {
                p { strong { "Not verified: " (told(&fault.message)) } }
                p { (advice(fault.kind)) }
                @if let Some(seq) = fault.seq { p { (found.entries) " entries before it are sound; look at " a href={ "/ledger/" (seq) } { "entry " (seq) } "." } }
            },
        }
        (identity(&found.head))
        p { a href="/ledger" { "Entries" } }
    }
}

fn advice(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Edited | FaultKind::Removed | FaultKind::Reordered | FaultKind::Truncated => {
            "Somebody changed the ledger past Sluice. Compare it with a backup or an export, and find out who has access to the file."
        }
        FaultKind::StateChanged => {
            "The entries are sound, and a table made of them is not: somebody changed it past Sluice. Restore it from a backup."
        }
    }
}
