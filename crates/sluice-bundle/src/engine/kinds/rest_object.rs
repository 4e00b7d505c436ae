//! Kinds whose objects are plain REST objects: each is made, read, changed and deleted by one request. What differs between such
//! kinds is data: a [`RestObject`] in a file of its own.
//!
//! Paths are templates: `{id}` stands for the id as one segment of a path or a value of a query, `{+id}` for an id that is a path
//! itself, `{+FIELD}` for a field of the body that is one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::types::{self, Field, FieldType};
use sluice_wire::{Method, Request};

use super::started::{self, LIFECYCLE, Started};
use super::workspace_object::Titled;
use super::{Answer, Call, Change, Facts, Kind, NEW_ID, ProbeAnswer, Sealed, changed_fields, merge_properties, text};
use crate::engine::difference::Rules;
use crate::engine::plan::{Action, FieldChange};

/// A kind as data.
pub(crate) struct RestObject {
    /// How its fields are compared. What the configuration cannot have is not compared.
    pub(crate) rules: Rules,
    /// The operation whose body, or the class whose fields, are what the configuration can have.
    pub(crate) fields: Fields,
    /// The text fields that must be given.
    pub(crate) required: &'static [&'static str],
    /// Where its id comes from.
    pub(crate) identity: Identity,
    /// How it is made.
    pub(crate) create: Create,
    /// The path that reads one.
    pub(crate) read: &'static str,
    /// Where the object stands in the answer, and how fields of the answer are called in the configuration.
    pub(crate) observed: Observed,
    /// How it is changed.
    pub(crate) update: Update,
    /// How it is deleted.
    pub(crate) delete: Delete,
    /// What has to be waited for.
    pub(crate) ready: Option<Ready>,
}

/// What the configuration of an object can have.
pub(crate) enum Fields {
    /// The fields of this class of the API.
    Class(&'static str),
    /// The fields of the body of this operation.
    Body(&'static str),
    /// As [`Fields::Body`], with a field whose value nothing keeps or shows.
    BodyWithSecret(&'static str, &'static Sealed),
}

/// Where the id of an object comes from.
pub(crate) enum Identity {
    /// It is this field.
    Name(&'static str),
    /// It is the full name in Unity Catalog that these fields make, in lower case.
    FullName(&'static [&'static str]),
    /// It is the path of a resource: its parent's (the field `parent`, where there is one), the collection, and this field.
    Path(&'static str, &'static str),
    /// The service makes it: it stands in this field of the answer. What an interrupted deployment left behind is found by a search.
    Given(&'static str, Search),
    /// As [`Identity::Given`], for an object with a place in the workspace tree.
    Placed(Titled),
}

/// Finds objects without knowing their ids.
pub(crate) struct Search {
    /// The path that lists them.
    pub(crate) path: &'static str,
    /// The field of the answer that holds the list.
    pub(crate) list: &'static str,
    /// The field of an item with its id.
    pub(crate) id: &'static str,
    /// Fields in which what we made agrees with the item, as JSON pointers into both.
    pub(crate) agrees: &'static [&'static str],
}

/// How an object is made: `POST` to the path.
pub(crate) struct Create {
    /// The path.
    pub(crate) path: &'static str,
    /// Fields of the body that are sent as parameters of the query.
    pub(crate) query: &'static [&'static str],
    /// Fields of the body that are not sent.
    pub(crate) without: &'static [&'static str],
    /// What the answer says.
    pub(crate) answers: Answers,
}

/// What the answer to a change says.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Answers {
    /// The object.
    Object,
    /// An operation that may go on (field `done`); the body is sent as its `spec`.
    OperationOnSpec,
}

/// Where an object stands in the answer to a read.
pub(crate) struct Observed {
    /// JSON pointers whose objects make up the object, later ones over earlier ones.
    pub(crate) at: &'static [&'static str],
    /// Fields of the answer under the names that the configuration gives them, or that references use.
    pub(crate) renamed: &'static [(&'static str, &'static str)],
    /// An object with this value (JSON pointer and text) counts as deleted.
    pub(crate) trashed: Option<(&'static str, &'static str)>,
    /// How it is started and stopped.
    pub(crate) started: Option<&'static Started>,
    /// Completes what is compared, where the answer shows it in another shape.
    pub(crate) completed: Option<Completion>,
}

/// Completes a comparable object, from the observed object and the desired body.
type Completion = fn(&mut Value, &Value, &Value);

/// The answer is the object.
pub(crate) const PLAIN: Observed = Observed {
    at: &[""],
    renamed: &[],
    trashed: None,
    started: None,
    completed: None,
};

/// How an object is changed in place.
pub(crate) enum Update {
    /// It cannot be.
    Never,
    /// One request with the whole body.
    Whole(Whole),
    /// `PATCH` with the `spec` and a mask of the fields that changed.
    MaskedSpec,
    /// What this function says, from the id and the change.
    Calls(fn(&str, &Change<'_>) -> Vec<Call>),
    /// As [`Update::Calls`]; the second function says whether a change of these fields of this object makes it larger or smaller
    /// while it runs.
    CallsOrResize(fn(&str, &Change<'_>) -> Vec<Call>, fn(&[&str], &Value) -> bool),
    /// One request with the fields that changed and the id.
    Changed {
        /// Method.
        method: Method,
        /// Path.
        path: &'static str,
        /// The field with the id.
        id: &'static str,
        /// Fields under other names than in the configuration.
        renamed: &'static [(&'static str, &'static str)],
    },
}

/// One request with the whole body.
pub(crate) struct Whole {
    /// Method.
    pub(crate) method: Method,
    /// Path.
    pub(crate) path: &'static str,
    /// The field that holds the id.
    pub(crate) id: Option<&'static str>,
    /// Fields that are not sent.
    pub(crate) without: &'static [&'static str],
    /// The field with the new name, for kinds whose id is their name and that can be renamed.
    pub(crate) new_name: Option<&'static str>,
    /// Whether a field that the body leaves out stays as it is, so that one that was taken out has to be sent empty.
    pub(crate) keeps: bool,
}

/// How an object is deleted.
pub(crate) enum Delete {
    /// `DELETE` of this path.
    Path(&'static str),
    /// `POST` to this path with the id in this field.
    Post(&'static str, &'static str),
    /// `DELETE` of the object's path, which answers an operation.
    Operation,
}

/// What has to be waited for after an object was made or changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ready {
    /// Where the state stands in the answer to a read.
    pub(crate) state: &'static str,
    /// States that end the waiting.
    pub(crate) good: &'static [&'static str],
    /// States that end it in failure.
    pub(crate) bad: &'static [&'static str],
    /// Where the reason stands.
    pub(crate) message: &'static str,
    /// Whether a change in place is waited for too.
    pub(crate) after_update: bool,
}

const SPEC: &str = "spec";
/// Where operations on resources of Lakebase are asked for.
const POSTGRES: &str = "/api/2.0/postgres/";

impl RestObject {
    fn searched(&self) -> Option<&Search> {
        match &self.identity {
            Identity::Given(_, search) => Some(search),
            Identity::Name(_) | Identity::FullName(_) | Identity::Path(..) | Identity::Placed(_) => None,
        }
    }

    /// What of an observed object the configuration can have too.
    fn configurable(&self, remote: &Value) -> Value {
        let mut kept = of_fields(remote, self.fields());
        if let Identity::Name(id) = &self.identity
            && let Some(value) = remote.get(*id)
        {
            kept[*id] = value.clone();
        }
        kept
    }

    fn creation(&self, change: &Change<'_>) -> Call {
        let Create {
            path,
            query,
            without,
            answers,
        } = &self.create;
        let mut request = from_template(Method::Post, path, "", change.new);
        for field in *query {
            request = request.query(field, text(change.new, field).unwrap_or_default());
        }
        if let Some(started) = self.observed.started
            && started::wanted(change.new) != Some(true)
        {
            for (name, value) in started.unless_started {
                request = request.query(name, value);
            }
        }
        let body = without_fields(&without_fields(change.new, without), &[LIFECYCLE]);
        let body = match answers {
            Answers::Object => body,
            Answers::OperationOnSpec => json!({SPEC: body}),
        };
        let natural = self.natural_id(change.new);
        let probe = match (&natural, self.search(change.new)) {
            (Some(id), _) => Some((self.read(id), ProbeAnswer::Exists(id.clone()))),
            (None, Some(search)) => {
                let mark = self.mark_of(change.new);
                Some((search, ProbeAnswer::Search { mark }))
            }
            (None, None) => None,
        };
        let answer = match (&self.identity, natural, answers) {
            (Identity::Given(field, _), ..) => Answer::IdField(field),
            (Identity::Placed(titled), ..) => Answer::IdField(titled.id),
            (_, Some(id), Answers::OperationOnSpec) => Answer::Operation(id),
            (_, id, _) => Answer::Made(id.unwrap_or_default()),
        };
        Call {
            description: "create".to_owned(),
            request: request.json(body),
            answer,
            idempotent: false,
            probe,
        }
    }

    fn mark_of(&self, body: &Value) -> String {
        match &self.identity {
            Identity::Given(_, search) => {
                let values: Vec<&Value> = search.agrees.iter().filter_map(|at| body.pointer(at)).collect();
                Value::from(values.into_iter().cloned().collect::<Vec<_>>()).to_string()
            }
            Identity::Placed(titled) => titled.mark(body),
            Identity::Name(_) | Identity::FullName(_) | Identity::Path(..) => String::new(),
        }
    }

    /// Waits until the object is what was asked for.
    fn waiting(&self, id: &str) -> Option<Call> {
        let ready = self.ready?;
        Some(Call {
            description: "wait".to_owned(),
            request: self.read(id),
            answer: Answer::Ready(id.to_owned(), ready),
            idempotent: true,
            probe: None,
        })
    }

    fn whole(&self, whole: &Whole, id: &str, change: &Change<'_>) -> Call {
        let mut body = without_fields(&without_fields(change.new, whole.without), &[LIFECYCLE]);
        let mut answer = Answer::Id(id.to_owned());
        let mut probe = None;
        if whole.keeps {
            for field in changed_fields(change) {
                if change.new.get(&field).is_none() && !whole.without.contains(&field.as_str()) {
                    let held = change.entry.changes.get(&field).and_then(|found| found.remote.as_ref());
                    body[field] = blank(held);
                }
            }
        }
        let new_id = self.natural_id(change.new).filter(|new_id| new_id != id);
        if let (Some(field), Some(new_id), Some(name)) = (whole.new_name, new_id, text(change.new, "name")) {
            body[field] = name.into();
            probe = Some((self.read(&new_id), ProbeAnswer::Exists(new_id.clone())));
            answer = Answer::Id(new_id);
        }
        if let Some(field) = whole.id {
            body[field] = id.into();
        }
        Call {
            description: said(change),
            request: from_template(whole.method, whole.path, id, change.new).json(body),
            answer,
            idempotent: probe.is_none(),
            probe,
        }
    }

    fn masked(&self, id: &str, change: &Change<'_>) -> Call {
        let fields = changed_fields(change);
        let mask: Vec<String> = fields.iter().map(|field| format!("{SPEC}.{field}")).collect();
        let body = json!({SPEC: without_fields(change.new, self.create.without)});
        Call {
            description: said(change),
            request: Request::new(Method::Patch, format!("{POSTGRES}{id}"))
                .query("update_mask", mask.join(","))
                .json(body),
            answer: Answer::Operation(id.to_owned()),
            idempotent: true,
            probe: None,
        }
    }
}

impl Kind for RestObject {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn fields(&self) -> &'static [Field] {
        let fields = match self.fields {
            Fields::Class(class) => types::class(class),
            Fields::Body(operation) | Fields::BodyWithSecret(operation, _) => types::body(operation),
        };
        fields.unwrap_or(&[])
    }

    fn sealed(&self) -> Option<&'static Sealed> {
        match self.fields {
            Fields::BodyWithSecret(_, sealed) => Some(sealed),
            Fields::Class(_) | Fields::Body(_) => None,
        }
    }

    fn is_written_by_service(&self, field: &str) -> bool {
        let configurable = self.fields().iter().any(|known| known.name == field);
        self.rules.output_only.contains(&field) || !configurable
    }

    fn desired(&self, document: Value, _facts: &Facts) -> Result<Value, Vec<String>> {
        super::required(&document, self.required)?;
        Ok(document)
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        match &self.identity {
            Identity::Name(field) => text(body, field).map(str::to_owned),
            Identity::FullName(fields) => {
                let parts: Option<Vec<&str>> = fields.iter().map(|field| text(body, field)).collect();
                Some(super::lower_name(&parts?.join(".")))
            }
            Identity::Path(collection, field) => {
                let own = format!("{collection}/{}", text(body, field)?);
                Some(text(body, "parent").map_or(own.clone(), |parent| format!("{parent}/{own}")))
            }
            Identity::Given(..) | Identity::Placed(_) => None,
        }
    }

    fn read(&self, id: &str) -> Request {
        from_template(Method::Get, self.read, id, &Value::Null)
    }

    fn next_page(&self, request: &Request, answer: &Value) -> Option<Request> {
        super::page_after(request, answer)
    }

    fn is_absent(&self, status: u16, answer: &Value) -> bool {
        super::says_absent(status, answer)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let answer = super::first_page(pages);
        let mut object = Map::new();
        for pointer in self.observed.at {
            if let Some(Value::Object(fields)) = answer.pointer(pointer) {
                object.extend(fields.clone());
            }
        }
        for (from, to) in self.observed.renamed {
            if let Some(value) = object.get(*from).cloned() {
                object.insert((*to).to_owned(), value);
            }
        }
        Value::Object(object)
    }

    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut comparable = self.configurable(remote);
        let defaults = |name: &str| name.starts_with("unity.catalog.managed.") && name.contains(".defaults.");
        merge_properties(&mut comparable, old, new, |name| !defaults(name));
        if let Identity::Path(_, id) = &self.identity {
            for field in [*id, "parent"] {
                if let Some(value) = old.unwrap_or(new).get(field) {
                    comparable[field] = value.clone();
                }
            }
        }
        if let Identity::Placed(_) = &self.identity {
            super::workspace_object::same_folder(&mut comparable, new);
        }
        if let Some(started) = self.observed.started {
            started.compare(&mut comparable, remote, old, new);
        }
        if let Some(completed) = self.observed.completed {
            completed(&mut comparable, remote, new);
        }
        comparable
    }

    fn is_trashed(&self, remote: &Value) -> bool {
        self.observed
            .trashed
            .is_some_and(|(pointer, word)| remote.pointer(pointer).and_then(Value::as_str) == Some(word))
    }

    fn titled(&self) -> Option<&Titled> {
        match &self.identity {
            Identity::Placed(titled) => Some(titled),
            Identity::Name(_) | Identity::FullName(_) | Identity::Path(..) | Identity::Given(..) => None,
        }
    }

    fn search(&self, body: &Value) -> Option<Request> {
        if let Some(titled) = self.titled() {
            return titled.search(body);
        }
        let search = self.searched()?;
        let open = |at: &&str| {
            body.pointer(at)
                .and_then(Value::as_str)
                .is_some_and(|text| text.contains("${"))
        };
        (!search.agrees.iter().any(open)).then(|| from_template(Method::Get, search.path, "", body))
    }

    fn mark(&self, body: &Value, _facts: &Facts) -> String {
        self.mark_of(body)
    }

    fn is_ours_by_place(&self, body: &Value, facts: &Facts) -> bool {
        self.titled().is_some() && super::workspace_object::in_own_folder(body, facts)
    }

    fn found(&self, answer: &Value, mark: &str) -> Vec<String> {
        if let Some(titled) = self.titled() {
            return titled.found(answer, mark);
        }
        let Some(search) = self.searched() else {
            return Vec::new();
        };
        let listed = answer.get(search.list).and_then(Value::as_array);
        listed
            .into_iter()
            .flatten()
            .filter(|item| self.mark_of(item) == mark)
            .filter_map(|item| text(item, search.id).map(str::to_owned))
            .collect()
    }

    fn uses(&self, body: &Value) -> Vec<String> {
        ["table_name", "source_table_full_name"]
            .iter()
            .filter_map(|field| text(body, field).map(str::to_owned))
            .collect()
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let mut calls = match &self.identity {
            Identity::Placed(_) => super::workspace_object::folder(change.new),
            Identity::Name(_) | Identity::FullName(_) | Identity::Path(..) | Identity::Given(..) => Vec::new(),
        };
        calls.push(self.creation(change));
        let id = self.natural_id(change.new).unwrap_or_else(|| NEW_ID.to_owned());
        calls.extend(self.waiting(&id));
        if let Some(started) = self.observed.started {
            calls.extend(started.after_creation(&id, change.new, &self.read(&id)));
        }
        calls
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = change.id else { return Vec::new() };
        let changes_itself = changed_fields(change).iter().any(|field| field != LIFECYCLE);
        let mut calls = match &self.update {
            _ if !changes_itself && self.observed.started.is_some() => Vec::new(),
            Update::Never => Vec::new(),
            Update::Calls(calls) | Update::CallsOrResize(calls, _) => calls(id, change),
            Update::Whole(whole) => vec![self.whole(whole, id, change)],
            Update::MaskedSpec => vec![self.masked(id, change)],
            Update::Changed {
                method,
                path,
                id: id_field,
                renamed,
            } => {
                let mut body = json!({*id_field: id});
                for field in changed_fields(change) {
                    let sent = renamed
                        .iter()
                        .find(|(name, _)| *name == field)
                        .map_or(field.as_str(), |(_, sent)| sent);
                    body[sent] = change.new.get(&field).cloned().unwrap_or_default();
                }
                vec![changing(
                    said(change),
                    id,
                    from_template(*method, path, id, change.new).json(body),
                )]
            }
        };
        if self.ready.is_some_and(|ready| ready.after_update) {
            calls.extend(self.waiting(id));
        }
        if let Some(started) = self.observed.started {
            calls.extend(started.after_change(id, change, &self.read(id)));
        }
        calls
    }

    fn is_condition(&self, path: &str) -> bool {
        self.observed.started.is_some() && path.starts_with(LIFECYCLE)
    }

    fn decide(&self, changes: &mut BTreeMap<String, FieldChange>, remote: &Value) {
        let Update::CallsOrResize(_, resizes) = &self.update else {
            return;
        };
        let mut needed: Vec<_> = changes
            .iter_mut()
            .filter(|(_, change)| change.action != Action::Skip)
            .collect();
        let heads: Vec<&str> = needed
            .iter()
            .map(|(path, _)| path.split(['.', '[']).next().unwrap_or(path))
            .collect();
        if resizes(&heads, remote) {
            needed.iter_mut().for_each(|(_, change)| change.action = Action::Resize);
        }
    }

    fn delete(&self, id: &str, old: &Value) -> Vec<Call> {
        let (request, answer) = match self.delete {
            Delete::Path(path) => (from_template(Method::Delete, path, id, old), Answer::Gone),
            Delete::Post(path, field) => {
                let request = from_template(Method::Post, path, id, old);
                (request.json(json!({field: id})), Answer::Gone)
            }
            Delete::Operation => {
                let purge = old.get("purge_on_delete").and_then(Value::as_bool) == Some(true);
                let request = Request::new(Method::Delete, format!("{POSTGRES}{id}"));
                let request = if purge { request.query("purge", "true") } else { request };
                (request, Answer::GoneByOperation)
            }
        };
        vec![Call {
            description: "delete".to_owned(),
            request,
            answer,
            idempotent: true,
            probe: None,
        }]
    }
}

/// The address of an operation that goes on.
pub(crate) fn operation(name: &str) -> Request {
    Request::new(Method::Get, format!("{POSTGRES}{name}"))
}

/// A call that changes an object and may be sent twice.
pub(crate) fn changing(description: String, id: &str, request: Request) -> Call {
    Call {
        description,
        request,
        answer: Answer::Id(id.to_owned()),
        idempotent: true,
        probe: None,
    }
}

/// The part of a value that these fields describe.
fn of_fields(value: &Value, fields: &[Field]) -> Value {
    let Value::Object(held) = value else {
        return value.clone();
    };
    let kept = held.iter().filter_map(|(name, value)| {
        let field = fields.iter().find(|field| field.name == *name)?;
        Some((name.clone(), of_type(value, &field.field_type)))
    });
    Value::Object(kept.collect())
}

fn of_type(value: &Value, field_type: &FieldType) -> Value {
    match (field_type, value) {
        (FieldType::Object(class), _) => {
            types::class(class).map_or_else(|| value.clone(), |fields| of_fields(value, fields))
        }
        (FieldType::List(item), Value::Array(items)) => items.iter().map(|value| of_type(value, item)).collect(),
        _ => value.clone(),
    }
}

/// What a change in place does, for people.
fn said(change: &Change<'_>) -> String {
    let mut fields = changed_fields(change);
    fields.retain(|field| field != LIFECYCLE);
    format!("change {}", fields.join(", "))
}

/// A value that says nothing, of the type of this one.
fn blank(held: Option<&Value>) -> Value {
    match held {
        Some(Value::Object(_)) => json!({}),
        Some(Value::Array(_)) => json!([]),
        Some(Value::Bool(_)) => json!(false),
        Some(Value::Number(_)) => json!(0),
        Some(Value::String(_) | Value::Null) | None => json!(""),
    }
}

fn without_fields(body: &Value, without: &[&str]) -> Value {
    let mut body = body.clone();
    if let Value::Object(fields) = &mut body {
        fields.retain(|name, _| !without.contains(&name.as_str()));
    }
    body
}

fn from_template(method: Method, template: &str, id: &str, body: &Value) -> Request {
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    let encoded = if id == NEW_ID {
        id.to_owned()
    } else {
        encode_segment(id)
    };
    let mut path = path.replace("{+id}", id).replace("{id}", &encoded);
    for (name, value) in body.as_object().into_iter().flatten() {
        if let Some(value) = value.as_str().filter(|_| path.contains('{')) {
            path = path.replace(&format!("{{+{name}}}"), value);
            path = path.replace(&format!("{{{name}}}"), &encode_segment(value));
        }
    }
    let mut request = Request::new(method, path);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        request = request.query(name, value.replace("{id}", id));
    }
    request
}
