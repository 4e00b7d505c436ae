//! Grants: who was given what, where, and what follows from it below.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::catalog::container::no_such_principal;
use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::Securable;
use crate::error::ApiError;
use crate::identity;
use crate::principal::Principal;

/// A change of one principal's privileges on one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantChange {
    /// User name, application id or group.
    pub principal: String,
    /// What it gets.
    pub add: Vec<Privilege>,
    /// What it loses; `ALL PRIVILEGES` takes every privilege granted there.
    pub remove: Vec<Privilege>,
}

/// A privilege that a principal holds on an object by a grant there or above.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectiveGrant {
    /// User name, application id or group.
    pub principal: String,
    /// What.
    pub privilege: Privilege,
    /// Kind and full name of the object above on which it was granted; none when it was granted here.
    pub inherited_from: Option<(SecurableKind, String)>,
}

impl Catalog<'_> {
    /// Grants and revokes on one object, all or nothing.
    ///
    /// # Errors
    /// 403 without `MANAGE`; 404 for an unknown principal; 400 for a privilege that the kind of object does not have, or that is
    /// added and removed at once.
    pub async fn change_grants(
        &self,
        principal: &Principal,
        securable: &Securable,
        changes: &[GrantChange],
    ) -> Result<(), ApiError> {
        self.require(principal, Privilege::Manage, securable).await?;
        for change in changes {
            self.check_change(securable, change).await?;
        }
        let mut transaction = self.workspace.store.begin().await?;
        for GrantChange { principal, add, remove } in changes {
            for privilege in remove {
                let all = *privilege == Privilege::AllPrivileges;
                sqlx::query(
                    "DELETE FROM privilege_grant WHERE securable_id = ? AND principal = ? AND (privilege = ? OR ?)",
                )
                .bind(&securable.id)
                .bind(principal)
                .bind(privilege.as_str())
                .bind(all)
                .execute(&mut *transaction)
                .await?;
            }
            for privilege in add {
                sqlx::query(
                    "INSERT INTO privilege_grant (securable_id, principal, privilege) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                )
                .bind(&securable.id)
                .bind(principal)
                .bind(privilege.as_str())
                .execute(&mut *transaction)
                .await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    async fn check_change(&self, securable: &Securable, change: &GrantChange) -> Result<(), ApiError> {
        if !identity::principal_exists(self.workspace, &change.principal).await? {
            return Err(no_such_principal(&change.principal));
        }
        for privilege in change.add.iter().chain(&change.remove) {
            if !privilege.applies_to(securable.kind) {
                return Err(ApiError::invalid(format!(
                    "Privilege {} is not applicable to this entity [{}/{}].",
                    privilege.words(),
                    securable.kind,
                    securable.full_name
                )));
            }
        }
        match change.add.iter().find(|privilege| change.remove.contains(privilege)) {
            Some(both) => Err(ApiError::invalid(format!(
                "{} is both added and removed for `{}`",
                both.words(),
                change.principal
            ))),
            None => Ok(()),
        }
    }

    /// The grants on this object alone, by principal.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn grants(&self, securable: &Securable) -> Result<BTreeMap<String, Vec<Privilege>>, ApiError> {
        let mut grants: BTreeMap<String, Vec<Privilege>> = BTreeMap::new();
        for effective in self.effective_grants(securable).await? {
            if effective.inherited_from.is_none() {
                grants.entry(effective.principal).or_default().push(effective.privilege);
            }
        }
        Ok(grants)
    }

    /// The grants on this object and those above it that mean something here, sorted by principal and privilege.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn effective_grants(&self, securable: &Securable) -> Result<Vec<EffectiveGrant>, ApiError> {
        let mut effective = Vec::new();
        for (object, grants) in self.chain(securable).await?.links {
            let here = object.id == securable.id;
            for (principal, privilege) in grants {
                if here || privilege.applies_to(securable.kind) {
                    let inherited_from = (!here).then(|| (object.kind, object.full_name.clone()));
                    effective.push(EffectiveGrant {
                        principal,
                        privilege,
                        inherited_from,
                    });
                }
            }
        }
        effective.sort();
        Ok(effective)
    }
}
