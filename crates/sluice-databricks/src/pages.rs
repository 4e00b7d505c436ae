//! Lists that come in pages.

use serde_json::Value;
use sluice_wire::Request;

use crate::client::{Client, operation_name};
use crate::error::ClientError;

impl Client {
    /// All items of a list: the field `items` of every page, following `next_page_token`. An empty page with a token is followed too.
    ///
    /// # Errors
    /// As [`Client::send`], and when the workspace gives the same token twice in a row.
    pub async fn pages(&self, request: &Request, items: &str) -> Result<Vec<Value>, ClientError> {
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page_request = match &token {
                Some(token) => request.clone().query("page_token", token),
                None => request.clone(),
            };
            let mut page: Value = self.fetch(&page_request).await?;
            if let Some(Value::Array(found)) = page.get_mut(items) {
                all.append(found);
            }
            let next = page
                .get("next_page_token")
                .and_then(Value::as_str)
                .filter(|token| !token.is_empty())
                .map(str::to_owned);
            if next.is_none() {
                return Ok(all);
            }
            if next == token {
                return Err(ClientError::EndlessPages {
                    host: self.host().clone(),
                    operation: operation_name(request),
                });
            }
            token = next;
        }
    }
}
