//! The digest that names a run's content.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    Algorithm, Candidate, DecisionSheet, FeatureScaling, Forecast, Foretold, Lift, Localized, Manifest,
    Naming, Segment, Snapshot,
};

/// Bytes gathered before they are hashed: one call a customer would cost more than the hashing.
const BUFFER: usize = 1 << 16;

/// The part of the content that is not a customer, in one canonical JSON text.
#[derive(Serialize)]
struct Header<'a> {
    reference_date: &'a str,
    features: &'a [FeatureScaling],
    algorithm: Algorithm,
    k: usize,
    silhouette: f64,
    reason: &'a Localized,
    candidates: &'a [Candidate],
    #[serde(skip_serializing_if = "Option::is_none")]
    foresight: Option<&'a Foretold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_sheet: Option<&'a DecisionSheet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    naming: Option<&'a Naming>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<&'a Forecast>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lift: Option<&'a Lift>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    blocks: &'a BTreeMap<String, String>,
    customers: u64,
    segments: &'a [Segment],
}

/// SHA-256 over a run's content, fed customer by customer.
///
/// Content is the reference date, the matrix's scaling, the choice with its candidates, what it
/// foretells and its decision sheet, the model's id, what the names and the forecast rest on, the lift, the digests of the blocks beside, the segments and every
/// assignment. Where the data came from, the parameters' text and the times are
/// left out, so the same customers give the same digest whatever the order of the input's rows.
/// Floats enter by their bits. Cost O(n).
#[derive(Debug)]
pub struct ContentDigest {
    hasher: Sha256,
    buffer: Vec<u8>,
}

impl ContentDigest {
    /// Starts with everything but the assignments.
    pub fn new(manifest: &Manifest, segments: &[Segment]) -> Self {
        let header = Header {
            reference_date: &manifest.reference_date,
            features: &manifest.features,
            algorithm: manifest.algorithm,
            k: manifest.k,
            silhouette: manifest.silhouette,
            reason: &manifest.reason,
            candidates: &manifest.candidates,
            foresight: manifest.foresight.as_ref(),
            decision_sheet: manifest.decision_sheet.as_ref(),
            model: manifest.model.as_ref().map(|model| model.id.as_str()),
            naming: manifest.naming.as_ref(),
            forecast: manifest.forecast.as_ref(),
            lift: manifest.lift.as_ref(),
            blocks: &manifest.blocks,
            customers: manifest.customers,
            segments,
        };
        let json = serde_json::to_vec(&header).expect("plain structs with text keys always serialise");
        let mut digest = Self { hasher: Sha256::new(), buffer: Vec::with_capacity(BUFFER + 1024) };
        digest.buffer.extend_from_slice(&(json.len() as u64).to_le_bytes());
        digest.buffer.extend_from_slice(&json);
        digest
    }

    /// Adds the next customer; the order is the snapshot's, ascending by id.
    pub fn add(&mut self, id: &str, segment_id: u16, silhouette: f32, features: &[f64]) {
        self.buffer.extend_from_slice(&(id.len() as u64).to_le_bytes());
        self.buffer.extend_from_slice(id.as_bytes());
        self.buffer.extend_from_slice(&segment_id.to_le_bytes());
        self.buffer.extend_from_slice(&silhouette.to_le_bytes());
        for value in features {
            self.buffer.extend_from_slice(&value.to_le_bytes());
        }
        if self.buffer.len() >= BUFFER {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }

    /// The digest, 64 hexadecimal digits.
    pub fn finish(mut self) -> String {
        self.hasher.update(&self.buffer);
        hex(&self.hasher.finalize())
    }
}

/// The digest of a whole snapshot: see [`ContentDigest`].
pub fn content_digest(snapshot: &Snapshot) -> String {
    let mut digest = ContentDigest::new(&snapshot.manifest, &snapshot.segments);
    for a in &snapshot.assignments {
        digest.add(&a.customer_id, a.segment_id, a.silhouette, &a.features);
    }
    digest.finish()
}

/// The blocks beside the assignments: their names and the SHA-256 of their bytes. Cost O(n).
pub(super) fn block_digests(snapshot: &Snapshot) -> BTreeMap<String, String> {
    snapshot.blocks().map(|(name, bytes)| (name.to_owned(), block_digest(&bytes))).collect()
}

/// The digest of a block's bytes, 64 hexadecimal digits.
pub fn block_digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Two lower-case hexadecimal digits a byte. Without `format!`: the service's audit needs it for each customer of an
/// answer.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
