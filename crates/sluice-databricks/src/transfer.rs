//! Files of the workspace tree.

use serde_json::json;
use sluice_wire::request::encode_path;
use sluice_wire::{Method, Request};

use crate::client::Client;
use crate::error::ClientError;

impl Client {
    /// Writes a file of the workspace tree, replacing what stands there. Notebook sources become notebooks, without their extension.
    ///
    /// # Errors
    /// As [`Client::send`]; [`ClientError::is_missing`] when its directory does not exist.
    pub async fn upload(&self, path: &str, content: Vec<u8>) -> Result<(), ClientError> {
        let request = import_file(path, true).bytes(content);
        self.send_repeatable(&request).await.map(drop)
    }

    /// Writes a file that must not exist yet; exactly one of several callers succeeds.
    ///
    /// # Errors
    /// As [`Client::send`]; [`ClientError::is_conflict`] when something stands there.
    pub async fn upload_new(&self, path: &str, content: Vec<u8>) -> Result<(), ClientError> {
        let request = import_file(path, false).bytes(content);
        self.send(&request).await.map(drop)
    }

    /// The bytes of a file of the workspace tree; none when there is no such file.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn download(&self, path: &str) -> Result<Option<Vec<u8>>, ClientError> {
        let request = Request::new(Method::Get, "/api/2.0/workspace/export")
            .query("path", path)
            .query("direct_download", true);
        match self.send(&request).await {
            Ok(response) => Ok(Some(response.body)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a directory of the workspace tree and those above it.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn mkdirs(&self, path: &str) -> Result<(), ClientError> {
        let request = Request::new(Method::Post, "/api/2.0/workspace/mkdirs").json(json!({ "path": path }));
        self.send_repeatable(&request).await.map(drop)
    }

    /// Removes an object of the workspace tree. `false` when it was not there.
    ///
    /// # Errors
    /// As [`Client::send`]; a directory that is not empty needs `recursive`.
    pub async fn delete(&self, path: &str, recursive: bool) -> Result<bool, ClientError> {
        let request = Request::new(Method::Post, "/api/2.0/workspace/delete")
            .json(json!({ "path": path, "recursive": recursive }));
        match self.send_repeatable(&request).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_missing() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn import_file(path: &str, overwrite: bool) -> Request {
    let path = encode_path(path.trim_start_matches('/'));
    Request::new(Method::Post, format!("/api/2.0/workspace-files/import-file/{path}")).query("overwrite", overwrite)
}
