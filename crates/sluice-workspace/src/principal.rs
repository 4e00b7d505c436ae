//! Who a request comes from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The group of Unity Catalog that everybody belongs to.
pub const ACCOUNT_USERS: &str = "account users";
/// The workspace group that everybody belongs to.
pub const USERS: &str = "users";
/// The workspace group whose members may do everything.
pub const ADMINS: &str = "admins";

/// What kind of identity a principal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A service principal.
    ServicePrincipal,
}

/// An authenticated identity with its groups, direct and inherited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// SCIM id.
    pub id: i64,
    /// Person or service principal.
    pub kind: PrincipalKind,
    /// User name, or the application id of a service principal: the name that grants, owners and ACLs use.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// Names of all groups it is in, with [`USERS`] and [`ACCOUNT_USERS`].
    pub groups: BTreeSet<String>,
    /// Whether it is a workspace administrator (and with that a metastore administrator).
    pub is_admin: bool,
}

impl Principal {
    /// Whether `name` names this principal or one of its groups.
    #[must_use]
    pub fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.groups.contains(name)
    }

    /// Refuses everybody but administrators.
    ///
    /// # Errors
    /// 403 naming the principal and the action.
    pub fn require_admin(&self, action: &str) -> Result<(), crate::ApiError> {
        crate::audit::administration(self, action);
        if self.is_admin {
            return Ok(());
        }
        Err(crate::ApiError::denied(format!(
            "User '{}' may not {action}: only members of the group `{ADMINS}` may",
            self.name
        )))
    }
}
