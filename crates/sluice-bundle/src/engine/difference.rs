//! The three-way difference of one body: last applied, desired, observed; every changed field classified by rules.
//!
//! Rules are data of each kind, with a reason that the plan repeats. Nothing here knows a kind. Start at [`difference`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::field_path::{FieldPath, Segment, covers, matches};
use super::plan::{Action, FieldChange};

/// How the fields of a kind are compared.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Lists whose items have an identity: pattern of the list, and the fields that identify an item (the first that it has).
    pub(crate) keyed: &'static [(&'static str, &'static [&'static str])],
    /// Field rules; for each class the first that covers the path counts.
    pub(crate) fields: &'static [Rule],
    /// Fields at the top that only the server writes; they are never compared.
    pub(crate) output_only: &'static [&'static str],
}

/// One field rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Which fields, as in [`covers`].
    pub(crate) pattern: &'static str,
    /// What is special about them.
    pub(crate) class: Class,
    /// Why, in a word or a few, as plans show it.
    pub(crate) reason: &'static str,
}

/// A field rule.
pub(crate) const fn rule(pattern: &'static str, class: Class, reason: &'static str) -> Rule {
    Rule { pattern, class, reason }
}

/// A field that cannot be changed in place.
pub(crate) const fn immutable(pattern: &'static str) -> Rule {
    rule(pattern, Class::Recreate, "immutable")
}

/// A field that the server fills, with whatever it likes, when the configuration leaves it out.
pub(crate) const fn backend_default(pattern: &'static str) -> Rule {
    rule(pattern, Class::BackendDefault(&[]), "backend_default")
}

/// What is special about a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Class {
    /// A change in the configuration does nothing.
    IgnoreLocal,
    /// A change in the workspace does nothing.
    IgnoreRemote,
    /// Part of the identity: a change in the configuration does this; a change in the workspace does nothing.
    Identity(Action),
    /// The server fills it when the configuration leaves it out: with one of these values, or with any when there are none.
    BackendDefault(&'static [&'static str]),
    /// A slash at the end makes no difference.
    TrailingSlash,
    /// Upper and lower case make no difference.
    CaseInsensitive,
    /// The server does not return it.
    NotReturned,
    /// It cannot be changed in place.
    Recreate,
    /// It can be changed in place although a rule for what contains it says otherwise.
    InPlace,
    /// An empty value says something: it is not the same as none.
    Meaningful,
}

/// All fields in which the three differ, by path. A field that needs nothing is there too, with [`Action::Skip`] and the reason.
pub(crate) fn difference(
    rules: &Rules,
    old: Option<&Value>,
    new: &Value,
    remote: Option<&Value>,
) -> BTreeMap<String, FieldChange> {
    let mut changes = BTreeMap::new();
    let walk = Walk { rules };
    walk.compare(&mut FieldPath::default(), [old, Some(new), remote], &mut changes);
    changes
}

/// Whether a field was changed in the workspace after it was applied: a plan of what was applied would set it back.
pub(crate) fn changed_there(rules: &Rules, path: &str, change: &FieldChange) -> bool {
    let mut changes = BTreeMap::new();
    let (old, remote) = (change.old.as_ref(), change.remote.as_ref());
    let mut path = FieldPath::parse(path).unwrap_or_default();
    // A whole item that left the configuration is looked at field by field: the service added to it.
    Walk { rules }.compare(&mut path, [old, old, remote], &mut changes);
    highest(&changes) != Action::Skip
}

/// The highest action of some field changes.
pub(crate) fn highest(changes: &BTreeMap<String, FieldChange>) -> Action {
    changes
        .values()
        .map(|change| change.action)
        .max()
        .unwrap_or(Action::Skip)
}

/// Last applied, desired, observed.
type Three<'a> = [Option<&'a Value>; 3];

struct Walk<'r> {
    rules: &'r Rules,
}

impl Walk<'_> {
    fn compare(&self, path: &mut FieldPath, values: Three<'_>, changes: &mut BTreeMap<String, FieldChange>) {
        let values @ [old, new, remote] = values.map(|value| value.filter(|value| !value.is_null()));
        if old == new && new == remote {
            return;
        }
        match (new, remote) {
            (Some(Value::Object(one)), Some(Value::Object(two))) => {
                let old_keys = old
                    .and_then(Value::as_object)
                    .into_iter()
                    .flat_map(serde_json::Map::keys);
                let names: BTreeSet<&String> = one.keys().chain(two.keys()).chain(old_keys).collect();
                for name in names {
                    if path.0.is_empty() && self.rules.output_only.contains(&name.as_str()) {
                        continue;
                    }
                    let inner = values.map(|value| value.and_then(|value| value.get(name)));
                    self.below(path, Segment::Key(name.clone()), inner, changes);
                }
            }
            (Some(Value::Array(one)), Some(Value::Array(two))) => {
                let lists = [old.and_then(Value::as_array).map_or(&[][..], Vec::as_slice), one, two];
                match self.keyed_items(path, lists) {
                    Some(items) => {
                        for (segment, values) in items {
                            self.below(path, segment, values, changes);
                        }
                    }
                    None if of_objects(lists, old.is_some()) => {
                        for index in 0..one.len() {
                            let inner = lists.map(|list| list.get(index));
                            self.below(path, Segment::Index(index), inner, changes);
                        }
                    }
                    None => self.emit(path, values, changes),
                }
            }
            _ => self.emit(path, values, changes),
        }
    }

    fn below(
        &self,
        path: &mut FieldPath,
        segment: Segment,
        values: Three<'_>,
        changes: &mut BTreeMap<String, FieldChange>,
    ) {
        path.0.push(segment);
        self.compare(path, values, changes);
        path.0.pop();
    }

    /// The items of three lists, paired by identity; none when the list has no identity rule or an identity is missing or twice.
    fn keyed_items<'a>(&self, path: &FieldPath, lists: [&'a [Value]; 3]) -> Option<BTreeMap<Segment, Three<'a>>> {
        let (_, identities) = self.rules.keyed.iter().find(|(pattern, _)| matches(pattern, path))?;
        let mut items: BTreeMap<Segment, Three<'a>> = BTreeMap::new();
        for (side, list) in lists.into_iter().enumerate() {
            for item in list {
                let segment = identities.iter().find_map(|field| {
                    let value = item.get(field)?.as_str()?;
                    Some(Segment::Select((*field).to_owned(), value.to_owned()))
                })?;
                if items.entry(segment).or_default()[side].replace(item).is_some() {
                    return None;
                }
            }
        }
        Some(items)
    }

    fn emit(&self, path: &FieldPath, values: Three<'_>, changes: &mut BTreeMap<String, FieldChange>) {
        let (action, reason) = self.classify(path, values);
        let [old, new, remote] = values.map(Option::<&Value>::cloned);
        let change = FieldChange {
            action,
            reason: reason.map(str::to_owned),
            old,
            new,
            remote,
        };
        changes.insert(path.to_string(), change);
    }

    fn rule(&self, path: &FieldPath, class: impl Fn(Class) -> bool) -> Option<&'static Rule> {
        self.rules
            .fields
            .iter()
            .find(|rule| class(rule.class) && covers(rule.pattern, path))
    }

    /// The order of the questions is that of the Databricks CLI: the first that answers decides.
    fn classify(&self, path: &FieldPath, [old, new, remote]: Three<'_>) -> (Action, Option<&'static str>) {
        let not_returned = self.rule(path, |class| class == Class::NotReturned);
        if new == remote && (remote.is_some() || not_returned.is_none()) {
            return (Action::Skip, Some("remote_already_set"));
        }
        let meaningful = self.rule(path, |class| class == Class::Meaningful).is_some();
        if !meaningful && [old, new, remote].into_iter().all(is_empty) {
            return (Action::Skip, Some("empty"));
        }
        let changed_locally = old != new;
        let ignored = if changed_locally {
            Class::IgnoreLocal
        } else {
            Class::IgnoreRemote
        };
        if let Some(rule) = self.rule(path, |class| class == ignored) {
            return (Action::Skip, Some(rule.reason));
        }
        if let Some((rule, on_change)) = self.identity(path) {
            let action = if changed_locally && old.is_some() {
                on_change
            } else {
                Action::Skip
            };
            return (action, Some(rule.reason));
        }
        if old.is_none() && new.is_none() && self.is_backend_default(path, remote) {
            return (Action::Skip, Some("backend_default"));
        }
        if let Some(reason) = self.normalised(path, new, remote) {
            return (Action::Skip, Some(reason));
        }
        if let Some(rule) = not_returned
            && remote.is_none()
            && !changed_locally
        {
            return (Action::Skip, Some(rule.reason));
        }
        if self.rule(path, |class| class == Class::InPlace).is_some() {
            return (Action::Update, None);
        }
        match self.rule(path, |class| class == Class::Recreate) {
            Some(rule) => (Action::Recreate, Some(rule.reason)),
            None => (Action::Update, None),
        }
    }

    fn identity(&self, path: &FieldPath) -> Option<(&'static Rule, Action)> {
        self.rules.fields.iter().find_map(|rule| match rule.class {
            Class::Identity(action) if covers(rule.pattern, path) => Some((rule, action)),
            _ => None,
        })
    }

    fn is_backend_default(&self, path: &FieldPath, remote: Option<&Value>) -> bool {
        self.rules.fields.iter().any(|rule| match rule.class {
            Class::BackendDefault([]) => covers(rule.pattern, path),
            Class::BackendDefault(allowed) => {
                matches(rule.pattern, path)
                    && remote.is_some_and(|remote| allowed.iter().any(|value| is_text(remote, value)))
            }
            _ => false,
        })
    }

    fn normalised(&self, path: &FieldPath, new: Option<&Value>, remote: Option<&Value>) -> Option<&'static str> {
        let (new, remote) = (new?.as_str()?, remote?.as_str()?);
        let slash = self.rule(path, |class| class == Class::TrailingSlash);
        if let Some(rule) = slash
            && new.trim_end_matches('/') == remote.trim_end_matches('/')
        {
            return Some(rule.reason);
        }
        let case = self.rule(path, |class| class == Class::CaseInsensitive)?;
        (new.to_lowercase() == remote.to_lowercase()).then_some(case.reason)
    }
}

/// Whether lists without identity are compared item by item: all of one length, and holding objects.
fn of_objects(lists: [&[Value]; 3], has_old: bool) -> bool {
    let [old, new, remote] = lists;
    new.len() == remote.len() && (!has_old || old.len() == new.len()) && new.iter().all(Value::is_object)
}

fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value == text,
        Value::Bool(value) => value.to_string() == text,
        Value::Number(value) => value.to_string() == text,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether a value says nothing: absent, null, `false`, zero, an empty text, list or object, or an object of such values.
pub(crate) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Bool(value)) => !value,
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) => fields.values().all(|value| is_empty(Some(value))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const RULES: Rules = Rules {
        keyed: &[("items", &["key", "name"])],
        fields: &[
            Rule {
                pattern: "local",
                class: Class::IgnoreLocal,
                reason: "here",
            },
            Rule {
                pattern: "managed",
                class: Class::IgnoreRemote,
                reason: "there",
            },
            Rule {
                pattern: "id",
                class: Class::Identity(Action::UpdateId),
                reason: "id_field",
            },
            Rule {
                pattern: "mode",
                class: Class::BackendDefault(&["AUTO"]),
                reason: "backend_default",
            },
            Rule {
                pattern: "place",
                class: Class::TrailingSlash,
                reason: "slash",
            },
            Rule {
                pattern: "place",
                class: Class::Recreate,
                reason: "immutable",
            },
            Rule {
                pattern: "secret",
                class: Class::NotReturned,
                reason: "input_only",
            },
        ],
        output_only: &["created_at"],
    };

    /// One line per changed field: action, path, reason.
    fn check(old: Value, new: Value, remote: Value, expected: &[&str]) {
        let old = Some(&old).filter(|old| !old.is_null());
        let lines: Vec<String> = difference(&RULES, old, &new, Some(&remote))
            .into_iter()
            .map(|(path, change)| {
                format!(
                    "{} {path} {}",
                    change.action.as_str(),
                    change.reason.unwrap_or_default()
                )
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn each_class_of_field_has_its_answer() {
        check(
            json!({"a": 1}),
            json!({"a": 2}),
            json!({"a": 1, "created_at": 5}),
            &["update a"],
        );
        check(
            json!({"a": 1}),
            json!({"a": 2}),
            json!({"a": 2}),
            &["skip a remote_already_set"],
        );
        check(
            json!({}),
            json!({"a": 0}),
            json!({"b": {"c": []}}),
            &["skip a empty", "skip b empty"],
        );
        check(
            json!({"local": 1}),
            json!({"local": 2}),
            json!({"local": 1}),
            &["skip local here"],
        );
        check(
            json!({"managed": 1}),
            json!({"managed": 1}),
            json!({"managed": {"x": 1}}),
            &["skip managed there"],
        );
        check(
            json!({"managed": 1}),
            json!({"managed": 2}),
            json!({"managed": 1}),
            &["update managed"],
        );
        check(
            json!({"id": "a"}),
            json!({"id": "b"}),
            json!({"id": "a"}),
            &["update_id id id_field"],
        );
        check(
            json!({"id": "a"}),
            json!({"id": "a"}),
            json!({"id": "A"}),
            &["skip id id_field"],
        );
        check(
            json!({}),
            json!({}),
            json!({"mode": "AUTO"}),
            &["skip mode backend_default"],
        );
        check(json!({}), json!({}), json!({"mode": "FAST"}), &["update mode"]);
        check(
            json!({"mode": "AUTO"}),
            json!({}),
            json!({"mode": "AUTO"}),
            &["update mode"],
        );
        check(
            json!({"place": "a/"}),
            json!({"place": "a/"}),
            json!({"place": "a"}),
            &["skip place slash"],
        );
        check(
            json!({"place": "a"}),
            json!({"place": "b"}),
            json!({"place": "a"}),
            &["recreate place immutable"],
        );
        check(
            json!({"secret": 1}),
            json!({"secret": 1}),
            json!({}),
            &["skip secret input_only"],
        );
        check(
            json!({"secret": 1}),
            json!({"secret": 2}),
            json!({}),
            &["update secret"],
        );
        check(json!({"secret": 1}), json!({}), json!({}), &["update secret"]);
    }

    #[test]
    fn items_are_compared_by_identity_and_other_lists_by_position_or_whole() {
        check(
            json!({"items": [{"key": "a", "x": 1}, {"key": "b"}]}),
            json!({"items": [{"name": "c"}, {"key": "a", "x": 2}]}),
            json!({"items": [{"key": "b"}, {"key": "a", "x": 1}]}),
            &[
                "update items[key='a'].x",
                "update items[key='b']",
                "update items[name='c']",
            ],
        );
        check(
            json!({"list": [{"x": 1}, {"x": 2}]}),
            json!({"list": [{"x": 1}, {"x": 3}]}),
            json!({"list": [{"x": 1}, {"x": 2}]}),
            &["update list[1].x"],
        );
        check(
            json!({"list": [1, 2]}),
            json!({"list": [2, 1]}),
            json!({"list": [1, 2]}),
            &["update list"],
        );
        let twice = json!({"items": [{"key": "a"}, {"key": "a"}]});
        check(
            twice.clone(),
            twice,
            json!({"items": [{"key": "a"}]}),
            &["update items"],
        );
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("items|key|name|[a-c.']{1,2}", inner, 0..4)
                    .prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn equal_bodies_have_no_difference(value in any_value()) {
            prop_assert!(difference(&RULES, Some(&value), &value, Some(&value)).is_empty());
        }

        #[test]
        fn every_difference_has_a_path_that_leads_to_its_values(old in any_value(), new in any_value(), remote in any_value()) {
            for (path, change) in difference(&RULES, Some(&old), &new, Some(&remote)) {
                if path.is_empty() {
                    continue;
                }
                let path = FieldPath::parse(&path).unwrap();
                for (body, value) in [(&old, &change.old), (&new, &change.new), (&remote, &change.remote)] {
                    prop_assert_eq!(path.find(body).filter(|value| !value.is_null()), value.as_ref());
                }
            }
        }
    }
}
