//! What happened to products, newest first.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use sluice_lifecycle::status::{HistoryPage, history_page};
use sluice_model::{EnvironmentName, ProductName};
use sluice_store::Subject;

use crate::error::PageError;
use crate::fields::{link, segment};
use crate::guard::Visit;
use crate::layout::{self, Section};
use crate::site::Site;
use crate::wording::{self, Names, told};

/// Entries on one page.
const ROWS: usize = 100;

struct View {
    page: HistoryPage,
    product: Option<ProductName>,
    environment: Option<EnvironmentName>,
    environments: Vec<EnvironmentName>,
    is_newest: bool,
    names: Names,
}

pub(crate) async fn show(State(site): State<Arc<Site>>, visit: Visit) -> Result<Response, PageError> {
    let product: Option<ProductName> = visit.query.value("product")?;
    let environment: Option<EnvironmentName> = visit.query.value("environment")?;
    let before: Option<u64> = visit.query.value("before")?;
    let view = View {
        page: history_page(&site.store, product.as_ref(), environment.as_ref(), before, ROWS).await?,
        product,
        environment,
        environments: site.platform()?.environments.into_iter().map(|one| one.name).collect(),
        is_newest: before.is_none(),
        names: Names::of(&site.store).await?,
    };
    Ok(layout::page(
        "History",
        Section::History,
        Some(visit.signed_in()?),
        &template(&view),
    ))
}

fn template(view: &View) -> Markup {
    let product = view.product.as_ref().map(ProductName::as_str);
    let environment = view.environment.as_ref().map(EnvironmentName::as_str);
    let at = |before: Option<u64>| {
        let before = before.map(|before| before.to_string());
        link(
            "/history",
            &[
                ("product", product),
                ("environment", environment),
                ("before", before.as_deref()),
            ],
        )
    };
    html! {
        h1 { "History" }
        form.filter method="get" action="/history" role="search" {
            label for="product" { "Product" }
            input #product name="product" type="search" value=[product];
            label for="environment" { "Environment" }
            select #environment name="environment" {
                option value="" { "all" }
                @for name in &view.environments { option value=(name) selected[view.environment.as_ref() == Some(name)] { (name) } }
            }
            button type="submit" { "Filter" }
        }
        @if view.page.entries.is_empty() {
            p { (told("Nothing happened here: `sluice verify -t ENV` is the first thing that is recorded.")) }
        } @else {
            div.wide role="region" aria-label="History" tabindex="0" { table {
                thead { tr { @for title in ["Entry", "When", "What", "About", "Who"] { th scope="col" { (title) } } } }
                tbody { @for entry in &view.page.entries { tr {
                    th scope="row" { a href={ "/ledger/" (entry.seq) } { (entry.seq) } }
                    td { (wording::time(entry.at)) }
                    td { (entry.kind) }
                    td { (about(&entry.subject)) }
                    td { (view.names.of_subject(&entry.actor)) }
                } } }
            } }
            nav.pages aria-label="Pages" {
                @if !view.is_newest { a href=(at(None)) { "Newest" } }
                @if let Some(older) = view.page.older { a href=(at(Some(older))) { "Older" } }
            }
        }
    }
}

/// What an entry is about, with links to it.
pub(super) fn about(subject: &Subject) -> Markup {
    html! {
        @if let (Some(product), Some(version)) = (&subject.product, &subject.version) {
            a href={ "/releases/" (product) "/" (segment(&version.to_string())) } { (product) " " (version) } " "
        } @else if let Some(product) = &subject.product { (product) " " }
        @if let Some(environment) = &subject.environment { "in " (environment) " " }
        @if let Some(promotion) = &subject.promotion { a href={ "/promotions/" (segment(promotion)) } { (promotion) } " " }
        @if let Some(deployment) = &subject.deployment { a href={ "/deployments/" (segment(deployment)) } { (deployment) } }
    }
}
