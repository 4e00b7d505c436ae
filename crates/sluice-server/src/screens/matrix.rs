//! What runs where: products by environments, what waits, and who is behind.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use sluice_lifecycle::matrix::{Matrix, MatrixCell, MatrixFilter, MatrixQuery, matrix};
use sluice_model::Timestamp;

use crate::error::PageError;
use crate::fields::{link, segment};
use crate::guard::Visit;
use crate::layout::{self, Section};
use crate::site::Site;
use crate::wording::{self, Names, told};

/// Products on one page.
const ROWS: usize = 50;
/// Environments side by side; the others are a link away.
const COLUMNS: usize = 8;

/// What can be looked for: the word in the address, the words on the page.
const FILTERS: [(&str, &str, MatrixFilter); 3] = [
    ("waiting", "with an open promotion", MatrixFilter::Waiting),
    ("behind", "with an environment behind", MatrixFilter::Behind),
    ("unfinished", "with an unfinished deployment", MatrixFilter::Unfinished),
];

struct View<'a> {
    matrix: Matrix,
    names: Names,
    now: Timestamp,
    product: Option<&'a str>,
    show: Option<&'a str>,
    page: usize,
    column: usize,
}

pub(crate) async fn show(State(site): State<Arc<Site>>, visit: Visit) -> Result<Response, PageError> {
    let platform = site.platform()?;
    let product = visit.query.text("product");
    let page = visit.query.value::<usize>("page")?.unwrap_or(1).max(1);
    let show = visit.query.text("show");
    let only = FILTERS.iter().find(|(word, ..)| Some(*word) == show);
    if show.is_some() && only.is_none() {
        let known: Vec<String> = FILTERS.iter().map(|(word, ..)| format!("`{word}`")).collect();
        return Err(PageError::input(format!("`show` is one of {}", known.join(", "))).link("All products", "/"));
    }
    let query = MatrixQuery {
        product,
        only: only.map(|(_, _, filter)| *filter),
        skip: (page - 1).saturating_mul(ROWS),
        limit: ROWS,
    };
    let matrix = matrix(&site.store, &platform, query).await?;
    let column = visit.query.value::<usize>("column")?.unwrap_or(0);
    let view = View {
        names: Names::of(&site.store).await?,
        now: site.now(),
        product,
        show,
        page: matrix.skipped / ROWS + 1,
        column: column.min(matrix.environments.len().saturating_sub(1)),
        matrix,
    };
    let title = "What runs where";
    Ok(layout::page(
        title,
        Section::Matrix,
        Some(visit.signed_in()?),
        &template(&view),
    ))
}

fn template(view: &View<'_>) -> Markup {
    let matrix = &view.matrix;
    html! {
        h1 { "What runs where" }
        form.filter method="get" action="/" role="search" {
            label for="product" { "Product" }
            input #product name="product" type="search" value=[view.product];
            label for="show" { "Show" }
            select #show name="show" {
                option value="" { "all" }
                @for (word, words, _) in FILTERS { option value=(word) selected[view.show == Some(word)] { (words) } }
            }
            button type="submit" { "Filter" }
            span.quiet { (matrix.products) " " (if matrix.products == 1 { "product" } else { "products" }) }
        }
        @if matrix.rows.is_empty() {
            @if view.product.is_some() || view.show.is_some() {
                p { "There is no such product. " a href="/" { "All products" } }
            } @else {
                p { (told("Nothing is recorded yet: `sluice verify -t ENV` and `sluice freeze VERSION` are the first things that are.")) }
            }
        } @else {
            div.wide role="region" aria-label="Products by environments" tabindex="0" {
                table.matrix {
                    thead { tr {
                        th scope="col" { "Product" }
                        @for name in matrix.environments.iter().skip(view.column).take(COLUMNS) { th scope="col" { (name) } }
                    } }
                    tbody {
                        @for row in &matrix.rows { tr {
                            th scope="row" { a href=(link("/releases", &[("product", Some(row.product.as_str()))])) { (row.product) } }
                            @for one in row.cells.iter().skip(view.column).take(COLUMNS) { td { (cell(one, view)) } }
                        } }
                    }
                }
            }
            (pages(view))
        }
    }
}

fn cell(cell: &MatrixCell, view: &View<'_>) -> Markup {
    let status = &cell.status;
    html! {
        @match &status.running {
            Some(running) => {
                div.version {
                    @match &running.version {
                        Some(version) => a href={ "/releases/" (status.product) "/" (segment(&version.to_string())) } { (version) },
                        None => span title="a commit that is no release" { "commit " (wording::commit(&running.commit)) },
                    }
                    " " a.state.good href={ "/deployments/" (segment(&running.deployment)) } { span aria-hidden="true" { "●" } " active" }
                }
                div.quiet {
                    span title={ "since " (format!("{:.0}", running.since)) } { (wording::age(running.since, view.now)) }
                    " · by " (view.names.of_subject(&running.by))
                    @if !running.approved_by.is_empty() { ", approved by " (running.approved_by.join(", ")) }
                }
            },
            None => div.quiet { "nothing" },
        }
        @if let Some(unfinished) = &status.unfinished {
            div {
                a href={ "/deployments/" (segment(&unfinished.deployment)) } { (wording::deployment(unfinished.state).label()) }
                @for reason in &unfinished.reasons { div.quiet { (told(reason)) } }
            }
        }
        @if let Some(open) = &cell.open {
            div {
                (open.version) ": " a href={ "/promotions/" (segment(&open.id)) } { (wording::promotion(open.state).label()) }
            }
        }
        @if let Some(skew) = &cell.skew {
            div.skew {
                (skew.releases) " " (if skew.releases == 1 { "release" } else { "releases" }) " behind " (skew.of)
                " (" (skew.version) " there for " (wording::age(skew.since, view.now)) ")"
            }
        }
    }
}

/// Links to the other rows and columns.
fn pages(view: &View<'_>) -> Markup {
    let (last, all) = (
        view.matrix.products.div_ceil(ROWS).max(1),
        view.matrix.environments.len(),
    );
    let to = |page: usize, column: usize| {
        let (page, column) = (
            (page > 1).then(|| page.to_string()),
            (column > 0).then(|| column.to_string()),
        );
        link(
            "/",
            &[
                ("product", view.product),
                ("page", page.as_deref()),
                ("column", column.as_deref()),
            ],
        )
    };
    html! {
        @if last > 1 || all > COLUMNS {
            nav.pages aria-label="Pages" {
                @if view.page > 1 { a href=(to(view.page - 1, view.column)) { "Previous products" } }
                @if last > 1 { span { "Page " (view.page) " of " (last) } }
                @if view.page < last { a href=(to(view.page + 1, view.column)) { "Next products" } }
                @if view.column > 0 { a href=(to(view.page, view.column.saturating_sub(COLUMNS))) { "Environments before" } }
                @if view.column + COLUMNS < all { a href=(to(view.page, view.column + COLUMNS)) { "More environments" } }
            }
        }
    }
}
