//! The graph of dependencies between resources: order and cycles.

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::ResourceKey;

use super::plan::Dependency;

/// Edges by key: what each resource needs first. A dependency on a key that is not in the graph has no influence on the order.
pub(crate) type Edges = BTreeMap<ResourceKey, Vec<Dependency>>;

/// The keys with everything that a key needs before it; among keys that are free the smallest first, so that the order is always
/// the same.
///
/// # Errors
/// One cycle, as the keys on it in order.
pub(crate) fn topological(edges: &Edges) -> Result<Vec<ResourceKey>, Vec<ResourceKey>> {
    let needs = |key: &ResourceKey| -> BTreeSet<&ResourceKey> {
        edges[key]
            .iter()
            .map(|dependency| &dependency.node)
            .filter(|node| edges.contains_key(node))
            .collect()
    };
    let mut open: BTreeMap<&ResourceKey, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<&ResourceKey, Vec<&ResourceKey>> = BTreeMap::new();
    for key in edges.keys() {
        let nodes = needs(key);
        open.insert(key, nodes.len());
        for node in nodes {
            needed_by.entry(node).or_default().push(key);
        }
    }
    let mut free: BTreeSet<&ResourceKey> = open
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(key, _)| *key)
        .collect();
    let mut order = Vec::with_capacity(edges.len());
    while let Some(key) = free.pop_first() {
        order.push(key.clone());
        open.remove(key);
        for dependent in needed_by.get(key).into_iter().flatten() {
            if let Some(count) = open.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    free.insert(dependent);
                }
            }
        }
    }
    match open.keys().next() {
        None => Ok(order),
        Some(start) => Err(cycle(start, |key| {
            needs(key)
                .into_iter()
                .find(|node| open.contains_key(*node))
                .expect("invariant: a key that stays open needs another open key")
        })),
    }
}

/// Follows open dependencies until a key comes back.
fn cycle<'a>(start: &'a ResourceKey, next: impl Fn(&'a ResourceKey) -> &'a ResourceKey) -> Vec<ResourceKey> {
    let mut seen = vec![start];
    loop {
        let key = next(seen[seen.len() - 1]);
        if let Some(position) = seen.iter().position(|other| *other == key) {
            return seen[position..].iter().map(|key| (*key).clone()).collect();
        }
        seen.push(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(pairs: &[(&str, &[&str])]) -> Edges {
        let key = |name: &str| ResourceKey::bundle("jobs", name);
        pairs
            .iter()
            .map(|(name, needs)| {
                let needs = needs.iter().map(|node| Dependency {
                    node: key(node),
                    label: String::new(),
                });
                (key(name), needs.collect())
            })
            .collect()
    }

    fn names(keys: &[ResourceKey]) -> Vec<&str> {
        keys.iter().map(|key| key.name.as_str()).collect()
    }

    #[test]
    fn what_is_needed_comes_first_and_ties_go_by_key() {
        let order = topological(&edges(&[
            ("a", &["c", "elsewhere"]),
            ("b", &[]),
            ("c", &["d", "d"]),
            ("d", &[]),
        ]))
        .unwrap();
        assert_eq!(names(&order), ["b", "d", "c", "a"]);
    }

    #[test]
    fn a_cycle_is_named_without_what_leads_to_it() {
        let cycle = topological(&edges(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("z", &[])])).unwrap_err();
        assert_eq!(names(&cycle), ["b", "c"]);
    }
}
