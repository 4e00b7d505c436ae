//! How far an environment is from consumers, and how much a finding weighs there.

use serde::{Deserialize, Serialize};

/// Kind of an environment, in the order of promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Where products are built.
    Dev,
    /// Where they are accepted.
    Qa,
    /// Where they are used.
    Prod,
}

impl Stage {
    /// Words of `stage` in `platform.yaml`.
    pub const WORDS: [(&'static str, Self); 3] = [("dev", Self::Dev), ("qa", Self::Qa), ("prod", Self::Prod)];

    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Qa => "qa",
            Self::Prod => "prod",
        }
    }
}

/// What a finding does. Ordered from light to heavy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Is told.
    Info,
    /// Is told as something to do.
    Warn,
    /// Stops a promotion.
    Block,
}

impl Weight {
    /// Words of severities in rule metadata.
    pub const WORDS: [(&'static str, Self); 3] = [("info", Self::Info), ("warn", Self::Warn), ("block", Self::Block)];

    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }
}

/// Weights of one rule by stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Weights {
    /// In `dev`.
    pub dev: Weight,
    /// In `qa`.
    pub qa: Weight,
    /// In `prod`.
    pub prod: Weight,
}

impl Weights {
    /// What a failure weighs at a stage.
    #[must_use]
    pub fn at(self, stage: Stage) -> Weight {
        match stage {
            Stage::Dev => self.dev,
            Stage::Qa => self.qa,
            Stage::Prod => self.prod,
        }
    }

    /// What missing evidence weighs at a stage: as much as a failure, for nothing was shown; in `dev` it is always a warning.
    #[must_use]
    pub fn unknown_at(self, stage: Stage) -> Weight {
        match stage {
            Stage::Dev => Weight::Warn,
            Stage::Qa | Stage::Prod => self.at(stage),
        }
    }
}
