//! How long it takes to see that ten thousand files are as they were.

use crate::commands::median;
use crate::generated;
use crate::program::{Action, Effort, Program};
use crate::serving::Serving;

const FILES: usize = 10_000;

/// A deployment without a change of a bundle with many files, less one of a bundle with none.
pub(crate) fn measure(runs: usize, serving: &Serving) {
    let (sluice, directory) = (Program::sluice(), tempfile::tempdir().unwrap());
    let sizes = [("few-files", 0), ("many-files", FILES)];
    let [few, many] = sizes.map(|(name, count)| {
        let bundle = directory.path().join(name);
        generated::many_files(&bundle, name, count);
        let deploy = || sluice.run(Action::Deploy, &bundle, serving, None);
        deploy();
        let efforts: Vec<Effort> = (0..runs).filter_map(|_| deploy()).collect();
        eprintln!("{count} files: {runs} runs");
        median(&efforts, |effort| effort.time.as_secs_f64())
    });
    println!(
        "Deployment without a change: {:.0} ms with {FILES} files, {:.0} ms with none; {:.0} ms for deciding that they are the same.",
        many * 1000.0,
        few * 1000.0,
        (many - few) * 1000.0
    );
}
