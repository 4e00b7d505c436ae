//! A kind of record as data: what its requests look like, and what differs from the other kinds.

use std::future::Future;
use std::pin::Pin;

use axum::http::StatusCode;
use sluice_wire::types::FieldType;
use sluice_wire::{Method, Operation};

use super::document::{Document, text};
use super::store::Record;
use crate::call::Call;
use crate::catalog::{Privilege, SecurableKind};
use crate::clock::Ids;
use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::workspace::Workspace;

/// Work of a kind of its own that waits for the store.
pub(crate) type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// Checks and completes what a client wrote, before it is stored; with the record as it is, for a change.
pub(crate) type Prepare = for<'a> fn(&'a Call, &'a mut Document, Option<&'a Record>) -> Work<'a, ()>;

/// Which records a list has, given the request.
pub(crate) type Only = fn(&Call, &Record) -> Result<bool, ApiError>;

/// Refuses to delete a record that something else needs.
pub(crate) type BeforeDelete = for<'a> fn(&'a Call, &'a Record) -> Work<'a, ()>;

/// Adds to an answer what the workspace itself says about a record.
pub(crate) type Present = fn(&Workspace, &Record, &mut Document);

/// One kind of record.
pub struct Kind {
    /// As the store writes it: `cluster`.
    pub name: &'static str,
    /// As messages write it: `Cluster`.
    pub title: &'static str,
    /// The class that its answers have: the types of its fields.
    pub class: &'static str,
    /// Further classes, for fields that the first does not have.
    pub also: &'static [&'static str],
    /// Id of the operation that makes one: its body has the fields that can be written.
    pub create: &'static str,
    /// Id of the operation that changes one; the same as `create` when it cannot be changed.
    pub update: &'static str,
    /// Fields of those bodies that the workspace says itself.
    pub output: &'static [&'static str],
    /// Fields of those bodies that are acted on, or would be, and are not part of the record.
    pub input: &'static [&'static str],
    /// Fields that stay as they were when it was made.
    pub fixed: &'static [&'static str],
    /// Fields that never come back, by name, at every depth.
    pub secret: fn(&str) -> bool,
    /// Fields that are filled in, each with its JSON.
    pub defaults: &'static [(&'static str, &'static str)],
    /// Fields that must be given.
    pub required: &'static [&'static str],
    /// What requests name it by.
    pub(crate) key: Key,
    /// The field that says what it is named by.
    pub id_field: &'static str,
    /// The field whose value no other record of this kind may have.
    pub(crate) unique: Option<&'static str>,
    /// Who may do what.
    pub(crate) guard: Guard,
    /// Status and code of the answer about a record that does not exist.
    pub(crate) missing: (StatusCode, &'static str),
    /// Status and code of the answer about a name that is taken.
    pub(crate) taken: (StatusCode, &'static str),
    /// Its requests.
    pub(crate) verbs: &'static [Verb],
    /// What else is checked and completed.
    pub(crate) prepare: Option<Prepare>,
    /// What is asked before one is deleted.
    pub(crate) before_delete: Option<BeforeDelete>,
    /// What else answers say.
    pub(crate) present: Present,
}

impl Kind {
    /// What most kinds have; the rest is filled in by each.
    pub(crate) const BASE: Self = Self {
        name: "",
        title: "",
        class: "",
        also: &[],
        create: "",
        update: "",
        output: &[],
        input: &[],
        fixed: &[],
        secret: |_| false,
        defaults: &[],
        required: &[],
        key: Key::Uuid,
        id_field: "id",
        unique: None,
        guard: Guard::Creator,
        missing: (StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST"),
        taken: (StatusCode::CONFLICT, "RESOURCE_ALREADY_EXISTS"),
        verbs: &[],
        prepare: None,
        before_delete: None,
        present: |_, _, _| {},
    };

    /// The fields that a new record may be given.
    #[must_use]
    pub fn creatable(&self) -> Vec<&'static str> {
        let given = |name: &&str| *name != self.id_field || !self.key.is_made();
        self.fields_of(self.create).into_iter().filter(given).collect()
    }

    /// The fields that a change may give.
    #[must_use]
    pub fn changeable(&self) -> Vec<&'static str> {
        let named = |name: &&str| *name == self.id_field || self.key.is_given_in(name);
        let changes = |name: &&str| !named(name) && !self.fixed.contains(name);
        self.fields_of(self.update).into_iter().filter(changes).collect()
    }

    fn fields_of(&self, operation: &str) -> Vec<&'static str> {
        let envelope = self.verbs.iter().find_map(|verb| verb.envelope);
        let body = wire_operation(operation).map_or(&[][..], |operation| operation.body);
        let class_fields = sluice_wire::types::class(self.class).unwrap_or_default();
        let names: Vec<&'static str> = match envelope.filter(|envelope| body.contains(envelope)) {
            Some(_) => class_fields.iter().map(|field| field.name.as_str()).collect(),
            None => body.to_vec(),
        };
        let written = |name: &&str| !self.output.contains(name) && !self.input.contains(name);
        names.into_iter().filter(written).collect()
    }

    /// The type of a field that can be written.
    #[must_use]
    pub fn field_type(&self, name: &str) -> Option<&'static FieldType> {
        let classes = std::iter::once(self.class).chain(self.also.iter().copied());
        let mut fields = classes.filter_map(sluice_wire::types::class).flatten();
        fields.find(|field| field.name == name).map(|field| &field.field_type)
    }

    pub(crate) fn missing(&self, key: &str) -> ApiError {
        let (status, code) = self.missing;
        ApiError::new(status, code, format!("{} {key} does not exist.", self.title))
    }

    pub(crate) fn taken(&self, name: &str) -> ApiError {
        let (status, code) = self.taken;
        ApiError::new(status, code, format!("{} {name} already exists.", self.title))
    }

    /// The name of a record for the check that nothing else has it.
    pub(crate) fn unique_name(&self, body: &Document) -> Option<String> {
        self.unique.and_then(|field| text(body, field)).map(str::to_owned)
    }
}

fn wire_operation(id: &str) -> Option<&'static Operation> {
    sluice_wire::operations().iter().find(|operation| operation.id == id)
}

/// The key of a new record, and what its permissions stand on.
pub(crate) type Compose = fn(&Call, &Document) -> Result<(String, String), ApiError>;

/// What a record is named by, and where that comes from.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    /// A UUID.
    Uuid,
    /// Sixteen hexadecimal digits.
    Hex16,
    /// A positive number below 2^48, written as a text.
    Number,
    /// `MMDD-HHMMSS-` and eight letters or digits, after the time at which it was made.
    Moment,
    /// `MMDD-HHMMSS-` and `pool-` and eight letters or digits.
    PoolMoment,
    /// The value of this field, which stays the same; its permissions use an id that this function makes.
    Field(&'static str, fn(Ids) -> String),
    /// The value of this field, which its permissions use too.
    Name(&'static str),
    /// What this function says: the key, and what the permissions stand on.
    Composed(Compose),
}

impl Key {
    /// Whether the workspace makes it.
    fn is_made(self) -> bool {
        matches!(
            self,
            Self::Uuid | Self::Hex16 | Self::Number | Self::Moment | Self::PoolMoment
        )
    }

    /// Whether a client gives the key in this field of the body.
    fn is_given_in(self, field: &str) -> bool {
        match self {
            Self::Field(name, _) | Self::Name(name) => name == field,
            Self::Composed(_) | Self::Uuid | Self::Hex16 | Self::Number | Self::Moment | Self::PoolMoment => false,
        }
    }
}

/// Who may do what to records of a kind.
#[derive(Clone, Copy)]
pub(crate) enum Guard {
    /// An access control list of its own.
    List(List),
    /// The access control list of what contains it; whoever made it may do everything too.
    Inside(List),
    /// Ownership and grants of Unity Catalog.
    Securable {
        /// What it is there.
        kind: SecurableKind,
        /// What it takes, on the metastore or the schema, to make one.
        create: Privilege,
    },
    /// The privileges on the table that it is about.
    Table,
    /// Whoever made it, and administrators.
    Creator,
}

/// The levels of an access control list that requests need.
#[derive(Clone, Copy)]
pub(crate) struct List {
    /// What has the list.
    pub(crate) object: ObjectKind,
    /// Whether only administrators may make one.
    pub(crate) admins_create: bool,
    /// To see it.
    pub(crate) see: Level,
    /// To change it.
    pub(crate) change: Level,
    /// What whoever made it gets.
    pub(crate) creator: Level,
}

/// One request of a kind.
#[derive(Clone, Copy)]
pub(crate) struct Verb {
    pub(crate) method: Method,
    pub(crate) template: &'static str,
    pub(crate) does: Does,
    pub(crate) names: Names,
    /// The field that holds the record in the body of a request.
    pub(crate) envelope: Option<&'static str>,
    pub(crate) answer: Answer,
}

/// What a request does.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    /// Makes a record.
    Create,
    /// Reads one.
    Get,
    /// Reads all that the caller may see.
    List {
        /// The field of the answer that holds them.
        field: &'static str,
        /// The query parameter that limits a page.
        size: &'static str,
        /// Which of them, given the request.
        only: Only,
    },
    /// Replaces all that the request could name.
    Replace,
    /// Changes what the request names.
    Merge,
    /// Changes what `update_mask` names, or without it what the request names.
    Mask,
    /// Deletes.
    Delete,
    /// Moves into the trash.
    Trash,
    /// What no other kind has.
    Own(fn(Call, &'static Kind) -> Work<'static, Document>),
    /// 501, because of this.
    Refuse(&'static str),
}

/// Where a request names its record.
#[derive(Clone, Copy)]
pub(crate) enum Names {
    /// In this parameter of the path.
    Path(&'static str),
    /// In the path, behind this beginning.
    Below(&'static str),
    /// In this parameter of the query.
    Query(&'static str),
    /// In this field of the body.
    Body(&'static str),
}

/// What a request is answered with.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// The record.
    Whole,
    /// The record in this field.
    In(&'static str),
    /// Its id alone.
    Id,
    /// An object without fields.
    Empty,
    /// What this function makes of the record and the name of the request's method.
    Made(fn(&Workspace, &Record, Document) -> Document),
}

impl Verb {
    const fn new(method: Method, template: &'static str, does: Does, answer: Answer) -> Self {
        Self {
            method,
            template,
            does,
            names: Names::Path("id"),
            envelope: None,
            answer,
        }
    }

    pub(crate) const fn create(template: &'static str) -> Self {
        Self::new(Method::Post, template, Does::Create, Answer::Whole)
    }

    pub(crate) const fn get(template: &'static str) -> Self {
        Self::new(Method::Get, template, Does::Get, Answer::Whole)
    }

    pub(crate) const fn list(template: &'static str, field: &'static str, size: &'static str) -> Self {
        Self::list_only(template, field, size, |_, record| Ok(!record.trashed))
    }

    pub(crate) const fn list_only(template: &'static str, field: &'static str, size: &'static str, only: Only) -> Self {
        Self::new(Method::Get, template, Does::List { field, size, only }, Answer::Whole)
    }

    pub(crate) const fn replace(method: Method, template: &'static str) -> Self {
        Self::new(method, template, Does::Replace, Answer::Empty)
    }

    pub(crate) const fn replace_whole(template: &'static str) -> Self {
        Self::new(Method::Put, template, Does::Replace, Answer::Whole)
    }

    pub(crate) const fn merge(template: &'static str) -> Self {
        Self::new(Method::Patch, template, Does::Merge, Answer::Whole)
    }

    pub(crate) const fn mask(template: &'static str) -> Self {
        Self::new(Method::Patch, template, Does::Mask, Answer::Whole)
    }

    pub(crate) const fn mask_post(template: &'static str) -> Self {
        Self::new(Method::Post, template, Does::Mask, Answer::Empty)
    }

    pub(crate) const fn delete(method: Method, template: &'static str) -> Self {
        Self::new(method, template, Does::Delete, Answer::Empty)
    }

    pub(crate) const fn trash(method: Method, template: &'static str) -> Self {
        Self::new(method, template, Does::Trash, Answer::Empty)
    }

    pub(crate) const fn own(
        method: Method,
        template: &'static str,
        work: fn(Call, &'static Kind) -> Work<'static, Document>,
    ) -> Self {
        Self::new(method, template, Does::Own(work), Answer::Whole)
    }

    pub(crate) const fn refuse(method: Method, template: &'static str, why: &'static str) -> Self {
        Self::new(method, template, Does::Refuse(why), Answer::Empty)
    }

    pub(crate) const fn named(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    pub(crate) const fn inside(mut self, envelope: &'static str) -> Self {
        self.envelope = Some(envelope);
        self
    }

    pub(crate) const fn answers(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }
}
