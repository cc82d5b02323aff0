//! `segmentation-api healthcheck`: asks the server on this machine, for images that hold nothing but it.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use rustls::{ClientConnection, StreamOwned};

use segmentation_lib::regular_file;

use crate::reload::MOST_BYTES;
use crate::tls::{TlsSettings, client_config};

/// Which server to ask, and what.
#[derive(Debug, Clone, Args)]
pub struct ProbeArgs {
    /// Address that the server listens on.
    #[arg(long, env = "SEGMENT_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// Certificate that the server must show.
    #[command(flatten)]
    pub tls: TlsSettings,
    /// Ask only whether it runs, not whether it serves a run.
    #[arg(long)]
    pub live: bool,
    /// Seconds to wait for the connection, and again for the answer.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub timeout: u64,
}

/// Asks; gives the answer's body, or an error for any status but 200.
pub fn execute(args: &ProbeArgs) -> anyhow::Result<String> {
    let address = reachable(args.bind);
    let answer = ask(address, args)
        .with_context(|| format!("no answer from {address}; is the server running, with this --bind?"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if !head.starts_with("HTTP/1.1 200 ") {
        bail!("{address} answers {}: {body}", head.lines().next().unwrap_or("nothing"));
    }
    Ok(body.to_owned())
}

/// A server that listens on every address is asked on loopback.
fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

fn ask(address: SocketAddr, args: &ProbeArgs) -> anyhow::Result<String> {
    let timeout = Duration::from_secs(args.timeout);
    let stream = TcpStream::connect_timeout(&address, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    let path = if args.live { "/health/live" } else { "/health/ready" };
    let Some([certificate, _]) = args.tls.files() else { return Ok(exchange(stream, path)?) };
    let pem = regular_file::read(&certificate, MOST_BYTES)
        .with_context(|| format!("cannot read {}", certificate.display()))?;
    let client = ClientConnection::new(client_config(&pem)?.into(), address.ip().into())?;
    Ok(exchange(StreamOwned::new(client, stream), path)?)
}

fn exchange(mut stream: impl Read + Write, path: &str) -> io::Result<String> {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        // The server ends the connection without TLS's farewell.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !answer.is_empty() => {}
        other => drop(other?),
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_every_address_is_asked_on_loopback() {
        for (bind, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("192.168.1.7:80", "192.168.1.7:80"),
        ] {
            assert_eq!(reachable(bind.parse().expect("an address")), asked.parse().expect("an address"));
        }
    }
}
