//! TLS as clients meet it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::helpers::{publish, spawn_server};
use crate::sample;

/// Writes a new certificate for `localhost` and its key; gives what a client trusts.
pub fn write_certificate(dir: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    std::fs::write(dir.join("cert.pem"), made.cert.pem()).expect("written");
    made.cert.der().clone()
}

fn get(address: SocketAddr, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions");
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let client = ClientConnection::new(config, "localhost".try_into().expect("a name")).expect("a client");
    let mut stream = StreamOwned::new(client, TcpStream::connect(address)?);
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(String::from_utf8_lossy(&answer).into_owned()),
    }
}

#[test]
fn the_certificate_is_replaced_without_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = write_certificate(dir.path());
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let (address, _store, _dir) = spawn_server(&["--tls-cert", &cert, "--tls-key", &key], |store| {
        drop(publish(store, &sample::snapshot(20, 1)))
    });
    let answer = get(address, &first).expect("answered");
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("strict-transport-security: "),
        "{answer}"
    );
    // A certificate without its key, and no certificate at all, change nothing.
    let whole = std::fs::read(&cert).expect("there");
    for broken in [&b"none"[..], &whole[..whole.len() / 2]] {
        std::fs::write(&cert, broken).expect("written");
        std::thread::sleep(Duration::from_millis(100));
        get(address, &first).expect("answered with the certificate before");
    }
    let second = write_certificate(dir.path());
    let deadline = Instant::now() + Duration::from_secs(20);
    while get(address, &second).is_err() {
        assert!(Instant::now() < deadline, "the new certificate is never used");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(get(address, &first).is_err());
    // Nothing is answered in clear.
    let mut plain = TcpStream::connect(address).expect("it listens");
    plain.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").expect("it reads");
    let mut seen = Vec::new();
    // The service may also reset the connection.
    let _ = plain.read_to_end(&mut seen);
    assert!(!seen.starts_with(b"HTTP/1.1 2"));
}
