//! Every route with the permission that it needs. The router is made of this table, so that a route that is not in it does not exist.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

use crate::guard::{self, Gate};
use crate::site::Site;
use crate::{assets, screens};

/// What a request needs to be answered. A POST needs the token of its form besides, and comes from this site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Nothing: the sign-in, and the files of the page, which tell nothing.
    Anyone,
    /// To be signed in as a principal of any environment of the platform.
    SignedIn,
    /// To be signed in, and what the use case asks of those who decide: the role, not the own work. It judges that itself.
    Decides,
}

/// How a route is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Looks, and changes nothing.
    Get,
    /// Changes something.
    Post,
}

/// One route.
#[derive(Clone, Copy)]
pub struct Route {
    /// How it is asked.
    pub verb: Verb,
    /// The path, with `{name}` for what varies.
    pub path: &'static str,
    /// What it needs.
    pub permission: Permission,
    handler: fn() -> MethodRouter<Arc<Site>>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?} {} ({:?})", self.verb, self.path, self.permission)
    }
}

macro_rules! routes {
    ($($verb:ident $path:literal $permission:ident $handler:path;)+) => {
        &[$(Route {
            verb: routes!(@verb $verb),
            path: $path,
            permission: Permission::$permission,
            handler: || $verb($handler),
        },)+]
    };
    (@verb get) => { Verb::Get };
    (@verb post) => { Verb::Post };
}

/// All of them.
pub const TABLE: &[Route] = routes! {
    get "/assets/page.css" Anyone assets::style;
    get "/assets/page.js" Anyone assets::script;
    get "/assets/icon.svg" Anyone assets::icon;
    get "/sign-in" Anyone screens::sign_in::show;
    post "/sign-in" Anyone screens::sign_in::submit;
    post "/sign-out" SignedIn screens::sign_in::leave;
    get "/" SignedIn screens::matrix::show;
    get "/releases" SignedIn screens::releases::show;
    get "/releases/{product}/{version}" SignedIn screens::release::show;
    get "/promotions" SignedIn screens::promotions::show;
    get "/promotions/{id}" SignedIn screens::promotion::show;
    post "/approvals/{id}/approve" Decides screens::approval::agree;
    post "/approvals/{id}/reject" Decides screens::approval::refuse;
    get "/deployments/{id}" SignedIn screens::deployment::show;
    get "/deployments/{id}/events" SignedIn screens::deployment::follow;
    get "/history" SignedIn screens::history::show;
    get "/ledger" SignedIn screens::ledger::show;
    get "/ledger/verification" SignedIn screens::ledger::verify;
    get "/ledger/{number}" SignedIn screens::ledger::entry;
};

pub(crate) fn router(site: Arc<Site>) -> Router {
    let mut router = Router::new();
    for route in TABLE {
        let gate = Gate {
            site: Arc::clone(&site),
            permission: route.permission,
        };
        let guarded = (route.handler)().layer(from_fn_with_state(gate, guard::admit));
        router = router.route(route.path, guarded);
    }
    router
        .fallback(guard::no_such_page)
        .layer(from_fn_with_state(Arc::clone(&site), guard::own_host))
        .layer(from_fn(guard::headers))
        .with_state(site)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_router_is_made_of_the_table_alone() {
        let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        let mut folders = vec![sources.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                let makes = [".route(", ".route_service(", ".nest(", ".merge("];
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                let count = makes.iter().map(|word| text.matches(word).count()).sum::<usize>();
                let name = path.strip_prefix(&sources).unwrap().display().to_string();
                found.extend(std::iter::repeat_n(name, count));
            }
        }
        assert_eq!(found, ["route.rs"], "a route past the table");
    }

    #[test]
    fn what_changes_something_needs_more_than_to_be_asked() {
        for route in TABLE {
            let is_sign_in = route.path == "/sign-in";
            let is_file = route.path.starts_with("/assets/");
            let expected = is_sign_in || is_file;
            assert_eq!(route.permission == Permission::Anyone, expected, "{route:?}");
            if route.permission == Permission::Decides {
                assert_eq!(route.verb, Verb::Post, "{route:?}");
            }
        }
    }
}
