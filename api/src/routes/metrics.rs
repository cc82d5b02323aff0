//! What the service counts, for Prometheus.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::access::Access;
use crate::error::{ApiError, Code};
use crate::published::Published;
use crate::query::Query;

/// Requests, latencies, ids, the run's age, memory: in Prometheus' text format.
#[utoipa::path(
    get,
    path = "/metrics", operation_id = "get_metrics",
    tag = "health",
    responses((status = OK, content_type = "text/plain", body = String))
)]
pub async fn get(
    request: HttpRequest,
    access: web::Data<Access>,
    published: web::Data<Published>,
) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let text = access.metrics.text(&published, access.follow.as_deref());
    let text = text.map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(prometheus::TEXT_FORMAT).body(text))
}
