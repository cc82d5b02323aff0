//! Encrypted connections: how far they are asked for, and whom they trust.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tables::address::PostgresAddress;
use crate::tables::error::TableError;

/// How a connection is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Protection {
    pub mode: SslMode,
    /// Whose certificates are trusted; none takes any.
    trusted: Option<Roots>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Roots {
    /// The public ones.
    Public,
    File(PathBuf),
}

impl Protection {
    /// What an address asks for, else PGSSLMODE; as psql does, encrypted where the server can.
    pub fn of(address: &PostgresAddress, shown: &str) -> Result<Self, TableError> {
        let setting = |name: &str, variable: &str| {
            address
                .settings
                .get(name)
                .cloned()
                .or_else(|| std::env::var(variable).ok())
                .filter(|text| !text.is_empty())
        };
        let file = setting("sslrootcert", "PGSSLROOTCERT").filter(|file| file != "system").map(PathBuf::from);
        let mode = setting("sslmode", "PGSSLMODE").unwrap_or_else(|| "prefer".to_owned());
        Self::new(&mode, file).ok_or_else(|| TableError::Setting {
            origin: shown.to_owned(),
            what: "sslmode",
            seen: mode,
            allowed: "it may be disable, prefer, require or verify-full",
        })
    }

    /// `require` takes any certificate, unless it is said whose are trusted.
    fn new(mode: &str, file: Option<PathBuf>) -> Option<Self> {
        Some(match mode {
            "disable" => Self { mode: SslMode::Disable, trusted: None },
            "prefer" => Self { mode: SslMode::Prefer, trusted: None },
            "require" => Self { mode: SslMode::Require, trusted: file.map(Roots::File) },
            "verify-full" => {
                Self { mode: SslMode::Require, trusted: Some(file.map_or(Roots::Public, Roots::File)) }
            }
            _ => return None,
        })
    }

    /// What makes connections so.
    pub fn connector(&self, shown: &str) -> Result<MakeRustlsConnect, TableError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| broken(shown, &error))?;
        let config = match &self.trusted {
            None => builder.dangerous().with_custom_certificate_verifier(Arc::new(Any(provider))),
            Some(Roots::Public) => builder
                .with_root_certificates(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }),
            Some(Roots::File(path)) => builder.with_root_certificates(roots(path, shown)?),
        };
        Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
    }
}

fn broken(shown: &str, reason: &dyn std::fmt::Display) -> TableError {
    TableError::Unsafe {
        address: shown.to_owned(),
        reason: reason.to_string(),
        way_out: "sslmode=disable goes without",
    }
}

fn roots(path: &Path, shown: &str) -> Result<RootCertStore, TableError> {
    let unusable = || TableError::Setting {
        origin: shown.to_owned(),
        what: "sslrootcert",
        seen: path.display().to_string(),
        allowed: "it must be a file of certificates in PEM that can be read",
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|_| unusable())? {
        roots.add(certificate.map_err(|_| unusable())?).map_err(|_| unusable())?;
    }
    if roots.is_empty() { Err(unusable()) } else { Ok(roots) }
}

/// Takes every certificate: what is sent is encrypted, and nobody says who reads it.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_verified_connections_trust_somebody() {
        let file = || Some(PathBuf::from("ca.pem"));
        let trusted = |mode, file| Protection::new(mode, file).expect("a mode").trusted;
        assert_eq!(trusted("verify-full", None), Some(Roots::Public));
        assert_eq!(trusted("verify-full", file()), Some(Roots::File("ca.pem".into())));
        assert_eq!(trusted("require", file()), Some(Roots::File("ca.pem".into())));
        assert_eq!((trusted("require", None), trusted("prefer", file())), (None, None));
        assert_eq!(Protection::new("yes", None), None);
    }
}
