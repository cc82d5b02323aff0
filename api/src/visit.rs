//! Who asks, for how much, and that it is written down: every route passes through here.

use std::cell::{Cell, RefCell};
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, ResponseError, web};

use crate::audit::{Audit, Customers, Entry, Unwritten};
use crate::error::{ApiError, Code};
use crate::follow::FollowState;
use crate::keys::{Key, Keys, Refusal, Scope};
use crate::metrics::Metrics;
use crate::table::Table;

/// Customers a line of the audit; a longer answer has several.
const CUSTOMERS_A_LINE: usize = 10_000;
const CHALLENGE: &str = "Bearer realm=\"customer segmentation\"";

/// What all workers share.
#[derive(Debug, Default)]
pub struct Access {
    /// The keys; without them everybody may ask, and only loopback is listened on.
    pub keys: Option<Arc<Keys>>,
    /// The audit.
    pub audit: Option<Arc<Audit>>,
    /// How the bucket is followed, where one is.
    pub follow: Option<Arc<FollowState>>,
    /// The counters.
    pub metrics: Metrics,
}

/// A route: its pattern, and the scope that its data need.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// As it stands in the route table.
    pub pattern: &'static str,
    /// `None` for what holds no data of the run.
    pub scope: Option<Scope>,
}

/// The scope that a pattern's data need. One that is not listed here needs the highest: forgetting it can
/// close a route, never open one.
pub fn scope_of(pattern: &str) -> Option<Scope> {
    match pattern {
        "/" | "/assets/{file}" => None,
        "/health/live" | "/health/ready" | "/problems" | "/problems/{code}" => None,
        "/openapi.json" | "/docs" | "/docs/{file:.*}" => None,
        "/v1/segments" | "/v1/segments/{segment}" | "/v1/run" => Some(Scope::SegmentsRead),
        "/v1/customers/{customer_id}/segment" | "/v1/segments/lookup" => Some(Scope::AssignmentsRead),
        "/v1/customers/{customer_id}" | "/v1/classify" => Some(Scope::ExplainRead),
        "/v1/segments/{segment}/customers" | "/v1/segments/{segment}/export" => Some(Scope::Export),
        _ => Some(Scope::Admin),
    }
}

/// What became of a customer id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The customer is in the run.
    Found,
    /// The id is in no run.
    NotFound,
    /// No customer can have the id.
    Invalid,
    /// The customer was placed by features.
    Placed,
}

/// One request on its way: by which key, for how many ids. Its line of the audit is written before its
/// answer is sent; that of a stream in parts, each before the customers it names are sent, the last one
/// when the body is dropped.
#[derive(Clone)]
pub struct Visit(Rc<Inner>);

struct Inner {
    access: Arc<Access>,
    route: Route,
    method: Method,
    key: Option<Arc<Key>>,
    start: Instant,
    status: Cell<u16>,
    run: RefCell<Option<Arc<Table>>>,
    tally: RefCell<Tally>,
    /// Whether a line of this answer could not be written.
    unwritten: Cell<bool>,
    /// Whether the last line was written, or tried.
    closed: Cell<bool>,
}

/// Ids since the last line of the audit.
#[derive(Default)]
struct Tally {
    ids: u64,
    found: u64,
    not_found: u64,
    invalid: u64,
    customers: Customers,
    /// Ids in the lines before, and how many lines.
    before: u64,
    part: u32,
}

/// Lets a request through to its route when its key allows it.
pub async fn guard(
    route: Route,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let Some(access) = request.app_data::<web::Data<Access>>().map(|data| data.clone().into_inner()) else {
        let error = ApiError::new(Code::Internal, "the server was assembled without access control");
        return Ok(request.error_response(error));
    };
    let authenticated = authenticate(&access, route, request.headers());
    let key = authenticated.as_ref().ok().cloned().flatten();
    let visit = Visit::new(access, route, request.method().clone(), key);
    request.extensions_mut().insert(visit.clone());
    let allowed = authenticated.and_then(|key| admit(&visit.0.access, route, key.as_deref()));
    let mut response = match allowed {
        Ok(()) => next.call(request).await?,
        Err(error) => request.error_response(error),
    };
    if visit.close(response.status(), response.response().body().size()).is_err() {
        response = response.into_response(audit_unavailable().error_response());
    }
    visit.add_headers(response.headers_mut());
    Ok(response)
}

/// The request's key; `None` where none is needed.
pub fn authenticate(
    access: &Access,
    route: Route,
    headers: &HeaderMap,
) -> Result<Option<Arc<Key>>, ApiError> {
    let (Some(keys), Some(scope)) = (&access.keys, route.scope) else { return Ok(None) };
    let header = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    keys.current().authenticate(header, now).map(Some).map_err(|refusal| refused(refusal, scope))
}

/// Scope, audit, and the one id that every request costs at least.
pub fn admit(access: &Access, route: Route, key: Option<&Key>) -> Result<(), ApiError> {
    let Some(scope) = route.scope else { return Ok(()) };
    if let Some(key) = key.filter(|key| !key.scopes.contains(&scope)) {
        return Err(without_scope(key, scope));
    }
    if access.audit.as_ref().is_some_and(|audit| !audit.works()) {
        return Err(audit_unavailable());
    }
    charge(key, 1)
}

/// Takes `ids` from the key's limit.
fn charge(key: Option<&Key>, ids: u64) -> Result<(), ApiError> {
    let Some(key) = key else { return Ok(()) };
    key.rate.spend(ids, Instant::now()).map_err(|wait| {
        let (limit, seconds) = (key.rate.per_minute(), wait.as_nanos().div_ceil(1_000_000_000));
        let detail = format!("the key's limit of {limit} ids a minute is spent; try again in {seconds} s");
        ApiError::new(Code::RateLimited, detail).header(header::RETRY_AFTER, seconds.to_string())
    })
}

fn refused(refusal: Refusal, scope: Scope) -> ApiError {
    let (code, detail) = match refusal {
        Refusal::Missing => {
            (Code::KeyMissing, "there is no key; send the header `Authorization: Bearer <key>`")
        }
        Refusal::Invalid => (Code::KeyInvalid, "the key is not one of this service's, or was revoked"),
        Refusal::Expired => (Code::KeyExpired, "the key's time has passed; ask for a new one"),
    };
    let error = if refusal == Refusal::Missing { "" } else { ", error=\"invalid_token\"" };
    let challenge = format!("{CHALLENGE}, scope=\"{}\"{error}", scope.as_str());
    ApiError::new(code, detail).header(header::WWW_AUTHENTICATE, challenge)
}

fn audit_unavailable() -> ApiError {
    ApiError::new(Code::AuditUnavailable, "the access cannot be written down; try again later")
}

impl From<Unwritten> for ApiError {
    fn from(_: Unwritten) -> Self {
        audit_unavailable()
    }
}

impl Visit {
    /// A request that has arrived now.
    pub fn new(access: Arc<Access>, route: Route, method: Method, key: Option<Arc<Key>>) -> Self {
        Self(Rc::new(Inner {
            access,
            route,
            method,
            key,
            start: Instant::now(),
            status: Cell::new(StatusCode::INTERNAL_SERVER_ERROR.as_u16()),
            run: RefCell::default(),
            tally: RefCell::default(),
            unwritten: Cell::new(false),
            closed: Cell::new(false),
        }))
    }

    /// The request's visit, once [`guard`] has let it in.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// The route's pattern.
    pub fn pattern(&self) -> &'static str {
        self.0.route.pattern
    }

    /// Remembers which run answers.
    pub fn answered_by(&self, table: &Arc<Table>) {
        if self.0.access.audit.is_some() {
            self.0.run.replace(Some(table.clone()));
        }
    }

    /// Takes `ids` from the key's limit, before anything is looked up; one was taken already.
    pub fn spend(&self, ids: usize) -> Result<(), ApiError> {
        let limit = self.0.key.as_ref().map_or(0, |key| key.rate.per_minute());
        if limit > 0 && ids > limit as usize {
            let detail = format!("{ids} ids, the key may ask for {limit} a minute; split the list");
            return Err(ApiError::new(Code::TooManyIds, detail));
        }
        charge(self.0.key.as_deref(), (ids as u64).saturating_sub(1))
    }

    /// Takes `ids` from the key's limit and gives the time to wait first: how a stream keeps to it.
    pub fn spend_in_time(&self, ids: usize) -> Duration {
        let key = self.0.key.as_ref();
        key.map_or(Duration::ZERO, |key| key.rate.spend_in_time(ids as u64, Instant::now()))
    }

    /// Counts an id, for the audit and the metrics.
    pub fn note(&self, outcome: Outcome, id: &str) {
        let mut tally = self.0.tally.borrow_mut();
        tally.ids += 1;
        match outcome {
            Outcome::Found => tally.found += 1,
            Outcome::NotFound => tally.not_found += 1,
            Outcome::Invalid => tally.invalid += 1,
            Outcome::Placed => {}
        }
        if self.0.access.audit.is_some() && outcome != Outcome::Invalid {
            tally.customers.push(id);
            if tally.customers.len() >= CUSTOMERS_A_LINE {
                self.0.write_part(&mut tally, false);
            }
        }
    }

    /// Writes down the ids noted since the last line: what a stream does before it sends them.
    pub fn write_down(&self) -> Result<(), Unwritten> {
        let mut tally = self.0.tally.borrow_mut();
        if tally.ids > 0 {
            self.0.write_part(&mut tally, false);
        }
        self.0.outcome()
    }

    /// Writes the last line of an answer that is sent whole; a stream goes on noting.
    pub fn close(&self, status: StatusCode, size: BodySize) -> Result<(), Unwritten> {
        self.0.status.set(status.as_u16());
        if size == BodySize::Stream {
            return Ok(());
        }
        self.0.close();
        self.0.outcome()
    }

    /// Time since the request arrived.
    pub fn elapsed(&self) -> Duration {
        self.0.start.elapsed()
    }

    /// Counts an answer: for the metrics.
    pub fn answered(&self, status: StatusCode) {
        let seconds = self.elapsed().as_secs_f64();
        self.0.access.metrics.answered(
            method_label(&self.0.method),
            self.pattern(),
            status.as_str(),
            seconds,
        );
    }

    /// Adds where the key stands with its limit.
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        let standing = self.0.key.as_ref().and_then(|key| key.rate.standing(Instant::now()));
        let Some(standing) = standing else { return };
        for (name, value) in [
            ("ratelimit-limit", u64::from(standing.limit)),
            ("ratelimit-remaining", standing.remaining),
            ("ratelimit-reset", standing.reset),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
        let policy = HeaderValue::from_str(&format!("{};w=60", standing.limit)).expect("digits and signs");
        headers.insert(HeaderName::from_static("ratelimit-policy"), policy);
    }
}

impl FromRequest for Visit {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let missing = || ApiError::new(Code::Internal, "the route was assembled without access control");
        ready(Self::of(request).ok_or_else(missing))
    }
}

fn without_scope(key: &Key, scope: Scope) -> ApiError {
    let has: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let detail = format!("this needs the scope {}, the key has {}", scope.as_str(), has.join(", "));
    let challenge = format!("{CHALLENGE}, scope=\"{}\", error=\"insufficient_scope\"", scope.as_str());
    ApiError::new(Code::ScopeMissing, detail).header(header::WWW_AUTHENTICATE, challenge)
}

/// Methods that nothing is served under share a label: clients can make up as many as they like.
pub fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        _ => "other",
    }
}

impl Inner {
    fn write_part(&self, tally: &mut Tally, last: bool) {
        if let Some(audit) = &self.access.audit {
            let run = self.run.borrow();
            let written = audit.write(&Entry {
                key: self.key.as_ref().map(|key| key.id.as_str()),
                method: method_label(&self.method),
                route: self.route.pattern,
                // Only an answer that succeeds has several lines, the first ones before its status is set.
                status: if last { self.status.get() } else { StatusCode::OK.as_u16() },
                run_id: run.as_ref().map(|table| table.run_id()),
                ids: tally.ids,
                found: tally.found,
                not_found: tally.not_found,
                invalid: tally.invalid,
                micros: self.start.elapsed().as_micros() as u64,
                part: tally.part,
                last,
                customers: &tally.customers,
            });
            self.unwritten.set(self.unwritten.get() || written.is_err());
        }
        *tally = Tally { before: tally.before + tally.ids, part: tally.part + 1, ..Tally::default() };
    }

    fn close(&self) {
        if self.closed.replace(true) || self.route.scope.is_none() {
            return;
        }
        let mut tally = self.tally.borrow_mut();
        self.write_part(&mut tally, true);
        if tally.before > 0 {
            self.access.metrics.ids(tally.before);
        }
    }

    fn outcome(&self) -> Result<(), Unwritten> {
        if self.unwritten.get() { Err(Unwritten) } else { Ok(()) }
    }
}

impl Drop for Inner {
    /// The end of a stream, or of a request that was broken off. Nothing is sent after it: a line that
    /// cannot be written is logged by the audit itself.
    fn drop(&mut self) {
        self.close();
    }
}
