//! A run's customers in a file: CSV, NDJSON or Parquet, with feature `workbook` a workbook too.
//!
//! All formats have the same columns in the same order: [`COLUMNS`], then a column for each feature of
//! [`Manifest::features`](crate::record::Manifest::features), in original units, then [`RFM_COLUMNS`],
//! [`FORECAST_COLUMNS`], [`BORDERLINE_COLUMN`] and [`CO_ASSIGNMENT_COLUMN`] where they are asked for, and [`HELD_OUT_COLUMN`] in a run that holds
//! customers out. NDJSON holds the features in an object `features`, the rule view in an
//! object `rfm`, the forecast in an object `forecast`. Rows ascend by customer id (byte order). The same run gives the
//! same bytes.
//!
//! Numbers are exact: a text has the fewest digits that are read back as the same value, with a decimal point in
//! every language. The silhouette coefficient is of single precision, features are of double precision. Ids are
//! text: `007` stays `007`. A workbook is for people: its money stands in currency units and not in pennies, in a format
//! with the currency, and its columns are named without `_pennies`.
//!
//! ```
//! # fn run() -> segmentation_lib::record::Snapshot { test_support::sample::snapshot(2, 1) }
//! use segmentation_lib::export::{ExportParams, Format, write};
//!
//! let params = ExportParams { format: Format::Ndjson, ..ExportParams::default() };
//! let mut lines = Vec::new();
//! write(&run(), &params, &mut lines)?;
//! let first: serde_json::Value = serde_json::from_slice(lines.split(|&b| b == b'\n').next().unwrap_or_default())?;
//! assert_eq!(first["segment_key"], "champions");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::io::Write;

use crate::record::{Assignment, Manifest, Segment, Snapshot, Unit};

mod beside;
mod csv;
mod error;
mod guard;
mod ndjson;
mod parquet;
mod table;
#[cfg(feature = "workbook")]
mod workbook;

use beside::Kind;
pub(crate) use csv::ForPeople;
use csv::{Column, Csv};

pub use beside::{Beside, Cell, CustomerForecast, Include, Kind as ColumnKind, RfmPlaced};
pub use error::ExportError;
pub use guard::guarded;
pub use table::TableEncoder;
#[cfg(feature = "workbook")]
pub use workbook::{About, CustomerWorkbook, TableWorkbook, write_workbook};

/// The columns before those of the features.
pub const COLUMNS: [&str; 6] =
    ["customer_id", "segment_id", "segment_key", "segment", "segmento", "silhouette"];

/// The columns of the rule view, after those of the features: the group's key and the three scores, as in lists of
/// lookups.
pub const RFM_COLUMNS: [&str; 4] = ["rfm_group", "rfm_recency", "rfm_frequency", "rfm_monetary"];

/// The columns of the forecast, the last: see [`CustomerForecast`]. What is not known is empty.
pub const FORECAST_COLUMNS: [&str; 9] = [
    "purchases",
    "value_pennies",
    "mean_gap_days",
    "mean_value_pennies",
    "expected_purchases",
    "expected_spend_pennies",
    "expected_value_pennies",
    "alive",
    "next_purchase",
];

/// The column that says whether a customer's place is uncertain, `true` or `false`; see
/// [`is_borderline`](crate::nearest_segments::is_borderline).
pub const BORDERLINE_COLUMN: &str = "borderline";

/// The column that says which share of the bootstrap resamples places a customer in the own segment, in [0, 1]; see
/// [`CoAssignment`](crate::record::CoAssignment).
pub const CO_ASSIGNMENT_COLUMN: &str = "co_assignment";

/// The column that says whether campaigns are to leave a customer alone, `true` or `false`: the last in every file of a
/// run that holds some out, and in no other.
pub const HELD_OUT_COLUMN: &str = "held_out";

/// A file format that is written piece by piece.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ExportFormat))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated, with a header.
    #[default]
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet, not compressed in itself.
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Ndjson, Self::Parquet];

    /// The name: `csv`, `ndjson` or `parquet`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// The format of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Rows to hand to the [`Encoder`] at a time. For Parquet they become a row group: some milliseconds of work,
    /// and few enough groups for a reader.
    pub fn rows_per_piece(self) -> usize {
        match self {
            Self::Csv | Self::Ndjson => 1024,
            Self::Parquet => 16_384,
        }
    }
}

/// The language that a CSV for people is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English: columns parted by commas, a decimal point.
    #[default]
    En,
    /// Brazilian Portuguese: columns parted by semicolons, a decimal comma.
    PtBr,
}

impl Language {
    /// The names that [`Language::of`] knows, those of [`Localized`](crate::record::Localized).
    pub const NAMES: [&str; 2] = ["en", "pt_br"];

    /// The language of this name.
    pub fn of(name: &str) -> Option<Self> {
        let at = Self::NAMES.iter().position(|known| *known == name)?;
        Some([Self::En, Self::PtBr][at])
    }
}

/// How an export is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportParams {
    /// The file format; CSV by default.
    pub format: Format,
    /// For a CSV that people open in a spreadsheet: no text becomes a formula, see [`guarded`]; a byte order mark stands
    /// before the header; money is in currency units, with the currency in the column's name. Off by default, because a
    /// guarded id is no longer the id.
    pub safe: bool,
    /// The language of such a CSV: it decides what parts columns and decimals. English by default.
    pub language: Language,
    /// What each row holds beside. Nothing by default.
    pub include: Include,
    /// Whether each row holds the customer's id and segment and nothing else: [`COLUMNS`] without the silhouette
    /// coefficient. Off by default.
    pub segment_only: bool,
    /// Whether borderline customers are left out. Off by default.
    pub confident: bool,
    /// Whether rows follow that were written before: a CSV has no header then. Off by default.
    pub continued: bool,
}

impl ExportParams {
    /// Whether they go together.
    pub fn check(&self) -> Result<(), ExportError> {
        if self.safe && self.format != Format::Csv {
            return Err(ExportError::NothingToGuard { format: self.format.name() });
        }
        if self.continued && self.format == Format::Parquet {
            return Err(ExportError::NotContinued);
        }
        if self.segment_only && self.include != Include::default() {
            return Err(ExportError::SegmentOnly);
        }
        Ok(())
    }

    /// What each row of this run's file holds beside: what was asked for, and what stands in every whole one.
    fn include_of(&self, snapshot: &Snapshot) -> Include {
        Include { held_out: snapshot.held_out.is_some() && !self.segment_only, ..self.include }
    }
}

/// A customer's row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The id, exactly as in the data.
    pub customer_id: &'a str,
    /// The customer's segment.
    pub segment: &'a Segment,
    /// Silhouette coefficient, in [-1, 1].
    pub silhouette: f32,
    /// The features in original units, in the manifest's order.
    pub features: &'a [f64],
    /// What stands beside, where [`ExportParams::include`] asks for it.
    pub beside: Beside<'a>,
}

impl<'a> From<(&'a Assignment, &'a Segment)> for Row<'a> {
    fn from((a, segment): (&'a Assignment, &'a Segment)) -> Self {
        let features = &a.features;
        Self {
            customer_id: &a.customer_id,
            segment,
            silhouette: a.silhouette,
            features,
            beside: Beside::default(),
        }
    }
}

/// A run's rows in order, with what is asked for beside.
fn rows_of(
    snapshot: &Snapshot,
    include: Include,
    confident: bool,
) -> Result<impl Iterator<Item = Row<'_>>, ExportError> {
    if include.rfm && snapshot.rfm.is_none() {
        return Err(ExportError::NoRuleView);
    }
    if include.forecast && snapshot.forecasts.is_none() {
        return Err(ExportError::NoForecast);
    }
    if include.co_assignment && snapshot.co_assignment.is_none() {
        return Err(ExportError::NoCoAssignment);
    }
    let stays = move |at: usize| !confident || !beside::is_borderline(snapshot, at);
    let rows = snapshot.rows().map(Row::from).enumerate().filter(move |(at, _)| stays(*at));
    Ok(rows.map(move |(at, row)| Row { beside: Beside::of(snapshot, include, at), ..row }))
}

impl<'a> Row<'a> {
    fn cells(&self, include: Include) -> impl Iterator<Item = Cell<'a>> {
        let features = self.features.iter().map(|value| Cell::Double(*value));
        let before = self.segment_only().into_iter().chain([Cell::Single(self.silhouette)]);
        before.chain(features).chain(self.beside.cells(include))
    }

    fn segment_only(&self) -> [Cell<'a>; 5] {
        let [id, key, name, nome] = self.texts().map(|text| Cell::Text(text.into()));
        [id, Cell::Whole(self.segment.id.into()), key, name, nome]
    }

    fn texts(&self) -> [&'a str; 4] {
        let segment = self.segment;
        [self.customer_id, &segment.key, &segment.name.en, &segment.name.pt_br]
    }
}

/// Rows in, bytes out, piece by piece.
#[derive(Debug)]
pub struct Encoder {
    features: Vec<String>,
    include: Include,
    output: Output,
}

#[derive(Debug)]
enum Output {
    Csv(Csv),
    Ndjson,
    Parquet(Box<parquet::RowGroups>),
    SegmentOnly(TableEncoder),
}

/// The columns where the segment alone is written.
const SEGMENT_ONLY: [(&str, Kind); 5] = [
    (COLUMNS[0], Kind::Text),
    (COLUMNS[1], Kind::Whole),
    (COLUMNS[2], Kind::Text),
    (COLUMNS[3], Kind::Text),
    (COLUMNS[4], Kind::Text),
];

/// Rows of one run have as many columns as its header.
const IN_MEMORY: &str = "rows of equal length are written to memory without failing";

impl Encoder {
    /// Without a row, for this run.
    ///
    /// # Errors
    /// Parameters that do not go together.
    pub fn new(params: &ExportParams, manifest: &Manifest) -> Result<Self, ExportError> {
        params.check()?;
        let features: Vec<String> = manifest.features.iter().map(|feature| feature.name.clone()).collect();
        let currency = manifest.source.currency.as_deref();
        let output = match params.format {
            _ if params.segment_only => {
                Output::SegmentOnly(TableEncoder::new(params, SEGMENT_ONLY.to_vec(), currency)?)
            }
            Format::Csv => Output::Csv(Csv::new(params, columns(manifest, params.include), currency)),
            Format::Ndjson => Output::Ndjson,
            Format::Parquet => Output::Parquet(Box::new(parquet::RowGroups::new(&features, params.include))),
        };
        Ok(Self { features, include: params.include, output })
    }

    /// The bytes of these rows, after those of what stands before them. Cost O(n).
    pub fn rows(&mut self, rows: &[Row<'_>]) -> Vec<u8> {
        match &mut self.output {
            Output::Csv(csv) => csv.rows(rows.iter().map(|row| row.cells(self.include))),
            Output::Ndjson => ndjson::lines(&self.features, rows),
            Output::Parquet(file) => file.rows(rows),
            Output::SegmentOnly(table) => {
                table.rows(&rows.iter().map(|row| row.segment_only().to_vec()).collect::<Vec<_>>())
            }
        }
    }

    /// The bytes that end the file; none where rows are its end. A CSV without a row still has its header.
    pub fn finish(mut self) -> Vec<u8> {
        match self.output {
            Output::Parquet(mut file) => file.finish(),
            Output::SegmentOnly(table) => table.finish(),
            Output::Csv(_) | Output::Ndjson => self.rows(&[]),
        }
    }
}

/// Writes the customers of a run, and says how many. Cost O(n), memory for a piece of rows.
pub fn write(snapshot: &Snapshot, params: &ExportParams, out: &mut impl Write) -> Result<usize, ExportError> {
    let include = params.include_of(snapshot);
    let mut encoder = Encoder::new(&ExportParams { include, ..*params }, &snapshot.manifest)?;
    let mut rows = rows_of(snapshot, include, params.confident)?;
    let mut written = 0;
    loop {
        let piece: Vec<_> = rows.by_ref().take(params.format.rows_per_piece()).collect();
        if piece.is_empty() {
            out.write_all(&encoder.finish())?;
            return Ok(written);
        }
        written += piece.len();
        out.write_all(&encoder.rows(&piece))?;
    }
}

/// The columns of a run's customers.
fn columns(manifest: &Manifest, include: Include) -> Vec<Column> {
    let features = manifest.features.iter();
    let features = features.map(|feature| Column::of_feature(&feature.name, feature.unit == Unit::Pennies));
    let before = COLUMNS.into_iter().map(Column::of);
    before.chain(features).chain(include.column_names().map(Column::of)).collect()
}
