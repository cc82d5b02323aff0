//! What strangers' bytes get to, one function a kind: any bytes give a value or an error, never a panic, and what is
//! read is what was written.
//!
//! libFuzzer calls them through `fuzz_targets/`, a test of the service with the seeds and mutations of them.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use actix_web::FromRequest;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::rt::System;
use actix_web::test::TestRequest;
use actix_web::web::Payload;
use api::batch::{Form, IdLines, Part, Place};
use api::body::{self, Limits};
use api::budget::{Budget, Share, Sizes};
use api::error::ApiError;
use api::ids::{self, JsonId};
use api::keys::{KeyFile, KeySet};
use api::query::Query;
use api::routes::cursor::Cursor;
use segmentation_lib::record::{Changes, Manifest, Rfm, RunId, Segment, Snapshot};
use segmentation_lib::store::Block;

/// Bodies of lists, in pieces: the pieces' sizes do not matter. The first byte says which form and how it is cut.
pub fn id_lists(data: &[u8]) {
    let Some((&kind, body)) = data.split_first() else { return };
    let form = if kind & 1 == 0 { Form::Ndjson } else { Form::Csv };
    let named = (kind & 2 != 0).then(|| "kunde".to_owned());
    let size = usize::from(kind >> 2) + 1;
    let whole = ids_of(form, named.clone(), [body].into_iter());
    let pieces = ids_of(form, named, body.chunks(size));
    match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces),
        (Err(whole), Err(pieces)) => assert_eq!(whole.code(), pieces.code()),
        (whole, pieces) => panic!("{whole:?} at once, {pieces:?} in pieces"),
    }
}

fn ids_of<'a>(
    form: Form,
    named: Option<String>,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<Result<String, u32>>, ApiError> {
    let mut lines = IdLines::new(form, named);
    let mut ids = Vec::new();
    let mut take = |part: Part| {
        let mut place = Place::default();
        while part.left(place) > 0 {
            ids.extend(part.next_ids(&mut place, 3).map(|id| id.map(str::to_owned)));
        }
    };
    for piece in pieces {
        take(lines.push(piece)?);
    }
    take(lines.finish()?);
    Ok(ids)
}

const CODINGS: [&str; 5] = ["identity", "gzip", "deflate", "br", "zstd"];
/// Smaller than the service's, so that the fuzzer gets beyond it.
const LIMITS: Limits = Limits { bytes: 64 << 10, time: Duration::from_secs(60), items: 100 };
static SHARE: LazyLock<Share> =
    LazyLock::new(|| Budget::new(Sizes { held: 64 << 20, streams: 1, jobs: 2 }).share(""));

thread_local! {
    static SYSTEM: actix_web::rt::SystemRunner = System::new();
}

/// Bodies in JSON, compressed as the first byte says.
pub fn bodies(data: &[u8]) {
    let Some((&coding, bytes)) = data.split_first() else { return };
    let coding = CODINGS[usize::from(coding) % CODINGS.len()];
    let (request, mut payload) = TestRequest::post()
        .insert_header((CONTENT_ENCODING, coding))
        .insert_header(("content-type", "application/json"))
        .set_payload(bytes.to_vec())
        .to_http_parts();
    SYSTEM.with(|system| {
        system.block_on(async {
            let payload = Payload::from_request(&request, &mut payload).await.expect("a test has a payload");
            let decoded = body::list::<JsonId>(&request, payload, ("ids", 4), LIMITS, &SHARE).await;
            match decoded {
                Ok(decoded) => assert!(decoded.list.items.len() <= LIMITS.items),
                Err(error) => assert!(error.problem().status < 500, "{error}"),
            }
        })
    });
}

/// Cursors, run ids, and what else stands in a path or query: one place has one text.
pub fn cursors(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string(), text);
    }
    if let Ok(run_id) = text.parse::<RunId>() {
        assert_eq!(run_id.as_str(), text);
    }
    if let Ok(id) = ids::decode(text) {
        assert!(id.len() <= text.len());
    }
    if let Ok(query) = Query::parse(text, &["cursor", "limit", "id", "ids"]) {
        assert!(query.pairs().all(|(_, value)| value.len() <= text.len()));
    }
}

/// Files of keys: what is read can be used and is written the same.
pub fn keys(data: &[u8]) {
    let Ok(file) = KeyFile::parse(Path::new("keys.json"), data) else { return };
    let set = KeySet::of(&file, 600, &KeySet::default());
    assert!(set.len() <= file.keys.len());
    for key in &file.keys {
        let header = format!("Bearer seg_{}_{}", key.id, "0".repeat(64));
        let _ = set.authenticate(Some(header.as_bytes()), 0);
    }
    let again = serde_json::to_vec(&file).expect("plain structs serialise");
    assert_eq!(KeyFile::parse(Path::new("keys.json"), &again).expect("just written"), file);
}

/// What a store holds: blocks of customers (the first byte is 0, the checksum is made right), the rule view, the
/// manifest, the segments, a whole snapshot, the changes of a publication, a frame of them.
pub fn snapshots(data: &[u8]) {
    let Some((&kind, bytes)) = data.split_first() else { return };
    match kind % 7 {
        0 => {
            let sealed = [&crc32fast::hash(bytes).to_le_bytes(), bytes].concat();
            if let Ok(block) = Block::decode(&sealed) {
                assert_eq!(block.encode(), sealed);
                assert_eq!(block.rows().count(), block.len());
            }
        }
        1 => {
            let customers = bytes.first().map_or(0, |&n| usize::from(n));
            if let Ok(rfm) = Rfm::decode(&bytes[bytes.len().min(1)..], customers) {
                assert_eq!(rfm.places.len(), customers);
                assert_eq!(Rfm::decode(&rfm.encode(), customers), Ok(rfm));
            }
        }
        2 => drop(serde_json::from_slice::<Manifest>(bytes)),
        3 => drop(serde_json::from_slice::<Vec<Segment>>(bytes)),
        5 => {
            if let Ok(changes) = Changes::decode(bytes) {
                assert_eq!(changes.encode(), bytes);
            }
        }
        6 => frame_of_changes(bytes),
        _ => {
            if let Ok(snapshot) = serde_json::from_slice::<Snapshot>(bytes) {
                let _ = snapshot.validate();
                let _ = snapshot.rows().count();
                let _ = snapshot.find("C0000001");
            }
        }
    }
}

/// Rows of changes behind a head and an index that fit them, all checksums made right.
fn frame_of_changes(bytes: &[u8]) {
    const SIDE: &str = r#"{"reference_date":"2011-12-10","segments":[{"key":"a","name":{"en":"A","pt_br":"A"}},{"key":"b","name":{"en":"B","pt_br":"B"}}]}"#;
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return };
    let Some(first) = rest.get(..usize::from(u16::from_le_bytes(*length))) else { return };
    let head = format!(
        r#"{{"before":{SIDE},"after":{SIDE},"features":[{{"name":"recency","unit":"days"}}],"same_model":true}}"#
    );
    let part = |bytes: &[u8]| {
        [&(bytes.len() as u32).to_le_bytes(), &crc32fast::hash(bytes).to_le_bytes(), bytes].concat()
    };
    let index = [&[0; 8], length.as_slice(), first].concat();
    let whole = [part(head.as_bytes()), part(&index), part(bytes)].concat();
    if let Ok(changes) = Changes::decode(&whole) {
        assert_eq!(changes.encode(), whole);
    }
}
