//! One request on its way: with which key, for how many customers, and what is written down of it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::BodySize;
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use segmentation_lib::export::Include;

use crate::audit::{Customers, Entry, Refusal, Unwritten};
use crate::budget::Share;
use crate::error::{ApiError, Code};
use crate::keys::{self, Key, Scope};
use crate::metrics::method_label;
use crate::served::Served;
use crate::state::State;

mod paid;

pub use paid::Paid;

/// Customers a line of the audit; a longer answer has several.
const CUSTOMERS_A_LINE: usize = 10_000;

/// Ids a minute below which a stream is slow: compressed, a second of it would not fill a buffer.
const SLOW: u32 = 60_000;

/// How a client may authenticate.
pub const CHALLENGE: &str = "Bearer realm=\"customer segmentation\"";

/// A route: its pattern, and the scope that its data need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// As it stands in the route table.
    pub pattern: &'static str,
    /// `None` for what holds no data of the run.
    pub scope: Option<Scope>,
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

/// One request on its way: its key, and how many ids it has asked for.
///
/// Its line of the audit is written before its answer is sent. A stream has several lines: each is written
/// before the customers in it are sent, the last one when the body is dropped.
#[derive(Clone)]
pub struct Visit(Rc<Inner>);

struct Inner {
    state: Arc<State>,
    route: Route,
    method: Method,
    key: Option<Arc<Key>>,
    /// Id of a key that is no longer valid.
    former: RefCell<Option<String>>,
    start: Instant,
    status: Cell<u16>,
    run: RefCell<Option<Arc<Served>>>,
    tally: RefCell<Tally>,
    /// Ids that the gate has taken from the key's limit.
    prepaid: Cell<u64>,
    /// Whether the answer gives nothing out and is not charged.
    free: Cell<bool>,
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

impl Visit {
    /// A request that has arrived now.
    pub fn new(state: Arc<State>, route: Route, method: Method, key: Option<Arc<Key>>) -> Self {
        Self(Rc::new(Inner {
            state,
            route,
            method,
            key,
            former: RefCell::default(),
            start: Instant::now(),
            status: Cell::new(StatusCode::INTERNAL_SERVER_ERROR.as_u16()),
            run: RefCell::default(),
            tally: RefCell::default(),
            prepaid: Cell::new(1),
            free: Cell::new(false),
            unwritten: Cell::new(false),
            closed: Cell::new(false),
        }))
    }

    /// The request's visit, once it has passed the gate.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// The route that was asked for.
    pub fn route(&self) -> Route {
        self.0.route
    }

    /// The key; `None` where none is needed, and for a key that is none.
    pub fn key(&self) -> Option<&Key> {
        self.0.key.as_deref()
    }

    /// What the key may use of memory and processor time.
    pub fn share(&self) -> Share {
        self.0.state.budget.share(self.key().map_or("", |key| &key.id))
    }

    /// Remembers the id of a key that is no longer valid, for the audit.
    pub fn was_key(&self, id: &str) {
        self.0.former.replace(Some(id.to_owned()));
    }

    /// Whether the key is still valid, and known to be: it may have been revoked since the request arrived.
    pub fn check_key(&self) -> Result<(), ApiError> {
        let (Some(keys), Some(scope)) = (&self.0.state.keys, self.0.route.scope) else { return Ok(()) };
        if !keys.are_current() {
            let detail =
                "the file of keys cannot be read; the service's operator finds the reason in its log";
            return Err(ApiError::new(Code::KeysUnavailable, detail).header(header::RETRY_AFTER, "10"));
        }
        let Some(key) = self.key() else { return Ok(()) };
        keys.current().still_has(key, scope, keys.now()).map_err(|refusal| refusal_of(&refusal))
    }

    /// Refuses what a lookup's scope does not give: a forecast is read as explanations are.
    ///
    /// # Errors
    /// The key lacks the scope.
    pub fn may_include(&self, include: Include) -> Result<(), ApiError> {
        let needed = Scope::ExplainRead;
        match self.key().filter(|key| include.forecast && !key.scopes.contains(&needed)) {
            Some(key) => Err(without_scope(key, needed)),
            None => Ok(()),
        }
    }

    /// Whether what is only for operators may be said: without keys, who asks is on the same machine.
    pub fn is_operator(&self) -> bool {
        self.0.state.keys.is_none() || self.key().is_some_and(|key| key.scopes.contains(&Scope::Admin))
    }

    /// Remembers which run answers.
    pub fn answered_by(&self, run: &Arc<Served>) {
        if self.0.state.audit.is_some() {
            self.0.run.replace(Some(run.clone()));
        }
    }

    /// Takes `ids` from the key's limit.
    pub fn charge(&self, ids: u64) -> Result<(), ApiError> {
        let Some(key) = self.key() else { return Ok(()) };
        key.rate.spend(ids, Instant::now()).map_err(|wait| {
            let (limit, seconds) = (key.rate.per_minute(), wait.as_nanos().div_ceil(1_000_000_000));
            let detail =
                format!("the key's limit of {limit} ids a minute is spent; try again in {seconds} s");
            ApiError::new(Code::RateLimited, detail).header(header::RETRY_AFTER, seconds.to_string())
        })
    }

    /// Takes the ids of an answer that is sent whole from the key's limit, before anything is looked up; `way`
    /// says how to ask for more than a minute's worth. The gate has taken one.
    pub fn spend(&self, ids: usize, way: &str) -> Result<(), ApiError> {
        let limit = self.key().map_or(0, |key| key.rate.per_minute());
        if limit > 0 && ids > limit as usize {
            let detail = format!("{ids} ids, the key may ask for {limit} a minute; {way}");
            return Err(ApiError::new(Code::TooManyIds, detail));
        }
        self.charge((ids as u64).saturating_sub(self.0.prepaid.take()))
    }

    /// How many of `ids` a stream sends next: it comes evenly at the key's limit.
    pub fn portion(&self, ids: usize) -> usize {
        self.key().map_or(ids, |key| key.rate.portion(ids, Instant::now()))
    }

    /// Whether a stream comes so slowly that compression would keep it back for long.
    pub fn is_slow(&self) -> bool {
        self.key().is_some_and(|key| (1..SLOW).contains(&key.rate.per_minute()))
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
        if self.0.state.audit.is_some() && outcome != Outcome::Invalid {
            tally.customers.push(id);
            if tally.customers.len() >= CUSTOMERS_A_LINE {
                self.0.write_part(&mut tally, false);
            }
        }
    }

    /// Writes a line with the ids noted since the last one. A stream does so before it sends them.
    pub fn write_down(&self) -> Result<(), Unwritten> {
        let mut tally = self.0.tally.borrow_mut();
        if tally.ids > 0 {
            self.0.write_part(&mut tally, false);
        }
        self.0.outcome()
    }

    /// Writes the last line of an answer that is sent whole. A stream goes on.
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
        let method = method_label(&self.0.method);
        self.0.state.metrics.answered(method, self.0.route.pattern, status.as_str(), seconds);
    }

    /// Adds where the key stands with its limit.
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        let standing = self.key().and_then(|key| key.rate.standing(Instant::now()));
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

/// The answer to a key without the scope.
pub fn without_scope(key: &Key, scope: Scope) -> ApiError {
    let has: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let detail = format!("this needs the scope {}, the key has {}", scope.as_str(), has.join(", "));
    let challenge = format!("{CHALLENGE}, scope=\"{}\", error=\"insufficient_scope\"", scope.as_str());
    ApiError::new(Code::ScopeMissing, detail).header(header::WWW_AUTHENTICATE, challenge)
}

/// The answer to who is refused for a key.
pub fn refusal_of(refusal: &keys::Refusal) -> ApiError {
    let (code, detail) = match refusal {
        keys::Refusal::Missing => {
            (Code::KeyMissing, "there is no key; send the header `Authorization: Bearer <key>`")
        }
        keys::Refusal::Several => {
            (Code::KeyInvalid, "there are several headers `Authorization`; send the one with the key")
        }
        keys::Refusal::Invalid | keys::Refusal::Revoked(_) => {
            (Code::KeyInvalid, "the key is not one of this service's, or was revoked")
        }
        keys::Refusal::Expired(_) => (Code::KeyExpired, "the key's time has passed; ask for a new one"),
    };
    ApiError::new(code, detail)
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "visit of {}", self.0.route.pattern)
    }
}

impl FromRequest for Visit {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let missing = || ApiError::new(Code::Internal, "the route was assembled without the gate");
        ready(Self::of(request).ok_or_else(missing))
    }
}

impl Inner {
    fn write_part(&self, tally: &mut Tally, last: bool) {
        if let Some(audit) = &self.state.audit {
            let (run, former) = (self.run.borrow(), self.former.borrow());
            let status = self.status.get();
            let nothing = last && tally.ids == 0 && tally.before == 0;
            // What costs nothing is asked for as often as refusals are.
            let refused = nothing && (self.free.get() || matches!(status, 401 | 403 | 429 | 503));
            let by = if self.key.is_some() { Refusal::Key } else { Refusal::Stranger };
            let written = audit.write(&Entry {
                refusal: refused.then_some(by),
                key: self.key.as_ref().map(|key| key.id.as_str()).or(former.as_deref()),
                method: method_label(&self.method),
                route: self.route.pattern,
                // Only an answer that succeeds has several lines, the first ones before its status is set.
                status: if last { status } else { StatusCode::OK.as_u16() },
                run_id: run.as_ref().map(|run| run.run_id()),
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
            self.state.metrics.ids(tally.before);
        }
    }

    fn outcome(&self) -> Result<(), Unwritten> {
        if self.unwritten.get() { Err(Unwritten) } else { Ok(()) }
    }
}

impl Drop for Inner {
    /// A stream ends here, and a request that was broken off. Nothing is sent any more, so nothing can be
    /// held back; the audit itself logs a line that it cannot write.
    fn drop(&mut self) {
        self.close();
    }
}
