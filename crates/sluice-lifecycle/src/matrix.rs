//! What runs where as a matrix of products and environments: with what waits, and how far an environment is behind those it requires.

use serde::Serialize;
use sluice_model::{EnvironmentName, ProductName, ReleaseVersion, Timestamp};
use sluice_store::record::{Promotion, Release};
use sluice_store::{Store, StoreError};

use crate::machines::promotion::is_terminal;
use crate::platform::Platform;
use crate::status::{StatusCell, status};

/// Which part of the matrix is wanted.
#[derive(Clone, Copy, Debug)]
pub struct MatrixQuery<'a> {
    /// Products whose name contains this.
    pub product: Option<&'a str>,
    /// Products to leave out at the start.
    pub skip: usize,
    /// Products at most.
    pub limit: usize,
}

/// Some rows of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Columns, in the order of promotion.
    pub environments: Vec<EnvironmentName>,
    /// Rows, by product.
    pub rows: Vec<MatrixRow>,
    /// How many products the query has, shown or not.
    pub products: usize,
}

/// One product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixRow {
    /// The product.
    pub product: ProductName,
    /// One cell for each column.
    pub cells: Vec<MatrixCell>,
}

/// One product in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixCell {
    /// What runs, what is under way.
    #[serde(flatten)]
    pub status: StatusCell,
    /// How far it is behind an environment that it requires.
    pub skew: Option<Skew>,
    /// The promotion that is open, the newest one.
    pub open: Option<Promotion>,
}

/// An environment runs an older release than one that it requires, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skew {
    /// The environment that is ahead.
    pub of: EnvironmentName,
    /// What runs there.
    pub version: ReleaseVersion,
    /// Since when.
    pub since: Timestamp,
    /// How many releases lie between.
    pub releases: usize,
}

/// The matrix, now.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn matrix(store: &Store, platform: &Platform, query: MatrixQuery<'_>) -> Result<Matrix, StoreError> {
    let cells = status(store, Some(platform), None, None).await?;
    let releases = store.releases(None).await?;
    let open: Vec<Promotion> = store.promotions(None).await?;
    let open: Vec<Promotion> = open.into_iter().filter(|row| !is_terminal(row.state)).collect();
    let mut rows: Vec<MatrixRow> = Vec::new();
    for status in cells {
        let wanted = query.product.is_none_or(|part| status.product.as_str().contains(part));
        if !wanted {
            continue;
        }
        let cell = MatrixCell {
            skew: None,
            open: open
                .iter()
                .rfind(|row| row.product == status.product && row.environment == status.environment)
                .cloned(),
            status,
        };
        match rows.last_mut() {
            Some(row) if row.product == cell.status.product => row.cells.push(cell),
            Some(_) | None => rows.push(MatrixRow {
                product: cell.status.product.clone(),
                cells: vec![cell],
            }),
        }
    }
    let environments = rows.first().map_or_else(
        || platform.environments.iter().map(|one| one.name.clone()).collect(),
        |row| row.cells.iter().map(|cell| cell.status.environment.clone()).collect(),
    );
    let products = rows.len();
    let mut rows: Vec<MatrixRow> = rows.into_iter().skip(query.skip).take(query.limit).collect();
    for row in &mut rows {
        add_skew(row, platform, &releases);
    }
    Ok(Matrix {
        environments,
        rows,
        products,
    })
}

fn add_skew(row: &mut MatrixRow, platform: &Platform, releases: &[Release]) {
    let before: Vec<StatusCell> = row.cells.iter().map(|cell| cell.status.clone()).collect();
    for cell in &mut row.cells {
        let Ok(environment) = platform.environment(cell.status.environment.as_str()) else {
            continue;
        };
        let ahead = environment
            .requires
            .iter()
            .filter_map(|name| before.iter().find(|other| other.environment == *name));
        cell.skew = ahead
            .filter_map(|other| skew(&cell.status, other, releases))
            .max_by_key(|skew| skew.releases);
    }
}

/// How far a cell is behind another one; nothing when it is not, or when what runs there is no release.
fn skew(cell: &StatusCell, other: &StatusCell, releases: &[Release]) -> Option<Skew> {
    let ahead = other.running.as_ref()?;
    let version = ahead.version.clone()?;
    let here = match &cell.running {
        Some(running) => Some(running.version.as_ref()?),
        None => None,
    };
    let between = releases
        .iter()
        .filter(|row| row.product == cell.product && row.version <= version)
        .filter(|row| here.is_none_or(|here| row.version > *here))
        .count();
    (between > 0).then(|| Skew {
        of: other.environment.clone(),
        version,
        since: ahead.since,
        releases: between,
    })
}
