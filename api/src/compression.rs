//! Which answers are compressed: those whose encoder fits their key's share of memory. The rest is sent as it is.
//!
//! An encoder lives as long as its answer waits for its reader, and takes many times what the answer does. So
//! strangers have none, and for small answers none is made: they fit a packet as they are.

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web;

use crate::budget::Memory;
use crate::hold;
use crate::state::State;
use crate::visit::Visit;

/// Answers below this many bytes are not compressed.
const SMALL: u64 = 1024;
/// What brotli and zstd take, with the levels that the compression layer uses.
const LARGE_ENCODER: usize = 4 << 20;
/// What gzip and deflate take.
const SMALL_ENCODER: usize = 512 << 10;

const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Inside the compression layer: tells it which answers to leave alone.
pub async fn sparing(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let Some(bytes) = encoder(response.request().headers()) else { return Ok(response) };
    if response.headers().contains_key(CONTENT_ENCODING)
        || response.response().body().size() == BodySize::None
    {
        return Ok(response);
    }
    Ok(match room(&response, bytes) {
        Some(memory) => response.map_body(|_, body| hold::kept(body, memory)),
        None => as_it_is(response),
    })
}

/// Outside the compression layer: what it left alone needs no word about it.
pub fn forget_identity(headers: &mut HeaderMap) {
    if headers.get(CONTENT_ENCODING) == Some(&IDENTITY) {
        headers.remove(CONTENT_ENCODING);
    }
}

fn as_it_is(mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    response.headers_mut().insert(CONTENT_ENCODING, IDENTITY);
    response
}

/// Bytes of the largest encoder that the client may get; `None` when it asks for none.
fn encoder(headers: &HeaderMap) -> Option<usize> {
    let accepts = |name: &str| {
        let mut values = headers.get_all(ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
        values.any(|value| value.to_ascii_lowercase().contains(name))
    };
    match () {
        () if ["br", "zstd", "*"].into_iter().any(accepts) => Some(LARGE_ENCODER),
        () if ["gzip", "deflate"].into_iter().any(accepts) => Some(SMALL_ENCODER),
        () => None,
    }
}

/// The memory of the answer's encoder, if it is to have one.
fn room(response: &ServiceResponse<BoxBody>, bytes: usize) -> Option<Memory> {
    if matches!(response.response().body().size(), BodySize::Sized(length) if length < SMALL) {
        return None;
    }
    let visit = Visit::of(response.request())?;
    let open = response.request().app_data::<web::Data<State>>().is_some_and(|state| state.keys.is_none());
    let known = visit.key().is_some() || open;
    known.then(|| visit.share().held.try_take(bytes)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoder_counts_as_the_largest_that_the_client_accepts() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(text));
            encoder(&headers)
        };
        assert_eq!([of("gzip, BR"), of("*"), of("zstd;q=0.1")], [Some(LARGE_ENCODER); 3]);
        assert_eq!([of("gzip"), of("x, deflate")], [Some(SMALL_ENCODER); 2]);
        assert_eq!([of("identity"), of(""), encoder(&HeaderMap::new())], [None; 3]);
    }
}
