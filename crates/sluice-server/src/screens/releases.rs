//! The releases of a product, or of all.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use sluice_lifecycle::release::{ReleaseReport, release_list};
use sluice_model::ProductName;

use super::paging::Page;
use crate::error::PageError;
use crate::fields::{link, segment};
use crate::guard::Visit;
use crate::layout::{self, Section};
use crate::site::Site;
use crate::wording::{self, Names, told};

struct View {
    page: Page<ReleaseReport>,
    product: Option<ProductName>,
    names: Names,
}

pub(crate) async fn show(State(site): State<Arc<Site>>, visit: Visit) -> Result<Response, PageError> {
    let product: Option<ProductName> = visit.query.value("product")?;
    let mut releases = release_list(&site.store, product.as_ref()).await?;
    releases.reverse();
    let view = View {
        page: Page::of(releases, &visit.query)?,
        product,
        names: Names::of(&site.store).await?,
    };
    Ok(layout::page(
        "Releases",
        Section::Releases,
        Some(visit.signed_in()?),
        &template(&view),
    ))
}

fn template(view: &View) -> Markup {
    let product = view.product.as_ref().map(ProductName::as_str);
    html! {
        h1 { "Releases" @if let Some(product) = product { " of " (product) } }
        form.filter method="get" action="/releases" role="search" {
            label for="product" { "Product" }
            input #product name="product" type="search" value=[product];
            button type="submit" { "Filter" }
            @if product.is_some() { a href="/releases" { "All products" } }
        }
        @if view.page.rows.is_empty() {
            p { (told("There is no release: `sluice freeze VERSION` makes one of the commit that is checked out.")) }
        } @else {
            div.wide role="region" aria-label="Releases" tabindex="0" { table {
                thead { tr {
                    @for title in ["Release", "State", "Runs in", "Digest", "Frozen", "By"] { th scope="col" { (title) } }
                } }
                tbody { @for row in &view.page.rows { tr {
                    th scope="row" {
                        a href={ "/releases/" (row.product) "/" (segment(&row.version.to_string())) } { (row.product) " " (row.version) }
                    }
                    td { (wording::release(row.state).label()) @if let Some(reason) = &row.reason { div.quiet { (told(reason)) } } }
                    td { (if row.active_in.is_empty() { "–".to_owned() } else { row.active_in.join(", ") }) }
                    td { (wording::digest(&row.digest)) }
                    td { (wording::time(row.frozen_at)) }
                    td { (view.names.of_subject(&row.frozen_by)) }
                } } }
            } }
            (view.page.links(|page| link("/releases", &[("product", product), ("page", page)])))
        }
    }
}
