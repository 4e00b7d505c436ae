//! Blueprints on disk, rendered into real repositories.

use std::path::Path;

use super::instantiate::{NewProductError, NewProductRequest};
use super::source::{BlueprintError, available, check, find};
use super::*;
use crate::git::{Signature, git_line};

const MANIFEST: &str = "version: 1\nname: tiny\nrelease: 1.2.0\nsummary: Little.\nkinds: [jobs]\n";
const SCHEMA: &str = r#"{
  "welcome_message": "hello",
  "success_message": "made {{.project_name}}",
  "properties": {
    "project_name": {"type": "string", "order": 1, "description": "Name", "pattern": "^[a-z-]+$", "pattern_match_failure_message": "Lower case only."},
    "owner": {"type": "string", "order": 2, "description": "Owner"},
    "with_notes": {"type": "string", "order": 3, "enum": ["yes", "no"], "default": "no"},
    "schema": {"type": "string", "order": 4, "default": "{{upper .project_name}}_s"},
    "size": {"type": "integer", "order": 5, "default": 3}
  }
}"#;
const PRODUCT: &str = "version: 1\nname: {{.project_name}}\ndomain: d\nkind: aggregate\nowner: {{.owner}}\nsteward: s\nsupport: x\ncriticality: low\nclassification: public\n";

fn blueprint(changes: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = [
        ("blueprint.yaml", MANIFEST),
        ("databricks_template_schema.json", SCHEMA),
        ("library/names.tmpl", "{{define `greeting`}}hi {{.owner}}{{end}}"),
        (
            "template/databricks.yml.tmpl",
            "bundle:\n  name: {{.project_name}} # {{template `greeting` .}}\n",
        ),
        ("template/product.yaml.tmpl", PRODUCT),
        ("template/{{.project_name}}/plain.txt", "kept {{.as_is}} ${var.x}\n"),
        (
            "template/notes/a.md.tmpl",
            "{{if eq .with_notes `no`}}{{skip `*`}}{{end}}{{.schema}} {{.size}}\n",
        ),
    ];
    for (path, content) in files.iter().chain(changes) {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    directory
}

fn request(blueprint: &tempfile::TempDir, directory: &Path, answers: &[(&str, &str)]) -> NewProductRequest {
    NewProductRequest {
        blueprint: find(blueprint.path().to_str().unwrap(), None).unwrap(),
        directory: directory.to_owned(),
        answers: answers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        author: Some(Signature {
            name: "E".to_owned(),
            email: "engineer@sluice.test".to_owned(),
        }),
    }
}

const SOUND: &[(&str, &str)] = &[("project_name", "flights"), ("owner", "o@x.test")];

#[tokio::test]
async fn a_product_is_a_repository_with_a_commit_and_a_lock() {
    let (blueprint, place) = (blueprint(&[]), tempfile::tempdir().unwrap());
    let directory = place.path().join("new/flights");
    let made = new_product(&request(&blueprint, &directory, SOUND)).await.unwrap();
    assert_eq!(
        (made.product.as_str(), made.message.as_deref()),
        ("flights", Some("made flights"))
    );
    assert_eq!(made.files, ["databricks.yml", "flights/plain.txt", "product.yaml"]);
    let read = |path: &str| std::fs::read_to_string(directory.join(path)).unwrap();
    assert_eq!(read("databricks.yml"), "bundle:\n  name: flights # hi o@x.test\n");
    assert_eq!(read("flights/plain.txt"), "kept {{.as_is}} ${var.x}\n");
    let log = git_line(&directory, &["log", "--format=%an %ae %s %D"]).await.unwrap();
    assert_eq!(
        log,
        "E engineer@sluice.test flights: from blueprint tiny 1.2.0 HEAD -> main"
    );
    assert_eq!(git_line(&directory, &["status", "--porcelain"]).await.unwrap(), "");
    let lock = lock::BlueprintLock::read(&directory).unwrap().unwrap();
    assert_eq!((lock.blueprint.as_str(), lock.digest), ("tiny", made.digest));
    assert_eq!(lock.answers["schema"], "FLIGHTS_s");
    assert_eq!(
        std::fs::read_dir(place.path().join("new")).unwrap().count(),
        1,
        "nothing else was left"
    );

    let again = new_product(&request(&blueprint, &directory, SOUND)).await;
    assert!(matches!(again, Err(NewProductError::NotEmpty { .. })), "{again:?}");
    let with_notes = [SOUND, &[("with_notes", "yes"), ("size", "7")]].concat();
    let other = place.path().join("other");
    new_product(&request(&blueprint, &other, &with_notes)).await.unwrap();
    assert_eq!(
        std::fs::read_to_string(other.join("notes/a.md")).unwrap(),
        "FLIGHTS_s 7\n"
    );
}

/// What refuses these answers or this blueprint; nothing may be left behind.
async fn refusal(changes: &[(&str, &str)], answers: &[(&str, &str)]) -> String {
    let (blueprint, place) = (blueprint(changes), tempfile::tempdir().unwrap());
    let error = match new_product(&request(&blueprint, &place.path().join("p"), answers)).await {
        Ok(made) => panic!("made {made:?}"),
        Err(error) => error,
    };
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "{error}");
    let source = std::error::Error::source(&error).map_or_else(String::new, |source| format!(": {source}"));
    format!("{error}{source}")
}

#[tokio::test]
async fn wrong_and_missing_answers_are_all_named_together() {
    assert_eq!(
        refusal(&[], &[("projectname", "x"), ("with_notes", "maybe"), ("size", "big")]).await,
        "error: the blueprint has no question `projectname`\n  help: did you mean `project_name`?\n\
         error: `maybe` is not an answer to `with_notes`\n  help: known here: `yes`, `no`\n\
         error: `default of schema` cannot be rendered"
            .replace(
                "error: `default of schema` cannot be rendered",
                "error: template `default of schema` cannot be rendered"
            )
            + "\nerror: `size` must be a whole number, not `big`\n\
               error: these answers are missing: project_name, owner\n  help: --set project_name=…   Name\n        --set owner=…   Owner"
    );
    assert_eq!(
        refusal(&[], &[("project_name", "Flights"), ("owner", "o")]).await,
        "error: `Flights` is not an answer to `project_name`\n  help: Lower case only.\n\
         error: template `default of schema` cannot be rendered"
    );
}

#[tokio::test]
async fn a_template_cannot_lead_outside_or_fail_silently() {
    let cases = [
        (
            "template/{{`..`}}/{{`..`}}/x",
            "",
            "template `template/{{`..`}}/{{`..`}}/x` leads to `../../x`, which is no path inside the product",
        ),
        (
            "template/.git/config",
            "",
            "template `template/.git/config` leads to `.git/config`, which is no path inside the product",
        ),
        (
            "template/product.yaml",
            "",
            "templates `template/product.yaml` and `template/product.yaml.tmpl` both lead to `product.yaml`",
        ),
        (
            "template/a.tmpl",
            "{{.nothing}}",
            "template `template/a.tmpl` cannot be rendered: map has no entry for key: nothing",
        ),
        (
            "template/a.tmpl",
            "{{fail `no %s here` .owner}}",
            "template `template/a.tmpl` cannot be rendered: execution error: no o@x.test here",
        ),
        (
            "template/a.tmpl",
            "{{user_name}}",
            "template `template/a.tmpl` cannot be rendered: execution error: `user_name` needs a workspace, and `sluice new` connects to none",
        ),
        (
            "template/a.tmpl",
            "a\n{{if}}",
            "template `template/a.tmpl` cannot be rendered: template: template/a.tmpl:2:5: missing value for if",
        ),
    ];
    for (path, content, expected) in cases {
        let found = refusal(&[(path, content)], SOUND).await;
        if path.ends_with("a.tmpl") && content.starts_with("a\n") {
            assert!(found.contains("a.tmpl:2:"), "{found}");
        } else {
            assert_eq!(found, expected);
        }
    }
}

#[tokio::test]
async fn what_comes_out_must_be_a_data_product() {
    let bad = PRODUCT.replace("kind: aggregate", "kind: agregate");
    assert_eq!(
        refusal(&[("template/product.yaml.tmpl", &bad)], SOUND).await,
        "error: `agregate` is not a value of `kind`\n  at kind\n  in product.yaml:4:7\n  help: did you mean `aggregate`?"
    );
}

#[test]
fn functions_of_the_format_are_there() {
    let answers = indexmap::IndexMap::new();
    let render = |text: &str| template::render_text("t", text, &answers, &template::Surroundings::default()).unwrap();
    assert_eq!(
        render("{{(url `https://h.test:1/a/b?q`).Host}}{{path_separator}}{{(url `https://h/a/b?q`).Path}}"),
        "h.test:1//a/b"
    );
    assert_eq!(
        render("{{with map (pair `a` 1) (pair `b` `x`)}}{{.a}}{{.b}}{{end}}"),
        "1x"
    );
    assert_eq!(render("{{lower `Ab`}}{{upper `Ab`}}"), "abAB");
    assert_eq!(
        render("{{eq bundle_uuid bundle_uuid}} {{eq uuid uuid}} {{lt (random_int 1) 1}}"),
        "true false true"
    );
}

#[test]
fn every_shipped_blueprint_is_sound_and_found_by_name() {
    let all = available(None).unwrap();
    assert!(!all.is_empty());
    for blueprint in &all {
        let found = check(blueprint, &[]).unwrap();
        assert_eq!(find(&blueprint.name, None).unwrap().release.to_string(), found.release);
    }
    let error = find("data-produkt", None).unwrap_err();
    assert!(
        matches!(error, BlueprintError::Unknown { ref help, .. } if help.as_deref() == Some("did you mean `data-product`?")),
        "{error}"
    );
}
