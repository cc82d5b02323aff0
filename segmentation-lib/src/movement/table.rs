//! Movements as CSV, NDJSON and Parquet.

use super::Movement;
use crate::export::{Cell, ColumnKind, ExportError, ExportParams, ForPeople, TableEncoder};
use crate::record::Unit;

/// The columns of every format. `segment_id`, `segment_key`, `segment` and `segmento` are named as in exports, so that
/// these cells replace those of the customer's row; they are missing for one who left. Values of features are in
/// original units; in a CSV for people money is in currency units, and `feature` says so.
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
pub struct Encoder {
    table: TableEncoder,
    /// None where every value is exact.
    people: Option<ForPeople>,
}

impl Encoder {
    /// Without a row; a CSV for people names the currency, where it is known.
    ///
    /// # Errors
    /// Parameters that do not go together.
    pub fn new(params: &ExportParams, currency: Option<&str>) -> Result<Self, ExportError> {
        let columns = COLUMNS.into_iter().zip(KINDS).collect();
        let people = params.safe.then(|| ForPeople::of(params.language, currency));
        Ok(Self { table: TableEncoder::new(params, columns, currency)?, people })
    }

    /// The bytes of these rows, after those of what stands before them. Cost O(n).
    pub fn rows(&mut self, rows: &[Movement]) -> Vec<u8> {
        let sentences: Vec<_> = rows.iter().map(Movement::sentence).collect();
        let people = self.people.as_ref();
        let cells: Vec<_> =
            rows.iter().zip(&sentences).map(|(row, why)| cells(row, why.as_ref(), people)).collect();
        self.table.rows(&cells)
    }

    /// The bytes that end the file; none where rows are its end.
    pub fn finish(self) -> Vec<u8> {
        self.table.finish()
    }
}

pub(super) fn cells<'a>(
    row: &'a Movement,
    why: Option<&'a crate::record::Localized>,
    people: Option<&ForPeople>,
) -> Vec<Cell<'a>> {
    let text = |text: Option<&'a str>| text.map_or(Cell::Missing, |text| Cell::Text(text.into()));
    let crossing = row.why.as_ref().and_then(|why| why.crossing.as_ref());
    // Features of different units share these columns: what a number is counted in is said beside it.
    let money = people.filter(|_| crossing.is_some_and(|(feature, ..)| feature.unit == Unit::Pennies));
    let per_unit = if money.is_some() { 100.0 } else { 1.0 };
    let number = |number: Option<f64>| number.map_or(Cell::Missing, |number| Cell::Double(number / per_unit));
    let feature = crossing.map(|(feature, ..)| match money {
        Some(people) => Cell::Text(people.in_currency(&feature.name).into()),
        None => Cell::Text(feature.name.as_str().into()),
    });
    let (from, to) = (row.from.as_deref(), row.to.as_deref());
    vec![
        text(Some(&row.customer_id)),
        text(Some(row.kind().name())),
        text(from.map(|segment| segment.key.as_str())),
        text(from.map(|segment| segment.name.en.as_str())),
        text(from.map(|segment| segment.name.pt_br.as_str())),
        row.segment_id.map_or(Cell::Missing, |id| Cell::Whole(id.into())),
        text(to.map(|segment| segment.key.as_str())),
        text(to.map(|segment| segment.name.en.as_str())),
        text(to.map(|segment| segment.name.pt_br.as_str())),
        text(Some(&row.since)),
        text(row.why.as_ref().map(|why| why.cause.name())),
        feature.unwrap_or(Cell::Missing),
        number(crossing.map(|(_, before, ..)| *before)),
        number(crossing.map(|(_, _, after, _)| *after)),
        number(crossing.and_then(|(.., border)| *border)),
        text(why.map(|why| why.en.as_str())),
        text(why.map(|why| why.pt_br.as_str())),
    ]
}
