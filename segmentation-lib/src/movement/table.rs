//! Movements as CSV, NDJSON and Parquet.

use super::Movement;
use crate::export::{ColumnKind, ExportError, ExportParams, TableEncoder, Value};

/// The columns of every format. `segment_id`, `segment_key`, `segment` and `segmento` are named as in exports, so that
/// these cells replace those of the customer's row; they are missing for one who left. Values of features are in
/// original units.
pub const COLUMNS: [&str; 17] = [
    "customer_id",
    "change",
    "from_segment_key",
    "from_segment",
    "from_segmento",
    "segment_id",
    "segment_key",
    "segment",
    "segmento",
    "since",
    "cause",
    "feature",
    "before",
    "after",
    "border",
    "why",
    "porque",
];

const KINDS: [ColumnKind; COLUMNS.len()] = {
    let mut kinds = [ColumnKind::Text; COLUMNS.len()];
    kinds[5] = ColumnKind::Whole;
    kinds[12] = ColumnKind::Double;
    kinds[13] = ColumnKind::Double;
    kinds[14] = ColumnKind::Double;
    kinds
};

/// Movements in, bytes out, piece by piece.
#[derive(Debug)]
pub struct Encoder(TableEncoder);

impl Encoder {
    /// Without a row.
    ///
    /// # Errors
    /// Parameters that do not go together.
    pub fn new(params: &ExportParams) -> Result<Self, ExportError> {
        let columns = COLUMNS.into_iter().zip(KINDS).collect();
        Ok(Self(TableEncoder::new(params, columns)?))
    }

    /// The bytes of these rows, after those of what stands before them. Cost O(n).
    pub fn rows(&mut self, rows: &[Movement]) -> Vec<u8> {
        let sentences: Vec<_> = rows.iter().map(Movement::sentence).collect();
        let cells: Vec<_> = rows.iter().zip(&sentences).map(|(row, why)| cells(row, why.as_ref())).collect();
        self.0.rows(&cells)
    }

    /// The bytes that end the file; none where rows are its end.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish()
    }
}

fn cells<'a>(row: &'a Movement, why: Option<&'a crate::record::Localized>) -> Vec<Value<'a>> {
    let text = |text: Option<&'a str>| text.map_or(Value::Missing, |text| Value::Text(text.into()));
    let number = |number: Option<f64>| number.map_or(Value::Missing, Value::Double);
    let crossing = row.why.as_ref().and_then(|why| why.crossing.as_ref());
    let (from, to) = (row.from.as_deref(), row.to.as_deref());
    vec![
        text(Some(&row.customer_id)),
        text(Some(row.kind().name())),
        text(from.map(|segment| segment.key.as_str())),
        text(from.map(|segment| segment.name.en.as_str())),
        text(from.map(|segment| segment.name.pt_br.as_str())),
        row.segment_id.map_or(Value::Missing, |id| Value::Whole(id.into())),
        text(to.map(|segment| segment.key.as_str())),
        text(to.map(|segment| segment.name.en.as_str())),
        text(to.map(|segment| segment.name.pt_br.as_str())),
        text(Some(&row.since)),
        text(row.why.as_ref().map(|why| why.cause.name())),
        text(crossing.map(|(feature, ..)| feature.name.as_str())),
        number(crossing.map(|(_, before, ..)| *before)),
        number(crossing.map(|(_, _, after, _)| *after)),
        number(crossing.and_then(|(.., border)| *border)),
        text(why.map(|why| why.en.as_str())),
        text(why.map(|why| why.pt_br.as_str())),
    ]
}
