//! Addresses of databases.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

use super::error::TableError;

/// The port of a PostgreSQL server where none is named.
const POSTGRES_PORT: u16 = 5432;
/// The port of a Spark Connect server where none is named.
const SPARK_PORT: u16 = 15002;

/// Settings that an address of PostgreSQL may carry.
const SETTINGS: [&str; 4] = ["host", "sslmode", "sslrootcert", "connect_timeout"];

/// Where a table is. Shown without user, password, token and settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A database of a PostgreSQL server: `postgresql://USER@HOST:PORT/DATABASE?sslmode=…`.
    Postgres(PostgresAddress),
    /// A Spark Connect server: `sc://HOST:PORT/;token=…`.
    Spark(SparkAddress),
}

/// A database of a PostgreSQL server.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    /// Name, number or, from `/` on, directory of the socket.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) settings: BTreeMap<String, String>,
    shown: String,
}

/// A Spark Connect server.
#[derive(Clone, PartialEq, Eq)]
pub struct SparkAddress {
    /// The address without its token.
    pub(super) url: String,
    pub(super) token: Option<String>,
    shown: String,
}

/// Whether an input's name is an address and no path.
pub fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`TableError::Address`], without the secrets of what was seen.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let wrong = |reason: String| TableError::Address { seen: without_secrets(text), reason };
        let parsed = match text.split_once("://") {
            Some(("postgresql" | "postgres", _)) => postgres(text).map(Self::Postgres),
            Some(("sc", rest)) => spark(text, rest).map(Self::Spark),
            Some((scheme, _)) => Err(format!("{scheme} is none of the kinds that are read")),
            None => Err("it has no scheme".to_owned()),
        };
        parsed.map_err(wrong)
    }
}

fn postgres(text: &str) -> Result<PostgresAddress, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).ok();
    let utf8 = |text: &str, what: &str| decoded(text).ok_or_else(|| format!("its {what} is no UTF-8"));
    let settings: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    if let Some(name) = settings.keys().find(|name| !SETTINGS.contains(&name.as_str())) {
        return Err(format!("{name} is none of the settings it may carry: {}", SETTINGS.join(", ")));
    }
    let host = url.host_str().filter(|host| !host.is_empty()).map(|host| utf8(host, "host")).transpose()?;
    let host = host.or_else(|| settings.get("host").cloned()).unwrap_or_else(|| "localhost".to_owned());
    let database = url.path().trim_start_matches('/');
    let port = url.port().unwrap_or(POSTGRES_PORT);
    let at = if host.starts_with('/') { String::new() } else { format!("{host}:{port}") };
    let shown = format!("postgresql://{at}/{database}");
    Ok(PostgresAddress {
        port,
        database: Some(database)
            .filter(|name| !name.is_empty())
            .map(|name| utf8(name, "database"))
            .transpose()?,
        user: Some(url.username())
            .filter(|name| !name.is_empty())
            .map(|name| utf8(name, "user"))
            .transpose()?,
        password: url.password().map(|password| utf8(password, "password")).transpose()?,
        settings,
        host: host.trim_matches(['[', ']']).to_owned(),
        shown,
    })
}

fn spark(text: &str, rest: &str) -> Result<SparkAddress, String> {
    let (place, parameters) = rest.split_once('/').unwrap_or((rest, ""));
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    if place.is_empty() || place.starts_with(':') {
        return Err("it names no host".to_owned());
    }
    let has_port = place.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let place = if has_port { place.to_owned() } else { format!("{place}:{SPARK_PORT}") };
    if parameters.contains('?') || text.contains('#') {
        return Err("its parameters are written after a semicolon: sc://HOST:PORT/;use_ssl=true".to_owned());
    }
    let (tokens, others): (Vec<&str>, Vec<&str>) = parameters
        .split(';')
        .filter(|parameter| !parameter.is_empty())
        .partition(|parameter| parameter.starts_with("token="));
    let others: String = others.iter().map(|parameter| format!(";{parameter}")).collect();
    Ok(SparkAddress {
        url: format!("sc://{place}/{others}"),
        token: tokens.last().and_then(|token| token.split_once('=')).map(|(_, token)| token.to_owned()),
        shown: format!("sc://{place}"),
    })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres(address) => &address.shown,
            Self::Spark(address) => &address.shown,
        })
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for SparkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The address as it may stand in a message: neither user nor what follows the path.
fn without_secrets(text: &str) -> String {
    let bare = text.split(['?', '#', ';']).next().unwrap_or_default();
    match (bare.split_once("://"), bare.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
    }

    #[test]
    fn secrets_are_in_no_name() {
        for (text, name) in [
            ("postgresql://me:s3cret@db.example/shop?sslmode=require", "postgresql://db.example:5432/shop"),
            ("postgres://db:6000/shop", "postgresql://db:6000/shop"),
            ("postgresql://me:s3cret@[::1]:5433/shop", "postgresql://[::1]:5433/shop"),
            ("postgresql:///shop?host=/run/postgresql", "postgresql:///shop"),
            ("sc://me@spark:15002/;token=s3cret;use_ssl=true", "sc://spark:15002"),
            ("sc://spark", "sc://spark:15002"),
        ] {
            assert_eq!(shown(text), name);
            assert!(!format!("{:?}", Address::parse(text)).contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn a_name_is_an_address_again() {
        for text in ["postgresql://[::1]:5433/shop", "postgresql://db:5432/my%20shop", "sc://spark:15002"] {
            assert_eq!(shown(&shown(text)), text);
        }
    }

    #[test]
    fn parts_are_decoded() {
        let address = Address::parse("postgresql://m%40e:p%3Aw@db/my%20shop").expect("one");
        let Address::Postgres(address) = address else { panic!("{address:?}") };
        assert_eq!(address.user.as_deref(), Some("m@e"));
        assert_eq!(address.password.as_deref(), Some("p:w"));
        assert_eq!(address.database.as_deref(), Some("my shop"));
    }

    #[test]
    fn a_token_leaves_the_address() {
        let Ok(Address::Spark(address)) = Address::parse("sc://spark/;a=b;token=x=y;c=d") else { panic!() };
        assert_eq!(
            (address.url.as_str(), address.token.as_deref()),
            ("sc://spark:15002/;a=b;c=d", Some("x=y"))
        );
    }

    #[test]
    fn others_are_refused_without_repeating_a_secret() {
        for text in [
            "mysql://me:s3cret@db/shop",
            "postgresql://me:s3cret@db:x/shop",
            "postgresql://me:s3cret@db/shop?colour=blue",
            "sc://",
            "sc://spark/?token=s3cret",
        ] {
            let message = Address::parse(text).expect_err(text).to_string();
            assert!(message.contains("postgresql://HOST") && !message.contains("s3cret"), "{message}");
        }
    }

    #[test]
    fn paths_are_no_addresses() {
        assert!(is_address("mysql://x") && is_address("sc://y"));
        assert!(!is_address("data/*.csv") && !is_address("C:\\x.csv") && !is_address("://x"));
    }
}
