//! One difference between two versions of a contract.

use std::fmt;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use sluice_model::Location;

/// Who may be hit by a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Readers with SQL.
    Batch,
    /// Streaming readers and readers of the change data feed.
    Streaming,
    /// Dashboards and BI tools.
    Dashboards,
    /// Genie.
    Genie,
    /// Recipients of Delta Sharing.
    Sharing,
    /// The pipeline that writes the data, and its tests.
    Producer,
}

impl Audience {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::Batch,
        Self::Streaming,
        Self::Dashboards,
        Self::Genie,
        Self::Sharing,
        Self::Producer,
    ];

    /// The word in JSON and for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Streaming => "streaming",
            Self::Dashboards => "dashboards",
            Self::Genie => "genie",
            Self::Sharing => "sharing",
            Self::Producer => "producer",
        }
    }
}

/// How hard a change hits an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Not at all.
    None,
    /// Good to know.
    Info,
    /// Something may have to be looked at.
    Warn,
    /// What worked may stop working or give other answers.
    Break,
}

impl Level {
    /// The word in JSON and for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Break => "break",
        }
    }
}

/// A level for each audience, in the order of [`Audience::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdicts(pub(super) [Level; 6]);

impl Verdicts {
    /// From one letter per audience in the order of [`Audience::ALL`]: `B` break, `W` warn, `I` info, anything else none.
    pub(super) const fn of(letters: &[u8; 6]) -> Self {
        let mut levels = [Level::None; 6];
        let mut at = 0;
        while at < 6 {
            levels[at] = match letters[at] {
                b'B' => Level::Break,
                b'W' => Level::Warn,
                b'I' => Level::Info,
                _ => Level::None,
            };
            at += 1;
        }
        Self(levels)
    }

    /// The level of each audience.
    pub fn iter(self) -> impl Iterator<Item = (Audience, Level)> {
        Audience::ALL.into_iter().zip(self.0)
    }

    /// The hardest level.
    #[must_use]
    pub fn worst(self) -> Level {
        self.0.into_iter().max().unwrap_or(Level::None)
    }

    /// The hardest level of those who read.
    #[must_use]
    pub fn worst_of_consumers(self) -> Level {
        let readers = self.iter().filter(|(audience, _)| *audience != Audience::Producer);
        readers.map(|(_, level)| level).max().unwrap_or(Level::None)
    }
}

/// A map from audience to level.
impl Serialize for Verdicts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(6))?;
        for (audience, level) in self.iter() {
            map.serialize_entry(audience.as_str(), &level)?;
        }
        map.end()
    }
}

/// What a change does to the set of data that the contract allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The data may now do what the contract forbade.
    Loosens,
    /// The data may no longer do what the contract allowed.
    Tightens,
    /// Both.
    Both,
    /// The bytes are the same, what they mean is not.
    Meaning,
    /// Who can see the data.
    Access,
    /// Nothing of this.
    None,
    /// It cannot be told.
    Unknown,
}

/// How much a version must rise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bump {
    /// Not at all.
    None,
    /// The third number.
    Patch,
    /// The second number.
    Minor,
    /// The first number.
    Major,
}

impl Bump {
    /// The word in JSON and for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A difference between two versions of a contract, with what it means for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractChange {
    /// Number of the rule, such as `C03`; `C00` for what no rule knows.
    pub rule: &'static str,
    /// What changed, such as `column_dropped`.
    pub kind: &'static str,
    /// The object, such as `carrier_month.flights`; empty for the contract as a whole.
    pub path: String,
    /// What it does to the set of allowed data.
    pub direction: Direction,
    /// How hard it hits whom.
    pub verdicts: Verdicts,
    /// The version bump that it needs, for a contract from 1.0 on.
    pub bump: Bump,
    /// Who must agree besides the usual approvers, such as `privacy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<&'static str>,
    /// What changed, in one sentence.
    pub message: String,
    /// Its place in the new contract; that of what it was dropped from for what is no longer there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Its place in the old contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_location: Option<Location>,
    /// What can be done so that nobody is hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl ContractChange {
    /// Whether it breaks a consumer.
    #[must_use]
    pub fn breaks(&self) -> bool {
        self.verdicts.worst_of_consumers() == Level::Break
    }
}
