//! Customers as NDJSON: one object a line.

use serde::ser::{Serialize, Serializer};

use super::{CustomerForecast, RfmPlaced, Row};

/// A line of NDJSON.
#[derive(serde::Serialize)]
struct Object<'a> {
    customer_id: &'a str,
    segment_id: u16,
    segment_key: &'a str,
    segment: &'a str,
    segmento: &'a str,
    silhouette: f32,
    features: Features<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rfm: Option<RfmPlaced<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<CustomerForecast>,
    #[serde(skip_serializing_if = "Option::is_none")]
    borderline: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    co_assignment: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<bool>,
}

struct Features<'a>(&'a [String], &'a [f64]);

impl Serialize for Features<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}

/// The bytes of these rows. Cost O(n).
pub(super) fn lines(features: &[String], rows: &[Row<'_>]) -> Vec<u8> {
    let mut lines = Vec::new();
    for row in rows {
        let [customer_id, segment_key, segment, segmento] = row.texts();
        let object = Object {
            customer_id,
            segment_id: row.segment.id,
            segment_key,
            segment,
            segmento,
            silhouette: row.silhouette,
            features: Features(features, row.features),
            rfm: row.beside.rfm,
            forecast: row.beside.forecast,
            borderline: row.beside.borderline,
            co_assignment: row.beside.co_assignment,
            held_out: row.beside.held_out,
        };
        serde_json::to_writer(&mut lines, &object).expect("texts and numbers always serialise");
        lines.push(b'\n');
    }
    lines
}
