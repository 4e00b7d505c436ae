//! How fast and how large the local workspace is: `make bench-workspace`.
//!
//! The real binary, over loopback, with the load generator on the same cores. Prints a Markdown table of medians; asserts only that every answer was
//! a success. Nothing is compared with a limit here: `docs/performance.md` holds figures of a machine that did nothing else.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its table, and how far it is")]

mod catalog;
mod control_plane;
mod execution;
mod figures;
mod load;
mod served;
#[path = "../serving/mod.rs"]
mod serving;

use std::process::ExitCode;

use figures::Figures;
use served::Served;

fn main() -> ExitCode {
    // `cargo test --benches` runs benchmarks with `--test`: nothing to check there.
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    drop(rustls::crypto::ring::default_provider().install_default());
    // One thread, so that the generator takes no more of the cores than it must.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut figures = Figures::default();
    runtime.block_on(measure(&mut figures));
    print!("{figures}");
    ExitCode::SUCCESS
}

async fn measure(figures: &mut Figures) {
    let only = std::env::args().nth(1).filter(|argument| !argument.starts_with('-'));
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("control-plane") {
        control_plane::start(figures).await;
        control_plane::requests(figures).await;
    }
    if wanted("catalog") {
        catalog::measure(figures).await;
    }
    if wanted("execution") {
        execution::measure(figures).await;
    }
}
