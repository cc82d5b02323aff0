//! The members of a segment: in which order, and which of them.

use std::collections::BTreeSet;

use segmentation_lib::movement::{MovementError, Movements, Way};
use segmentation_lib::store::{RunId, Store};

use crate::answer::Run;
use crate::error::{ApiError, Code, excerpt};
use crate::query::Query;
use crate::table::Customer;

/// In which order members come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// By id (byte order).
    #[default]
    Id,
    /// By what they are expected to bring, the most first; by what they have brought where nothing is expected.
    Value,
    /// By the probability to be still customers, the least first.
    Leaving,
}

/// The figure that a customer is sorted by, ascending.
type Key = Box<dyn Fn(&Customer<'_>) -> f64>;

impl Sort {
    pub(super) fn of(query: &Query) -> Result<Self, ApiError> {
        match query.one(super::SORT)?.unwrap_or("id") {
            "id" => Ok(Self::Id),
            "value" => Ok(Self::Value),
            "leaving" => Ok(Self::Leaving),
            other => {
                let detail = format!("sort is {}, allowed are id, value and leaving", excerpt(other));
                Err(ApiError::new(Code::InvalidParameter, detail))
            }
        }
    }

    /// The rows in this order; equal ones by id. Cost O(n log n).
    ///
    /// # Errors
    /// The run does not know what it takes.
    pub(super) fn sorted(self, run: &Run, mut rows: Vec<u32>) -> Result<Vec<u32>, ApiError> {
        let refused = |detail: &str| Err(ApiError::new(Code::InvalidParameter, detail));
        let key: Key = match self {
            Self::Id => return Ok(rows),
            Self::Leaving if !says_who_leaves(run) => {
                return refused("the run's forecast says nothing of who leaves; sort by value or id");
            }
            Self::Leaving => {
                Box::new(|customer| customer.forecast().and_then(|f| f.alive).map_or(1.0, f64::from))
            }
            Self::Value => match value(run) {
                Some(value) => value,
                None => return refused("the run knows no money, neither spent nor expected; sort by id"),
            },
        };
        rows.sort_by_cached_key(|&row| Ordered(key(&run.customer(row as usize))));
        Ok(rows)
    }
}

fn says_who_leaves(run: &Run) -> bool {
    let forecast = run.manifest().forecast.as_ref();
    run.has_forecasts() && forecast.is_some_and(|forecast| forecast.all.alive.is_some())
}

/// What a customer is worth, less than nothing so that the most comes first; none where the run knows no money.
fn value(run: &Run) -> Option<Key> {
    let forecast = run.manifest().forecast.as_ref();
    if run.has_forecasts() && forecast.is_some_and(|forecast| forecast.all.expected_value_pennies.is_some()) {
        return Some(Box::new(|customer| {
            customer
                .forecast()
                .and_then(|f| f.expected_value_pennies)
                .map_or(0.0, |pennies| -(pennies as f64))
        }));
    }
    let monetary = run.manifest().features.iter().position(|feature| feature.name == "monetary")?;
    Some(Box::new(move |customer| -customer.features[monetary]))
}

/// A number as a key: the table holds finite ones.
#[derive(PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Who has come into the segment since the last run whose reference date is that day or an earlier one, by the movement log. Memory: an
/// id for each.
pub(super) fn joined(
    store: &Store,
    served: &RunId,
    key: &str,
    since: chrono::NaiveDate,
) -> Result<BTreeSet<String>, MovementError> {
    let mut rows = Movements::open(store, &Way::to(store, served, None, Some(since))?)?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        if row.to.as_ref().is_some_and(|to| to.key == key) {
            found.insert(row.customer_id);
        }
    }
    Ok(found)
}
