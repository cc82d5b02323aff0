//! The service's own documentation: OpenAPI, a page that renders it, the kinds of problem.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_swagger_ui::Config;

use super::embedded;
use crate::error::{ApiError, ApiResult, Code, excerpt};
use crate::state::State;

/// The page's scripts and styles come from the service itself; Swagger UI sets styles inline and
/// draws icons from data addresses.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/// A kind of problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemKind {
    /// The stable code.
    pub code: Code,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// Short summary.
    #[schema(example = "Customer not found")]
    pub title: &'static str,
    /// What it means and what to do.
    pub explanation: &'static str,
}

impl From<Code> for ProblemKind {
    fn from(code: Code) -> Self {
        Self { code, status: code.status().as_u16(), title: code.title(), explanation: code.explanation() }
    }
}

/// Every kind of problem the service answers with.
#[utoipa::path(get, path = "/problems", operation_id = "list_problems", tag = "problems", responses((status = OK, body = Vec<ProblemKind>)))]
pub async fn problems() -> ApiResult {
    Ok(HttpResponse::Ok().json(Code::ALL.iter().copied().map(ProblemKind::from).collect::<Vec<_>>()))
}

/// One kind of problem: what a problem's `type` points to.
#[utoipa::path(
    get,
    path = "/problems/{code}", operation_id = "get_problem",
    tag = "problems",
    params(("code" = Code, Path, description = "The problem's code")),
    responses((status = OK, body = ProblemKind))
)]
pub async fn problem(code: web::Path<String>) -> ApiResult {
    let known = Code::ALL.iter().copied().find(|known| known.as_str() == *code);
    let missing =
        || ApiError::new(Code::RouteNotFound, format!("no problem has the code {}", excerpt(&code)));
    Ok(HttpResponse::Ok().json(ProblemKind::from(known.ok_or_else(missing)?)))
}

/// The OpenAPI document.
pub async fn document(request: HttpRequest, state: web::Data<State>) -> ApiResult {
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    embedded::send(&request, response, "openapi.json", state.openapi.clone()).await
}

/// The documentation page has a directory of its own.
pub async fn redirect() -> ApiResult {
    Ok(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish())
}

/// The documentation page and its files, all inside the binary.
pub async fn page(request: HttpRequest, tail: web::Path<String>) -> ApiResult {
    let config = Arc::new(Config::from("/openapi.json"));
    let missing = || {
        let path = excerpt(request.uri().path());
        ApiError::new(Code::RouteNotFound, format!("the documentation has no file {path}"))
    };
    let file = utoipa_swagger_ui::serve(&tail, config).ok().flatten().ok_or_else(missing)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY)).content_type(file.content_type);
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    embedded::send(&request, response, &format!("docs/{tail}"), bytes).await
}
