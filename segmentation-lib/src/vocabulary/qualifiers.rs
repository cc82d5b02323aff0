//! What tells segments of one name apart.

use super::error::VocabularyError;
use super::file;
use super::reader::Reader;
use crate::record::Localized;

/// A segment's revenue a head against the average customer's. From best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spend {
    /// At least twice.
    High,
    /// At least as much.
    Above,
    /// At least half.
    Below,
    /// Less than half.
    Low,
}

/// A median that can tell segments apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Median {
    /// Days since the last purchase.
    Recency,
    /// Purchases.
    Frequency,
    /// Net revenue.
    Monetary,
    /// Days since the first purchase.
    Tenure,
}

impl Median {
    /// Every median, in the order in which equally good ones are taken.
    pub const ALL: [Self; 4] = [Self::Monetary, Self::Frequency, Self::Recency, Self::Tenure];
}

/// The texts that are put behind a name. Those of medians and of the number hold `{}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qualifiers {
    spend: [Localized; 4],
    medians: [Localized; 4],
    number: Localized,
}

impl Qualifiers {
    /// By revenue a head.
    pub fn spend(&self, spend: Spend) -> &Localized {
        &self.spend[spend as usize]
    }

    /// By a median, with a place for its number.
    pub fn median(&self, median: Median) -> &Localized {
        &self.medians[median as usize]
    }

    /// By number, with a place for it.
    pub fn number(&self) -> &Localized {
        &self.number
    }
}

pub(super) fn checked(
    qualifiers: file::Qualifiers,
    reader: &Reader<'_>,
) -> Result<Qualifiers, VocabularyError> {
    let file::Qualifiers { spend, median, number } = qualifiers;
    let word = |key, both| reader.qualifier(key, both, false);
    let with_number = |key, both| reader.qualifier(key, both, true);
    let spend = [
        word("qualifiers.spend.high", spend.high)?,
        word("qualifiers.spend.above", spend.above)?,
        word("qualifiers.spend.below", spend.below)?,
        word("qualifiers.spend.low", spend.low)?,
    ];
    let medians = [
        with_number("qualifiers.median.recency", median.recency)?,
        with_number("qualifiers.median.frequency", median.frequency)?,
        with_number("qualifiers.median.monetary", median.monetary)?,
        with_number("qualifiers.median.tenure", median.tenure)?,
    ];
    Ok(Qualifiers { spend, medians, number: with_number("qualifiers.number", number)? })
}
