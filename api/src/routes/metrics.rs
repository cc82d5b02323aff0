//! What the service counts, for Prometheus.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::error::{ApiError, Code};
use crate::metrics::Sources;
use crate::query::Query;
use crate::state::State;

/// Requests, latencies, ids, the run's age, memory: in Prometheus' text format.
#[utoipa::path(
    get,
    path = "/metrics", operation_id = "get_metrics",
    tag = "health",
    responses((status = OK, content_type = "text/plain", body = String))
)]
pub async fn get(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let sources = Sources {
        published: &state.published,
        follow: state.follow.as_deref(),
        audit: state.audit.as_ref(),
        keys: state.keys.as_deref(),
        budget: &state.budget,
    };
    let text = state.metrics.text(&sources);
    let text = text.map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(prometheus::TEXT_FORMAT).body(text))
}
