//! From settings to a running server.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_http::Request;
use actix_service::{Service, apply_fn_factory};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Response, Server};
use actix_web::http::header;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, ResponseError, web};
use futures_util::future::{Either, TryFutureExt, ready};
use segmentation_lib::regular_file;
use segmentation_lib::store::Store;
use segmentation_lib::store::bucket::{Bucket, BucketError};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::signal::unix::{SignalKind, signal};
use tracing::warn;

use crate::audit::{Audit, AuditError};
use crate::budget::Budget;
use crate::compression::sparing;
use crate::connection::{self, Followed, MOST_REQUESTS, Open, TooMany};
use crate::direct::Direct;
use crate::error::{ApiError, Code};
use crate::files::others_may_write;
use crate::follow::Follower;
use crate::keys::{KeyFile, KeyFileError, KeySet, Keys};
use crate::listen;
use crate::metrics::Metrics;
use crate::middleware::{not_found, observe};
use crate::openapi;
use crate::published::Watcher;
use crate::reload::{MOST_BYTES, Reloader, Watched};
use crate::routes;
use crate::settings::{Settings, SettingsError};
use crate::state::State;
use crate::tls::{Certificate, TlsError};
use crate::turns::Turn;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings contradict one another.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; another --bind, or stop what uses the port")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The audit cannot be written.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The certificate's files cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The certificate cannot be used.
    #[error("--tls-cert, --tls-key: {0}")]
    Tls(#[from] TlsError),
    /// The bucket to follow cannot be used.
    #[error("--follow: {0}")]
    Follow(#[from] BucketError),
    /// The system refused something else.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

/// A server that listens, not yet running.
pub struct Application {
    server: Server,
    address: SocketAddr,
    state: Arc<State>,
    watcher: Arc<Watcher>,
    reloader: Reloader,
    follower: Option<Follower>,
}

impl Application {
    /// Checks the settings, listens, and starts to follow the bucket, the store, the keys and the certificate.
    /// Requests are answered once [`Application::run`] is polled.
    pub fn build(settings: Settings) -> Result<Self, StartError> {
        settings.check()?;
        let mut files = Vec::new();
        let keys = settings.keys.as_deref().map(|path| watch_keys(path, &settings, &mut files));
        let keys = keys.transpose()?;
        let tls = settings.tls.files().map(|paths| watch_certificate(paths, &mut files)).transpose()?;
        if tls.is_none() && !settings.bind.ip().is_loopback() {
            warn!(
                "keys and answers are sent in clear; give --tls-cert and --tls-key, or leave TLS to a proxy in front"
            );
        }
        let bucket = settings.follow.follow.as_deref().map(Bucket::at).transpose()?;
        let audit = Audit::start(&settings.audit)?;
        let (listener, address) = listen(settings.bind, settings.keep_alive)
            .map_err(|source| StartError::Bind { address: settings.bind, source })?;
        let poll = Duration::from_millis(settings.poll_ms);
        let watcher = Arc::new(Watcher::start(Store::at(&settings.store), poll)?);
        let every = settings.follow.follow_every;
        let follow = |bucket| Follower::start(bucket, Store::at(&settings.store), every, watcher.clone());
        let follower = bucket.map(follow).transpose()?;
        let state = State {
            budget: Budget::new(settings.budget()),
            hosts: settings.hosts(),
            settings,
            published: watcher.published(),
            keys,
            audit,
            follow: follower.as_ref().map(Follower::metrics),
            metrics: Metrics::default(),
            openapi: openapi::json().into(),
        };
        let state = Arc::new(state);
        // Often enough that one reading may fail within the grace.
        let reloader = Reloader::start(files, poll.min(state.settings.keys_grace() / 4))?;
        let server = serve(listener, state.clone(), tls)?;
        Ok(Self { server, address, state, watcher, reloader, follower })
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until SIGINT or SIGTERM, then lets running requests end. SIGHUP looks at the bucket, the store,
    /// the keys and the certificate at once, and opens the audit's file anew.
    pub async fn run(self) -> io::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        let mut server = self.server;
        loop {
            tokio::select! {
                ended = &mut server => return ended,
                _ = hangup.recv() => {
                    self.watcher.reload();
                    if let Some(follower) = &self.follower {
                        follower.look();
                    }
                    self.reloader.reload();
                    if let Some(audit) = &self.state.audit {
                        audit.reopen();
                    }
                }
            }
        }
    }
}

/// Listens. A connection whose client leaves sent bytes unread that long is closed by the system:
/// nothing else would end an export that is never read.
fn listen(address: SocketAddr, unread_seconds: u64) -> io::Result<(TcpListener, SocketAddr)> {
    const BACKLOG: i32 = 4096;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_secs(unread_seconds)))?;
    #[cfg(not(target_os = "linux"))]
    let _ = unread_seconds;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from(socket);
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn watch_keys(path: &Path, settings: &Settings, files: &mut Vec<Watched>) -> Result<Arc<Keys>, StartError> {
    let keys = Arc::new(Keys::new(settings.keys_grace()));
    let rate = settings.rate_limit;
    let apply = {
        let (keys, path) = (keys.clone(), path.to_owned());
        move |bytes: &[Vec<u8>]| {
            let file = KeyFile::parse(&path, &bytes[0])?;
            keys.replace(KeySet::of(&file, rate, &keys.current()));
            if others_may_write(&path) {
                let path = path.display();
                warn!(%path, "others than its owner may change the file of keys: whoever does gives out keys");
            }
            Ok::<(), KeyFileError>(())
        }
    };
    let bytes = vec![KeyFile::bytes(path)?];
    apply(&bytes)?;
    let same = keys.clone();
    files.push(Watched {
        what: "keys",
        same: Box::new(move || same.confirm()),
        paths: vec![path.to_owned()],
        apply: Box::new(move |bytes| apply(bytes).map_err(|error| error.to_string())),
        seen: bytes,
    });
    Ok(keys)
}

fn watch_certificate(paths: [PathBuf; 2], files: &mut Vec<Watched>) -> Result<Arc<Certificate>, StartError> {
    let read = |path: &PathBuf| {
        regular_file::read(path, MOST_BYTES)
            .map_err(|source| StartError::Certificate { path: path.clone(), source })
    };
    let bytes = paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let certificate = Arc::new(Certificate::of(&bytes[0], &bytes[1])?);
    let replaced = certificate.clone();
    files.push(Watched {
        what: "certificate",
        same: Box::new(|| {}),
        paths: paths.to_vec(),
        apply: Box::new(move |bytes| {
            replaced.replace(&bytes[0], &bytes[1]).map_err(|error| error.to_string())
        }),
        seen: bytes,
    });
    Ok(certificate)
}

fn serve(
    listener: TcpListener,
    state: Arc<State>,
    tls: Option<Arc<Certificate>>,
) -> Result<Server, StartError> {
    let settings = state.settings.clone();
    let direct = Direct::new(state.clone());
    let state = web::Data::from(state);
    let app = move || {
        let direct = direct.clone();
        let app = App::new()
            .app_data(state.clone())
            .configure(routes::register)
            .default_service(web::to(not_found))
            .wrap(from_fn(sparing))
            .wrap(Compress::default())
            .wrap(from_fn(observe));
        apply_fn_factory(app, move |request: Request, app| {
            if let Some(turn) = request.conn_data::<Turn>() {
                turn.take(&request);
            }
            let open = match connection::open(&request) {
                Ok(open) => open,
                Err(error) => {
                    return Either::Left(ready(Ok(
                        too_many(error).map_body(|_, body| EitherBody::right(body))
                    )));
                }
            };
            match direct.answer(&request) {
                Some(answer) => Either::Left(ready(Ok(
                    answer.map_body(|_, body| EitherBody::right(followed(body, open)))
                ))),
                None => Either::Right(app.call(request).map_ok(|answer| {
                    Response::from(answer).map_body(|_, body| match open {
                        Some(open) => EitherBody::right(followed(body, Some(open))),
                        None => EitherBody::left(body),
                    })
                })),
            }
        })
    };
    let tls = tls.map(|certificate| certificate.server_config()).transpose()?;
    Ok(listen::serve(listener, &settings, tls, stopped()?, app)?)
}

/// The body of an answer, followed where its connection has many.
fn followed(body: impl MessageBody + 'static, open: Option<Open>) -> BoxBody {
    match open {
        Some(open) => Followed::new(body, open).boxed(),
        None => body.boxed(),
    }
}

fn too_many(error: TooMany) -> Response<BoxBody> {
    let detail = format!("{error}, allowed are {MOST_REQUESTS}; wait for one to end");
    ApiError::new(Code::Busy, detail).header(header::RETRY_AFTER, "1").error_response().into()
}

/// Ends at SIGINT or SIGTERM.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
