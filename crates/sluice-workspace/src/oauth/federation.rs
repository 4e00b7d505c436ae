//! Whether a federation policy accepts a foreign token. Pure: no store, no clock, no network; the keys stand in the policy.

use std::collections::BTreeMap;

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{ACCOUNT_ID, signature};
use crate::error::ApiError;

/// Seconds by which the clocks of issuers may be ahead.
const LEEWAY: i64 = 60;

/// The value of a claim, as far as policies look at it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Claim {
    Text(String),
    Number(i64),
    Texts(Vec<String>),
    Other(IgnoredAny),
}

type Claims = BTreeMap<String, Claim>;

/// What a token must be like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OidcPolicy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    /// None means the account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) audiences: Vec<String>,
    /// None means `sub`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject_claim: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) jwks_json: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) jwks_uri: Option<String>,
}

impl OidcPolicy {
    /// Refuses a policy that could accept nothing, or more than it says.
    ///
    /// # Errors
    /// 400 naming the field; 501 when the keys would have to be fetched.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let filled = |name: &str, value: &Option<String>| match value {
            Some(value) if !value.is_empty() => Ok(()),
            _ => Err(ApiError::invalid(format!("`oidc_policy.{name}` is required"))),
        };
        filled("issuer", &self.issuer)?;
        filled("subject", &self.subject)?;
        if self.audiences.iter().any(String::is_empty) {
            return Err(ApiError::invalid("`oidc_policy.audiences` has an empty entry"));
        }
        let Some(keys) = self.jwks_json.as_deref().filter(|_| self.jwks_uri.is_none()) else {
            return Err(ApiError::not_implemented(
                "the local workspace fetches no keys from an issuer: give them as `oidc_policy.jwks_json`, without `jwks_uri`",
            ));
        };
        match read_keys(keys) {
            Ok(keys) if !keys.is_empty() => Ok(()),
            Ok(_) => Err(ApiError::invalid("`oidc_policy.jwks_json` has no RSA key")),
            Err(error) => Err(ApiError::invalid(format!(
                "`oidc_policy.jwks_json` cannot be read: {error}"
            ))),
        }
    }
}

/// The RSA keys of a key set.
fn read_keys(text: &str) -> Result<Vec<Jwk>, serde_json::Error> {
    let set: JwkSet = serde_json::from_str(text)?;
    let is_rsa = |key: &Jwk| matches!(key.algorithm, AlgorithmParameters::RSA(_));
    Ok(set.keys.into_iter().filter(is_rsa).collect())
}

/// When the token is over (seconds since 1970), or why the policy does not accept it at this moment.
pub(super) fn judge(policy: &OidcPolicy, token: &str, now: i64) -> Result<i64, String> {
    let claims = verified(policy, token)?;
    let text = |name: &str| match claims.get(name) {
        Some(Claim::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let number = |name: &str| match claims.get(name) {
        Some(Claim::Number(number)) => Some(*number),
        _ => None,
    };
    if text("iss") != policy.issuer.as_deref() {
        return Err("the issuer (`iss`) is another".to_owned());
    }
    let subject_claim = policy.subject_claim.as_deref().unwrap_or("sub");
    if text(subject_claim) != policy.subject.as_deref() {
        return Err(format!("the subject (`{subject_claim}`) is another"));
    }
    let expected: Vec<&str> = match policy.audiences.as_slice() {
        [] => vec![ACCOUNT_ID],
        audiences => audiences.iter().map(String::as_str).collect(),
    };
    let named = match claims.get("aud") {
        Some(Claim::Text(audience)) => vec![audience.as_str()],
        Some(Claim::Texts(audiences)) => audiences.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    if !named.iter().any(|audience| expected.contains(audience)) {
        return Err("the audience (`aud`) is another".to_owned());
    }
    let expires_at = number("exp").ok_or("it has no end (`exp`)")?;
    if expires_at <= now {
        return Err("the token is over (`exp`)".to_owned());
    }
    if claims.contains_key("nbf") && number("nbf").is_none_or(|from| from > now + LEEWAY) {
        return Err("the token does not count yet (`nbf`)".to_owned());
    }
    Ok(expires_at)
}

/// The claims of a token that one of the policy's keys has signed.
fn verified(policy: &OidcPolicy, token: &str) -> Result<Claims, String> {
    signature::install();
    let header = decode_header(token).map_err(|error| format!("it is no JWT: {error}"))?;
    if header.alg != Algorithm::RS256 {
        return Err("it is not signed with RS256".to_owned());
    }
    let keys = policy.jwks_json.as_deref().unwrap_or_default();
    let keys = read_keys(keys).map_err(|error| format!("its keys cannot be read: {error}"))?;
    let mut validation = Validation::new(Algorithm::RS256);
    // What it would check on the machine's clock and by its own defaults is checked by `judge`.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let named = |key: &&Jwk| header.kid.is_none() || key.common.key_id.is_none() || key.common.key_id == header.kid;
    for key in keys.iter().filter(named) {
        let Ok(key) = DecodingKey::from_jwk(key) else { continue };
        if let Ok(token) = decode::<Claims>(token, &key, &validation) {
            return Ok(token.claims);
        }
    }
    Err("none of its keys has signed the token".to_owned())
}

#[cfg(test)]
#[path = "federation_tests.rs"]
mod tests;
