//! Columns, and what is inside of them.

use super::access;
use super::comparison::{At, Comparison};
use super::kind::Kind;
use super::limits;
use super::pairing::{Evidence, Identity, former_names, pair};
use super::quality;
use super::types::{self, Position};
use super::wording;
use crate::contract::{Located, Place, Property, Relationship};

/// Compares two lists of columns or fields below a path.
pub(super) fn compare(
    comparison: &mut Comparison,
    (previous, current): (&[Property], &[Property]),
    above: &str,
    position: Position,
    within: &Place,
) {
    let pairing = pair(&identities(previous), &identities(current));
    let name_of = |property: &Property| format!("{above}.{}", property.element.name);
    for index in &pairing.dropped {
        let gone = &previous[*index];
        let path = name_of(gone);
        let at = At::gone(&gone.element.place, within);
        let message = format!("`{path}` is gone");
        comparison.change_as(
            position.rule(Kind::ColumnDropped),
            Kind::ColumnDropped,
            &path,
            &at,
            message,
        );
        let alike = pairing
            .added
            .iter()
            .map(|index| &current[*index])
            .find(|new| may_be(gone, new));
        if let Some(new) = alike {
            comparison.remedy(format!(
                "if `{}` is its new name, say so there: `customProperties: [{{property: formerNames, value: [{}], vendor: sluice}}]`",
                new.element.name, gone.element.name
            ));
        }
    }
    let mut last = 0;
    let mut reordered = false;
    for (old, new, evidence) in &pairing.pairs {
        reordered |= *old < last || pairing.added.iter().any(|added| added < new);
        last = last.max(*old);
        let path = name_of(&current[*new]);
        let both = (&previous[*old], &current[*new]);
        names(comparison, both, *evidence, &path, position);
        column(comparison, both, &path, position);
    }
    for index in &pairing.added {
        let new = &current[*index];
        let required = new.required.as_ref().is_some_and(|required| required.value);
        let kind = if required {
            Kind::RequiredColumnAdded
        } else {
            Kind::ColumnAdded
        };
        let path = name_of(new);
        let message = format!("`{path}` is new{}", if required { " and required" } else { "" });
        comparison.change_as(position.rule(kind), kind, &path, &At::new(&new.element.place), message);
    }
    if reordered {
        let message = format!("the columns of `{above}` are in another order");
        let at = At::gone(within, within);
        comparison.change_as(
            position.rule(Kind::ColumnsReordered),
            Kind::ColumnsReordered,
            above,
            &at,
            message,
        );
    }
}

/// How columns are recognised.
pub(super) fn identities<'contract>(
    properties: impl IntoIterator<Item = &'contract Property>,
) -> Vec<Identity<'contract>> {
    properties
        .into_iter()
        .map(|property| Identity {
            id: property.element.id.as_ref().map(|id| id.as_str()),
            name: &property.element.name.value,
            former: former_names(&property.element.annotations),
        })
        .collect()
}

/// Whether a new column looks like the one that is gone. Only good for a hint.
fn may_be(gone: &Property, new: &Property) -> bool {
    let kind = |property: &Property| {
        let physical = property.element.physical_type.as_ref().map(|kind| kind.to_lowercase());
        physical.or_else(|| property.logical_type.as_ref().map(ToString::to_string))
    };
    kind(gone) == kind(new)
        && (gone.element.description == new.element.description && gone.element.description.is_some()
            || strsim::normalized_damerau_levenshtein(&gone.element.name, &new.element.name) > 0.5)
}

fn names(
    comparison: &mut Comparison,
    (previous, current): (&Property, &Property),
    evidence: Evidence,
    path: &str,
    position: Position,
) {
    let (old, new) = (&previous.element, &current.element);
    let at = At::of(&old.name.place, &new.name.place);
    let (kind, message) = if old.name != new.name {
        if old.name.eq_ignore_ascii_case(&new.name) {
            let message = format!("`{path}` was written `{}`", old.name);
            (Kind::ColumnCaseChanged, message)
        } else {
            let by = match evidence {
                Evidence::FormerName => "as its former names say",
                Evidence::Id | Evidence::Name => "by its id",
            };
            (Kind::ColumnRenamed, format!("`{path}` was called `{}`, {by}", old.name))
        }
    } else if old.physical_name() != new.physical_name() {
        let message = format!(
            "`{path}` was `{}` in the platform and is `{}`",
            old.physical_name(),
            new.physical_name()
        );
        (Kind::PhysicalNameChanged, message)
    } else {
        return;
    };
    comparison.change_as(position.rule(kind), kind, path, &at, message);
}

/// Compares two columns that are the same one, beside their names.
pub(super) fn column(
    comparison: &mut Comparison,
    (previous, current): (&Property, &Property),
    path: &str,
    position: Position,
) {
    let both = (previous, current);
    let at = At::of(&previous.element.place, &current.element.place);
    if types::compare(comparison, both, path, position, &at) {
        limits::compare(comparison, both, path, &at);
    }
    limits::allowed_values(comparison, both, path, &at);
    flags(comparison, both, path, &at);
    access::classification(comparison, both, path, &at);
    access::encryption(comparison, both, path, &at);
    meaning(comparison, both, path, &at);
    let (old, new) = (&previous.element, &current.element);
    wording::element(comparison, (old, new), path, &at);
    quality::compare(comparison, (&old.quality, &new.quality), path, &at);
    parts(comparison, both, path);
}

fn parts(comparison: &mut Comparison, (previous, current): (&Property, &Property), path: &str) {
    let place = &current.element.place;
    if !previous.properties.is_empty() && !current.properties.is_empty() {
        let fields = (previous.properties.as_slice(), current.properties.as_slice());
        compare(comparison, fields, path, Position::Field, place);
    }
    if let (Some(old), Some(new)) = (&previous.items, &current.items) {
        column(comparison, (old, new), &format!("{path}[]"), Position::Element);
    }
    if let (Some(old), Some(new)) = (&previous.map, &current.map) {
        column(comparison, (&old.0, &new.0), &format!("{path}.key"), Position::Key);
        column(
            comparison,
            (&old.1, &new.1),
            &format!("{path}.value"),
            Position::Element,
        );
    }
}

fn flags(comparison: &mut Comparison, (previous, current): (&Property, &Property), path: &str, at: &At) {
    type Flag = Option<Located<bool>>;
    let mut flag = |(old, new): (&Flag, &Flag), [lost, gained]: [(Kind, &str); 2]| {
        let is = |flag: &Flag| flag.as_ref().is_some_and(|flag| flag.value);
        let (kind, word) = match (is(old), is(new)) {
            (true, false) => lost,
            (false, true) => gained,
            (true, true) | (false, false) => return,
        };
        let place = |flag: &'_ Flag| flag.as_ref().map(|flag| flag.place.clone());
        let at = At::either(place(old).as_ref(), place(new).as_ref(), at);
        comparison.change(kind, path, &at, format!("`{path}` {word}"));
    };
    flag(
        (&previous.required, &current.required),
        [
            (Kind::RequiredRemoved, "may be null now"),
            (Kind::RequiredAdded, "may no longer be null"),
        ],
    );
    flag(
        (&previous.unique, &current.unique),
        [
            (
                Kind::UniqueRemoved,
                "may have a value twice now, so joins on it may multiply rows",
            ),
            (Kind::UniqueAdded, "may no longer have a value twice"),
        ],
    );
    flag(
        (&previous.partitioned, &current.partitioned),
        [
            (Kind::PartitioningChanged, "is no longer a partition column"),
            (Kind::PartitioningChanged, "is a partition column now"),
        ],
    );
    flag(
        (&previous.critical_data_element, &current.critical_data_element),
        [
            (Kind::TagsChanged, "is no longer a critical data element"),
            (Kind::TagsChanged, "is a critical data element now"),
        ],
    );
}

fn meaning(comparison: &mut Comparison, (previous, current): (&Property, &Property), path: &str, at: &At) {
    type Text = Option<Located<String>>;
    let is_measure = |property: &Property| {
        property
            .semantic_type
            .as_ref()
            .is_some_and(|kind| kind.value == "measure")
    };
    let places = |old: &Text, new: &Text| {
        At::either(
            old.as_ref().map(|one| &one.place),
            new.as_ref().map(|one| &one.place),
            at,
        )
    };
    let (old, new) = (&previous.semantic_type, &current.semantic_type);
    // What is not said is a column.
    let role = |text: &Text| text.as_ref().map_or("column".to_owned(), |text| text.value.clone());
    if role(old) != role(new) {
        let message = format!("`{path}` was a {} and is a {}", role(old), role(new));
        comparison.change(Kind::SemanticsChanged, path, &places(old, new), message);
    }
    let (old, new) = (&previous.transform_logic, &current.transform_logic);
    if old != new {
        let (kind, what) = if is_measure(previous) || is_measure(current) {
            (Kind::SemanticsChanged, "formula")
        } else {
            (Kind::DerivationChanged, "derivation")
        };
        comparison.change(kind, path, &places(old, new), format!("the {what} of `{path}` changed"));
    }
    let texts = (
        previous.transform_description.as_ref(),
        current.transform_description.as_ref(),
    );
    wording::text(comparison, "description of the derivation", texts, path, at);
    if previous.transform_source_objects != current.transform_source_objects {
        let message = format!("what `{path}` is computed from changed");
        comparison.change(Kind::DerivationChanged, path, at, message);
    }
    foreign_keys(comparison, (&previous.relationships, &current.relationships), path, at);
}

/// Compares foreign keys of one holder: a column, or a table with several columns.
pub(super) fn foreign_keys(
    comparison: &mut Comparison,
    (previous, current): (&[Relationship], &[Relationship]),
    path: &str,
    at: &At,
) {
    let targets = |one: &Relationship| one.to.iter().map(|end| end.value.clone()).collect::<Vec<_>>();
    let sources = |one: &Relationship| one.from.iter().map(|end| end.value.clone()).collect::<Vec<_>>();
    let shown = |one: &Relationship| targets(one).join(", ");
    let is_in = |one: &Relationship, list: &[Relationship]| {
        list.iter()
            .any(|other| targets(one) == targets(other) && sources(one) == sources(other))
    };
    let mut new: Vec<&Relationship> = current.iter().filter(|one| !is_in(one, previous)).collect();
    for old in previous.iter().filter(|one| !is_in(one, current)) {
        let same = |one: &&Relationship| match (&old.id, &one.id) {
            (Some(id), Some(other)) => id == other,
            _ => sources(old) == sources(one),
        };
        if let Some(found) = new.iter().position(same) {
            let now = new.remove(found);
            let message = format!(
                "the foreign key of `{path}` led to `{}` and leads to `{}`",
                shown(old),
                shown(now)
            );
            comparison.change(
                Kind::ForeignKeyRetargeted,
                path,
                &At::of(&old.place, &now.place),
                message,
            );
        } else {
            let message = format!("the foreign key of `{path}` to `{}` is gone", shown(old));
            let at = At::either(Some(&old.place), None, at);
            comparison.change(Kind::ForeignKeyRemoved, path, &at, message);
        }
    }
    for one in new {
        let message = format!("`{path}` has a foreign key to `{}`", shown(one));
        comparison.change(Kind::ForeignKeyAdded, path, &At::new(&one.place), message);
    }
}
