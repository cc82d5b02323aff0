//! From settings to a running server; the whole route table is here.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{HttpServiceFactory, Server};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, FromRequest, Handler, HttpRequest, HttpServer, Resource, Responder, guard, web};
use segmentation_lib::store::Store;
use tokio::signal::unix::{SignalKind, signal};

use crate::middleware::{limit, method_not_allowed, not_found, observe};
use crate::published::{Published, Watcher};
use crate::routes::{classify, customers, docs, explain, explorer, health, lookup, run, segments};
use crate::settings::{Settings, SettingsError};

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
    /// The system refused something else.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

/// A server that listens, not yet running.
pub struct Application {
    server: Server,
    address: SocketAddr,
    watcher: Arc<Watcher>,
}

impl Application {
    /// Checks the settings, listens, and starts to follow the store. Requests are answered once
    /// [`Application::run`] is polled.
    pub fn build(settings: Settings) -> Result<Self, StartError> {
        settings.check()?;
        let listen = || {
            let listener = TcpListener::bind(settings.bind)?;
            let address = listener.local_addr()?;
            io::Result::Ok((listener, address))
        };
        let (listener, address) =
            listen().map_err(|source| StartError::Bind { address: settings.bind, source })?;
        let poll = Duration::from_millis(settings.poll_ms);
        let watcher = Arc::new(Watcher::start(Store::at(&settings.store), poll)?);
        let server = serve(listener, settings, watcher.published())?;
        Ok(Self { server, address, watcher })
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until SIGINT or SIGTERM, then lets running requests end. SIGHUP looks at the store at
    /// once.
    pub async fn run(self) -> io::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        let watcher = self.watcher;
        let mut server = self.server;
        loop {
            tokio::select! {
                ended = &mut server => return ended,
                _ = hangup.recv() => watcher.reload(),
            }
        }
    }
}

fn serve(listener: TcpListener, settings: Settings, published: Arc<Published>) -> io::Result<Server> {
    let (timeout, workers) = (settings.client_timeout(), settings.workers);
    let shutdown = settings.shutdown_timeout;
    let (settings, published) = (web::Data::new(settings), web::Data::from(published));
    let app = move || {
        App::new()
            .app_data(settings.clone())
            .app_data(published.clone())
            .configure(routes)
            .default_service(web::to(not_found))
            .wrap(from_fn(limit))
            .wrap(Compress::default())
            .wrap(from_fn(observe))
    };
    let mut server = HttpServer::new(app)
        .client_request_timeout(timeout)
        .shutdown_timeout(shutdown)
        .shutdown_signal(stopped()?)
        .listen(listener)?;
    if let Some(workers) = workers {
        server = server.workers(usize::from(workers));
    }
    Ok(server.run())
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

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(get("/", explorer::page))
        .service(get("/explorer.css", explorer::style))
        .service(get("/explorer.js", explorer::script))
        .service(get("/v1/customers/{customer_id}/segment", customers::segment))
        .service(get("/v1/customers/{customer_id}", explain::customer))
        .service(lookup_resource())
        .service(classify_resource())
        .service(get("/v1/segments", segments::list))
        .service(get("/v1/segments/{segment}", segments::one))
        .service(get("/v1/segments/{segment}/customers", segments::customers))
        .service(get("/v1/run", run::get))
        .service(get("/health/live", health::live))
        .service(get("/health/ready", health::ready))
        .service(get("/problems", docs::problems))
        .service(get("/problems/{code}", docs::problem))
        .service(get("/openapi.json", docs::document))
        .service(get("/docs", docs::redirect))
        .service(get("/docs/{file:.*}", docs::page));
}

/// A path that takes GET and HEAD, and says so to anything else.
fn get<F, Args>(path: &str, handler: F) -> impl HttpServiceFactory + use<F, Args>
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    readable(path, handler)
        .default_service(web::to(|request: HttpRequest| method_not_allowed(request, "GET, HEAD")))
}

fn readable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler))
}

fn lookup_resource() -> Resource {
    readable("/v1/segments/lookup", lookup::get)
        .route(web::post().to(lookup::post))
        .default_service(web::to(|request: HttpRequest| method_not_allowed(request, "GET, HEAD, POST")))
}

fn classify_resource() -> Resource {
    web::resource("/v1/classify")
        .route(web::post().to(classify::post))
        .default_service(web::to(|request: HttpRequest| method_not_allowed(request, "POST")))
}
