//! One release: what it is, where it runs and ran, and how it differs from what runs in an environment.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use sluice_lifecycle::contracts::{PortComparison, PortState};
use sluice_lifecycle::release::compare::{CommitLine, FileChange, Patch};
use sluice_lifecycle::release::{ReleaseDifference, ReleaseOverview, compare_release, release_overview};
use sluice_model::{EnvironmentName, ProductName, ReleaseVersion};

use super::evidence;
use crate::error::PageError;
use crate::fields::{parsed, segment};
use crate::guard::Visit;
use crate::layout::{self, Section};
use crate::site::Site;
use crate::wording::{self, Names, told};

struct View {
    overview: ReleaseOverview,
    /// The environments that it can be compared with.
    environments: Vec<EnvironmentName>,
    compared: Option<(EnvironmentName, ReleaseDifference)>,
    has_repository: bool,
    names: Names,
}

pub(crate) async fn show(
    State(site): State<Arc<Site>>,
    Path((product, version)): Path<(String, String)>,
    visit: Visit,
) -> Result<Response, PageError> {
    let product: ProductName = parsed("product", &product)?;
    let version: ReleaseVersion = parsed("version", &version)?;
    let platform = site.platform()?;
    let overview = release_overview(&site.store, &product, &version)
        .await?
        .ok_or_else(|| PageError::missing(format!("`{product}` has no release {version}")))?;
    let against: Option<EnvironmentName> = visit.query.value("against")?;
    let checkout = site.product(&product);
    let compared = match against {
        Some(name) => {
            platform.environment(name.as_str())?;
            let root = checkout.map(|checkout| checkout.root.as_path());
            let difference = compare_release(&site.store, root, &overview.release, &name).await?;
            Some((name, difference))
        }
        None => None,
    };
    let view = View {
        overview,
        environments: platform.environments.into_iter().map(|one| one.name).collect(),
        compared,
        has_repository: checkout.is_some(),
        names: Names::of(&site.store).await?,
    };
    let title = format!("{product} {version}");
    Ok(layout::page(
        &title,
        Section::Releases,
        Some(visit.signed_in()?),
        &template(&view),
    ))
}

fn template(view: &View) -> Markup {
    let release = &view.overview.release;
    html! {
        h1 { (release.product) " " (release.version) " " (wording::release(release.state).label()) }
        @if let Some(reason) = &release.reason {
            div.notice.bad { p { (told(reason)) } p { "Nothing is deployed from it. Restore the tag to lift the quarantine, or freeze a new version." } }
        }
        dl {
            dt { "Digest" } dd { code { (release.digest) } }
            dt { "Tag" } dd { code { (release.tag) } }
            dt { "Commit" } dd { code { (release.commit) } }
            dt { "Frozen" } dd { (wording::time(release.frozen_at)) " by " (view.names.of_subject(&release.frozen_by)) }
            @if let Some(id) = &release.verification { dt { "Rests on" } dd { "verification " code { (id) } } }
            @if let Some(change) = &view.overview.change { dt { "Answers" } dd { "change " (change.id) ": " (change.request) } }
        }
        (deployments(view))
        (promotions(view))
        @if !view.overview.signoffs.is_empty() {
            h2 { "Sign-offs" }
            (evidence::signoffs(&view.overview.signoffs))
        }
        h2 #difference { "Differences" }
        form.filter method="get" action="#difference" {
            label for="against" { "Compare with what runs in" }
            select #against name="against" {
                @for name in &view.environments {
                    option value=(name) selected[view.compared.as_ref().is_some_and(|(chosen, _)| chosen == name)] { (name) }
                }
            }
            button type="submit" { "Compare" }
        }
        @if let Some((environment, difference)) = &view.compared { (compared(environment, difference, view.has_repository)) }
        h2 { "Manifest" }
        (manifest(view))
    }
}

fn deployments(view: &View) -> Markup {
    html! {
        h2 { "Where it runs and ran" }
        @if view.overview.deployments.is_empty() {
            p { "Nowhere yet." }
        } @else {
            div.wide role="region" aria-label="Deployments" tabindex="0" { table {
                thead { tr { @for title in ["Environment", "State", "Active since", "By", "Deployment"] { th scope="col" { (title) } } } }
                tbody { @for row in &view.overview.deployments { tr {
                    th scope="row" { (row.environment) }
                    td { (wording::deployment(row.state).label()) }
                    td { @match row.active_at { Some(at) => (wording::time(at)), None => "–" } }
                    td { (view.names.of_subject(&row.started_by)) }
                    td { a href={ "/deployments/" (segment(&row.id)) } { (row.id) } }
                } } }
            } }
        }
    }
}

fn promotions(view: &View) -> Markup {
    html! {
        h2 { "Promotions" }
        @if view.overview.promotions.is_empty() {
            p { "None yet: " code { "sluice promote " (view.overview.release.version) " --to ENV" } " asks for one." }
        } @else {
            ul.plain { @for row in &view.overview.promotions {
                li {
                    "to " (row.environment) ": " a href={ "/promotions/" (segment(&row.id)) } { (wording::promotion(row.state).label()) }
                    span.quiet { " since " (wording::time(row.changed_at)) ", asked by " (view.names.of_subject(&row.requested_by)) }
                }
            } }
        }
    }
}

fn compared(environment: &EnvironmentName, difference: &ReleaseDifference, has_repository: bool) -> Markup {
    html! {
        @match &difference.baseline {
            Some(baseline) => p { "Compared with " strong { (baseline.name) } " (commit " (wording::commit(&baseline.commit)) ")." },
            None => p { "Nothing runs in " (environment) ": everything is new there." },
        }
        @if difference.commits.is_none() {
            div.notice.waiting { p {
                @if has_repository {
                    (told("The checkout of this product on the server has not got the commits: `git fetch` there brings them. Only lists of files could be compared."))
                } @else {
                    (told("This server was started without the checkout of this product: `sluice serve --repository DIR` shows commits, text and contracts as well."))
                }
            } }
        }
        @if let Some(commits) = difference.commits.as_ref().filter(|_| difference.baseline.is_some()) { (commit_list(commits)) }
        @match &difference.files {
            Some(files) if files.is_empty() => p { "No file differs." },
            Some(files) => {
                h3 { (files.len()) " " (if files.len() == 1 { "file differs" } else { "files differ" }) }
                ul.plain { @for (path, change) in files { li {
                    @match change {
                        FileChange::Added => span.good { "added " },
                        FileChange::Changed => span.busy { "changed " },
                        FileChange::Removed => span.bad { "removed " },
                    }
                    code { (path) }
                } } }
            },
            None => p { "What runs there is a commit that no release holds, so that its files are not known to this server." },
        }
        @if let Some(contracts) = &difference.contracts {
            h3 { "Contracts" }
            @match contracts {
                Ok(ports) if ports.is_empty() => p { "No port has a contract." },
                Ok(ports) => ul.plain { @for port in ports { li { (port_line(port)) } } },
                Err(reason) => div.notice.bad { p { "The contracts cannot be compared: " (told(reason)) } },
            }
        }
        @if let Some(found) = difference.patch.as_ref().filter(|found| !found.text.is_empty()) { (patch(found)) }
    }
}

fn commit_list(commits: &[CommitLine]) -> Markup {
    html! {
        @match commits.len() {
            0 => p { "No commit is new there." },
            1 => h3 { "1 commit is new there" },
            count => h3 { (count) " commits are new there" },
        }
        ul.plain { @for commit in commits {
            li { (wording::commit(&commit.id)) " " (commit.subject) span.quiet { " · " (commit.author) } }
        } }
    }
}

fn port_line(port: &PortComparison) -> Markup {
    html! {
        strong { (port.port) } " (" code { (port.file) } "): "
        @match port.state {
            PortState::New => span.good { "new" },
            PortState::Removed => span.bad { "gone" },
            PortState::Compared => {
                @if port.breaks() { span.bad { "breaks a consumer" } }
                @else if port.changes.is_empty() { span.quiet { "says the same" } }
                @else { span.busy { "changed, nothing breaks" } }
                @if let Some(version) = port.version.as_ref().filter(|version| version.previous != version.current || !port.changes.is_empty()) { " (" (version.previous) " → " (version.current) ", needs " (version.required) ")" }
            },
        }
        @if !port.changes.is_empty() {
            ul { @for change in &port.changes {
                li {
                    code { (change.rule) } " " (told(&change.message))
                    @if let Some(gate) = change.gate { " · needs the consent of: " (gate) }
                    @if let Some(remedy) = &change.remedy { div.quiet { (told(remedy)) } }
                }
            } }
        }
        @if let Some(fault) = port.fault() { p.bad { (told(fault)) } }
    }
}

/// The text, with each line marked by a class and by its own first character.
fn patch(patch: &Patch) -> Markup {
    let class = |line: &str| match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'd', b'i', b'f', b'f', ..] | [b'@', b'@', ..] => "place",
        [b'+', ..] => "added",
        [b'-', ..] => "removed",
        _ => "",
    };
    html! {
        details {
            summary { "What differs in the text" @if patch.is_cut { " (cut off: too long to show in full)" } }
            pre.patch tabindex="0" { @for line in patch.text.lines() { span class=(class(line)) { (line) "\n" } } }
        }
    }
}

fn manifest(view: &View) -> Markup {
    html! {
        @match &view.overview.files {
            Some(files) => details {
                summary { (files.len()) " files" }
                div.wide role="region" aria-label="Files of the release" tabindex="0" { table {
                    thead { tr { @for title in ["Path", "Mode", "Digest"] { th scope="col" { (title) } } } }
                    tbody { @for file in files { tr {
                        th scope="row" { code { (file.path) } }
                        td { code { (file.mode) } }
                        td { (wording::digest(&file.digest)) }
                    } } }
                } }
            },
            None => p { "The manifest is of a format that this version does not read." },
        }
    }
}
