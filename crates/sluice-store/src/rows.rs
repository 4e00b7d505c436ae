//! Writing and reading the state tables. Each row keeps its typed columns for keys and rules, and the whole record as JSON.

mod approval;
mod change_request;
mod notification;
mod signoff;

use serde::de::DeserializeOwned;
use sluice_model::{EnvironmentName, ProductName, ReleaseVersion};
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Row as _, Sqlite, SqliteConnection};

use crate::error::StoreError;
use crate::record::{
    Change, Deployment, DeploymentState, Gate, Lease, PolicyReport, Promotion, Release, Step, Verification,
};
use crate::store::{Store, record_text};

/// Writes a row: the first version is inserted, a later one replaces exactly the version before it.
pub(crate) async fn write(connection: &mut SqliteConnection, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Release(row) => release(connection, change, row).await,
        Change::Promotion(row) => promotion(connection, change, row).await,
        Change::Gate(row) => gate(connection, change, row).await,
        Change::Deployment(row) => deployment(connection, change, row).await,
        Change::Verification(row) => verification(connection, change, row).await,
        Change::Step(row) => step(connection, change, row).await,
        Change::Approval(row) => approval::write(connection, change, row).await,
        Change::Refusal(row) => approval::write_refusal(connection, change, row).await,
        Change::Signoff(row) => signoff::write(connection, change, row).await,
        Change::ChangeRequest(row) => change_request::write(connection, change, row).await,
        Change::Notification(row) => notification::write(connection, change, row).await,
        Change::PolicyReport(row) => policy_report(connection, change, row).await,
        Change::Lease(_) => Err(StoreError::Stale { row: change.row_key() }),
    }
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

async fn execute(
    connection: &mut SqliteConnection,
    change: &Change,
    statement: Statement<'_>,
) -> Result<(), StoreError> {
    match statement.execute(connection).await {
        Ok(done) if done.rows_affected() == 1 => Ok(()),
        Ok(_) => Err(StoreError::Stale { row: change.row_key() }),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            Err(StoreError::Conflict { row: change.row_key() })
        }
        Err(source) => Err(StoreError::Query {
            operation: "write a row",
            source,
        }),
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

async fn release(connection: &mut SqliteConnection, change: &Change, row: &Release) -> Result<(), StoreError> {
    let sql = if row.row_version == 1 {
        "INSERT INTO releases (product, version, state, row_version, record) VALUES ($1, $2, $3, $4, $5)"
    } else {
        "UPDATE releases SET state = $3, row_version = $4, record = $5 \
         WHERE product = $1 AND version = $2 AND row_version = $4 - 1"
    };
    let statement = sqlx::query(sql)
        .bind(row.product.as_str().to_owned())
        .bind(row.version.to_string())
        .bind(row.state.as_str())
        .bind(number(row.row_version))
        .bind(record_text(row)?);
    execute(connection, change, statement).await
}

async fn promotion(connection: &mut SqliteConnection, change: &Change, row: &Promotion) -> Result<(), StoreError> {
    let sql = if row.row_version == 1 {
        "INSERT INTO promotions (id, product, environment, version, state, row_version, record) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    } else {
        "UPDATE promotions SET state = $5, row_version = $6, record = $7 \
         WHERE id = $1 AND product = $2 AND environment = $3 AND version = $4 AND row_version = $6 - 1"
    };
    let statement = sqlx::query(sql)
        .bind(row.id.clone())
        .bind(row.product.as_str().to_owned())
        .bind(row.environment.as_str().to_owned())
        .bind(row.version.to_string())
        .bind(row.state.as_str())
        .bind(number(row.row_version))
        .bind(record_text(row)?);
    execute(connection, change, statement).await
}

async fn gate(connection: &mut SqliteConnection, change: &Change, row: &Gate) -> Result<(), StoreError> {
    let sql = if row.row_version == 1 {
        "INSERT INTO gates (promotion, kind, verdict, row_version, record) VALUES ($1, $2, $3, $4, $5)"
    } else {
        "UPDATE gates SET verdict = $3, row_version = $4, record = $5 \
         WHERE promotion = $1 AND kind = $2 AND row_version = $4 - 1"
    };
    let statement = sqlx::query(sql)
        .bind(row.promotion.clone())
        .bind(row.kind.clone())
        .bind(row.verdict.as_str())
        .bind(number(row.row_version))
        .bind(record_text(row)?);
    execute(connection, change, statement).await
}

/// I9: a writer whose lease has passed to somebody else changes nothing. The first state holds no lease yet.
async fn deployment(connection: &mut SqliteConnection, change: &Change, row: &Deployment) -> Result<(), StoreError> {
    let sql = if row.row_version == 1 {
        "INSERT INTO deployments (id, product, environment, state, epoch, row_version, record) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    } else {
        "UPDATE deployments SET state = $4, epoch = $5, row_version = $6, record = $7 \
         WHERE id = $1 AND product = $2 AND environment = $3 AND row_version = $6 - 1 \
         AND $5 = (SELECT epoch FROM leases WHERE product = $2 AND environment = $3)"
    };
    let statement = sqlx::query(sql)
        .bind(row.id.clone())
        .bind(row.product.as_str().to_owned())
        .bind(row.environment.as_str().to_owned())
        .bind(row.state.as_str())
        .bind(number(row.epoch))
        .bind(number(row.row_version))
        .bind(record_text(row)?);
    execute(connection, change, statement).await
}

async fn verification(
    connection: &mut SqliteConnection,
    change: &Change,
    row: &Verification,
) -> Result<(), StoreError> {
    let statement = sqlx::query(
        "INSERT INTO verifications (id, product, environment, content, passed, row_version, record) \
         VALUES ($1, $2, $3, $4, $5, 1, $6)",
    )
    .bind(row.id.clone())
    .bind(row.product.as_str().to_owned())
    .bind(row.environment.as_str().to_owned())
    .bind(row.content.to_string())
    .bind(i64::from(row.passed))
    .bind(record_text(row)?);
    execute(connection, change, statement).await
}

async fn policy_report(
    connection: &mut SqliteConnection,
    change: &Change,
    row: &PolicyReport,
) -> Result<(), StoreError> {
    let statement = sqlx::query(
        "INSERT INTO policy_reports (id, product, environment, promotion, decision, row_version, record) \
         VALUES ($1, $2, $3, $4, $5, 1, $6)",
    )
    .bind(row.id.clone())
    .bind(row.product.as_str().to_owned())
    .bind(row.environment.as_str().to_owned())
    .bind(row.promotion.clone())
    .bind(row.decision.as_str())
    .bind(record_text(row)?);
    execute(connection, change, statement).await
}

/// I5: no step is begun, and none gets an outcome, under a lease that has passed to somebody else.
async fn step(connection: &mut SqliteConnection, change: &Change, row: &Step) -> Result<(), StoreError> {
    let sql = if row.row_version == 1 {
        "INSERT INTO steps (deployment, number, state, row_version, record) SELECT $1, $2, $3, $4, $5 \
         FROM deployments d JOIN leases l ON l.product = d.product AND l.environment = d.environment \
         WHERE d.id = $1 AND l.epoch = $6"
    } else {
        "UPDATE steps SET state = $3, row_version = $4, record = $5 \
         WHERE deployment = $1 AND number = $2 AND row_version = $4 - 1 AND $6 = (SELECT l.epoch FROM deployments d \
         JOIN leases l ON l.product = d.product AND l.environment = d.environment WHERE d.id = $1)"
    };
    let statement = sqlx::query(sql)
        .bind(row.deployment.clone())
        .bind(number(row.number))
        .bind(row.state.as_str())
        .bind(number(row.row_version))
        .bind(record_text(row)?)
        .bind(number(row.epoch));
    execute(connection, change, statement).await
}

/// Reads a row's record.
fn decode<T: DeserializeOwned>(table: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Decode {
        row: table.to_owned(),
        source,
    })
}

async fn fetch<T: DeserializeOwned>(
    store: &Store,
    table: &'static str,
    statement: Statement<'_>,
) -> Result<Vec<T>, StoreError> {
    statement
        .fetch_all(&store.pool)
        .await
        .map_err(StoreError::query("read rows"))?
        .iter()
        .map(|row| decode(table, &row.get::<String, _>("record")))
        .collect()
}

impl Store {
    /// One release.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn release(
        &self,
        product: &ProductName,
        version: &ReleaseVersion,
    ) -> Result<Option<Release>, StoreError> {
        let statement = sqlx::query("SELECT record FROM releases WHERE product = $1 AND version = $2")
            .bind(product.as_str().to_owned())
            .bind(version.to_string());
        Ok(fetch(self, "releases", statement).await?.pop())
    }

    /// Releases of a product, or all, by product and version.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn releases(&self, product: Option<&ProductName>) -> Result<Vec<Release>, StoreError> {
        let statement = sqlx::query("SELECT record FROM releases WHERE $1 IS NULL OR product = $1")
            .bind(product.map(|name| name.as_str().to_owned()));
        let mut releases: Vec<Release> = fetch(self, "releases", statement).await?;
        releases.sort_by(|one, two| (&one.product, &one.version).cmp(&(&two.product, &two.version)));
        Ok(releases)
    }

    /// One promotion.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn promotion(&self, id: &str) -> Result<Option<Promotion>, StoreError> {
        let statement = sqlx::query("SELECT record FROM promotions WHERE id = $1").bind(id.to_owned());
        Ok(fetch(self, "promotions", statement).await?.pop())
    }

    /// Promotions of a product, or all, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn promotions(&self, product: Option<&ProductName>) -> Result<Vec<Promotion>, StoreError> {
        let statement = sqlx::query("SELECT record FROM promotions WHERE $1 IS NULL OR product = $1")
            .bind(product.map(|name| name.as_str().to_owned()));
        let mut promotions: Vec<Promotion> = fetch(self, "promotions", statement).await?;
        promotions.sort_by(|one, two| (one.requested_at, &one.id).cmp(&(two.requested_at, &two.id)));
        Ok(promotions)
    }

    /// The gates of a promotion, by kind.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn gates(&self, promotion: &str) -> Result<Vec<Gate>, StoreError> {
        let statement =
            sqlx::query("SELECT record FROM gates WHERE promotion = $1 ORDER BY kind").bind(promotion.to_owned());
        fetch(self, "gates", statement).await
    }

    /// One deployment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn deployment(&self, id: &str) -> Result<Option<Deployment>, StoreError> {
        let statement = sqlx::query("SELECT record FROM deployments WHERE id = $1").bind(id.to_owned());
        Ok(fetch(self, "deployments", statement).await?.pop())
    }

    /// Deployments of a product, or all, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn deployments(&self, product: Option<&ProductName>) -> Result<Vec<Deployment>, StoreError> {
        let statement = sqlx::query("SELECT record FROM deployments WHERE $1 IS NULL OR product = $1")
            .bind(product.map(|name| name.as_str().to_owned()));
        let mut deployments: Vec<Deployment> = fetch(self, "deployments", statement).await?;
        deployments.sort_by(|one, two| (one.started_at, &one.id).cmp(&(two.started_at, &two.id)));
        Ok(deployments)
    }

    /// What runs in an environment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn active_deployment(
        &self,
        product: &ProductName,
        environment: &EnvironmentName,
    ) -> Result<Option<Deployment>, StoreError> {
        Ok(self
            .deployments(Some(product))
            .await?
            .into_iter()
            .find(|row| row.environment == *environment && row.state == DeploymentState::Active))
    }

    /// Verifications of a product, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn verifications(&self, product: Option<&ProductName>) -> Result<Vec<Verification>, StoreError> {
        let statement = sqlx::query("SELECT record FROM verifications WHERE $1 IS NULL OR product = $1")
            .bind(product.map(|name| name.as_str().to_owned()));
        let mut verifications: Vec<Verification> = fetch(self, "verifications", statement).await?;
        verifications.sort_by(|one, two| (one.at, &one.id).cmp(&(two.at, &two.id)));
        Ok(verifications)
    }

    /// The reports of the policies about a promotion, or all, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn policy_reports(&self, promotion: Option<&str>) -> Result<Vec<PolicyReport>, StoreError> {
        let statement = sqlx::query("SELECT record FROM policy_reports WHERE $1 IS NULL OR promotion = $1")
            .bind(promotion.map(str::to_owned));
        let mut reports: Vec<PolicyReport> = fetch(self, "policy_reports", statement).await?;
        reports.sort_by(|one, two| (one.at, &one.id).cmp(&(two.at, &two.id)));
        Ok(reports)
    }

    /// The journal of a deployment, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn steps(&self, deployment: &str) -> Result<Vec<Step>, StoreError> {
        let statement =
            sqlx::query("SELECT record FROM steps WHERE deployment = $1 ORDER BY number").bind(deployment.to_owned());
        fetch(self, "steps", statement).await
    }

    /// Every row of the state tables as the change that made it, for the comparison with replay.
    pub(crate) async fn all_rows(&self) -> Result<Vec<Change>, StoreError> {
        let mut rows = Vec::new();
        rows.extend(self.releases(None).await?.into_iter().map(Change::Release));
        rows.extend(self.promotions(None).await?.into_iter().map(Change::Promotion));
        let gates: Vec<Gate> = fetch(self, "gates", sqlx::query("SELECT record FROM gates")).await?;
        rows.extend(gates.into_iter().map(Change::Gate));
        rows.extend(self.deployments(None).await?.into_iter().map(Change::Deployment));
        rows.extend(self.verifications(None).await?.into_iter().map(Change::Verification));
        let steps: Vec<Step> = fetch(self, "steps", sqlx::query("SELECT record FROM steps")).await?;
        rows.extend(steps.into_iter().map(Change::Step));
        let leases: Vec<Lease> = fetch(self, "leases", sqlx::query("SELECT record FROM leases")).await?;
        rows.extend(leases.into_iter().map(Change::Lease));
        rows.extend(self.approvals(None).await?.into_iter().map(Change::Approval));
        rows.extend(self.refusals(None).await?.into_iter().map(Change::Refusal));
        rows.extend(self.signoffs(None).await?.into_iter().map(Change::Signoff));
        rows.extend(self.change_requests(None).await?.into_iter().map(Change::ChangeRequest));
        rows.extend(self.notifications().await?.into_iter().map(Change::Notification));
        let reports = self.policy_reports(None).await?.into_iter();
        rows.extend(reports.map(|row| Change::PolicyReport(Box::new(row))));
        Ok(rows)
    }
}
