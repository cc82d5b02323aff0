//! API keys: who may ask for what.
//!
//! A key reads `seg_<id>_<secret>`. The id is public: it names the key in lists and in the audit. The
//! secret is 256 random bits and is shown once; the file keeps its SHA-256. Passwords need a slow hash such
//! as Argon2, because they can be guessed. 256 random bits cannot be guessed at any speed, and a slow hash
//! would cost every request milliseconds.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use clap::ValueEnum;
use ring::digest::{SHA256, digest};
use segmentation_lib::record::hex;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::rate::Rate;

pub mod command;
pub mod file;

pub use file::{KeyFile, KeyFileError, StoredKey};

const PREFIX: &str = "seg_";
const ID_DIGITS: usize = 12;
const SECRET_DIGITS: usize = 64;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
pub enum Scope {
    /// The segments, their profiles, the run.
    #[serde(rename = "segments:read")]
    #[value(name = "segments:read")]
    SegmentsRead,
    /// Which segment a customer is in.
    #[serde(rename = "assignments:read")]
    #[value(name = "assignments:read")]
    AssignmentsRead,
    /// What a customer's place rests on; placing customers who are not in the run.
    #[serde(rename = "explain:read")]
    #[value(name = "explain:read")]
    ExplainRead,
    /// The members of a segment, by page or whole.
    #[serde(rename = "export")]
    #[value(name = "export")]
    Export,
    /// The service's figures.
    #[serde(rename = "admin")]
    #[value(name = "admin")]
    Admin,
}

impl Scope {
    /// The scope's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SegmentsRead => "segments:read",
            Self::AssignmentsRead => "assignments:read",
            Self::ExplainRead => "explain:read",
            Self::Export => "export",
            Self::Admin => "admin",
        }
    }
}

/// A key in use.
#[derive(Debug)]
pub struct Key {
    /// The public part.
    pub id: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// How many ids it may ask for.
    pub rate: Arc<Rate>,
    sha256: [u8; 32],
    expires: Option<i64>,
    revoked: bool,
}

/// Why a request with these credentials is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no `Authorization: Bearer …`.
    Missing,
    /// There are several, and who asks by which is not clear.
    Several,
    /// The key is none of ours.
    Invalid,
    /// The key with this id was revoked.
    Revoked(String),
    /// The time of the key with this id has passed.
    Expired(String),
}

/// All keys of a file.
#[derive(Debug, Default)]
pub struct KeySet(HashMap<String, Arc<Key>>);

impl KeySet {
    /// From a file; `rate` is the limit of keys that have none of their own. A key that `before` has
    /// too keeps what it has used of its limit.
    pub fn of(file: &KeyFile, rate: u32, before: &Self) -> Self {
        let keys = file.keys.iter().map(|stored| {
            let limit = stored.ids_per_minute.unwrap_or(rate);
            let known = before.0.get(&stored.id).filter(|key| key.rate.per_minute() == limit);
            let key = Key {
                id: stored.id.clone(),
                scopes: stored.scopes.clone(),
                rate: known.map_or_else(|| Arc::new(Rate::new(limit)), |key| key.rate.clone()),
                sha256: stored.sha256_bytes(),
                expires: stored.expires(),
                revoked: stored.revoked_at.is_some(),
            };
            (stored.id.clone(), Arc::new(key))
        });
        Self(keys.collect())
    }

    /// Number of keys, also those that can no longer be used.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key of an `Authorization` header, at `now` (seconds since 1970). The comparison takes the
    /// same time wherever the secrets differ, and also for an id that does not exist.
    pub fn authenticate(&self, header: Option<&[u8]>, now: i64) -> Result<Arc<Key>, Refusal> {
        let token = header.and_then(bearer).ok_or(Refusal::Missing)?;
        let (id, secret) = split(token).ok_or(Refusal::Invalid)?;
        let key = self.0.get(id);
        let expected = key.map_or([0; 32], |key| key.sha256);
        let same = bool::from(sha256(secret.as_bytes()).ct_eq(&expected));
        let key = key.filter(|_| same).ok_or(Refusal::Invalid)?;
        key.usable(now).map(|()| key.clone())
    }

    /// Whether a key that was let in before would be again, at `now`.
    pub fn still_has(&self, key: &Key, scope: Scope, now: i64) -> Result<(), Refusal> {
        let same =
            self.0.get(&key.id).filter(|known| known.sha256 == key.sha256 && known.scopes.contains(&scope));
        same.ok_or_else(|| Refusal::Revoked(key.id.clone()))?.usable(now)
    }
}

impl Key {
    fn usable(&self, now: i64) -> Result<(), Refusal> {
        match self.expires {
            _ if self.revoked => Err(Refusal::Revoked(self.id.clone())),
            Some(end) if end <= now => Err(Refusal::Expired(self.id.clone())),
            _ => Ok(()),
        }
    }
}

/// Seconds since 1970 by the system's clock. One that stands before 1970 cannot be believed: then no key that expires
/// is good.
fn system_time() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(i64::MAX, |time| time.as_secs() as i64)
}

/// The keys in use, replaced as a whole when their file changes.
///
/// While the file cannot be read nobody knows which keys have been revoked. So what was read last is good for a
/// grace, and then opens nothing.
#[derive(Debug)]
pub struct Keys {
    set: ArcSwap<KeySet>,
    start: Instant,
    /// Seconds since 1970 at `start`.
    started_at: i64,
    /// Milliseconds after `start` at which the file was last read and found valid.
    read: AtomicU64,
    grace: Duration,
}

impl Keys {
    /// No key yet; what will be read is good for `grace` after each reading.
    pub fn new(grace: Duration) -> Self {
        Self::started_at(system_time(), grace)
    }

    fn started_at(started_at: i64, grace: Duration) -> Self {
        Self { set: ArcSwap::default(), start: Instant::now(), started_at, read: AtomicU64::new(0), grace }
    }

    /// Seconds since 1970, never less than at the start and what has passed since: a clock that is set back brings no
    /// expired key to life.
    pub fn now(&self) -> i64 {
        system_time().max(self.started_at.saturating_add(self.start.elapsed().as_secs() as i64))
    }

    /// The keys of now.
    pub fn current(&self) -> arc_swap::Guard<Arc<KeySet>> {
        self.set.load()
    }

    /// Replaces all keys.
    pub fn replace(&self, keys: KeySet) {
        self.set.store(Arc::new(keys));
        self.confirm();
    }

    /// The file says what it said before.
    pub fn confirm(&self) {
        self.read.store(self.start.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Time since the file was last read and found valid.
    pub fn age(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_millis(self.read.load(Ordering::Relaxed)))
    }

    /// Whether the keys are still good.
    pub fn are_current(&self) -> bool {
        self.age() <= self.grace
    }
}

/// A new key: what is stored, and the whole text that is shown once.
pub struct NewKey {
    /// The public part.
    pub id: String,
    /// SHA-256 of the secret, hex.
    pub sha256: String,
    /// The whole key.
    pub text: String,
}

impl NewKey {
    /// From the system's random numbers.
    pub fn generate() -> Result<Self, ring::error::Unspecified> {
        let random: [u8; 38] = ring::rand::generate(&ring::rand::SystemRandom::new())?.expose();
        let (id, secret) = (hex(&random[..ID_DIGITS / 2]), hex(&random[ID_DIGITS / 2..]));
        let sha256 = hex(&sha256(secret.as_bytes()));
        Ok(Self { text: format!("{PREFIX}{id}_{secret}"), id, sha256 })
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn bearer(header: &[u8]) -> Option<&str> {
    let (scheme, token) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn split(token: &str) -> Option<(&str, &str)> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    (id.len() == ID_DIGITS && secret.len() == SECRET_DIGITS).then_some((id, secret))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_clock_that_is_set_back_brings_no_expired_key_to_life() {
        let before = Keys::new(Duration::ZERO);
        assert!((before.now() - system_time()).abs() <= 1);
        // As if the clock had been an hour ahead at the start.
        let set_back = Keys::started_at(system_time() + 3600, Duration::ZERO);
        assert!(set_back.now() >= system_time() + 3599);
    }

    fn stored(new: &NewKey) -> StoredKey {
        StoredKey {
            id: new.id.clone(),
            name: "test".to_owned(),
            sha256: new.sha256.clone(),
            scopes: BTreeSet::from([Scope::Export]),
            ids_per_minute: None,
            created_at: "2026-01-01T00:00:00Z".to_owned(),
            expires_at: Some("2026-02-01T00:00:00Z".to_owned()),
            revoked_at: None,
        }
    }

    fn ask(keys: &KeySet, text: &str) -> Result<String, Refusal> {
        keys.authenticate(Some(format!("Bearer {text}").as_bytes()), 0).map(|key| key.id.clone())
    }

    proptest! {
        #[test]
        fn nothing_but_a_key_opens(header in prop::collection::vec(any::<u8>(), 0..100), rest in "[0-9a-f_]{0,90}") {
            let new = NewKey::generate().expect("random");
            let keys = KeySet::of(&KeyFile::of(vec![stored(&new)]), 0, &KeySet::default());
            prop_assert!(keys.authenticate(Some(&header), 0).is_err());
            let near = format!("Bearer {PREFIX}{}_{rest}", new.id);
            prop_assert_eq!(keys.authenticate(Some(near.as_bytes()), 0).is_ok(), near.ends_with(&new.text));
        }
    }

    #[test]
    fn only_the_whole_key_opens() {
        let (one, other) = (NewKey::generate().expect("random"), NewKey::generate().expect("random"));
        let file = KeyFile::of(vec![stored(&one)]);
        let keys = KeySet::of(&file, 0, &KeySet::default());
        assert_eq!(ask(&keys, &one.text), Ok(one.id.clone()));
        let mut last = one.text.clone();
        let digit = if last.pop() == Some('0') { '1' } else { '0' };
        last.push(digit);
        let mixed = format!("{PREFIX}{}_{}", one.id, &other.text[PREFIX.len() + ID_DIGITS + 1..]);
        for wrong in
            [last.as_str(), &mixed, &other.text, &one.id, "", &one.sha256, &format!("{} x", one.text)]
        {
            assert_eq!(ask(&keys, wrong), Err(Refusal::Invalid), "{wrong}");
        }
        assert_eq!(keys.authenticate(None, 0).expect_err("none"), Refusal::Missing);
        assert_eq!(keys.authenticate(Some(b"Basic x"), 0).expect_err("none"), Refusal::Missing);
        assert_eq!(keys.authenticate(Some(b"Bearer \xff"), 0).expect_err("none"), Refusal::Missing);
        assert!(!format!("{file:?}").contains(&one.text));
    }

    #[test]
    fn a_key_ends_at_its_time_and_when_revoked() {
        let new = NewKey::generate().expect("random");
        let mut file = KeyFile::of(vec![stored(&new)]);
        let at = |file: &KeyFile, now| {
            let keys = KeySet::of(file, 0, &KeySet::default());
            keys.authenticate(Some(format!("bearer {}", new.text).as_bytes()), now).map(|_| ())
        };
        let end = chrono::DateTime::parse_from_rfc3339("2026-02-01T00:00:00Z").expect("a time").timestamp();
        assert_eq!((at(&file, end - 1), at(&file, end)), (Ok(()), Err(Refusal::Expired(new.id.clone()))));
        let before = KeySet::of(&file, 0, &KeySet::default());
        let key = before.authenticate(Some(format!("Bearer {}", new.text).as_bytes()), 0).expect("valid");
        let still = |file: &KeyFile, scope| KeySet::of(file, 0, &before).still_has(&key, scope, 0);
        assert_eq!(still(&file, Scope::Export), Ok(()));
        assert!(still(&file, Scope::Admin).is_err(), "it never had that");
        file.keys[0].revoked_at = Some("2026-01-02T00:00:00Z".to_owned());
        assert_eq!(at(&file, end - 1), Err(Refusal::Revoked(new.id.clone())));
        assert_eq!(still(&file, Scope::Export), Err(Refusal::Revoked(new.id.clone())));
        assert!(still(&KeyFile::of(Vec::new()), Scope::Export).is_err(), "it is gone");
    }

    #[test]
    fn keys_that_cannot_be_read_again_are_good_for_their_grace() {
        let keys = Keys::new(Duration::from_millis(50));
        keys.confirm();
        assert!(keys.are_current());
        std::thread::sleep(Duration::from_millis(100));
        assert!(!keys.are_current());
        keys.replace(KeySet::default());
        assert!(keys.are_current());
    }
}
