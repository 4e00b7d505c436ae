//! A result as it is kept until somebody fetches it: rows for answers, or the bytes that links lead to, chunk by chunk.

use std::sync::Arc;

use bytes::Bytes;

use super::request::{Delivery, Format};
use crate::compute::{Column, Rows, StatementError};
use crate::sql::error::from_compute;
use crate::workspace::Workspace;

/// Rows of one chunk.
const CHUNK_ROWS: usize = 10_000;
/// What an inline result may hold,
const INLINE_BYTES: usize = 25 << 20;
/// and one behind links, which is kept in memory.
const LINKED_BYTES: usize = 256 << 20;

/// Values as text; none is NULL.
pub(super) type Row = Vec<Option<String>>;

/// A result.
#[derive(Debug)]
pub(super) struct StoredResult {
    pub(super) columns: Vec<Column>,
    pub(super) format: Format,
    /// At least one, also without rows.
    pub(super) chunks: Vec<Chunk>,
    pub(super) truncated: bool,
    /// What it weighs in memory.
    pub(super) bytes: usize,
}

/// Some consecutive rows of a result.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) row_offset: usize,
    pub(super) row_count: usize,
    pub(super) content: Content,
}

/// What a chunk holds.
#[derive(Debug)]
pub(super) enum Content {
    /// For the body of an answer.
    Rows(Vec<Row>),
    /// For whoever has a link.
    Bytes(Bytes),
}

impl StoredResult {
    /// Cuts rows at `byte_limit`, divides them and writes them in the format that was asked for.
    ///
    /// # Errors
    /// When they are more than a result may hold, or the format cannot hold a type.
    pub(super) async fn make(
        workspace: &Arc<Workspace>,
        rows: Rows,
        delivery: Delivery,
        byte_limit: Option<usize>,
    ) -> Result<Self, StatementError> {
        let (rows, bytes) = limited(rows, delivery, byte_limit)?;
        let Rows {
            columns,
            mut rows,
            truncated,
        } = rows;
        let mut chunks = Vec::new();
        let mut row_offset = 0;
        loop {
            let rest = rows.split_off(rows.len().min(CHUNK_ROWS));
            let row_count = rows.len();
            let content = if delivery.external {
                Content::Bytes(write(workspace, &columns, &rows, delivery.format, row_offset == 0).await?)
            } else {
                Content::Rows(rows)
            };
            chunks.push(Chunk {
                row_offset,
                row_count,
                content,
            });
            row_offset += row_count;
            if rest.is_empty() {
                break;
            }
            rows = rest;
        }
        Ok(Self {
            columns,
            format: delivery.format,
            chunks,
            truncated,
            bytes,
        })
    }

    /// All rows.
    pub(super) fn row_count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.row_count).sum()
    }
}

/// Cuts at the limit that was asked for; refuses what is too large. Also tells the size of what is left.
fn limited(mut rows: Rows, delivery: Delivery, byte_limit: Option<usize>) -> Result<(Rows, usize), StatementError> {
    let mut bytes = 0;
    for index in 0..rows.rows.len() {
        let row: usize = rows.rows[index].iter().flatten().map(|cell| cell.len() + 3).sum();
        if byte_limit.is_some_and(|limit| bytes + row > limit) {
            rows.rows.truncate(index);
            rows.truncated = true;
            break;
        }
        bytes += row;
        if !delivery.external && bytes > INLINE_BYTES {
            let message = "the result is larger than the 25 MiB of an inline result: ask for the disposition `EXTERNAL_LINKS`, or set `row_limit` or `byte_limit`";
            return Err(StatementError::new("INLINE_RESULT_TOO_LARGE", "54000", message));
        }
        if bytes > LINKED_BYTES {
            let message = format!(
                "the result is larger than the {} MiB that the local workspace keeps: select fewer rows or columns, or set `row_limit` or `byte_limit`",
                LINKED_BYTES >> 20
            );
            return Err(StatementError::new("RESULT_TOO_LARGE", "54000", message));
        }
    }
    Ok((rows, bytes))
}

async fn write(
    workspace: &Arc<Workspace>,
    columns: &[Column],
    rows: &[Row],
    format: Format,
    first: bool,
) -> Result<Bytes, StatementError> {
    Ok(match format {
        Format::JsonArray => Bytes::from(serde_json::to_vec(rows).expect("invariant: rows of text are JSON")),
        Format::Csv => Bytes::from(csv(columns, rows, first)),
        Format::ArrowStream => {
            let written = workspace.compute.encode(columns, rows).await;
            Bytes::from(written.map_err(from_compute)?)
        }
    })
}

/// RFC 4180; the first chunk begins with the names of the columns, NULL is the word `null`.
fn csv(columns: &[Column], rows: &[Row], header: bool) -> String {
    let names = columns.iter().map(|column| field(&column.name));
    let mut text = String::new();
    if header {
        text.push_str(&names.collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    for row in rows {
        let cells = row.iter().map(|cell| field(cell.as_deref().unwrap_or("null")));
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}

fn field(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_what_would_break_a_line_and_has_one_header() {
        let columns = [Column::new("a", "STRING"), Column::new("b,c", "STRING")];
        let rows = vec![
            vec![Some("x".to_owned()), None],
            vec![Some("say \"hi\",\nyou".to_owned()), Some(String::new())],
        ];
        let expected = "a,\"b,c\"\r\nx,null\r\n\"say \"\"hi\"\",\nyou\",\r\n";
        assert_eq!(csv(&columns, &rows, true), expected);
        assert_eq!(csv(&columns, &rows[..1], false), "x,null\r\n");
    }
}
