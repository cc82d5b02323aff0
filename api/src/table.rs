//! A run in memory: compact, read-only, answers in nanoseconds.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use segmentation_lib::export::CustomerForecast;
use segmentation_lib::nearest_segments::is_borderline;
use segmentation_lib::record::{
    CoAssignment, ForecastRow, HeldOut, Manifest, PackedForecasts, Rfm, RfmGroup, RfmPlace, Segment,
};
use segmentation_lib::store::{Block, RunId, Store, StoreError};
use segmentation_lib::surrogate::Place;

use crate::percentiles::Percentiles;

/// A run's customers by column, with an index from id to row.
///
/// Rows ascend by id. Ids lie end to end in one text. Beside the ids' bytes and 8 bytes a feature a
/// customer takes about 29 bytes: the end of the id, its slot in the index, segment, silhouette
/// coefficient, its place among the segment's members and in the rule view; a forecast takes 36 more, a
/// mark of who is held out and the co-assignment one each, where the run has them.
#[derive(Debug)]
pub struct Table {
    manifest: Manifest,
    segments: Vec<Segment>,
    ids: String,
    ends: Vec<u32>,
    segment_ids: Vec<u16>,
    silhouettes: Vec<f32>,
    features: Vec<f64>,
    index: HashTable<u32>,
    // Randomly keyed: nobody outside can choose ids that collide.
    hasher: RandomState,
    members: BTreeMap<u16, Vec<u32>>,
    percentiles: Vec<Percentiles>,
    /// Places by row; none where the run has no rule view.
    rfm: Option<Rfm>,
    /// By row; none where the run has no forecast.
    forecasts: Option<PackedForecasts>,
    /// By row; none where the run holds nobody out.
    held_out: Option<HeldOut>,
    /// By row; none where the run does not know it.
    co_assignment: Option<CoAssignment>,
}

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
        let hash = self.hasher.hash_one(id);
        let row = self.index.find(hash, |&row| self.id(row as usize) == id)?;
        Some(self.customer(*row as usize))
    }

    /// Rows of a segment's members, ascending by customer id; empty for an unknown segment.
    pub fn members(&self, segment_id: u16) -> &[u32] {
        self.members.get(&segment_id).map_or(&[], Vec::as_slice)
    }

    /// The customer in a row that [`Table::members`] gave.
    pub fn customer(&self, row: usize) -> Customer<'_> {
        let width = self.manifest.features.len();
        Customer {
            id: self.id(row),
            segment_id: self.segment_ids[row],
            silhouette: self.silhouettes[row],
            features: &self.features[row * width..(row + 1) * width],
            rfm: self.rfm.as_ref().map(|rfm| rfm.places[row]),
            forecast: self.forecasts.as_ref().and_then(|forecasts| forecasts.get(row)),
            held_out: self.held_out.as_ref().map(|held| held.marks[row]),
            co_assignment: self.co_assignment.as_ref().map(|found| found.share(row)),
        }
    }

    /// Every customer as the model places it, ascending by id.
    pub fn places(&self) -> impl ExactSizeIterator<Item = Place<'_>> {
        (0..self.ends.len()).map(|row| {
            let Customer { id: customer_id, segment_id, features, .. } = self.customer(row);
            Place { customer_id, segment_id, features }
        })
    }

    /// The groups of the rule view; empty where the run has none.
    pub fn rfm_groups(&self) -> &[RfmGroup] {
        self.rfm.as_ref().map_or(&[], |rfm| &rfm.groups)
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
        self.held_out.is_some()
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
        let places = self.rfm.as_ref().map_or(0, |rfm| rfm.places.capacity() * size_of::<RfmPlace>());
        let members: usize = self.members.values().map(|rows| rows.capacity() * 4).sum();
        self.ids.capacity()
            + self.ends.capacity() * 4
            + self.segment_ids.capacity() * 2
            + self.silhouettes.capacity() * 4
            + self.features.capacity() * 8
            + self.index.allocation_size()
            + members
            + places
            + self.forecasts.as_ref().map_or(0, PackedForecasts::bytes)
            + self.held_out.as_ref().map_or(0, |held| held.marks.capacity())
            + self.co_assignment.as_ref().map_or(0, |found| found.alike.capacity())
    }

    fn id(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.ids[start as usize..self.ends[row] as usize]
    }
}

/// The columns while they grow.
#[derive(Default)]
struct Columns {
    ids: String,
    ends: Vec<usize>,
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
            self.ids.push_str(row.id);
            self.ends.push(self.ids.len());
            self.segment_ids.push(row.segment_id);
            self.silhouettes.push(row.silhouette);
            self.features.extend_from_slice(row.features);
        }
    }

    /// The table; `None` when an offset does not fit 32 bits.
    fn finish(mut self, manifest: Manifest, segments: Vec<Segment>) -> Option<Table> {
        u32::try_from(self.ids.len()).ok()?;
        self.ids.shrink_to_fit();
        self.segment_ids.shrink_to_fit();
        self.silhouettes.shrink_to_fit();
        self.features.shrink_to_fit();
        let width = manifest.features.len();
        let mut table = Table {
            manifest,
            segments,
            ids: self.ids,
            // No offset is larger than the last, which was checked.
            ends: self.ends.into_iter().map(|end| end as u32).collect::<Box<[_]>>().into_vec(),
            members: members(&self.segment_ids),
            percentiles: percentiles(&self.features, width),
            segment_ids: self.segment_ids,
            silhouettes: self.silhouettes,
            features: self.features,
            rfm: self.rfm,
            forecasts: self.forecasts,
            held_out: self.held_out,
            co_assignment: self.co_assignment,
            index: HashTable::new(),
            hasher: RandomState::new(),
        };
        table.build_index();
        Some(table)
    }
}

impl Table {
    fn build_index(&mut self) {
        let n = self.ends.len();
        let mut index = HashTable::with_capacity(n);
        for row in 0..n as u32 {
            let hash = self.hasher.hash_one(self.id(row as usize));
            index.insert_unique(hash, row, |&row| self.hasher.hash_one(self.id(row as usize)));
        }
        self.index = index;
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
