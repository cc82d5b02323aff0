//! What every request of the route table passes through: limits, security headers, the access log.

use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, ResponseError, web};
use tracing::{debug, warn};

use crate::compression::forget_identity;
use crate::error::{ApiError, ApiResult, Code, excerpt};
use crate::metrics::method_label;
use crate::state::State;
use crate::visit::Visit;

/// Sent with every answer that does not set its own.
pub const SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    // Customer data stays out of shared caches; a client may keep it and ask whether it still holds.
    (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
];
/// Sent beside them where there is TLS.
pub const TRANSPORT_HEADER: (HeaderName, HeaderValue) =
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));

/// The outermost layer: turns failures of inner layers into problems, adds the headers, writes the log.
///
/// The log has the route's pattern and not the path, because paths hold customer ids.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let start = Instant::now();
    let mut response = match elsewhere(&request).or_else(|| too_long(&request)) {
        Some(error) => request.error_response(error).map_into_right_body(),
        None => acceptable(next.call(request).await?),
    };
    forget_identity(response.headers_mut());
    let tls = state_of(response.request()).is_some_and(|state| state.settings.tls.tls_cert.is_some());
    for (name, value) in SECURITY_HEADERS.into_iter().chain(tls.then_some(TRANSPORT_HEADER)) {
        if !response.headers().contains_key(&name) {
            response.headers_mut().insert(name, value);
        }
    }
    log(&response, start);
    Ok(response)
}

/// Turns the one answer that the compression layer gives by itself, a plain text, into a problem.
fn acceptable<B>(response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
    if response.status() != StatusCode::NOT_ACCEPTABLE {
        return response.map_into_left_body();
    }
    let detail = "offered are the encodings br, deflate, gzip, identity, zstd";
    let error = ApiError::new(Code::NotAcceptable, detail);
    response.into_response(error.error_response()).map_into_right_body()
}

/// Counts the answer and logs it. Faults are always logged. The rest is logged with `RUST_LOG=debug` only,
/// because the metrics count requests and the audit lists accesses.
fn log<B>(response: &ServiceResponse<B>, start: Instant) {
    let request = response.request();
    let visit = Visit::of(request);
    match &visit {
        Some(visit) => visit.answered(response.status()),
        None => unrouted(request, response.status(), start),
    }
    let (method, status) = (method_label(request.method()), response.status().as_u16());
    let route = visit.map_or(UNROUTED, |visit| visit.route().pattern);
    let micros = start.elapsed().as_micros() as u64;
    match response.response().error() {
        Some(error) if status >= 500 => warn!(method, route, status, micros, %error, "request"),
        _ => debug!(method, route, status, micros, "request"),
    }
}

/// What stands for the route of a path that nothing is served under.
const UNROUTED: &str = "unknown";

fn unrouted(request: &HttpRequest, status: StatusCode, start: Instant) {
    if let Some(state) = state_of(request) {
        let seconds = start.elapsed().as_secs_f64();
        state.metrics.answered(method_label(request.method()), UNROUTED, status.as_str(), seconds);
    }
}

/// Refuses requests for a host that is not this machine's, where nothing but that protects the data.
fn elsewhere(request: &ServiceRequest) -> Option<ApiError> {
    let state = state_of(request.request())?;
    if state.hosts.allow(request.head()) {
        return None;
    }
    let host =
        request.headers().get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    let detail = format!(
        "the request is for {}, which is no name of this machine; without keys others are allowed by --allow-host",
        excerpt(host.as_deref().unwrap_or(""))
    );
    Some(ApiError::new(Code::HostNotAllowed, detail))
}

/// Refuses requests whose path and query are too long, before anything looks at them.
fn too_long(request: &ServiceRequest) -> Option<ApiError> {
    let max = state_of(request.request()).map_or(u32::MAX, |state| state.settings.max_uri_bytes);
    let bytes = request.uri().path_and_query().map_or(0, |text| text.as_str().len());
    let detail =
        || format!("the path and query have {bytes} bytes, allowed are {max}; POST takes longer lists");
    (bytes > max as usize).then(|| ApiError::new(Code::UriTooLong, detail()))
}

fn state_of(request: &HttpRequest) -> Option<&State> {
    request.app_data::<web::Data<State>>().map(|data| data.as_ref())
}

/// The answer for a path that nothing is served under.
pub async fn not_found(request: HttpRequest) -> ApiResult {
    let path = excerpt(request.uri().path());
    Err(ApiError::new(Code::RouteNotFound, format!("nothing is served under {path}; /docs lists what is")))
}

/// The answer for a method that a path does not take; `allow` lists those it does.
pub async fn method_not_allowed(request: HttpRequest, allow: String) -> ApiResult {
    let method = excerpt(request.method().as_str());
    let error =
        ApiError::new(Code::MethodNotAllowed, format!("{method} is not taken here; allowed: {allow}"));
    Err(error.header(header::ALLOW, allow))
}
