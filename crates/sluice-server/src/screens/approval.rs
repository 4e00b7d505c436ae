//! Deciding about a promotion: who may, the form for those who may, and its two answers. The rules are those of `sluice approve` and
//! `sluice reject`, since the use cases are.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use sluice_lifecycle::approval::{
    DecideError, DecideRequest, Objection, Outlook, approve, decided_promotion, outlook, reject,
};
use sluice_lifecycle::notification;
use sluice_lifecycle::people::Person;
use sluice_lifecycle::platform::Platform;
use sluice_lifecycle::product::Product;
use sluice_store::record::{Approval, ApprovalState, Promotion};

use super::evidence;
use crate::error::{ErrorKind, PageError};
use crate::fields::{link, segment};
use crate::guard::Visit;
use crate::layout;
use crate::session::SignedIn;
use crate::site::Site;
use crate::wording::{self, told};

/// What the person who looks could do about an approval.
pub(super) enum Chance {
    /// It is over: there is nothing to decide.
    Over,
    /// What the rules say about them.
    Judged(Outlook),
    /// The rules cannot be asked: why, and what to do.
    Unknown(PageError),
}

/// Asks the rules about the person who looks.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) async fn chance(
    site: &Site,
    platform: &Platform,
    signed_in: &SignedIn,
    promotion: &Promotion,
    approval: &Approval,
) -> Result<Chance, PageError> {
    let is_live = [ApprovalState::Open, ApprovalState::Granted].contains(&approval.state);
    if !is_live || wording::is_over(promotion.state) {
        return Ok(Chance::Over);
    }
    let (product, person) = match standing(site, signed_in, promotion).await {
        Ok(standing) => standing,
        Err(error) => return Ok(Chance::Unknown(error)),
    };
    let request = request(&approval.id, product, platform, &person);
    match outlook(site.use_case(&person.actor), &request).await {
        Ok(outlook) => Ok(Chance::Judged(outlook)),
        Err(error) => Ok(Chance::Unknown(error.into())),
    }
}

fn request<'a>(id: &'a str, product: &'a Product, platform: &'a Platform, person: &'a Person) -> DecideRequest<'a> {
    DecideRequest {
        id,
        repository: &product.root,
        product: &product.descriptor.name,
        platform,
        person,
    }
}

/// The checkout that a decision is taken in, and who takes it: as the workspace of the target says now, not as it said at the sign-in.
///
/// # Errors
/// When one of them is not there.
async fn standing<'a>(
    site: &'a Site,
    signed_in: &SignedIn,
    promotion: &Promotion,
) -> Result<(&'a Product, Person), PageError> {
    let (product, environment) = (&promotion.product, &promotion.environment);
    if signed_in.access.environment != *environment {
        let message = format!(
            "who decides about `{environment}` is known by a token of its workspace, and you are signed in at `{}`",
            signed_in.access.environment
        );
        let address = format!("/promotions/{}", segment(&promotion.id));
        let to = link(
            "/sign-in",
            &[("environment", Some(environment.as_str())), ("next", Some(&address))],
        );
        return Err(PageError::new(ErrorKind::Refused, message).link(format!("Sign in at {environment}"), to));
    }
    let checkout = site.product(product).ok_or_else(|| {
        PageError::new(ErrorKind::Config, format!("this server has no checkout of `{product}`, which a decision is checked against"))
            .hint("who runs the server starts it with `sluice serve --repository DIR`; or decide by `sluice approve` in a checkout")
    })?;
    Ok((checkout, signed_in.access.person().await?))
}

pub(crate) async fn agree(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    visit: Visit,
) -> Result<Response, PageError> {
    decide(&site, &id, &visit, Say::Yes).await
}

pub(crate) async fn refuse(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    visit: Visit,
) -> Result<Response, PageError> {
    decide(&site, &id, &visit, Say::No).await
}

#[derive(Clone, Copy)]
enum Say {
    Yes,
    No,
}

async fn decide(site: &Site, id: &str, visit: &Visit, say: Say) -> Result<Response, PageError> {
    let signed_in = visit.signed_in()?;
    let comment = visit.form.text("comment");
    let promotion = decided_promotion(&site.store, id).await?;
    let back = format!("/promotions/{}", segment(&promotion.id));
    let (product, person) = standing(site, signed_in, &promotion).await?;
    let platform = site.platform()?;
    let (use_case, request) = (site.use_case(&person.actor), request(id, product, &platform, &person));
    let decided = match (say, comment) {
        (Say::Yes, comment) => approve(use_case, &request, comment).await.map(drop),
        (Say::No, Some(reason)) => reject(use_case, &request, reason).await.map(drop),
        (Say::No, None) => {
            return Err(
                PageError::input("a no needs a reason: who asked has to know what to change")
                    .link("Back to the promotion", back),
            );
        }
    };
    notification::deliver(use_case, &platform, &site.process_environment).await;
    decided.map_err(|error: DecideError| PageError::from(error).link("Back to the promotion", &back))?;
    Ok(Redirect::to(&back).into_response())
}

/// An approval with what the person who looks could do about it.
pub(super) fn section(row: &Approval, holders: &str, chance: &Chance, signed_in: &SignedIn) -> Markup {
    let agreed = row.decisions.iter().filter(|decision| decision.granted).count();
    html! {
            section aria-labelledby={ "approval-" (row.id) } {
                h3 id={ "approval-" (row.id) } { "Role " (row.role) " " (wording::approval(row.state).label()) }
                dl {
                    dt { "Approval" } dd { code { (row.id) } }
                    dt { "Who may decide" } dd { (told(holders)) }
                    dt { "Agreed" } dd { (agreed) " of " (row.count) }
                    dt { "Asked" } dd { (wording::time(row.requested_at)) }
                    dt { "Until" } dd { (wording::time(row.expires_at)) }
                    dt { "About exactly" } dd {
                        "release " (wording::digest(&row.statement.release)) ", values " (wording::digest(&row.statement.binding))
                        ", effects " (wording::digest(&row.statement.effect))
                        @if let Some(policy) = &row.statement.policy { ", policies " (wording::digest(policy)) }
                    }
                }
                (evidence::decisions(&row.decisions))
                @for reason in &row.reasons { p.quiet { (told(reason)) } }
                @match chance {
                    Chance::Over => {},
                    Chance::Judged(outlook) => (forms(row, outlook, signed_in)),
                    Chance::Unknown(error) => div.notice.waiting {
                        p { strong { "You cannot decide here." } }
                        @for message in &error.messages { p { (told(message)) } }
    (layout::what_to_do(error))
                    },
                }
            }
        }
}

fn forms(row: &Approval, outlook: &Outlook, signed_in: &SignedIn) -> Markup {
    let (may_approve, may_reject) = (
        outlook.against_approving.is_empty(),
        outlook.against_rejecting.is_empty(),
    );
    let field = format!("comment-{}", row.id);
    let no = if outlook.takes_back {
        "Take the promotion back"
    } else {
        "Reject"
    };
    html! {
        @if !may_approve { (objections("You cannot approve this.", &outlook.against_approving)) }
        @if !may_reject && !same(&outlook.against_rejecting, &outlook.against_approving) {
            (objections("You cannot reject this.", &outlook.against_rejecting))
        }
        @if may_approve || may_reject {
            form.stacked method="post" {
                (layout::csrf(signed_in))
                label for=(field) { @if may_approve { "Comment (needed to say no)" } @else { "Reason" } }
                textarea id=(field) name="comment" rows="3" maxlength="4000" {}
                div.filter {
                    @if may_approve { button type="submit" formaction={ "/approvals/" (segment(&row.id)) "/approve" } { "Approve" } }
                    @if may_reject { button.danger type="submit" formaction={ "/approvals/" (segment(&row.id)) "/reject" } { (no) } }
                }
            }
        }
    }
}

/// Whether the reasons against a no are among those against a yes, so that they need not be said twice.
fn same(against_no: &[Objection], against_yes: &[Objection]) -> bool {
    against_no.iter().all(|one| against_yes.contains(one))
}

fn objections(title: &str, found: &[Objection]) -> Markup {
    html! {
        div.notice.waiting {
            p { strong { (title) } }
            ul { @for one in found { li { (told(&one.reason)) @if let Some(hint) = &one.hint { div.quiet { (told(hint)) } } } } }
        }
    }
}
