//! Principals, groups and tokens. The tables stand in `schema.sql`; start with [`authenticate`].

mod principals;
mod rest;
mod scim;
mod token_management;
mod token_permissions;
mod token_rest;
mod tokens;

pub(crate) use principals::{NamedKind, NewPrincipal, add_member, insert_principal, kind_of, load};
pub use principals::{by_name, principal_exists};
pub(crate) use tokens::{NewToken, Purpose, hash, holder, make_token};
pub use tokens::{authenticate, mint_token, revoke_token, same_secret};

use crate::module::Module;
use crate::store::Migrations;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "identity",
            steps: &[include_str!("schema.sql"), include_str!("schema_2.sql")],
        },
        routes: || {
            [
                rest::routes(),
                token_rest::routes(),
                token_management::routes(),
                token_permissions::routes(),
            ]
            .concat()
        },
    }
}
