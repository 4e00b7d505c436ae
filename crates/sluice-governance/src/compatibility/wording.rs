//! What the contract says in words, and what people and Genie understand by it.

use super::comparison::{At, Comparison};
use super::kind::Kind;
use crate::contract::{Annotations, Context, Contract, Element, Located, VENDOR};

/// Custom properties that other rules look at.
const UNDERSTOOD: &[&str] = &["formerNames", "shared", "closedEnum"];
/// Words for what a number counts.
const UNITS: &[&str] = &["unit", "currency", "scale"];

/// Compares two texts that people read.
pub(super) fn text(
    comparison: &mut Comparison,
    what: &str,
    (old, new): (Option<&Located<String>>, Option<&Located<String>>),
    path: &str,
    at: &At,
) {
    if old == new {
        return;
    }
    let at = At::either(old.map(|one| &one.place), new.map(|one| &one.place), at);
    let of = if path.is_empty() {
        String::new()
    } else {
        format!(" of `{path}`")
    };
    let (kind, message) = match (old, new) {
        (Some(old), Some(new)) if figures(old) != figures(new) => (
            Kind::DescriptionFiguresChanged,
            format!("figures in the {what}{of} changed"),
        ),
        _ => (Kind::DescriptionEdited, format!("the {what}{of} was edited")),
    };
    comparison.change(kind, path, &at, message);
}

/// The numbers of a text and the word after each, which may be its unit; currencies and percent.
fn figures(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut figures = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '%');
        if bare.chars().any(|letter| letter.is_ascii_digit()) {
            let unit = words
                .get(at + 1)
                .map_or("", |next| next.trim_matches(|letter: char| !letter.is_alphanumeric()));
            figures.push(format!("{bare} {unit}"));
        } else if matches!(
            bare,
            "%" | "EUR" | "USD" | "GBP" | "CHF" | "km" | "kg" | "hours" | "minutes" | "seconds" | "days"
        ) {
            figures.push(bare.to_owned());
        }
    }
    figures
}

/// Compares what tables and columns alike say in words.
pub(super) fn element(comparison: &mut Comparison, (previous, current): (&Element, &Element), path: &str, at: &At) {
    text(
        comparison,
        "description",
        (previous.description.as_ref(), current.description.as_ref()),
        path,
        at,
    );
    text(
        comparison,
        "business name",
        (previous.business_name.as_ref(), current.business_name.as_ref()),
        path,
        at,
    );
    let says = |element: &Element| element.deprecated.as_ref().is_some_and(|flag| flag.value);
    let places = At::either(
        previous.deprecated.as_ref().map(|one| &one.place),
        current.deprecated.as_ref().map(|one| &one.place),
        at,
    );
    match (says(previous), says(current)) {
        (false, true) => comparison.change(Kind::Deprecated, path, &places, format!("`{path}` is deprecated")),
        (true, false) => {
            let message = format!("`{path}` is no longer deprecated");
            comparison.change(Kind::DeprecationWithdrawn, path, &places, message);
        }
        _ => {}
    }
    synonyms(comparison, (previous, current), path, at);
    annotations(comparison, (&previous.annotations, &current.annotations), path, at);
}

fn synonyms(comparison: &mut Comparison, (previous, current): (&Element, &Element), path: &str, at: &At) {
    let has = |element: &Element, word: &str| element.synonyms.iter().any(|one| one.synonym.value == word);
    for gone in previous.synonyms.iter().filter(|one| !has(current, &one.synonym)) {
        let message = format!("`{path}` is no longer called `{}`", gone.synonym);
        let at = At::either(Some(&gone.place), None, at);
        comparison.change(Kind::SynonymRemoved, path, &at, message);
    }
    for new in current.synonyms.iter().filter(|one| !has(previous, &one.synonym)) {
        let message = format!("`{path}` is also called `{}`", new.synonym);
        comparison.change(Kind::SynonymAdded, path, &At::new(&new.place), message);
    }
}

/// Compares tags, links to terms and custom properties.
pub(super) fn annotations(
    comparison: &mut Comparison,
    (previous, current): (&Annotations, &Annotations),
    path: &str,
    at: &At,
) {
    let of = if path.is_empty() {
        "the contract".to_owned()
    } else {
        format!("`{path}`")
    };
    terms(comparison, (previous, current), path, &of, at);
    let definitions = |annotations: &Annotations| -> Vec<(String, String)> {
        let definitions = annotations.authoritative_definitions.iter();
        let others = definitions.filter(|one| !one.url.starts_with(crate::contract::GLOSSARY_SCHEME));
        others
            .map(|one| (one.kind.value.clone(), one.url.value.clone()))
            .collect()
    };
    if definitions(previous) != definitions(current) {
        let message = format!("links to definitions of {of} changed");
        comparison.change(Kind::DescriptionEdited, path, at, message);
    }
    tags(comparison, (previous, current), path, &of, at);
    custom(comparison, (previous, current), path, &of, at);
}

fn terms(
    comparison: &mut Comparison,
    (previous, current): (&Annotations, &Annotations),
    path: &str,
    of: &str,
    at: &At,
) {
    let old: Vec<Located<&str>> = previous.terms().collect();
    let new: Vec<Located<&str>> = current.terms().collect();
    let gone: Vec<&Located<&str>> = old.iter().filter(|term| !new.contains(term)).collect();
    let added: Vec<&Located<&str>> = new.iter().filter(|term| !old.contains(term)).collect();
    let places = At::either(
        gone.first().map(|term| &term.place),
        added.first().map(|term| &term.place),
        at,
    );
    let names = |terms: &[&Located<&str>]| {
        terms
            .iter()
            .map(|term| format!("`{}`", term.value))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (kind, message) = match (gone.is_empty(), added.is_empty()) {
        (true, true) => return,
        (false, false) => (
            Kind::TermRelinked,
            format!("{of} meant {} and now means {}", names(&gone), names(&added)),
        ),
        (false, true) => (
            Kind::TermUnlinked,
            format!("{of} is no longer linked to {}", names(&gone)),
        ),
        (true, false) => (Kind::TermLinked, format!("{of} is linked to {}", names(&added))),
    };
    comparison.change(kind, path, &places, message);
}

/// `key`, `key=value` or `key:value` as key and value.
fn tag(text: &str) -> (&str, &str) {
    text.split_once(['=', ':']).unwrap_or((text, ""))
}

fn tags(comparison: &mut Comparison, (previous, current): (&Annotations, &Annotations), path: &str, of: &str, at: &At) {
    let changed = |one: &Annotations, other: &Annotations| -> Vec<Located<String>> {
        one.tags
            .iter()
            .filter(|tag| !other.tags.contains(tag))
            .cloned()
            .collect()
    };
    let (gone, added) = (changed(previous, current), changed(current, previous));
    let about_unit = |tags: &[Located<String>]| tags.iter().any(|text| UNITS.contains(&tag(text).0));
    for (these, word, is_new) in [(&gone, "gone", false), (&added, "new", true)] {
        for text in these {
            // Another value of a unit is one change, told once.
            if about_unit(std::slice::from_ref(text)) && about_unit(&gone) && about_unit(&added) && is_new {
                continue;
            }
            let kind = if about_unit(std::slice::from_ref(text)) && about_unit(&gone) {
                Kind::UnitChanged
            } else {
                Kind::TagsChanged
            };
            let places = if is_new {
                At::new(&text.place)
            } else {
                At::either(Some(&text.place), None, at)
            };
            comparison.change(kind, path, &places, format!("tag `{text}` of {of} is {word}"));
        }
    }
}

fn custom(
    comparison: &mut Comparison,
    (previous, current): (&Annotations, &Annotations),
    path: &str,
    of: &str,
    at: &At,
) {
    let key = |one: &crate::contract::CustomProperty| {
        (
            one.vendor.as_ref().map(|vendor| vendor.value.clone()),
            one.property.value.clone(),
        )
    };
    let mut keys: Vec<_> = previous.custom_properties.iter().map(key).collect();
    keys.extend(current.custom_properties.iter().map(key));
    let mut seen = Vec::new();
    for wanted in keys {
        if seen.contains(&wanted) {
            continue;
        }
        let find = |annotations: &'_ Annotations| {
            annotations
                .custom_properties
                .iter()
                .find(|one| key(one) == wanted)
                .cloned()
        };
        let (old, new) = (find(previous), find(current));
        let name = wanted.1.clone();
        let understood = wanted.0.as_deref() == Some(VENDOR) && UNDERSTOOD.contains(&name.as_str());
        seen.push(wanted);
        if understood || old.as_ref().map(|one| &one.value) == new.as_ref().map(|one| &one.value) {
            continue;
        }
        let kind = match name.as_str() {
            unit if UNITS.contains(&unit) && old.is_some() => Kind::UnitChanged,
            "default" | "defaultValue" | "generated" => Kind::DefaultChanged,
            "identity" => Kind::IdentityChanged,
            _ => Kind::CustomPropertyChanged,
        };
        let at = At::either(
            old.as_ref().map(|one| &one.place),
            new.as_ref().map(|one| &one.place),
            at,
        );
        comparison.change(kind, path, &at, format!("`{name}` of {of} changed"));
    }
}

/// Compares what a language model is told.
pub(super) fn context(
    comparison: &mut Comparison,
    (previous, current): (Option<&Context>, Option<&Context>),
    path: &str,
    at: &At,
) {
    let at = At::either(previous.map(|one| &one.place), current.map(|one| &one.place), at);
    let of = if path.is_empty() {
        String::new()
    } else {
        format!(" of `{path}`")
    };
    let instructions = |context: Option<&Context>| context.and_then(|context| context.instructions.clone());
    let statements = |context: Option<&Context>| -> Vec<(String, String)> {
        let statements = context.into_iter().flat_map(|context| &context.verified_statements);
        statements
            .map(|one| {
                let sql = one
                    .annotations
                    .custom("databricks", "sql")
                    .map(|sql| sql.value.to_json().to_string());
                let answer = one.answer.as_ref().map_or("", |answer| answer.as_str());
                (
                    one.question.value.clone(),
                    format!("{answer} {}", sql.unwrap_or_default()),
                )
            })
            .collect()
    };
    let constraints = |context: Option<&Context>| -> Vec<String> {
        let constraints = context.into_iter().flat_map(|context| &context.constraints);
        constraints.map(|one| one.constraint.value.clone()).collect()
    };
    let mut tell = |lost: bool, new: bool, what: &str| {
        let (kind, word) = match (lost, new) {
            (true, _) => (Kind::ContextChanged, "changed"),
            (false, true) => (Kind::ContextAdded, "were added to"),
            (false, false) => return,
        };
        comparison.change(kind, path, &at, format!("the {what}{of} {word}"));
    };
    let (old, new) = (instructions(previous), instructions(current));
    tell(old.is_some() && old != new, old != new, "instructions");
    let (old, new) = (statements(previous), statements(current));
    tell(
        old.iter().any(|one| !new.contains(one)),
        old != new,
        "verified questions",
    );
    let (old, new) = (constraints(previous), constraints(current));
    tell(old != new, old != new, "constraints");
}

/// Compares what the data may be used for. Only whole sentences that came or went can be judged.
pub(super) fn usage(comparison: &mut Comparison, previous: &Contract, current: &Contract) {
    let at = At::of(&previous.place, &current.place);
    let old = previous.description.as_ref();
    let new = current.description.as_ref();
    text(
        comparison,
        "purpose",
        (
            old.and_then(|one| one.purpose.as_ref()),
            new.and_then(|one| one.purpose.as_ref()),
        ),
        "",
        &at,
    );
    let limitations = (
        old.and_then(|one| one.limitations.as_ref()),
        new.and_then(|one| one.limitations.as_ref()),
    );
    let uses = (
        old.and_then(|one| one.usage.as_ref()),
        new.and_then(|one| one.usage.as_ref()),
    );
    // A limitation more is a use less.
    for (what, pair, more_tightens) in [("limitations", limitations, true), ("usage", uses, false)] {
        let (gone, added) = sentences(pair.0, pair.1);
        let kind = match (gone, added) {
            (false, false) => continue,
            (false, true) if more_tightens => Kind::UsageTightened,
            (true, false) if !more_tightens => Kind::UsageTightened,
            (true, true) => Kind::UsageChanged,
            (false, true) | (true, false) => Kind::UsageLoosened,
        };
        let at = At::either(pair.0.map(|one| &one.place), pair.1.map(|one| &one.place), &at);
        comparison.change(kind, "", &at, format!("the {what} of the data changed"));
    }
    let annotations_of = |description: Option<&crate::contract::Description>| {
        description
            .map(|description| description.annotations.clone())
            .unwrap_or_default()
    };
    annotations(comparison, (&annotations_of(old), &annotations_of(new)), "", &at);
}

/// Whether sentences are gone, and whether some are new.
fn sentences(old: Option<&Located<String>>, new: Option<&Located<String>>) -> (bool, bool) {
    fn of(text: Option<&Located<String>>) -> Vec<String> {
        let text = text.map_or("", |text| text.value.as_str());
        let sentences = text
            .split(['.', ';', '\n'])
            .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
        sentences.filter(|part| !part.is_empty()).collect()
    }
    let (old, new) = (of(old), of(new));
    (
        old.iter().any(|one| !new.contains(one)),
        new.iter().any(|one| !old.contains(one)),
    )
}
