//! A session of PostgreSQL.

use std::time::Duration;

use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::{Moment, asks_for_a_password, failure, refused_without_password};
use super::password::{self, Account, Password};
use super::tls::Protection;
use crate::tables::address::PostgresAddress;
use crate::tables::error::TableError;
use crate::transactions::Origin;

/// How long a server has for its first answer, unless the address says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// When a silent server is asked whether it is still there, and given up.
const IDLE: Duration = Duration::from_secs(30);
const GIVEN_UP: Duration = Duration::from_secs(60);

/// A session; it ends on drop.
pub(super) struct Connection {
    pub client: Client,
    tls: MakeRustlsConnect,
}

impl Connection {
    /// Tells the server to stop what it is doing. Where it cannot be told, the end of the session tells it.
    pub async fn cancel(&self) {
        let token = self.client.cancel_token();
        let telling = token.cancel_query(self.tls.clone());
        let _ = tokio::time::timeout(PATIENCE, telling).await;
    }
}

/// Opens a session.
pub(super) async fn open(address: &PostgresAddress, origin: &Origin) -> Result<Connection, TableError> {
    let shown = origin.address.as_str();
    let protection = Protection::of(address, shown)?;
    let tls = protection.connector(shown)?;
    let (config, password) = config(address, &protection, shown)?;
    let (client, session) = config.connect(tls.clone()).await.map_err(|error| match password {
        Password { text: None, ignored } if asks_for_a_password(&error) => {
            refused_without_password(shown, ignored.as_deref())
        }
        _ => failure(&error, origin, Moment::Opening),
    })?;
    // It ends with the client; what goes wrong in it, the client's next request says.
    tokio::spawn(async move { drop(session.await) });
    Ok(Connection { client, tls })
}

fn config(
    address: &PostgresAddress,
    protection: &Protection,
    shown: &str,
) -> Result<(Config, Password), TableError> {
    let user = address.user.clone().or_else(|| variable("PGUSER")).or_else(|| variable("USER"));
    let user = user.unwrap_or_else(|| "postgres".to_owned());
    let database = address.database.clone().unwrap_or_else(|| user.clone());
    let account = Account { host: &address.host, port: address.port, database: &database, user: &user };
    let password = password::of(&account, address.password.as_deref());
    let mut config = Config::new();
    config
        .host(&address.host)
        .port(address.port)
        .dbname(&database)
        .user(&user)
        .application_name("segment")
        .ssl_mode(protection.mode)
        .connect_timeout(patience(address, shown)?)
        .keepalives_idle(IDLE)
        .keepalives_interval(IDLE / 3)
        .tcp_user_timeout(GIVEN_UP);
    if let Some(text) = &password.text {
        config.password(text);
    }
    Ok((config, password))
}

fn patience(address: &PostgresAddress, shown: &str) -> Result<Duration, TableError> {
    let Some(seen) = address.settings.get("connect_timeout") else { return Ok(PATIENCE) };
    let seconds = seen.parse().ok().filter(|seconds| (1..=3600).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| TableError::Setting {
        origin: shown.to_owned(),
        what: "connect_timeout",
        seen: seen.clone(),
        allowed: "it is a number of seconds, 1 to 3600",
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}
