//! The name of a run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest name accepted; ours have 28 characters.
const MAX_LENGTH: usize = 64;

/// The name of a run: creation time (UTC, to the millisecond) and the first eight digits of the content's SHA-256, as
/// in `20111210T080000000Z-1f3a9c52`. Names sort by time. Letters, digits, `-` and `_` only, so that
/// one is always a plain directory name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// A text that names no run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{seen:?} is not a run id: 1 to {MAX_LENGTH} letters, digits, '-' or '_', such as 20111210T080000000Z-1f3a9c52"
)]
pub struct InvalidRunId {
    /// The text seen.
    pub seen: String,
}

impl RunId {
    /// The id that belongs to this creation time (RFC 3339) and digest; `None` when the time cannot
    /// be read.
    pub(crate) fn of_content(created_at: &str, content_sha256: &str) -> Option<Self> {
        let time = chrono::DateTime::parse_from_rfc3339(created_at).ok()?.to_utc();
        Some(Self(format!("{}-{}", time.format("%Y%m%dT%H%M%S%3fZ"), content_sha256.get(..8)?)))
    }

    /// The creation time as the id has it: what stands before the digest. An erasure gives a run another id of the same
    /// moment.
    pub fn moment(&self) -> &str {
        self.0.rsplit_once('-').map_or(&self.0, |(moment, _)| moment)
    }

    /// The day of the creation time (UTC); none in a name that says no time.
    pub fn day(&self) -> Option<chrono::NaiveDate> {
        chrono::NaiveDate::parse_from_str(self.0.get(..8)?, "%Y%m%d")
            .ok()
            .filter(|_| self.0.as_bytes().get(8) == Some(&b'T'))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = InvalidRunId;

    fn from_str(text: &str) -> Result<Self, InvalidRunId> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidRunId { seen: text.to_owned() })
        }
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidRunId;

    fn try_from(text: String) -> Result<Self, InvalidRunId> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> String {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_directory_are_refused() {
        for text in ["", ".", "..", "a/b", "../x", "a b", "é", "a\n", &"x".repeat(65)] {
            assert_eq!(text.parse::<RunId>(), Err(InvalidRunId { seen: text.to_owned() }));
        }
    }

    #[test]
    fn the_id_is_time_and_digest_in_utc() {
        let id = RunId::of_content("2011-12-10T09:00:00+01:00", "1f3a9c52aabb").expect("a valid time");
        assert_eq!(id.as_str(), "20111210T080000000Z-1f3a9c52");
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert_eq!(RunId::of_content("yesterday", "1f3a9c52"), None);
    }
}
