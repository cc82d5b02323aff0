//! Answers made from a run: its id, its entity tag, and 304 for what the client already has.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{ETAG, EntityTag, Header, HeaderName, IfNoneMatch};
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use segmentation_lib::store::RunId;
use serde::Serialize;

use crate::error::{ApiError, Code};
use crate::served::Served;
use crate::state::State;
use crate::visit::Visit;

/// Header that names the run an answer was made from.
pub const RUN_ID: HeaderName = HeaderName::from_static("run-id");

/// What is said of trouble to those who are no operators: the reason names files and what is in them.
pub const WITHHELD: &str = "the store's current run cannot be served; the log says why, and this answer to a key with the scope admin";

/// The run that answers this request. Extracting it is a 503 while there is none.
#[derive(Debug, Clone)]
pub struct Run(Arc<Served>);

impl Deref for Run {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

impl FromRequest for Run {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<web::Data<State>>() else {
            return ready(Err(ApiError::new(Code::Internal, "the server was assembled without its state")));
        };
        let visit = Visit::of(request);
        let reason = || match state.published.trouble() {
            None => "the run is being loaded".to_owned(),
            Some(text) if visit.as_ref().is_some_and(Visit::is_operator) => text.to_string(),
            Some(_) => WITHHELD.to_owned(),
        };
        let run = state.published.run();
        if let (Some(visit), Some(run)) = (&visit, &run) {
            visit.answered_by(run);
        }
        ready(run.map(Self).ok_or_else(|| ApiError::new(Code::NoRun, reason())))
    }
}

impl Run {
    /// The answer's head: status, run id, entity tag.
    pub fn head(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = HttpResponseBuilder::new(status);
        let head = self.0.head().clone();
        response.insert_header((RUN_ID, head.run_id)).insert_header((ETAG, head.tag));
        response
    }

    /// The answer with `body` as JSON, or 304 when the client's copy is of the same run.
    pub fn json(&self, request: &HttpRequest, body: &impl Serialize) -> HttpResponse {
        self.known(request).unwrap_or_else(|| self.made(request, json(body)))
    }

    /// The answer with a body that is JSON already.
    pub fn made(&self, request: &HttpRequest, body: Vec<u8>) -> HttpResponse {
        let made = || self.head(StatusCode::OK).content_type("application/json").body(body);
        self.known(request).unwrap_or_else(made)
    }

    /// 304, when the client's copy is of the same run.
    pub fn known(&self, request: &HttpRequest) -> Option<HttpResponse> {
        self.is_known_to(request).then(|| self.head(StatusCode::NOT_MODIFIED).finish())
    }

    /// The run's id as the store knows it.
    pub fn id(&self) -> Result<RunId, ApiError> {
        self.run_id().parse().map_err(|_| ApiError::new(Code::Internal, "the run has no id"))
    }

    /// A problem that follows from this run.
    pub fn problem(&self, code: Code, detail: impl Into<String>) -> ApiError {
        ApiError::new(code, detail).header(RUN_ID, self.run_id())
    }

    fn tag(&self) -> EntityTag {
        EntityTag::new_weak(self.run_id().to_owned())
    }

    fn is_known_to(&self, request: &HttpRequest) -> bool {
        let safe = matches!(*request.method(), Method::GET | Method::HEAD);
        safe && match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => request.headers().contains_key("if-none-match"),
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag())),
            Err(_) => false,
        }
    }
}

/// An answer's JSON.
pub fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("answers are structs with text keys, which always serialise")
}
