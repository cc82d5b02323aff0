//! Headers that stand again below the first: where another table begins, or a page of the same one.

use super::tally::Sighting;

/// What repeated headers show. Directly under a row of data one is a page's; under a gap or a title another table begins.
#[derive(Debug, Default)]
pub(super) struct Stacked {
    /// Headers of pages.
    pub pages: u64,
    /// The first header of another table, with the table's title, which may be empty.
    pub table: Option<Sighting>,
    /// A header that is the first row of the stretch: what stands above it is in the stretch before.
    leading: Option<u64>,
    /// The last row; its text is not empty where it may be a title.
    last: Option<Sighting>,
}

impl Stacked {
    /// Notes a header, and the row that stands above it in the stretch.
    pub fn note(&mut self, row: u64, above: Option<&Sighting>) {
        match above {
            Some(above) => self.judge(row, above),
            None => self.leading = Some(row),
        }
    }

    fn judge(&mut self, row: u64, above: &Sighting) {
        if above.row + 1 == row && above.text.is_empty() {
            self.pages += 1;
        } else if self.table.is_none() {
            self.table = Some(Sighting { row, ..above.clone() });
        }
    }

    /// Notes the last row of the stretch.
    pub fn end(&mut self, last: Option<Sighting>) {
        self.last = last;
    }

    /// Adds what later rows, `offset` rows further on in `place`, have shown.
    pub fn append(&mut self, later: Self, offset: u64, place: &str) {
        let moved = |s: Sighting| Sighting { row: s.row + offset, place: place.to_owned(), ..s };
        if let Some(row) = later.leading {
            match self.last.take().filter(|last| last.place == place) {
                Some(above) => self.judge(row + offset, &above),
                // Twice at the top of a table.
                None => self.pages += 1,
            }
        }
        self.pages += later.pages;
        self.table = self.table.take().or(later.table.map(moved));
        self.last = later.last.map(moved).or(self.last.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(row: u64, text: &str) -> Sighting {
        Sighting { row, text: text.to_owned(), place: String::new() }
    }

    #[test]
    fn a_header_under_a_row_is_a_pages_and_under_a_gap_or_title_a_tables() {
        for (row, text, pages) in [(9, "", 1), (8, "", 0), (9, "Refunds", 0)] {
            let mut stacked = Stacked::default();
            stacked.note(10, Some(&above(row, text)));
            assert_eq!((stacked.pages, stacked.table.is_none()), (pages, pages == 1), "{row} {text}");
        }
    }

    #[test]
    fn what_stands_above_may_be_in_the_stretch_before() {
        for (last, title) in
            [(above(9, "Refunds"), Some("Refunds")), (above(8, ""), Some("")), (above(9, ""), None)]
        {
            let (mut all, mut first, mut second) =
                (Stacked::default(), Stacked::default(), Stacked::default());
            first.end(Some(last));
            second.note(0, None);
            all.append(first, 1, "a.csv");
            all.append(second, 11, "a.csv");
            assert_eq!(all.table.as_ref().map(|table| table.text.as_str()), title);
            assert_eq!(all.table.map_or(11, |table| table.row), 11);
        }
    }
}
