//! The changes of all publications on a way, put together customer by customer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::{MovementError, Step, Way};
use crate::record::{Cause, Change, ChangeRows, Localized, NamedFeature, NamedSegment, RunId};
use crate::store::{Damage, EntryFile, Store, StoreError};

/// What became of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MovementKind))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In another segment.
    Moved,
    /// In no segment before.
    Came,
    /// In none any more.
    Left,
}

impl Kind {
    /// The name: `moved`, `came`, `left`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Came => "came",
            Self::Left => "left",
        }
    }
}

/// A customer's way from one segment to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// The customer's id.
    pub customer_id: String,
    /// The segment at the beginning, as it was called then; none for a customer who came.
    pub from: Option<Arc<NamedSegment>>,
    /// The segment at the end, as it is called there; none for a customer who left.
    pub to: Option<Arc<NamedSegment>>,
    /// The segment's id at the end.
    pub segment_id: Option<u16>,
    /// Reference date of the run since which it is so, ISO 8601.
    pub since: Arc<str>,
    /// That run.
    pub since_run: Arc<str>,
    /// Why, of the last change; none where the customer came or left.
    pub why: Option<Reason>,
}

impl Movement {
    /// What became of the customer.
    pub fn kind(&self) -> Kind {
        match (&self.from, &self.to) {
            (None, _) => Kind::Came,
            (_, None) => Kind::Left,
            _ => Kind::Moved,
        }
    }
}

/// Why a customer changed segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// What happened.
    pub cause: Cause,
    /// The feature that decided, with its value before and after and the border between the segments, original
    /// unit; none where another model did.
    pub crossing: Option<(Arc<NamedFeature>, f64, f64, Option<f64>)>,
}

/// What one publication changed, as it is read.
pub(super) struct Source {
    run_id: RunId,
    rows: ChangeRows<EntryFile>,
    back: bool,
    before: Vec<Arc<NamedSegment>>,
    after: Vec<Arc<NamedSegment>>,
    features: Vec<Arc<NamedFeature>>,
    /// Reference date and id of the run that the step leads to.
    arrived: (Arc<str>, Arc<str>),
}

impl Source {
    pub(super) fn open(store: &Store, step: &Step) -> Result<Self, MovementError> {
        let run_id: RunId = step.entry.run_id.parse().map_err(StoreError::from)?;
        let rows = store.changes(&run_id)?;
        let shared = |segments: &[NamedSegment]| segments.iter().cloned().map(Arc::new).collect();
        let head = rows.head();
        let (before, after) = (shared(&head.before.segments), shared(&head.after.segments));
        let features = head.features.iter().cloned().map(Arc::new).collect();
        let arrived = (step.reached.reference_date.as_str().into(), step.reached.run_id.as_str().into());
        Ok(Self { run_id, rows, back: step.back, before, after, features, arrived })
    }

    fn read<T>(&self, result: Result<T, crate::record::ChangesError>) -> Result<T, MovementError> {
        result.map_err(|error| {
            let what = Damage::Decode { key: "changes".to_owned(), reason: error.to_string() };
            StoreError::damaged(&self.run_id, what).into()
        })
    }

    fn next(&mut self) -> Result<Option<Change>, MovementError> {
        let next = self.rows.next();
        self.read(next)
    }

    fn seek(&mut self, customer_id: &str) -> Result<(), MovementError> {
        let found = self.rows.seek(customer_id);
        self.read(found)
    }

    /// The change of one customer, if any.
    pub(super) fn change_of(&mut self, customer_id: &str) -> Result<Option<Change>, MovementError> {
        self.seek(customer_id)?;
        Ok(self.next()?.filter(|change| change.customer_id == customer_id))
    }

    /// The segments that the change leads from and to, in the direction of the way.
    pub(super) fn ends(&self, change: &Change) -> [Option<Arc<NamedSegment>>; 2] {
        let named = |segments: &[Arc<NamedSegment>], place: Option<u16>| {
            place.and_then(|place| segments.get(usize::from(place)).cloned())
        };
        let mut ends = [named(&self.before, change.from), named(&self.after, change.to)];
        if self.back {
            ends.reverse();
        }
        ends
    }

    pub(super) fn reason(&self, change: &Change) -> Option<Reason> {
        let why = change.why?;
        let crossing = why.crossing.and_then(|crossing| {
            let feature = self.features.get(usize::from(crossing.feature))?.clone();
            let (before, after) = match self.back {
                true => (crossing.after, crossing.before),
                false => (crossing.before, crossing.after),
            };
            Some((feature, before, after, crossing.border))
        });
        Some(Reason { cause: why.cause, crossing })
    }
}

/// A change that is next in its source; the smallest id first, then the order of the way.
type Waiting = Reverse<(String, usize)>;

/// The customers who changed between two runs, ascending by id. Memory: a frame of each publication between.
pub struct Movements {
    sources: Vec<Source>,
    heads: Vec<Option<Change>>,
    waiting: BinaryHeap<Waiting>,
    /// The segments at the end, whose names and ids count.
    to: Vec<Arc<NamedSegment>>,
}

impl std::fmt::Debug for Movements {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "movements of {} publications", self.sources.len())
    }
}

impl Movements {
    /// Opens the changes of every publication on the way.
    ///
    /// # Errors
    /// One of them is gone or damaged.
    pub fn open(store: &Store, way: &Way) -> Result<Self, MovementError> {
        let sources = way.steps.iter().map(|step| Source::open(store, step));
        let sources: Vec<Source> = sources.collect::<Result<_, _>>()?;
        let named = |segment: &crate::store::LogSegment| {
            Arc::new(NamedSegment { key: segment.key.clone(), name: segment.name.clone() })
        };
        let to = way.to.segments.iter().map(named).collect();
        let heads = sources.iter().map(|_| None).collect();
        let mut movements = Self { sources, heads, waiting: BinaryHeap::new(), to };
        movements.fill()?;
        Ok(movements)
    }

    /// Goes to the first customer whose id is at least this. Cost: a frame of each publication.
    pub fn seek(&mut self, customer_id: &str) -> Result<(), MovementError> {
        for source in &mut self.sources {
            source.seek(customer_id)?;
        }
        self.waiting.clear();
        self.fill()
    }

    fn fill(&mut self) -> Result<(), MovementError> {
        (0..self.sources.len()).try_for_each(|at| self.advance(at))
    }

    fn advance(&mut self, at: usize) -> Result<(), MovementError> {
        self.heads[at] = self.sources[at].next()?;
        if let Some(change) = &self.heads[at] {
            self.waiting.push(Reverse((change.customer_id.clone(), at)));
        }
        Ok(())
    }

    /// The next customer; none after the last.
    #[expect(clippy::should_implement_trait, reason = "each step may fail")]
    pub fn next(&mut self) -> Result<Option<Movement>, MovementError> {
        while let Some(Reverse((id, _))) = self.waiting.peek() {
            let id = id.clone();
            if let Some(movement) = self.of_customer(id)? {
                return Ok(Some(movement));
            }
        }
        Ok(None)
    }

    /// What all the changes of the next customer come to; none where they lead back to the beginning.
    fn of_customer(&mut self, customer_id: String) -> Result<Option<Movement>, MovementError> {
        let mut ends: Option<[Option<Arc<NamedSegment>>; 2]> = None;
        let mut last = 0;
        let mut why = None;
        while let Some(Reverse((id, at))) = self.waiting.peek() {
            if *id != customer_id {
                break;
            }
            let at = *at;
            self.waiting.pop();
            if let Some(change) = self.heads[at].take() {
                let [from, to] = self.sources[at].ends(&change);
                ends = Some([ends.map_or(from, |[first, _]| first), to]);
                (last, why) = (at, self.sources[at].reason(&change));
            }
            self.advance(at)?;
        }
        let Some([from, to]) = ends else { return Ok(None) };
        let [was, is] = [&from, &to].map(|segment| segment.as_ref().map(|segment| &segment.key));
        if was == is {
            return Ok(None);
        }
        let place = self.to.iter().position(|segment| Some(&segment.key) == is);
        let (since, since_run) = self.sources[last].arrived.clone();
        let why = why.filter(|_| from.is_some() && to.is_some());
        Ok(Some(Movement {
            customer_id,
            from,
            segment_id: place.map(|place| place as u16 + 1),
            to: place.map(|place| self.to[place].clone()).or(to),
            since,
            since_run,
            why,
        }))
    }
}

impl Movement {
    /// Why, in one sentence; none as [`Movement::why`].
    pub fn sentence(&self) -> Option<Localized> {
        self.why.as_ref().map(super::sentence::of)
    }
}
