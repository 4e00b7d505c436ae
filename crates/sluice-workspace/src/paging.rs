//! Pages of lists: opaque tokens that hold the last name seen, bound to the query they came from.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sluice_model::Digest;

use crate::call::Call;
use crate::error::ApiError;

/// The most entries of one page.
const LARGEST: usize = 1000;

/// One page of a list and the token of the next.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Entries.
    pub items: Vec<T>,
    /// Token of the next page; none on the last.
    pub next_page_token: Option<String>,
}

/// The part of a list that a call asks for.
#[derive(Debug)]
pub struct Window {
    /// The last entry of the page before.
    pub after: Option<String>,
    /// The most entries; without a limit `usize::MAX`.
    pub limit: usize,
    /// What the token of the next page is bound to.
    query: String,
}

impl Window {
    /// The whole list.
    #[must_use]
    pub fn whole() -> Self {
        Self {
            after: None,
            limit: usize::MAX,
            query: String::new(),
        }
    }

    /// What a call asks for with `page_token` and the parameter `size`. Without that parameter everything comes at once; 0 leaves the size
    /// to the server.
    ///
    /// # Errors
    /// 400 for a token of another query or a size below 0.
    pub fn of(call: &Call, size: &str) -> Result<Self, ApiError> {
        let limit = match call.parse_query::<i64>(size)? {
            None => usize::MAX,
            Some(0) => LARGEST,
            Some(number) => usize::try_from(number)
                .map_err(|_negative| ApiError::invalid(format!("`{size}` must not be negative, it is {number}")))?
                .min(LARGEST),
        };
        let query = fingerprint(call);
        let after = match call.query("page_token") {
            None | Some("") => None,
            Some(token) => Some(read_token(token, &query)?),
        };
        Ok(Self { after, limit, query })
    }

    /// What is left of the window when `taken` entries of it are found: from this name on, in another container.
    #[must_use]
    pub fn from(&self, after: Option<String>, taken: usize) -> Self {
        Self {
            after,
            limit: self.limit.saturating_sub(taken),
            query: self.query.clone(),
        }
    }

    /// The page that begins these entries, all of which come after [`Self::after`].
    pub fn page<T>(&self, items: Vec<T>, key: impl Fn(&T) -> &str) -> Page<T> {
        let mut rest = items.into_iter();
        let items: Vec<T> = rest.by_ref().take(self.limit).collect();
        let next_page_token = match (rest.next(), items.last()) {
            (Some(_), Some(last)) => Some(URL_SAFE_NO_PAD.encode(format!("{}{}", self.query, key(last)))),
            _ => None,
        };
        Page { items, next_page_token }
    }
}

/// The page of `items` (all there are, sorted by `key`, keys unique) that a call asks for, as [`Window::of`] reads it.
///
/// # Errors
/// 400 for a token of another query or a size below 0.
pub fn page<T>(call: &Call, size: &str, mut items: Vec<T>, key: impl Fn(&T) -> &str) -> Result<Page<T>, ApiError> {
    let window = Window::of(call, size)?;
    if let Some(after) = &window.after {
        items.retain(|item| key(item) > after.as_str());
    }
    Ok(window.page(items, key))
}

fn read_token(token: &str, query: &str) -> Result<String, ApiError> {
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let after = text.as_deref().and_then(|text| text.strip_prefix(query));
    after
        .map(str::to_owned)
        .ok_or_else(|| ApiError::invalid("`page_token` does not belong to this list: start again without it"))
}

/// Twelve hexadecimal digits of everything that decides which entries a list has.
fn fingerprint(call: &Call) -> String {
    let mut query: Vec<String> = call.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    query.retain(|pair| !pair.starts_with("page_token="));
    query.extend(call.parameters.iter().map(|(key, value)| format!("{key}={value}")));
    query.push(call.principal.name.clone());
    Digest::of(query.join("&").as_bytes()).hex()[..12].to_owned()
}
