//! The check `metadata`: comments, tags and keys in Unity Catalog are the declared ones. What stands there beside them is nobody's
//! difference here; the second plan looks at that.

use std::collections::BTreeMap;

use serde::Deserialize;
use sluice_model::{ResourceKey, SubResource};

use super::readback::{Pair, Readback, counted};

type Pairs = BTreeMap<String, String>;

/// How many were compared, and what differs.
#[derive(Debug, Default)]
struct Comparison {
    comments: usize,
    tags: usize,
    keys: usize,
    differences: Vec<String>,
}

/// Compares everything that is declared; none when nothing is.
///
/// # Errors
/// What differs, by name, or why it cannot be compared.
pub(super) fn find(readback: &Readback<'_>) -> Result<Option<String>, String> {
    let mut comparison = Comparison::default();
    for pair in readback.pairs(has_comment)? {
        comparison.object(&pair);
    }
    for pair in readback.pairs(|key| key.sub == Some(SubResource::Constraints))? {
        comparison.foreign_keys(&pair);
    }
    for pair in readback.pairs(is_tags)? {
        comparison.object_tags(&pair);
    }
    comparison.outcome()
}

fn has_comment(key: &ResourceKey) -> bool {
    let kinds: &[&str] = if key.catalog {
        &["tables", "views", "functions"]
    } else {
        &["schemas", "volumes"]
    };
    key.sub.is_none() && kinds.contains(&key.kind.as_str())
}

fn is_tags(key: &ResourceKey) -> bool {
    key.sub == Some(SubResource::Tags) || key.catalog && key.sub.is_none() && key.kind == "tags"
}

/// A table, or something else with a comment.
#[derive(Deserialize)]
struct Described {
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    columns: Vec<Column>,
    #[serde(default)]
    constraints: Constraints,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(default)]
    comment: Option<String>,
}

#[derive(Default, Deserialize)]
struct Constraints {
    #[serde(default)]
    primary_key: Option<PrimaryKey>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PrimaryKey {
    Columns(Vec<String>),
    Named {
        #[serde(default)]
        name: Option<String>,
        columns: Vec<String>,
    },
}

impl PrimaryKey {
    fn columns(&self) -> &[String] {
        match self {
            Self::Columns(columns) | Self::Named { columns, .. } => columns,
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Columns(_) => None,
            Self::Named { name, .. } => name.as_deref(),
        }
    }
}

#[derive(Deserialize)]
struct ForeignKeys {
    #[serde(default)]
    foreign_keys: BTreeMap<String, ForeignKey>,
}

#[derive(Deserialize)]
struct ForeignKey {
    columns: Vec<String>,
    references: String,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Pairs,
    #[serde(default)]
    columns: BTreeMap<String, Pairs>,
}

impl Comparison {
    fn object(&mut self, pair: &Pair<Described>) {
        let name = &pair.id;
        let Some(live) = &pair.live else {
            self.differences.push(format!("`{name}` is gone"));
            return;
        };
        self.comment(name, pair.declared.comment.as_deref(), live.comment.as_deref());
        for column in &pair.declared.columns {
            let there = live
                .columns
                .iter()
                .find(|there| there.name.eq_ignore_ascii_case(&column.name));
            let found = there.and_then(|there| there.comment.as_deref());
            self.comment(&format!("{name}.{}", column.name), column.comment.as_deref(), found);
        }
        let Some(key) = &pair.declared.constraints.primary_key else {
            return;
        };
        self.keys += 1;
        let declared = key.columns().join(", ");
        match &live.constraints.primary_key {
            None => self
                .differences
                .push(format!("`{name}` has no primary key, ({declared}) is declared")),
            Some(found) if found.columns() != key.columns() => self.differences.push(format!(
                "`{name}` has the primary key ({}), ({declared}) is declared",
                found.columns().join(", ")
            )),
            Some(found) if key.name().is_some_and(|name| found.name() != Some(name)) => {
                self.differences.push(format!(
                    "the primary key of `{name}` is named `{}`, `{}` is declared",
                    found.name().unwrap_or_default(),
                    key.name().unwrap_or_default()
                ));
            }
            Some(_) => {}
        }
    }

    fn comment(&mut self, name: &str, declared: Option<&str>, found: Option<&str>) {
        let Some(declared) = declared.filter(|text| !text.is_empty()) else {
            return;
        };
        self.comments += 1;
        match found.filter(|text| !text.is_empty()) {
            None => self
                .differences
                .push(format!("`{name}` has no comment, {declared:?} is declared")),
            Some(found) if found != declared => self
                .differences
                .push(format!("`{name}` has the comment {found:?}, {declared:?} is declared")),
            Some(_) => {}
        }
    }

    fn foreign_keys(&mut self, pair: &Pair<ForeignKeys>) {
        for (key, declared) in &pair.declared.foreign_keys {
            self.keys += 1;
            let found = pair.live.as_ref().and_then(|live| live.foreign_keys.get(key));
            let same = |found: &ForeignKey| {
                found.columns == declared.columns && found.references.eq_ignore_ascii_case(&declared.references)
            };
            let place = format!("the foreign key `{key}` of `{}`", pair.id);
            match found {
                None => self.differences.push(format!("{place} is not there")),
                Some(found) if !same(found) => self.differences.push(format!(
                    "{place} leads from ({}) to `{}`, from ({}) to `{}` is declared",
                    found.columns.join(", "),
                    found.references,
                    declared.columns.join(", "),
                    declared.references
                )),
                Some(_) => {}
            }
        }
    }

    fn object_tags(&mut self, pair: &Pair<Tags>) {
        let name = pair.id.split_once('/').map_or(pair.id.as_str(), |(_, name)| name);
        let none = Pairs::new();
        let live = pair.live.as_ref();
        self.tags_of(name, &pair.declared.tags, live.map_or(&none, |live| &live.tags));
        for (column, declared) in &pair.declared.columns {
            let found = live.and_then(|live| {
                let mut columns = live.columns.iter();
                columns.find(|(name, _)| name.eq_ignore_ascii_case(column))
            });
            self.tags_of(
                &format!("{name}.{column}"),
                declared,
                found.map_or(&none, |(_, tags)| tags),
            );
        }
    }

    fn tags_of(&mut self, name: &str, declared: &Pairs, found: &Pairs) {
        for (key, value) in declared {
            self.tags += 1;
            match found.get(key) {
                None => self.differences.push(format!("`{name}` does not have the tag `{key}`")),
                Some(found) if found != value => self.differences.push(format!(
                    "the tag `{key}` of `{name}` is {found:?}, {value:?} is declared"
                )),
                Some(_) => {}
            }
        }
    }

    fn outcome(self) -> Result<Option<String>, String> {
        if !self.differences.is_empty() {
            return Err(self.differences.join("; "));
        }
        let numbers = [(self.comments, "comment"), (self.tags, "tag"), (self.keys, "key")];
        if numbers.iter().all(|(number, _)| *number == 0) {
            return Ok(None);
        }
        let [comments, tags, keys] = numbers.map(|(number, word)| counted(number, word));
        Ok(Some(format!("{comments}, {tags} and {keys} as declared")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pair<T: serde::de::DeserializeOwned>(
        id: &str,
        declared: &serde_json::Value,
        live: &serde_json::Value,
    ) -> Pair<T> {
        Pair {
            id: id.to_owned(),
            declared: T::deserialize(declared).unwrap(),
            live: (!live.is_null()).then(|| T::deserialize(live).unwrap()),
        }
    }

    #[test]
    fn comments_and_keys_are_compared_and_what_differs_is_named() {
        let declared = json!({"comment": "Orders", "columns": [{"name": "a", "comment": "A"}, {"name": "b"}],
            "constraints": {"primary_key": ["a"]}});
        let found = |live: serde_json::Value| {
            let mut comparison = Comparison::default();
            comparison.object(&pair("c.s.t", &declared, &live));
            comparison.outcome()
        };
        let mut live = json!({"comment": "Orders", "columns": [{"name": "A", "comment": "A"}, {"name": "b", "comment": "else"}],
            "constraints": {"primary_key": {"name": "t_pk", "columns": ["a"]}}});
        assert_eq!(
            found(live.clone()),
            Ok(Some("2 comments, 0 tags and 1 key as declared".to_owned()))
        );
        live["columns"][0]["comment"] = json!("B");
        live["comment"] = json!("");
        live["constraints"]["primary_key"]["columns"] = json!(["a", "b"]);
        assert_eq!(
            found(live).unwrap_err(),
            "`c.s.t` has no comment, \"Orders\" is declared; `c.s.t.a` has the comment \"B\", \"A\" is declared; \
             `c.s.t` has the primary key (a, b), (a) is declared"
        );
        assert_eq!(found(json!(null)).unwrap_err(), "`c.s.t` is gone");
    }

    #[test]
    fn tags_and_foreign_keys_are_compared_and_others_are_left_alone() {
        let mut comparison = Comparison::default();
        let declared = json!({"tags": {"layer": "gold"}, "columns": {"a": {"pii": ""}}});
        let live = json!({"tags": {"layer": "silver", "other": "x"}, "columns": {}});
        comparison.object_tags(&pair("tables/c.s.t", &declared, &live));
        let declared = json!({"foreign_keys": {"fk": {"columns": ["a"], "references": "c.s.u"}}});
        let live = json!({"foreign_keys": {"fk": {"columns": ["a"], "references": "C.S.U"}}});
        comparison.foreign_keys(&pair("c.s.t", &declared, &live));
        comparison.foreign_keys(&pair("c.s.t", &declared, &json!({})));
        assert_eq!((comparison.tags, comparison.keys), (2, 2));
        assert_eq!(
            comparison.outcome().unwrap_err(),
            "the tag `layer` of `c.s.t` is \"silver\", \"gold\" is declared; `c.s.t.a` does not have the tag `pii`; \
             the foreign key `fk` of `c.s.t` is not there"
        );
        assert_eq!(Comparison::default().outcome(), Ok(None));
    }
}
