//! What ODCS 3.2 lets an author tell a language model about the data.

use super::annotation::Annotations;
use super::entry::{Entry, Located, Place};

/// Context of a contract or a schema object.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// Where it stands.
    pub place: Place,
    /// How to use the data; the whole context, when it is a plain text.
    pub instructions: Option<Located<String>>,
    /// Questions, with answers that somebody checked.
    pub verified_statements: Vec<VerifiedStatement>,
    /// What must not be done.
    pub constraints: Vec<ContextConstraint>,
}

/// A question; without an answer it is an example of what to ask.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedStatement {
    /// Where it stands.
    pub place: Place,
    /// Id.
    pub id: Option<Located<String>>,
    /// The question.
    pub question: Located<String>,
    /// The answer, in prose.
    pub answer: Option<Located<String>>,
    /// Tags and more. SQL that answers the question stands in a custom property `sql` of the vendor `databricks`.
    pub annotations: Annotations,
}

/// Something that must not be done with the data.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextConstraint {
    /// Where it stands.
    pub place: Place,
    /// Id.
    pub id: Option<Located<String>>,
    /// What must not be done.
    pub constraint: Located<String>,
    /// Tags and more.
    pub annotations: Annotations,
}

impl Context {
    pub(super) fn read(entry: &Entry<'_>) -> Self {
        let plain = entry.tree.as_str().map(|text| entry.located(text.to_owned()));
        Self {
            place: entry.place(),
            instructions: plain.or_else(|| entry.text("instructions")),
            verified_statements: entry.list("verifiedStatements", |item| VerifiedStatement {
                place: item.place(),
                id: item.text("id"),
                question: item.required("question"),
                answer: item.text("answer"),
                annotations: Annotations::read(item),
            }),
            constraints: entry.list("constraints", |item| ContextConstraint {
                place: item.place(),
                id: item.text("id"),
                constraint: item.required("constraint"),
                annotations: Annotations::read(item),
            }),
        }
    }
}
