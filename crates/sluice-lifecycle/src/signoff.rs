//! `sluice signoff`: people accept or reject a release, criterion by criterion, where it runs before production.

use std::path::Path;

use serde::Serialize;
use sluice_model::{ProductName, ReleaseVersion};
use sluice_store::record::{Attempt, Evidence, Refusal, Release, Signoff, SignoffVerdict};
use sluice_store::{Change, Store, StoreError};
use uuid::Uuid;

use crate::approval::request::authors;
use crate::approval::rules::{self, Objection};
use crate::context::UseCase;
use crate::notification;
use crate::people::Person;
use crate::platform::{Criterion, Environment, Platform};
use crate::promotion::PromoteError;

/// What is signed off: a release, a criterion, and the environments that this is about.
#[derive(Clone, Debug)]
pub struct SignoffPlace<'a> {
    /// The release.
    pub release: Release,
    /// The criterion.
    pub criterion: &'a Criterion,
    /// Where the release is looked at.
    pub environment: &'a Environment,
    /// Where it may go then.
    pub target: &'a Environment,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignoffReport {
    /// The sign-off.
    pub signoff: Signoff,
    /// Criteria of the target environment that are still open for this release.
    pub open: Vec<String>,
}

/// Nothing was signed off.
#[derive(Debug, thiserror::Error)]
pub enum SignoffError {
    /// There is no such release or promotion.
    #[error("there is no release and no promotion `{0}` of this product")]
    Unknown(String),
    /// No environment has the criterion.
    #[error("no environment of the platform has a criterion `{name}`; there is {known}")]
    UnknownCriterion {
        /// The criterion.
        name: String,
        /// What there is.
        known: String,
    },
    /// More than one environment has it.
    #[error("several environments want `{name}`: name one by --for, of {}", environments.join(", "))]
    Several {
        /// The criterion.
        name: String,
        /// The environments.
        environments: Vec<String>,
    },
    /// The person may not, or the release is not there to be looked at. It is in the ledger.
    #[error("sign-off of `{criterion}` refused: {}", reasons.join("; "))]
    Refused {
        /// The criterion.
        criterion: String,
        /// Why not.
        reasons: Vec<String>,
        /// What would help.
        hints: Vec<String>,
    },
    /// The release or its history cannot be looked at.
    #[error(transparent)]
    Promotion(#[from] PromoteError),
}

impl From<StoreError> for SignoffError {
    fn from(error: StoreError) -> Self {
        Self::Promotion(error.into())
    }
}

/// Finds what is meant by a version or a promotion's id, a criterion and, when several environments want it, one of them.
///
/// # Errors
/// When there is no such thing.
pub async fn signoff_place<'a>(
    store: &Store,
    platform: &'a Platform,
    product: &ProductName,
    subject: &str,
    criterion: &str,
    target: Option<&str>,
) -> Result<SignoffPlace<'a>, SignoffError> {
    let unknown = || SignoffError::Unknown(subject.to_owned());
    let version: ReleaseVersion = match store.promotion(subject).await? {
        Some(promotion) if promotion.product == *product => promotion.version,
        Some(_) => return Err(unknown()),
        None => subject.parse().map_err(|_no_version| unknown())?,
    };
    let release = store.release(product, &version).await?.ok_or_else(unknown)?;
    let wanted: Vec<(&Environment, &Environment, &Criterion)> = platform
        .environments
        .iter()
        .filter(|one| target.is_none_or(|target| one.name.as_str() == target))
        .filter_map(|one| {
            let rules = one.signoffs.as_ref()?;
            let place = platform
                .environments
                .iter()
                .find(|place| place.name == rules.environment)?;
            let found = rules.criteria.iter().find(|known| known.name == criterion)?;
            Some((one, place, found))
        })
        .collect();
    match wanted.as_slice() {
        [] => Err(SignoffError::UnknownCriterion {
            name: criterion.to_owned(),
            known: known_criteria(platform),
        }),
        [(target, environment, criterion)] => Ok(SignoffPlace {
            release,
            criterion,
            environment,
            target,
        }),
        several => Err(SignoffError::Several {
            name: criterion.to_owned(),
            environments: several.iter().map(|(target, ..)| target.name.to_string()).collect(),
        }),
    }
}

fn known_criteria(platform: &Platform) -> String {
    let mut names: Vec<String> = platform
        .environments
        .iter()
        .flat_map(|one| one.signoffs.iter().flat_map(|rules| &rules.criteria))
        .map(|criterion| format!("`{}`", criterion.name))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// Records what a person says about a criterion of a release.
///
/// # Errors
/// When the person may not, or the release does not run, verified, where it is looked at. A refusal is recorded.
pub async fn sign_off(
    use_case: UseCase<'_>,
    repository: &Path,
    platform: &Platform,
    place: &SignoffPlace<'_>,
    person: &Person,
    said: (SignoffVerdict, Evidence),
) -> Result<SignoffReport, SignoffError> {
    let now = use_case.clock.now();
    let release = &place.release;
    let mut objections = Vec::new();
    let deployment = match running(use_case.store, place).await? {
        Ok(deployment) => deployment,
        Err(objection) => {
            objections.push(objection);
            String::new()
        }
    };
    let role = &place.criterion.role;
    let found = platform.roles.get(role);
    objections.extend(rules::in_role(person, role, found, place.environment.name.as_str()));
    let target = &place.target.name;
    let authors = authors(use_case, repository, &platform.principals, release, target).await?;
    objections.extend(rules::as_author(person, &authors, target.as_str()));
    if !objections.is_empty() {
        return Err(refused(use_case, platform, place, person, objections).await?);
    }
    let (verdict, evidence) = said;
    let signoff = Signoff {
        id: format!("s-{}", &Uuid::new_v4().simple().to_string()[..12]),
        product: release.product.clone(),
        environment: place.environment.name.clone(),
        version: release.version.clone(),
        digest: release.digest,
        deployment,
        criterion: place.criterion.name.clone(),
        role: role.clone(),
        verdict,
        evidence,
        subject: person.actor.subject.clone(),
        display_name: person.actor.display_name.clone(),
        issuer: person.actor.issuer.clone(),
        at: now,
    };
    notification::record(use_case, platform, vec![Change::Signoff(signoff.clone())]).await?;
    let open = open_criteria(use_case.store, place).await?;
    Ok(SignoffReport { signoff, open })
}

/// The deployment of the release that runs, verified, where it is looked at.
async fn running(store: &Store, place: &SignoffPlace<'_>) -> Result<Result<String, Objection>, StoreError> {
    let (release, environment) = (&place.release, &place.environment.name);
    let active = store.active_deployment(&release.product, environment).await?;
    let Some(active) = active.filter(|row| row.digest == release.digest && row.version.is_some()) else {
        let objection = Objection::new(format!(
            "{} {} does not run in `{environment}`",
            release.product, release.version
        ))
        .hint(format!(
            "`sluice promote {} --to {environment}` brings it there",
            release.version
        ));
        return Ok(Err(objection));
    };
    let verifications = store.verifications(Some(&release.product)).await?;
    let last = verifications
        .iter()
        .rev()
        .find(|row| row.deployment.as_ref() == Some(&active.id));
    Ok(match last {
        Some(row) if row.passed => Ok(active.id),
        Some(_) | None => Err(Objection::new(format!(
            "{} {} is not verified in `{environment}`",
            release.product, release.version
        ))),
    })
}

async fn open_criteria(store: &Store, place: &SignoffPlace<'_>) -> Result<Vec<String>, StoreError> {
    let signoffs = store.signoffs(Some(&place.release.product)).await?;
    let rules = place.target.signoffs.iter().flat_map(|rules| &rules.criteria);
    let accepted = |criterion: &Criterion| {
        let newest = signoffs.iter().rev().find(|row| {
            row.digest == place.release.digest
                && row.criterion == criterion.name
                && row.role == criterion.role
                && row.environment == place.environment.name
        });
        newest.is_some_and(|row| row.verdict == SignoffVerdict::Accepted)
    };
    Ok(rules
        .filter(|criterion| !accepted(criterion))
        .map(|criterion| criterion.name.clone())
        .collect())
}

async fn refused(
    use_case: UseCase<'_>,
    platform: &Platform,
    place: &SignoffPlace<'_>,
    person: &Person,
    objections: Vec<Objection>,
) -> Result<SignoffError, SignoffError> {
    let reasons: Vec<String> = objections.iter().map(|objection| objection.reason.clone()).collect();
    let mut hints: Vec<String> = objections.into_iter().filter_map(|objection| objection.hint).collect();
    hints.dedup();
    let refusal = Refusal {
        id: format!("r-{}", &Uuid::new_v4().simple().to_string()[..12]),
        product: place.release.product.clone(),
        environment: place.environment.name.clone(),
        version: place.release.version.clone(),
        promotion: None,
        approval: None,
        attempt: Attempt::SignOff,
        subject: person.actor.subject.clone(),
        reasons: reasons.clone(),
        at: use_case.clock.now(),
    };
    notification::record(use_case, platform, vec![Change::Refusal(refusal)]).await?;
    Ok(SignoffError::Refused {
        criterion: place.criterion.name.clone(),
        reasons,
        hints,
    })
}
