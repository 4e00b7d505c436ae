//! `sluice workspace sandbox`: the process around one task of a job. Only the process behind `up` starts it, with the task on standard input.

use std::process::ExitCode;

/// The arguments with which a workspace starts this program around a task.
const ARGUMENTS: [&str; 2] = ["workspace", "sandbox"];

/// Whether this process is to be the sandbox of a task. Asked before anything else: the sandbox confines the thread that becomes the
/// task's parent, so there must be no other thread and no signal handler yet.
pub(crate) fn is_requested() -> bool {
    std::env::args_os().skip(1).eq(ARGUMENTS)
}

/// Runs the task and passes its exit code on.
pub(crate) fn run() -> ExitCode {
    ExitCode::from(sluice_workspace::jobs::sandbox::run())
}
