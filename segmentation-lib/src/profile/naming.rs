//! The segments' names: what they rest on, and which ones are kept.

use super::continuity;
use crate::features::{CustomerTable, Needs, feature};
use crate::look_back::Rates;
use crate::naming::{Clock, Medians, Standing, names};
use crate::proportion::Proportion;
use crate::record::{FeatureScaling, FeatureSummary, Manifest, Segment};
use crate::vocabulary::{Outlook, Vocabulary};

/// What segments are named by.
#[derive(Debug, Clone, Copy)]
pub struct NamingParams<'a> {
    /// The names.
    pub vocabulary: &'a Vocabulary,
    /// The clock of the data, such as [`CustomerTable::clock`].
    pub clock: Clock,
    /// Who came back in the look-back, by the labels that are profiled; none without a look-back.
    pub rates: Option<&'a Rates>,
    /// The last published run, to keep names from.
    pub previous: Option<Previous<'a>>,
}

/// The last published run, to keep names from.
#[derive(Debug, Clone, Copy)]
pub struct Previous<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// Its segments.
    pub segments: &'a [Segment],
}

impl<'a> NamingParams<'a> {
    /// Names from this vocabulary alone: by the table's own clock, without a look-back, none kept.
    pub fn afresh(table: &CustomerTable, vocabulary: &'a Vocabulary) -> Self {
        Self { vocabulary, clock: table.clock(), rates: None, previous: None }
    }

    /// How many of the customers with this label came back.
    pub(super) fn came_back(&self, label: u32) -> Option<Proportion> {
        self.rates.map(|rates| rates.of_segment[label as usize])
    }

    /// Gives every segment its name: the one that it keeps, where all names stay different so, else its own.
    pub(super) fn name(
        &self,
        segments: &mut [Segment],
        came_back: &[Option<Proportion>],
        scalings: &[FeatureScaling],
    ) {
        let outlooks = outlooks(segments, scalings);
        let came_back = came_back.iter().copied();
        let standings: Vec<Standing> = segments
            .iter()
            .zip(came_back.zip(outlooks))
            .map(|(segment, (back, outlook))| standing(segment, back, outlook))
            .collect();
        let average = self.rates.map_or(Proportion { count: 0, of: 0 }, |rates| rates.all);
        let own = names(&standings, average, &self.clock, self.vocabulary);
        let kept = continuity::carried_names(self, scalings, segments);
        let kept: Vec<_> =
            kept.into_iter().zip(&own).map(|(k, own)| k.unwrap_or_else(|| own.clone())).collect();
        let different = (1..kept.len()).all(|i| kept[..i].iter().all(|other| other.key != kept[i].key));
        for (segment, named) in segments.iter_mut().zip(if different { kept } else { own }) {
            segment.condition = Some(named.description);
            (segment.key, segment.name, segment.action) = (named.key, named.name, named.action);
        }
    }
}

/// Where a segment stands. Its revenue a head against the average is its share of the revenue over its share of
/// the customers; it is no number where all customers together bring nothing.
fn standing(segment: &Segment, came_back: Option<Proportion>, outlook: Option<Outlook>) -> Standing {
    let median = |name: &str| summary_of(segment, name).map_or(0.0, |f| f.median);
    let medians = Medians {
        recency: median("recency"),
        frequency: median("frequency"),
        monetary: median("monetary"),
        tenure: median("tenure"),
    };
    let spend = segment.revenue_share / segment.customer_share;
    Standing { medians, spend, came_back, outlook }
}

/// What is expected of each segment; none where no feature of the matrix is a forecast.
fn outlooks(segments: &[Segment], scalings: &[FeatureScaling]) -> Vec<Option<Outlook>> {
    let forecast =
        |scaling: &FeatureScaling| feature(&scaling.name).is_some_and(|f| f.needs == Needs::Forecast);
    if !scalings.iter().any(forecast) {
        return vec![None; segments.len()];
    }
    let by = ["expected_value", "expected_purchases"].into_iter().find(|name| knows(segments, name));
    let a_head = |s: &Segment| by.and_then(|name| summary_of(s, name)).map_or(f64::NAN, |f| f.mean);
    let average: f64 = segments.iter().map(|s| s.customer_share * a_head(s)).sum();
    let outlook = |s: &Segment| Outlook {
        // Without a figure nobody leaves.
        alive: summary_of(s, "alive").map_or(1.0, |f| f.median),
        expected: a_head(s) / average,
    };
    segments.iter().map(|segment| Some(outlook(segment))).collect()
}

fn knows(segments: &[Segment], name: &str) -> bool {
    segments.iter().all(|segment| summary_of(segment, name).is_some())
}

fn summary_of<'s>(segment: &'s Segment, name: &str) -> Option<&'s FeatureSummary> {
    segment.features.iter().find(|f| f.name == name)
}
