//! Single lookups, answered ahead of the route table.
//!
//! Nearly all requests are of this kind, and matching routes, the layers around them and their boxed
//! futures cost several times what the lookup does. Answered here is the plain case alone: a customer of
//! the run, asked for by GET, with an id that needs no decoding, by a key that may. Whatever else there is
//! to say (an error, a 304, another encoding) is left to the route table, which answers the plain case
//! in the same way too: a test compares the two.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, Response};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use tracing::debug;

use crate::access::{Access, Outcome, Route, Visit, admit, authenticate, scope_of};
use crate::answer::RUN_ID;
use crate::metrics::Answers;
use crate::middleware::{SECURITY_HEADERS, TRANSPORT_HEADER};
use crate::published::Published;
use crate::routes::customers;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a worker needs for it.
#[derive(Clone)]
pub struct Direct {
    published: Arc<Published>,
    access: Arc<Access>,
    answers: Answers,
    route: Route,
    tls: bool,
}

impl Direct {
    /// For a server that has TLS or not.
    pub fn new(published: Arc<Published>, access: Arc<Access>, tls: bool) -> Self {
        let route = Route { pattern: customers::PATTERN, scope: scope_of(customers::PATTERN) };
        let answers = access.metrics.answers("GET", route.pattern, StatusCode::OK.as_str());
        Self { published, access, answers, route, tls }
    }

    /// The answer, when the request is of the plain kind; else nothing has been done.
    pub fn answer(&self, request: &RequestHead) -> Option<Response<Bytes>> {
        let id = plain_id(request)?;
        let table = self.published.glance();
        let table = table.as_ref()?;
        let customer = table.find(id)?;
        let body = Bytes::from(table.template(customer.segment_id)?.fill(&customer));
        let key = authenticate(&self.access, self.route, &request.headers).ok()?;
        admit(&self.access, self.route, key.as_deref()).ok()?;
        let visit = Visit::new(self.access.clone(), self.route, Method::GET, key);
        visit.answered_by(table);
        visit.note(Outcome::Found, id);
        visit.close(StatusCode::OK, body.size()).ok()?;
        let mut response = Response::with_body(StatusCode::OK, body);
        let (headers, head) = (response.headers_mut(), table.head().clone());
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(RUN_ID, head.run_id);
        headers.insert(header::ETAG, head.tag);
        visit.add_headers(headers);
        for (name, value) in SECURITY_HEADERS.into_iter().chain(self.tls.then_some(TRANSPORT_HEADER)) {
            headers.insert(name, value);
        }
        let time = visit.elapsed();
        self.answers.count(time.as_secs_f64());
        debug!(
            method = "GET",
            route = self.route.pattern,
            status = 200,
            micros = time.as_micros() as u64,
            "request"
        );
        Some(response)
    }
}

/// The customer's id, when the request says nothing that asks for more than a lookup.
fn plain_id(request: &RequestHead) -> Option<&str> {
    let id = request.uri.path().strip_prefix(customers::BEFORE_ID)?.strip_suffix(customers::AFTER_ID)?;
    let plain = request.method == Method::GET
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
