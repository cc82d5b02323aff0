//! How a run's segments were named: the clock of the data, and what their customers did before.

use serde::{Deserialize, Serialize};

use crate::proportion::Proportion;

/// Three quantiles of the gaps between one purchase day and the next of the same customer, in days that
/// people plan with: how long customers of this data usually stay away. [`crate::naming`] takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Clock {
    /// About half of the repeat purchases come within so many days.
    pub usual_days: u32,
    /// About 80 % of them do: up to here a segment is active.
    pub active_days: u32,
    /// About 95 % of them do: up to here a segment is overdue, beyond it away.
    pub away_days: u32,
    /// Number of gaps that it is taken from. With fewer than 20 the days are assumed.
    pub gaps: u64,
    /// How many of the gaps are within each of these days, which are rounded; none where the days are assumed, and in
    /// runs made before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<GapsWithin>,
}

/// How many gaps are at most as long as the days of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GapsWithin {
    /// Within the usual days.
    pub usual: u64,
    /// Within the days up to which a segment is active.
    pub active: u64,
    /// Within the days beyond which a segment is away.
    pub away: u64,
}

impl Clock {
    /// The share of the gaps within the usual, the active and the away days, in [0, 1]; none where it was not measured.
    pub fn shares(&self) -> Option<[f64; 3]> {
        let GapsWithin { usual, active, away } = self.within.filter(|_| self.gaps > 0)?;
        Some([usual, active, away].map(|within| within as f64 / self.gaps as f64))
    }
}

/// How many customers of an earlier day purchased again in the days after it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CameBack {
    /// Customers on that day.
    pub customers: u64,
    /// Of them, those who purchased again.
    pub came_back: u64,
    /// Their share, in [0, 1].
    pub share: f64,
    /// Lower bound of the share (95 %, Wilson).
    pub low: f64,
    /// Upper bound of the share (95 %, Wilson).
    pub high: f64,
}

impl From<Proportion> for CameBack {
    fn from(proportion: Proportion) -> Self {
        let (low, high) = proportion.interval();
        Self { customers: proportion.of, came_back: proportion.count, share: proportion.share(), low, high }
    }
}

/// The earlier day that the segments were tried on, and what all its customers did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LookBackPeriod {
    /// The customers are taken as they stood on this day, ISO 8601.
    pub cut_off: String,
    /// Days from then to the reference date.
    pub days: u32,
    /// All customers of that day.
    pub came_back: CameBack,
}

/// What the names rest on. It stays with the segments for as long as they keep their borders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Naming {
    /// The clock of the data.
    pub clock: Clock,
    /// SHA-256 of the vocabulary's text, hex.
    pub vocabulary_sha256: String,
    /// The look-back; none where the history is too short for one.
    pub look_back: Option<LookBackPeriod>,
}

impl Naming {
    /// Every share of it with its place.
    pub(super) fn figures(&self) -> impl Iterator<Item = (String, f64)> {
        let all = self.look_back.iter().flat_map(|period| period.came_back.figures());
        all.map(|value| ("the look-back".to_owned(), value))
    }
}

impl CameBack {
    pub(super) fn figures(&self) -> [f64; 3] {
        [self.share, self.low, self.high]
    }
}
