//! Who did something.

use serde::{Deserialize, Serialize};

/// The identity behind a presented token, as `scim/Me` (or the OIDC subject) says it; never Git configuration or the login name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// User name (an e-mail address) or the application id of a service principal.
    pub subject: String,
    /// Name for people; equals the subject when the workspace gives none.
    pub display_name: String,
    /// Who vouched for the subject: the host of the workspace that answered `scim/Me`.
    pub issuer: String,
    /// Whether this is a service principal; such an identity cannot approve.
    pub service: bool,
}
