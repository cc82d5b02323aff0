//! The segment explorer: a page for people who write no code, a client of the public API.

use std::io::{self, Read};
use std::sync::OnceLock;

use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use flate2::read::GzDecoder;

use super::embedded;
use crate::error::{ApiError, ApiResult, Code, excerpt};

/// Everything comes from the service itself, and nothing is set inline. The hash is that of an empty style
/// element, which the drawing library adds and fills by script.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src data:; \
    connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const POLICY: (HeaderName, &str) = (header::CONTENT_SECURITY_POLICY, PAGE_POLICY);

/// The page.
pub async fn page(request: HttpRequest) -> ApiResult {
    let mut response = HttpResponse::Ok();
    response.insert_header(POLICY).content_type("text/html; charset=utf-8");
    let html = Bytes::from_static(include_bytes!("../../assets/explorer.html"));
    embedded::send(&request, response, "explorer.html", html).await
}

/// The page's files, all inside the binary.
pub async fn asset(request: HttpRequest, file: web::Path<String>) -> ApiResult {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    let (content_type, text) = match file.as_str() {
        "explorer.css" => ("text/css; charset=utf-8", include_str!("../../assets/explorer.css")),
        "explorer.js" => (SCRIPT, include_str!("../../assets/explorer.js")),
        "charts.js" => (SCRIPT, include_str!("../../assets/charts.js")),
        "lift.js" => (SCRIPT, include_str!("../../assets/lift.js")),
        "members.js" => (SCRIPT, include_str!("../../assets/members.js")),
        "movement.js" => (SCRIPT, include_str!("../../assets/movement.js")),
        "forecast.js" => (SCRIPT, include_str!("../../assets/forecast.js")),
        "decision.js" => (SCRIPT, include_str!("../../assets/decision.js")),
        "texts.js" => (SCRIPT, include_str!("../../assets/texts.js")),
        "plotly-basic.min.js" => return plotly(&request, SCRIPT),
        _ => {
            let path = excerpt(request.uri().path());
            return Err(ApiError::new(Code::RouteNotFound, format!("the page has no file {path}")));
        }
    };
    let mut response = HttpResponse::Ok();
    response.insert_header(POLICY).content_type(content_type);
    embedded::send(&request, response, &file, Bytes::from_static(text.as_bytes())).await
}

/// The drawing library (plotly.js 3.7.0, MIT licence), a third as large compressed: kept so, and sent so to those who
/// take it.
fn plotly(request: &HttpRequest, content_type: &str) -> ApiResult {
    static PLAIN: OnceLock<Bytes> = OnceLock::new();
    let packed = include_bytes!("../../assets/plotly-basic.min.js.gz").as_slice();
    let mut response = HttpResponse::Ok();
    response
        .insert_header(POLICY)
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .content_type(content_type);
    if embedded::takes_gzip(request) {
        return Ok(embedded::gzip(&mut response, Bytes::from_static(packed)));
    }
    let plain =
        PLAIN.get_or_init(|| unpacked(packed).expect("packed when the program was built, and tested"));
    Ok(embedded::plain(response, plain.clone()))
}

fn unpacked(packed: &[u8]) -> io::Result<Bytes> {
    let mut plain = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut plain)?;
    Ok(plain.into())
}
