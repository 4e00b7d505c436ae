//! Where credentials come from, in which order.

use std::path::Path;

use super::*;

const FILE: &str = "[a]\nhost = https://one.test\ntoken = token-a\n[b]\nhost = https://two.test/\ntoken = token-b\n\
                    [c]\nhost = two.test\ntoken = token-c\n[empty]\nhost = https://three.test\n";

fn check(host: Option<&str>, profile: Option<&str>, environment: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cfg");
    std::fs::write(&path, FILE).unwrap();
    let mut sources = ConfigurationSources {
        host: host.map(str::to_owned),
        profile: profile.map(str::to_owned),
        credential: None,
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    sources
        .environment
        .insert("DATABRICKS_CONFIG_FILE".to_owned(), path.display().to_string());
    answer(&sources, directory.path())
}

fn answer(sources: &ConfigurationSources, directory: &Path) -> String {
    match sources.resolve() {
        Ok(found) => format!("{} {}", found.host, found.token.expose()),
        Err(error) => error.to_string().replace(&directory.display().to_string(), "DIR"),
    }
}

#[test]
fn the_environment_comes_before_profiles() {
    let both = [("DATABRICKS_HOST", "https://one.test"), ("DATABRICKS_TOKEN", "t")];
    assert_eq!(check(None, None, &both), "https://one.test t");
    assert_eq!(check(Some("https://one.test"), None, &both), "https://one.test t");
    assert_eq!(
        check(None, Some("b"), &[("DATABRICKS_TOKEN", "t")]),
        "https://two.test t"
    );
}

#[test]
fn a_token_for_another_host_is_not_sent() {
    let other = [("DATABRICKS_HOST", "https://other.test"), ("DATABRICKS_TOKEN", "t")];
    assert_eq!(
        check(Some("https://one.test"), None, &other),
        "https://one.test token-a"
    );
}

#[test]
fn profiles_are_found_by_name_and_by_host() {
    assert_eq!(check(None, Some("b"), &[]), "https://two.test token-b");
    assert_eq!(
        check(None, None, &[("DATABRICKS_CONFIG_PROFILE", "a")]),
        "https://one.test token-a"
    );
    assert_eq!(check(Some("one.test"), None, &[]), "https://one.test token-a");
    assert_eq!(
        check(Some("two.test"), None, &[]),
        "several profiles of `DIR/cfg` are for https://two.test: set DATABRICKS_CONFIG_PROFILE to one of b, c"
    );
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(
        check(None, Some("zebra"), &[]),
        "`DIR/cfg` has no profile `zebra`; it has a, b, c, empty"
    );
    assert_eq!(check(None, Some("empty"), &[]), "profile `empty` holds no token");
    assert_eq!(
        check(Some("https://four.test"), None, &[]),
        "no token for https://four.test: set DATABRICKS_TOKEN, or DATABRICKS_CONFIG_PROFILE to a profile of `DIR/cfg`"
    );
    assert_eq!(
        check(Some("https://four.test"), Some("a"), &[]),
        "profile `a` is for https://one.test, but https://four.test is named: use a profile of that workspace"
    );
    assert_eq!(
        check(None, None, &[]),
        "no workspace is named: set `workspace.host` in the bundle, DATABRICKS_HOST or DATABRICKS_CONFIG_PROFILE"
    );
}

#[test]
fn a_reference_is_the_only_source_when_it_is_given() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "from-file\n").unwrap();
    let mut sources = ConfigurationSources {
        host: Some("https://one.test".to_owned()),
        credential: Some(CredentialReference::File(file)),
        environment: [("DATABRICKS_TOKEN".to_owned(), "t".to_owned())].into(),
        ..ConfigurationSources::default()
    };
    assert_eq!(answer(&sources, directory.path()), "https://one.test from-file");
    sources.credential = Some(CredentialReference::Env("ABSENT".to_owned()));
    assert_eq!(
        answer(&sources, directory.path()),
        "environment variable `ABSENT` holds no token"
    );
}
