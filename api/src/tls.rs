//! TLS from certificate files, replaced without a restart.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use clap::Args;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme};

/// Files of the certificate.
#[derive(Debug, Clone, Args)]
pub struct TlsSettings {
    /// PEM file of the certificate and those up to the authority; with it the service speaks TLS alone.
    #[arg(long, env = "SEGMENT_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// PEM file of the certificate's private key.
    #[arg(long, env = "SEGMENT_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

impl TlsSettings {
    /// Certificate and key; `None` without TLS.
    pub fn files(&self) -> Option<[PathBuf; 2]> {
        Some([self.tls_cert.clone()?, self.tls_key.clone()?])
    }
}

/// The certificate in use.
#[derive(Debug)]
pub struct Certificate {
    current: ArcSwap<CertifiedKey>,
}

/// The files hold no usable certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not PEM, or nothing of the kind in it.
    #[error("no {what} in PEM form: {source}")]
    Pem {
        /// What was looked for.
        what: &'static str,
        /// What was found.
        source: rustls::pki_types::pem::Error,
    },
    /// The two do not belong together, or are of a kind that is not supported.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Certificate {
    /// From the bytes of both files.
    pub fn of(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self { current: ArcSwap::new(Arc::new(certified(certificate, key)?)) })
    }

    /// Takes the files' new bytes; on an error the certificate in use stays.
    pub fn replace(&self, certificate: &[u8], key: &[u8]) -> Result<(), TlsError> {
        self.current.store(Arc::new(certified(certificate, key)?));
        Ok(())
    }

    /// The server's side of TLS 1.2 and 1.3 with this certificate.
    pub fn server_config(self: Arc<Self>) -> Result<ServerConfig, TlsError> {
        let builder =
            ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        Ok(builder.with_no_client_auth().with_cert_resolver(self))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certified(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, TlsError> {
    let pem = |what| move |source| TlsError::Pem { what, source };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>().map_err(pem("certificate"))?;
    if chain.is_empty() {
        return Err(pem("certificate")(rustls::pki_types::pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(pem("private key"))?;
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}

/// The side of a client on the server's own machine, which has the certificate's file: it trusts that
/// certificate alone, whatever names and dates are in it.
pub(crate) fn client_config(certificate: &[u8]) -> Result<ClientConfig, TlsError> {
    let certificate = CertificateDer::from_pem_slice(certificate)
        .map_err(|source| TlsError::Pem { what: "certificate", source })?;
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let verifier = Arc::new(Only(certificate));
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Accepts one certificate, from whoever proves to have its key.
#[derive(Debug)]
struct Only(CertificateDer<'static>);

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *certificate != self.0 {
            return Err(rustls::Error::General("another certificate than that of the file".to_owned()));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
