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
    /// Products with a cell of this kind.
    pub only: Option<MatrixFilter>,
    /// Products to leave out at the start; the last page when that is more than there are.
    pub skip: usize,
    /// Products at most.
    pub limit: usize,
}

/// What somebody looks for in the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatrixFilter {
    /// A promotion is open.
    Waiting,
    /// An environment is behind one that it requires.
    Behind,
    /// A deployment is under way or stopped half-way.
    Unfinished,
}

impl MatrixFilter {
    fn fits(self, cell: &MatrixCell) -> bool {
        match self {
            Self::Waiting => cell.open.is_some(),
            Self::Behind => cell.skew.is_some(),
            Self::Unfinished => cell.status.unfinished.is_some(),
        }
    }
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
    /// Products that were left out at the start.
    pub skipped: usize,
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
    for row in &mut rows {
        add_skew(row, platform, &releases);
    }
    if let Some(filter) = query.only {
        rows.retain(|row| row.cells.iter().any(|cell| filter.fits(cell)));
    }
    let products = rows.len();
    let last_page = products.saturating_sub(1) / query.limit.max(1) * query.limit;
    let skipped = query.skip.min(last_page);
    Ok(Matrix {
        environments,
        rows: rows.into_iter().skip(skipped).take(query.limit).collect(),
        products,
        skipped,
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

#[cfg(test)]
mod tests {
    use sluice_model::Digest;
    use sluice_store::record::ReleaseState;

    use super::*;
    use crate::status::Running;

    fn version(text: &str) -> ReleaseVersion {
        text.parse().unwrap()
    }

    fn cell(environment: &str, running: Option<Option<&str>>) -> StatusCell {
        StatusCell {
            product: "flights".parse().unwrap(),
            environment: environment.parse().unwrap(),
            running: running.map(|found| Running {
                version: found.map(version),
                digest: Digest::of(b""),
                commit: String::new(),
                binding_digest: Digest::of(b""),
                since: Timestamp::UNIX_EPOCH,
                by: String::new(),
                deployment: String::new(),
                approved_by: Vec::new(),
            }),
            unfinished: None,
        }
    }

    fn release(product: &str, text: &str) -> Release {
        Release {
            product: product.parse().unwrap(),
            version: version(text),
            state: ReleaseState::Frozen,
            digest: Digest::of(b""),
            commit: String::new(),
            tree: String::new(),
            tag: String::new(),
            frozen_at: Timestamp::UNIX_EPOCH,
            frozen_by: String::new(),
            manifest: serde_json::json!({}),
            verification: None,
            reason: None,
            row_version: 1,
        }
    }

    #[test]
    fn releases_between_are_counted_for_this_product_alone() {
        let releases = [
            release("flights", "1.0.0"),
            release("flights", "1.1.0"),
            release("flights", "1.10.0"),
            release("flights", "2.0.0"),
            release("trains", "1.2.0"),
        ];
        let behind = |here: Option<Option<&str>>, there: Option<Option<&str>>| {
            skew(&cell("prod", here), &cell("qa", there), &releases).map(|skew| skew.releases)
        };
        assert_eq!(behind(Some(Some("1.0.0")), Some(Some("1.10.0"))), Some(2));
        assert_eq!(behind(None, Some(Some("1.1.0"))), Some(2), "nothing runs here yet");
        assert_eq!(behind(Some(Some("1.1.0")), Some(Some("1.1.0"))), None);
        assert_eq!(
            behind(Some(Some("2.0.0")), Some(Some("1.1.0"))),
            None,
            "ahead is not behind"
        );
        assert_eq!(
            behind(Some(None), Some(Some("1.1.0"))),
            None,
            "a commit has no version to compare"
        );
        assert_eq!(behind(Some(Some("1.0.0")), Some(None)), None);
        assert_eq!(behind(Some(Some("1.0.0")), None), None);
    }
}
