//! An answer that is sent whole: all ids are looked up, then written one by one.

use segmentation_lib::export::Include;
use serde::{Serialize, Serializer};

use super::{Counts, LookupAnswer, LookupResult, LookupStatus};
use crate::answer::{Run, json};
use crate::ids::{self, InvalidId};
use crate::served::{SegmentName, borderline_of, co_assignment_of, forecast_of, rfm_of};

/// An answer, and what the audit is told of it.
pub(super) struct Made {
    pub ids: Vec<String>,
    pub statuses: Vec<LookupStatus>,
    pub body: Vec<u8>,
}

/// The row that an id leads to. Where it leads to none: why no customer can have it, if so.
type Found = Result<usize, Option<InvalidId>>;

/// The results in their order. Each is made when its turn to be written comes: all of them would take megabytes.
#[derive(Debug)]
pub(super) struct Results<'a> {
    run: &'a Run,
    ids: &'a [String],
    found: &'a [Found],
    include: Include,
}

impl Made {
    pub(super) fn of(run: &Run, ids: Vec<String>, include: Include) -> Self {
        let found: Vec<Found> = ids.iter().map(|id| find(run, id)).collect();
        let statuses: Vec<LookupStatus> = found.iter().map(|&found| status_of(found)).collect();
        let body = json(&LookupAnswer {
            run_id: run.run_id(),
            counts: count(&statuses),
            segments: run.segments().iter().map(SegmentName::from).collect(),
            results: Results { run, ids: &ids, found: &found, include },
        });
        Self { ids, statuses, body }
    }
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let found = self.ids.iter().zip(self.found);
        serializer.collect_seq(found.map(|(id, &found)| result_of(self.run, id, found, self.include)))
    }
}

/// The answer for one id.
pub(super) fn look_up<'a>(run: &'a Run, id: &'a str, include: Include) -> LookupResult<'a> {
    result_of(run, id, find(run, id), include)
}

fn find(run: &Run, id: &str) -> Found {
    ids::check(id).map_err(Some)?;
    run.row_of(id).ok_or(None)
}

fn status_of(found: Found) -> LookupStatus {
    match found {
        Ok(_) => LookupStatus::Found,
        Err(None) => LookupStatus::NotFound,
        Err(Some(_)) => LookupStatus::Invalid,
    }
}

fn result_of<'a>(run: &'a Run, id: &'a str, found: Found, include: Include) -> LookupResult<'a> {
    let bare = LookupResult::without_segment(id, status_of(found));
    let row = match found {
        Ok(row) => row,
        Err(reason) => return LookupResult { reason, ..bare },
    };
    let customer = run.customer_with(row, include);
    LookupResult {
        segment_id: Some(customer.segment_id),
        segment_key: run.segment(customer.segment_id).map(|segment| segment.key.as_str()),
        silhouette: Some(customer.silhouette),
        rfm: rfm_of(run, &customer, include),
        forecast: forecast_of(&customer, include),
        borderline: borderline_of(run, &customer, include),
        co_assignment: co_assignment_of(&customer, include),
        held_out: customer.held_out,
        ..bare
    }
}

fn count(statuses: &[LookupStatus]) -> Counts {
    let of = |status| statuses.iter().filter(|&&seen| seen == status).count();
    Counts {
        requested: statuses.len(),
        found: of(LookupStatus::Found),
        not_found: of(LookupStatus::NotFound),
        invalid: of(LookupStatus::Invalid),
    }
}
