//! HTTP/2: many requests on a connection, by a client that opens no window and answers every ping.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::service::{Home, Service};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const ACK: u8 = 1;

struct Client(StreamOwned<ClientConnection, TcpStream>);

fn serve(home: &Home) -> (Service, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(home.path("key.pem"), made.signing_key.serialize_pem()).expect("written");
    std::fs::write(home.path("cert.pem"), made.cert.pem()).expect("written");
    let files = [home.text("cert.pem"), home.text("key.pem")];
    let service = home.serve(&["--tls-cert", &files[0], "--tls-key", &files[1], "--keep-alive", "1"]);
    (service, made.cert.der().clone())
}

impl Client {
    /// Connects with a window of 0 for every answer.
    fn connect(service: &Service, trusted: &CertificateDer<'static>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions");
        let mut config = versions.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = "localhost".try_into().expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut client = Self(StreamOwned::new(tls, service.connect()));
        client.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").expect("it reads");
        client.send(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
        client
    }

    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = (payload.len() as u32).to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        // The service may have closed the connection.
        let _ = self.0.write_all(&[&head, payload].concat());
    }

    /// Sends frames as fast as they are taken, until the service takes no more; reads nothing.
    fn flood(&mut self, n: u32, mut frame: impl FnMut(&mut Self, u32)) {
        self.0.sock.set_write_timeout(Some(Duration::from_millis(500))).expect("a timeout");
        for at in 0..n {
            frame(self, at);
            if self.0.sock.take_error().is_ok_and(|error| error.is_some()) || self.0.flush().is_err() {
                return;
            }
        }
    }

    /// GET of a path as the `n`th request.
    fn ask(&mut self, n: u32, path: &str) {
        let text = |name: u8, text: &str| [&[name, text.len() as u8], text.as_bytes()].concat();
        // GET, https, accept-encoding: gzip, deflate.
        let payload = [&[0x82, 0x87][..], &text(4, path), &text(1, "localhost"), &[0x90]].concat();
        // The request ends with its head.
        self.send(HEADERS, 5, 2 * n + 1, &payload);
    }

    /// The next frame's kind, flags and payload; `None` when the connection was closed.
    fn receive(&mut self) -> Option<(u8, u8, Vec<u8>)> {
        let mut head = [0; 9];
        match self.0.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("it is never closed"),
            Err(_) => return None,
        }
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        self.0.read_exact(&mut payload).ok()?;
        match (head[3], head[4] & ACK) {
            (SETTINGS, 0) => self.send(SETTINGS, ACK, 0, &[]),
            (PING, 0) => self.send(PING, ACK, 0, &payload),
            _ => {}
        }
        Some((head[3], head[4], payload))
    }

    /// Whether each of the next `n` answers is 200.
    fn statuses(&mut self, n: usize) -> Vec<bool> {
        let mut seen = Vec::new();
        while seen.len() < n {
            let (kind, _, payload) = self.receive().expect("it answers");
            if kind == HEADERS {
                seen.push(payload[0] == 0x88);
            }
        }
        seen
    }
}

#[test]
fn exports_without_a_window_are_few_and_their_connection_is_closed() {
    let home = Home::of(20_000);
    let (service, trusted) = serve(&home);
    let descriptors = service.descriptors();
    let mut client = Client::connect(&service, &trusted);
    (0..150).for_each(|n| client.ask(n, "/v1/segments/1/export"));
    let good = client.statuses(150).into_iter().filter(|&good| good).count();
    assert!((1..=64).contains(&good), "{good} exports at once");
    while client.receive().is_some() {}
    assert!(crate::service::eventually(|| service.descriptors() <= descriptors));
}

#[test]
fn a_connection_has_so_many_requests_open() {
    let home = Home::of(20);
    let (service, trusted) = serve(&home);
    let mut client = Client::connect(&service, &trusted);
    (0..150).for_each(|n| client.ask(n, "/v1/customers/C0000001/segment"));
    let good = client.statuses(150).into_iter().filter(|&good| good).count();
    assert_eq!(good, 100);
    while client.receive().is_some() {}
    let mut next = Client::connect(&service, &trusted);
    next.ask(0, "/health/live");
    assert_eq!(next.statuses(1), [true]);
}

#[test]
fn a_file_that_many_ask_for_at_once_is_packed_once() {
    let home = Home::of(20);
    let (service, trusted) = serve(&home);
    let idle = service.memory("VmRSS");
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(&service, &trusted)).collect();
    for client in &mut clients {
        (0..100).for_each(|n| client.ask(n, "/docs/swagger-ui-bundle.js"));
    }
    for client in &mut clients {
        assert_eq!(client.statuses(100), [true; 100]);
    }
    let peak = service.memory("VmHWM") - idle;
    assert!(peak < 48 << 20, "{} MiB over idle", peak >> 20);
}

/// The framework takes 16 MiB of one before it refuses it.
#[test]
fn a_head_that_never_ends_closes_its_connection() {
    let home = Home::of(20);
    let (service, trusted) = serve(&home);
    let idle = service.memory("VmRSS");
    let field = [&[0, 1, b'x', 100][..], &[b'y'; 100]].concat();
    let fields = field.repeat(150);
    let mut clients: Vec<_> = (0..8).map(|_| Client::connect(&service, &trusted)).collect();
    for client in &mut clients {
        client.send(HEADERS, 0, 1, &[0x82, 0x87]);
        (0..600).for_each(|_| client.send(CONTINUATION, 0, 1, &fields));
    }
    let peak = service.memory("VmHWM") - idle;
    assert!(peak < 32 << 20, "{} MiB over idle", peak >> 20);
    for client in &mut clients {
        while client.receive().is_some() {}
    }
}

/// Frames that cost their sender nothing: what each makes the service do or keep is bounded, and others are answered.
#[test]
fn floods_of_small_frames_stay_small_and_others_are_answered() {
    let home = Home::of(20);
    let (service, trusted) = serve(&home);
    let (idle, descriptors) = (service.memory("VmRSS"), service.descriptors());
    type Frame = fn(&mut Client, u32);
    let floods: [(&str, Frame); 7] = [
        ("pings", |client, n| client.send(PING, 0, 0, &u64::from(n).to_be_bytes())),
        ("settings", |client, n| client.send(SETTINGS, 0, 0, &[&[0, 4][..], &n.to_be_bytes()].concat())),
        ("requests taken back at once", |client, n| {
            client.ask(n, "/v1/segments");
            client.send(RST_STREAM, 0, 2 * n + 1, &[0, 0, 0, 8]);
        }),
        ("priorities", |client, n| client.send(PRIORITY, 0, 2 * n + 1, &[0, 0, 0, 0, 1])),
        ("windows", |client, _| client.send(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        ("empty pieces of a body", |client, n| match n {
            0 => client.send(HEADERS, 4, 1, &[0x83, 0x87, 0x84, 0x41, 1, b'x']),
            _ => client.send(DATA, 0, 1, &[]),
        }),
        ("frames of no known kind", |client, n| client.send(200, 0, n, &[0; 8])),
    ];
    for (what, frame) in floods {
        let mut attacker = Client::connect(&service, &trusted);
        attacker.flood(20_000, frame);
        let mut other = Client::connect(&service, &trusted);
        other.ask(0, "/health/live");
        assert_eq!(other.statuses(1), [true], "{what}");
        let peak = service.memory("VmHWM").saturating_sub(idle);
        assert!(peak < 32 << 20, "{what}: {} MiB over idle", peak >> 20);
        drop((attacker, other));
        assert!(crate::service::eventually(|| service.descriptors() <= descriptors), "{what}");
    }
}
