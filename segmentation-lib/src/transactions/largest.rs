//! The largest amount or date of all, which a typing error may have made.

/// The largest of the rows' values, above zero, and the first row that has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Largest {
    pub value: i64,
    pub row: u64,
    /// Where the row is; filled when stretches are merged.
    pub place: String,
}

impl Largest {
    /// Notes a value; of equal ones the first row stays, in whatever order they come.
    #[inline]
    pub fn note(&mut self, value: i64, row: u64) {
        if value > self.value || value == self.value && value > 0 && row < self.row {
            (self.value, self.row) = (value, row);
        }
    }

    /// Adds the largest of later rows, `offset` rows further on in `place`.
    pub fn append(&mut self, later: Self, offset: u64, place: &str) {
        if later.value > self.value {
            *self = Self { row: later.row + offset, place: place.to_owned(), ..later };
        }
    }

    /// Whether an amount is more than half of all the money of so many rows.
    pub fn is_most_of(&self, rows: u64, pennies: i64) -> bool {
        const FEWEST: u64 = 200;
        rows >= FEWEST && pennies > 0 && self.value > pennies / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_of_the_largest_amount_is_kept() {
        let (mut all, mut later) = (Largest::default(), Largest::default());
        for (pennies, row) in [(100, 4), (900, 7), (900, 5), (20, 1)] {
            later.note(pennies, row);
        }
        all.append(later.clone(), 10, "a.csv");
        all.append(later, 20, "b.csv");
        assert_eq!((all.value, all.row, all.place.as_str()), (900, 15, "a.csv"));
        assert!(all.is_most_of(200, 1700) && !all.is_most_of(200, 1800) && !all.is_most_of(199, 1700));
    }
}
