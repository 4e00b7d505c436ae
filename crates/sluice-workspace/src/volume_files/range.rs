//! One byte range of a file (RFC 9110 §14).

use crate::error::ApiError;

/// The first byte and the number of bytes that a `Range` header asks for; none when it is of another unit or asks for several
/// ranges, in which case the whole file is the right answer.
///
/// # Errors
/// 416 when the range begins after the end.
pub(super) fn parse(header: &str, length: u64) -> Result<Option<(u64, u64)>, ApiError> {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let number = |text: &str| text.parse::<u64>().ok();
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(length)),
        (Some(first), None) if last.is_empty() => (first, length),
        (None, Some(suffix)) if first.is_empty() && suffix > 0 => (length.saturating_sub(suffix), length),
        _ => return Ok(None),
    };
    let (start, end) = range;
    if start >= length {
        return Err(ApiError::new(
            axum::http::StatusCode::RANGE_NOT_SATISFIABLE,
            "INVALID_RANGE",
            format!("the range `{header}` begins after the end of the file, which has {length} bytes"),
        ));
    }
    Ok(Some((start, end - start)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn ranges_are_first_byte_and_length() {
        let parsed = |header| parse(header, 10).map_err(|error| error.status.as_u16());
        assert_eq!(parsed("bytes=0-3"), Ok(Some((0, 4))));
        assert_eq!(parsed("bytes=4-"), Ok(Some((4, 6))));
        assert_eq!(parsed("bytes=-3"), Ok(Some((7, 3))));
        assert_eq!(parsed("bytes=8-99"), Ok(Some((8, 2))));
        assert_eq!(parsed("bytes=10-"), Err(416));
        assert_eq!(parsed("bytes=3-1"), Ok(None));
        assert_eq!(parsed("bytes=0-1,3-4"), Ok(None));
        assert_eq!(parsed("lines=1-2"), Ok(None));
    }
}
