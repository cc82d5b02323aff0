//! Request bodies: limited in size, time and memory, decompressed, decoded with positions.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{HttpRequest, web};
use serde::de::DeserializeOwned;

use crate::budget::{Memory, Share};
use crate::error::{ApiError, Code, excerpt};
use crate::inflate::Inflated;

mod list;

pub use list::Listed;

/// What some tools write before UTF-8.
pub const BOM: &[u8] = "\u{feff}".as_bytes();
/// Names of UTF-8, and of a part of it.
const UTF_8: [&str; 3] = ["utf-8", "utf8", "us-ascii"];
/// Bodies up to here are decoded where they are read: beside the worker it would take longer.
const SMALL: usize = 64 << 10;
/// Bytes by which the memory of a body grows.
const GROWTH: usize = 64 << 10;

/// How large a body may be, and how long it may take to arrive.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes after decompression.
    pub bytes: u64,
    /// From the request's head to the body's end; also how long it waits for memory.
    pub time: Duration,
    /// Most items of its list.
    pub items: usize,
}

/// What a body says, and the memory that it takes.
#[derive(Debug)]
pub struct Decoded<T> {
    /// What it says.
    pub list: Listed<T>,
    /// Freed with the body.
    pub memory: Memory,
}

/// Reads a JSON object that has a list under `name` and nothing else; an error names line and column. Each
/// byte of the body counts `weight` times in the key's share, for what is made of it.
pub async fn list<T: DeserializeOwned + Send + 'static>(
    request: &HttpRequest,
    payload: web::Payload,
    (name, weight): (&'static str, usize),
    limits: Limits,
    share: &Share,
) -> Result<Decoded<T>, ApiError> {
    expect_type(request, &["application/json"])?;
    let (bytes, memory) = read(request, payload, weight, limits, share).await?;
    let decode = move || list::decode(&bytes, name, limits.items);
    let list = if memory.bytes() <= SMALL * weight {
        decode()
    } else {
        let failed = || ApiError::new(Code::Internal, "decoding the body failed");
        share.work(decode).await.ok_or_else(failed)?
    };
    Ok(Decoded { list: list?, memory })
}

/// The body's content type as sent; of several nobody knows which is meant, and no route takes that.
pub fn content_type(request: &HttpRequest) -> Option<Cow<'_, str>> {
    let mut sent = request.headers().get_all(CONTENT_TYPE);
    match (sent.next(), sent.next()) {
        (Some(_), Some(_)) => Some(Cow::Borrowed("more than one type")),
        (first, _) => first.map(|value| String::from_utf8_lossy(value.as_bytes())),
    }
}

/// Refuses a body that is said to be in another charset than UTF-8.
pub fn expect_utf8(content_type: &str) -> Result<(), ApiError> {
    let charset = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    match charset {
        Some(charset) if !UTF_8.iter().any(|name| charset.eq_ignore_ascii_case(name)) => {
            let detail = format!("the charset {} is not taken; send utf-8", excerpt(charset));
            Err(ApiError::new(Code::UnsupportedMediaType, detail))
        }
        _ => Ok(()),
    }
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

async fn read(
    request: &HttpRequest,
    payload: web::Payload,
    weight: usize,
    limits: Limits,
    share: &Share,
) -> Result<(Vec<u8>, Memory), ApiError> {
    let late = |_| {
        let seconds = limits.time.as_secs();
        ApiError::new(Code::BodyTimeout, format!("the body did not arrive within {seconds} seconds"))
    };
    // Memory is waited for half as long as the body, so that the answer says what was missing.
    let body = Inflated::of(request.headers(), payload, share.clone(), limits.time / 2)?;
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if body.is_plain() && announced.is_some_and(|bytes: u64| bytes > limits.bytes) {
        return Err(too_large(limits.bytes));
    }
    let body = collect(body, weight, limits, share);
    tokio::time::timeout(limits.time, body).await.map_err(late)?
}

async fn collect(
    mut pieces: Inflated,
    weight: usize,
    limits: Limits,
    share: &Share,
) -> Result<(Vec<u8>, Memory), ApiError> {
    let mut body = Vec::new();
    let mut memory = share.held.none();
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        let length = body.len() + piece.len();
        if length as u64 > limits.bytes {
            return Err(too_large(limits.bytes));
        }
        if length > body.capacity() {
            let room = length.next_multiple_of(GROWTH);
            memory.grow_within(room * weight, limits.time / 2).await?;
            body.reserve_exact(room - body.len());
        }
        body.extend_from_slice(&piece);
    }
    Ok((body, memory))
}

fn too_large(limit: u64) -> ApiError {
    ApiError::new(Code::BodyTooLarge, format!("the body is larger than {limit} bytes after decompression"))
}
