//! The file of keys: hashes, never a secret; replaced as a whole, readable by its owner only.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Scope;
use segmentation_lib::regular_file;

use crate::files;

/// Largest file: some ten thousand keys.
const MOST_BYTES: u64 = 8 << 20;
/// Longest name of a key, in characters.
const LONGEST_NAME: usize = 100;
/// The format that this program writes.
const VERSION: u32 = 1;

/// What is stored of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredKey {
    /// The public part.
    pub id: String,
    /// Who uses it.
    pub name: String,
    /// SHA-256 of the secret, hex.
    pub sha256: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// Its limit; the server's where there is none, no limit for 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids_per_minute: Option<u32>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; for ever where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

impl StoredKey {
    pub(super) fn sha256_bytes(&self) -> [u8; 32] {
        let digit = |i: usize| u8::from_str_radix(&self.sha256[2 * i..2 * i + 2], 16);
        std::array::from_fn(|i| digit(i).expect("64 hexadecimal digits, checked when the file was read"))
    }

    /// Seconds since 1970.
    pub(super) fn expires(&self) -> Option<i64> {
        let time = |text: &str| chrono::DateTime::parse_from_rfc3339(text);
        self.expires_at.as_deref().map(|text| time(text).expect("checked when the file was read").timestamp())
    }

    fn check(&self) -> Result<(), String> {
        let hex = |text: &str, n| text.len() == n && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex(&self.id, super::ID_DIGITS) || !hex(&self.sha256, super::SECRET_DIGITS) {
            return Err(format!(
                "key {:?}: its id or its hash is not hexadecimal of the right length",
                self.id
            ));
        }
        if self.name.chars().count() > LONGEST_NAME || self.name.chars().any(char::is_control) {
            return Err(format!(
                "key {:?}: its name {:?} has line breaks or other control characters, or more than {LONGEST_NAME} \
                 characters",
                self.id,
                self.name.chars().take(LONGEST_NAME).collect::<String>()
            ));
        }
        let unreadable = |text: &String| chrono::DateTime::parse_from_rfc3339(text).is_err();
        if let Some(seen) = self.expires_at.as_ref().filter(|text| unreadable(text)) {
            return Err(format!("key {:?}: expires_at {seen:?} is not an RFC 3339 time", self.id));
        }
        Ok(())
    }
}

/// All keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    version: u32,
    /// In order of creation.
    pub keys: Vec<StoredKey>,
}

impl Default for KeyFile {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

/// The file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The system refused.
    #[error("cannot {action} the file of keys {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is none.
    #[error("there is no file of keys {}; `segmentation-api keys create` makes it", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It is none.
    #[error("{} is not a file of keys: {reason}; restore it, or move it away and create new keys", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl KeyFile {
    /// A file of these keys.
    pub fn of(keys: Vec<StoredKey>) -> Self {
        Self { version: VERSION, keys }
    }

    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        Self::parse(path, &Self::bytes(path)?)
    }

    /// A file's bytes, unchecked.
    pub fn bytes(path: &Path) -> Result<Vec<u8>, KeyFileError> {
        let path = path.to_owned();
        regular_file::read(&path, MOST_BYTES).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => KeyFileError::Missing { path },
            _ => KeyFileError::Io { action: "read", path, source },
        })
    }

    /// Checks a file's bytes.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, KeyFileError> {
        let content = |reason| KeyFileError::Content { path: path.to_owned(), reason };
        let file: Self = serde_json::from_slice(bytes).map_err(|error| content(error.to_string()))?;
        if file.version != VERSION {
            let version = file.version;
            return Err(content(format!("its version is {version}, this program reads {VERSION}")));
        }
        let mut ids = BTreeSet::new();
        for key in &file.keys {
            key.check().map_err(content)?;
            if !ids.insert(&key.id) {
                return Err(content(format!("key {:?} is listed twice", key.id)));
            }
        }
        Ok(file)
    }

    /// Reads, changes and replaces the file while no other process does; a missing one is empty.
    /// A process that dies leaves the file before or the file after, never something between.
    pub fn update<T>(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, anyhow::Error>,
    ) -> Result<T, anyhow::Error> {
        // A file in the place of a link would leave the keys that servers read as they were.
        let followed = files::followed(path);
        let path = followed.as_path();
        let _lock = lock(path)?;
        let mut file = match Self::read(path) {
            Err(KeyFileError::Missing { .. }) => Self::default(),
            other => other?,
        };
        let result = change(&mut file)?;
        for key in &file.keys {
            key.check().map_err(anyhow::Error::msg)?;
        }
        file.write(path)?;
        Ok(result)
    }

    fn write(&self, path: &Path) -> Result<(), KeyFileError> {
        let failed = |source| KeyFileError::Io { action: "write", path: path.to_owned(), source };
        let json = serde_json::to_vec_pretty(self).expect("plain structs always serialise");
        files::replace(path, &[&json[..], b"\n"].concat()).map_err(failed)
    }
}

fn lock(path: &Path) -> Result<File, KeyFileError> {
    let beside = path.with_added_extension("lock");
    files::lock(&beside).map_err(|source| KeyFileError::Io { action: "lock", path: path.to_owned(), source })
}
