//! A snapshot without some of its customers.

use std::collections::BTreeMap;

use super::{
    Assignment, FeatureScaling, FeatureSummary, ForecastSum, Forecasts, Manifest, Segment, Snapshot,
    SnapshotError, Unit, leave_out,
};
use crate::quantile::quantile;

/// Name under which the manifest's parameters count the customers removed.
const PARAMETER: &str = "forgotten";

impl Snapshot {
    /// The snapshot without the customers that `gone` names, sealed anew under the same creation time;
    /// `None` when it has none of them. Cost O(n log n).
    ///
    /// What is said of the segments that lose customers is said of those who stay, so that no difference
    /// of sums gives a removed customer's figures back: counts, shares, revenue (where `monetary` is a
    /// feature), quartiles and means of the features, silhouette, share placed alike, forecast (without its interval). A segment that is left empty keeps its
    /// id and name and nothing else. No segment keeps its best products. In the ledger the customers move from `kept` to
    /// `forgotten`, and their money leaves it (where `monetary` is a feature); how many rows they had is not known here.
    /// The centroids, the candidates and the look-back remain those of the clustering as it was made.
    pub fn without(&self, gone: impl Fn(&str) -> bool) -> Result<Option<Self>, SnapshotError> {
        let stays = |a: &&Assignment| !gone(&a.customer_id);
        let assignments: Vec<Assignment> = self.assignments.iter().filter(stays).cloned().collect();
        let removed = self.assignments.len() - assignments.len();
        // Those who left are in no assignment, and still named by the changes.
        if removed == 0 && !self.changes.as_ref().is_some_and(|changes| changes.any(&gone)) {
            return Ok(None);
        }
        let mut manifest = self.manifest.clone();
        manifest.customers = assignments.len() as u64;
        // Differences of their counts would give a removed customer's move or spending back.
        manifest.drift = None;
        manifest.lift = None;
        if removed > 0 {
            let before = manifest.erased_customers();
            manifest.parameters.insert(PARAMETER.to_owned(), (before + removed as u64).into());
        }
        let changes = self.changes.as_ref().map(|changes| changes.without(&gone));
        let changes = changes.filter(|changes| !changes.rows.is_empty());
        let gone = self.assignments.iter().filter(|a| gone(&a.customer_id));
        leave_out(&mut manifest.ledger, 0, removed as u64, money(&manifest.features, gone));
        let mut segments = segments(&self.segments, &manifest, &assignments);
        let forecasts =
            self.forecasts.as_ref().map(|all| all.only(self.assignments.iter().map(|a| stays(&a))));
        if let Some(forecasts) = &forecasts {
            sum_up(forecasts, &assignments, &mut manifest, &mut segments);
        }
        let rfm = self.rfm.as_ref().map(|rfm| rfm.only(self.assignments.iter().map(|a| stays(&a))));
        let held_out =
            self.held_out.as_ref().map(|held| held.only(self.assignments.iter().map(|a| stays(&a))));
        let emptied = |id: u16| segments.iter().any(|segment| segment.id == id && segment.customers == 0);
        let co_assignment = self
            .co_assignment
            .as_ref()
            .map(|found| found.only(self.assignments.iter().map(|a| stays(&a)), emptied));
        let vocabulary = self.vocabulary.clone();
        let mut snapshot = Self {
            manifest,
            segments,
            assignments,
            rfm,
            forecasts,
            held_out,
            co_assignment,
            vocabulary,
            changes,
        };
        snapshot.count_placed_alike();
        snapshot.seal()?;
        Ok(Some(snapshot))
    }
}

impl Manifest {
    /// Customers whom erasures took out of the run after it was made.
    pub fn erased_customers(&self) -> u64 {
        self.parameters.get(PARAMETER).and_then(serde_json::Value::as_u64).unwrap_or(0)
    }
}

/// Sums the forecasts of those who stay. Intervals need the histories, which are not known here.
fn sum_up(
    forecasts: &Forecasts,
    assignments: &[Assignment],
    manifest: &mut Manifest,
    segments: &mut [Segment],
) {
    if let Some(forecast) = &mut manifest.forecast {
        forecast.all = ForecastSum::of(forecasts.rows.iter().flatten());
    }
    for segment in segments {
        let of_segment = forecasts.rows.iter().zip(assignments).filter(|(_, a)| a.segment_id == segment.id);
        let sum = ForecastSum::of(of_segment.filter_map(|(row, _)| row.as_ref()));
        // A segment that nobody left keeps its intervals.
        if segment.forecast.as_ref().is_some_and(|before| before.customers != sum.customers) {
            segment.forecast = Some(sum);
        }
    }
}

/// What these customers spent, as far as the run knows.
fn money<'a>(features: &[FeatureScaling], customers: impl Iterator<Item = &'a Assignment>) -> i64 {
    let monetary =
        features.iter().position(|feature| feature.name == "monetary" && feature.unit == Unit::Pennies);
    monetary.map_or(0, |at| customers.map(|customer| customer.features[at] as i64).sum())
}

fn segments(before: &[Segment], manifest: &Manifest, assignments: &[Assignment]) -> Vec<Segment> {
    let mut members: BTreeMap<u16, Vec<&Assignment>> = BTreeMap::new();
    for assignment in assignments {
        members.entry(assignment.segment_id).or_default().push(assignment);
    }
    let members = |segment: &Segment| members.get(&segment.id).map_or(&[][..], Vec::as_slice);
    let described = before.iter().map(|segment| describe(segment, manifest, members(segment)));
    let mut segments: Vec<Segment> = described.collect();
    // The next run makes them without the removed: a difference of shares would give a purchase back.
    segments.iter_mut().for_each(|segment| segment.best_products.clear());
    let total: i64 = segments.iter().map(|segment| segment.revenue_pennies).sum();
    for segment in &mut segments {
        segment.customer_share = share(segment.customers as f64, assignments.len() as f64);
        segment.revenue_share = share(segment.revenue_pennies as f64, total as f64);
    }
    segments
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

/// The segment with these members, its shares still to be computed.
fn describe(segment: &Segment, manifest: &Manifest, members: &[&Assignment]) -> Segment {
    let mut segment = segment.clone();
    if segment.customers == members.len() as u64 {
        return segment;
    }
    segment.customers = members.len() as u64;
    if members.is_empty() {
        return emptied(segment);
    }
    segment.repeat_buyers = segment.repeat_buyers.and_then(|_| repeat_buyers(&manifest.features, members));
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / members.len() as f64;
    segment.silhouette = mean(&mut members.iter().map(|a| f64::from(a.silhouette)));
    for (index, scaling) in manifest.features.iter().enumerate() {
        let mut values: Vec<f64> = members.iter().map(|a| a.features[index]).collect();
        if (scaling.name.as_str(), scaling.unit) == ("monetary", Unit::Pennies) {
            segment.revenue_pennies = values.iter().map(|&pennies| pennies as i64).sum();
        }
        values.sort_by(f64::total_cmp);
        if let Some(summary) = segment.features.iter_mut().find(|s| s.name == scaling.name) {
            summary.q1 = quantile(&values, 0.25);
            summary.median = quantile(&values, 0.5);
            summary.q3 = quantile(&values, 0.75);
            summary.mean = mean(&mut values.iter().copied());
        }
    }
    segment
}

/// Members with two purchases or more; none where the run does not know how many they made.
fn repeat_buyers(features: &[FeatureScaling], members: &[&Assignment]) -> Option<u64> {
    let at = features.iter().position(|feature| feature.name == "frequency")?;
    Some(members.iter().filter(|a| a.features[at] >= 2.0).count() as u64)
}

/// Every figure of a segment without customers was that of those who were removed.
fn emptied(segment: Segment) -> Segment {
    let features = segment.features.into_iter();
    Segment {
        revenue_pennies: 0,
        silhouette: 0.0,
        features: features
            .map(|f| FeatureSummary { q1: 0.0, median: 0.0, q3: 0.0, mean: 0.0, ..f })
            .collect(),
        centroid: vec![0.0; segment.centroid.len()],
        repeat_buyers: None,
        placed_alike: None,
        came_back: None,
        ..segment
    }
}
