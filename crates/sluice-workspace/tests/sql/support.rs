//! One workspace with a real engine, shared by the tests of this binary; every test has a schema of its own.

use std::future::Future;
use std::sync::{Arc, LazyLock};

use sluice_workspace::catalog::SecurableKind;
use sluice_workspace::compute::{Maintenance, Rows, StatementError};
use sluice_workspace::sql::{self, Parameter, Statement};
use sluice_workspace::{Principal, ServeOptions, Workspace, Workspaces, identity, seed};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static SERVED: OnceCell<Workspaces> = OnceCell::const_new();

/// Runs a test on the runtime that all tests share, because the engine's tasks live there.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    RUNTIME.block_on(test)
}

pub(crate) async fn workspace() -> Arc<Workspace> {
    let served = SERVED
        .get_or_init(|| async {
            drop(rustls::crypto::ring::default_provider().install_default());
            let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("sql-workspaces");
            if directory.exists() {
                std::fs::remove_dir_all(&directory).unwrap();
            }
            serve(&directory).await
        })
        .await;
    served.workspace("dev").unwrap().clone()
}

/// The workspace `dev` in a directory.
pub(crate) async fn serve(directory: &std::path::Path) -> Workspaces {
    let options = ServeOptions {
        directory: directory.to_owned(),
        cache_directory: sluice_testkit::shared_cache(),
        base_port: 0,
        names: vec!["dev".to_owned()],
        task_launcher: Vec::new(),
        allow_faults: true,
        strict: false,
        durability: sluice_workspace::Durability::Process,
        git_directories: Vec::new(),
        clock: sluice_workspace::clock::Clock::System,
    };
    Workspaces::start(options).await.unwrap()
}

/// Where the tokens of the principals stand.
pub(crate) async fn profile_file() -> std::path::PathBuf {
    workspace().await;
    SERVED.get().unwrap().profile_file().to_owned()
}

/// A schema with its owner, and a way to run statements in it.
pub(crate) struct Lab {
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) schema: String,
}

impl Lab {
    /// A fresh schema, owned by the engineer.
    pub(crate) async fn new(schema: &str) -> Self {
        let workspace = workspace().await;
        let lab = Self {
            workspace,
            schema: schema.to_owned(),
        };
        lab.all(&[&format!("CREATE SCHEMA dev.{schema}")]).await;
        lab
    }

    pub(crate) async fn principal(&self, name: &str) -> Principal {
        identity::by_name(&self.workspace, &seed::principal_name(name))
            .await
            .unwrap()
            .unwrap()
    }

    /// As the engineer.
    pub(crate) async fn sql(&self, text: &str) -> Result<Rows, StatementError> {
        self.as_principal("engineer", text).await
    }

    pub(crate) async fn as_principal(&self, principal: &str, text: &str) -> Result<Rows, StatementError> {
        self.with_parameters(principal, text, Vec::new()).await
    }

    pub(crate) async fn with_parameters(
        &self,
        principal: &str,
        text: &str,
        parameters: Vec<Parameter>,
    ) -> Result<Rows, StatementError> {
        let mut statement = Statement::new(self.principal(principal).await, text);
        statement.defaults.schema = Some(self.schema.clone());
        statement.parameters = parameters;
        sql::execute(&self.workspace, &statement).await
    }

    /// Rows of a query, cells joined by `|`, NULL as `-`.
    pub(crate) async fn rows(&self, text: &str) -> Vec<String> {
        shown(self.sql(text).await)
    }

    /// Runs statements that must succeed.
    pub(crate) async fn all(&self, statements: &[&str]) {
        for statement in statements {
            if let Err(error) = self.sql(statement).await {
                panic!("{statement}: {error:?}");
            }
        }
    }

    /// The error condition of a statement that must fail.
    pub(crate) async fn refused(&self, principal: &str, text: &str) -> String {
        match self.as_principal(principal, text).await {
            Ok(rows) => panic!("`{text}` succeeded: {rows:?}"),
            Err(error) => error.condition.unwrap_or(error.class),
        }
    }

    /// The directory of a table.
    pub(crate) async fn location(&self, table: &str) -> String {
        let name = format!("dev.{}.{table}", self.schema);
        let record = self.workspace.catalog().resolve_table(&name).await.unwrap();
        record.securable.location.unwrap().to_str().unwrap().to_owned()
    }

    /// The directory of a volume.
    pub(crate) async fn volume(&self, volume: &str) -> std::path::PathBuf {
        let name = format!("dev.{}.{volume}", self.schema);
        let found = self
            .workspace
            .catalog()
            .find(SecurableKind::Volume, &name)
            .await
            .unwrap();
        found.location.unwrap()
    }

    /// All rows of a table, read by `deltalake` without the engine, sorted.
    pub(crate) async fn independent(&self, table: &str) -> Vec<String> {
        #[derive(serde::Deserialize)]
        struct Read {
            rows: Vec<Vec<Option<String>>>,
        }
        let location = self.location(table).await;
        let operation = Maintenance::Rows {
            columns: None,
            limit: None,
        };
        let read: Read = self.workspace.compute.maintain(&location, &operation).await.unwrap();
        let mut rows: Vec<_> = read.rows.iter().map(|row| cells(row)).collect();
        rows.sort();
        rows
    }
}

pub(crate) fn shown(rows: Result<Rows, StatementError>) -> Vec<String> {
    match rows {
        Ok(rows) => rows.rows.iter().map(|row| cells(row)).collect(),
        Err(error) => vec![format!("{}: {}", error.condition.unwrap_or(error.class), error.message)],
    }
}

fn cells(row: &[Option<String>]) -> String {
    row.iter()
        .map(|cell| cell.as_deref().unwrap_or("-"))
        .collect::<Vec<_>>()
        .join("|")
}
