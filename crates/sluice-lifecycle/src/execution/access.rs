//! The check `access`: everybody has the privileges that are declared, and column masks and row filters are the declared ones.
//!
//! Privileges are the effective ones: a privilege that comes from the schema or the catalog counts. Privileges that nobody declared
//! are not looked at here; the second plan looks at those of the principals that are declared.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sluice_databricks::Client;
use sluice_model::{ResourceKey, SubResource};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::checks::causes;
use super::readback::{Pair, Readback, counted};

const ALL: &str = "ALL_PRIVILEGES";

#[derive(Debug, Default)]
struct Comparison {
    grants: usize,
    masks: usize,
    filters: usize,
    differences: Vec<String>,
}

/// Compares everything that is declared; none when nothing is.
///
/// # Errors
/// What differs, by name, or why it cannot be compared.
pub(super) async fn find(client: &Client, readback: &Readback<'_>) -> Result<Option<String>, String> {
    let mut comparison = Comparison::default();
    for pair in readback.pairs::<Grants>(is_grants)? {
        let declared = pair.declared;
        match held(client, &declared).await {
            Ok(held) => comparison.privileges(&declared, &held),
            Err(why) => comparison.differences.push(format!(
                "the privileges on `{}` cannot be read: {why}",
                declared.full_name
            )),
        }
    }
    for pair in readback.pairs::<Masks>(is_masks)? {
        comparison.table(&pair);
    }
    comparison.outcome()
}

fn is_grants(key: &ResourceKey) -> bool {
    key.sub == Some(SubResource::Grants) || key.catalog && key.sub.is_none() && key.kind == "grants"
}

fn is_masks(key: &ResourceKey) -> bool {
    let alone = ["masks", "row_filters"].contains(&key.kind.as_str());
    key.sub == Some(SubResource::Masks) || key.catalog && key.sub.is_none() && alone
}

#[derive(Deserialize)]
struct Grants {
    #[serde(default)]
    securable_type: String,
    #[serde(default)]
    full_name: String,
    #[serde(rename = "__embed__", default)]
    list: Vec<Grant>,
}

#[derive(Deserialize)]
struct Grant {
    principal: String,
    privileges: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    privilege_assignments: Vec<Assignment>,
    #[serde(default)]
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Assignment {
    principal: String,
    #[serde(default)]
    privileges: Vec<Effective>,
}

#[derive(Deserialize)]
struct Effective {
    privilege: String,
}

type ByPrincipal = BTreeMap<String, BTreeSet<String>>;

/// The effective privileges of the declared principals.
async fn held(client: &Client, grants: &Grants) -> Result<ByPrincipal, String> {
    let mut held = ByPrincipal::new();
    let path = format!(
        "/api/2.1/unity-catalog/effective-permissions/{}/{}",
        grants.securable_type,
        encode_segment(&grants.full_name)
    );
    for Grant { principal, .. } in &grants.list {
        let request = Request::new(Method::Get, path.as_str()).query("principal", principal.as_str());
        let mut next = Some(request.clone());
        while let Some(asked) = next.take() {
            let page: Page = client.fetch(&asked).await.map_err(|error| causes(&error))?;
            for assignment in page.privilege_assignments {
                let privileges = assignment.privileges.into_iter().map(|each| each.privilege);
                held.entry(assignment.principal).or_default().extend(privileges);
            }
            let token = page.next_page_token.filter(|token| !token.is_empty());
            next = token.map(|token| request.clone().query("page_token", token));
        }
    }
    Ok(held)
}

/// Masks and the row filter of a table.
#[derive(Deserialize)]
struct Masks {
    #[serde(default)]
    table: Option<String>,
    #[serde(default)]
    masks: BTreeMap<String, Function>,
    #[serde(default)]
    row_filter: Option<Function>,
}

/// A function with the columns that it is given.
#[derive(Deserialize)]
struct Function {
    function: String,
    #[serde(default, alias = "using_columns")]
    columns: Vec<String>,
}

impl Function {
    fn is(&self, other: &Self) -> bool {
        let lower = |columns: &[String]| -> Vec<String> { columns.iter().map(|name| name.to_lowercase()).collect() };
        self.function.eq_ignore_ascii_case(&other.function) && lower(&self.columns) == lower(&other.columns)
    }

    fn shown(&self) -> String {
        format!("`{}({})`", self.function, self.columns.join(", "))
    }
}

impl Comparison {
    fn privileges(&mut self, declared: &Grants, held: &ByPrincipal) {
        let none = BTreeSet::new();
        for grant in &declared.list {
            self.grants += 1;
            let held = held.get(&grant.principal).unwrap_or(&none);
            let missing: Vec<&str> = grant
                .privileges
                .difference(held)
                .map(String::as_str)
                .filter(|_| !held.contains(ALL))
                .collect();
            if !missing.is_empty() {
                self.differences.push(format!(
                    "`{}` does not have {} on `{}`",
                    grant.principal,
                    missing.join(", "),
                    declared.full_name
                ));
            }
        }
    }

    fn table(&mut self, pair: &Pair<Masks>) {
        let table = pair.declared.table.as_deref().unwrap_or(&pair.id);
        let live = pair.live.as_ref();
        for (column, mask) in &pair.declared.masks {
            self.masks += 1;
            let found = live.and_then(|live| {
                let mut masks = live.masks.iter();
                masks.find(|(name, _)| name.eq_ignore_ascii_case(column))
            });
            self.function(
                &format!("the mask of `{table}.{column}`"),
                mask,
                found.map(|(_, mask)| mask),
            );
        }
        if let Some(filter) = &pair.declared.row_filter {
            self.filters += 1;
            let found = live.and_then(|live| live.row_filter.as_ref());
            self.function(&format!("the row filter of `{table}`"), filter, found);
        }
    }

    fn function(&mut self, place: &str, declared: &Function, found: Option<&Function>) {
        match found {
            None => self
                .differences
                .push(format!("{place} is not there, {} is declared", declared.shown())),
            Some(found) if !found.is(declared) => self.differences.push(format!(
                "{place} is {}, {} is declared",
                found.shown(),
                declared.shown()
            )),
            Some(_) => {}
        }
    }

    fn outcome(self) -> Result<Option<String>, String> {
        if !self.differences.is_empty() {
            return Err(self.differences.join("; "));
        }
        let numbers = [
            (self.grants, "grant"),
            (self.masks, "mask"),
            (self.filters, "row filter"),
        ];
        if numbers.iter().all(|(number, _)| *number == 0) {
            return Ok(None);
        }
        let [grants, masks, filters] = numbers.map(|(number, word)| counted(number, word));
        Ok(Some(format!("{grants}, {masks} and {filters} as declared")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn privileges_may_be_more_than_declared_and_not_less() {
        let declared = Grants::deserialize(json!({"securable_type": "table", "full_name": "c.s.t", "__embed__": [
            {"principal": "a", "privileges": ["SELECT"]}, {"principal": "b", "privileges": ["MODIFY", "SELECT"]},
            {"principal": "c", "privileges": ["ALL_PRIVILEGES"]}, {"principal": "d", "privileges": ["SELECT"]}]}))
        .unwrap();
        let privileges = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let held = ByPrincipal::from([
            ("a".to_owned(), privileges(&["MODIFY", "SELECT"])),
            ("b".to_owned(), privileges(&["SELECT"])),
            ("c".to_owned(), privileges(&["SELECT"])),
            ("d".to_owned(), privileges(&[ALL])),
        ]);
        let mut comparison = Comparison::default();
        comparison.privileges(&declared, &held);
        assert_eq!(comparison.grants, 4);
        assert_eq!(
            comparison.outcome().unwrap_err(),
            "`b` does not have MODIFY on `c.s.t`; `c` does not have ALL_PRIVILEGES on `c.s.t`"
        );
    }

    #[test]
    fn masks_and_filters_are_compared_by_function_and_columns() {
        let read = |body: serde_json::Value| Masks::deserialize(body).unwrap();
        let pair = Pair {
            id: "c.s.t".to_owned(),
            declared: read(
                json!({"table": "c.s.t", "masks": {"a": {"function": "C.S.F"}, "b": {"function": "c.s.f", "using_columns": ["a"]}},
                "row_filter": {"function": "c.s.g", "columns": ["a"]}}),
            ),
            live: Some(read(
                json!({"masks": {"A": {"function": "c.s.f"}, "b": {"function": "c.s.f"}}}),
            )),
        };
        let mut comparison = Comparison::default();
        comparison.table(&pair);
        assert_eq!(
            comparison.outcome().unwrap_err(),
            "the mask of `c.s.t.b` is `c.s.f()`, `c.s.f(a)` is declared; the row filter of `c.s.t` is not there, `c.s.g(a)` is declared"
        );
    }
}
