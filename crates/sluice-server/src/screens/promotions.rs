//! Promotions, newest first, by product, environment and whether they are over.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use sluice_lifecycle::promotion::promotion_list;
use sluice_model::{EnvironmentName, ProductName};
use sluice_store::record::Promotion;

use super::paging::Page;
use crate::error::PageError;
use crate::fields::{link, segment};
use crate::guard::Visit;
use crate::layout::{self, Section};
use crate::site::Site;
use crate::wording::{self, Names, told};

struct View {
    page: Page<Promotion>,
    product: Option<ProductName>,
    environment: Option<EnvironmentName>,
    environments: Vec<EnvironmentName>,
    all: bool,
    names: Names,
}

pub(crate) async fn show(State(site): State<Arc<Site>>, visit: Visit) -> Result<Response, PageError> {
    let product: Option<ProductName> = visit.query.value("product")?;
    let environment: Option<EnvironmentName> = visit.query.value("environment")?;
    let all = visit.query.text("show") == Some("all");
    let mut promotions = promotion_list(&site.store, product.as_ref()).await?;
    promotions.retain(|row| environment.as_ref().is_none_or(|name| row.environment == *name));
    promotions.retain(|row| all || !wording::is_over(row.state));
    promotions.reverse();
    let view = View {
        page: Page::of(promotions, &visit.query)?,
        product,
        environment,
        environments: site.platform()?.environments.into_iter().map(|one| one.name).collect(),
        all,
        names: Names::of(&site.store).await?,
    };
    Ok(layout::page(
        "Promotions",
        Section::Promotions,
        Some(visit.signed_in()?),
        &template(&view),
    ))
}

fn template(view: &View) -> Markup {
    let product = view.product.as_ref().map(ProductName::as_str);
    let environment = view.environment.as_ref().map(EnvironmentName::as_str);
    let shown = view.all.then_some("all");
    html! {
        h1 { "Promotions" }
        form.filter method="get" action="/promotions" role="search" {
            label for="product" { "Product" }
            input #product name="product" type="search" value=[product];
            label for="environment" { "Environment" }
            select #environment name="environment" {
                option value="" { "all" }
                @for name in &view.environments { option value=(name) selected[view.environment.as_ref() == Some(name)] { (name) } }
            }
            label for="show" { "Show" }
            select #show name="show" {
                option value="" { "open ones" }
                option value="all" selected[view.all] { "all" }
            }
            button type="submit" { "Filter" }
        }
        @if view.page.rows.is_empty() {
            @if view.all {
                p { (told("There is none: `sluice promote VERSION --to ENV` asks for one.")) }
            } @else {
                p { "None is open. " a href=(link("/promotions", &[("product", product), ("environment", environment), ("show", Some("all"))])) { "Show those that are over" } }
            }
        } @else {
            div.wide role="region" aria-label="Promotions" tabindex="0" { table {
                thead { tr { @for title in ["Release", "To", "State", "Since", "Asked by", "Promotion"] { th scope="col" { (title) } } } }
                tbody { @for row in &view.page.rows { tr {
                    th scope="row" { (row.product) " " (row.version) }
                    td { (row.environment) }
                    td {
                        (wording::promotion(row.state).label())
                        @for reason in &row.reasons { div.quiet { (told(reason)) } }
                    }
                    td { (wording::time(row.changed_at)) }
                    td { (view.names.of_subject(&row.requested_by)) }
                    td { a href={ "/promotions/" (segment(&row.id)) } { (row.id) } }
                } } }
            } }
            (view.page.links(|page| link("/promotions", &[("product", product), ("environment", environment), ("show", shown), ("page", page)])))
        }
    }
}
