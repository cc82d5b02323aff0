//! Request bodies: limited in size and time, decompressed, decoded with positions.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::dev::Decompress;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;
use serde::Deserialize;

use crate::error::{ApiError, Code, excerpt};

/// How large a body may be, and how long it may take to arrive.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes after decompression.
    pub bytes: u64,
    /// From the request's head to the body's end.
    pub time: Duration,
}

/// Reads a JSON body, for [`decode`].
pub async fn json_bytes(
    request: &HttpRequest,
    payload: web::Payload,
    limits: Limits,
) -> Result<Vec<u8>, ApiError> {
    expect_type(request, &["application/json"])?;
    read(request, payload, limits).await
}

/// Decodes JSON; an error names line and column.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::new(Code::InvalidBody, error.to_string()))
}

/// The body's content type as sent.
pub fn content_type(request: &HttpRequest) -> Option<Cow<'_, str>> {
    request.headers().get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()))
}

/// Refuses a body whose content type is not among `allowed`.
pub fn expect_type(request: &HttpRequest, allowed: &[&str]) -> Result<(), ApiError> {
    let header = content_type(request);
    let essence = header.as_deref().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if allowed.contains(&essence.as_str()) {
        return Ok(());
    }
    let seen = header
        .map_or("there is no content type".to_owned(), |text| format!("{} is not taken", excerpt(&text)));
    Err(ApiError::new(Code::UnsupportedMediaType, format!("{seen}; send {}", allowed.join(" or "))))
}

async fn read(request: &HttpRequest, payload: web::Payload, limits: Limits) -> Result<Vec<u8>, ApiError> {
    let late = |_| {
        let seconds = limits.time.as_secs();
        ApiError::new(Code::BodyTimeout, format!("the body did not arrive within {seconds} seconds"))
    };
    tokio::time::timeout(limits.time, collect(request, payload, limits.bytes)).await.map_err(late)?
}

async fn collect(request: &HttpRequest, payload: web::Payload, limit: u64) -> Result<Vec<u8>, ApiError> {
    let mut stream = Decompress::from_headers(payload, request.headers());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk
            .map_err(|error| ApiError::new(Code::InvalidBody, format!("the body broke off: {error}")))?;
        if (body.len() + chunk.len()) as u64 > limit {
            let detail = format!("the body is larger than {limit} bytes after decompression");
            return Err(ApiError::new(Code::BodyTooLarge, detail));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
