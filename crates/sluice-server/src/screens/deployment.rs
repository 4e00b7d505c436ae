//! One deployment as it goes or went: states, journal, lease, checks. Complete without a script; while it goes on, changes are sent.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use maud::{Markup, html};
use sluice_lifecycle::execution::timeline::{DeploymentTimeline, Holder, deployment_timeline};
use sluice_model::{Digest, Secret, Timestamp};
use sluice_store::record::Step;
use tokio::sync::watch;

use super::evidence;
use crate::error::PageError;
use crate::fields::segment;
use crate::guard::Visit;
use crate::layout::{self, Section};
use crate::site::Site;
use crate::wording::{self, Names, Tone, told};

/// How often the ledger is looked at for a live view: another process writes it.
const LOOKS: Duration = Duration::from_millis(400);

/// Each how-many-th look reads the deployment although the ledger has nothing new.
const LOOKS_AT_LEASE: u32 = 10;

struct View {
    timeline: DeploymentTimeline,
    names: Arc<Names>,
}

impl View {
    async fn of(site: &Site, id: &str) -> Result<Self, PageError> {
        Self::with(site, id, Arc::new(Names::of(&site.store).await?)).await
    }

    async fn with(site: &Site, id: &str, names: Arc<Names>) -> Result<Self, PageError> {
        let timeline = deployment_timeline(&site.store, id).await?.ok_or_else(|| {
            PageError::missing(format!("there is no deployment `{id}`"))
                .hint("the matrix and the history lead to those that there are")
        })?;
        Ok(Self { timeline, names })
    }

    /// Whether the process of this deployment still has its environment.
    fn is_held(&self, now: Timestamp) -> bool {
        let row = &self.timeline.deployment;
        let is_held = |holder: &Holder| holder.epoch == row.epoch && !holder.is_gone && holder.until > now;
        self.timeline.holder.as_ref().is_some_and(is_held)
    }

    /// Whether it is worth looking again soon: it goes on, or its process has not left the environment yet.
    fn is_moving(&self, now: Timestamp) -> bool {
        wording::is_moving(self.timeline.deployment.state) || self.is_held(now)
    }
}

pub(crate) async fn show(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    visit: Visit,
) -> Result<Response, PageError> {
    let view = View::of(&site, &id).await?;
    let row = &view.timeline.deployment;
    let title = format!("Deployment of {} to {}", row.product, row.environment);
    Ok(layout::page(
        &title,
        Section::Matrix,
        Some(visit.signed_in()?),
        &template(&view, site.now()),
    ))
}

/// The parts that changed, as they change; ends with the deployment, the session or the server.
pub(crate) async fn follow(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    visit: Visit,
) -> Result<Response, PageError> {
    visit.signed_in()?;
    let view = View::of(&site, &id).await?;
    let follower = Follower {
        ending: site.ending.clone(),
        key: visit.key,
        site,
        id,
        sent: BTreeMap::new(),
        waiting: VecDeque::new(),
        is_over: false,
        names: view.names,
        seen: None,
        looks: 0,
    };
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

struct Follower {
    site: Arc<Site>,
    ending: watch::Receiver<bool>,
    key: Option<Secret<String>>,
    id: String,
    /// Digest of each part as it was sent last.
    sent: BTreeMap<String, Digest>,
    waiting: VecDeque<Event>,
    is_over: bool,
    names: Arc<Names>,
    /// The last entry of the ledger when the deployment was read last.
    seen: Option<u64>,
    looks: u32,
}

impl Follower {
    /// The next event; none when there is nothing more to come.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            if self.looks > 0 {
                tokio::select! {
                    () = tokio::time::sleep(LOOKS) => {}
                    // Whether it says that the server ends or the server is gone: there is no one left to ask.
                    _ended = self.ending.changed() => return None,
                }
            }
            self.look().await;
        }
    }

    async fn look(&mut self) {
        let now = self.site.now();
        let goes_on = self
            .key
            .as_ref()
            .is_some_and(|key| self.site.sessions.goes_on(key.expose(), now));
        if !goes_on {
            return self.end();
        }
        let Ok(head) = self.site.store.head().await else {
            return self.end();
        };
        // Without a new entry only the lease can be another one: it is renewed, or its process is gone.
        let due = self.looks.is_multiple_of(LOOKS_AT_LEASE);
        self.looks = self.looks.wrapping_add(1).max(1);
        if self.seen == Some(head.seq) && !due {
            return;
        }
        self.seen = Some(head.seq);
        let Ok(view) = View::with(&self.site, &self.id, Arc::clone(&self.names)).await else {
            return self.end();
        };
        for (id, markup) in parts(&view, now) {
            let text = markup.into_string();
            let digest = Digest::of(text.as_bytes());
            if self.sent.insert(id, digest) != Some(digest) {
                self.waiting.push_back(Event::default().event("part").data(text));
            }
        }
        if !view.is_moving(now) {
            self.end();
        }
    }

    fn end(&mut self) {
        self.is_over = true;
        self.waiting.push_back(Event::default().event("end").data("over"));
    }
}

/// The parts of the page that change, by their id.
fn parts(view: &View, now: Timestamp) -> Vec<(String, Markup)> {
    let mut parts = vec![
        ("summary".to_owned(), summary(view, now)),
        ("phases".to_owned(), phases(view)),
        ("way-back".to_owned(), way_back(view)),
        ("checks".to_owned(), checks(view)),
    ];
    parts.extend(
        view.timeline
            .steps
            .iter()
            .map(|row| (format!("step-{}", row.number), step(row))),
    );
    parts
}

fn template(view: &View, now: Timestamp) -> Markup {
    let row = &view.timeline.deployment;
    let follow = view
        .is_moving(now)
        .then(|| format!("/deployments/{}/events", segment(&row.id)));
    html! {
        div data-follow=[follow] {
            h1 {
                "Deployment of " (row.product) " "
                @match &row.version { Some(version) => (version), None => { "commit " (wording::commit(&row.commit)) }, }
                " to " (row.environment)
            }
            div aria-live="polite" { (summary(view, now)) }
            h2 { "Phases" }
            (phases(view))
            (way_back(view))
            h2 { "Steps" }
            div.wide role="region" aria-label="Steps" tabindex="0" { table {
                thead { tr {
                    @for title in ["#", "Resource and what is done", "State", "Intent", "Took", "Outcome", "Epoch"] { th scope="col" { (title) } }
                } }
                tbody #steps { @for row in &view.timeline.steps { (step(row)) } }
            } }
            (checks(view))
        }
    }
}

fn summary(view: &View, now: Timestamp) -> Markup {
    let timeline = &view.timeline;
    let row = &timeline.deployment;
    let open = timeline.steps.iter().filter(|step| step.finished_at.is_none()).count();
    let state = wording::deployment(row.state);
    html! {
        div #summary {
            p {
                (state.label()) ", "
                @match timeline.steps.len() { 0 => "no step yet", 1 => "1 step", count => { (count) " steps" } }
                @if open > 0 { ", " (open) " without an outcome" }
            }
            @if !row.reasons.is_empty() || state.tone == Tone::Bad {
                div.notice.bad { ul { @for reason in &row.reasons { li { (told(reason)) } } } }
            }
            @if let Some(next) = next(view, now) { div.notice.waiting { p { (told(&next)) } } }
            dl {
                dt { "Deployment" } dd { code { (row.id) } }
                @if let Some(promotion) = &timeline.promotion {
                    dt { "Promotion" } dd { a href={ "/promotions/" (segment(&promotion.id)) } { (promotion.id) } }
                }
                @if let Some(version) = &row.version {
                    dt { "Release" } dd { a href={ "/releases/" (row.product) "/" (segment(&version.to_string())) } { (row.product) " " (version) } }
                }
                dt { "Started" } dd { (wording::time(row.started_at)) " by " (view.names.of_subject(&row.started_by)) }
                dt { "Commit" } dd { (wording::commit(&row.commit)) }
                dt { "Values" } dd { (wording::digest(&row.binding_digest)) }
                @if let Some(effect) = &row.effect_digest { dt { "Effects" } dd { (wording::digest(effect)) } }
                dt { "Epoch" } dd { (row.epoch) }
                dt { "Environment held by" } dd {
                    @match &timeline.holder {
                        Some(holder) => {
                            (holder.name) ", epoch " (holder.epoch) ", until " (wording::time(holder.until)) " unless it is renewed"
                            @if holder.is_gone { " (that process is gone: the next command takes over at once)" }
                        },
                        None => "nobody",
                    }
                }
            }
        }
    }
}

/// Who or what takes it further; nothing while it goes on by itself and when it is over.
fn next(view: &View, now: Timestamp) -> Option<String> {
    let row = &view.timeline.deployment;
    let is_unattended = wording::is_moving(row.state) && !view.is_held(now);
    if !wording::can_go_on(row.state) && !is_unattended {
        return None;
    }
    if row.promotion.is_none() {
        return Some(format!(
            "`sluice verify -t {}` begins anew from what is there.",
            row.environment
        ));
    }
    let id = &row.id;
    Some(if is_unattended {
        format!("Nobody drives it any more: `sluice deployment resume {id}` goes on, in the direction that it had.")
    } else {
        format!(
            "`sluice deployment resume {id}` goes on, in the direction that it had. When somebody has put it right by hand, \
             `sluice deployment resolve {id} --reason TEXT` says so."
        )
    })
}

/// What it could go back to, and what came of going back.
fn way_back(view: &View) -> Markup {
    let row = &view.timeline.deployment;
    let list = |title: &str, class: &str, lines: &[String]| {
        html! {
            @if !lines.is_empty() {
                h3 class=(class) { (title) }
                ul { @for line in lines { li { (told(line)) } } }
            }
        }
    };
    html! {
        div #way-back {
            @if let Some(rollback) = &row.rollback {
                h2 { "The way back" }
                p { "To what deployment " a href={ "/deployments/" (segment(&rollback.to)) } { (rollback.to) } " had brought, because:" }
                ul { @for reason in &rollback.because { li { (told(reason)) } } }
                (list("Needs a human", "bad", &rollback.needs_human))
                (list("Not restorable", "bad", &rollback.not_restorable))
                (list("Recreated, with another identity", "waiting", &rollback.recreated))
                (list("Restored", "good", &rollback.restored))
            }
            @if let Some(pins) = row.pins.as_ref().filter(|pins| !pins.tables.is_empty()) {
                details {
                    summary { "What was there before: " (pins.tables.len()) " " (if pins.tables.len() == 1 { "table" } else { "tables" }) }
                    div.wide role="region" aria-label="Tables as they were" tabindex="0" { table {
                        thead { tr { th scope="col" { "Table" } th scope="col" { "Version" } } }
                        tbody { @for pin in &pins.tables { tr { th scope="row" { code { (pin.table) } } td { (pin.version) } } } }
                    } }
                }
            }
        }
    }
}

fn phases(view: &View) -> Markup {
    let phases = &view.timeline.phases;
    let ends = phases.iter().skip(1).map(|next| Some(next.at)).chain([None]);
    html! {
        ol #phases .phases {
            @for (phase, end) in phases.iter().zip(ends) {
                li {
                    @match end {
                        // It is behind us: what it meant while it lasted is not what counts.
                        Some(end) => { strong { (wording::deployment(phase.state).word) } " for " (wording::took(phase.at, end)) },
                        None => (wording::deployment(phase.state).label()),
                    }
                    div.quiet { (wording::time(phase.at)) " · epoch " (phase.epoch) " · " a href={ "/ledger/" (phase.entry) } { "entry " (phase.entry) } }
                }
            }
        }
    }
}

fn step(row: &Step) -> Markup {
    html! {
        tr id={ "step-" (row.number) } data-into="steps" {
            th scope="row" { (row.number) }
            td.wrap { code { (row.key) } div.quiet { (row.action) } }
            td { (wording::step(row.state).label()) }
            td { (wording::clock(row.intended_at)) }
            td.short { @match row.finished_at {
                Some(at) => (wording::took(row.intended_at, at)),
                None => "no outcome yet",
            } }
            td.wrap { @if let Some(outcome) = &row.outcome { code { (outcome) } } }
            td { (row.epoch) }
        }
    }
}

fn checks(view: &View) -> Markup {
    html! {
        div #checks {
            @for verification in &view.timeline.verifications {
                h2 { "Checks" }
                (evidence::checks(verification))
            }
        }
    }
}
