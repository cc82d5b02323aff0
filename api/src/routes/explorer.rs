//! The segment explorer: a page for people who write no code, a client of the public API.

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::error::ApiResult;

/// Everything comes from the service itself; the page sets no style or script inline.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The page.
pub async fn page() -> ApiResult {
    file("text/html; charset=utf-8", include_str!("../../assets/explorer.html"))
}

/// Its style.
pub async fn style() -> ApiResult {
    file("text/css; charset=utf-8", include_str!("../../assets/explorer.css"))
}

/// Its script.
pub async fn script() -> ApiResult {
    file("text/javascript; charset=utf-8", include_str!("../../assets/explorer.js"))
}

fn file(content_type: &'static str, text: &'static str) -> ApiResult {
    let head = (header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    Ok(HttpResponse::Ok().insert_header(head).content_type(content_type).body(text))
}
