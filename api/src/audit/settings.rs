//! Where the audit goes, and the secret of its hashes.

use std::io;
use std::path::PathBuf;

use clap::Args;
use ring::hmac;

use segmentation_lib::record::hex;
use segmentation_lib::regular_file;

use super::AuditError;
use crate::files;

/// Largest file of the secret.
const SECRET_FILE: u64 = 4096;
/// Bytes of the secret.
const SECRET_BYTES: usize = 32;

/// Where the audit goes.
#[derive(Debug, Clone, Args)]
pub struct AuditSettings {
    /// File of the audit, `-` for standard output; without it there is none.
    #[arg(long, env = "SEGMENT_AUDIT", value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// File of the secret that customer ids are hashed with; made when missing. By default the audit's
    /// file with `.secret` added.
    #[arg(long, env = "SEGMENT_AUDIT_SECRET", value_name = "FILE")]
    pub audit_secret: Option<PathBuf>,
    /// Size in bytes at which the audit's file is set aside and a new one begun.
    #[arg(long, env = "SEGMENT_AUDIT_MAX_BYTES", default_value_t = 100 << 20, value_parser = clap::value_parser!(u64).range(1024..))]
    pub audit_max_bytes: u64,
    /// How many files that were set aside are kept.
    #[arg(long, env = "SEGMENT_AUDIT_KEEP", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub audit_keep: u32,
}

impl AuditSettings {
    fn secret_path(&self) -> Result<PathBuf, AuditError> {
        match (&self.audit_secret, &self.audit) {
            (Some(path), _) => Ok(path.clone()),
            (None, Some(audit)) if audit.as_os_str() != "-" => Ok(audit.with_added_extension("secret")),
            _ => Err(AuditError::SecretPath),
        }
    }

    /// The secret's key, from its file.
    pub fn secret(&self) -> Result<hmac::Key, AuditError> {
        let path = self.secret_path()?;
        let failed = |source| AuditError::Secret { path: path.clone(), source };
        let text = regular_file::read_text(&path, SECRET_FILE).map_err(failed)?;
        let text = text.trim_ascii_end();
        if text.len() != 2 * SECRET_BYTES || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(AuditError::NoSecret { path });
        }
        Ok(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()))
    }

    /// The same; a server makes the file when it is missing.
    pub(super) fn secret_or_new(&self) -> Result<hmac::Key, AuditError> {
        let path = self.secret_path()?;
        let failed = |source| AuditError::Secret { path: path.clone(), source };
        if !path.try_exists().map_err(failed)? {
            let random: [u8; SECRET_BYTES] = ring::rand::generate(&ring::rand::SystemRandom::new())
                .map_err(|_| failed(io::Error::other("the system gives no random numbers")))?
                .expose();
            files::replace(&path, format!("{}\n", hex(&random)).as_bytes()).map_err(failed)?;
        }
        self.secret()
    }
}
