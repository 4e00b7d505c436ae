//! The requests of all kinds: reads what was written, asks who may, stores, and describes the record.

use axum::Json;
use serde_json::json;

use super::access::{self, Need};
use super::document::{self, Document, Json as Value, text};
use super::kind::{Answer, Does, Guard, Key, Kind, Names, Only, Verb};
use super::securable;
use super::store::{self, Record};
use super::time;
use crate::call::Call;
use crate::error::ApiError;
use crate::paging::page;
use crate::route::{Access, Route};
use crate::workspace::Workspace;

/// The routes of a kind.
pub(super) fn routes(kind: &'static Kind) -> Vec<Route> {
    let route = |verb: &'static Verb| {
        Route::new(verb.method, verb.template, Access::Principal, move |call| async move {
            perform(call, kind, verb).await.map(Json)
        })
    };
    kind.verbs.iter().map(route).collect()
}

async fn perform(mut call: Call, kind: &'static Kind, verb: &'static Verb) -> Result<Document, ApiError> {
    match verb.does {
        Does::Refuse(why) => Err(call.not_implemented(why)),
        Does::Own(work) => work(call, kind).await,
        Does::List { field, size, only } => list(&call, kind, verb, (field, size), only).await,
        Does::Create => {
            let body = read(&mut call, verb).await?.record;
            let record = create(&call, kind, body).await?;
            Ok(answer(&call, kind, verb.answer, &record))
        }
        Does::Get => {
            let key = named(&call, &verb.names, &Document::new())?;
            let record = get(&call, kind, &key, Need::See).await?;
            Ok(answer(&call, kind, verb.answer, &record))
        }
        Does::Replace | Does::Merge | Does::Mask => {
            let body = read(&mut call, verb).await?;
            let key = named(&call, &verb.names, &body.whole)?;
            let mask = match verb.does {
                Does::Mask => text(&body.whole, "update_mask")
                    .or(call.query("update_mask"))
                    .filter(|mask| !mask.is_empty()),
                _ => None,
            };
            let how = match (verb.does, mask) {
                (Does::Replace, _) => How::Replace,
                (_, Some(mask)) => How::Mask(mask.to_owned()),
                (_, None) => How::Merge,
            };
            let record = change(&call, kind, &key, body.record, &how).await?;
            Ok(answer(&call, kind, verb.answer, &record))
        }
        Does::Delete | Does::Trash => {
            let body = read(&mut call, verb).await?;
            let key = named(&call, &verb.names, &body.whole)?;
            let record = remove(&call, kind, &key, matches!(verb.does, Does::Trash)).await?;
            Ok(answer(&call, kind, verb.answer, &record))
        }
    }
}

/// A request's body, and the record in it.
struct Written {
    whole: Document,
    record: Document,
}

async fn read(call: &mut Call, verb: &Verb) -> Result<Written, ApiError> {
    let whole: Document = call.json().await?;
    let record = match verb.envelope {
        Some(envelope) => document::object(&whole, envelope),
        None => whole.clone(),
    };
    Ok(Written { whole, record })
}

/// The key of the record that a request names.
pub(super) fn named(call: &Call, names: &Names, body: &Document) -> Result<String, ApiError> {
    match names {
        Names::Path(parameter) => Ok(call.parameter(parameter).to_owned()),
        Names::Query(parameter) => call.required_query(parameter).map(str::to_owned),
        Names::Body(field) => match body.get(*field) {
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => document::required(body, field).map(str::to_owned),
        },
        Names::Below(beginning) => {
            let rest = call.path.strip_prefix(beginning).unwrap_or(&call.path);
            crate::route::decode(rest).ok_or_else(|| ApiError::invalid("the path is not UTF-8"))
        }
    }
}

/// The record with this key, when the caller may do this to it.
pub(super) async fn get(call: &Call, kind: &Kind, key: &str, need: Need) -> Result<Record, ApiError> {
    if let Guard::Securable {
        kind: securable_kind, ..
    } = kind.guard
    {
        return securable::get(call, securable_kind, key).await;
    }
    let found = store::find(call.workspace.store.reader(), kind, key).await?;
    let record = found.ok_or_else(|| kind.missing(key))?;
    access::require(call, kind, &record, need).await?;
    Ok(record)
}

/// Keeps what a client may write, completed by the kind and without secrets.
async fn writable(
    call: &Call,
    kind: &Kind,
    fields: &[&str],
    body: &mut Document,
    known: Option<&Record>,
) -> Result<(), ApiError> {
    body.retain(|name, value| {
        !value.is_null() && (fields.contains(&name.as_str()) || kind.input.contains(&name.as_str()))
    });
    for (name, value) in body.iter_mut() {
        if let Some(field_type) = kind.field_type(name) {
            document::check(name, field_type, value)?;
        }
    }
    if let Some(prepare) = kind.prepare {
        prepare(call, body, known).await?;
    }
    body.retain(|name, _| !kind.input.contains(&name.as_str()));
    document::strip(body, kind.secret);
    Ok(())
}

/// Makes a record of what was written.
pub(super) async fn create(call: &Call, kind: &Kind, mut body: Document) -> Result<Record, ApiError> {
    let whole = body.clone();
    for field in kind.required {
        if body
            .get(*field)
            .is_none_or(|value| value.is_null() || value.as_str() == Some(""))
        {
            return Err(ApiError::invalid(format!("`{field}` is required")));
        }
    }
    writable(call, kind, &kind.creatable(), &mut body, None).await?;
    fill(kind, &mut body)?;
    if let Guard::Securable {
        kind: securable_kind,
        create,
    } = kind.guard
    {
        return securable::create(call, kind, (securable_kind, create), body).await;
    }
    let (key, acl_id) = key(call, kind, &whole)?;
    access::require_create(call, kind, &acl_id).await?;
    let now = call.workspace.clock.now_ms();
    let record = Record {
        key,
        acl_id,
        uid: call.workspace.ids.uuid(),
        body,
        trashed: false,
        version: 1,
        creator: call.principal.name.clone(),
        created_at: now,
        updated_by: call.principal.name.clone(),
        updated_at: now,
        securable: None,
    };
    let mut transaction = call.workspace.store.begin().await?;
    store::insert(&mut transaction, kind, &record).await?;
    if let Guard::List(list) = kind.guard {
        let object = access::acl(&list, &record.acl_id);
        let permissions = call.workspace.permissions();
        permissions
            .put(&mut transaction, &object, &record.creator, list.creator)
            .await?;
    }
    transaction.commit().await?;
    Ok(record)
}

/// The key of a new record, and what its permissions stand on.
fn key(call: &Call, kind: &Kind, body: &Document) -> Result<(String, String), ApiError> {
    let ids = call.workspace.ids;
    let one = match kind.key {
        Key::Uuid => ids.uuid(),
        Key::Hex16 => ids.hex16().to_uppercase(),
        Key::Number => ids.number().to_string(),
        Key::Moment => moment(call, ""),
        Key::PoolMoment => moment(call, "pool-"),
        Key::Field(field, id) => return Ok((document::required(body, field)?.to_owned(), id(ids))),
        Key::Name(field) => document::required(body, field)?.to_owned(),
        Key::Composed(compose) => return compose(call, body),
    };
    Ok((one.clone(), one))
}

/// `MMDD-HHMMSS-…`, as clusters and pools are called.
fn moment(call: &Call, word: &str) -> String {
    let beginning = time::id_beginning(call.workspace.clock.now_ms());
    format!("{beginning}-{word}{}", &call.workspace.ids.hex16()[..8])
}

/// How a change treats what it does not name.
pub(super) enum How {
    /// It goes, as far as the request could have named it.
    Replace,
    /// It stays.
    Merge,
    /// It stays, but for what the mask names.
    Mask(String),
}

/// Changes a record.
pub(super) async fn change(
    call: &Call,
    kind: &Kind,
    key: &str,
    mut body: Document,
    how: &How,
) -> Result<Record, ApiError> {
    let known = get(call, kind, key, Need::Change).await?;
    let changeable = kind.changeable();
    let kept: Vec<(String, Value)> = ["new_name", "owner"]
        .into_iter()
        .filter_map(|field| body.remove(field).map(|value| (field.to_owned(), value)))
        .collect();
    writable(call, kind, &changeable, &mut body, Some(&known)).await?;
    let edit = |stored: &mut Document, given: Document| match how {
        How::Replace => {
            stored.retain(|name, _| !changeable.contains(&name.as_str()));
            stored.extend(given);
            fill(kind, stored)
        }
        How::Merge => {
            stored.extend(given);
            Ok(())
        }
        How::Mask(mask) => document::apply_mask(stored, &given, mask, &changeable),
    };
    if let Guard::Securable {
        kind: securable_kind, ..
    } = kind.guard
    {
        body.extend(kept);
        return securable::change(call, securable_kind, key, body, edit).await;
    }
    store_edit(call, kind, key, |record| edit(&mut record.body, body)).await
}

/// Changes a record as `change` says, when the caller may change it.
pub(super) async fn edit(
    call: &Call,
    kind: &Kind,
    key: &str,
    change: impl FnOnce(&mut Record) -> Result<(), ApiError>,
) -> Result<Record, ApiError> {
    get(call, kind, key, Need::Change).await?;
    store_edit(call, kind, key, change).await
}

/// Reads the record where nobody else writes, and stores it changed.
async fn store_edit(
    call: &Call,
    kind: &Kind,
    key: &str,
    change: impl FnOnce(&mut Record) -> Result<(), ApiError>,
) -> Result<Record, ApiError> {
    let mut transaction = call.workspace.store.begin().await?;
    let found = store::find(&mut *transaction, kind, key).await?;
    let mut record = found.ok_or_else(|| kind.missing(key))?;
    change(&mut record)?;
    let changed = store::update(&call.workspace, &mut transaction, kind, &record, &call.principal.name).await?;
    transaction.commit().await?;
    Ok(changed)
}

fn fill(kind: &Kind, body: &mut Document) -> Result<(), ApiError> {
    for (field, default) in kind.defaults {
        if !body.contains_key(*field) {
            body.insert((*field).to_owned(), serde_json::from_str(default)?);
        }
    }
    Ok(())
}

/// Deletes a record, or moves it into the trash; returns it as it was, or is there.
pub(super) async fn remove(call: &Call, kind: &Kind, key: &str, trash: bool) -> Result<Record, ApiError> {
    let mut record = get(call, kind, key, Need::Delete).await?;
    if let Some(before_delete) = kind.before_delete {
        before_delete(call, &record).await?;
    }
    if let Guard::Securable {
        kind: securable_kind, ..
    } = kind.guard
    {
        securable::delete(call, securable_kind, key).await?;
        return Ok(record);
    }
    let mut transaction = call.workspace.store.begin().await?;
    if trash {
        record.trashed = true;
        record = store::update(&call.workspace, &mut transaction, kind, &record, &call.principal.name).await?;
    } else {
        store::delete(&mut transaction, kind, key).await?;
        if let Guard::List(list) = kind.guard {
            let permissions = call.workspace.permissions();
            permissions
                .clear(&mut transaction, &access::acl(&list, &record.acl_id))
                .await?;
        }
    }
    transaction.commit().await?;
    Ok(record)
}

async fn list(
    call: &Call,
    kind: &Kind,
    verb: &Verb,
    (field, size): (&str, &str),
    only: Only,
) -> Result<Document, ApiError> {
    let mut chosen = Vec::new();
    for record in visible(call, kind).await? {
        if only(call, &record)? {
            chosen.push(record);
        }
    }
    paged(call, kind, verb.answer, (field, size), chosen)
}

/// The page of these records, sorted by key, that a call asks for.
pub(super) fn paged(
    call: &Call,
    kind: &Kind,
    item: Answer,
    (field, size): (&str, &str),
    records: Vec<Record>,
) -> Result<Document, ApiError> {
    let page = page(call, size, records, |record: &Record| &record.key)?;
    let items = page
        .items
        .iter()
        .map(|record| Value::Object(answer(call, kind, item, record)));
    let mut answer = Document::new();
    answer.insert(field.to_owned(), items.collect());
    if let Some(token) = page.next_page_token {
        answer.insert("next_page_token".to_owned(), token.into());
    }
    Ok(answer)
}

/// All records of a kind that the caller may see, in the trash or not, sorted by key.
pub(super) async fn visible(call: &Call, kind: &Kind) -> Result<Vec<Record>, ApiError> {
    if let Guard::Securable {
        kind: securable_kind, ..
    } = kind.guard
    {
        return securable::all(call, securable_kind).await;
    }
    let mut visible = Vec::new();
    for record in store::all(&call.workspace, kind).await? {
        if access::allows(call, kind, &record, Need::See).await? {
            visible.push(record);
        }
    }
    Ok(visible)
}

pub(super) fn answer(call: &Call, kind: &Kind, answer: Answer, record: &Record) -> Document {
    let workspace: &Workspace = &call.workspace;
    match answer {
        Answer::Empty => Document::new(),
        Answer::Whole => describe(workspace, kind, record),
        Answer::In(field) => {
            let whole = json!({ field: describe(workspace, kind, record) });
            whole.as_object().cloned().unwrap_or_default()
        }
        Answer::Id => Document::from_iter([(kind.id_field.to_owned(), record.key.clone().into())]),
        Answer::Made(make) => make(workspace, record, describe(workspace, kind, record)),
    }
}

/// A record as answers show it.
pub(super) fn describe(workspace: &Workspace, kind: &Kind, record: &Record) -> Document {
    let mut document = record.body.clone();
    match &record.securable {
        Some(known) => securable::describe(known, &mut document),
        None => {
            document.insert(kind.id_field.to_owned(), record.key.clone().into());
        }
    }
    (kind.present)(workspace, record, &mut document);
    document
}
