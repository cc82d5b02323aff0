//! What a segment is called: a name that can be checked.
//!
//! Segments that are made of forecast features are named by what is expected of them instead, where the vocabulary has
//! names for that: see [`Outlook`].
//!
//! A name is decided by the segment's medians alone, in absolute terms, and not by its rank among its
//! sisters: by how long its customers have been silent, measured by the [`Clock`] of the data, and by how
//! often they have purchased. A [`Vocabulary`] holds the names. Two segments that would share one are told
//! apart behind a comma by their revenue a head, or by the median that separates them best.
//!
//! - Total: whatever the medians, there is a name.
//! - Unique within a run.
//! - Monotone: a segment at least as good in state, habit and revenue a head never has the worse name.
//!
//! ```
//! use segmentation_lib::naming::{Clock, Medians, Standing, names};
//! use segmentation_lib::proportion::Proportion;
//! use segmentation_lib::vocabulary::Vocabulary;
//!
//! let clock = Clock { usual_days: 30, active_days: 120, away_days: 270, gaps: 44_009, within: None };
//! let medians = |recency, frequency, monetary, tenure| Medians { recency, frequency, monetary, tenure };
//! let standing = |medians, spend| Standing { medians, spend, came_back: None, outlook: None };
//! let segments = [
//!     standing(medians(42.0, 11.0, 43_390.0, 505.0), 5.78),
//!     standing(medians(159.0, 2.0, 5_640.0, 499.0), 0.58),
//!     standing(medians(498.0, 1.0, 3_900.0, 504.0), 0.43),
//!     standing(medians(502.0, 1.0, 1_440.0, 502.0), 0.14),
//! ];
//! let average = Proportion { count: 3_300, of: 23_502 };
//! let named = names(&segments, average, &clock, &Vocabulary::bundled());
//! let names: Vec<&str> = named.iter().map(|n| n.name.en.as_str()).collect();
//! assert_eq!(names[..2], ["Champions", "Need attention"]);
//! assert_eq!(names[2..], ["One-time buyers, median spend 39", "One-time buyers, median spend 14"]);
//! ```

mod clock;
mod given;
mod phrases;
mod qualifier;

pub use clock::{Clock, FEWEST_GAPS, MARKS};
pub(crate) use qualifier::{Told, outdated};

use std::collections::BTreeSet;

use given::Given;

use crate::proportion::Proportion;
use crate::record::Localized;
use crate::vocabulary::{Cell, Outlook, State, Vocabulary};

/// Customers are gone when they came back at most this share of the average.
const GONE: f64 = 0.2;

/// Stands between a key of the vocabulary and what tells segments apart. No key holds it.
const QUALIFIER: char = '-';

/// Medians of a segment's customers, in original units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Medians {
    /// Days since the last purchase.
    pub recency: f64,
    /// Purchases.
    pub frequency: f64,
    /// Net revenue, pennies.
    pub monetary: f64,
    /// Days since the first purchase.
    pub tenure: f64,
}

/// What decides a segment's name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Its medians.
    pub medians: Medians,
    /// Its revenue a head over that of all customers; not a number where all customers bring nothing.
    pub spend: f64,
    /// In the look-back: how many of its customers purchased again, of how many; none without a look-back.
    pub came_back: Option<Proportion>,
    /// What is expected of its customers; none where it is not made of forecast features.
    pub outlook: Option<Outlook>,
}

impl Standing {
    /// Whether its customers are gone: the upper bound of the share that came back (95 %, Wilson) is at most a
    /// fifth of the share among all customers.
    pub fn gone(&self, average: Proportion) -> bool {
        let bound = |came_back: Proportion| came_back.interval().1 <= GONE * average.share();
        self.came_back.is_some_and(bound)
    }

    /// Where it stands.
    pub fn cell(&self, average: Proportion, clock: &Clock, vocabulary: &Vocabulary) -> Cell {
        let state = match clock.state(self.medians.recency) {
            State::Away if self.gone(average) => State::Gone,
            state => state,
        };
        Cell { state, habit: vocabulary.habits.habit(self.medians.frequency) }
    }
}

/// A segment's name with its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Machine name, unique within the run: the vocabulary's, with a qualifier behind a hyphen.
    pub key: String,
    /// Name, unique within the run in each language.
    pub name: Localized,
    /// When the name holds, with the days of the clock.
    pub description: Localized,
    /// What to do.
    pub action: Localized,
}

/// Names the segments of one run, in their order. `average` is the share of all customers who came back in
/// the look-back, of no customers without one. Cost: quadratic in the segments.
pub fn names(
    segments: &[Standing],
    average: Proportion,
    clock: &Clock,
    vocabulary: &Vocabulary,
) -> Vec<Named> {
    let given: Vec<Given<'_>> = segments.iter().map(|s| Given::of(s, average, clock, vocabulary)).collect();
    let mut named: Vec<Named> = given.iter().map(|name| name.worded(clock)).collect();
    let keys: BTreeSet<String> = named.iter().map(|name| name.key.clone()).collect();
    for key in keys {
        let sharing: Vec<usize> = (0..segments.len()).filter(|&i| given[i].wording().key == key).collect();
        if sharing.len() > 1 {
            let standings: Vec<&Standing> = sharing.iter().map(|&i| &segments[i]).collect();
            let qualifiers = qualifier::told_apart(&standings, &vocabulary.qualifiers);
            for (segment, qualifier) in sharing.into_iter().zip(qualifiers) {
                named[segment].qualify(&qualifier);
            }
        }
    }
    named
}

/// The texts of a name given before, of which only the key is known: with the days of the clock, without what
/// tells it apart. None where the vocabulary has no such key.
pub fn texts_of(key: &str, clock: &Clock, vocabulary: &Vocabulary) -> Option<Named> {
    let own = key.split(QUALIFIER).next()?;
    Given::all(vocabulary).find(|name| name.wording().key == own).map(|name| name.worded(clock))
}

impl Named {
    fn qualify(&mut self, qualifier: &qualifier::Qualifier) {
        self.key = format!("{}{QUALIFIER}{}", self.key, qualifier.key);
        self.name.en = format!("{}, {}", self.name.en, qualifier.text.en);
        self.name.pt_br = format!("{}, {}", self.name.pt_br, qualifier.text.pt_br);
    }
}

#[cfg(test)]
mod tests;
