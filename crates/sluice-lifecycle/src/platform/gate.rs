//! The kinds of gates and their words in `platform.yaml`.

use serde::Serialize;
use sluice_governance::document::{Object, Reader};

/// One condition of a promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// Every required environment has this digest, verified.
    UpstreamVerified,
    /// What was decided about is what is about to be done.
    PlanUnchanged,
}

impl GateKind {
    /// Every kind, in the order in which they are judged.
    pub const ALL: &'static [Self] = &[Self::UpstreamVerified, Self::PlanUnchanged];

    /// The word in `platform.yaml` and in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpstreamVerified => "upstream-verified",
            Self::PlanUnchanged => "plan-unchanged",
        }
    }
}

/// The gates of an environment; `default` when it names none.
pub(super) fn read(reader: &mut Reader, fields: &Object<'_>, default: &[GateKind]) -> Vec<GateKind> {
    if fields.get("gates").is_none() {
        return default.to_vec();
    }
    let words: Vec<(&str, GateKind)> = GateKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
    let items = reader.list(fields, "gates");
    let mut gates: Vec<GateKind> = items.iter().filter_map(|item| reader.word(item, &words)).collect();
    gates.sort_unstable();
    gates.dedup();
    gates
}
