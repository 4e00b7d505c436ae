//! The sluice command: parses the command line, runs one command, renders its answer and maps its error to an exit code.
//!
//! Parts are put together here and nowhere else. Start at [`cli`] for what is offered, at [`commands`] for what it does, at
//! [`error`] for exit codes, at [`render`] for what is printed where.

mod cli;
mod commands;
mod context;
mod demo;
mod error;
mod interrupt;
mod render;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};

fn main() -> ExitCode {
    if commands::workspace::sandbox::is_requested() {
        return commands::workspace::sandbox::run();
    }
    render::panics::install();
    let cli = Cli::parse();
    let context = Context::new(&cli.global);
    render::log::install(&context.terminal);
    if let Some(Err(error)) = cli.global.end_with_parent.map(interrupt::end_with_parent) {
        context.terminal.progress(&format!("stopped: {error}"));
        return ExitCode::from(ExitKind::Interrupted.exit_code());
    }
    let result = panic::catch_unwind(AssertUnwindSafe(|| run(cli, &context)));
    match result {
        Ok(Ok(outcome)) => ExitCode::from(outcome.exit_code()),
        Ok(Err(error)) => {
            context.terminal.error(&error);
            ExitCode::from(error.kind.exit_code())
        }
        Err(_panic_already_reported) => ExitCode::from(ExitKind::Internal.exit_code()),
    }
}

/// Runs the command until it ends, or until it was interrupted while no step was under way.
fn run(cli: Cli, context: &Context) -> Result<Outcome, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // The workspace walks the trees of SQL statements, which are as deep as their expressions are long.
        .thread_stack_size(8 << 20)
        .build()
        .map_err(|error| CommandError::new(ExitKind::Internal, format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(async {
        context.interrupt.listen(&context.terminal);
        // Boxed: the future of the largest command would otherwise live on this stack.
        let command = Box::pin(cli.command.run(context));
        tokio::select! {
            result = command => result,
            () = context.interrupt.between_steps() => Err(CommandError::interrupted()),
        }
    });
    // A blocking read of the terminal may still be waiting; it must not keep the process alive.
    runtime.shutdown_background();
    result
}
