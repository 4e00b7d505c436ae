//! Gate `signoff`: every criterion of the environment is accepted, for exactly this release.

use serde_json::json;
use sluice_store::StoreError;
use sluice_store::record::{Signoff, SignoffVerdict};

use super::{Case, Finding};
use crate::platform::SignoffRules;

pub(super) async fn find(case: Case<'_>) -> Result<Finding, StoreError> {
    let signoffs = case.use_case.store.signoffs(Some(&case.release.product)).await?;
    let mine: Vec<Signoff> = signoffs
        .into_iter()
        .filter(|row| row.digest == case.release.digest)
        .collect();
    Ok(match &case.environment.signoffs {
        Some(rules) => judge(rules, &case.release.version.to_string(), &mine),
        None => Finding::of(&json!({}), Vec::new(), Vec::new()),
    })
}

/// The newest word on each criterion counts. `signoffs` are those of the release, oldest first.
fn judge(rules: &SignoffRules, version: &str, signoffs: &[Signoff]) -> Finding {
    let mut reasons = Vec::new();
    let mut evidence = Vec::new();
    for criterion in &rules.criteria {
        let place = &rules.environment;
        let newest = signoffs
            .iter()
            .rev()
            .find(|row| row.criterion == criterion.name && row.environment == *place && row.role == criterion.role);
        match newest {
            Some(row) if row.verdict == SignoffVerdict::Accepted => evidence.push(row.id.clone()),
            Some(row) => reasons.push(format!(
                "`{}` was rejected by {} ({}); `sluice change --from {}` takes it up",
                criterion.name, row.subject, row.id, row.id
            )),
            None => reasons.push(format!(
                "`{}` is not signed off in `{place}`: role `{}` does it by `sluice signoff {version} --criterion {} --evidence TEXT`",
                criterion.name, criterion.role, criterion.name
            )),
        }
    }
    let criteria: Vec<(&str, &str)> = rules
        .criteria
        .iter()
        .map(|criterion| (criterion.name.as_str(), criterion.role.as_str()))
        .collect();
    Finding::of(
        &json!({"in": rules.environment, "criteria": criteria, "signoffs": evidence}),
        reasons,
        evidence,
    )
}

#[cfg(test)]
mod tests {
    use sluice_model::{Digest, Timestamp};
    use sluice_store::record::{Evidence, Verdict};

    use super::*;
    use crate::platform::Criterion;

    fn signoff(id: &str, criterion: &str, place: &str, verdict: SignoffVerdict) -> Signoff {
        Signoff {
            id: id.to_owned(),
            product: "flights".parse().unwrap(),
            environment: place.parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            digest: Digest::of(b"1"),
            deployment: "d-1".to_owned(),
            criterion: criterion.to_owned(),
            role: criterion.to_owned(),
            verdict,
            evidence: Evidence::Text("seen".to_owned()),
            subject: "b@x".to_owned(),
            display_name: "b".to_owned(),
            issuer: "http://127.0.0.1:1".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn check(signoffs: &[Signoff]) -> (Verdict, Vec<String>, Vec<String>) {
        let criterion = |name: &str| Criterion {
            name: name.to_owned(),
            role: name.to_owned(),
        };
        let rules = SignoffRules {
            environment: "qa".parse().unwrap(),
            criteria: vec![criterion("business"), criterion("legal")],
        };
        let finding = judge(&rules, "1.0.0", signoffs);
        (finding.verdict, finding.reasons, finding.evidence)
    }

    #[test]
    fn every_criterion_needs_a_yes_and_the_newest_word_counts() {
        let yes = |id, criterion| signoff(id, criterion, "qa", SignoffVerdict::Accepted);
        let no = |id, criterion| signoff(id, criterion, "qa", SignoffVerdict::Rejected);
        let (verdict, reasons, _) = check(&[
            yes("s-1", "business"),
            signoff("s-2", "legal", "dev", SignoffVerdict::Accepted),
        ]);
        assert_eq!((verdict, reasons.len()), (Verdict::Fail, 1));
        assert!(
            reasons[0].starts_with("`legal` is not signed off in `qa`"),
            "{reasons:?}"
        );
        let (verdict, reasons, _) = check(&[yes("s-1", "business"), yes("s-2", "legal"), no("s-3", "legal")]);
        assert_eq!(verdict, Verdict::Fail);
        assert_eq!(
            reasons,
            ["`legal` was rejected by b@x (s-3); `sluice change --from s-3` takes it up"]
        );
        let (verdict, _, evidence) = check(&[no("s-1", "business"), yes("s-2", "business"), yes("s-3", "legal")]);
        assert_eq!(
            (verdict, evidence),
            (Verdict::Pass, vec!["s-2".to_owned(), "s-3".to_owned()])
        );
    }
}
