//! What a container holds, from a name on, as far as somebody may see it.
//!
//! A page of a large container reads and decides about what stands on the page, not about the whole container.

use crate::catalog::Catalog;
use crate::catalog::authorize::Chain;
use crate::catalog::privilege::SecurableKind;
use crate::catalog::securable::Securable;
use crate::error::ApiError;
use crate::paging::Window;
use crate::principal::Principal;

impl Catalog<'_> {
    /// The objects of a kind in their container (or all catalogs), sorted by name, that the principal may see.
    ///
    /// # Errors
    /// 404 when the container does not exist.
    pub async fn list(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        container: Option<&str>,
    ) -> Result<Vec<Securable>, ApiError> {
        self.list_part(principal, kind, container, &Window::whole(), |_| true)
            .await
    }

    /// As [`Self::list`], of the names that come after the window's begin and are `wanted`; one more than the window shows when there are more.
    ///
    /// # Errors
    /// 404 when the container does not exist.
    pub(crate) async fn list_part(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        container: Option<&str>,
        window: &Window,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<Securable>, ApiError> {
        let container = match (kind, container) {
            (SecurableKind::Schema, Some(name)) => self.chain_of(SecurableKind::Catalog, name).await?,
            (kind, Some(name)) if kind.levels() == 3 => self.chain_of(SecurableKind::Schema, name).await?,
            _ => self.chain_of(SecurableKind::Metastore, "").await?,
        };
        self.list_in(principal, kind, &container, window, wanted).await
    }

    /// As [`Self::list_part`], of a container that was read.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn list_in(
        &self,
        principal: &Principal,
        kind: SecurableKind,
        container: &Chain,
        window: &Window,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<Securable>, ApiError> {
        let enough = window.limit.saturating_add(1);
        // SQLite reads -1 as no limit.
        let batch = i64::try_from(enough).unwrap_or(-1);
        let mut after = window.after.clone();
        let mut visible = Vec::new();
        loop {
            let children: Vec<Securable> = sqlx::query_as(
                "SELECT * FROM securable WHERE parent_id = ? AND kind = ? AND name > coalesce(?, '') ORDER BY name LIMIT ?",
            )
            .bind(&container.object().id)
            .bind(kind.as_str())
            .bind(&after)
            .bind(batch)
            .fetch_all(self.workspace.store.reader())
            .await?;
            let last_batch = children.len() < enough;
            after = children.last().map(|child| child.name.clone());
            let children = children.into_iter().filter(|child| wanted(&child.name)).collect();
            visible.extend(self.visible_of(principal, container, children).await?);
            if last_batch || visible.len() >= enough {
                visible.truncate(enough);
                return Ok(visible);
            }
        }
    }
}
