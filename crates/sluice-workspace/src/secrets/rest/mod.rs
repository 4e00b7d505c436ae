//! `/api/2.0/secrets`.

mod acls;
mod scopes;
mod values;

use serde::Serialize;

use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.0/secrets/scopes/create", scopes::create),
        Route::get("/api/2.0/secrets/scopes/list", scopes::list),
        Route::post("/api/2.0/secrets/scopes/delete", scopes::delete),
        Route::post("/api/2.0/secrets/put", values::put),
        Route::get("/api/2.0/secrets/list", values::list),
        Route::get("/api/2.0/secrets/get", values::get),
        Route::post("/api/2.0/secrets/delete", values::delete),
        Route::post("/api/2.0/secrets/acls/put", acls::put),
        Route::get("/api/2.0/secrets/acls/get", acls::get),
        Route::get("/api/2.0/secrets/acls/list", acls::list),
        Route::post("/api/2.0/secrets/acls/delete", acls::delete),
    ]
}

#[derive(Serialize)]
struct Empty {}
