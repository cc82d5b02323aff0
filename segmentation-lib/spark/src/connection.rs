//! The connection to a server: TLS, timeouts, and what each call carries.

use std::time::Duration;

use spark_connect_core::channel::GRPC_MAX_MESSAGE_LENGTH_DEFAULT;
use spark_connect_proto::UserContext;
use spark_connect_proto::spark_connect_service_client::SparkConnectServiceClient;
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::address::Address;
use crate::error::Error;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How often a silent server is asked whether it is there, and how long it may take to say so. A query may run for
/// hours without a row; a machine that vanished is noticed within a minute.
const ALIVE: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(20)];

/// The calls of a server, and what goes with each.
pub struct Connection {
    /// The generated calls.
    pub calls: SparkConnectServiceClient<Channel>,
    headers: MetadataMap,
}

impl Connection {
    /// Prepares a connection; the first call makes it.
    ///
    /// # Errors
    /// For headers that HTTP cannot carry.
    pub fn to(address: &Address) -> Result<Self, Error> {
        let calls = SparkConnectServiceClient::new(channel(address)?)
            .max_decoding_message_size(GRPC_MAX_MESSAGE_LENGTH_DEFAULT)
            .max_encoding_message_size(GRPC_MAX_MESSAGE_LENGTH_DEFAULT);
        Ok(Self { calls, headers: headers(address)? })
    }

    /// A call's message with the headers.
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        *request.metadata_mut() = self.headers.clone();
        request
    }
}

/// Whose session it is.
pub fn user(address: &Address) -> UserContext {
    UserContext { user_id: address.user().to_owned(), ..UserContext::default() }
}

fn channel(address: &Address) -> Result<Channel, Error> {
    let fault = |error: tonic::transport::Error| Error::Address { fault: format!("does not serve: {error}") };
    let scheme = if address.is_tls() { "https" } else { "http" };
    let mut endpoint = Endpoint::from_shared(format!("{scheme}://{}", address.endpoint())).map_err(fault)?;
    if address.is_tls() {
        let tls = ClientTlsConfig::new().domain_name(address.host()).with_enabled_roots();
        endpoint = endpoint.tls_config(tls).map_err(fault)?;
    }
    let endpoint = endpoint
        .user_agent(concat!("segment-spark/", env!("CARGO_PKG_VERSION")))
        .map_err(fault)?
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(ALIVE[0])
        .keep_alive_timeout(ALIVE[1]);
    Ok(endpoint.connect_lazy())
}

fn headers(address: &Address) -> Result<MetadataMap, Error> {
    let mut headers = MetadataMap::new();
    for (name, value) in address.headers() {
        let fault = |what| Error::Address {
            fault: format!("has a parameter {name} whose {what} no header can hold"),
        };
        let key = MetadataKey::from_bytes(name.to_lowercase().as_bytes()).map_err(|_| fault("name"))?;
        headers.insert(key, MetadataValue::try_from(&value).map_err(|_| fault("value"))?);
    }
    if let Some(token) = address.token() {
        let bearer = MetadataValue::try_from(format!("Bearer {token}"));
        let mut bearer = bearer
            .map_err(|_| Error::Address { fault: "comes with a token that no header can hold".to_owned() })?;
        // Nothing that prints headers shows it.
        bearer.set_sensitive(true);
        headers.insert("authorization", bearer);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_of(url: &str) -> Result<MetadataMap, Error> {
        headers(&Address::parse(url, None).expect("read"))
    }

    #[test]
    fn the_token_goes_with_each_call_and_is_never_printed() {
        let headers = headers_of("sc://localhost/;token=secret").expect("headers");
        assert_eq!(headers.get("authorization").map(|value| value.as_bytes()), Some(&b"Bearer secret"[..]));
        assert!(!format!("{headers:?}").contains("secret"));
    }

    #[test]
    fn a_token_with_a_line_break_is_refused_without_being_shown() {
        let error = headers_of("sc://localhost/;token=sec%0Aret").expect_err("no header").to_string();
        assert!(error.contains("token that no header can hold") && !error.contains("ret;"), "{error}");
    }
}
