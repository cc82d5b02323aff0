//! Who may ask: a request passes here once, before anything is looked up for it.

use std::sync::Arc;
use std::time::SystemTime;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};

use crate::audit::Unwritten;
use crate::error::{ApiError, Code};
use crate::hold;
use crate::keys::{Key, Refusal, Scope};
use crate::state::State;
use crate::visit::{Route, Visit};

const CHALLENGE: &str = "Bearer realm=\"customer segmentation\"";

/// What the gate has decided about a request.
#[derive(Debug)]
pub struct Admission {
    /// The request from here on.
    pub visit: Visit,
    /// Why it must not go on, if so.
    pub refusal: Option<ApiError>,
}

/// Asks for a key with the route's scope and for a working audit, and takes the one id that every request
/// costs at least.
pub fn admit(state: &Arc<State>, route: Route, method: &Method, headers: &HeaderMap) -> Admission {
    let visit = |key| Visit::new(state.clone(), route, method.clone(), key);
    match authenticate(state, route, headers) {
        Ok(key) => {
            let visit = visit(key);
            Admission { refusal: allow(state, route, &visit).err(), visit }
        }
        Err(refusal) => Admission { visit: visit(None), refusal: Some(refusal) },
    }
}

/// Lets an admitted request through to its route. A request may have been admitted before it came to the
/// route table; then it is not asked, and does not pay, a second time.
pub async fn guard(
    route: Route,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let Some(state) = request.app_data::<web::Data<State>>().map(|data| data.clone().into_inner()) else {
        let error = ApiError::new(Code::Internal, "the server was assembled without its state");
        return Ok(request.error_response(error));
    };
    let before = request.extensions_mut().remove::<Admission>();
    let before = before.filter(|admission| admission.visit.route() == route);
    let Admission { visit, refusal } =
        before.unwrap_or_else(|| admit(&state, route, request.method(), request.headers()));
    request.extensions_mut().insert(visit.clone());
    let head = request.method() == Method::HEAD;
    let mut response = match refusal {
        None => next.call(request).await?,
        Some(error) => request.error_response(error),
    };
    if route.scope.is_some() {
        response = bounded(&state, &visit, head, response).await;
    }
    if let Err(unwritten) = visit.close(response.status(), response.response().body().size()) {
        response = response.into_response(ApiError::from(unwritten).error_response());
    }
    visit.add_headers(response.headers_mut());
    Ok(response)
}

/// The answer within its key's share of memory and streams, or why not.
async fn bounded(state: &State, visit: &Visit, head: bool, response: ServiceResponse) -> ServiceResponse {
    let (request, response) = response.into_parts();
    let size = response.body().size();
    let response = match size {
        BodySize::Stream if head => hold::head_of_stream(response),
        BodySize::Stream => match visit.share().stream() {
            Some(place) => hold::placed(response, place),
            None => too_many_streams(state.settings.max_streams).error_response(),
        },
        BodySize::Sized(bytes) if bytes > hold::SMALL && !head => {
            let mut memory = visit.share().held.none();
            match memory.grow_within(bytes as usize, state.settings.client_timeout()).await {
                Ok(()) => hold::held(response, memory),
                Err(full) => ApiError::from(full).error_response(),
            }
        }
        _ => response,
    };
    ServiceResponse::new(request, response)
}

fn too_many_streams(most: u32) -> ApiError {
    let detail =
        format!("the key has {most} exports and lists running, the most at once; wait for one to end");
    ApiError::new(Code::Busy, detail).header(header::RETRY_AFTER, "1")
}

/// The request's key; `None` where none is needed.
fn authenticate(state: &State, route: Route, headers: &HeaderMap) -> Result<Option<Arc<Key>>, ApiError> {
    let (Some(keys), Some(scope)) = (&state.keys, route.scope) else { return Ok(None) };
    let header = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    keys.current().authenticate(header, now).map(Some).map_err(|refusal| refused(refusal, scope))
}

fn allow(state: &State, route: Route, visit: &Visit) -> Result<(), ApiError> {
    let Some(scope) = route.scope else { return Ok(()) };
    if let Some(key) = visit.key().filter(|key| !key.scopes.contains(&scope)) {
        return Err(without_scope(key, scope));
    }
    if state.audit.as_ref().is_some_and(|audit| !audit.works()) {
        return Err(Unwritten.into());
    }
    visit.charge(1)
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

fn without_scope(key: &Key, scope: Scope) -> ApiError {
    let has: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let detail = format!("this needs the scope {}, the key has {}", scope.as_str(), has.join(", "));
    let challenge = format!("{CHALLENGE}, scope=\"{}\", error=\"insufficient_scope\"", scope.as_str());
    ApiError::new(Code::ScopeMissing, detail).header(header::WWW_AUTHENTICATE, challenge)
}
