//! Rows kept: in memory up to a limit, beyond it in temporary files by customer.

use polars::prelude::*;

use super::buckets::{Buckets, Filled};
use super::error::TransactionsError;
use super::parts::Parts;
use super::text_columns::Codes;

/// Rows that are put into files together, as a part of those that memory may hold.
const AT_ONCE: usize = 8;

/// Takes frames; writes them out when they are too many.
pub(super) struct Store {
    limit: usize,
    codes: Codes,
    frame: DataFrame,
    /// Where rows are once they are too many; `frame` then holds what files do.
    buckets: Option<Buckets>,
}

/// All rows kept.
pub(super) enum Stored {
    Memory(DataFrame),
    Files(Filled, Codes),
}

impl Store {
    /// Holds up to `limit` rows in memory.
    pub fn new(limit: usize) -> Self {
        Self { limit, codes: Codes::new(), frame: DataFrame::empty(), buckets: None }
    }

    /// The codes for the chunks that are made next. Once spilling, purchases get new ones each time, so that those of all
    /// input are not held.
    pub fn codes(&self) -> Codes {
        if self.buckets.is_some() { self.codes.with_new_purchases() } else { self.codes.clone() }
    }

    /// Makes ready for so many more rows: where memory will not hold them it need not be filled first.
    pub fn prepare(&mut self, rows: usize) -> Result<(), TransactionsError> {
        let fits = self.frame.height().saturating_add(rows) <= self.limit;
        if fits || self.buckets.is_some() { Ok(()) } else { self.write(rows) }
    }

    pub fn push(&mut self, frame: DataFrame) -> Result<(), TransactionsError> {
        let frame = if self.buckets.is_some() { Codes::as_numbers(frame)? } else { frame };
        // Not `extend`: Polars 0.55 forgets where a slice of booleans begins when it extends it.
        self.frame.vstack_mut_owned(frame)?;
        let limit = if self.buckets.is_some() { self.limit / AT_ONCE } else { self.limit };
        if self.frame.height() > limit { self.write(0) } else { Ok(()) }
    }

    /// Writes out what memory holds; so many more rows are known to come.
    fn write(&mut self, more: usize) -> Result<(), TransactionsError> {
        let frame = std::mem::take(&mut self.frame);
        let frame = match &self.buckets {
            None if frame.width() > 0 => Codes::as_numbers(frame)?,
            _ => frame,
        };
        let buckets = match &mut self.buckets {
            Some(buckets) => buckets,
            None => self.buckets.insert(Buckets::new(frame.height().saturating_add(more))?),
        };
        if frame.height() > 0 { buckets.write(frame) } else { Ok(()) }
    }

    pub fn finish(mut self) -> Result<Stored, TransactionsError> {
        if self.buckets.is_some() {
            self.write(0)?;
        }
        match self.buckets {
            None => {
                // One piece of memory instead of one for each chunk: an aggregation would copy them together.
                self.frame.rechunk_mut_par();
                Ok(Stored::Memory(self.frame))
            }
            Some(buckets) => Ok(Stored::Files(buckets.finish()?, self.codes)),
        }
    }
}

impl Stored {
    /// All rows, read lazily, each customer's in one part.
    pub fn parts(&self) -> PolarsResult<Parts> {
        match self {
            Self::Memory(frame) => Ok(frame.clone().lazy().into()),
            Self::Files(files, codes) => {
                let parts = files.scans()?.into_iter().map(|part| codes.of_numbers(part));
                Ok(Parts::new(parts.collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of which the first `gone` are cut off, so that their booleans begin within a byte.
    fn cut(codes: &Codes, gone: usize) -> DataFrame {
        let all = df!(
            "customer_id" => ["x", "x", "a", "b", "c"],
            "purchase_id" => ["1", "1", "2", "3", "4"],
            "product" => ["p", "p", "p", "q", "q"],
            "country" => ["P", "P", "P", "P", "P"],
            "is_return" => [true, true, false, false, true],
        );
        let all = codes.coded(all.expect("five columns").lazy()).collect().expect("coded");
        all.slice(gone as i64, all.height() - gone)
    }

    #[test]
    fn returns_stay_returns_in_memory_and_in_files() {
        for limit in [0, 7, 1_000] {
            let mut store = Store::new(limit);
            for gone in [2, 3, 2] {
                let codes = store.codes();
                store.push(cut(&codes, gone)).expect("kept");
            }
            let stored = store.finish().expect("complete");
            let rows = stored.parts().expect("parts").together().expect("one").filter(col("is_return"));
            let ids = rows.select([col("customer_id").cast(DataType::String)]).collect().expect("rows");
            let ids: Vec<_> = ids.column("customer_id").expect("there").str().expect("text").iter().collect();
            assert_eq!(ids, [Some("c"); 3], "{limit}");
        }
    }
}
