//! One promotion: its gates with their evidence, who may decide and until when, what was refused, its deployment.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use sluice_lifecycle::platform::Platform;
use sluice_lifecycle::promotion::{FindingLine, PolicyFindings, PromotionReport, policy_findings, promotion_report};
use sluice_store::record::Approval;

use super::approval::{self, Chance};
use super::evidence;
use crate::error::PageError;
use crate::fields::segment;
use crate::guard::Visit;
use crate::layout::{self, Section};
use crate::session::SignedIn;
use crate::site::Site;
use crate::wording::{self, Names, told};

struct View<'a> {
    report: PromotionReport,
    policies: Option<PolicyFindings>,
    /// Each approval with who holds its role and what the person who looks could do about it.
    approvals: Vec<(Approval, String, Chance)>,
    signed_in: &'a SignedIn,
    names: Names,
}

pub(crate) async fn show(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    visit: Visit,
) -> Result<Response, PageError> {
    let signed_in = visit.signed_in()?;
    let report = promotion_report(&site.store, &id).await?.ok_or_else(|| {
        PageError::missing(format!("there is no promotion `{id}`")).hint("the list of promotions shows what there is")
    })?;
    let platform = site.platform()?;
    let mut approvals = Vec::new();
    for row in report.approvals.iter().rev() {
        let chance = approval::chance(&site, &platform, signed_in, &report.promotion, row).await?;
        approvals.push((row.clone(), holders(&platform, &row.role), chance));
    }
    let view = View {
        policies: policy_findings(&site.store, &id).await?,
        report,
        approvals,
        signed_in,
        names: Names::of(&site.store).await?,
    };
    let row = &view.report.promotion;
    let title = format!("{} {} to {}", row.product, row.version, row.environment);
    Ok(layout::page(
        &title,
        Section::Promotions,
        Some(signed_in),
        &template(&view),
    ))
}

fn holders(platform: &Platform, role: &str) -> String {
    platform.roles.get(role).map_or_else(
        || "nobody: the platform has no such role any more".to_owned(),
        sluice_lifecycle::platform::Role::holders,
    )
}

fn template(view: &View<'_>) -> Markup {
    let row = &view.report.promotion;
    let again = format!("sluice promote {} --to {}", row.version, row.environment);
    let wording = wording::promotion(row.state);
    html! {
        h1 { (row.product) " " (row.version) " to " (row.environment) " " (wording.label()) }
        div class={ "notice " (notice(wording.tone)) } {
            p { (told(&wording::next_for(row.state, &again))) }
            @if !row.reasons.is_empty() { ul { @for reason in &row.reasons { li { (told(reason)) } } } }
        }
        dl {
            dt { "Promotion" } dd { code { (row.id) } }
            dt { "Release" } dd { a href={ "/releases/" (row.product) "/" (segment(&row.version.to_string())) "?against=" (row.environment) "#difference" } {
                (row.product) " " (row.version) " beside what runs in " (row.environment)
            } }
            dt { "Digest" } dd { (wording::digest(&row.digest)) }
            dt { "Asked for" } dd { (wording::time(row.requested_at)) " by " (view.names.of_subject(&row.requested_by)) }
            @if let Some(change) = &view.report.change { dt { "Answers" } dd { "change " (change.id) ": " (change.request) } }
            @if let Some(deployment) = &view.report.deployment {
                dt { "Deployment" } dd {
                    a href={ "/deployments/" (segment(&deployment.id)) } { (deployment.id) } " " (wording::deployment(deployment.state).label())
                }
            }
        }
        (gates(view))
        @if let Some(policies) = &view.policies { (findings(policies)) }
        @if !view.approvals.is_empty() {
            h2 { "Approvals" }
            @for (row, holders, chance) in &view.approvals { (approval::section(row, holders, chance, view.signed_in)) }
        }
        h2 { "What the plan does" }
        (evidence::effects(&row.effects))
        @if !view.report.signoffs.is_empty() { h2 { "Sign-offs" } (evidence::signoffs(&view.report.signoffs)) }
        @if let Some(verification) = &view.report.verification { h2 { "Checks after the deployment" } (evidence::checks(verification)) }
        (refusals(view))
        (undelivered(view))
    }
}

fn notice(tone: wording::Tone) -> &'static str {
    match tone {
        wording::Tone::Good => "good",
        wording::Tone::Bad => "bad",
        wording::Tone::Waiting => "waiting",
        wording::Tone::Busy | wording::Tone::Quiet => "",
    }
}

fn gates(view: &View<'_>) -> Markup {
    html! {
        h2 { "Gates" }
        @if view.report.gates.is_empty() {
            p { "None was judged yet." }
        } @else {
            div.wide role="region" aria-label="Gates" tabindex="0" { table {
                thead { tr { @for title in ["Gate", "Verdict", "Why", "Evidence", "Judged"] { th scope="col" { (title) } } } }
                tbody { @for gate in &view.report.gates { tr {
                    th scope="row" { (gate.kind) }
                    td { (wording::verdict(gate.verdict).label()) }
                    td { @for reason in &gate.reasons { div { (told(reason)) } } }
                    td { @for one in &gate.evidence { div { (reference(one, view)) } } }
                    td { (wording::time(gate.evaluated_at)) }
                } } }
            } }
        }
    }
}

/// Evidence that this page shows is a link to it.
fn reference(evidence: &str, view: &View<'_>) -> Markup {
    let is_approval = view.report.approvals.iter().any(|row| row.id == evidence);
    let is_report = view
        .policies
        .as_ref()
        .is_some_and(|policies| policies.report == evidence);
    html! {
        @if is_approval { a href={ "#approval-" (evidence) } { (evidence) } }
        @else if is_report { a href="#policies" { (evidence) } }
        @else { code { (evidence) } }
    }
}

fn findings(policies: &PolicyFindings) -> Markup {
    html! {
        h2 #policies { "Policies " (wording::policy(policies.decision).label()) }
        p {
            (policies.passed) " of " (policies.rules) " rules hold; the others have nothing to look at or found what is below. Rules "
            (wording::digest(&policies.pack_digest)) ", " (wording::time(policies.at)) ", report " code { (policies.report) }
        }
        @if policies.findings.is_empty() {
            p { "They found nothing." }
        } @else {
            div.wide role="region" aria-label="Findings of the policies" tabindex="0" { table {
                thead { tr { @for title in ["Rule", "Effect", "About", "Found", "What to do"] { th scope="col" { (title) } } } }
                tbody { @for finding in &policies.findings { tr {
                    th scope="row" title=(finding.title) { (finding.id) }
                    td { (effect(finding)) }
                    td.wrap { code { (finding.subject) } }
                    td { (told(&finding.message)) }
                    td { @match &finding.waived {
                        Some(waived) => { "Waived until " (waived.expires) " by " (waived.by) ": " (waived.reason) },
                        None => (told(&finding.remediation)),
                    } }
                } } }
            } }
        }
    }
}

fn effect(finding: &FindingLine) -> Markup {
    html! {
        @if finding.waived.is_some() { span.quiet { "○ waived" } }
        @else if finding.effect == "deny" { span.state.bad { "▲ blocks" } }
        @else { span.state.waiting { "◇ " (finding.effect) } }
    }
}

fn refusals(view: &View<'_>) -> Markup {
    html! {
        @if !view.report.refusals.is_empty() {
            h2 { "Attempts that were refused" }
            div.wide role="region" aria-label="Refused attempts" tabindex="0" { table {
                thead { tr { @for title in ["Attempt", "By", "Why not", "When"] { th scope="col" { (title) } } } }
                tbody { @for row in &view.report.refusals { tr {
                    th scope="row" { (row.attempt) }
                    td { (view.names.of_subject(&row.subject)) }
                    td { @for reason in &row.reasons { div { (told(reason)) } } }
                    td { (wording::time(row.at)) }
                } } }
            } }
        }
    }
}

/// Messages that did not arrive: somebody may not know that they are waited for.
fn undelivered(view: &View<'_>) -> Markup {
    let failed = || view.report.notifications.iter().filter(|row| row.failure.is_some());
    html! {
        @if failed().next().is_some() {
            h2 { "Messages that did not arrive" }
            ul { @for row in failed() {
                li { (row.event) ": " (row.state) " after " (row.attempts) " attempts: " (row.failure.as_deref().unwrap_or_default()) }
            } }
        }
    }
}
