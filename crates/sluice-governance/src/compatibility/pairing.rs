//! Which part of the old contract is which part of the new one.

use sluice_model::{Node, Tree};

use crate::contract::{Annotations, VENDOR};

/// Why two parts are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// They have the same name.
    Name,
    /// They have the same stable id.
    Id,
    /// The new one names the old name among its `formerNames`.
    FormerName,
}

/// The names by which a part is recognised.
#[derive(Clone, Debug)]
pub(super) struct Identity<'contract> {
    pub(super) id: Option<&'contract str>,
    pub(super) name: &'contract str,
    pub(super) former: Vec<&'contract str>,
}

/// Two lists, paired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairing {
    /// Positions in the old and the new list, in the order of the new one.
    pub(super) pairs: Vec<(usize, usize, Evidence)>,
    /// Positions in the old list of what is gone.
    pub(super) dropped: Vec<usize>,
    /// Positions in the new list of what is new.
    pub(super) added: Vec<usize>,
}

/// The former names that a part gives itself, as one text or a list.
pub(super) fn former_names(annotations: &Annotations) -> Vec<&str> {
    let Some(names) = annotations.custom(VENDOR, "formerNames") else {
        return Vec::new();
    };
    match &names.value.node {
        Node::String(name) => vec![name.as_str()],
        Node::Sequence(items) => items.iter().filter_map(Tree::as_str).collect(),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::Mapping(_) => Vec::new(),
    }
}

/// Pairs by stable id first, then by name, then by former names. Each part is paired at most once.
pub(super) fn pair(previous: &[Identity<'_>], current: &[Identity<'_>]) -> Pairing {
    let mut taken = vec![false; previous.len()];
    let mut of: Vec<Option<(usize, Evidence)>> = vec![None; current.len()];
    let mut by = |evidence: Evidence, same: &dyn Fn(&Identity<'_>, &Identity<'_>) -> bool| {
        for (position, new) in current.iter().enumerate() {
            if of[position].is_some() {
                continue;
            }
            let found = previous
                .iter()
                .enumerate()
                .find(|(index, old)| !taken[*index] && same(old, new));
            if let Some((index, _)) = found {
                taken[index] = true;
                of[position] = Some((index, evidence));
            }
        }
    };
    by(Evidence::Id, &|old, new| old.id.is_some() && old.id == new.id);
    by(Evidence::Name, &|old, new| old.name == new.name);
    by(Evidence::Name, &|old, new| old.name.eq_ignore_ascii_case(new.name));
    by(Evidence::FormerName, &|old, new| {
        new.former.iter().any(|name| name.eq_ignore_ascii_case(old.name))
    });
    Pairing {
        pairs: of
            .iter()
            .enumerate()
            .filter_map(|(position, found)| found.map(|(index, evidence)| (index, position, evidence)))
            .collect(),
        dropped: (0..previous.len()).filter(|index| !taken[*index]).collect(),
        added: (0..current.len()).filter(|position| of[*position].is_none()).collect(),
    }
}
