//! Who changed segment between two runs, and what carried the customer over the border.

use std::cmp::Ordering;

use crate::record::{
    Assignment, Cause, Change, Changes, ChangesHead, Crossing, FeatureScaling, Moved, NamedFeature, Segment,
    SegmentDrift, Side, Snapshot, Why,
};

/// A run's customers in its segments.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// Reference date, ISO 8601.
    pub reference_date: &'a str,
    /// Ascending by id.
    pub assignments: &'a [Assignment],
    /// By id.
    pub segments: &'a [Segment],
}

impl<'a> From<&'a Snapshot> for Placed<'a> {
    fn from(snapshot: &'a Snapshot) -> Self {
        let Snapshot { manifest, assignments, segments, .. } = snapshot;
        Self { reference_date: &manifest.reference_date, assignments, segments }
    }
}

impl Placed<'_> {
    fn segment_of(&self, assignment: &Assignment) -> Option<&Segment> {
        self.segments.get(usize::from(assignment.segment_id).checked_sub(1)?)
    }
}

/// Features that change as days go by, without a purchase.
const AGEING: [&str; 7] =
    ["recency", "tenure", "interpurchase", "activity", "alive", "expected_purchases", "expected_value"];

/// The changes from one run to the next; `features` are those of `now`. Segments are the same where their keys are.
///
/// Under the `same_model` a customer whose days alone have grown has aged, and any other change of a feature is one of
/// purchases; under another model all are the model's. With x and y the customer before and now (matrix units), a and
/// b the centroids of the two segments, the difference of the squared distances changes by the sum over the features
/// j of 2 (b_j - a_j) (y_j - x_j): the feature with the largest part carried the customer over. Its border is the
/// value at which both centroids are equally near while the other features stay as they are now. Cost O(n d).
pub fn changes(
    before: Placed<'_>,
    now: Placed<'_>,
    features: &[FeatureScaling],
    same_model: bool,
) -> Changes {
    let rows = pairs(before.assignments, now.assignments)
        .filter_map(|pair| change((before, now), pair, features, same_model))
        .collect();
    let side = |placed: Placed<'_>| Side::of(placed.reference_date, placed.segments);
    let named = |f: &FeatureScaling| NamedFeature { name: f.name.clone(), unit: f.unit };
    let features = features.iter().map(named).collect();
    Changes { head: ChangesHead { before: side(before), after: side(now), features, same_model }, rows }
}

/// The changes counted. Cost O(m) for m changes.
pub fn counted(from_run: &str, changes: &Changes, customers: u64) -> Moved {
    let mut moved = Moved { from_run: from_run.to_owned(), ..Moved::default() };
    for change in &changes.rows {
        *match (change.from, change.why.map(|why| why.cause)) {
            (None, _) => &mut moved.came,
            (_, None) => &mut moved.left,
            (_, Some(Cause::Purchases)) => &mut moved.by_purchases,
            (_, Some(Cause::Ageing)) => &mut moved.by_ageing,
            (_, Some(Cause::Model)) => &mut moved.by_model,
        } += 1;
    }
    moved.known = customers - moved.came;
    moved
}

/// Counts who came into each segment and who left it; no changes are changes of nobody. Cost O(m k) for m changes and k
/// segments.
pub fn count_by_segment(changes: Option<&Changes>, segments: &mut [SegmentDrift]) {
    segments.iter_mut().for_each(|segment| (segment.came, segment.left) = (Some(0), Some(0)));
    let Some(Changes { head, rows }) = changes else { return };
    let key = |side: &Side, place: Option<u16>| Some(side.segments.get(usize::from(place?))?.key.clone());
    let mut add = |key: Option<String>, of: fn(&mut SegmentDrift) -> &mut Option<u64>| {
        let segment = segments.iter_mut().find(|segment| Some(&segment.key) == key.as_ref());
        segment.map(of).into_iter().flatten().for_each(|count| *count += 1);
    };
    for change in rows {
        add(key(&head.before, change.from), |segment| &mut segment.left);
        add(key(&head.after, change.to), |segment| &mut segment.came);
    }
}

/// Both ascend by id: each customer once, as the first has it and as the second has it.
fn pairs<'a>(
    before: &'a [Assignment],
    now: &'a [Assignment],
) -> impl Iterator<Item = (Option<&'a Assignment>, Option<&'a Assignment>)> {
    let (mut old, mut new) = (before.iter().peekable(), now.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (Some(a), Some(b)) => a.customer_id.cmp(&b.customer_id),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        let a = if order.is_le() { old.next() } else { None };
        let b = if order.is_ge() { new.next() } else { None };
        Some((a, b))
    })
}

fn change(
    (before, now): (Placed<'_>, Placed<'_>),
    (then, later): (Option<&Assignment>, Option<&Assignment>),
    features: &[FeatureScaling],
    same_model: bool,
) -> Option<Change> {
    let segments = (then.and_then(|a| before.segment_of(a)), later.and_then(|a| now.segment_of(a)));
    if segments.0.map(|segment| &segment.key) == segments.1.map(|segment| &segment.key) {
        return None;
    }
    let why = then.zip(later).map(|(then, later)| match segments {
        (Some(from), Some(to)) if same_model => Why {
            cause: if has_aged(then, later, features) { Cause::Ageing } else { Cause::Purchases },
            crossing: crossing((then, from), (later, to), features),
        },
        _ => Why { cause: Cause::Model, crossing: None },
    });
    let place = |segment: Option<&Segment>| segment.map(|segment| segment.id - 1);
    let customer_id = then.or(later)?.customer_id.clone();
    Some(Change { customer_id, from: place(segments.0), to: place(segments.1), why })
}

fn has_aged(before: &Assignment, now: &Assignment, features: &[FeatureScaling]) -> bool {
    let pairs = before.features.iter().zip(&now.features).zip(features);
    // A purchase makes recency smaller; where the matrix has no other feature, that alone tells.
    pairs.into_iter().all(|((then, now), f)| match f.name.as_str() {
        "recency" | "activity" => now >= then,
        name if AGEING.contains(&name) => true,
        _ => now == then,
    })
}

/// What carried the customer from one centroid to the other. None where no feature did, which distances that are equal
/// to the last bit can make.
fn crossing(
    (then, from): (&Assignment, &Segment),
    (later, to): (&Assignment, &Segment),
    features: &[FeatureScaling],
) -> Option<Crossing> {
    let scaled = |a: &Assignment| -> Vec<f64> {
        features.iter().zip(&a.features).map(|(scaling, value)| scaling.apply(*value)).collect()
    };
    let (x, y) = (scaled(then), scaled(later));
    let slope = |j: usize| 2.0 * (to.centroid[j] - from.centroid[j]);
    let part = |j: usize| slope(j) * (y[j] - x[j]);
    let deciding = (0..y.len()).max_by(|a, b| part(*a).total_cmp(&part(*b)).then(b.cmp(a)))?;
    if part(deciding) <= 0.0 {
        return None;
    }
    let away = |centroid: &[f64]| y.iter().zip(centroid).map(|(y, c)| (y - c).powi(2)).sum::<f64>();
    let beyond = away(&from.centroid) - away(&to.centroid);
    let border = features[deciding].invert(y[deciding] - beyond / slope(deciding));
    let (before, after) = (then.features[deciding], later.features[deciding]);
    let between = border >= before.min(after) && border <= before.max(after);
    Some(Crossing {
        feature: u8::try_from(deciding).ok().filter(|place| *place < u8::MAX)?,
        before,
        after,
        border: between.then_some(border),
    })
}
