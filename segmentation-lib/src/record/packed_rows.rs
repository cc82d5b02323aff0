//! Rows of whole numbers in as few bits as their columns need, for who holds many and asks for few.

/// Bits of a word.
const WORD: usize = 64;

/// Rows of `WIDTH` whole numbers, each of which may be absent.
///
/// A column takes as many bits as its largest and smallest number are apart, and a row's columns lie side by side, so
/// that a row is read from one place. Cost of a row: some operations a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedRows<const WIDTH: usize> {
    columns: [Column; WIDTH],
    rows: usize,
    row_bits: usize,
    words: Vec<u64>,
}

/// What a column's codes mean: 0 that there is no number, any other by how much it is above the smallest, plus 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column {
    smallest: u64,
    bits: usize,
}

/// The numbers of a column seen so far; the smallest is above the largest before there is one.
#[derive(Clone, Copy)]
struct Range {
    smallest: u64,
    largest: u64,
}

impl<const WIDTH: usize> PackedRows<WIDTH> {
    /// Packs rows, which are gone through twice. No column may hold both 0 and the largest number of 64 bits. Cost O(n).
    pub fn of(rows: impl Iterator<Item = [Option<u64>; WIDTH]> + Clone) -> Self {
        let mut ranges = [Range { smallest: u64::MAX, largest: 0 }; WIDTH];
        let mut count = 0_usize;
        for row in rows.clone() {
            count += 1;
            ranges.iter_mut().zip(row).for_each(|(range, number)| range.add(number));
        }
        let columns = ranges.map(Column::of);
        let row_bits: usize = columns.iter().map(|column| column.bits).sum();
        let words = vec![0; (row_bits * count).div_ceil(WORD)];
        let mut packed = Self { columns, rows: count, row_bits, words };
        rows.enumerate().for_each(|(at, row)| packed.put(at, row));
        packed
    }

    /// The row at this place; none behind the last.
    pub fn get(&self, row: usize) -> Option<[Option<u64>; WIDTH]> {
        if row >= self.rows {
            return None;
        }
        let mut at = row * self.row_bits;
        Some(self.columns.map(|column| {
            let code = bits_at(&self.words, at, column.bits);
            at += column.bits;
            column.number(code)
        }))
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    fn put(&mut self, row: usize, numbers: [Option<u64>; WIDTH]) {
        let mut at = row * self.row_bits;
        for (column, number) in self.columns.iter().zip(numbers) {
            put_bits(&mut self.words, at, column.bits, column.code(number));
            at += column.bits;
        }
    }
}

impl Range {
    fn add(&mut self, number: Option<u64>) {
        if let Some(number) = number {
            self.smallest = self.smallest.min(number);
            self.largest = self.largest.max(number);
        }
    }
}

impl Column {
    fn of(range: Range) -> Self {
        let Range { smallest, largest } = range;
        // One code more than the numbers are apart: that of none.
        let most = largest.checked_sub(smallest).map_or(0, |apart| apart + 1);
        Self { smallest, bits: WORD - most.leading_zeros() as usize }
    }

    fn code(self, number: Option<u64>) -> u64 {
        number.map_or(0, |number| number - self.smallest + 1)
    }

    fn number(self, code: u64) -> Option<u64> {
        code.checked_sub(1).map(|above| self.smallest + above)
    }
}

/// Sets bits that are 0, from the lowest of the first word on.
fn put_bits(words: &mut [u64], at: usize, bits: usize, code: u64) {
    if bits == 0 {
        return;
    }
    let (word, shift) = (at / WORD, at % WORD);
    words[word] |= code << shift;
    if shift + bits > WORD {
        words[word + 1] |= code >> (WORD - shift);
    }
}

fn bits_at(words: &[u64], at: usize, bits: usize) -> u64 {
    if bits == 0 {
        return 0;
    }
    let (word, shift) = (at / WORD, at % WORD);
    let mut code = words[word] >> shift;
    if shift + bits > WORD {
        code |= words[word + 1] << (WORD - shift);
    }
    code & (u64::MAX >> (WORD - bits))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows() -> impl Strategy<Value = Vec<[Option<u64>; 4]>> {
        let row = (
            prop::option::of(0..9_u64),
            prop::option::of(1_000_000..1_000_300_u64),
            prop::option::of(1..=u64::MAX),
            Just(None::<u64>),
        );
        prop::collection::vec(row.prop_map(|(small, far, any, none)| [small, far, any, none]), 0..60)
    }

    proptest! {
        #[test]
        fn every_row_comes_back(rows in rows()) {
            let packed = PackedRows::of(rows.iter().copied());
            prop_assert_eq!(packed.len(), rows.len());
            for (at, row) in rows.iter().enumerate() {
                prop_assert_eq!(packed.get(at), Some(*row));
            }
            prop_assert_eq!(packed.get(rows.len()), None);
        }
    }

    #[test]
    fn a_column_takes_the_bits_by_which_its_numbers_differ() {
        let packed = PackedRows::of((0..640_u64).map(|i| [Some(1_000_000 + i % 7), Some(5), None]));
        // Seven numbers and none are three bits, one number and none are one.
        assert_eq!(packed.bytes(), 640 * (3 + 1) / 8);
    }

    #[test]
    fn rows_without_numbers_take_nothing() {
        let packed = PackedRows::of([[None, None]; 3].into_iter());
        assert_eq!((packed.bytes(), packed.get(2), packed.get(3)), (0, Some([None, None]), None));
        assert!(PackedRows::<2>::of(std::iter::empty()).is_empty());
    }
}
