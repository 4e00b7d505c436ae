//! Who is signed in: sessions in the memory of this process. A restart signs everybody out.
//!
//! A session is found by the digest of its key, so that neither a memory dump nor the time of a comparison tells one. Times come in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use sluice_lifecycle::people::{Person, PersonalAccess};
use sluice_model::{Digest, Secret, Timestamp};

/// How long a session lasts without a request, and in all.
pub(crate) const IDLE: Duration = Duration::from_secs(30 * 60);
pub(crate) const LONGEST: Duration = Duration::from_secs(8 * 60 * 60);
/// How often the workspace is asked whether it still lets somebody in: a token may have been revoked.
const ASKED_AGAIN: Duration = Duration::from_secs(5 * 60);
/// How many there are at most; the one that was not used for the longest time makes room.
const MOST: usize = 1000;

/// Somebody who signed in.
#[derive(Debug)]
pub(crate) struct SignedIn {
    /// Who, as the workspace said when they signed in.
    pub(crate) person: Person,
    /// Their token at that workspace.
    pub(crate) access: PersonalAccess,
    /// What every form of this session carries.
    pub(crate) csrf: Secret<String>,
}

#[derive(Debug)]
struct Session {
    signed_in: Arc<SignedIn>,
    began: Timestamp,
    used: Timestamp,
    /// When the workspace said last that the token is good.
    vouched: Timestamp,
}

/// The sessions of this process.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_key: Mutex<BTreeMap<Digest, Session>>,
}

/// The machine gives no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("this machine gives no random numbers, so that nobody can be signed in")]
pub(crate) struct NoRandomNumbers;

/// A text that nobody can guess: 256 random bits in hexadecimal.
///
/// # Errors
/// When the machine gives no random numbers.
pub(crate) fn unguessable() -> Result<Secret<String>, NoRandomNumbers> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_unspecified| NoRandomNumbers)?;
    Ok(Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Whether two texts are equal, compared by their digests so that the time tells nothing about either.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    Digest::of(one.as_bytes()) == Digest::of(other.as_bytes())
}

impl Sessions {
    /// Begins a session and gives its key, which goes into the cookie and nowhere else.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub(crate) fn begin(
        &self,
        person: Person,
        access: PersonalAccess,
        now: Timestamp,
    ) -> Result<Secret<String>, NoRandomNumbers> {
        let key = unguessable()?;
        let session = Session {
            signed_in: Arc::new(SignedIn {
                person,
                access,
                csrf: unguessable()?,
            }),
            began: now,
            used: now,
            vouched: now,
        };
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        by_key.retain(|_, session| !session.is_over(now));
        if by_key.len() >= MOST
            && let Some(oldest) = by_key
                .iter()
                .min_by_key(|(_, session)| session.used)
                .map(|(key, _)| *key)
        {
            by_key.remove(&oldest);
        }
        by_key.insert(Digest::of(key.expose().as_bytes()), session);
        Ok(key)
    }

    /// Who has this key; none when the session is over.
    pub(crate) fn find(&self, key: &str, now: Timestamp) -> Option<Arc<SignedIn>> {
        let digest = Digest::of(key.as_bytes());
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let session = by_key.get_mut(&digest)?;
        if session.is_over(now) {
            by_key.remove(&digest);
            return None;
        }
        session.used = now;
        Some(Arc::clone(&session.signed_in))
    }

    /// Whether the workspace has to be asked again about a session's token. Whoever is told so asks: nobody else is told meanwhile.
    pub(crate) fn is_due(&self, key: &str, now: Timestamp) -> bool {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(session) = by_key.get_mut(&Digest::of(key.as_bytes())) else {
            return false;
        };
        let due = now.duration_since(session.vouched).unsigned_abs() >= ASKED_AGAIN;
        if due {
            session.vouched = now;
        }
        due
    }

    /// Whether a session still goes on. Asking does not make it last longer: a live view is not somebody at the keyboard.
    pub(crate) fn goes_on(&self, key: &str, now: Timestamp) -> bool {
        let by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        by_key
            .get(&Digest::of(key.as_bytes()))
            .is_some_and(|session| !session.is_over(now))
    }

    /// Ends a session.
    pub(crate) fn end(&self, key: &str) {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        by_key.remove(&Digest::of(key.as_bytes()));
    }
}

impl Session {
    fn is_over(&self, now: Timestamp) -> bool {
        let passed = |since: Timestamp, limit: Duration| now.duration_since(since).unsigned_abs() >= limit;
        passed(self.used, IDLE) || passed(self.began, LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sluice_lifecycle::platform::Platform;
    use sluice_model::Actor;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + minutes * 60).unwrap()
    }

    /// A token at an environment; nobody is asked about it.
    fn access() -> PersonalAccess {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("platform.yaml");
        let text = "version: 1\nid: p\nenvironments:\n  - {name: dev, target: dev, host: \"http://127.0.0.1:1\"}\n";
        std::fs::write(&path, text).unwrap();
        let platform = Platform::read(&path).unwrap();
        PersonalAccess::new(&platform.environments[0], Secret::new("dapi-canary".to_owned()))
    }

    fn begin(sessions: &Sessions, access: &PersonalAccess, now: Timestamp) -> String {
        let person = Person {
            actor: Actor {
                subject: "a@b".to_owned(),
                display_name: "A".to_owned(),
                issuer: "http://127.0.0.1:1".to_owned(),
                service: false,
            },
            groups: BTreeSet::new(),
            active: true,
        };
        let key = sessions.begin(person, access.clone(), now).unwrap();
        key.expose().clone()
    }

    #[test]
    fn a_session_ends_when_it_is_not_used_when_it_is_old_and_when_it_is_ended() {
        let (sessions, access) = (Sessions::default(), access());
        let idle = begin(&sessions, &access, at(0));
        assert!(sessions.find(&idle, at(29)).is_some());
        assert!(sessions.find(&idle, at(58)).is_some(), "use makes it last");
        assert!(sessions.goes_on(&idle, at(87)));
        assert!(
            sessions.find(&idle, at(88)).is_none(),
            "asking whether it goes on does not"
        );

        let busy = begin(&sessions, &access, at(0));
        let minutes: Vec<i64> = (0..480).step_by(20).collect();
        assert!(minutes.iter().all(|minute| sessions.find(&busy, at(*minute)).is_some()));
        assert!(sessions.find(&busy, at(480)).is_none(), "eight hours are the most");

        let left = begin(&sessions, &access, at(0));
        sessions.end(&left);
        assert!(sessions.find(&left, at(1)).is_none());
    }

    #[test]
    fn the_workspace_is_asked_again_now_and_then_and_once() {
        let (sessions, access) = (Sessions::default(), access());
        let key = begin(&sessions, &access, at(0));
        let due: Vec<bool> = [4, 5, 5, 9, 10]
            .iter()
            .map(|minute| sessions.is_due(&key, at(*minute)))
            .collect();
        assert_eq!(due, [false, true, false, false, true]);
        assert!(!sessions.is_due("unknown", at(60)));
    }

    #[test]
    fn keys_are_not_guessed_and_sessions_are_not_without_number() {
        let (sessions, access) = (Sessions::default(), access());
        let first = begin(&sessions, &access, at(0));
        assert_eq!(first.len(), 64);
        let shown = format!("{sessions:?}");
        assert!(!shown.contains("dapi-canary") && !shown.contains(&first), "{shown}");
        assert!(sessions.find("", at(0)).is_none());
        for _ in 0..MOST {
            begin(&sessions, &access, at(1));
        }
        assert!(sessions.find(&first, at(1)).is_none(), "the oldest made room");
        assert_eq!(sessions.by_key.lock().unwrap().len(), MOST);
    }
}
