//! `sluice change`: a requested change goes, through a new release, to where people look at it. One command, which goes on where it
//! stopped: verify the commit where development happens, freeze it, promote it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sluice_model::{Actor, EnvironmentName, ProductName, ReleaseVersion};
use sluice_store::record::{ChangeRequest, ChangeRequestState, PromotionState, Signoff, SignoffVerdict};
use sluice_store::{Change, StoreError};
use uuid::Uuid;

use crate::bundle_files::GitError;
use crate::context::UseCase;
use crate::machines::IllegalTransition;
use crate::machines::change_request::{self, ChangeRequestEvent};
use crate::platform::{Environment, Platform};
use crate::product::Product;
use crate::promotion::{PromoteError, PromoteRequest, Promoted, promote};
use crate::release::freeze::changed_paths;
use crate::release::{FreezeError, freeze};
use crate::verification::{VerifyError, VerifyReport, VerifyRequest, verify};

/// What is asked for, and by which release.
#[derive(Clone, Copy, Debug)]
pub struct ChangeOrder<'a> {
    /// The checkout, which holds the commit that answers.
    pub product: &'a Product,
    /// The platform.
    pub platform: &'a Platform,
    /// What is asked for; what was recorded, when the change is under way.
    pub request: Option<&'a str>,
    /// The sign-off that asked for it.
    pub signoff: Option<&'a str>,
    /// The version that answers.
    pub version: &'a ReleaseVersion,
    /// Where the release is to arrive.
    pub destination: &'a Environment,
    /// Who acts in each environment of its [`route`].
    pub actors: &'a BTreeMap<EnvironmentName, Actor>,
    /// The directory of the platform's ledger.
    pub data: &'a Path,
    /// The process environment.
    pub process_environment: &'a BTreeMap<String, String>,
}

/// How far a change came.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeReport {
    /// The change as recorded.
    pub change: ChangeRequest,
    /// The verification of this run; none when it had been verified before.
    pub verification: Option<VerifyReport>,
    /// The last promotion of this run.
    pub promotion: Option<crate::promotion::PromotionReport>,
    /// Approvals that could not be used any more.
    #[serde(skip)]
    pub refused: Vec<String>,
}

/// A change was not taken up, or could not go on. What is recorded stands, and the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What is asked for is not said.
    #[error("say by --request what is asked for: version {0} answers no request yet")]
    NoRequest(ReleaseVersion),
    /// The version answers something else.
    #[error("version {version} answers another request: {request}")]
    OtherRequest {
        /// The version.
        version: ReleaseVersion,
        /// What it answers.
        request: String,
    },
    /// There is no such sign-off.
    #[error("`{0}` is no sign-off of this product")]
    UnknownSignoff(String),
    /// The sign-off asks for nothing.
    #[error("sign-off {id} accepts `{criterion}`: it asks for no change")]
    Accepted {
        /// The sign-off.
        id: String,
        /// Its criterion.
        criterion: String,
    },
    /// The checkout has changes.
    #[error("the checkout has changes that are not committed: {}; a change is a commit", paths.join(", "))]
    Dirty {
        /// Changed paths, at most ten.
        paths: Vec<String>,
    },
    /// There is nothing new.
    #[error("nothing was committed since {version}, which the change is asked of")]
    NothingNew {
        /// The version.
        version: ReleaseVersion,
    },
    /// The version does not follow.
    #[error("version {version} does not follow {before}, which the change is asked of")]
    NotNewer {
        /// The version.
        version: ReleaseVersion,
        /// The one before.
        before: ReleaseVersion,
    },
    /// No environment is on the way.
    #[error("environment `{0}` is not reached by way of another one in which the commit is verified first")]
    NoRoute(EnvironmentName),
    /// It cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// It cannot be frozen.
    #[error(transparent)]
    Freeze(#[from] FreezeError),
    /// It cannot be promoted.
    #[error(transparent)]
    Promote(#[from] PromoteError),
    /// The recorded state does not allow what has to be done.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a change goes when nothing is said: where a sign-off was made, else the first environment in which releases are looked at, else the
/// first that requires another one.
#[must_use]
pub fn destination<'a>(platform: &'a Platform, signoff: Option<&Signoff>) -> Option<&'a Environment> {
    let looked_at = || {
        platform
            .environments
            .iter()
            .find_map(|one| Some(&one.signoffs.as_ref()?.environment))
    };
    let named = signoff.map(|row| &row.environment).or_else(looked_at);
    platform.environments.iter().find(|one| match named {
        Some(name) => one.name == *name,
        None => !one.requires.is_empty(),
    })
}

/// The environments that a release passes on its way, in the order of the platform, the last one included.
#[must_use]
pub fn route<'a>(platform: &'a Platform, last: &'a Environment) -> Vec<&'a Environment> {
    let mut names = vec![&last.name];
    let mut index = 0;
    while let Some(name) = names.get(index) {
        let required = platform.environments.iter().find(|one| one.name == **name);
        names.extend(required.iter().flat_map(|one| &one.requires));
        index += 1;
    }
    platform
        .environments
        .iter()
        .filter(|one| names.contains(&&one.name))
        .collect()
}

/// Takes up a requested change, or goes on with it.
///
/// # Errors
/// When it cannot be taken up or driven on.
pub async fn change(use_case: UseCase<'_>, order: &ChangeOrder<'_>) -> Result<ChangeReport, ChangeError> {
    let route = route(order.platform, order.destination);
    if route.first().is_none_or(|first| !first.requires.is_empty()) || order.destination.requires.is_empty() {
        return Err(ChangeError::NoRoute(order.destination.name.clone()));
    }
    let mut report = ChangeReport {
        change: take_up(use_case, order).await?,
        verification: None,
        promotion: None,
        refused: Vec::new(),
    };
    if report.change.state == ChangeRequestState::Requested {
        let mut last = None;
        for environment in route.iter().filter(|one| one.requires.is_empty()) {
            let verified = verify(
                acting(use_case, order, &environment.name),
                &VerifyRequest {
                    product: order.product,
                    platform: order.platform,
                    environment: environment.name.as_str(),
                    process_environment: order.process_environment,
                },
            )
            .await?;
            let passed = verified.passed;
            last.clone_from(&verified.verification);
            report.verification = Some(verified);
            if !passed {
                return Ok(report);
            }
        }
        report.change = advance(use_case, &report.change, ChangeRequestEvent::Verified, |row| {
            row.verification = last
        })
        .await?;
    }
    if report.change.state == ChangeRequestState::Verified {
        let frozen = freeze(use_case, order.product, order.version, None).await?;
        report.change = advance(use_case, &report.change, ChangeRequestEvent::Frozen, |row| {
            row.digest = Some(frozen.digest)
        })
        .await?;
    }
    if report.change.state == ChangeRequestState::Frozen {
        deliver(use_case, order, &route, &mut report).await?;
    }
    Ok(report)
}

/// Promotes the release along the way; stops where it has to wait or is refused.
async fn deliver(
    use_case: UseCase<'_>,
    order: &ChangeOrder<'_>,
    route: &[&Environment],
    report: &mut ChangeReport,
) -> Result<(), ChangeError> {
    for environment in route.iter().filter(|one| !one.requires.is_empty()) {
        let Promoted {
            report: promoted,
            refused,
        } = promote(
            acting(use_case, order, &environment.name),
            &PromoteRequest {
                repository: &order.product.root,
                product: &order.product.descriptor.name,
                version: order.version,
                platform: order.platform,
                environment: environment.name.as_str(),
                data: order.data,
                process_environment: order.process_environment,
            },
        )
        .await?;
        let id = promoted.promotion.id.clone();
        let state = promoted.promotion.state;
        report.promotion = Some(promoted);
        report.refused = refused;
        if !report.change.promotions.contains(&id) {
            report.change = advance(use_case, &report.change, ChangeRequestEvent::Promoted, |row| {
                row.promotions.push(id)
            })
            .await?;
        }
        if state != PromotionState::Completed {
            return Ok(());
        }
    }
    report.change = advance(use_case, &report.change, ChangeRequestEvent::Delivered, |_| {}).await?;
    Ok(())
}

fn acting<'a>(use_case: UseCase<'a>, order: &'a ChangeOrder<'_>, environment: &EnvironmentName) -> UseCase<'a> {
    UseCase {
        actor: order.actors.get(environment).unwrap_or(use_case.actor),
        ..use_case
    }
}

async fn advance(
    use_case: UseCase<'_>,
    row: &ChangeRequest,
    event: ChangeRequestEvent,
    change: impl FnOnce(&mut ChangeRequest),
) -> Result<ChangeRequest, ChangeError> {
    let mut next = ChangeRequest {
        state: change_request::step(Some(row.state), event)?,
        changed_at: use_case.clock.now(),
        row_version: row.row_version + 1,
        ..row.clone()
    };
    change(&mut next);
    use_case.record(Change::ChangeRequest(next.clone())).await?;
    use_case.progress.say(&format!("change {}: {}", next.id, next.state));
    Ok(next)
}

/// The change that the version answers, recorded now or before.
async fn take_up(use_case: UseCase<'_>, order: &ChangeOrder<'_>) -> Result<ChangeRequest, ChangeError> {
    let product = &order.product.descriptor.name;
    let known = use_case.store.change_requests(Some(product)).await?;
    let known = known.into_iter().find(|row| row.version == *order.version);
    if let Some(row) = &known {
        let other_request = order.request.is_some_and(|request| request != row.request);
        let other_signoff = order
            .signoff
            .is_some_and(|signoff| row.signoff.as_deref() != Some(signoff));
        if other_request || other_signoff {
            return Err(ChangeError::OtherRequest {
                version: row.version.clone(),
                request: row.request.clone(),
            });
        }
        // A release does not change any more, whatever is checked out.
        if matches!(row.state, ChangeRequestState::Frozen | ChangeRequestState::Delivered) {
            return Ok(row.clone());
        }
    }
    let paths = changed_paths(&order.product.root).await?;
    if !paths.is_empty() {
        return Err(ChangeError::Dirty { paths });
    }
    let head = order.product.head().await?;
    if let Some(row) = known {
        if row.commit == head {
            return Ok(row);
        }
        return advance(use_case, &row, ChangeRequestEvent::Request, |row| {
            row.commit = head;
            row.verification = None;
        })
        .await;
    }
    let request = order
        .request
        .ok_or_else(|| ChangeError::NoRequest(order.version.clone()))?;
    require_new(use_case, order, product, &head).await?;
    let now = use_case.clock.now();
    let row = ChangeRequest {
        id: format!("c-{}", &Uuid::new_v4().simple().to_string()[..12]),
        product: product.clone(),
        request: request.to_owned(),
        signoff: order.signoff.map(str::to_owned),
        version: order.version.clone(),
        environment: order.destination.name.clone(),
        state: change_request::step(None, ChangeRequestEvent::Request)?,
        commit: head,
        verification: None,
        digest: None,
        promotions: Vec::new(),
        requested_at: now,
        requested_by: use_case.actor.subject.clone(),
        changed_at: now,
        row_version: 1,
    };
    use_case.record(Change::ChangeRequest(row.clone())).await?;
    use_case.progress.say(&format!("change {}: {}", row.id, row.state));
    Ok(row)
}

/// A change is a commit that the release it is asked of does not have, under a higher version.
async fn require_new(
    use_case: UseCase<'_>,
    order: &ChangeOrder<'_>,
    product: &ProductName,
    head: &str,
) -> Result<(), ChangeError> {
    let asked_of = match order.signoff {
        Some(id) => {
            let signoffs = use_case.store.signoffs(Some(product)).await?;
            let found = signoffs.into_iter().find(|row| row.id == id);
            let found = found.ok_or_else(|| ChangeError::UnknownSignoff(id.to_owned()))?;
            if found.verdict == SignoffVerdict::Accepted {
                return Err(ChangeError::Accepted {
                    id: found.id,
                    criterion: found.criterion,
                });
            }
            Some(found.version)
        }
        None => use_case
            .store
            .active_deployment(product, &order.destination.name)
            .await?
            .and_then(|row| row.version),
    };
    let Some(before) = asked_of else { return Ok(()) };
    if *order.version <= before {
        return Err(ChangeError::NotNewer {
            version: order.version.clone(),
            before,
        });
    }
    let release = use_case.store.release(product, &before).await?;
    if release.is_some_and(|release| release.commit == head) {
        return Err(ChangeError::NothingNew { version: before });
    }
    Ok(())
}
