//! Renders `docs/cli.md` from what the built program says about itself, and refuses a command whose name was not agreed on.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::repository;

const AGREED: &str = "xtask/commands.toml";

#[derive(Deserialize)]
struct Reference {
    commands: Vec<Entry>,
}

/// One command: its words, `sluice` included, and its help.
#[derive(Deserialize)]
struct Entry {
    name: String,
    help: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Agreed {
    commands: Vec<String>,
}

/// The text of `docs/cli.md`. Builds the program in the profile that `make` uses.
pub(super) fn render() -> Result<String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "run",
            "--quiet",
            "--profile",
            "product",
            "--locked",
            "--package",
            "sluice",
            "--",
            "reference",
            "-o",
            "json",
        ])
        .env_remove("SLUICE_PLATFORM")
        .current_dir(repository::root())
        .output()
        .context("start cargo")?;
    if !output.status.success() {
        bail!("sluice reference: {}", String::from_utf8_lossy(&output.stderr));
    }
    let reference: Reference = serde_json::from_slice(&output.stdout).context("the output of `sluice reference`")?;
    let path = repository::root().join(AGREED);
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let agreed: Agreed = toml::from_str(&text).context(AGREED)?;
    let unknown = not_agreed(&reference, &agreed);
    if !unknown.is_empty() {
        bail!(
            "{}: not in {AGREED}, where the names of all commands are agreed on",
            unknown.join(", ")
        );
    }
    Ok(document(&reference))
}

fn not_agreed(reference: &Reference, agreed: &Agreed) -> Vec<String> {
    let names = reference
        .commands
        .iter()
        .filter_map(|entry| entry.name.strip_prefix("sluice "));
    let is_agreed = |name: &str| {
        agreed.commands.iter().any(|known| {
            name == known
                || name
                    .strip_prefix(known.as_str())
                    .is_some_and(|rest| rest.starts_with(' '))
        })
    };
    names.filter(|name| !is_agreed(name)).map(str::to_owned).collect()
}

fn document(reference: &Reference) -> String {
    let mut text = "# The command line\n\n\
        Made by `cargo xtask generate` from the program itself; do not edit. Data goes to standard output, everything else to standard error.\n\n\
        | exit code | means |\n|---|---|\n\
        | 0 | done |\n\
        | 1 | a read-only question was answered no |\n\
        | 2 | wrong usage or input |\n\
        | 3 | a change was refused: gate, permission, conflict |\n\
        | 4 | the remote side failed |\n\
        | 5 | stopped half-way, something remains to be done |\n\
        | 70 | our bug |\n\
        | 130 | interrupted cleanly |\n"
        .to_owned();
    for Entry { name, help } in &reference.commands {
        write!(text, "\n## `{name}`\n\n```text\n{}\n```\n", help.trim_end())
            .expect("invariant: writing to a text does not fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_was_not_agreed_on_is_named() {
        let entry = |name: &str| Entry {
            name: name.to_owned(),
            help: String::new(),
        };
        let reference = Reference {
            commands: vec![
                entry("sluice"),
                entry("sluice plan"),
                entry("sluice deps lock"),
                entry("sluice planet"),
            ],
        };
        let agreed = Agreed {
            commands: vec!["plan".to_owned(), "deps".to_owned()],
        };
        assert_eq!(not_agreed(&reference, &agreed), ["planet"]);
    }
}
