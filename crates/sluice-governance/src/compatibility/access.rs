//! Who may see the data: classification, encryption, roles.

use super::comparison::{At, Comparison};
use super::kind::Kind;
use super::pairing::{Identity, pair};
use crate::contract::{Contract, Located, Property, Role};

/// How closed a classification is; none for a word that is not known.
fn rank(word: &str) -> Option<u8> {
    Some(match word.to_lowercase().as_str() {
        "public" | "open" => 0,
        "internal" => 1,
        "confidential" | "pii" | "personal" | "sensitive" => 2,
        "restricted" | "secret" => 3,
        _ => return None,
    })
}

/// Compares the classification of a column. One that is not said counts as internal.
pub(super) fn classification(
    comparison: &mut Comparison,
    (previous, current): (&Property, &Property),
    path: &str,
    at: &At,
) {
    let (old, new) = (&previous.classification, &current.classification);
    if old == new {
        return;
    }
    let kind = by_rank(old.as_ref(), new.as_ref());
    let at = At::either(
        old.as_ref().map(|one| &one.place),
        new.as_ref().map(|one| &one.place),
        at,
    );
    let shown =
        |word: &Option<Located<String>>| word.as_ref().map_or("not said".to_owned(), |word| format!("`{word}`"));
    let message = format!(
        "the classification of `{path}` was {} and is {}",
        shown(old),
        shown(new)
    );
    comparison.change(kind, path, &at, message);
}

fn by_rank(old: Option<&Located<String>>, new: Option<&Located<String>>) -> Kind {
    let rank_of = |word: Option<&Located<String>>| match word {
        None => Some(1),
        Some(word) => rank(word),
    };
    match (rank_of(old), rank_of(new)) {
        (Some(_), Some(now)) if old.is_none() && now <= 1 => Kind::ClassificationDeclared,
        (Some(before), Some(now)) if now > before => Kind::ClassificationRaised,
        (Some(before), Some(now)) if now < before || new.is_none() => Kind::ClassificationLowered,
        (Some(_), Some(_)) | (None, _) | (_, None) => Kind::ClassificationUnclear,
    }
}

/// Compares the columns that hold a column encrypted.
pub(super) fn encryption(
    comparison: &mut Comparison,
    (previous, current): (&Property, &Property),
    path: &str,
    at: &At,
) {
    let (old, new) = (&previous.encrypted_name, &current.encrypted_name);
    if old == new {
        return;
    }
    let at = At::either(
        old.as_ref().map(|one| &one.place),
        new.as_ref().map(|one| &one.place),
        at,
    );
    let (kind, message) = match new {
        Some(name) => (
            Kind::EncryptedNameAdded,
            format!("`{path}` is held encrypted in `{name}`"),
        ),
        None => (
            Kind::EncryptedNameRemoved,
            format!("`{path}` is no longer held encrypted"),
        ),
    };
    comparison.change(kind, path, &at, message);
}

/// Compares the roles.
pub(super) fn roles(comparison: &mut Comparison, previous: &Contract, current: &Contract) {
    fn identities(roles: &[Role]) -> Vec<Identity<'_>> {
        roles
            .iter()
            .map(|role| Identity {
                id: None,
                name: &role.role.value,
                former: Vec::new(),
            })
            .collect()
    }
    let pairing = pair(&identities(&previous.roles), &identities(&current.roles));
    for (old, new, _) in pairing.pairs {
        let (old, new) = (&previous.roles[old], &current.roles[new]);
        if old.access != new.access {
            let message = format!("the access of role `{}` changed", new.role);
            comparison.change(Kind::RoleChanged, "", &At::of(&old.place, &new.place), message);
        } else if old.first_level_approvers != new.first_level_approvers
            || old.second_level_approvers != new.second_level_approvers
        {
            let message = format!("the approvers of role `{}` changed", new.role);
            comparison.change(Kind::PeopleChanged, "", &At::of(&old.place, &new.place), message);
        }
    }
    for old in pairing.dropped {
        let role = &previous.roles[old];
        let message = format!("role `{}` is gone", role.role);
        comparison.change(Kind::RoleRemoved, "", &At::gone(&role.place, &current.place), message);
    }
    for new in pairing.added {
        let role = &current.roles[new];
        let message = format!("role `{}` is new", role.role);
        comparison.change(Kind::RoleAdded, "", &At::new(&role.place), message);
    }
}
