//! Quality rules: what was guaranteed about the rows, and is it still.

use super::comparison::{At, Comparison};
use super::kind::Kind;
use super::pairing::{Identity, pair};
use crate::contract::{QualityCheck, QualityRule};
use crate::quality::{Expected, RuleSeverity, normal_form};

/// Compares the rules of a table or column.
pub(super) fn compare(
    comparison: &mut Comparison,
    (previous, current): (&[QualityRule], &[QualityRule]),
    path: &str,
    at: &At,
) {
    let (old_names, new_names) = (names(previous), names(current));
    let pairing = pair(&identities(previous, &old_names), &identities(current, &new_names));
    for (old, new, _) in pairing.pairs {
        rule(comparison, (&previous[old], &current[new]), (path, &new_names[new]));
    }
    for index in pairing.dropped {
        let gone = &previous[index];
        let kind = if guarantees(gone) {
            Kind::QualityRuleRemoved
        } else {
            Kind::InformationalRuleRemoved
        };
        let message = format!("quality rule `{}` of `{path}` is gone", old_names[index]);
        comparison.change(kind, path, &At::either(Some(&gone.place), None, at), message);
    }
    for index in pairing.added {
        let message = format!("quality rule `{}` of `{path}` is new", new_names[index]);
        comparison.change(Kind::QualityRuleAdded, path, &At::new(&current[index].place), message);
    }
}

/// The name of each rule: its own, else what it checks and how many like it came before.
fn names(rules: &[QualityRule]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for rule in rules {
        let base = match (&rule.name, &rule.check) {
            (Some(name), _) => name.value.clone(),
            (None, QualityCheck::Words) => "text".to_owned(),
            (None, QualityCheck::Library { metric, .. }) => metric.value.clone(),
            (None, QualityCheck::Sql { .. }) => "sql".to_owned(),
            (None, QualityCheck::Custom { engine, .. }) => engine.value.clone(),
        };
        let count = names
            .iter()
            .filter(|name| name.split('#').next() == Some(&base))
            .count();
        names.push(if count == 0 {
            base
        } else {
            format!("{base}#{}", count + 1)
        });
    }
    names
}

fn identities<'contract>(rules: &'contract [QualityRule], names: &'contract [String]) -> Vec<Identity<'contract>> {
    rules
        .iter()
        .zip(names)
        .map(|(rule, name)| Identity {
            id: rule.id.as_ref().map(|id| id.as_str()),
            name,
            former: Vec::new(),
        })
        .collect()
}

/// Words guarantee nothing, and neither does a rule whose violation is only reported.
fn guarantees(rule: &QualityRule) -> bool {
    !matches!(rule.check, QualityCheck::Words) && severity(rule) == RuleSeverity::Error
}

fn severity(rule: &QualityRule) -> RuleSeverity {
    RuleSeverity::of(rule.severity.as_ref().map(|severity| severity.as_str()))
}

fn rule(comparison: &mut Comparison, (old, new): (&QualityRule, &QualityRule), (path, name): (&str, &str)) {
    let at = At::of(&old.place, &new.place);
    let of = format!("quality rule `{name}` of `{path}`");
    match (severity(old), severity(new)) {
        (RuleSeverity::Error, RuleSeverity::Warning) if guarantees(old) => {
            let message = format!("a violation of {of} is only reported now");
            comparison.change(Kind::QualityRuleDowngraded, path, &at, message);
        }
        (RuleSeverity::Warning, RuleSeverity::Error) => {
            comparison.change(Kind::QualityRuleAdded, path, &at, format!("{of} must hold now"));
        }
        _ => {}
    }
    if !same_check(&old.check, &new.check) || old.unit != new.unit {
        let kind = match (&old.check, &new.check) {
            (QualityCheck::Words, QualityCheck::Words) => Kind::DescriptionEdited,
            _ => Kind::QualityCheckChanged,
        };
        comparison.change(kind, path, &at, format!("what {of} checks changed"));
    } else if old.expectation != new.expectation {
        threshold(comparison, (old, new), path, &of, &at);
    }
    if old.description != new.description || old.dimension != new.dimension {
        comparison.change(
            Kind::DescriptionEdited,
            path,
            &at,
            format!("the words about {of} changed"),
        );
    }
}

fn same_check(old: &QualityCheck, new: &QualityCheck) -> bool {
    match (old, new) {
        (QualityCheck::Sql { query: old }, QualityCheck::Sql { query: new }) => {
            old == new || normal_form(old).is_some_and(|form| normal_form(new) == Some(form))
        }
        _ => old == new,
    }
}

fn threshold(comparison: &mut Comparison, (old, new): (&QualityRule, &QualityRule), path: &str, of: &str, at: &At) {
    let expected = |rule: &QualityRule| {
        rule.expectation
            .as_ref()
            .map(|expectation| Expected::of(&expectation.value))
    };
    let (before, now) = match (expected(old), expected(new)) {
        (Some(Some(before)), Some(Some(now))) => (before, now),
        _ => {
            return comparison.change(
                Kind::QualityCheckChanged,
                path,
                at,
                format!("what {of} expects changed"),
            );
        }
    };
    let counts_rows = matches!(old.check, QualityCheck::Library { .. });
    let (mut loosened, mut tightened) = (false, false);
    for probe in probes(&before, &now, counts_rows) {
        match (before.holds(&probe), now.holds(&probe)) {
            (false, true) => loosened = true,
            (true, false) => tightened = true,
            (true, true) | (false, false) => {}
        }
    }
    let kind = match (loosened, tightened) {
        (true, _) if guarantees(old) => Kind::ThresholdLoosened,
        (true, _) => Kind::InformationalThresholdLoosened,
        (false, true) => Kind::ThresholdTightened,
        (false, false) => return,
    };
    let message = format!("{of} expected {before} and expects {now}");
    comparison.change(kind, path, at, message);
}

/// Values at which two expectations can differ: at, next to and between their limits, and far away. Counts are never negative.
fn probes(one: &Expected, other: &Expected, counts_rows: bool) -> Vec<String> {
    let mut limits = Vec::new();
    let mut probes = Vec::new();
    for expected in [one, other] {
        match expected {
            Expected::Equal(value) | Expected::NotEqual(value) => match value.parse::<f64>() {
                Ok(number) if number.is_finite() => limits.push(number),
                _ => probes.push(value.clone()),
            },
            Expected::Greater(limit)
            | Expected::GreaterOrEqual(limit)
            | Expected::Less(limit)
            | Expected::LessOrEqual(limit) => limits.push(*limit),
            Expected::Between(low, high) | Expected::NotBetween(low, high) => limits.extend([*low, *high]),
        }
    }
    limits.sort_by(f64::total_cmp);
    let mut numbers = vec![f64::MIN, f64::MAX, 0.0];
    numbers.extend(
        limits
            .iter()
            .flat_map(|limit| [*limit, limit - 1.0, limit + 1.0, limit - 0.01, limit + 0.01]),
    );
    numbers.extend(limits.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])));
    probes.extend(
        numbers
            .into_iter()
            .filter(|number| !counts_rows || *number >= 0.0)
            .map(|number| number.to_string()),
    );
    probes
}
