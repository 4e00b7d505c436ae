//! The commands of a bundle, one size: each program in turn, medians of several runs.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::MOST_DEPLOYED;
use crate::generated;
use crate::program::{Action, Effort, Program};
use crate::serving::Serving;

/// How long the CLI may take for the largest size.
const PATIENCE: Duration = Duration::from_secs(40 * 60);

/// What the other program did with a command.
enum Peer<'efforts> {
    Absent,
    Ended(&'efforts [Effort]),
    GaveUp(Duration),
}

/// What the runs of one program came to, command by command.
#[derive(Default)]
struct Measured {
    rows: Vec<(&'static str, Vec<Effort>)>,
    /// A command did not end within this time.
    gave_up: Option<Duration>,
}

impl Measured {
    fn add(&mut self, what: &'static str, effort: Effort) {
        match self.rows.iter_mut().find(|(known, _)| *known == what) {
            Some((_, efforts)) => efforts.push(effort),
            None => self.rows.push((what, vec![effort])),
        }
    }
}

/// Measures a size and prints its rows.
pub(crate) fn measure(size: usize, runs: usize, peer: Option<&Program>, serving: &Serving) {
    let (ours, directory) = (Program::sluice(), tempfile::tempdir().unwrap());
    let programs: Vec<&Program> = [Some(&ours), peer].into_iter().flatten().collect();
    let mut measured: Vec<Measured> = programs.iter().map(|_| Measured::default()).collect();
    for program in &programs {
        generated::jobs(
            &directory.path().join(program.name),
            &format!("{}-{size}", program.name),
            size,
        );
    }
    for run in 0..runs {
        for (program, measured) in programs.iter().zip(&mut measured) {
            let large = size > MOST_DEPLOYED && program.name != ours.name;
            // Once is enough for a bound.
            if !(large && run > 0) {
                let most = large.then_some(PATIENCE);
                once(
                    program,
                    &directory.path().join(program.name),
                    size,
                    most,
                    serving,
                    measured,
                );
            }
        }
        eprintln!("{size} jobs: run {} of {runs}", run + 1);
    }
    for (index, (what, efforts)) in measured[0].rows.iter().enumerate() {
        let peer = match measured.get(1) {
            Some(Measured {
                gave_up: Some(most), ..
            }) => Peer::GaveUp(*most),
            Some(other) => other
                .rows
                .get(index)
                .map_or(Peer::Absent, |(_, efforts)| Peer::Ended(efforts)),
            None => Peer::Absent,
        };
        println!("{}", row(size, what, efforts, &peer));
    }
}

fn once(
    program: &Program,
    directory: &Path,
    size: usize,
    most: Option<Duration>,
    serving: &Serving,
    measured: &mut Measured,
) {
    let steps: &[(Option<&'static str>, Action)] = if size > MOST_DEPLOYED {
        &[(Some("validate"), Action::Validate)]
    } else {
        &[
            (Some("validate"), Action::Validate),
            (Some("first deploy"), Action::Deploy),
            (Some("plan"), Action::Plan),
            (Some("deploy without a change"), Action::Deploy),
            (None, Action::Destroy),
        ]
    };
    for (what, action) in steps {
        match (program.run(*action, directory, serving, most), what) {
            (Some(effort), Some(what)) => measured.add(what, effort),
            (Some(_), None) => {}
            (None, _) => measured.gave_up = most,
        }
    }
}

/// One line of the table.
fn row(size: usize, what: &str, ours: &[Effort], peer: &Peer<'_>) -> String {
    let (time, memory) = (median(ours, seconds), median(ours, |effort| effort.memory));
    let mut row = format!("| {size} | {what} | {time:.2} s |");
    match peer {
        Peer::Ended(efforts) => {
            let (theirs, their_memory) = (median(efforts, seconds), median(efforts, |effort| effort.memory));
            write!(row, " {theirs:.2} s | {:.1} × |", theirs / time).unwrap();
            let share = memory / their_memory;
            write!(row, " {memory:.0} MiB | {their_memory:.0} MiB | {share:.2} |").unwrap();
        }
        Peer::GaveUp(most) => {
            let most = most.as_secs_f64();
            write!(
                row,
                " more than {most:.0} s | more than {:.0} × | {memory:.0} MiB | | |",
                most / time
            )
            .unwrap();
        }
        Peer::Absent => write!(row, " | | {memory:.0} MiB | | |").unwrap(),
    }
    row
}

fn seconds(effort: &Effort) -> f64 {
    effort.time.as_secs_f64()
}

/// The value in the middle.
pub(crate) fn median(efforts: &[Effort], value: impl Fn(&Effort) -> f64) -> f64 {
    let mut values: Vec<f64> = efforts.iter().map(value).collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
