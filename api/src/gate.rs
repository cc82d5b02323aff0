//! Who may ask: a request passes here once, before anything is looked up for it.

use std::sync::Arc;

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
use crate::visit::{CHALLENGE, Route, Visit, refusal_of, without_scope};

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
        Err(refusal) => {
            let visit = visit(None);
            if let Refusal::Revoked(id) | Refusal::Expired(id) = &refusal {
                visit.was_key(id);
            }
            Admission { visit, refusal: Some(refused(refusal, route)) }
        }
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
    let written = visit.close(response.status(), response.response().body().size());
    if let (Err(unwritten), true) = (written, route.scope != Some(Scope::Admin)) {
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
        BodySize::Stream if head => {
            visit.give_back_prepaid();
            hold::head_of_stream(response)
        }
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

/// The request's key; `None` where none is needed. What is open to everybody says more to a key that is valid.
fn authenticate(state: &State, route: Route, headers: &HeaderMap) -> Result<Option<Arc<Key>>, Refusal> {
    let Some(keys) = &state.keys else { return Ok(None) };
    let mut sent = headers.get_all(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let (header, more) = (sent.next(), sent.next());
    // A proxy may have looked at another of them than would be taken here.
    if more.is_some() && route.scope.is_some() {
        return Err(Refusal::Several);
    }
    match route.scope {
        None if header.is_none() => Ok(None),
        None => Ok(keys.current().authenticate(header, keys.now()).ok()),
        Some(_) => keys.current().authenticate(header, keys.now()).map(Some),
    }
}

fn allow(state: &State, route: Route, visit: &Visit) -> Result<(), ApiError> {
    let Some(scope) = route.scope else { return Ok(()) };
    if let Some(key) = visit.key().filter(|key| !key.scopes.contains(&scope)) {
        return Err(without_scope(key, scope));
    }
    visit.charge(1)?;
    // What tells the operator works when the rest does not.
    if scope == Scope::Admin {
        return Ok(());
    }
    visit.check_key()?;
    if state.audit.as_ref().is_some_and(|audit| !audit.works()) {
        return Err(Unwritten.into());
    }
    Ok(())
}

fn refused(refusal: Refusal, route: Route) -> ApiError {
    let missing = refusal == Refusal::Missing;
    let scope = route.scope.map_or("", Scope::as_str);
    let error = if missing { "" } else { ", error=\"invalid_token\"" };
    let challenge = format!("{CHALLENGE}, scope=\"{scope}\"{error}");
    refusal_of(&refusal).header(header::WWW_AUTHENTICATE, challenge)
}
