//! Where a Spark Connect server is, and who asks.

use spark_connect_core::ChannelBuilder;

use crate::error::Error;

/// Parameters of an address that hold true or false.
const SWITCHES: [&str; 1] = ["use_ssl"];

/// An address as Spark's clients take it. Its token never appears in a text.
pub struct Address {
    parsed: ChannelBuilder,
    token: Option<String>,
}

impl Address {
    /// Reads `sc://HOST[:PORT][/;NAME=VALUE...]`; `token` is used where the address holds none.
    ///
    /// # Errors
    /// For an address that cannot be read, and for a token that would go to another machine without TLS.
    pub fn parse(url: &str, token: Option<String>) -> Result<Self, Error> {
        let fault = |fault: &str| Error::Address { fault: fault.to_owned() };
        if !url.starts_with("sc://") {
            return Err(fault("does not begin with sc://"));
        }
        // The client's own message would repeat the address, with a token in it.
        let parsed = ChannelBuilder::parse(url).map_err(|_| {
            fault("has no host, a port that is no number, a path, or a parameter that is not NAME=VALUE")
        })?;
        if parsed.get("session_id").is_some() {
            // Its time zone would be changed for whoever else uses it, and the session closed at the end.
            return Err(fault("joins a session (session_id), and each query gets its own"));
        }
        for name in SWITCHES {
            if parsed.get(name).is_some_and(|value| !["true", "false"].contains(&value)) {
                return Err(Error::Address { fault: format!("has a {name} that is neither true nor false") });
            }
        }
        let token = parsed.token().or(token).filter(|token| !token.is_empty());
        let address = Self { parsed, token };
        if address.token.is_some() && !address.is_tls() && !address.parsed.is_loopback() {
            return Err(Error::ClearToken { place: address.name() });
        }
        Ok(address)
    }

    /// The address as texts show it: host and port.
    pub fn name(&self) -> String {
        format!("sc://{}", self.parsed.endpoint())
    }

    /// Host and port, as a socket takes them.
    pub fn endpoint(&self) -> String {
        self.parsed.endpoint()
    }

    /// The host alone, which a certificate must name.
    pub fn host(&self) -> &str {
        self.parsed.host().trim_matches(['[', ']'])
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.parsed.use_ssl()
    }

    /// The bearer token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The user that the session belongs to; the server takes an empty one for its own.
    pub fn user(&self) -> &str {
        self.parsed.user_id().unwrap_or_default()
    }

    /// Every other parameter, which is a header of each call (Databricks' x-databricks-cluster-id).
    pub fn headers(&self) -> Vec<(String, String)> {
        self.parsed.metadata()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        let Err(error) = Address::parse(url, None) else { panic!("{url} was taken") };
        assert_eq!(error.exit_code(), crate::error::BAD_INPUT);
        error.to_string()
    }

    #[test]
    fn the_name_of_an_address_has_neither_token_nor_parameters() {
        let address = Address::parse("sc://Host:99/;use_ssl=true;token=secret;x-id=7", None).expect("read");
        assert_eq!(address.name(), "sc://host:99");
        assert_eq!(address.token(), Some("secret"));
        assert_eq!(address.headers(), [("x-id".to_owned(), "7".to_owned())]);
        assert!(address.is_tls());
    }

    #[test]
    fn the_port_is_spark_connects_where_none_is_named() {
        assert_eq!(Address::parse("sc://[::1]", None).expect("read").name(), "sc://[::1]:15002");
    }

    #[test]
    fn the_environments_token_serves_where_the_address_has_none() {
        let address = |url| Address::parse(url, Some("outer".to_owned())).expect("read");
        assert_eq!(address("sc://localhost").token(), Some("outer"));
        assert_eq!(address("sc://localhost/;token=inner").token(), Some("inner"));
    }

    #[test]
    fn a_faulty_address_is_refused_without_being_repeated() {
        for url in [
            "spark://h:1/;token=secret",
            "sc://:15002/;token=secret",
            "sc://h:port/;token=secret",
            "sc://h/path/;token=secret",
            "sc://h/;token=se=cret",
            "sc://h/;use_ssl=yes;token=secret",
            "sc://h/;session_id=1;token=secret",
        ] {
            let text = refused(url);
            assert!(text.contains("allowed is sc://HOST") && !text.contains("secret"), "{url}: {text}");
        }
    }

    #[test]
    fn a_token_leaves_the_machine_under_tls_only() {
        assert!(refused("sc://elsewhere/;token=secret").contains("add use_ssl=true"));
        assert!(Address::parse("sc://127.0.0.1/;token=secret", None).is_ok());
    }
}
