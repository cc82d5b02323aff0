//! From a listener to requests: connections, their protocol, their limits.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_tls::accept::TlsError;
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{AppConfig, Response, Server};
use actix_web::rt::net::TcpStream;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::connection;
use crate::descriptors;
use crate::middleware::{SECURITY_HEADERS, TRANSPORT_HEADER};
use crate::settings::Settings;
use crate::turns::OneByOne;

/// Bytes that a client of HTTP/2 may send before the service has read them.
const H2_WINDOW: u32 = 64 << 10;

/// Serves what `app` makes for each worker until `stopped` ends; with TLS where there is a configuration for it.
pub fn serve<A, I, S, B>(
    listener: TcpListener,
    settings: &Settings,
    tls: Option<ServerConfig>,
    stopped: impl Future<Output = ()> + Send + 'static,
    app: A,
) -> io::Result<Server>
where
    A: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = Response<B>> + 'static,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: Debug,
    S::Future: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let workers = settings.workers.map_or_else(cores, usize::from);
    // A connection of HTTP/2 has a second descriptor, by which it is closed.
    let each = if tls.is_some() { 2 } else { 1 };
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(descriptors::connections(descriptors::raise(), workers, each))
        .shutdown_timeout(settings.shutdown_timeout)
        .shutdown_signal(stopped);
    let ended = server.graceful_shutdown_signal();
    let limits =
        Limits { request: settings.client_timeout(), idle: Duration::from_secs(settings.keep_alive) };
    let headers = refusal_headers(tls.is_some());
    let ended = move || {
        let ended = ended.clone();
        async move { ended.notified().await }
    };
    let server = match tls {
        None => server.listen("http", listener, move || {
            let headers: Rc<str> = Rc::from(headers.as_str());
            let open = move |io: TcpStream| {
                let (peer, headers) = (ready_socket(&io), headers.clone());
                async move { Ok((OneByOne::http1(io, headers), Protocol::Http1, peer)) }
            };
            fn_service(open).and_then(limits.service(app(), ended.clone()))
        }),
        Some(mut config) => {
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            server.listen("https", listener, move || {
                let headers: Rc<str> = Rc::from(headers.as_str());
                let open = move |io: TlsStream<TcpStream>| {
                    let (peer, headers) = (ready_socket(io.get_ref().0), headers.clone());
                    let h2 = io.get_ref().1.alpn_protocol() == Some(b"h2");
                    async move {
                        Ok(match h2 {
                            true => (OneByOne::http2(io, headers), Protocol::Http2, peer),
                            false => (OneByOne::http1(io, headers), Protocol::Http1, peer),
                        })
                    }
                };
                Acceptor::new(config.clone())
                    .map_init_err(|_| ())
                    .map_err(TlsError::into_service_error)
                    .and_then(fn_service(open))
                    .and_then(limits.service(app(), ended.clone()).map_err(TlsError::Service))
            })
        }
    };
    Ok(server?.run())
}

/// How long clients may take.
#[derive(Debug, Clone, Copy)]
struct Limits {
    request: Duration,
    idle: Duration,
}

impl Limits {
    /// Connections that are served by `app`, until `ended` gives a future that ends.
    fn service<T, I, S, B, F>(
        self,
        app: I,
        ended: impl Fn() -> F + 'static,
    ) -> impl ServiceFactory<
        (OneByOne<T>, Protocol, Option<SocketAddr>),
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    >
    where
        T: AsyncRead + AsyncWrite + Unpin + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig, Response = Response<B>> + 'static,
        S::Error: Into<Response<BoxBody>> + 'static,
        S::InitError: Debug,
        S::Future: 'static,
        <S::Service as Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
        F: Future<Output = ()> + 'static,
    {
        let builder = HttpService::build()
            .graceful_shutdown_signal(ended)
            .client_request_timeout(self.request)
            .client_disconnect_timeout(Duration::from_secs(1))
            .keep_alive(self.idle)
            // Who has closed its side reads no answer: what is made for it ends.
            .h1_allow_half_closed(false)
            .h2_initial_window_size(H2_WINDOW)
            .h2_initial_connection_window_size(4 * H2_WINDOW)
            .on_connect_ext(move |io: &OneByOne<T>, data| {
                connection::register(io.get_ref(), data, self.idle);
                io.turn().into_iter().for_each(|turn| drop(data.insert(turn)));
            });
        builder.finish(map_config(app, |_| AppConfig::default()))
    }
}

/// An answer in chunks would wait for the client's delayed acknowledgement of its first one.
fn ready_socket(io: &TcpStream) -> Option<SocketAddr> {
    // Without it answers are slower, and right.
    let _ = io.set_nodelay(true);
    io.peer_addr().ok()
}

fn refusal_headers(tls: bool) -> String {
    let headers = SECURITY_HEADERS.into_iter().chain(tls.then_some(TRANSPORT_HEADER));
    let line = |(name, value): (_, actix_web::http::header::HeaderValue)| {
        format!("{name}: {}\r\n", value.to_str().unwrap_or_default())
    };
    headers.map(line).collect()
}
