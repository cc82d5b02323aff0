//! Whether the process runs, and whether it can answer.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Run, WITHHELD};
use crate::audit::Unwritten;
use crate::error::{ApiError, Code};
use crate::query::Query;
use crate::state::State;
use crate::visit::Visit;

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Live {
    /// Always `live`.
    #[schema(example = "live")]
    pub status: &'static str,
}

/// A verified run is being served.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready<'a> {
    /// Always `ready`.
    #[schema(example = "ready")]
    pub status: &'static str,
    /// The run being served.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// Number of customers.
    #[schema(example = 4338)]
    pub customers: u64,
    /// Memory held by the run, in bytes.
    #[schema(example = 250_000)]
    pub bytes: usize,
    /// Why the store's current run is not the one being served; null when it is.
    pub trouble: Option<&'a str>,
}

/// Whether the process runs; says nothing about data.
#[utoipa::path(get, path = "/health/live", operation_id = "get_liveness", tag = "health", responses((status = OK, body = Live)))]
pub async fn live(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    Ok(HttpResponse::Ok().json(Live { status: "live" }))
}

/// Whether a verified run is served, to keys that can be read and with an audit that can be written. Stays ready on the
/// old run when a newer one is bad, and says so; why, it says to a key with the scope `admin`.
#[utoipa::path(get, path = "/health/ready", operation_id = "get_readiness", tag = "health", responses((status = OK, body = Ready<'static>)))]
pub async fn ready(
    run: Run,
    visit: Visit,
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    if state.keys.as_ref().is_some_and(|keys| !keys.are_current()) {
        return Err(ApiError::new(
            Code::KeysUnavailable,
            "the file of keys cannot be read; the log says why",
        ));
    }
    if state.audit.as_ref().is_some_and(|audit| !audit.is_working()) {
        return Err(Unwritten.into());
    }
    let trouble = state.published.trouble();
    let trouble = trouble.as_ref().map(|reason| if visit.is_operator() { reason.as_str() } else { WITHHELD });
    let answer = Ready {
        status: "ready",
        run_id: run.run_id(),
        customers: run.manifest().customers,
        bytes: run.bytes(),
        trouble,
    };
    Ok(HttpResponse::Ok().json(answer))
}
