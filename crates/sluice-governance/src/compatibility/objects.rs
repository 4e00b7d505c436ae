//! Tables and views: which are there, their names, keys, grain.

use super::columns;
use super::comparison::{At, Comparison};
use super::kind::Kind;
use super::pairing::{Evidence, Identity, former_names, pair};
use super::quality;
use super::types::Position;
use super::wording;
use crate::contract::{Contract, Located, Property, SchemaObject};

/// Compares the schema objects.
pub(super) fn compare(comparison: &mut Comparison, previous: &Contract, current: &Contract) {
    let pairing = pair(&identities(&previous.schema), &identities(&current.schema));
    for index in pairing.dropped {
        let gone = &previous.schema[index];
        let message = format!("`{}` is gone", gone.element.name);
        let at = At::gone(&gone.element.place, &current.place);
        comparison.change(Kind::TableDropped, &gone.element.name, &at, message);
    }
    for (old, new, evidence) in pairing.pairs {
        object(comparison, (&previous.schema[old], &current.schema[new]), evidence);
    }
    for index in pairing.added {
        let new = &current.schema[index];
        let message = format!("`{}` is new", new.element.name);
        comparison.change(
            Kind::TableAdded,
            &new.element.name,
            &At::new(&new.element.place),
            message,
        );
    }
}

fn identities(objects: &[SchemaObject]) -> Vec<Identity<'_>> {
    objects
        .iter()
        .map(|object| Identity {
            id: object.element.id.as_ref().map(|id| id.as_str()),
            name: &object.element.name.value,
            former: former_names(&object.element.annotations),
        })
        .collect()
}

fn object(comparison: &mut Comparison, (previous, current): (&SchemaObject, &SchemaObject), evidence: Evidence) {
    let (old, new) = (&previous.element, &current.element);
    let path = new.name.value.as_str();
    let at = At::of(&old.place, &new.place);
    if old.name != new.name {
        let by = match evidence {
            Evidence::FormerName => "as its former names say",
            Evidence::Id | Evidence::Name => "by its id",
        };
        let message = format!("`{path}` was called `{}`, {by}", old.name);
        comparison.change(
            Kind::TableRenamed,
            path,
            &At::of(&old.name.place, &new.name.place),
            message,
        );
    } else if old.physical_name() != new.physical_name() {
        let message = format!(
            "`{path}` was `{}` in the platform and is `{}`",
            old.physical_name(),
            new.physical_name()
        );
        let places = At::of(&old.physical_name().place, &new.physical_name().place);
        comparison.change(Kind::TableRenamed, path, &places, message);
    }
    kind(comparison, (previous, current), path, &at);
    grain(comparison, (previous, current), path, &at);
    primary_key(comparison, (previous, current), path, &at);
    columns::foreign_keys(comparison, (&previous.relationships, &current.relationships), path, &at);
    wording::element(comparison, (old, new), path, &at);
    wording::context(
        comparison,
        (previous.context.as_ref(), current.context.as_ref()),
        path,
        &at,
    );
    quality::compare(comparison, (&old.quality, &new.quality), path, &at);
    let properties = (previous.properties.as_slice(), current.properties.as_slice());
    columns::compare(comparison, properties, path, Position::Column, &new.place);
}

/// Table, view, … What is not said is a table.
fn kind(comparison: &mut Comparison, (previous, current): (&SchemaObject, &SchemaObject), path: &str, at: &At) {
    let (old, new) = (&previous.element.physical_type, &current.element.physical_type);
    let word = |kind: &Option<Located<String>>| {
        kind.as_ref()
            .map_or("table".to_owned(), |kind| kind.value.to_lowercase())
    };
    if word(old) != word(new) {
        let at = At::either(
            old.as_ref().map(|one| &one.place),
            new.as_ref().map(|one| &one.place),
            at,
        );
        let message = format!("`{path}` was a {} and is a {}", word(old), word(new));
        comparison.change(Kind::ObjectKindChanged, path, &at, message);
    }
}

fn grain(comparison: &mut Comparison, (previous, current): (&SchemaObject, &SchemaObject), path: &str, at: &At) {
    let (old, new) = (&previous.granularity, &current.granularity);
    if old == new {
        return;
    }
    let at = At::either(
        old.as_ref().map(|one| &one.place),
        new.as_ref().map(|one| &one.place),
        at,
    );
    let (kind, message) = match old {
        Some(_) => (Kind::GrainChanged, format!("what one row of `{path}` is changed")),
        None => (Kind::GrainDeclared, format!("it is said what one row of `{path}` is")),
    };
    comparison.change(kind, path, &at, message);
}

/// Keys are compared by the columns that they are made of, which may have been renamed.
fn primary_key(comparison: &mut Comparison, (previous, current): (&SchemaObject, &SchemaObject), path: &str, at: &At) {
    let before = previous.primary_key();
    let now = current.primary_key();
    let pairing = pair(
        &columns::identities(before.iter().copied()),
        &columns::identities(now.iter().copied()),
    );
    let names = |key: &[&Property]| {
        let names: Vec<&str> = key.iter().map(|one| one.element.name.as_str()).collect();
        names.join(", ")
    };
    let first = |key: &[&Property]| {
        key.first()
            .and_then(|one| one.primary_key.as_ref())
            .map(|flag| flag.place.clone())
    };
    let at = At::either(first(&before).as_ref(), first(&now).as_ref(), at);
    let same = pairing.dropped.is_empty() && pairing.added.is_empty();
    let (kind, message) = match (before.is_empty(), now.is_empty()) {
        (true, true) => return,
        (false, true) => (
            Kind::PrimaryKeyRemoved,
            format!("`{path}` has no primary key any more (it was {})", names(&before)),
        ),
        (true, false) => (
            Kind::PrimaryKeyAdded,
            format!("`{path}` has a primary key: {}", names(&now)),
        ),
        (false, false) if !same => (
            Kind::PrimaryKeyChanged,
            format!(
                "the primary key of `{path}` was ({}) and is ({})",
                names(&before),
                names(&now)
            ),
        ),
        (false, false) if pairing.pairs.iter().any(|(old, new, _)| old != new) => (
            Kind::PrimaryKeyReordered,
            format!("the primary key of `{path}` has another order"),
        ),
        (false, false) => return,
    };
    comparison.change(kind, path, &at, message);
}
