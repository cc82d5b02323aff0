//! Distinct texts of a column with what was decided of each and how often it was met.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

/// Distinct texts that are counted; what comes after them is only decided.
const MOST: usize = 400;

/// Rows and money with a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Met {
    pub rows: u64,
    pub pennies: i128,
}

/// The values of one column within a chunk. A text is judged once, however many rows hold it.
pub(super) struct Memo<T> {
    places: HashMap<String, usize, FixedState>,
    judged: Vec<(String, T, Met)>,
    last: usize,
}

impl<T: Copy> Memo<T> {
    pub fn new() -> Self {
        Self { places: HashMap::default(), judged: Vec::new(), last: usize::MAX }
    }

    /// What was decided of `text`, and its place for [`Memo::count`]; `judge` decides of a new text.
    #[inline]
    pub fn look_up(&mut self, text: &str, judge: impl FnOnce(&str) -> T) -> (T, Option<usize>) {
        if let Some((last, judged, _)) = self.judged.get(self.last)
            && last == text
        {
            return (*judged, Some(self.last));
        }
        if let Some(&place) = self.places.get(text) {
            self.last = place;
            return (self.judged[place].1, Some(place));
        }
        let judged = judge(text);
        if self.judged.len() == MOST {
            return (judged, None);
        }
        self.last = self.judged.len();
        self.places.insert(text.to_owned(), self.last);
        self.judged.push((text.to_owned(), judged, Met::default()));
        (judged, Some(self.last))
    }

    /// Counts a row of `pennies` at a place.
    #[inline]
    pub fn count(&mut self, place: usize, pennies: i64) {
        let met = &mut self.judged[place].2;
        met.rows += 1;
        met.pennies += i128::from(pennies);
    }

    pub fn into_counts(self) -> Counts {
        Counts(
            self.judged
                .into_iter()
                .map(|(text, _, met)| (text, met))
                .filter(|(_, met)| met.rows > 0)
                .collect(),
        )
    }
}

/// Rows and money of each distinct text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts(pub BTreeMap<String, Met>);

impl Counts {
    pub fn add(&mut self, other: Counts) {
        for (text, met) in other.0 {
            let mine = self.0.entry(text).or_default();
            mine.rows += met.rows;
            mine.pennies += met.pennies;
        }
    }

    /// Rows and money of the texts that `chosen` chooses.
    pub fn sum(&self, chosen: impl Fn(&str) -> bool) -> Met {
        let mut sum = Met::default();
        for (_, met) in self.0.iter().filter(|(text, _)| chosen(text)) {
            sum.rows += met.rows;
            sum.pennies += met.pennies;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_judged_once_and_counted_often() {
        let mut memo = Memo::new();
        let mut judged = 0;
        for text in ["a", "a", "b", "a", "b"] {
            let (length, place) = memo.look_up(text, |text| {
                judged += 1;
                text.len()
            });
            assert_eq!(length, 1);
            memo.count(place.expect("few texts"), 100);
        }
        let counts = memo.into_counts();
        assert_eq!(judged, 2);
        assert_eq!(counts.0["a"], Met { rows: 3, pennies: 300 });
        assert_eq!(counts.sum(|text| text == "b"), Met { rows: 2, pennies: 200 });
    }

    #[test]
    fn beyond_the_most_a_text_is_judged_but_not_counted() {
        let mut memo = Memo::new();
        for at in 0..MOST {
            memo.look_up(&at.to_string(), str::len);
        }
        assert_eq!(memo.look_up("more", str::len), (4, None));
        assert!(memo.into_counts().0.is_empty());
    }
}
