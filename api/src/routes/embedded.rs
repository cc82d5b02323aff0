//! Files that are inside the binary: packed once for those who take gzip, sent in pieces, so that who reads slowly costs
//! a buffer and no copy.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::OnceCell;

use crate::error::{ApiError, ApiResult, Code};
use crate::hold;

/// Files below this many bytes are sent as they are.
const SMALL: usize = 1024;

/// Files by name, packed by whoever asks first; there are as many as the binary holds.
static PACKED: LazyLock<Mutex<HashMap<String, Arc<OnceCell<Bytes>>>>> = LazyLock::new(Mutex::default);

/// The answer with the file of this name, of which the binary holds one.
pub(super) async fn send(
    request: &HttpRequest,
    mut response: HttpResponseBuilder,
    name: &str,
    file: Bytes,
) -> ApiResult {
    if file.len() < SMALL || !takes_gzip(request) {
        return Ok(plain(response, file));
    }
    let place =
        PACKED.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone();
    let packed = place.get_or_try_init(|| pack(file)).await?.clone();
    Ok(gzip(&mut response, packed))
}

/// The answer with a file as it is.
pub(super) fn plain(mut response: HttpResponseBuilder, file: Bytes) -> HttpResponse {
    response.insert_header((header::VARY, "accept-encoding")).insert_header(ContentEncoding::Identity);
    hold::shared(response.finish(), file)
}

/// The answer with a packed file.
pub(super) fn gzip(response: &mut HttpResponseBuilder, packed: Bytes) -> HttpResponse {
    response.insert_header((header::VARY, "accept-encoding")).insert_header(ContentEncoding::Gzip);
    hold::shared(response.finish(), packed)
}

/// Whether the client takes gzip.
pub(super) fn takes_gzip(request: &HttpRequest) -> bool {
    AcceptEncoding::parse(request).is_ok_and(|accepted| {
        accepted.negotiate([Encoding::gzip(), Encoding::identity()].iter()) == Some(Encoding::gzip())
    })
}

async fn pack(file: Bytes) -> Result<Bytes, ApiError> {
    let failed = || ApiError::new(Code::Internal, "packing a file failed");
    web::block(move || packed(&file)).await.ok().and_then(Result::ok).ok_or_else(failed)
}

fn packed(file: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(file)?;
    encoder.finish().map(Bytes::from)
}
