//! What people and programs stated, as several screens show it: sign-offs, decisions, effects, checks.

use maud::{Markup, html};
use sluice_model::ResourceKey;
use sluice_store::record::{Check, Decision, Evidence, Signoff, Verification};

use crate::wording;

pub(super) fn signoffs(rows: &[Signoff]) -> Markup {
    html! {
        div.wide role="region" aria-label="Sign-offs" tabindex="0" { table {
            thead { tr { @for title in ["Criterion", "Verdict", "By", "Seen in", "Evidence", "When"] { th scope="col" { (title) } } } }
            tbody { @for row in rows { tr {
                th scope="row" { (row.criterion) }
                td { (wording::signoff(row.verdict).label()) }
                td { (row.display_name) " (" (row.role) ")" }
                td { (row.environment) }
                td { (rests_on(&row.evidence)) }
                td { (wording::time(row.at)) }
            } } }
        } }
    }
}

/// Text and addresses are shown as they were written; an address is no link, since somebody else chose it.
fn rests_on(evidence: &Evidence) -> Markup {
    match evidence {
        Evidence::Text(text) | Evidence::Url(text) => html! { (text) },
        Evidence::File { name, digest } => html! { (name) " (" (wording::digest(digest)) ")" },
    }
}

pub(super) fn decisions(rows: &[Decision]) -> Markup {
    html! {
        ul.plain { @for row in rows {
            li {
                @if row.granted { span.good { "● approved" } } @else { span.bad { "▲ rejected" } }
                " by " (row.display_name) span.quiet { " (" (row.subject) ")" } ", " (wording::time(row.at))
                @if let Some(comment) = &row.comment { ": " q { (comment) } }
            }
        } }
    }
}

pub(super) fn effects(rows: &[(ResourceKey, String)]) -> Markup {
    html! {
        @if rows.is_empty() {
            p { "The plan changes nothing." }
        } @else {
            ul.plain { @for (key, action) in rows { li { strong { (action) } " " code { (key) } } } }
        }
    }
}

/// The checks of a verification: those that failed openly, the others folded.
pub(super) fn checks(verification: &Verification) -> Markup {
    let (passed, failed): (Vec<&Check>, Vec<&Check>) = verification.checks.iter().partition(|check| check.passed);
    html! {
        p {
            (wording::passed(verification.passed).label()) " " (wording::time(verification.at)) ", verification " code { (verification.id) }
        }
        @if !failed.is_empty() { (check_table("Failed checks", &failed)) }
        @if !passed.is_empty() {
            details {
                summary { (passed.len()) " " (if passed.len() == 1 { "check" } else { "checks" }) " passed" }
                (check_table("Passed checks", &passed))
            }
        }
    }
}

fn check_table(name: &str, checks: &[&Check]) -> Markup {
    html! {
        div.wide role="region" aria-label=(name) tabindex="0" { table {
            thead { tr { @for title in ["Check", "Object", "Result", "Found"] { th scope="col" { (title) } } } }
            tbody { @for check in checks { tr {
                th scope="row" { (check.kind) }
                td { code { (check.subject) } }
                td { (wording::passed(check.passed).label()) }
                td { (wording::told(&check.found)) }
            } } }
        } }
    }
}
