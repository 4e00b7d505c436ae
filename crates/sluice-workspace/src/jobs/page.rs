//! Opaque page tokens: a position in one list, refused for another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::ApiError;

/// The token that continues the list called `scope` at this position.
pub(crate) fn token(position: usize, scope: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{position}:{}", mark(scope)))
}

/// The position that a token stands for; 0 without a token.
///
/// # Errors
/// 400 when it is no token of this list.
pub(crate) fn start(token: Option<&str>, scope: &str) -> Result<usize, ApiError> {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Ok(0);
    };
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.as_deref()
        .and_then(|text| text.split_once(':'))
        .filter(|(_, given)| *given == mark(scope))
        .and_then(|(position, _)| position.parse().ok())
        .ok_or_else(|| ApiError::invalid(format!("`{token}` is not a page token of this list")))
}

fn mark(scope: &str) -> String {
    sluice_model::Digest::of(scope.as_bytes()).hex()[..16].to_owned()
}
