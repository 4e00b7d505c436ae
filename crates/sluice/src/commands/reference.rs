//! `sluice reference`, hidden: the command line as a document, from which `docs/cli.md` is made.

use std::fmt;

use clap::{Args, Command, CommandFactory as _};
use serde::Serialize;

use crate::cli::Cli;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Print the command line as a document
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// One command that does something.
#[derive(Serialize)]
struct Entry {
    /// Its words, `sluice` included.
    name: String,
    /// What `--help` says, without the common options.
    help: String,
}

#[derive(Serialize)]
struct Reference {
    commands: Vec<Entry>,
}

impl Answer for Reference {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for Entry { name, help } in &self.commands {
            writeln!(out, "## `{name}`\n\n```\n{}\n```\n", help.trim_end())?;
        }
        Ok(())
    }
}

pub(crate) async fn run(_arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    // Not built: then each command has its own options alone, and those of every command stand once, at the root.
    let root = Cli::command().term_width(100);
    let mut commands = vec![Entry {
        name: "sluice".to_owned(),
        help: plain(root.clone()),
    }];
    collect(&root, "sluice", &mut commands);
    context.answer(&Reference { commands })?;
    Ok(Outcome::Done)
}

/// Every visible command below this one that has no commands of its own.
fn collect(parent: &Command, path: &str, entries: &mut Vec<Entry>) {
    for command in parent.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("{path} {}", command.get_name());
        if command.has_subcommands() {
            collect(command, &name, entries);
        } else {
            let command = command.clone().bin_name(&name).term_width(100);
            entries.push(Entry {
                help: plain(command),
                name,
            });
        }
    }
}

fn plain(command: Command) -> String {
    // The version of the program is no part of the reference, and values from the environment are this machine's.
    let command = command.mut_args(|argument| argument.hide_env_values(true));
    let text = command.disable_version_flag(true).render_help().to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
