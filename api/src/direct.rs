//! Single lookups, answered ahead of the route table.
//!
//! Nearly all requests are of this kind. Matching routes, the layers around them and their boxed futures cost
//! more than the lookup itself: a request takes 7.8 µs of processor time here and 9.8 µs through the route
//! table, with keys 8.9 µs and 11.3 µs. Those are medians of five rounds (wrk, 32 connections, loopback,
//! 100,000 customers) on a busy machine, where the rounds of one kind differed by up to 3 µs.
//!
//! Only the plain case is answered here: GET, a customer of the run, an id that needs no decoding. Everything
//! else (an error, a 304, another encoding) goes on to the route table, which also answers the plain case in
//! the same way; a test compares the two.
//!
//! A lookup passes the same gate as every request, before anything is looked up. Where the request goes on
//! to the route table, the gate's decision goes with it: nobody is asked, or pays, twice.

use std::sync::Arc;

use actix_http::{HttpMessage, Request};
use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, Response};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use segmentation_lib::export::Include;
use segmentation_lib::record::MAX_ID_BYTES;
use tracing::debug;

use crate::answer::RUN_ID;
use crate::gate::{Admission, admit};
use crate::metrics::Series;
use crate::middleware::{SECURITY_HEADERS, TRANSPORT_HEADER};
use crate::routes::{self, customers};
use crate::served::Served;
use crate::state::State;
use crate::visit::{Outcome, Route, Visit};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a worker needs for it.
#[derive(Clone)]
pub struct Direct {
    state: Arc<State>,
    series: Series,
    route: Route,
}

impl Direct {
    /// For a server with this state.
    pub fn new(state: Arc<State>) -> Self {
        let route = routes::single_lookup();
        let series = state.metrics.series("GET", route.pattern, StatusCode::OK.as_str());
        Self { state, series, route }
    }

    /// The answer, when the request is of the plain kind.
    pub fn answer(&self, request: &Request) -> Option<Response<Bytes>> {
        let id = plain_id(request.head())?;
        if !self.state.hosts.allow(request.head()) {
            return None;
        }
        let run = self.state.published.glance();
        let run = run.as_ref()?;
        let admission = admit(&self.state, self.route, &Method::GET, request.headers());
        let answer = self.look_up(run, id, &admission);
        if answer.is_none() {
            request.extensions_mut().insert(admission);
        }
        answer
    }

    fn look_up(&self, run: &Arc<Served>, id: &str, admission: &Admission) -> Option<Response<Bytes>> {
        let Admission { visit, refusal: None } = admission else { return None };
        let customer = run.customer_with(run.row_of(id)?, Include::default());
        let body = Bytes::from(run.template(customer.segment_id)?.fill(&customer));
        visit.answered_by(run);
        visit.note(Outcome::Found, id);
        visit.close(StatusCode::OK, body.size()).ok()?;
        let mut response = Response::with_body(StatusCode::OK, body);
        self.add_headers(run, visit, response.headers_mut());
        let time = visit.elapsed();
        self.series.count(time.as_secs_f64());
        let micros = time.as_micros() as u64;
        debug!(method = "GET", route = self.route.pattern, status = 200, micros, "request");
        Some(response)
    }

    fn add_headers(&self, run: &Served, visit: &Visit, headers: &mut HeaderMap) {
        let (head, tls) = (run.head().clone(), self.state.settings.tls.tls_cert.is_some());
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(RUN_ID, head.run_id);
        headers.insert(header::ETAG, head.tag);
        visit.add_headers(headers);
        for (name, value) in SECURITY_HEADERS.into_iter().chain(tls.then_some(TRANSPORT_HEADER)) {
            headers.insert(name, value);
        }
    }
}

/// The customer's id, when the request says nothing that asks for more than a lookup. The route table
/// matches every path that has one.
fn plain_id(request: &RequestHead) -> Option<&str> {
    let id = request.uri.path().strip_prefix(customers::BEFORE_ID)?.strip_suffix(customers::AFTER_ID)?;
    let plain = request.method == Method::GET
        && (1..=MAX_ID_BYTES).contains(&id.len())
        && !id.bytes().any(|byte| matches!(byte, b'/' | b'%'))
        && request.uri.query().is_none()
        && !request.headers.contains_key(header::IF_NONE_MATCH)
        && takes_identity(&request.headers);
    plain.then_some(id)
}

/// Whether the client takes an answer that is not compressed, which fits a packet as it is: only a list
/// with weights can refuse it.
fn takes_identity(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT_ENCODING).all(|value| !value.as_bytes().contains(&b'='))
}
