//! Who may do what to which catalog object: the one function that REST, SQL and tasks ask.
//!
//! The rules: the owner of an object has every privilege on it; the owner of a catalog or schema may manage what it contains, but
//! not read it; an administrator may manage everything, but not read it; a grant counts for the object and all that it contains,
//! `ALL PRIVILEGES` stands for everything but `MANAGE`; reaching into a catalog takes `USE CATALOG`, into a schema `USE SCHEMA`; before all of
//! that, an isolated object has to be bound to this workspace, whoever asks.

use std::collections::BTreeMap;

use sqlx::{FromRow as _, Row as _};

use crate::audit::{Rule, RuleKind};
use crate::catalog::Catalog;
use crate::catalog::binding::{BindingType, is_isolated, only_reads};
use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::{Securable, full_name, missing};
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
    /// No, whoever asks: the object is isolated, and this workspace is not bound to it, or for reading alone.
    Unbound {
        /// What was asked for.
        privilege: Privilege,
        /// Title of the isolated object, which may be above the one that was asked about.
        on: String,
        /// Whether it may be read.
        readable: bool,
    },
}

impl Decision {
    /// Whether it is a yes.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// The rule behind it, for the audit.
    pub(crate) fn rule(&self) -> Rule {
        match self {
            Self::Allowed { rule } => rule.clone(),
            Self::Denied { privilege, on } => Rule::none(&privilege.words(), on),
            Self::Unbound { on, readable, .. } => Rule::none(missing_binding(*readable), on),
        }
    }

    /// A yes, or the refusal that names principal, privilege and object.
    ///
    /// # Errors
    /// 403.
    pub(crate) fn or_refuse(self, principal: &Principal) -> Result<(), ApiError> {
        match self {
            Self::Allowed { .. } => Ok(()),
            Self::Denied { privilege, on } => Err(denied(principal, privilege, &on)),
            Self::Unbound {
                privilege,
                on,
                readable,
            } => Err(unbound(principal, privilege, &on, readable)),
        }
    }
}

/// What is missing, in words.
fn missing_binding(readable: bool) -> &'static str {
    if readable {
        "a binding to this workspace for writing"
    } else {
        "a binding to this workspace"
    }
}

/// A grant: to whom, and what.
pub(crate) type Grant = (String, Privilege);

/// An object with everything above it, and the grants on each: all that a decision needs.
#[derive(Debug)]
pub(crate) struct Chain {
    /// From the object up to the metastore.
    pub(crate) links: Vec<(Securable, Vec<Grant>)>,
    /// What the bindings of isolated objects allow in this workspace, by the id of the object.
    pub(crate) bound: BTreeMap<String, BindingType>,
}

impl Chain {
    pub(crate) fn object(&self) -> &Securable {
        &self.links[0].0
    }

    /// The object alone.
    pub(crate) fn into_object(mut self) -> Securable {
        self.links.swap_remove(0).0
    }

    /// Decides. Pure: no store, no clock.
    pub(crate) fn authorize(&self, principal: &Principal, privilege: Privilege) -> Decision {
        if let Some((on, readable)) = self.shut(only_reads(privilege)) {
            return Decision::Unbound {
                privilege,
                on,
                readable,
            };
        }
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

    /// The isolated object that this workspace may not reach, or not for more than reading, and whether it may read it.
    fn shut(&self, reads: bool) -> Option<(String, bool)> {
        let isolated = self.links.iter().filter(|(object, _)| is_isolated(object));
        let mut shut = isolated.filter_map(|(object, _)| match self.bound.get(&object.id) {
            None => Some((object.title(), false)),
            Some(BindingType::ReadOnly) if !reads => Some((object.title(), true)),
            Some(BindingType::ReadOnly | BindingType::ReadWrite) => None,
        });
        shut.next()
    }

    /// Leaves the bindings out of the decision: for those who change them.
    pub(crate) fn reach_from_everywhere(&mut self) {
        for (object, _) in &self.links {
            self.bound.insert(object.id.clone(), BindingType::ReadWrite);
        }
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
        if let Some((on, readable)) = self.shut(true) {
            return Rule::none(missing_binding(readable), &on);
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
        Ok(self.decide(principal, privilege, &self.chain(securable).await?))
    }

    /// As [`Self::authorize`], for an object that was read with all above it.
    pub(crate) fn decide(&self, principal: &Principal, privilege: Privilege, chain: &Chain) -> Decision {
        let decision = chain.authorize(principal, privilege);
        let title = chain.object().title();
        self.workspace
            .decided(principal, &privilege.words(), &title, decision.rule());
        decision
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
        self.authorize(principal, privilege, securable)
            .await?
            .or_refuse(principal)
    }

    /// Whether the principal may see the object.
    pub(crate) async fn sees(&self, principal: &Principal, securable: &Securable) -> Result<bool, ApiError> {
        Ok(self.in_sight(principal, &self.chain(securable).await?))
    }

    fn in_sight(&self, principal: &Principal, chain: &Chain) -> bool {
        let rule = chain.sight(principal);
        let allowed = rule.kind != RuleKind::None;
        self.workspace.decided(principal, "see", &chain.object().title(), rule);
        allowed
    }

    /// Refuses the use of an object that this workspace is not bound to, for something that is another object's matter.
    ///
    /// # Errors
    /// 403, or when the store fails.
    pub(crate) async fn require_bound(
        &self,
        principal: &Principal,
        privilege: Privilege,
        securable: &Securable,
    ) -> Result<(), ApiError> {
        match self.chain(securable).await?.shut(only_reads(privilege)) {
            Some((on, readable)) => Err(unbound(principal, privilege, &on, readable)),
            None => Ok(()),
        }
    }

    /// Whether the principal could see the object in a workspace that it is bound to.
    pub(crate) async fn would_see(&self, principal: &Principal, securable: &Securable) -> Result<bool, ApiError> {
        let mut chain = self.chain(securable).await?;
        chain.reach_from_everywhere();
        Ok(self.in_sight(principal, &chain))
    }

    /// Refuses who may not see the object.
    ///
    /// # Errors
    /// 403, or when the store fails.
    pub async fn require_visible(&self, principal: &Principal, securable: &Securable) -> Result<(), ApiError> {
        self.require_in_sight(principal, &self.chain(securable).await?)
    }

    /// As [`Self::require_visible`], for an object that was read with all above it.
    pub(crate) fn require_in_sight(&self, principal: &Principal, chain: &Chain) -> Result<(), ApiError> {
        if self.in_sight(principal, chain) {
            return Ok(());
        }
        let securable = chain.object();
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
        if let Some((on, readable)) = chain.shut(true) {
            return Err(unbound(principal, privilege, &on, readable));
        }
        Err(denied(principal, privilege, &securable.title()))
    }

    /// Keeps the objects that the principal may see. They must stand directly in `container`, be of one kind and sorted by name.
    pub(crate) async fn visible_of(
        &self,
        principal: &Principal,
        container: &Chain,
        securables: Vec<Securable>,
    ) -> Result<Vec<Securable>, ApiError> {
        let (Some(first), Some(last)) = (securables.first(), securables.last()) else {
            return Ok(securables);
        };
        let objects = securables
            .iter()
            .chain(container.links.iter().map(|(object, _)| object));
        let bound = self.bound_here(objects).await?;
        let mut grants = self.grants_between(first, last).await?;
        let mut chain = Chain {
            links: container.links.clone(),
            bound,
        };
        let mut visible = Vec::new();
        for securable in securables {
            let own = grants.remove(&securable.id).unwrap_or_default();
            chain.links.insert(0, (securable, own));
            let allowed = self.in_sight(principal, &chain);
            let (securable, _) = chain.links.remove(0);
            if allowed {
                visible.push(securable);
            }
        }
        Ok(visible)
    }

    /// The object, all above it and all grants on them.
    pub(crate) async fn chain(&self, securable: &Securable) -> Result<Chain, ApiError> {
        let chain = self.read_chain(Some(&securable.id), None).await?;
        chain.ok_or_else(|| missing(securable.kind, &securable.full_name))
    }

    /// The object of this kind and name, whoever asks, with all above it and all grants on them.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(crate) async fn chain_of(&self, kind: SecurableKind, name: &str) -> Result<Chain, ApiError> {
        if kind == SecurableKind::Metastore {
            return self.chain(&self.find(kind, name).await?).await;
        }
        let name = full_name(kind, name)?;
        let chain = self.read_chain(None, Some((kind, &name))).await?;
        chain.ok_or_else(|| missing(kind, &name))
    }

    /// The object with this id or of this kind and name, in one question to the store.
    async fn read_chain(
        &self,
        id: Option<&str>,
        named: Option<(SecurableKind, &str)>,
    ) -> Result<Option<Chain>, ApiError> {
        let rows = sqlx::query(
            "WITH RECURSIVE above (id, depth) AS (
                 SELECT coalesce(?1, (SELECT id FROM securable WHERE kind = ?2 AND full_name = ?3)), 0 UNION ALL
                 SELECT parent_id, depth + 1 FROM securable JOIN above USING (id) WHERE parent_id IS NOT NULL)
             SELECT securable.*,
                 (SELECT json_group_array(json_array(principal, privilege) ORDER BY principal, privilege)
                  FROM privilege_grant WHERE securable_id = securable.id) AS grants
             FROM above JOIN securable USING (id) ORDER BY depth",
        )
        .bind(id)
        .bind(named.map(|(kind, _)| kind.as_str()))
        .bind(named.map(|(_, name)| name))
        .fetch_all(self.workspace.store.reader())
        .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let links = rows.iter().map(|row| {
            let grants: Vec<(String, String)> = serde_json::from_str(row.try_get("grants")?)?;
            let grants = grants.into_iter().map(|(to, what)| Ok((to, what.parse()?)));
            Ok((Securable::from_row(row)?, grants.collect::<Result<_, ApiError>>()?))
        });
        let links: Vec<_> = links.collect::<Result<_, ApiError>>()?;
        let bound = self.bound_here(links.iter().map(|(object, _)| object)).await?;
        Ok(Some(Chain { links, bound }))
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

fn unbound(principal: &Principal, privilege: Privilege, on: &str, readable: bool) -> ApiError {
    let message = if readable {
        format!(
            "{on} is bound to this workspace for reading alone: bind it for reading and writing to change something in it"
        )
    } else {
        format!(
            "{on} is not accessible in this workspace: it is isolated, and bound to other workspaces alone; bind it to this one"
        )
    };
    ApiError::denied(message)
        .with("principal", &principal.name)
        .with("privilege", privilege.as_str())
}

#[cfg(test)]
#[path = "authorize_tests.rs"]
mod tests;
