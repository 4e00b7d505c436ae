//! The RSA key of a workspace: in a file of mode 0600 beside the database, made when it is first needed.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use ring::signature::{RsaKeyPair, RsaPublicKeyComponents};
use rsa::Generate as _;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use serde::Serialize;
use sluice_model::Digest;
use tokio::sync::OnceCell;

use crate::error::ApiError;

/// Where the key stands, and the key once it was needed.
pub(crate) struct Issuer {
    path: PathBuf,
    key: OnceCell<Key>,
}

/// A key that signs and verifies.
pub(super) struct Key {
    pub(super) signing: EncodingKey,
    pub(super) verifying: DecodingKey,
    pub(super) public: PublicKey,
}

/// The public half as a JSON Web Key (RFC 7517).
#[derive(Clone, Debug, Serialize)]
pub(super) struct PublicKey {
    kty: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    purpose: &'static str,
    pub(super) kid: String,
    n: String,
    e: String,
}

impl Issuer {
    /// The issuer whose key stands in this file, or will.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self {
            path,
            key: OnceCell::new(),
        }
    }

    /// The key; the first call reads or makes it.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds no RSA key.
    pub(super) async fn key(&self) -> Result<&Key, ApiError> {
        let open = || async {
            let path = self.path.clone();
            let opened = tokio::task::spawn_blocking(move || read_or_make(&path)).await;
            let opened = opened.unwrap_or_else(|panic| Err(io::Error::other(panic)));
            opened.map_err(|error| ApiError::from_io("the key of the workspace's access tokens", &error))
        };
        self.key.get_or_try_init(open).await
    }
}

fn read_or_make(path: &Path) -> io::Result<Key> {
    let document = match std::fs::read(path) {
        Ok(document) => document,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = rsa::PrivateKey::generate().to_pkcs1_der().map_err(io::Error::other)?;
            crate::private_file::write(path, made.as_bytes())?;
            made.as_bytes().to_vec()
        }
        Err(error) => return Err(error),
    };
    Key::read(&document)
}

impl Key {
    /// Reads a private key in PKCS #1 (RFC 8017).
    fn read(document: &[u8]) -> io::Result<Self> {
        let pair = RsaKeyPair::from_der(document)
            .map_err(|rejected| io::Error::new(io::ErrorKind::InvalidData, format!("no RSA key: {rejected}")))?;
        let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
        Ok(Self {
            signing: EncodingKey::from_rsa_der(document),
            verifying: DecodingKey::from_rsa_raw_components(&n, &e),
            public: PublicKey {
                kty: "RSA",
                alg: "RS256",
                purpose: "sig",
                kid: Digest::of(&n).hex()[..32].to_owned(),
                n: URL_SAFE_NO_PAD.encode(&n),
                e: URL_SAFE_NO_PAD.encode(&e),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn the_key_is_private_and_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("oauth.key");
        let first = Issuer::at(path.clone()).key().await.unwrap().public.kid.clone();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Issuer::at(path.clone()).key().await.unwrap().public.kid, first);
        std::fs::write(&path, b"no key").unwrap();
        assert_eq!(Issuer::at(path).key().await.err().unwrap().status.as_u16(), 500);
    }
}
