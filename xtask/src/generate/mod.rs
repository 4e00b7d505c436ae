//! `cargo xtask generate`: files that are made from something else, and the check that they are current.
//!
//! Start at [`run`]. A new generated file is one more entry in [`files`].

mod command_line;
mod facts;
mod operations;
mod types;

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::{report, repository};

/// Arguments of `generate`.
#[derive(clap::Args)]
pub(crate) struct GenerateArguments {
    /// Writes nothing; fails when a generated file differs from what it would be.
    #[arg(long)]
    check: bool,
}

/// One generated file: its path in the checkout and its text.
struct GeneratedFile {
    path: &'static str,
    text: String,
}

/// Writes every generated file, or checks them.
pub(crate) fn run(arguments: &GenerateArguments) -> Result<()> {
    let mut stale = Vec::new();
    for file in files()? {
        let path = repository::root().join(file.path);
        if fs::read_to_string(&path).is_ok_and(|text| text == file.text) {
            continue;
        }
        if arguments.check {
            stale.push(file.path);
            continue;
        }
        let folder = path.parent().expect("invariant: a generated file is in a folder");
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        fs::write(&path, &file.text).with_context(|| format!("write {}", path.display()))?;
        report(&format!("wrote {}", file.path));
    }
    if !stale.is_empty() {
        bail!(
            "not current: {} (run `cargo xtask generate` and commit)",
            stale.join(", ")
        );
    }
    Ok(())
}

fn files() -> Result<Vec<GeneratedFile>> {
    let facts = facts::read()?;
    Ok(vec![
        GeneratedFile {
            path: "crates/sluice-wire/src/generated/operations.rs",
            text: operations::render(&facts),
        },
        GeneratedFile {
            path: "crates/sluice-wire/src/generated/types.txt",
            text: types::render(&facts),
        },
        GeneratedFile {
            path: "docs/cli.md",
            text: command_line::render()?,
        },
    ])
}
