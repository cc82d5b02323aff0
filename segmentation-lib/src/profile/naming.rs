//! The segments' names: what they rest on, and which ones are kept.

use super::continuity;
use crate::features::CustomerTable;
use crate::look_back::Rates;
use crate::naming::{Clock, Medians, Standing, names};
use crate::proportion::Proportion;
use crate::record::{FeatureScaling, Manifest, Segment};
use crate::vocabulary::Vocabulary;

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
        let standings: Vec<Standing> = segments.iter().zip(came_back).map(|(s, &b)| standing(s, b)).collect();
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
fn standing(segment: &Segment, came_back: Option<Proportion>) -> Standing {
    let median = |name: &str| segment.features.iter().find(|f| f.name == name).map_or(0.0, |f| f.median);
    let medians = Medians {
        recency: median("recency"),
        frequency: median("frequency"),
        monetary: median("monetary"),
        tenure: median("tenure"),
    };
    let spend = segment.revenue_share / segment.customer_share;
    Standing { medians, spend, came_back }
}
