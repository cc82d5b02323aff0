//! Names of this machine.
//!
//! Without keys whoever reaches the port may ask, and only this machine does. A page in its browser does too when the
//! page's own name is made to point here (DNS rebinding): then the browser sends that name as the host. So without
//! keys a request must name this machine: loopback, or a name without a dot, which nobody can register.

use std::net::IpAddr;

use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// Hosts that may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// Keys protect the data.
    Any,
    /// This machine's own names and these.
    Own(Vec<String>),
}

impl Hosts {
    /// Whether a request may ask for the host it does. HTTP/1.0 names none, and no browser speaks it.
    pub fn allow(&self, request: &RequestHead) -> bool {
        let Self::Own(more) = self else { return true };
        if request.uri.authority().is_none() && names_loopback(&request.headers) {
            return true;
        }
        let text = |value: &HeaderValue| std::str::from_utf8(value.as_bytes()).map(str::to_owned);
        let named = request.uri.authority().map(|authority| Ok(authority.as_str().to_owned()));
        let mut hosts = request.headers.get_all(header::HOST).map(text).chain(named);
        hosts.all(|host| host.is_ok_and(|host| is_own(&host, more)))
    }
}

/// Whether the one host named is what nearly everybody names.
fn names_loopback(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).map(HeaderValue::as_bytes);
    let (first, more) = (hosts.next(), hosts.next());
    let rest = |host: &'static str| first.and_then(|seen| seen.strip_prefix(host.as_bytes()));
    let port = |rest: &[u8]| rest.strip_prefix(b":").is_some_and(|port| port.iter().all(u8::is_ascii_digit));
    let named = rest("127.0.0.1").or_else(|| rest("localhost"));
    more.is_none() && named.is_some_and(|rest| rest.is_empty() || port(rest))
}

fn is_own(host: &str, more: &[String]) -> bool {
    let Some(name) = without_port(host) else { return false };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    match address(&name) {
        Some(address) if address.to_canonical().is_loopback() => true,
        Some(address) => more.contains(&address.to_string()),
        // What is no name is not taken for one without a dot: `evil%2eexample` has one.
        None if is_name(&name) => !name.contains('.') || name.ends_with(".localhost") || more.contains(&name),
        None => false,
    }
}

/// The name or the address; `None` where what follows it is no port.
fn without_port(host: &str) -> Option<&str> {
    let end = match host.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, port) = host.split_at(end);
    let is_port = port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    (port.is_empty() || is_port).then_some(name)
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.bytes().all(plain)
}

/// A name for the list of those allowed: without port, in lower case; an address in its one usual form.
pub fn parse(text: &str) -> Result<String, String> {
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    match address(&name) {
        Some(address) => Ok(address.to_string()),
        None if is_name(&name) => Ok(name),
        None => Err("a host is a name or an address without a port, such as segments.example.com".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_and_those_allowed_are_its_own() {
        let more = ["segments.example.com", "10.0.0.5", "[2001:DB8:0::5]"];
        let more = more.map(|host| parse(host).expect("a host"));
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1",
            "127.8.0.1:80",
            "[::1]:8080",
            "[::1]",
            "[::ffff:127.0.0.1]:1",
            "app.localhost:1",
            "my-machine:8080",
            "localhost.",
            "Segments.Example.com:443",
            "10.0.0.5:80",
            "[2001:db8::5]:443",
        ] {
            assert!(is_own(host, &more), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example",
            "10.0.0.6",
            "[2001:db8::1]:80",
            "evil.example.",
            "localhost@evil.example",
            "example.com",
            "",
            ":80",
            "2001:db8::1",
            "[2001:db8::1",
            "a:80:evil.example",
            "localhost:80.evil.example",
            "evil%2eexample",
            "evil\u{3002}example",
            "evil\\.localhost",
            "localhost, evil.example",
        ] {
            assert!(!is_own(host, &more), "{host}");
        }
    }

    #[test]
    fn the_short_way_takes_loopback_alone() {
        let headers = |hosts: &[&'static str]| {
            let hosts = hosts.iter().map(|host| (header::HOST, HeaderValue::from_static(host)));
            let mut headers = HeaderMap::new();
            hosts.for_each(|(name, value)| headers.append(name, value));
            headers
        };
        for host in ["localhost", "127.0.0.1:8080", "localhost:1"] {
            assert!(names_loopback(&headers(&[host])), "{host}");
        }
        for hosts in
            [&["localhost.evil"][..], &["127.0.0.1.evil:1"], &["127.0.0.12"], &["localhost", "evil"], &[]]
        {
            assert!(!names_loopback(&headers(hosts)), "{hosts:?}");
        }
    }

    #[test]
    fn a_host_that_is_allowed_has_no_port() {
        assert_eq!(parse("Segments.Example.com."), Ok("segments.example.com".to_owned()));
        for wrong in ["", "a:80", "http://a", "a/b", "*"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
