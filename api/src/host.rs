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
    let name = without_port(host).trim_end_matches('.').to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address {
        Ok(address) if address.to_canonical().is_loopback() => true,
        Ok(_) => more.contains(&name),
        Err(_) => {
            !name.contains(['.', '@', '/', '\\']) || name.ends_with(".localhost") || more.contains(&name)
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        // The colons of an address in brackets are not followed by a port.
        Some(colon) if !host[colon..].contains(']') => &host[..colon],
        _ => host,
    }
}

/// A name for the list of those allowed: without port, in lower case.
pub fn parse(text: &str) -> Result<String, String> {
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if address || (!name.is_empty() && name.chars().all(plain)) {
        return Ok(name);
    }
    Err("a host is a name or an address without a port, such as segments.example.com".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_and_those_allowed_are_its_own() {
        let more = ["segments.example.com".to_owned(), "10.0.0.5".to_owned()];
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
