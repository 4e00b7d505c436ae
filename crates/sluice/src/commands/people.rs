//! Names for the subjects in a ledger, in answers for people; programs get the subjects.

use std::collections::BTreeMap;

use sluice_store::Store;

use crate::error::CommandError;

/// What to call those whom the ledger names.
#[derive(Default)]
pub(crate) struct People(BTreeMap<String, String>);

impl People {
    /// Everybody of a ledger whose subject says nothing to a person: service principals, which are known by an application id.
    pub(crate) async fn of(store: &Store) -> Result<Self, CommandError> {
        let actors = store.actors().await?;
        Ok(Self(
            actors
                .into_iter()
                .filter(|actor| actor.service)
                .map(|actor| (actor.subject, actor.display_name))
                .collect(),
        ))
    }

    /// The name of a subject, else the subject.
    pub(crate) fn name<'a>(&'a self, subject: &'a str) -> &'a str {
        self.0.get(subject).map_or(subject, String::as_str)
    }
}
