//! Tokens that a policy accepts and those that it does not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header, encode};
use ring::signature::{RsaKeyPair, RsaPublicKeyComponents};
use rsa::Generate as _;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_700_000_000;

/// The key of some other issuer.
struct Issuer {
    private: Vec<u8>,
    keys: String,
}

impl Issuer {
    fn new() -> Self {
        let private = rsa::PrivateKey::generate().to_pkcs1_der().unwrap().as_bytes().to_vec();
        let pair = RsaKeyPair::from_der(&private).unwrap();
        let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
        let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
        let keys = json!({"keys": [{"kty": "RSA", "kid": "k", "n": n, "e": e}]}).to_string();
        Self { private, keys }
    }

    fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        signature::install();
        let header = Header {
            kid: kid.map(str::to_owned),
            ..Header::new(Algorithm::RS256)
        };
        encode(&header, claims, &EncodingKey::from_rsa_der(&self.private)).unwrap()
    }

    fn policy(&self) -> OidcPolicy {
        OidcPolicy {
            issuer: Some("https://issuer.test".to_owned()),
            subject: Some("repo:a/b".to_owned()),
            audiences: vec!["sluice".to_owned(), "other".to_owned()],
            subject_claim: None,
            jwks_json: Some(self.keys.clone()),
            jwks_uri: None,
        }
    }
}

fn claims() -> Value {
    json!({"iss": "https://issuer.test", "sub": "repo:a/b", "aud": ["x", "sluice"], "exp": NOW + 300, "nbf": NOW})
}

#[test]
fn a_token_has_to_be_what_the_policy_says() {
    let issuer = Issuer::new();
    let policy = issuer.policy();
    policy.check().unwrap();
    for kid in [None, Some("k")] {
        assert_eq!(judge(&policy, &issuer.sign(kid, &claims()), NOW), Ok(NOW + 300));
    }
    for (field, value, reason) in [
        ("iss", json!("https://other.test"), "the issuer (`iss`) is another"),
        ("sub", json!("repo:a/c"), "the subject (`sub`) is another"),
        ("sub", Value::Null, "the subject (`sub`) is another"),
        ("aud", json!("x"), "the audience (`aud`) is another"),
        ("aud", Value::Null, "the audience (`aud`) is another"),
        ("exp", json!(NOW), "the token is over (`exp`)"),
        ("exp", json!("2100-01-01"), "it has no end (`exp`)"),
        ("nbf", json!(NOW + 61), "the token does not count yet (`nbf`)"),
        ("nbf", json!("soon"), "the token does not count yet (`nbf`)"),
    ] {
        let mut claims = claims();
        claims[field] = value;
        let refused = judge(&policy, &issuer.sign(None, &claims), NOW);
        assert_eq!(refused, Err(reason.to_owned()), "{claims}");
    }
}

#[test]
fn only_a_key_of_the_policy_counts() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let policy = issuer.policy();
    let none = Err("none of its keys has signed the token".to_owned());
    assert_eq!(judge(&policy, &other.sign(None, &claims()), NOW), none);
    assert_eq!(judge(&policy, &other.sign(Some("k"), &claims()), NOW), none);
    assert_eq!(judge(&policy, &issuer.sign(Some("unknown"), &claims()), NOW), none);
    let token = issuer.sign(None, &claims());
    let (head, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let mut forged = claims();
    forged["exp"] = json!(NOW + 99_999);
    let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(forged.to_string()));
    assert_eq!(judge(&policy, &forged, NOW), none);
    for algorithm in ["none", "HS256"] {
        let head = URL_SAFE_NO_PAD.encode(json!({"alg": algorithm}).to_string());
        let unsigned = format!("{head}.{}.", URL_SAFE_NO_PAD.encode(claims().to_string()));
        assert!(judge(&policy, &unsigned, NOW).is_err(), "{algorithm}");
    }
}

#[test]
fn another_claim_can_be_the_subject_and_the_account_is_the_audience_of_a_policy_without_one() {
    let issuer = Issuer::new();
    let policy = OidcPolicy {
        subject: Some("me".to_owned()),
        subject_claim: Some("preferred_username".to_owned()),
        audiences: Vec::new(),
        ..issuer.policy()
    };
    let claims = json!({"iss": "https://issuer.test", "preferred_username": "me", "aud": ACCOUNT_ID, "exp": NOW + 1});
    assert_eq!(judge(&policy, &issuer.sign(None, &claims), NOW), Ok(NOW + 1));
}

#[test]
fn a_policy_that_accepts_nothing_or_needs_the_network_is_refused() {
    let good = Issuer::new().policy();
    let refused = |policy: OidcPolicy| policy.check().unwrap_err().status.as_u16();
    assert_eq!(
        refused(OidcPolicy {
            issuer: None,
            ..good.clone()
        }),
        400
    );
    assert_eq!(
        refused(OidcPolicy {
            subject: Some(String::new()),
            ..good.clone()
        }),
        400
    );
    assert_eq!(
        refused(OidcPolicy {
            jwks_json: Some("{}".to_owned()),
            ..good.clone()
        }),
        400
    );
    assert_eq!(
        refused(OidcPolicy {
            jwks_json: Some("{\"keys\": []}".to_owned()),
            ..good.clone()
        }),
        400
    );
    assert_eq!(
        refused(OidcPolicy {
            jwks_json: None,
            ..good.clone()
        }),
        501
    );
    assert_eq!(
        refused(OidcPolicy {
            jwks_uri: Some("http://127.0.0.1/".to_owned()),
            ..good
        }),
        501
    );
}
