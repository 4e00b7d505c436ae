//! Looking through the text of files for what Rego cannot see well: secrets, card numbers, names of environments, unsafe statements.
//!
//! What is found goes into the input as sightings with their places; the rules SE-01, RC-08, AR-03 and SE-09 say what that means.
//! Start with [`scan`].

mod literals;
mod numbers;
mod secrets;
mod statements;

use sluice_model::{Location, Tree};

/// The text of a file. What is not UTF-8 is not looked through.
#[derive(Clone, Debug)]
pub struct SourceFile<'a> {
    /// Path in the repository.
    pub path: &'a str,
    /// Text.
    pub text: &'a str,
}

/// Something that was found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// What it is, for people.
    pub(crate) kind: String,
    /// Enough of it to find it, and never all of a secret.
    pub(crate) shown: String,
    /// Column in characters, from 1.
    pub(crate) column: usize,
}

/// What one environment has that no other has, so that naming it in a file ties the file to that environment.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentWords {
    /// Hosts of workspaces and ids of warehouses.
    pub exact: Vec<String>,
    /// Names of catalogs: they count as the first part of a dotted name alone.
    pub catalogs: Vec<String>,
}

/// A comment on a line that is meant: nothing on it is told, apart from cards.
pub const ALLOW: &str = "sluice:allow";

/// Everything that was found in files, as the part `scan` of an input.
#[must_use]
pub fn scan(files: &[SourceFile<'_>], words: &EnvironmentWords) -> Tree {
    let mut sightings = [Tree::mapping(), Tree::mapping(), Tree::mapping(), Tree::mapping()];
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            let [secret, literal, statement, personal] = &mut sightings;
            add(personal, file.path, numbers::find(line), index);
            if line.contains(ALLOW) {
                continue;
            }
            add(secret, file.path, secrets::find(line), index);
            add(literal, file.path, literals::find(file.path, line, words), index);
            add(statement, file.path, statements::find(file.path, line), index);
        }
    }
    let mut tree = Tree::mapping();
    tree.set("files", i64::try_from(files.len()).unwrap_or(i64::MAX));
    for (name, found) in ["secrets", "literals", "statements", "personal"]
        .into_iter()
        .zip(sightings)
    {
        tree.set(name, found);
    }
    let tests = files.iter().filter(|file| is_test(file.path));
    let tests: Vec<Tree> = tests.map(|file| file.path.into()).collect();
    tree.set("tests", Tree::from(sluice_model::Node::Sequence(tests)));
    tree
}

/// Files that test the product: code below `tests/` or `checks/`, or named after a test.
fn is_test(path: &str) -> bool {
    let code = [".py", ".sql", ".ipynb", ".scala", ".r"]
        .iter()
        .any(|end| path.ends_with(end));
    let name = path.rsplit('/').next().unwrap_or(path);
    code && (path.split('/').any(|part| matches!(part, "tests" | "checks")) || name.starts_with("test_"))
}

fn add(into: &mut Tree, path: &str, found: Vec<Sighting>, index: usize) {
    for sighting in found {
        // Without the line: a finding keeps its identity when something is written above it.
        let mut key = format!("{path}#{}#{}", sighting.kind, sighting.shown);
        let mut number = 1;
        while into.get(&key).is_some() {
            number += 1;
            key = format!("{path}#{}#{}#{number}", sighting.kind, sighting.shown);
        }
        let location = Location {
            file: path.into(),
            line: u32::try_from(index + 1).unwrap_or(u32::MAX),
            column: u32::try_from(sighting.column).unwrap_or(u32::MAX),
        };
        let mut tree = Tree::mapping().at(Some(location.clone()));
        tree.set("file", path);
        tree.set("line", i64::from(location.line));
        tree.set("column", i64::from(location.column));
        tree.set("kind", sighting.kind);
        tree.set("shown", sighting.shown);
        into.set(&key, tree);
    }
}

/// Column of a byte position.
pub(crate) fn column(line: &str, at: usize) -> usize {
    line.get(..at).map_or(1, |before| before.chars().count() + 1)
}

/// The first characters of what must not be shown.
pub(crate) fn redacted(text: &str) -> String {
    let start: String = text.chars().take(4).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let words = EnvironmentWords {
            exact: vec!["qa.example.test".to_owned()],
            catalogs: vec!["dev".to_owned(), "prod".to_owned()],
        };
        let tree = scan(&[SourceFile { path, text }], &words);
        let mut all = Vec::new();
        for part in ["secrets", "literals", "statements", "personal"] {
            for (key, sighting) in tree.get(part).unwrap().as_mapping().unwrap() {
                all.push(format!("{part} {} {key}", sighting.location.as_ref().unwrap()));
            }
        }
        all
    }

    #[test]
    fn secrets_of_known_providers_and_random_values_are_found_and_not_shown() {
        let token = ["dapi", "0123456789abcdef0123456789abcdef"].concat();
        let key = ["AKIA", "QWERTYUIOPASDFGH"].concat();
        let text = format!("a = 1\nlogin('{token}')\nkey: {key}\npassword = \"kX9#vQ2mZp7Lw4Rt\"\n");
        let all = found("src/a.py", &text);
        assert_eq!(
            all,
            [
                "secrets src/a.py:2:8 src/a.py#a Databricks token#dapi…",
                "secrets src/a.py:3:6 src/a.py#an AWS access key#AKIA…",
                "secrets src/a.py:4:13 src/a.py#a value named like a secret#kX9#…",
            ]
        );
        assert!(!all.concat().contains(&token));
    }

    #[test]
    fn references_placeholders_digests_and_meant_lines_are_no_secrets() {
        let text = "password: ${var.password}\ntoken = dbutils.secrets.get('scope', 'key')\nsecret: {{secrets/scope/key}}\n\
                    password = \"changeme\"\ndigest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\
                    api_key = \"kX9vQ2mZp7Lw4Rt8\"  # sluice:allow an example\ntoken_count = 1234567890123456\n";
        assert_eq!(found("src/a.py", text), Vec::<String>::new());
    }

    #[test]
    fn environments_are_found_in_code_and_not_in_the_targets_of_a_bundle() {
        assert_eq!(
            found(
                "src/a.sql",
                "SELECT * FROM prod.gold.t\nUSE CATALOG dev;\nSELECT 1 AS prod\n"
            ),
            [
                "literals src/a.sql:1:15 src/a.sql#the catalog#prod",
                "literals src/a.sql:2:13 src/a.sql#the catalog#dev"
            ]
        );
        assert_eq!(
            found("src/a.py", "host = 'https://qa.example.test'\n"),
            ["literals src/a.py:1:17 src/a.py#the name#qa.example.test"]
        );
        assert_eq!(
            found("databricks.yml", "host: https://qa.example.test\n"),
            Vec::<String>::new()
        );
        assert_eq!(found("docs/a.md", "prod.gold.t\n"), Vec::<String>::new());
    }

    #[test]
    fn statements_built_of_texts_are_found() {
        assert_eq!(
            found(
                "src/a.py",
                "spark.sql(f\"SELECT {x}\")\nspark.sql(\"SELECT \" + name)\nspark.sql(\"SELECT :x\", args={})\n"
            ),
            [
                "statements src/a.py:1:1 src/a.py#a statement is built out of texts#spark.sql(f\"…",
                "statements src/a.py:2:1 src/a.py#a statement is built out of texts#spark.sql(\"SELECT \" +…"
            ]
        );
    }

    #[test]
    fn card_numbers_are_found_by_their_check_digit() {
        assert_eq!(
            found("a.csv", "1,4111 1111 1111 1111\n2,4111111111111112\n3,1234567890123\n"),
            ["personal a.csv:1:3 a.csv#a card number#4111…"]
        );
    }

    #[test]
    fn tests_are_code_below_tests_or_checks() {
        let file = |path| SourceFile { path, text: "" };
        let tree = scan(
            &[
                file("tests/README.md"),
                file("src/checks/a.py"),
                file("tests/b.py"),
                file("src/c.py"),
            ],
            &EnvironmentWords::default(),
        );
        assert_eq!(
            tree.get("tests").unwrap().to_json().to_string(),
            r#"["src/checks/a.py","tests/b.py"]"#
        );
    }
}
