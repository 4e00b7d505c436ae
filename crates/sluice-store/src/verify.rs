//! Proving that nobody changed the ledger: the chain is computed again, and the state tables are compared with a replay.
//!
//! What this cannot see: a ledger whose owner rewrote everything, head and tables included. Keep an exported head elsewhere (a release's
//! tag, a ticket) and give it to [`verify_export`] or compare it with [`Verification::head`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_model::Digest;

use crate::error::StoreError;
use crate::event::{Columns, Event, canonical_text, genesis};
use crate::ledger::{Head, decode};
use crate::record::Change;
use crate::store::Store;

const PAGE: u32 = 1000;

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Its content is not what was hashed.
    Edited,
    /// An entry before it is gone.
    Removed,
    /// It does not follow the entry before it.
    Reordered,
    /// The ledger ends before the head says.
    Truncated,
    /// A row of the state tables is not what the entries made.
    StateChanged,
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Number of the entry; none for a row of the state tables without one.
    pub seq: Option<u64>,
    /// What kind of fault.
    pub kind: FaultKind,
    /// What was found, for people.
    pub message: String,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Verification {
    /// Entries that were checked and are sound.
    pub entries: u64,
    /// The end of the ledger as it says itself.
    pub head: Head,
    /// The first fault; none when everything is as it was written.
    pub fault: Option<Fault>,
}

/// Follows the chain one entry at a time.
struct Chain {
    seq: u64,
    hash: Digest,
    rows: BTreeMap<String, (u64, Change)>,
}

impl Chain {
    fn new(ledger_id: &str) -> Self {
        Self {
            seq: 0,
            hash: genesis(ledger_id),
            rows: BTreeMap::new(),
        }
    }

    fn follow(&mut self, columns: &Columns) -> Result<(), Fault> {
        let seq = columns.seq;
        let fault = |kind, message: String| Fault {
            seq: Some(seq),
            kind,
            message,
        };
        let expected = self.seq + 1;
        if seq > expected {
            let message = format!("entry {expected} is missing: the next one is {seq}");
            return Err(Fault {
                seq: Some(expected),
                kind: FaultKind::Removed,
                message,
            });
        }
        if seq < expected {
            return Err(fault(
                FaultKind::Reordered,
                format!("entry {seq} stands where {expected} belongs"),
            ));
        }
        if Digest::of(columns.payload.as_bytes()).to_string() != columns.payload_digest {
            return Err(fault(
                FaultKind::Edited,
                format!("the payload of entry {seq} is not what was recorded"),
            ));
        }
        if columns.hash().to_string() != columns.entry_hash {
            return Err(fault(
                FaultKind::Edited,
                format!("entry {seq} is not what was recorded"),
            ));
        }
        if columns.prev_hash != self.hash.to_string() {
            return Err(fault(
                FaultKind::Reordered,
                format!(
                    "entry {seq} does not follow entry {}: one of them was replaced or moved",
                    self.seq
                ),
            ));
        }
        let event = decode(columns).map_err(|error| fault(FaultKind::Edited, error.to_string()))?;
        let change = event.payload.change;
        self.rows.insert(change.row_key(), (seq, change));
        self.seq = seq;
        self.hash = event.entry_hash;
        Ok(())
    }

    fn end(&self, head: &Head) -> Option<Fault> {
        if self.seq < head.seq {
            return Some(Fault {
                seq: Some(self.seq + 1),
                kind: FaultKind::Truncated,
                message: format!("the ledger has {} entries, its head says {}", self.seq, head.seq),
            });
        }
        if self.seq > head.seq || self.hash != head.entry_hash {
            return Some(Fault {
                seq: Some(self.seq),
                kind: FaultKind::Edited,
                message: format!("the head of the ledger is not that of entry {}", self.seq),
            });
        }
        None
    }

    fn compare(mut self, rows: Vec<Change>) -> Option<Fault> {
        for row in rows {
            let key = row.row_key();
            match self.rows.remove(&key) {
                Some((_, recorded)) if recorded == row => {}
                Some((seq, _)) => {
                    return Some(Fault {
                        seq: Some(seq),
                        kind: FaultKind::StateChanged,
                        message: format!("row `{key}` is not what entry {seq} made of it"),
                    });
                }
                None => {
                    return Some(Fault {
                        seq: None,
                        kind: FaultKind::StateChanged,
                        message: format!("row `{key}` was made by no entry"),
                    });
                }
            }
        }
        self.rows.into_iter().next().map(|(key, (seq, _))| Fault {
            seq: Some(seq),
            kind: FaultKind::StateChanged,
            message: format!("row `{key}` of entry {seq} is gone"),
        })
    }
}

impl Store {
    /// Computes the chain again and compares the state tables with a replay of it.
    ///
    /// # Errors
    /// When the store cannot be read; a fault of the ledger is no error but part of the answer.
    pub async fn verify(&self) -> Result<Verification, StoreError> {
        let head = self.head().await?;
        let mut chain = Chain::new(&head.ledger_id);
        loop {
            let page = self.columns(chain.seq, PAGE).await?;
            let Some(last) = page.last() else { break };
            let stop = last.seq;
            for columns in &page {
                if let Err(fault) = chain.follow(columns) {
                    return Ok(verification(chain.seq, head, Some(fault)));
                }
            }
            if stop > chain.seq {
                break;
            }
        }
        if let Some(fault) = chain.end(&head) {
            return Ok(verification(chain.seq, head, Some(fault)));
        }
        let entries = chain.seq;
        let rows = match self.all_rows().await {
            Ok(rows) => rows,
            Err(StoreError::Decode { row, source }) => {
                let message = format!("a row of `{row}` cannot be read: {source}");
                let fault = Fault {
                    seq: None,
                    kind: FaultKind::StateChanged,
                    message,
                };
                return Ok(verification(entries, head, Some(fault)));
            }
            Err(error) => return Err(error),
        };
        Ok(verification(entries, head, chain.compare(rows)))
    }
}

fn verification(entries: u64, head: Head, fault: Option<Fault>) -> Verification {
    Verification { entries, head, fault }
}

/// The first line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportHead {
    /// The end of the ledger when it was exported.
    pub head: Head,
}

impl Store {
    /// The whole ledger as JSON lines: the head first, then every entry, each in its one canonical spelling.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn export(&self) -> Result<String, StoreError> {
        let head = self.head().await?;
        let mut text = canonical_text(&ExportHead { head: head.clone() })?;
        text.push('\n');
        let mut after = 0;
        while after < head.seq {
            let events = self.events(after, PAGE).await?;
            let Some(last) = events.last() else { break };
            after = last.seq;
            for event in events.iter().filter(|event| event.seq <= head.seq) {
                text.push_str(&event.to_line()?);
                text.push('\n');
            }
        }
        Ok(text)
    }
}

/// Verifies an export without a database: the chain alone, since an export holds no state tables.
///
/// # Errors
/// When a line is not JSON of an entry. An entry that is, but was changed, is a fault in the answer.
pub fn verify_export(text: &str) -> Result<Verification, StoreError> {
    let mut lines = text.lines().enumerate();
    let line_error = |line: usize| move |source| StoreError::ExportLine { line: line + 1, source };
    let first = lines.next().map_or("", |(_, line)| line);
    let ExportHead { head } = serde_json::from_str(first).map_err(line_error(0))?;
    let mut chain = Chain::new(&head.ledger_id);
    for (index, line) in lines {
        let event: Event = serde_json::from_str(line).map_err(line_error(index))?;
        let spelling = event.to_line()?;
        let fault = if spelling == line {
            chain.follow(&event.columns()?).err()
        } else {
            Some(Fault {
                seq: Some(event.seq),
                kind: FaultKind::Edited,
                message: format!("entry {} is not spelled as it was exported", event.seq),
            })
        };
        if let Some(fault) = fault {
            return Ok(verification(chain.seq, head, Some(fault)));
        }
    }
    let fault = chain.end(&head);
    Ok(verification(chain.seq, head, fault))
}
