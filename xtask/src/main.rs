//! Generators and repository rules: `cargo xtask generate`, `cargo xtask tidy`.
//!
//! Nothing here is part of the product. Start at the subcommand that you call: each has its own module.

mod generate;
mod repository;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Generators and repository rules.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Writes the generated files anew.
    Generate(generate::GenerateArguments),
    /// Checks the rules of this repository.
    Tidy,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Generate(arguments) => generate::run(&arguments),
        Task::Tidy => tidy::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells the person who runs this something, on stderr.
#[expect(clippy::print_stderr, reason = "a repository tool talks to the person who runs it")]
pub(crate) fn report(text: &str) {
    eprintln!("{text}");
}
