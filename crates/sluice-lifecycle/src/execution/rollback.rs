//! The way back of a deployment that failed: tables return to their pinned versions, then the content that ran before is deployed by the
//! same engine as ever. What comes back, and what cannot, is recorded by name.
//!
//! Rows come first: a table's older version has its older columns, so that no column has to be dropped. Whatever is done may be done again:
//! a table that is back already is found so, and a second plan has nothing to do.

use std::collections::BTreeSet;

use sluice_bundle::engine::{Action, Plan, States};
use sluice_governance::quality::qualified;
use sluice_model::ResourceKey;
use sluice_store::record::{Deployment, DeploymentState, Pins, Rollback, TablePin};

use super::candidate::Candidate;
use super::checks::{causes, changes};
use super::journal::LedgerJournal;
use super::pins::{self, Standing};
use super::saga::{ExecutionError, advance, after, plan_reasons, reasons};
use super::statement::first_row;
use crate::context::UseCase;
use crate::deploy::{DeployOptions, PlanWishes, PlannedDeployment, deploy, plan_bundle};
use crate::machines::IllegalTransition;
use crate::machines::deployment::DeploymentEvent;
use crate::ports::{DeploymentJournal as _, Intent, StepOutcome};

/// How often a table is brought back before somebody has to look.
const ATTEMPTS: u32 = 3;

/// The row that begins the way back to a deployment.
///
/// # Errors
/// When its state does not allow it.
pub(super) fn begun(row: &Deployment, to: &str, because: Vec<String>) -> Result<Deployment, IllegalTransition> {
    let mut row = after(row, DeploymentEvent::GoBack)?;
    row.reasons.clone_from(&because);
    row.rollback = Some(Rollback {
        to: to.to_owned(),
        because,
        restored: Vec::new(),
        recreated: Vec::new(),
        not_restorable: Vec::new(),
        needs_human: Vec::new(),
    });
    Ok(row)
}

/// Brings back what ran before. `previous` is the content of the deployment that the row's rollback names, resolved for the environment;
/// its error is why it cannot be had.
///
/// # Errors
/// When the ledger fails or the lease is lost; what came of it is in the row.
pub(crate) async fn run(
    use_case: UseCase<'_>,
    previous: Result<&Candidate, Vec<String>>,
    row: Deployment,
    epoch: u64,
    notes: Vec<String>,
) -> Result<Deployment, ExecutionError> {
    // Under the lease that it began with it goes on as it is; another attempt has another lease.
    let row = if row.state == DeploymentState::Compensating && row.epoch == epoch {
        row
    } else {
        let mut row = after(&row, DeploymentEvent::GoBack)?;
        row.epoch = epoch;
        advance(use_case, row).await?
    };
    let mut report = Report {
        needs_human: notes,
        ..Report::default()
    };
    let pins = row.pins.clone().unwrap_or_default();
    let complete = match previous {
        Err(why) => {
            report.unfinished.extend(why);
            false
        }
        Ok(previous) => {
            let mut way = Way {
                use_case,
                previous,
                row: &row,
                pins: &pins,
                epoch,
                report: &mut report,
            };
            way.tables().await?;
            way.content().await?;
            way.volumes();
            report.unfinished.is_empty()
        }
    };
    end(use_case, &row, report, complete).await
}

async fn end(
    use_case: UseCase<'_>,
    row: &Deployment,
    report: Report,
    complete: bool,
) -> Result<Deployment, ExecutionError> {
    let event = if complete {
        DeploymentEvent::WentBack
    } else {
        DeploymentEvent::GoingBackFailed
    };
    let mut row = after(row, event)?;
    if let Some(rollback) = &mut row.rollback {
        row.reasons.clone_from(&rollback.because);
        row.reasons.extend(report.unfinished.iter().cloned());
        rollback.restored = report.restored;
        rollback.recreated = report.recreated;
        rollback.not_restorable = report.not_restorable;
        rollback.needs_human = report.needs_human;
        rollback.needs_human.extend(report.unfinished);
    }
    advance(use_case, row).await
}

#[derive(Default)]
struct Report {
    restored: Vec<String>,
    recreated: Vec<String>,
    not_restorable: Vec<String>,
    needs_human: Vec<String>,
    /// What keeps the way back from its end; going on may do it.
    unfinished: Vec<String>,
}

struct Way<'a> {
    use_case: UseCase<'a>,
    previous: &'a Candidate,
    row: &'a Deployment,
    pins: &'a Pins,
    epoch: u64,
    report: &'a mut Report,
}

impl Way<'_> {
    /// Brings every table back to its pin, in the reverse order of their names.
    async fn tables(&mut self) -> Result<(), ExecutionError> {
        if self.pins.tables.is_empty() {
            return Ok(());
        }
        let warehouse = match pins::warehouse(self.previous) {
            Ok(warehouse) => warehouse,
            Err(why) => {
                self.report.unfinished.push(why);
                return Ok(());
            }
        };
        let mut journal = LedgerJournal::open(self.use_case, &self.row.id, self.epoch).await?;
        let mut step = 0;
        for pin in self.pins.tables.iter().rev() {
            self.table(pin, warehouse, &mut journal, &mut step).await?;
        }
        Ok(())
    }

    async fn table(
        &mut self,
        pin: &TablePin,
        warehouse: &str,
        journal: &mut LedgerJournal<'_>,
        step: &mut u32,
    ) -> Result<(), ExecutionError> {
        let client = &self.previous.loaded.client;
        let mut why = String::new();
        for attempt in 0..=ATTEMPTS {
            match pins::standing(client, warehouse, pin).await {
                Ok(Standing::Same) => return Ok(()),
                Ok(Standing::Restored) => {
                    let line = format!("rows and columns of `{}`: version {}", pin.table, pin.version);
                    self.report.restored.push(line);
                    return Ok(());
                }
                Ok(Standing::Gone) => {
                    let line = format!("the rows of `{}`: the table was dropped", pin.table);
                    self.report.not_restorable.push(line);
                    return Ok(());
                }
                Ok(Standing::Another) => {
                    let line = format!("the rows of `{}`: the table was dropped and made again", pin.table);
                    self.report.not_restorable.push(line);
                    return Ok(());
                }
                Ok(Standing::Newer(_)) if attempt == ATTEMPTS => break,
                Ok(Standing::Newer(commits)) => {
                    *step += 1;
                    why = match self.restore(pin, commits, warehouse, journal, *step).await? {
                        Ok(()) => String::new(),
                        Err(why) => why,
                    };
                }
                Err(error) => why = error,
            }
        }
        self.report
            .unfinished
            .push(format!("`{}` is not back at version {}: {why}", pin.table, pin.version));
        Ok(())
    }

    /// One statement, journalled. The inner error is why it failed; whether it took effect the table itself says afterwards.
    async fn restore(
        &self,
        pin: &TablePin,
        commits: i64,
        warehouse: &str,
        journal: &mut LedgerJournal<'_>,
        step: u32,
    ) -> Result<Result<(), String>, ExecutionError> {
        let description = format!("restore to version {}, undoing {commits} commits", pin.version);
        self.use_case.progress.say(&format!("{description}: {}", pin.table));
        let intent = Intent {
            step,
            key: key_of(self.pins, &pin.table),
            description,
            call: "POST /api/2.0/sql/statements".to_owned(),
            token: None,
        };
        journal.intent(&intent).await?;
        let name = qualified(pin.table.split('.'));
        let sql = format!("RESTORE TABLE {name} TO VERSION AS OF {}", pin.version);
        let client = &self.previous.loaded.client;
        let sent = first_row(client, warehouse, &sql).await;
        let outcome = match &sent {
            Ok(_) => StepOutcome::Done { id: None },
            Err(message) => match pins::standing(client, warehouse, pin).await {
                Ok(Standing::Restored) => StepOutcome::Done { id: None },
                Ok(_) => StepOutcome::Failed {
                    message: message.clone(),
                },
                Err(_) => StepOutcome::Unknown {
                    message: message.clone(),
                },
            },
        };
        journal.outcome(step, &outcome).await?;
        Ok(sent.map(drop))
    }

    /// Deploys the content that ran before, and looks whether a second plan has nothing to do.
    async fn content(&mut self) -> Result<(), ExecutionError> {
        let wishes = PlanWishes {
            // What the deployment made goes again, with the rows that it put there.
            allow_destroy: true,
            overwrite_uncaptured: true,
            ..PlanWishes::default()
        };
        let loaded = &self.previous.loaded;
        let planned = match plan_bundle(loaded, &wishes).await {
            Ok(planned) => planned,
            Err(error) => {
                self.report.unfinished.push(plan_reasons(&error));
                return Ok(());
            }
        };
        let lost = self.would_lose(&planned);
        if !lost.is_empty() {
            self.report.unfinished.push(format!(
                "the way back would delete what was there before the deployment: {}",
                lost.join(", ")
            ));
            return Ok(());
        }
        let done = changes(&planned.plan);
        let mut journal = LedgerJournal::open(self.use_case, &self.row.id, self.epoch).await?;
        let options = DeployOptions::default();
        match deploy(loaded, planned, options, &mut journal, self.use_case.progress).await {
            Ok(outcome) => {
                self.report.restored.extend(done);
                self.recreated(&outcome.states);
                self.second_plan(&wishes).await;
            }
            Err(error) => self.report.unfinished.extend(reasons(&error)),
        }
        Ok(())
    }

    /// Deletions of what was there before the deployment, under the identity that it had.
    fn would_lose(&self, planned: &PlannedDeployment) -> Vec<String> {
        let deletes = |plan: &Plan| -> Vec<ResourceKey> {
            let entries = plan.plan.iter();
            let gone = entries.filter(|(_, entry)| matches!(entry.action, Action::Delete | Action::Recreate));
            gone.map(|(key, _)| key.clone()).collect()
        };
        let states = &planned.base.states;
        deletes(&planned.plan)
            .into_iter()
            .filter(|key| key.sub.is_none())
            .filter(|key| {
                let pinned = self.pins.ids.get(&key.to_string());
                pinned.is_some() && pinned == states.get(key).map(|entry| &entry.id)
            })
            .map(|key| key.to_string())
            .collect()
    }

    fn recreated(&mut self, states: &States) {
        for (key, entry) in states.entries() {
            let name = key.to_string();
            if let Some(before) = self.pins.ids.get(&name)
                && *before != entry.id
            {
                self.report
                    .recreated
                    .push(format!("`{name}`: {before} is {} now", entry.id));
            }
        }
    }

    async fn second_plan(&mut self, wishes: &PlanWishes) {
        match plan_bundle(&self.previous.loaded, wishes).await {
            Ok(planned) if planned.plan.is_empty() => {}
            Ok(planned) => self
                .report
                .unfinished
                .push(format!("still different: {}", changes(&planned.plan).join(", "))),
            Err(error) => self.report.unfinished.push(causes(&error)),
        }
    }

    /// Files of volumes have no versions.
    fn volumes(&mut self) {
        let volumes: BTreeSet<&String> = self
            .pins
            .ids
            .keys()
            .filter(|key| key.starts_with("resources.volumes.") && key.matches('.').count() == 2)
            .collect();
        let lines = volumes
            .into_iter()
            .map(|key| format!("files that were written into `{key}`: volumes have no versions"));
        self.report.not_restorable.extend(lines);
    }
}

/// The key of a table; of one that nobody declared, the key that it would have.
fn key_of(pins: &Pins, table: &str) -> ResourceKey {
    let declared = pins
        .ids
        .iter()
        .find(|(key, id)| key.starts_with("catalog.tables.") && id.eq_ignore_ascii_case(table))
        .and_then(|(key, _)| key.strip_prefix("catalog.tables."));
    let last = || table.rsplit('.').next().unwrap_or(table);
    ResourceKey::catalog("tables", declared.unwrap_or_else(last))
}
