//! The kinds of gates and their words in `platform.yaml`.

use serde::Serialize;
use sluice_governance::document::{Object, Reader};

/// One condition of a promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// Every required environment has this digest, verified.
    UpstreamVerified,
    /// No policy blocks.
    Policy,
    /// The contracts of the release may follow those of what runs.
    Contract,
    /// People accepted the release, criterion by criterion.
    Signoff,
    /// People agreed that it goes there.
    Approval,
    /// What was decided about is what is about to be done.
    PlanUnchanged,
}

impl GateKind {
    /// Every kind, in the order in which they are judged.
    pub const ALL: &'static [Self] = &[
        Self::UpstreamVerified,
        Self::Policy,
        Self::Contract,
        Self::Signoff,
        Self::Approval,
        Self::PlanUnchanged,
    ];

    /// The word in `platform.yaml` and in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpstreamVerified => "upstream-verified",
            Self::Policy => "policy",
            Self::Contract => "contract",
            Self::Signoff => "signoff",
            Self::Approval => "approval",
            Self::PlanUnchanged => "plan-unchanged",
        }
    }
}

/// The gates of an environment: those that it names, else `upstream-verified`, `plan-unchanged` and those of `declared`, the kinds
/// that the environment says something about. It cannot say something and leave the gate out, nor the other way round.
pub(super) fn read(reader: &mut Reader, fields: &Object<'_>, declared: &[(GateKind, bool)]) -> Vec<GateKind> {
    let Some(value) = fields.get("gates") else {
        let mut gates = vec![GateKind::UpstreamVerified, GateKind::PlanUnchanged];
        gates.extend(
            declared
                .iter()
                .filter(|(_, is_declared)| *is_declared)
                .map(|(kind, _)| *kind),
        );
        gates.sort_unstable();
        return gates;
    };
    let words: Vec<(&str, GateKind)> = GateKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
    let items = reader.list(fields, "gates");
    let mut gates: Vec<GateKind> = items.iter().filter_map(|item| reader.word(item, &words)).collect();
    gates.sort_unstable();
    gates.dedup();
    for (kind, is_declared) in declared {
        let (word, listed) = (kind.as_str(), gates.contains(kind));
        if *is_declared && !listed {
            reader.error(
                &value,
                format!("`{word}s` is declared, but `{word}` is not among the gates"),
                None,
            );
        }
        if !*is_declared && listed {
            reader.error(&value, format!("gate `{word}` needs `{word}s` to be declared"), None);
        }
    }
    gates
}
