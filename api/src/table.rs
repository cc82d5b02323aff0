//! A run in memory: compact, read-only, answers in nanoseconds.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use segmentation_lib::export::{CustomerForecast, Include};
use segmentation_lib::nearest_segments::is_borderline;
use segmentation_lib::record::{
    CoAssignment, ForecastRow, HeldOut, Manifest, PackedForecasts, Rfm, RfmGroup, RfmPlace, Segment,
};
use segmentation_lib::store::{Block, RunId, Store, StoreError};
use segmentation_lib::surrogate::Place;

use crate::percentiles::Percentiles;

mod ids;
mod index;
mod marks;

use self::ids::Ids;
use self::index::Index;
use self::marks::{Mark, Marks};

/// A run's customers by column, with an index from id to row.
///
/// Rows ascend by id. Beside the id's bytes and 8 bytes a feature a customer takes about 16 bytes: where the id ends, its
/// slot in the index, the silhouette coefficient, the place among the segment's members, and in some bits the segment,
/// the place in the rule view and whether campaigns leave the customer alone. A forecast takes 10 to 18 more, the
/// co-assignment one, where the run has them.
#[derive(Debug)]
pub struct Table {
    manifest: Manifest,
    segments: Vec<Segment>,
    ids: Ids,
    marks: Marks,
    silhouettes: Vec<f32>,
    features: Vec<f64>,
    index: Index,
    // Randomly keyed: nobody outside can choose ids that collide.
    hasher: RandomState,
    members: BTreeMap<u16, Vec<u32>>,
    percentiles: Vec<Percentiles>,
    /// None where the run has no rule view.
    rfm_groups: Vec<RfmGroup>,
    /// By row; none where the run has no forecast.
    forecasts: Option<PackedForecasts>,
    holds_out: bool,
    /// By row; none where the run does not know it.
    co_assignment: Option<CoAssignment>,
}

/// All that a customer has.
const WHOLE: Include =
    Include { rfm: true, forecast: true, borderline: true, co_assignment: true, held_out: true };

/// One customer.
#[derive(Debug, Clone, Copy)]
pub struct Customer<'a> {
    /// The id.
    pub id: &'a str,
    /// The segment's id.
    pub segment_id: u16,
    /// Silhouette coefficient, in [-1, 1].
    pub silhouette: f32,
    /// Features in original units, in the manifest's order.
    pub features: &'a [f64],
    /// The place in the rule view; none where the run has none.
    pub rfm: Option<RfmPlace>,
    /// What to expect; none for who made no purchase, and where the run has no forecast.
    pub forecast: Option<ForecastRow>,
    /// Whether campaigns are to leave the customer alone; none where the run holds nobody out.
    pub held_out: Option<bool>,
    /// Share of the bootstrap resamples that place the customer in the own segment; none where the run does not know it.
    pub co_assignment: Option<f32>,
}

impl Customer<'_> {
    /// What to expect, as programs read it.
    pub fn forecast(&self) -> Option<CustomerForecast> {
        self.forecast.as_ref().map(Into::into)
    }
}

/// Why a run cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ids take more than 4 GiB.
    #[error("run {run_id}: its customer ids take more than 4 GiB, which is the most one server holds")]
    TooLarge {
        /// The run.
        run_id: RunId,
    },
}

impl Table {
    /// Loads and verifies a run. Cost O(n).
    pub fn load(store: &Store, run_id: &RunId) -> Result<Self, LoadError> {
        let run = store.open(run_id)?;
        let mut columns = Columns {
            rfm: run.rfm()?,
            forecasts: run.forecasts()?,
            held_out: run.held_out()?,
            co_assignment: run.co_assignment()?,
            ..Columns::default()
        };
        let (manifest, segments) = run.read(|block| columns.push(&block))?;
        columns.finish(manifest, segments).ok_or_else(|| LoadError::TooLarge { run_id: run_id.clone() })
    }

    /// The run's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The run's id.
    pub fn run_id(&self) -> &str {
        &self.manifest.run_id
    }

    /// When the run was made, in seconds since 1970; `None` when its manifest has no readable time.
    pub fn created_at(&self) -> Option<i64> {
        chrono::DateTime::parse_from_rfc3339(&self.manifest.created_at).ok().map(|time| time.timestamp())
    }

    /// Segments in order of id.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment with this id.
    pub fn segment(&self, id: u16) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.id == id)
    }

    /// The customer with exactly this id. Cost O(1).
    pub fn find(&self, id: &str) -> Option<Customer<'_>> {
        self.row_of(id).map(|row| self.customer(row))
    }

    /// Row of the customer with exactly this id. Cost O(1).
    pub fn row_of(&self, id: &str) -> Option<usize> {
        let hash = self.hasher.hash_one(id);
        let row = self.index.find(hash, |row| self.ids.get(row as usize) == id)?;
        Some(row as usize)
    }

    /// Rows of a segment's members, ascending by customer id; empty for an unknown segment.
    pub fn members(&self, segment_id: u16) -> &[u32] {
        self.members.get(&segment_id).map_or(&[], Vec::as_slice)
    }

    /// The customer in a row that [`Table::members`] or [`Table::row_of`] gave.
    pub fn customer(&self, row: usize) -> Customer<'_> {
        self.customer_with(row, WHOLE)
    }

    /// The same with what is to be included alone. Each of these columns lies elsewhere in memory: what nobody asks for
    /// would be waited for.
    pub fn customer_with(&self, row: usize, include: Include) -> Customer<'_> {
        let width = self.manifest.features.len();
        let Mark { segment_id, rfm, held_out } = self.marks.get(row);
        Customer {
            id: self.ids.get(row),
            segment_id,
            silhouette: self.silhouettes[row],
            features: &self.features[row * width..(row + 1) * width],
            rfm: rfm.filter(|_| include.rfm),
            forecast: self.forecasts.as_ref().filter(|_| include.forecast).and_then(|all| all.get(row)),
            held_out,
            co_assignment: self
                .co_assignment
                .as_ref()
                .filter(|_| include.co_assignment)
                .map(|found| found.share(row)),
        }
    }

    /// Every customer as the model places it, ascending by id.
    pub fn places(&self) -> impl ExactSizeIterator<Item = Place<'_>> {
        (0..self.ids.len()).map(|row| {
            let customer = self.customer_with(row, Include::default());
            let Customer { id: customer_id, segment_id, features, .. } = customer;
            Place { customer_id, segment_id, features }
        })
    }

    /// The groups of the rule view; empty where the run has none.
    pub fn rfm_groups(&self) -> &[RfmGroup] {
        &self.rfm_groups
    }

    /// Whether the run has a forecast.
    pub fn has_forecasts(&self) -> bool {
        self.forecasts.is_some()
    }

    /// Whether the run knows how often customers are placed alike under resampling.
    pub fn has_co_assignment(&self) -> bool {
        self.co_assignment.is_some()
    }

    /// Whether the run holds customers out of campaigns.
    pub fn holds_out(&self) -> bool {
        self.holds_out
    }

    /// Whether a customer's place is uncertain: the one definition of exports and explanations.
    pub fn is_borderline(&self, customer: &Customer<'_>) -> bool {
        let run = (self.manifest.features.as_slice(), self.segments.as_slice());
        is_borderline(run, customer.segment_id, customer.silhouette, customer.features)
    }

    /// Where `value` of the feature at `index` stands among all customers, in percent.
    pub fn percentile(&self, index: usize, value: f64) -> f64 {
        self.percentiles[index].rank(value)
    }

    /// Bytes held by the columns and the index.
    pub fn bytes(&self) -> usize {
        let members: usize = self.members.values().map(|rows| rows.capacity() * 4).sum();
        self.ids.bytes()
            + self.marks.bytes()
            + self.silhouettes.capacity() * 4
            + self.features.capacity() * 8
            + self.index.bytes()
            + members
            + self.forecasts.as_ref().map_or(0, PackedForecasts::bytes)
            + self.co_assignment.as_ref().map_or(0, |found| found.alike.capacity())
    }
}

/// The columns while they grow.
#[derive(Default)]
struct Columns {
    ids: Ids,
    segment_ids: Vec<u16>,
    silhouettes: Vec<f32>,
    features: Vec<f64>,
    rfm: Option<Rfm>,
    forecasts: Option<PackedForecasts>,
    held_out: Option<HeldOut>,
    co_assignment: Option<CoAssignment>,
}

impl Columns {
    fn push(&mut self, block: &Block) {
        for row in block.rows() {
            self.ids.push(row.id);
            self.segment_ids.push(row.segment_id);
            self.silhouettes.push(row.silhouette);
            self.features.extend_from_slice(row.features);
        }
    }

    /// The table; `None` when an offset does not fit 32 bits.
    fn finish(mut self, manifest: Manifest, segments: Vec<Segment>) -> Option<Table> {
        if !self.ids.fit() {
            return None;
        }
        self.ids.shrink();
        self.silhouettes.shrink_to_fit();
        self.features.shrink_to_fit();
        let (width, hasher) = (manifest.features.len(), RandomState::new());
        Some(Table {
            manifest,
            segments,
            index: Index::of(self.ids.len(), |row| hasher.hash_one(self.ids.get(row))),
            hasher,
            ids: self.ids,
            marks: Marks::of(&self.segment_ids, self.rfm.as_ref(), self.held_out.as_ref()),
            members: members(&self.segment_ids),
            percentiles: percentiles(&self.features, width),
            silhouettes: self.silhouettes,
            features: self.features,
            rfm_groups: self.rfm.map_or_else(Vec::new, |rfm| rfm.groups),
            forecasts: self.forecasts,
            holds_out: self.held_out.is_some(),
            co_assignment: self.co_assignment,
        })
    }
}

fn percentiles(features: &[f64], width: usize) -> Vec<Percentiles> {
    let column = |index: usize| features.iter().copied().skip(index).step_by(width).collect();
    (0..width).map(|index| Percentiles::of(column(index))).collect()
}

fn members(segment_ids: &[u16]) -> BTreeMap<u16, Vec<u32>> {
    let mut members: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for (row, &segment_id) in segment_ids.iter().enumerate() {
        members.entry(segment_id).or_default().push(row as u32);
    }
    members.values_mut().for_each(Vec::shrink_to_fit);
    members
}

#[cfg(test)]
mod tests {
    use segmentation_lib::progress::Progress;
    use segmentation_lib::store::PublishOptions;
    use test_support::sample;

    use super::*;

    /// A run of so many made-up customers, and how it is served.
    fn served(customers: usize) -> (segmentation_lib::record::Snapshot, Table) {
        let directory = tempfile::tempdir().expect("a directory");
        let (store, snapshot) = (Store::at(directory.path()), sample::snapshot(customers, 1));
        let run_id =
            store.publish(&snapshot, &PublishOptions::default(), &Progress::silent()).expect("published");
        (snapshot, Table::load(&store, &run_id).expect("loaded"))
    }

    #[test]
    fn a_customer_of_three_features_with_a_forecast_takes_less_than_70_bytes() {
        let (_, table) = served(5_000);
        assert!(table.has_forecasts() && !table.rfm_groups().is_empty());
        let customers = table.places().len();
        assert!(table.bytes() < 70 * customers, "{} bytes for {customers}", table.bytes());
    }

    #[test]
    fn every_customer_is_served_as_published() {
        let (snapshot, table) = served(500);
        for (row, published) in snapshot.assignments.iter().enumerate() {
            let customer = table.find(&published.customer_id).expect("a customer of the run");
            assert_eq!(customer.id, published.customer_id);
            assert_eq!(customer.segment_id, published.segment_id);
            assert_eq!(customer.silhouette.to_bits(), published.silhouette.to_bits());
            assert_eq!(customer.features, published.features);
            assert_eq!(customer.rfm, snapshot.rfm.as_ref().map(|rfm| rfm.places[row]));
            assert_eq!(customer.forecast, snapshot.forecasts.as_ref().and_then(|all| all.rows[row]));
            assert_eq!(customer.held_out, snapshot.held_out.as_ref().map(|held| held.marks[row]));
        }
        assert!(table.find("nobody").is_none());
    }
}
