//! Who may do what to which catalog object: the one function that REST, SQL and tasks ask.
//!
//! The rules: the owner of an object has every privilege on it; the owner of a catalog or schema may manage what it contains, but
//! not read it; an administrator may manage everything, but not read it; a grant counts for the object and all that it contains,
//! `ALL PRIVILEGES` stands for everything but `MANAGE`; reaching into a catalog takes `USE CATALOG`, into a schema `USE SCHEMA`.

use std::collections::BTreeMap;

use sqlx::{FromRow as _, Row as _};

use crate::audit::{Rule, RuleKind};
use crate::catalog::Catalog;
use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::Securable;
use crate::error::ApiError;
use crate::principal::Principal;

/// What was decided, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes, because of this rule.
    Allowed {
        /// Such as `grant of SELECT to analysts on Schema 'dev.sales'`.
        rule: Rule,
    },
    /// No, because this privilege is missing there.
    Denied {
        /// The missing privilege, which may be `USE CATALOG` or `USE SCHEMA` above the object.
        privilege: Privilege,
        /// Title of the object on which it is missing.
        on: String,
    },
}

impl Decision {
    /// Whether it is a yes.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

/// A grant: to whom, and what.
pub(crate) type Grant = (String, Privilege);

/// An object with everything above it, and the grants on each: all that a decision needs.
#[derive(Debug)]
pub(crate) struct Chain {
    /// From the object up to the metastore.
    pub(crate) links: Vec<(Securable, Vec<Grant>)>,
}

impl Chain {
    fn object(&self) -> &Securable {
        &self.links[0].0
    }

    /// Decides. Pure: no store, no clock.
    pub(crate) fn authorize(&self, principal: &Principal, privilege: Privilege) -> Decision {
        let own = self.holds(principal, privilege, 0);
        if privilege == Privilege::Manage || !own.is_allowed() {
            return own;
        }
        for (index, (above, _)) in self.links.iter().enumerate().skip(1) {
            let needed = match above.kind {
                SecurableKind::Catalog => Privilege::UseCatalog,
                SecurableKind::Schema => Privilege::UseSchema,
                // Nothing else contains anything that a privilege is asked for on the way.
                _ => continue,
            };
            let reaches = self.holds(principal, needed, index);
            if !reaches.is_allowed() {
                return reaches;
            }
        }
        self.reach_into_itself(principal, privilege).unwrap_or(own)
    }

    /// Creating something in a catalog or schema also takes the privilege to reach into it.
    fn reach_into_itself(&self, principal: &Principal, privilege: Privilege) -> Option<Decision> {
        let needed = match (self.object().kind, privilege) {
            (SecurableKind::Catalog, Privilege::CreateSchema) => Privilege::UseCatalog,
            (
                SecurableKind::Schema,
                Privilege::CreateTable | Privilege::CreateVolume | Privilege::CreateFunction | Privilege::CreateModel,
            ) => Privilege::UseSchema,
            _ => return None,
        };
        Some(self.holds(principal, needed, 0)).filter(|decision| !decision.is_allowed())
    }

    /// Whether the principal holds the privilege on the object at `index`, by ownership or grant.
    fn holds(&self, principal: &Principal, privilege: Privilege, index: usize) -> Decision {
        let object = &self.links[index].0;
        if principal.answers_to(&object.owner) {
            return Decision::Allowed {
                rule: Rule::owner(&object.owner, &object.title()),
            };
        }
        let administrative = matches!(privilege, Privilege::Manage) || object.kind == SecurableKind::Metastore;
        if administrative && principal.is_admin {
            return Decision::Allowed {
                rule: Rule::administrator(),
            };
        }
        for (above, grants) in &self.links[index..] {
            if privilege == Privilege::Manage && principal.answers_to(&above.owner) {
                return Decision::Allowed {
                    rule: Rule::owner(&above.owner, &above.title()),
                };
            }
            let granted = grants.iter().find(|(to, what)| {
                principal.answers_to(to)
                    && (*what == privilege || (*what == Privilege::AllPrivileges && privilege.in_all_privileges()))
            });
            if let Some((to, what)) = granted {
                return Decision::Allowed {
                    rule: Rule::grant(&what.words(), to, &above.title()),
                };
            }
        }
        Decision::Denied {
            privilege,
            on: object.title(),
        }
    }

    /// The rule by which the principal may see that the object exists and what it looks like, or may not: it holds any privilege that
    /// means something for this kind of object, or may manage it.
    fn sight(&self, principal: &Principal) -> Rule {
        let kind = self.object().kind;
        if kind == SecurableKind::Metastore {
            return Rule::everybody();
        }
        if let Decision::Allowed { rule } = self.holds(principal, Privilege::Manage, 0) {
            return rule;
        }
        let meaningful = |privilege: Privilege| privilege == Privilege::Browse || privilege.applies_to(kind);
        let grants = self
            .links
            .iter()
            .flat_map(|(object, grants)| grants.iter().map(move |(to, privilege)| (object, to, *privilege)));
        let mut counting = grants.filter(|(_, to, privilege)| principal.answers_to(to) && meaningful(*privilege));
        match counting.next() {
            Some((object, to, privilege)) => Rule::grant(&privilege.words(), to, &object.title()),
            None => Rule::none("any privilege", &self.object().title()),
        }
    }
}

impl Catalog<'_> {
    /// Decides whether the principal holds a privilege on an object, with everything that it takes to reach the object.
    ///
    /// # Errors
    /// When the store fails; a denial is a [`Decision`].
    pub async fn authorize(
        &self,
        principal: &Principal,
        privilege: Privilege,
        securable: &Securable,
    ) -> Result<Decision, ApiError> {
        let decision = self.chain(securable).await?.authorize(principal, privilege);
        let rule = match &decision {
            Decision::Allowed { rule } => rule.clone(),
            Decision::Denied { privilege, on } => Rule::none(&privilege.words(), on),
        };
        let title = securable.title();
        self.workspace.decided(principal, &privilege.words(), &title, rule);
        Ok(decision)
    }

    /// As [`Self::authorize`], a denial being a 403 that names principal, privilege and object.
    ///
    /// # Errors
    /// 403, or when the store fails.
    pub async fn require(
        &self,
        principal: &Principal,
        privilege: Privilege,
        securable: &Securable,
    ) -> Result<(), ApiError> {
        match self.authorize(principal, privilege, securable).await? {
            Decision::Allowed { .. } => Ok(()),
            Decision::Denied { privilege, on } => Err(denied(principal, privilege, &on)),
        }
    }

    /// Whether the principal may see the object.
    pub(crate) async fn sees(&self, principal: &Principal, securable: &Securable) -> Result<bool, ApiError> {
        let rule = self.chain(securable).await?.sight(principal);
        let allowed = rule.kind != RuleKind::None;
        self.workspace.decided(principal, "see", &securable.title(), rule);
        Ok(allowed)
    }

    /// Refuses who may not see the object.
    ///
    /// # Errors
    /// 403, or when the store fails.
    pub async fn require_visible(&self, principal: &Principal, securable: &Securable) -> Result<(), ApiError> {
        if self.sees(principal, securable).await? {
            return Ok(());
        }
        let privilege = match securable.kind {
            SecurableKind::Catalog | SecurableKind::Metastore => Privilege::UseCatalog,
            SecurableKind::Schema => Privilege::UseSchema,
            SecurableKind::Table => Privilege::Select,
            SecurableKind::Volume => Privilege::ReadVolume,
            SecurableKind::Function | SecurableKind::RegisteredModel => Privilege::Execute,
            SecurableKind::ExternalLocation | SecurableKind::StorageCredential => Privilege::ReadFiles,
            SecurableKind::Credential => Privilege::Access,
            SecurableKind::Connection => Privilege::UseConnection,
            SecurableKind::Share => Privilege::UseShare,
            SecurableKind::Recipient => Privilege::UseRecipient,
            SecurableKind::Secret => Privilege::Manage,
            SecurableKind::VectorIndex => Privilege::Select,
        };
        Err(denied(principal, privilege, &securable.title()))
    }

    /// Keeps the objects that the principal may see. They must have one parent, be of one kind and sorted by name.
    pub(crate) async fn visible_of(
        &self,
        principal: &Principal,
        securables: Vec<Securable>,
    ) -> Result<Vec<Securable>, ApiError> {
        let (Some(first), Some(last)) = (securables.first(), securables.last()) else {
            return Ok(securables);
        };
        let above = self.chain(first).await?.links.split_off(1);
        let mut grants = self.grants_between(first, last).await?;
        let mut visible = Vec::new();
        for securable in securables {
            let mut links = vec![(securable.clone(), grants.remove(&securable.id).unwrap_or_default())];
            links.extend(above.iter().cloned());
            let rule = Chain { links }.sight(principal);
            let allowed = rule.kind != RuleKind::None;
            self.workspace.decided(principal, "see", &securable.title(), rule);
            if allowed {
                visible.push(securable);
            }
        }
        Ok(visible)
    }

    /// The object, all above it and all grants on them.
    pub(crate) async fn chain(&self, securable: &Securable) -> Result<Chain, ApiError> {
        let rows = sqlx::query(
            "WITH RECURSIVE above (id, depth) AS (
                 SELECT ?, 0 UNION ALL
                 SELECT parent_id, depth + 1 FROM securable JOIN above USING (id) WHERE parent_id IS NOT NULL)
             SELECT securable.*,
                 (SELECT json_group_array(json_array(principal, privilege) ORDER BY principal, privilege)
                  FROM privilege_grant WHERE securable_id = securable.id) AS grants
             FROM above JOIN securable USING (id) ORDER BY depth",
        )
        .bind(&securable.id)
        .fetch_all(self.workspace.store.reader())
        .await?;
        let links = rows.iter().map(|row| {
            let grants: Vec<(String, String)> = serde_json::from_str(row.try_get("grants")?)?;
            let grants = grants.into_iter().map(|(to, what)| Ok((to, what.parse()?)));
            Ok((Securable::from_row(row)?, grants.collect::<Result<_, ApiError>>()?))
        });
        let links: Vec<_> = links.collect::<Result<_, ApiError>>()?;
        match links.first() {
            Some(_) => Ok(Chain { links }),
            None => Err(crate::catalog::securable::missing(securable.kind, &securable.full_name)),
        }
    }

    /// Grants on the objects of one container and kind from one name to another.
    async fn grants_between(
        &self,
        first: &Securable,
        last: &Securable,
    ) -> Result<BTreeMap<String, Vec<Grant>>, ApiError> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT securable_id, principal, privilege FROM securable JOIN privilege_grant ON id = securable_id \
             WHERE parent_id IS ? AND kind = ? AND name BETWEEN ? AND ?",
        )
        .bind(&first.parent_id)
        .bind(first.kind.as_str())
        .bind(&first.name)
        .bind(&last.name)
        .fetch_all(self.workspace.store.reader())
        .await?;
        by_securable(rows)
    }
}

/// Grants by the id of the object that they stand on.
fn by_securable(rows: Vec<(String, String, String)>) -> Result<BTreeMap<String, Vec<Grant>>, ApiError> {
    let mut grants: BTreeMap<String, Vec<Grant>> = BTreeMap::new();
    for (id, principal, privilege) in rows {
        grants.entry(id).or_default().push((principal, privilege.parse()?));
    }
    Ok(grants)
}

fn denied(principal: &Principal, privilege: Privilege, on: &str) -> ApiError {
    ApiError::denied(format!(
        "User '{}' does not have {} on {on}.",
        principal.name,
        privilege.words()
    ))
    .with("principal", &principal.name)
    .with("privilege", privilege.as_str())
}

#[cfg(test)]
#[path = "authorize_tests.rs"]
mod tests;
