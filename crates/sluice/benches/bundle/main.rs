//! How fast and how large the bundle engine is, beside the Databricks CLI that `DATABRICKS_CLI` names: `make bench-bundle`.
//!
//! Both programs do the same in turn on the same local workspace, over loopback: as many jobs as files, in four sizes. Prints Markdown tables of
//! medians and ratios; asserts only that every command succeeded. `SLUICE_BENCH_SIZES` (`10,100,1000,6000`) and `SLUICE_BENCH_RUNS` (`5`) choose
//! less. The CLI's own limit of requests a second is lifted (`DATABRICKS_RATE_LIMIT`), so that programs are compared and not limits.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its tables, and how far it is")]

mod commands;
mod files;
mod generated;
mod program;
#[path = "../serving/mod.rs"]
mod serving;

use std::process::ExitCode;

use program::Program;
use serving::Serving;

/// More jobs than this are measured by validation alone: the CLI needs most of an hour for that already.
const MOST_DEPLOYED: usize = 1000;

fn main() -> ExitCode {
    // `cargo test --benches` runs benchmarks with `--test`: nothing to check there.
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let wanted = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    let runs: usize = wanted("SLUICE_BENCH_RUNS", "5").parse().unwrap();
    let sizes = wanted("SLUICE_BENCH_SIZES", "10,100,1000,6000");
    let peer = Program::databricks();
    if peer.is_none() {
        eprintln!("DATABRICKS_CLI names no Databricks CLI: Sluice is measured alone");
    }
    let directory = tempfile::tempdir().unwrap();
    let serving = Serving::start(directory.path());
    println!(
        "| jobs, one file each | command | Sluice | Databricks CLI | ratio | memory of Sluice | of the CLI | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for size in sizes.split(',').map(|size| size.trim().parse().unwrap()) {
        commands::measure(size, runs, peer.as_ref(), &serving);
    }
    println!();
    files::measure(runs, &serving);
    ExitCode::SUCCESS
}
