//! What templates may call, by the names that the public documentation of bundle templates gives.
//!
//! `regexp` is absent: its result has methods, and the template engine calls none. A template that uses it is refused by name. What
//! needs a workspace fails by name when none is known.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gotmpl::{FuncMap, TemplateError, Value};
use uuid::Uuid;

use super::template::Surroundings;

type Answer = Result<Value, TemplateError>;
type Function = Box<dyn Fn(&[Value]) -> Answer + Send + Sync>;

/// Patterns that `skip` collected, relative to the root of the output.
pub(crate) type Skipped = Arc<Mutex<Vec<String>>>;

fn text(value: impl AsRef<str>) -> Value {
    Value::String(value.as_ref().into())
}

fn argument<'values>(name: &str, arguments: &'values [Value], index: usize) -> Result<&'values str, TemplateError> {
    match arguments.get(index) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(TemplateError::Exec(format!(
            "`{name}` needs a text as argument {}",
            index + 1
        ))),
    }
}

/// The functions of one template file; `directory` is where its output stands, which is what `skip` is relative to.
pub(crate) fn functions(surroundings: &Surroundings, directory: &str, skipped: &Skipped) -> FuncMap {
    let mut functions = FuncMap::new();
    let mut add = |name: &str, function: Function| {
        functions.insert(
            name.to_owned(),
            Arc::new(move |arguments: &[Value]| function(arguments)),
        );
    };
    let (directory, skipped) = (directory.to_owned(), Arc::clone(skipped));
    add(
        "skip",
        Box::new(move |arguments| {
            let pattern = argument("skip", arguments, 0)?;
            let pattern = if directory.is_empty() {
                pattern.to_owned()
            } else {
                format!("{directory}/{pattern}")
            };
            let mut patterns = skipped
                .lock()
                .map_err(|_poisoned| TemplateError::Exec("skip".to_owned()))?;
            patterns.push(pattern.trim_start_matches("./").to_owned());
            Ok(text(""))
        }),
    );
    add(
        "fail",
        Box::new(|arguments| Err(TemplateError::Exec(message(arguments)?))),
    );
    add(
        "lower",
        Box::new(|arguments| Ok(text(argument("lower", arguments, 0)?.to_lowercase()))),
    );
    add(
        "upper",
        Box::new(|arguments| Ok(text(argument("upper", arguments, 0)?.to_uppercase()))),
    );
    add("path_separator", Box::new(|_| Ok(text("/"))));
    add("uuid", Box::new(|_| Ok(text(Uuid::new_v4().to_string()))));
    let bundle_uuid = surroundings.bundle_uuid.to_string();
    add("bundle_uuid", Box::new(move |_| Ok(text(&bundle_uuid))));
    add("random_int", Box::new(random_integer));
    add("pair", Box::new(pair));
    add("map", Box::new(map));
    add("url", Box::new(|arguments| url(argument("url", arguments, 0)?)));
    add(
        "regexp",
        Box::new(|_| {
            Err(TemplateError::Exec(
                "`regexp` is not offered: the template engine calls no methods".to_owned(),
            ))
        }),
    );
    workspace_functions(surroundings, &mut add);
    functions
}

type Add<'functions> = dyn FnMut(&str, Function) + 'functions;

fn workspace_functions(surroundings: &Surroundings, add: &mut Add<'_>) {
    let host = surroundings.workspace_host.clone();
    let node_host = host.clone();
    let user = surroundings.user_name.clone();
    let short = user.as_ref().map(|name| short_name(name));
    let service = surroundings.service_principal;
    let catalog = surroundings.default_catalog.clone();
    let known = |name: &'static str, value: Option<String>| {
        move |_: &[Value]| value.as_ref().map(text).ok_or_else(|| unknown(name))
    };
    add("workspace_host", Box::new(known("workspace_host", host)));
    add("user_name", Box::new(known("user_name", user)));
    add("short_name", Box::new(known("short_name", short)));
    add("default_catalog", Box::new(known("default_catalog", catalog)));
    add(
        "is_service_principal",
        Box::new(move |_| service.map(Value::Bool).ok_or_else(|| unknown("is_service_principal"))),
    );
    add(
        "smallest_node_type",
        Box::new(move |_| match &node_host {
            Some(host) => Ok(text(smallest_node_type(host))),
            None => Err(unknown("smallest_node_type")),
        }),
    );
}

fn unknown(name: &str) -> TemplateError {
    TemplateError::Exec(format!("`{name}` needs a workspace, and `sluice new` connects to none"))
}

/// The part of a user name before `@`, with everything but letters, digits and `_` as `_`.
fn short_name(user: &str) -> String {
    let local = user.split('@').next().unwrap_or_default();
    local
        .chars()
        .map(|each| {
            if each.is_alphanumeric() {
                each.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect()
}

fn smallest_node_type(host: &str) -> &'static str {
    let host = host.trim_end_matches('/');
    if host.ends_with(".azuredatabricks.net") {
        "Standard_D3_v2"
    } else if host.ends_with(".gcp.databricks.com") {
        "n1-standard-4"
    } else {
        "i3.xlarge"
    }
}

fn message(arguments: &[Value]) -> Result<String, TemplateError> {
    let format = argument("fail", arguments, 0)?;
    // `fail` takes a format and its arguments, as `printf` does.
    let mut message = String::new();
    let mut rest = arguments[1..].iter();
    let mut characters = format.chars().peekable();
    while let Some(each) = characters.next() {
        match (each, characters.peek()) {
            ('%', Some('%')) => {
                characters.next();
                message.push('%');
            }
            ('%', Some('s' | 'v' | 'd' | 'q' | 't')) => {
                characters.next();
                message.push_str(
                    &rest
                        .next()
                        .map_or_else(|| "%!(MISSING)".to_owned(), ToString::to_string),
                );
            }
            _ => message.push(each),
        }
    }
    Ok(message)
}

fn random_integer(arguments: &[Value]) -> Answer {
    let bound = match arguments.first() {
        Some(Value::Int(bound)) if *bound > 0 => bound.unsigned_abs(),
        _ => {
            return Err(TemplateError::Exec(
                "`random_int` needs a positive whole number".to_owned(),
            ));
        }
    };
    let drawn = Uuid::new_v4().as_u128() % u128::from(bound);
    Ok(Value::Int(i64::try_from(drawn).unwrap_or_default()))
}

fn pair(arguments: &[Value]) -> Answer {
    let key = argument("pair", arguments, 0)?;
    let value = arguments.get(1).cloned().unwrap_or(Value::Nil);
    Ok(Value::List(vec![text(key), value].into()))
}

fn map(arguments: &[Value]) -> Answer {
    let mut fields = BTreeMap::new();
    for item in arguments {
        match item {
            Value::List(items) if items.len() == 2 => {
                let key = argument("map", items, 0)?;
                fields.insert(Arc::from(key), items[1].clone());
            }
            _ => {
                return Err(TemplateError::Exec(
                    "`map` needs pairs: `map (pair \"key\" value)`".to_owned(),
                ));
            }
        }
    }
    Ok(Value::Map(Arc::new(fields)))
}

/// The parts of an address under the names of Go's `net/url`.
fn url(address: &str) -> Answer {
    let Some((scheme, rest)) = address.split_once("://") else {
        return Err(TemplateError::Exec(format!("`{address}` is not an address")));
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let fields = [
        ("Scheme", scheme),
        ("Host", host),
        ("Path", path),
        ("RawQuery", query),
        ("Fragment", fragment),
    ];
    let fields = fields
        .into_iter()
        .map(|(name, part)| (Arc::from(name), text(part)))
        .collect();
    Ok(Value::Map(Arc::new(fields)))
}
