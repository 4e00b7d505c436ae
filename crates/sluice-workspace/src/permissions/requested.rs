//! A list of permissions as a client asks for it: each entry is for one principal, who exists.

use serde::Deserialize;

use crate::error::ApiError;
use crate::identity::{self, NamedKind};
use crate::workspace::Workspace;

/// The body of a change.
#[derive(Deserialize)]
pub(crate) struct RequestedList {
    #[serde(default)]
    pub(crate) access_control_list: Vec<Requested>,
}

/// One entry: `AccessControlRequest` of the API.
#[derive(Deserialize)]
pub(crate) struct Requested {
    user_name: Option<String>,
    group_name: Option<String>,
    service_principal_name: Option<String>,
    /// The level, as it was written.
    pub(crate) permission_level: String,
}

impl Requested {
    /// Whom the entry is for.
    ///
    /// # Errors
    /// 400 when it names none or several, 404 when there is no such principal of that kind.
    pub(crate) async fn principal(&self, workspace: &Workspace) -> Result<(String, NamedKind), ApiError> {
        let (principal, kind) = match (&self.user_name, &self.group_name, &self.service_principal_name) {
            (Some(name), None, None) => (name, NamedKind::User),
            (None, Some(name), None) => (name, NamedKind::Group),
            (None, None, Some(name)) => (name, NamedKind::ServicePrincipal),
            _ => {
                return Err(ApiError::invalid(
                    "each entry names one of `user_name`, `group_name` and `service_principal_name`",
                ));
            }
        };
        let found = identity::kind_of(workspace, principal).await?;
        if found.map(|(kind, _)| kind) != Some(kind) {
            return Err(ApiError::not_found(format!(
                "Principal: {kind}({principal}) does not exist"
            )));
        }
        Ok((principal.clone(), kind))
    }
}
