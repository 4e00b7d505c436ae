//! The resource kinds, one file each: field rules as data, requests as values, ids and waits.
//!
//! The engine around them ([`super::plan`], [`super::reads`], [`super::steps`]) knows no kind by name. A new kind is one file
//! here and a line in [`of`].

mod alerts;
pub(crate) mod apps;
mod catalogs;
mod clusters;
mod constraints;
mod dashboards;
mod database_catalogs;
mod database_instances;
mod experiments;
mod external_locations;
mod functions;
mod genie_spaces;
mod grants;
mod instance_pools;
pub(crate) mod job_runs;
mod jobs;
mod masks;
mod model_serving_endpoints;
mod models;
mod permissions;
mod pipelines;
mod postgres_branches;
mod postgres_catalogs;
mod postgres_databases;
mod postgres_endpoints;
mod postgres_projects;
mod postgres_roles;
mod postgres_synced_tables;
mod quality_monitors;
mod registered_models;
pub(crate) mod rest_object;
mod schemas;
mod secret_scopes;
mod secrets;
mod serialized_space;
mod sql_warehouses;
pub(crate) mod started;
pub(crate) mod statements;
mod sub_resources;
mod synced_database_tables;
mod table_constraints;
mod tables;
pub(crate) mod tag_policies;
mod tags;
mod vector_search_endpoints;
mod vector_search_indexes;
mod views;
mod volumes;
mod workspace_object;

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_model::{ResourceKey, SubResource};
use sluice_wire::types::Field;
use sluice_wire::{Request, Response};

use super::difference::Rules;
use super::field_path::FieldPath;
use super::plan::{FieldChange, PlanEntry};
use workspace_object::Titled;

pub(crate) use secrets::Sealed;
pub(crate) use sub_resources::{standing_alone, sub_document, sub_id, subs_of};

/// Stands in the request of a call for the id that an earlier call of the same object brings.
pub(crate) const NEW_ID: &str = "{id}";

/// What kinds need to know about the deployment.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// `<bundle name>/<target>`: the ownership marker of tables and views.
    pub(crate) marker: String,
    /// The bundle's name.
    pub(crate) product: String,
    /// The deployment's folder for objects with a place in the workspace tree.
    pub(crate) resource_path: String,
    /// Path of the deployment's `metadata.json`: the ownership marker of jobs.
    pub(crate) metadata_file_path: String,
    /// Name of the deploying user or application id of the deploying service principal.
    pub(crate) user_name: String,
    /// Whether a service principal deploys.
    pub(crate) service_principal: bool,
    /// The warehouse that runs statements.
    pub(crate) warehouse_id: Option<String>,
}

/// One kind of resource or sub-resource.
pub(crate) trait Kind: Sync {
    /// How its fields are compared.
    fn rules(&self) -> &Rules;

    /// Whether a field at the top is one that only the service writes, so that its value is known when the object is there.
    fn is_written_by_service(&self, field: &str) -> bool {
        self.rules().output_only.contains(&field)
    }

    /// Fields that take ids as whole numbers, as patterns.
    fn integers(&self) -> &'static [&'static str] {
        &[]
    }

    /// The fields of its body as the REST API describes them; none when it does not.
    fn fields(&self) -> &'static [Field] {
        &[]
    }

    /// The field whose value nothing keeps or shows; none for most kinds.
    fn sealed(&self) -> Option<&'static Sealed> {
        None
    }

    /// The body that is sent, from the one in the document; faults are fragments that follow the resource's key.
    fn desired(&self, document: Value, facts: &Facts) -> Result<Value, Vec<String>>;

    /// The id that an object with this body has, for kinds whose id is made of fields.
    fn natural_id(&self, body: &Value) -> Option<String> {
        let _ = body;
        None
    }

    /// The observed field that tells an object from another one that took its name; none for kinds whose id does that.
    fn identity_field(&self) -> Option<&'static str> {
        None
    }

    /// Full names of Unity Catalog objects that it uses beside the one that contains it.
    fn uses(&self, body: &Value) -> Vec<String> {
        let _ = body;
        Vec::new()
    }

    /// Objects that have to exist though they are not used by a reference: kind in the catalog files, and full name.
    fn needs(&self, body: &Value) -> Vec<(&'static str, String)> {
        let _ = body;
        Vec::new()
    }

    /// Tags that it sets, key and value, for policies to allow.
    fn sets_tags(&self, body: &Value) -> Vec<(String, String)> {
        let _ = body;
        Vec::new()
    }

    /// Reads one object.
    fn read(&self, id: &str) -> Request;

    /// What has to be read beside [`Kind::read`], by the desired and the last applied body. What is not there counts as empty.
    fn read_more(&self, id: &str, new: &Value, old: Option<&Value>) -> Vec<Request> {
        let _ = (id, new, old);
        Vec::new()
    }

    /// The request for the page after this answer.
    fn next_page(&self, request: &Request, answer: &Value) -> Option<Request> {
        let _ = (request, answer);
        None
    }

    /// Whether an error answer to [`Kind::read`] means that there is no such object.
    fn is_absent(&self, status: u16, answer: &Value) -> bool {
        let _ = answer;
        status == 404
    }

    /// The observed object in the shape of a body, with fields that only the server writes beside it.
    fn observed(&self, pages: Vec<Value>) -> Value;

    /// The part of the observed object that takes part in the comparison.
    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let _ = (old, new);
        remote.clone()
    }

    /// The body in the form in which it is compared and shown: texts that hold a document are that document.
    fn expanded(&self, body: &Value) -> Value {
        body.clone()
    }

    /// Whether the service gives the object an etag, which the state keeps.
    fn has_etag(&self) -> bool {
        false
    }

    /// Whether an observed object counts as deleted.
    fn is_trashed(&self, remote: &Value) -> bool {
        let _ = remote;
        false
    }

    /// How the service speaks of them, for objects that are found by title and folder.
    fn titled(&self) -> Option<&Titled> {
        None
    }

    /// Looks for an object that an interrupted deployment left behind, for kinds without natural id.
    fn search(&self, body: &Value) -> Option<Request> {
        self.titled()?.search(body)
    }

    /// What an object with this body is found by in an answer to [`Kind::search`].
    fn mark(&self, body: &Value, facts: &Facts) -> String {
        let metadata = || facts.metadata_file_path.clone();
        self.titled().map_or_else(metadata, |titled| titled.mark(body))
    }

    /// Whether what is found by its mark is this deployment's for certain. Otherwise it is looked for only when a creation was
    /// interrupted or the caller adopts.
    fn is_ours_by_place(&self, body: &Value, facts: &Facts) -> bool {
        self.titled().is_none() || workspace_object::in_own_folder(body, facts)
    }

    /// The ids of objects in an answer to [`Kind::search`] that carry our mark.
    fn found(&self, answer: &Value, mark: &str) -> Vec<String> {
        self.titled().map_or_else(Vec::new, |titled| titled.found(answer, mark))
    }

    /// Whether this is access to an object and not an object: it is never found existing, and goes with its object.
    fn is_access(&self) -> bool {
        false
    }

    /// Whether objects of this kind carry an ownership marker.
    fn has_marker(&self) -> bool {
        false
    }

    /// Whether an observed object carries our marker, for kinds that have one.
    fn is_marked(&self, remote: &Value, marker: &str) -> bool {
        let _ = (remote, marker);
        false
    }

    /// Whether objects hold rows, so that deleting them needs to be allowed by the caller.
    fn holds_rows(&self) -> bool {
        false
    }

    /// Why some of the changes cannot be made in place or by recreating: the reason and the ways out.
    fn refused(&self, change: &Change<'_>) -> Vec<String> {
        let _ = change;
        Vec::new()
    }

    /// The calls that make the object.
    fn create(&self, change: &Change<'_>) -> Vec<Call>;

    /// The calls that change the object in place.
    fn update(&self, change: &Change<'_>) -> Vec<Call>;

    /// The calls that delete the object.
    fn delete(&self, id: &str, old: &Value) -> Vec<Call>;

    /// As [`Kind::delete`], for an object that was observed.
    fn delete_observed(&self, id: &str, old: &Value, remote: &Value) -> Vec<Call> {
        let _ = remote;
        self.delete(id, old)
    }

    /// Whether a field says in which condition an object is, and not what it is: nobody's work is lost when it changes.
    fn is_condition(&self, path: &str) -> bool {
        let _ = path;
        false
    }

    /// Says otherwise about changed fields than their rules, where that depends on the state of the object.
    fn decide(&self, changes: &mut BTreeMap<String, FieldChange>, remote: &Value) {
        let _ = (changes, remote);
    }
}

/// One resource on its way from last applied to desired.
pub(crate) struct Change<'a> {
    /// Remote id; none before it is made.
    pub(crate) id: Option<&'a str>,
    /// Last applied body.
    pub(crate) old: Option<&'a Value>,
    /// Desired body, references filled as far as they are known.
    pub(crate) new: &'a Value,
    /// Its plan entry: changed fields and observed object.
    pub(crate) entry: &'a PlanEntry,
}

impl Change<'_> {
    /// The changed fields that need something done.
    pub(crate) fn needed(&self) -> impl Iterator<Item = (&String, &FieldChange)> {
        self.entry
            .changes
            .iter()
            .filter(|(_, change)| change.action != super::plan::Action::Skip)
    }
}

/// One remote call of a kind and how to read its answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// What it does: `create`, `reset`, `add column day`.
    pub(crate) description: String,
    /// The request.
    pub(crate) request: Request,
    /// How its answer is read.
    pub(crate) answer: Answer,
    /// Whether sending it twice does the same as sending it once.
    pub(crate) idempotent: bool,
    /// Finds out whether a call without an answer took effect.
    pub(crate) probe: Option<(Request, ProbeAnswer)>,
}

/// How the answer to a call is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The id stands in this field.
    IdField(&'static str),
    /// The id is known.
    Id(String),
    /// As [`Answer::Id`], and the object is there now, whatever follows.
    Made(String),
    /// The id of something that belongs to the object, for the next call, stands in this field.
    Part(&'static str),
    /// The answer is a run of a job, which may be going on; the id is known.
    Run(String),
    /// As [`Answer::Run`], whatever the run comes to.
    Over(String),
    /// The answer is a statement's; it may be running still. The id is known.
    Statement(String),
    /// The object is gone, also when it was not there.
    Gone,
    /// A part of the object is gone, also when it was not there. The object's id is known.
    GoneFrom(String),
    /// As [`Answer::Statement`], and the object is gone afterwards.
    GoneByStatement(String),
    /// The answer is an operation; it may be going on still. The id is known.
    Operation(String),
    /// As [`Answer::Operation`], and the object is gone afterwards, also when it was not there.
    GoneByOperation,
    /// The answer is the object with this id, which may not be ready yet.
    Ready(String, rest_object::Ready),
}

/// How the answer to a probe is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ProbeAnswer {
    /// The call took effect when the object with this id can be read.
    Exists(String),
    /// The call took effect when this field of the observed object has this value.
    Field {
        /// Path as plans write it.
        path: String,
        /// The value that the call sets; none when it removes the field.
        value: Option<Value>,
        /// Id of the object.
        id: String,
    },
    /// The call took effect when the search finds exactly one object with this mark.
    Search {
        /// The mark.
        mark: String,
    },
}

/// The kind of a key; none when this engine does not deploy it.
pub(crate) fn of(key: &ResourceKey) -> Option<&'static dyn Kind> {
    match (key.catalog, key.kind.as_str(), key.sub) {
        (false, "job_runs", None) => Some(&job_runs::JobRuns),
        (false, "jobs", None) => Some(&jobs::Jobs),
        (false, "jobs" | "pipelines" | "sql_warehouses", Some(SubResource::Permissions)) => {
            Some(&permissions::Permissions { with_owner: true })
        }
        (false, "genie_spaces", None) => Some(&genie_spaces::GenieSpaces),
        (false, "dashboards", None) => Some(&dashboards::Dashboards),
        (false, "secret_scopes", None) => Some(&secret_scopes::SecretScopes),
        (false, "secret_scopes", Some(SubResource::Permissions)) => Some(&secret_scopes::SecretAcls),
        (false, kind, Some(SubResource::Permissions)) if sub_resources::permissions_of(kind).is_some() => {
            Some(&permissions::Permissions { with_owner: false })
        }
        (false, "schemas", None) => Some(&schemas::Schemas),
        (false, "volumes", None) => Some(&volumes::Volumes),
        (false, _, Some(SubResource::Grants)) if securable_of(key).is_some() => Some(&grants::Grants { alone: false }),
        (false, "alerts", None) => Some(&alerts::ALERTS),
        (false, "apps", None) => Some(&apps::APPS),
        (false, "catalogs", None) => Some(&catalogs::CATALOGS),
        (false, "clusters", None) => Some(&clusters::CLUSTERS),
        (false, "database_catalogs", None) => Some(&database_catalogs::DATABASE_CATALOGS),
        (false, "database_instances", None) => Some(&database_instances::DATABASE_INSTANCES),
        (false, "experiments", None) => Some(&experiments::EXPERIMENTS),
        (false, "external_locations", None) => Some(&external_locations::EXTERNAL_LOCATIONS),
        (false, "instance_pools", None) => Some(&instance_pools::INSTANCE_POOLS),
        (false, "model_serving_endpoints", None) => Some(&model_serving_endpoints::MODEL_SERVING_ENDPOINTS),
        (false, "models", None) => Some(&models::MODELS),
        (false, "pipelines", None) => Some(&pipelines::PIPELINES),
        (false, "postgres_branches", None) => Some(&postgres_branches::POSTGRES_BRANCHES),
        (false, "postgres_catalogs", None) => Some(&postgres_catalogs::POSTGRES_CATALOGS),
        (false, "postgres_databases", None) => Some(&postgres_databases::POSTGRES_DATABASES),
        (false, "postgres_endpoints", None) => Some(&postgres_endpoints::POSTGRES_ENDPOINTS),
        (false, "postgres_projects", None) => Some(&postgres_projects::POSTGRES_PROJECTS),
        (false, "postgres_roles", None) => Some(&postgres_roles::POSTGRES_ROLES),
        (false, "postgres_synced_tables", None) => Some(&postgres_synced_tables::POSTGRES_SYNCED_TABLES),
        (false, "quality_monitors", None) => Some(&quality_monitors::QUALITY_MONITORS),
        (false, "registered_models", None) => Some(&registered_models::REGISTERED_MODELS),
        (false, "secrets", None) => Some(&secrets::SECRETS),
        (false, "sql_warehouses", None) => Some(&sql_warehouses::SQL_WAREHOUSES),
        (false, "synced_database_tables", None) => Some(&synced_database_tables::SYNCED_DATABASE_TABLES),
        (false, "vector_search_endpoints", None) => Some(&vector_search_endpoints::VECTOR_SEARCH_ENDPOINTS),
        (false, "vector_search_indexes", None) => Some(&vector_search_indexes::VECTOR_SEARCH_INDEXES),
        (true, "tables", None) => Some(&tables::Tables),
        (true, "views", None) => Some(&views::Views),
        (true, "functions", None) => Some(&functions::Functions),
        (true, "tables" | "views" | "functions", Some(SubResource::Grants)) => Some(&grants::Grants { alone: false }),
        (true, "grants", None) => Some(&grants::Grants { alone: true }),
        (true, "tables" | "views", Some(SubResource::Tags)) => Some(&tags::Tags { alone: false }),
        (true, "tags", None) => Some(&tags::Tags { alone: true }),
        (true, tag_policies::NAME, None) => Some(&tag_policies::TagPolicies),
        (true, "tables", Some(SubResource::Masks)) => Some(&masks::Masks { alone: false }),
        (true, "masks" | "row_filters", None) => Some(&masks::Masks { alone: true }),
        (true, "tables", Some(SubResource::Constraints)) => Some(&constraints::ForeignKeys),
        _ => None,
    }
}

/// Whether an error answer means that there is no such object. Older services answer 400 with a message.
pub(crate) fn says_absent(status: u16, answer: &Value) -> bool {
    let says_so = || {
        text(answer, "error_code") == Some("INVALID_PARAMETER_VALUE")
            && text(answer, "message").is_some_and(|message| message.contains("does not exist"))
    };
    status == 404 || (status == 400 && says_so())
}

/// The request for the page after this answer, for answers with `next_page_token`.
pub(crate) fn page_after(request: &Request, answer: &Value) -> Option<Request> {
    let token = text(answer, "next_page_token").filter(|token| !token.is_empty())?;
    let mut next = request.clone();
    next.query.retain(|(name, _)| name != "page_token");
    Some(next.query("page_token", token))
}

/// The error code and message of an error answer.
pub(crate) fn error_of(response: &Response) -> (String, String) {
    let answer = response.json().unwrap_or(Value::Null);
    let text = |field: &str| answer.get(field).and_then(Value::as_str).map(str::to_owned);
    (
        text("error_code").unwrap_or_else(|| format!("HTTP {}", response.status)),
        text("message").unwrap_or_else(|| String::from_utf8_lossy(&response.body).into_owned()),
    )
}

/// The names of the fields at the top that need something done; those that made the object another one are not among them.
pub(crate) fn changed_fields(change: &Change<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (path, _) in change.needed() {
        let head = FieldPath::parse(path)
            .map(|path| path.head().to_owned())
            .unwrap_or_default();
        if !names.contains(&head) {
            names.push(head);
        }
    }
    names
}

/// A full name as Unity Catalog keeps it, in lower case; one that still holds references stays as it is.
pub(crate) fn lower_name(full_name: &str) -> String {
    if full_name.contains("${") {
        full_name.to_owned()
    } else {
        full_name.to_lowercase()
    }
}

/// Checks that text fields are there.
pub(crate) fn required(document: &Value, names: &[&str]) -> Result<(), Vec<String>> {
    let missing: Vec<String> = names
        .iter()
        .filter(|name| text(document, name).is_none_or(str::is_empty))
        .map(|name| format!("has no `{name}`"))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

/// The only page of an answer that is an object.
pub(crate) fn first_page(pages: Vec<Value>) -> Value {
    pages.into_iter().next().unwrap_or_default()
}

/// Leaves of the observed `properties` those that were or are wanted, and of the others those that `keep` wants compared.
pub(crate) fn merge_properties(remote: &mut Value, old: Option<&Value>, new: &Value, keep: impl Fn(&str) -> bool) {
    let wanted = |name: &str| {
        [old, Some(new)].into_iter().flatten().any(|body| {
            body.get("properties")
                .and_then(|properties| properties.get(name))
                .is_some()
        })
    };
    if let Some(Value::Object(properties)) = remote.get_mut("properties") {
        properties.retain(|name, _| wanted(name) || keep(name));
    }
}

/// Copies the fields of an observed object that are in a list.
pub(crate) fn pick(value: &Value, names: &[&str]) -> serde_json::Map<String, Value> {
    names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), value.get(name)?.clone())))
        .collect()
}

/// A text field of a body.
pub(crate) fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}

/// Whether the schema with this full name contains the resource, so that deleting the one deletes the other.
pub(crate) fn stands_in(key: &ResourceKey, named: &Value, schema: &str) -> bool {
    let in_schema = matches!(
        (key.catalog, key.kind.as_str()),
        (
            false,
            "volumes" | "secrets" | "registered_models" | "vector_search_indexes" | "synced_database_tables"
        ) | (true, "tables" | "views" | "functions")
    );
    let name = of(key)
        .filter(|_| in_schema && key.sub.is_none())
        .and_then(|kind| kind.natural_id(named));
    name.is_some_and(|name| {
        name.rsplit_once('.')
            .is_some_and(|(parent, _)| parent.eq_ignore_ascii_case(schema))
    })
}

/// The full name of a schema resource; none for other resources.
pub(crate) fn schema_name(key: &ResourceKey, named: &Value) -> Option<String> {
    let is_schema = !key.catalog && key.kind == "schemas" && key.sub.is_none();
    of(key).filter(|_| is_schema)?.natural_id(named)
}

/// The Unity Catalog securable type of a key's kind, as the grants API writes it.
pub(crate) fn securable_of(key: &ResourceKey) -> Option<&'static str> {
    match (key.catalog, key.kind.as_str()) {
        (false, "catalogs") => Some("catalog"),
        (false, "external_locations") => Some("external_location"),
        (false, "registered_models") => Some("function"),
        (false, "schemas") => Some("schema"),
        (false, "secrets") => Some("secret"),
        (false, "vector_search_indexes") => Some("table"),
        (false, "volumes") => Some("volume"),
        (true, "tables" | "views") => Some("table"),
        (true, "functions") => Some("function"),
        _ => None,
    }
}

/// Full names (lower case) of declared Unity Catalog objects whose names hold no references. A function and a table may share one.
pub(crate) fn declared_names(named: &BTreeMap<ResourceKey, Value>) -> BTreeMap<String, Vec<ResourceKey>> {
    let mut names: BTreeMap<String, Vec<ResourceKey>> = BTreeMap::new();
    for (key, body) in named {
        let name = of(key)
            .filter(|_| securable_of(key).is_some() && key.sub.is_none())
            .and_then(|kind| kind.natural_id(body))
            .filter(|name| !name.contains("${"));
        if let Some(name) = name {
            names.entry(name.to_lowercase()).or_default().push(key.clone());
        }
    }
    names
}

/// What a resource claims for itself, for messages: the object of its name, or one principal's privileges on a securable. Two
/// resources with the same claim would undo each other's work for ever.
pub(crate) fn claims(key: &ResourceKey, named: &Value) -> Vec<String> {
    let Some(id) = of(key)
        .and_then(|kind| kind.natural_id(named))
        .filter(|id| !id.contains("${"))
    else {
        return Vec::new();
    };
    match (key.sub, key.kind.as_str(), securable_of(key)) {
        (Some(SubResource::Tags), _, _) | (None, "tags", None) => tags::claims(named),
        (Some(SubResource::Masks), _, _) | (None, "masks" | "row_filters", None) => masks::claims(named),
        (Some(SubResource::Grants), _, _) | (None, "grants", None) => grants::principals(named)
            .into_iter()
            .map(|principal| format!("the privileges of `{principal}` on `{}`", id.to_lowercase()))
            .collect(),
        (None, "secret_scopes", _) => vec![format!("the secret scope `{id}`")],
        (None, _, Some(securable)) => vec![format!("the {securable} `{}`", id.to_lowercase())],
        (Some(SubResource::Permissions | SubResource::Constraints), _, _) | (None, _, None) => Vec::new(),
    }
}

/// What a resource needs without a reference that says so: the schema of a volume, table or view, what a view's query reads, and
/// the securable of grants. With each key the reference that could have been written.
pub(crate) fn implied_needs(
    key: &ResourceKey,
    body: &Value,
    names: &BTreeMap<String, Vec<ResourceKey>>,
) -> Vec<(ResourceKey, String)> {
    let Some(kind) = of(key) else { return Vec::new() };
    let mut wanted: Vec<String> = kind.uses(body);
    if key.sub.is_none()
        && let Some(name) = kind.natural_id(body)
        && let Some((parent, _)) = name.rsplit_once('.')
    {
        wanted.push(parent.to_owned());
    }
    wanted
        .into_iter()
        .filter_map(|name| names.get(&name.to_lowercase()))
        .flatten()
        .filter(|node| *node != key)
        .map(|node| (node.clone(), format!("${{{node}.id}}")))
        .collect()
}
