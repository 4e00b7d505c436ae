//! The sandbox of tasks as a program of its own, for the tests of this crate; the shipped one is `sluice workspace sandbox`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(sluice_workspace::jobs::sandbox::run())
}
