//! Who changed segment since the run before, and why: a block that a reader may skip.

use serde::{Deserialize, Serialize};

use super::{Assignment, Localized, MAX_ID_BYTES, Segment, Unit};

mod bytes;

pub use bytes::ChangeRows;
pub(crate) use bytes::{part, read_part};

/// One customer's change from the run before to this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The customer's id.
    pub customer_id: String,
    /// Place of the segment then in [`ChangesHead::before`]; none for a customer who came.
    pub from: Option<u16>,
    /// Place of the segment now in [`ChangesHead::after`]; none for a customer who left.
    pub to: Option<u16>,
    /// Why; none for those who came or left.
    pub why: Option<Why>,
}

/// Why a customer changed segment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// What happened.
    pub cause: Cause,
    /// The feature that carried the customer over the border; none where the model is another.
    pub crossing: Option<Crossing>,
}

/// What made a customer change segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Purchases or returns.
    Purchases,
    /// Days that have gone by without any.
    Ageing,
    /// Another model: the customer may not have done anything.
    Model,
}

impl Cause {
    /// Every cause, in the order of their numbers in the block.
    pub(crate) const ALL: [Self; 3] = [Self::Purchases, Self::Ageing, Self::Model];

    /// The name: `purchases`, `ageing`, `model`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Purchases => "purchases",
            Self::Ageing => "ageing",
            Self::Model => "model",
        }
    }

    /// What happened, as a reader is told it.
    pub fn in_words(self) -> Localized {
        let [en, pt_br] = match self {
            Self::Purchases => ["purchases or returns", "compras ou devoluções"],
            Self::Ageing => ["no purchase meanwhile", "nenhuma compra no período"],
            Self::Model => ["the segments were fitted anew", "os segmentos foram recalculados"],
        };
        Localized { en: en.to_owned(), pt_br: pt_br.to_owned() }
    }
}

/// How a feature carried a customer from one segment's side to the other's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// Place of the feature in [`ChangesHead::features`].
    pub feature: u8,
    /// Its value in the run before, original unit.
    pub before: f64,
    /// Its value now.
    pub after: f64,
    /// The value at which, with the customer's other features as they are now, the two segments are equally near;
    /// none where it does not lie between the two values, because several features moved the customer together.
    pub border: Option<f64>,
}

/// One of the two runs that are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Reference date, ISO 8601.
    pub reference_date: String,
    /// The segments by id.
    pub segments: Vec<NamedSegment>,
}

impl Side {
    /// A run as it is compared.
    pub fn of(reference_date: &str, segments: &[Segment]) -> Self {
        let named = |segment: &Segment| NamedSegment { key: segment.key.clone(), name: segment.name.clone() };
        Self { reference_date: reference_date.to_owned(), segments: segments.iter().map(named).collect() }
    }

    /// The key of the segment at this place, of none where there is no place; none where there is no such segment.
    fn key(&self, place: Option<u16>) -> Option<Option<&str>> {
        let Some(place) = place else { return Some(None) };
        self.segments.get(usize::from(place)).map(|segment| Some(segment.key.as_str()))
    }
}

/// A segment as it was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NamedSegment {
    /// Stable machine name.
    #[cfg_attr(feature = "openapi", schema(example = "champions"))]
    pub key: String,
    /// Name.
    pub name: Localized,
}

/// A feature that a crossing names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedFeature {
    /// The feature's name.
    pub name: String,
    /// The unit of its values.
    pub unit: Unit,
}

/// What the changes are said of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesHead {
    /// The run before.
    pub before: Side,
    /// This run.
    pub after: Side,
    /// The matrix's columns.
    pub features: Vec<NamedFeature>,
    /// Whether both runs have the same model.
    pub same_model: bool,
}

/// The changes of a run against the run before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// What they are said of.
    pub head: ChangesHead,
    /// Ascending by customer id (byte order), each id once.
    pub rows: Vec<Change>,
}

/// Changes cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangesError {
    /// The bytes are cut off, or not those that were written.
    #[error("{0} is cut off or not as it was written")]
    Damaged(&'static str),
    /// The head cannot be read.
    #[error("the head of the changes cannot be read: {0}")]
    Head(String),
    /// A row contradicts the head or the row before it.
    #[error("change {row}: {what}")]
    Row {
        /// Its place, from 0.
        row: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The changes do not lead to the run's assignments.
    #[error("change {row} says otherwise of {id:?} than the run's assignments")]
    Assignments {
        /// Its place, from 0.
        row: usize,
        /// The customer.
        id: String,
    },
    /// Reading failed.
    #[error("cannot read the changes: {0}")]
    Read(String),
}

impl Changes {
    /// Name of the block.
    pub const BLOCK: &'static str = "changes";

    /// The changes without the customers that `gone` names. Cost O(n).
    pub fn without(&self, gone: impl Fn(&str) -> bool) -> Self {
        let stays = self.rows.iter().filter(|change| !gone(&change.customer_id));
        Self { head: self.head.clone(), rows: stays.cloned().collect() }
    }

    /// Whether there is a change of a customer that `which` names.
    pub fn any(&self, which: impl Fn(&str) -> bool) -> bool {
        self.rows.iter().any(|change| which(&change.customer_id))
    }

    /// Checks that the rows are in order and lead to these assignments (ascending by id). Cost O(m log n) for m
    /// changes of n customers.
    pub(super) fn check(&self, assignments: &[Assignment]) -> Result<(), ChangesError> {
        let mut last = "";
        for (row, change) in self.rows.iter().enumerate() {
            check_row(&self.head, change, (row, last))?;
            last = &change.customer_id;
            let at = assignments.binary_search_by(|a| a.customer_id.as_str().cmp(&change.customer_id));
            let segment = at.ok().map(|at| assignments[at].segment_id);
            if segment != change.to.map(|place| place + 1) {
                return Err(ChangesError::Assignments { row, id: change.customer_id.clone() });
            }
        }
        Ok(())
    }
}

/// What a single row must satisfy; `last` is the id before it.
fn check_row(head: &ChangesHead, change: &Change, (row, last): (usize, &str)) -> Result<(), ChangesError> {
    let wrong = |what| Err(ChangesError::Row { row, what });
    let (Some(from), Some(to)) = (head.before.key(change.from), head.after.key(change.to)) else {
        return wrong("it names a segment that there is not");
    };
    let crossing = change.why.and_then(|why| why.crossing);
    let numbers = crossing.iter().flat_map(|c| [c.before, c.after].into_iter().chain(c.border));
    match &change.customer_id {
        id if id.is_empty() || id.len() > MAX_ID_BYTES => wrong("the customer id has no allowed length"),
        id if row > 0 && id.as_str() <= last => wrong("its customer id is not after the one before it"),
        _ if from == to => wrong("it changes nothing"),
        _ if change.why.is_some() != (from.is_some() && to.is_some()) => {
            wrong("those who move have a reason, and nobody else")
        }
        _ if crossing.is_some_and(|c| usize::from(c.feature) >= head.features.len()) => {
            wrong("it names a feature that there is not")
        }
        _ if numbers.into_iter().any(|number| !number.is_finite()) => wrong("a value is not finite"),
        _ => Ok(()),
    }
}
