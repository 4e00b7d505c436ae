//! The steps of a deployment in the ledger.

use sluice_store::record::{Step, StepState};
use sluice_store::{Change, StoreError};

use crate::context::UseCase;
use crate::ports::{DeploymentHeader, DeploymentJournal, Intent, JournalError, StepOutcome};

/// Writes intents and outcomes as steps, each with its event. Numbers go on over several attempts.
pub(crate) struct LedgerJournal<'world> {
    use_case: UseCase<'world>,
    deployment: String,
    epoch: u64,
    before: u64,
    current: Option<Step>,
}

impl<'world> LedgerJournal<'world> {
    pub(crate) async fn open(use_case: UseCase<'world>, deployment: &str, epoch: u64) -> Result<Self, StoreError> {
        let before = use_case
            .store
            .steps(deployment)
            .await?
            .last()
            .map_or(0, |step| step.number);
        Ok(Self {
            use_case,
            deployment: deployment.to_owned(),
            epoch,
            before,
            current: None,
        })
    }

    async fn write(&self, step: &Step) -> Result<(), JournalError> {
        self.use_case
            .record(Change::Step(step.clone()))
            .await
            .map(drop)
            .map_err(|error| JournalError::new("in the ledger", error))
    }
}

impl DeploymentJournal for LedgerJournal<'_> {
    async fn begin(&mut self, _header: &DeploymentHeader) -> Result<(), JournalError> {
        Ok(())
    }

    async fn intent(&mut self, intent: &Intent) -> Result<(), JournalError> {
        let step = Step {
            deployment: self.deployment.clone(),
            number: self.before + u64::from(intent.step),
            key: intent.key.to_string(),
            action: format!("{} ({})", intent.description, intent.call),
            state: StepState::Intended,
            epoch: self.epoch,
            intended_at: self.use_case.clock.now(),
            finished_at: None,
            outcome: None,
            row_version: 1,
        };
        self.write(&step).await?;
        self.current = Some(step);
        Ok(())
    }

    async fn outcome(&mut self, step: u32, outcome: &StepOutcome) -> Result<(), JournalError> {
        let number = self.before + u64::from(step);
        let Some(current) = self.current.take().filter(|current| current.number == number) else {
            return Err(JournalError::new(
                "in the ledger",
                format!("step {number} has no intent"),
            ));
        };
        let (state, outcome) = match outcome {
            StepOutcome::Done { id } => (StepState::Done, id.clone()),
            StepOutcome::Failed { message } => (StepState::Failed, Some(message.clone())),
            StepOutcome::Unknown { message } => (StepState::Unknown, Some(message.clone())),
        };
        self.write(&Step {
            state,
            finished_at: Some(self.use_case.clock.now()),
            outcome,
            row_version: 2,
            ..current
        })
        .await
    }

    async fn finish(&mut self) -> Result<(), JournalError> {
        Ok(())
    }
}
