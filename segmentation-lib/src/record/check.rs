//! What a snapshot must satisfy before anything is written or served.

use std::collections::BTreeMap;

use super::RunId;
use super::digest::block_digests;
use super::{
    Assignment, CameBack, Changes, ChangesError, CoAssignment, CoAssignmentError, DecisionSheet,
    FORMAT_VERSION, ForecastError, ForecastSum, Forecasts, HeldOut, HoldoutError, Lift, Manifest, Naming,
    Rfm, RfmError, Segment, Snapshot, content_digest,
};

/// Longest customer id, in bytes of UTF-8.
pub const MAX_ID_BYTES: usize = 256;

/// A snapshot contradicts itself; nothing was written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The manifest names another format than this program writes.
    #[error("the snapshot's format version is {seen}, this program writes {FORMAT_VERSION}")]
    Format {
        /// The version seen.
        seen: u32,
    },
    /// A customer id is empty or too long.
    #[error("assignment {row}: the customer id has {bytes} bytes, allowed are 1 to {MAX_ID_BYTES}")]
    IdLength {
        /// Index of the assignment, from 0.
        row: usize,
        /// Length seen.
        bytes: usize,
    },
    /// Assignments are not strictly ascending by id.
    #[error(
        "assignment {row}: customer id {id:?} is not after the one before it; sort by id and keep each once"
    )]
    Order {
        /// Index of the assignment, from 0.
        row: usize,
        /// The id seen.
        id: String,
    },
    /// A customer is in a segment that does not exist.
    #[error(
        "assignment {row}: customer {id:?} is in segment {segment}, which the snapshot does not describe"
    )]
    UnknownSegment {
        /// Index of the assignment, from 0.
        row: usize,
        /// The customer.
        id: String,
        /// The segment seen.
        segment: u16,
    },
    /// Segments are not numbered 1 to k in order.
    #[error("segment {id} stands at place {place}; segments are numbered from 1 in order")]
    SegmentId {
        /// The id seen.
        id: u16,
        /// Its place among the segments, from 1.
        place: usize,
    },
    /// A vector's length does not match the matrix's columns.
    #[error("{place}: {seen} values for {expected} features")]
    Width {
        /// Where.
        place: String,
        /// Length seen.
        seen: usize,
        /// Columns of the matrix.
        expected: usize,
    },
    /// A count does not match what it counts.
    #[error("{place}: says {said} customers, there are {counted}")]
    Count {
        /// Where.
        place: String,
        /// The count as stated.
        said: u64,
        /// What was counted.
        counted: u64,
    },
    /// A number is NaN or infinite, or a scale or divisor is 0.
    #[error("{place}: {value} is not usable; finite numbers only, and no scale or divisor of 0")]
    Number {
        /// Where.
        place: String,
        /// The value seen.
        value: f64,
    },
    /// The digest or the run id is not that of the content.
    #[error(
        "the manifest's {field} {seen:?} does not belong to the content, {expected:?} does; call Snapshot::seal last"
    )]
    Seal {
        /// `content_sha256` or `run_id`.
        field: &'static str,
        /// The value seen.
        seen: String,
        /// The value that belongs there.
        expected: String,
    },
    /// The rule view has a place that does not exist, or another number of customers.
    #[error("the RFM view cannot be used: {0}")]
    Rfm(#[from] RfmError),
    /// The forecasts cannot be, or are those of other customers.
    #[error("the forecasts cannot be used: {0}")]
    Forecast(#[from] ForecastError),
    /// The changes contradict themselves or the assignments.
    #[error("the changes cannot be used: {0}")]
    Changes(#[from] ChangesError),
    /// The hold-outs cannot be, or are those of other customers.
    #[error("the hold-outs cannot be used: {0}")]
    HeldOut(#[from] HoldoutError),
    /// The co-assignment cannot be, or is that of other customers.
    #[error("the co-assignment cannot be used: {0}")]
    CoAssignment(#[from] CoAssignmentError),
    /// The digests of the blocks are not those of the content.
    #[error("the manifest's digests of the blocks do not belong to the content; call Snapshot::seal last")]
    Blocks,
    /// The creation time cannot be read.
    #[error("created_at {seen:?} is not an RFC 3339 time, such as 2011-12-10T08:00:00Z")]
    CreatedAt {
        /// The value seen.
        seen: String,
    },
}

/// Name of the block that holds the text of the vocabulary.
pub const VOCABULARY_BLOCK: &str = "vocabulary";

impl Snapshot {
    /// The blocks beside the assignments that a reader may skip: names and bytes. Cost O(n).
    pub fn blocks(&self) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
        let rfm = self.rfm.iter().map(|rfm| (Rfm::BLOCK, rfm.encode()));
        let forecasts = self.forecasts.iter().map(|forecasts| (Forecasts::BLOCK, forecasts.encode()));
        let changes = self.changes.iter().map(|changes| (Changes::BLOCK, changes.encode()));
        let held_out = self.held_out.iter().map(|held| (HeldOut::BLOCK, held.encode()));
        let co_assignment = self.co_assignment.iter().map(|found| (CoAssignment::BLOCK, found.encode()));
        rfm.chain(forecasts)
            .chain(held_out)
            .chain(changes)
            .chain(co_assignment)
            .chain(self.vocabulary.iter().map(|text| (VOCABULARY_BLOCK, text.clone().into_bytes())))
    }

    /// Writes the digests of the blocks and of the content, and the run id that follows from it and
    /// `created_at`, into the manifest. The last step before publishing. Cost O(n).
    pub fn seal(&mut self) -> Result<(), SnapshotError> {
        self.manifest.blocks = block_digests(self);
        self.manifest.content_sha256 = content_digest(self);
        self.manifest.run_id = expected_run_id(&self.manifest)?.to_string();
        Ok(())
    }

    /// Checks everything a reader relies on: order, counts, references, finite numbers, the seal.
    /// Cost O(n).
    pub fn validate(&self) -> Result<(), SnapshotError> {
        let m = &self.manifest;
        if m.format_version != FORMAT_VERSION {
            return Err(SnapshotError::Format { seen: m.format_version });
        }
        check_figures(m)?;
        check_segments(m, &self.segments)?;
        check_assignments(m, &self.assignments)?;
        check_counts(self)?;
        check_rfm(self)?;
        check_forecasts(self)?;
        self.changes.iter().try_for_each(|changes| changes.check(&self.assignments))?;
        check_held_out(self)?;
        check_co_assignment(self)?;
        check_seal(self)
    }

    /// The assignment of a customer. Cost O(log n).
    pub fn find(&self, customer_id: &str) -> Option<&Assignment> {
        let at = self.assignments.binary_search_by(|a| a.customer_id.as_str().cmp(customer_id)).ok()?;
        Some(&self.assignments[at])
    }

    /// The segment with this id; ids are 1 to k in order.
    pub fn segment(&self, id: u16) -> Option<&Segment> {
        self.segments.get(usize::from(id).checked_sub(1)?)
    }

    /// The segment of a customer. Cost O(log n).
    pub fn segment_of(&self, customer_id: &str) -> Option<&Segment> {
        self.segment(self.find(customer_id)?.segment_id)
    }

    /// Whether campaigns are to leave a customer alone; none for who is not in the run, and in a run that holds nobody
    /// out. Cost O(log n).
    pub fn is_held_out(&self, customer_id: &str) -> Option<bool> {
        let held = self.held_out.as_ref()?;
        let at = self.assignments.binary_search_by(|a| a.customer_id.as_str().cmp(customer_id)).ok()?;
        held.marks.get(at).copied()
    }

    /// Every customer with the segment, ascending by id. A snapshot that [`validate`](Self::validate) passes
    /// has a segment for each.
    pub fn rows(&self) -> impl Iterator<Item = (&Assignment, &Segment)> {
        self.assignments.iter().filter_map(|a| Some((a, self.segment(a.segment_id)?)))
    }
}

fn expected_run_id(manifest: &Manifest) -> Result<RunId, SnapshotError> {
    RunId::of_content(&manifest.created_at, &manifest.content_sha256)
        .ok_or_else(|| SnapshotError::CreatedAt { seen: manifest.created_at.clone() })
}

fn check_rfm(snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let Some(rfm) = &snapshot.rfm else { return Ok(()) };
    Rfm::decode(&rfm.encode(), snapshot.assignments.len())?;
    for (index, group) in rfm.groups.iter().enumerate() {
        let counted = rfm.places.iter().filter(|place| usize::from(place.group) == index).count() as u64;
        if group.customers != counted {
            let place = format!("RFM group {}", group.key);
            return Err(SnapshotError::Count { place, said: group.customers, counted });
        }
    }
    Ok(())
}

fn check_forecasts(snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let forecast = match (&snapshot.manifest.forecast, &snapshot.forecasts) {
        (None, None) => return Ok(()),
        (Some(forecast), Some(rows)) => {
            Forecasts::decode(&rows.encode(), snapshot.assignments.len())?;
            forecast
        }
        _ => return Err(ForecastError::Apart.into()),
    };
    let of_segments =
        snapshot.segments.iter().flat_map(|segment| &segment.forecast).flat_map(ForecastSum::figures);
    forecast.figures().chain(of_segments).try_for_each(|value| finite(value, || "the forecast".to_owned()))
}

fn check_held_out(snapshot: &Snapshot) -> Result<(), SnapshotError> {
    if let Some(held) = &snapshot.held_out {
        HeldOut::decode(&held.encode(), snapshot.assignments.len())?;
    }
    let mut figures = snapshot.manifest.lift.iter().flat_map(Lift::figures);
    figures.try_for_each(|value| finite(value, || "the lift".to_owned()))
}

fn check_co_assignment(snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let Some(found) = &snapshot.co_assignment else { return Ok(()) };
    // As a reader takes it: another number of customers or of features is told apart from the bytes.
    let found = CoAssignment::decode(&found.encode(), snapshot.assignments.len())?;
    let features = snapshot.manifest.features.len();
    let mut clusters = found.resamples.iter().flatten();
    clusters.try_for_each(|cluster| {
        width(cluster.centroid.len(), features, || "a centroid of the co-assignment".to_owned())
    })
}

fn check_seal(snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let m = &snapshot.manifest;
    let pair = |field, seen: &str, expected: String| {
        if seen == expected {
            Ok(())
        } else {
            Err(SnapshotError::Seal { field, seen: seen.to_owned(), expected })
        }
    };
    if m.blocks != block_digests(snapshot) {
        return Err(SnapshotError::Blocks);
    }
    pair("content_sha256", &m.content_sha256, content_digest(snapshot))?;
    pair("run_id", &m.run_id, expected_run_id(m)?.to_string())
}

fn finite(value: f64, place: impl FnOnce() -> String) -> Result<(), SnapshotError> {
    if value.is_finite() { Ok(()) } else { Err(SnapshotError::Number { place: place(), value }) }
}

fn width(seen: usize, expected: usize, place: impl FnOnce() -> String) -> Result<(), SnapshotError> {
    if seen == expected { Ok(()) } else { Err(SnapshotError::Width { place: place(), seen, expected }) }
}

fn check_figures(m: &Manifest) -> Result<(), SnapshotError> {
    for f in &m.features {
        for value in
            [Some(f.divisor), Some(f.center), Some(f.scale), f.clip_low, f.clip_high].into_iter().flatten()
        {
            finite(value, || format!("scaling of {}", f.name))?;
        }
        if f.scale == 0.0 || f.divisor == 0.0 {
            return Err(SnapshotError::Number { place: format!("scaling of {}", f.name), value: 0.0 });
        }
    }
    finite(m.silhouette, || "the run's silhouette".to_owned())?;
    for c in &m.candidates {
        for value in c.figures() {
            finite(value, || format!("candidate {} with k = {}", c.algorithm, c.k))?;
        }
    }
    let of_sheet = m.decision_sheet.iter().flat_map(DecisionSheet::figures);
    let foretold = m.foresight.iter().flat_map(|f| [f.r_squared, f.boosting, f.linear]);
    let foretold = foretold.map(|value| ("foresight".to_owned(), value));
    let mut figures = of_sheet.chain(m.naming.iter().flat_map(Naming::figures)).chain(foretold);
    figures.try_for_each(|(place, value)| finite(value, || place))
}

fn check_segments(m: &Manifest, segments: &[Segment]) -> Result<(), SnapshotError> {
    for (at, s) in segments.iter().enumerate() {
        if usize::from(s.id) != at + 1 {
            return Err(SnapshotError::SegmentId { id: s.id, place: at + 1 });
        }
        width(s.centroid.len(), m.features.len(), || format!("centroid of segment {}", s.id))?;
        let summaries = s.features.iter().flat_map(|f| [f.q1, f.median, f.q3, f.mean]);
        let own = [s.customer_share, s.revenue_share, s.silhouette];
        let came_back = s.came_back.iter().flat_map(CameBack::figures);
        let products = s.best_products.iter().flat_map(|p| [p.share, p.share_of_all]);
        let came_back = came_back.chain(products).chain(s.placed_alike);
        for value in own.into_iter().chain(s.centroid.iter().copied()).chain(summaries).chain(came_back) {
            finite(value, || format!("segment {}", s.id))?;
        }
    }
    Ok(())
}

fn check_assignments(m: &Manifest, assignments: &[Assignment]) -> Result<(), SnapshotError> {
    let mut last = "";
    for (row, a) in assignments.iter().enumerate() {
        let bytes = a.customer_id.len();
        if bytes == 0 || bytes > MAX_ID_BYTES {
            return Err(SnapshotError::IdLength { row, bytes });
        }
        if row > 0 && a.customer_id.as_str() <= last {
            return Err(SnapshotError::Order { row, id: a.customer_id.clone() });
        }
        last = &a.customer_id;
        width(a.features.len(), m.features.len(), || format!("assignment {row}"))?;
        for value in a.features.iter().copied().chain([f64::from(a.silhouette)]) {
            finite(value, || format!("assignment {row}"))?;
        }
    }
    Ok(())
}

fn check_counts(snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let mut counted: BTreeMap<u16, u64> = snapshot.segments.iter().map(|s| (s.id, 0)).collect();
    for (row, a) in snapshot.assignments.iter().enumerate() {
        let unknown =
            || SnapshotError::UnknownSegment { row, id: a.customer_id.clone(), segment: a.segment_id };
        *counted.get_mut(&a.segment_id).ok_or_else(unknown)? += 1;
    }
    let count = |place: String, said: u64, counted: u64| {
        if said == counted { Ok(()) } else { Err(SnapshotError::Count { place, said, counted }) }
    };
    for s in &snapshot.segments {
        count(format!("segment {}", s.id), s.customers, counted[&s.id])?;
    }
    count("the manifest".to_owned(), snapshot.manifest.customers, snapshot.assignments.len() as u64)
}
