//! Sealing values: ChaCha20-Poly1305 with a key in a file of mode 0600 beside the database, so that a copy of the database alone tells
//! nothing. Who can read the key file can read the values.

use std::io;
use std::path::Path;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use sluice_model::Secret;

use crate::error::ApiError;

/// The key of one workspace.
pub(crate) struct Vault {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Vault {
    /// Reads the key, or makes one.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is no key.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let random = SystemRandom::new();
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = vec![0; CHACHA20_POLY1305.key_len()];
                random
                    .fill(&mut bytes)
                    .map_err(|_unspecified| io::Error::other("the system gives no random bytes"))?;
                crate::private_file::write(path, &bytes)?;
                bytes
            }
            Err(error) => return Err(error),
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes)
            .map_err(|_wrong_length| io::Error::new(io::ErrorKind::InvalidData, "the file holds no key of 32 bytes"))?;
        Ok(Self {
            key: LessSafeKey::new(key),
            random,
        })
    }

    /// Seals a value for one place; sealed bytes that were moved to another place do not open.
    pub(crate) fn seal(&self, place: &Place<'_>, value: &Secret<Vec<u8>>) -> Result<Vec<u8>, ApiError> {
        let mut nonce = [0; NONCE_LEN];
        let failed = |_unspecified| ApiError::internal("a secret could not be sealed");
        self.random.fill(&mut nonce).map_err(failed)?;
        let mut sealed = value.expose().clone();
        let once = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(once, Aad::from(place.bytes()), &mut sealed)
            .map_err(failed)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`Self::seal`] made for this place.
    pub(crate) fn open_sealed(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Secret<Vec<u8>>, ApiError> {
        let failed = || {
            ApiError::internal(format!(
                "the secret `{}` in the scope `{}` does not open: it was sealed with another key than that of this workspace",
                place.key, place.scope
            ))
        };
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_wrong_length| failed())?;
        let mut rest = rest.to_vec();
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(place.bytes()), &mut rest)
            .map_err(|_unspecified| failed())?;
        Ok(Secret::new(opened.to_vec()))
    }
}

/// Where a secret stands.
pub(crate) struct Place<'a> {
    pub(crate) scope: &'a str,
    pub(crate) key: &'a str,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        [self.scope.as_bytes(), b"\0", self.key.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_value_opens_in_its_place_with_its_key_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let vault = Vault::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let value = Secret::new(b"canary".to_vec());
        let place = Place { scope: "s", key: "k" };
        let sealed = vault.seal(&place, &value).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"canary"));
        assert_ne!(
            sealed,
            vault.seal(&place, &value).unwrap(),
            "equal values look different"
        );
        assert_eq!(
            Vault::open(&path).unwrap().open_sealed(&place, &sealed).unwrap(),
            value,
            "the key stays"
        );
        let other_place = Place {
            scope: "s",
            key: "other",
        };
        let other_key = Vault::open(&directory.path().join("other")).unwrap();
        for refused in [
            vault.open_sealed(&other_place, &sealed),
            other_key.open_sealed(&place, &sealed),
            vault.open_sealed(&place, &sealed[..4]),
        ] {
            assert_eq!(refused.unwrap_err().status.as_u16(), 500);
        }
    }
}
