//! Evidence for one of two readings of a whole column.
//!
//! `01-02-2011` and `1,234` can be read in two ways. Values that only one reading allows decide for
//! all; they are tallied while rows are read, chunk by chunk, and the tallies merge in row order, so
//! the verdict does not depend on the order of rows or on threads.

use std::collections::BTreeMap;

/// What one value says about the reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Witness {
    /// Only the first reading allows it.
    First,
    /// Only the second reading allows it.
    Second,
    /// Both allow it and differ.
    Ambiguous,
}

/// A value with the row it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sighting {
    pub row: u64,
    pub text: String,
    /// Where the row is; filled when tallies of files are merged.
    pub place: String,
}

/// The earliest value of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    seen: [Option<Sighting>; 3],
    /// Signs of currencies beside numbers, with the first number of each.
    currencies: BTreeMap<&'static str, Sighting>,
}

/// What a tally decides.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict<'a> {
    /// Nothing depends on the reading.
    Indifferent,
    /// The first reading, by this value.
    First(&'a Sighting),
    /// The second reading, by this value.
    Second(&'a Sighting),
    /// Values that only the first, and values that only the second reading allows.
    Contradictory(&'a Sighting, &'a Sighting),
    /// Only values that both allow.
    Undecided(&'a Sighting),
}

impl Tally {
    /// Notes a value; only the first of each kind is kept.
    #[inline]
    pub fn note(&mut self, witness: Witness, row: u64, text: &str) {
        let slot = &mut self.seen[witness as usize];
        if slot.is_none() {
            *slot = Some(Sighting { row, text: text.to_owned(), place: String::new() });
        }
    }

    /// Notes a sign of a currency; only the first number of each is kept.
    pub fn note_currency(&mut self, sign: &'static str, row: u64, text: &str) {
        self.currencies.entry(sign).or_insert_with(|| Sighting {
            row,
            text: text.to_owned(),
            place: String::new(),
        });
    }

    /// The signs of currencies met, with the first number of each.
    pub fn currencies(&self) -> impl Iterator<Item = (&'static str, &Sighting)> {
        self.currencies.iter().map(|(sign, first)| (*sign, first))
    }

    /// Appends what later rows, `offset` rows further on in `place`, have shown.
    pub fn append(&mut self, later: Tally, offset: u64, place: &str) {
        for (mine, theirs) in self.seen.iter_mut().zip(later.seen) {
            if mine.is_none() {
                *mine = theirs.map(|s| Sighting { row: s.row + offset, place: place.to_owned(), ..s });
            }
        }
        for (sign, s) in later.currencies {
            self.currencies.entry(sign).or_insert_with(|| Sighting {
                row: s.row + offset,
                place: place.to_owned(),
                ..s
            });
        }
    }

    pub fn verdict(&self) -> Verdict<'_> {
        match &self.seen {
            [Some(first), Some(second), _] => Verdict::Contradictory(first, second),
            [Some(first), None, _] => Verdict::First(first),
            [None, Some(second), _] => Verdict::Second(second),
            [None, None, Some(ambiguous)] => Verdict::Undecided(ambiguous),
            [None, None, None] => Verdict::Indifferent,
        }
    }
}

impl std::fmt::Display for Sighting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} ({} row {})", self.text, self.place, self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_value_of_each_kind_is_kept() {
        let mut tally = Tally::default();
        tally.note(Witness::Ambiguous, 4, "a");
        let mut later = Tally::default();
        later.note(Witness::Ambiguous, 0, "b");
        later.note(Witness::First, 2, "c");
        tally.append(later, 10, "f.csv");
        let Verdict::First(sighting) = tally.verdict() else { panic!("{tally:?}") };
        assert_eq!(sighting.to_string(), "\"c\" (f.csv row 12)");
    }

    #[test]
    fn both_kinds_contradict() {
        let mut tally = Tally::default();
        tally.note(Witness::First, 1, "31-01-2011");
        tally.note(Witness::Second, 2, "01-31-2011");
        assert!(matches!(tally.verdict(), Verdict::Contradictory(..)));
    }
}
