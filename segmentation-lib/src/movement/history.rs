//! The segments that one customer was in.

use super::merged::Source;
use super::{MovementError, Step};
use crate::record::{Localized, NamedSegment, RunId};
use crate::store::{LogEntry, Store};

/// Where a customer was in one run.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Residence {
    /// The run.
    #[cfg_attr(feature = "openapi", schema(example = "20111210T080000000Z-1f3a9c52"))]
    pub run_id: String,
    /// Its creation time, RFC 3339, UTC.
    pub created_at: String,
    /// Its reference date, ISO 8601.
    #[cfg_attr(feature = "openapi", schema(example = "2011-12-10"))]
    pub reference_date: String,
    /// The segment, as it was called; none where the customer was in none.
    pub segment: Option<NamedSegment>,
    /// Whether the customer was elsewhere in the run before.
    pub changed: bool,
    /// Why, in one sentence; none where the customer stayed, came or left.
    pub why: Option<Localized>,
}

/// Where the customer was in a run and in those that it continues, newest first, as far as the movement log reaches
/// and can be read. `segment_key` is the customer's in `run_id`; none who is not in it. Cost: some kilobytes of each
/// entry.
///
/// # Errors
/// The log cannot be read, or does not know the run.
pub fn history(
    store: &Store,
    run_id: &RunId,
    customer_id: &str,
    segment_key: Option<&str>,
) -> Result<Vec<Residence>, MovementError> {
    let log = store.log()?;
    let line = super::way::line(&log, run_id)?;
    let mut key = segment_key.map(str::to_owned);
    let mut found = Vec::new();
    for entry in line {
        let step = Step { entry: entry.clone(), back: false, reached: entry.clone() };
        let mut source = Source::open(store, &step)?;
        let change = source.change_of(customer_id)?;
        let before = change.as_ref().map(|change| source.ends(change)[0].as_ref().map(|s| s.key.clone()));
        found.push(Residence {
            run_id: entry.run_id.clone(),
            created_at: entry.created_at.clone(),
            reference_date: entry.reference_date.clone(),
            segment: key.as_deref().and_then(|key| called(entry, key)),
            changed: change.is_some(),
            why: change.and_then(|change| source.reason(&change)).map(|why| super::sentence::of(&why)),
        });
        if let Some(before) = before {
            key = before;
        }
    }
    Ok(found)
}

fn called(entry: &LogEntry, key: &str) -> Option<NamedSegment> {
    let segment = entry.segments.iter().find(|segment| segment.key == key)?;
    Some(NamedSegment { key: segment.key.clone(), name: segment.name.clone() })
}
