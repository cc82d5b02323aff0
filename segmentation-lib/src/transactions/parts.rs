//! Transactions in parts that hold whole customers.

use polars::prelude::*;
use rayon::prelude::*;

/// Rows that show whether it is worth to look at all.
const FEW: u64 = 50_000;

/// Transactions in one part or several, each with all rows of its customers: what is asked of every customer is asked
/// part by part, and memory holds one part for each thread.
#[derive(Clone)]
pub struct Parts(Vec<LazyFrame>);

impl From<LazyFrame> for Parts {
    fn from(all: LazyFrame) -> Self {
        Self(vec![all])
    }
}

impl Parts {
    pub(super) fn new(parts: Vec<LazyFrame>) -> Self {
        Self(parts)
    }

    /// The rows for which `condition` holds.
    pub fn filter(self, condition: &Expr) -> Self {
        Self(self.0.into_iter().map(|part| part.filter(condition.clone())).collect())
    }

    /// The rows with another column, or one in the place of that name.
    pub(super) fn with_column(self, column: &Expr) -> Self {
        Self(self.0.into_iter().map(|part| part.with_column(column.clone())).collect())
    }

    /// What is looked at first of `rows` rows, and every how many-th customer of it: about [`FEW`] rows, of a few all.
    pub(super) fn few(&self, rows: u64) -> (Self, u64) {
        let parts = self.0.len().max(1) as u64;
        if rows <= FEW {
            return (self.clone(), 1);
        }
        (Self(self.0.first().cloned().into_iter().collect()), rows / parts / FEW + 1)
    }

    /// What `query` makes of each part, one below the other: right where it gives rows of customers, or rows that the
    /// caller adds up. Cost: that of the query. Memory: the result, and the query on a part for each thread.
    ///
    /// # Errors
    /// What the query engine reports.
    pub fn collect(
        &self,
        query: impl Fn(LazyFrame) -> PolarsResult<LazyFrame> + Sync,
    ) -> PolarsResult<DataFrame> {
        // One query gives one frame, so there is a single result to unwrap.
        let of_part = |part: &LazyFrame| {
            Ok(query(part.clone())?.collect_with_engine(Engine::Streaming)?.unwrap_single())
        };
        let frames: Vec<DataFrame> = self.0.par_iter().map(of_part).collect::<PolarsResult<_>>()?;
        let mut all = DataFrame::empty();
        for frame in frames {
            all.vstack_mut_owned(frame)?;
        }
        all.rechunk_mut();
        Ok(all)
    }

    /// The type of the customers' column.
    ///
    /// # Errors
    /// What the query engine reports.
    pub(crate) fn customer_type(&self) -> PolarsResult<DataType> {
        let Some(first) = self.0.first() else { return Ok(DataType::String) };
        Ok(first.clone().collect_schema()?.try_get("customer_id")?.clone())
    }

    /// All rows, without regard to customers.
    pub(super) fn together(&self) -> PolarsResult<LazyFrame> {
        match self.0.as_slice() {
            [only] => Ok(only.clone()),
            several => concat(several, UnionArgs::default()),
        }
    }
}

/// The rows of every `nth` customer of a part, by their codes.
pub(super) fn every(nth: u64, part: LazyFrame) -> LazyFrame {
    let code = col("customer_id").to_physical().cast(DataType::UInt64);
    if nth == 1 { part } else { part.filter((code % lit(nth)).eq(lit(0u64))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_part_gives_stands_below_the_other() {
        let part = |ids: &[&str]| df!("id" => ids).expect("one column").lazy();
        let parts = Parts::new(vec![part(&["a", "a", "b"]), part(&["c"])]).filter(&col("id").neq(lit("b")));
        let counted = parts.collect(|part| Ok(part.group_by([col("id")]).agg([len().alias("rows")])));
        let expected = df!("id" => ["a", "c"], "rows" => [2 as IdxSize, 1]).expect("two columns");
        assert!(counted.expect("counted").equals(&expected));
        assert_eq!(parts.together().expect("one").collect().expect("rows").height(), 3);
    }
}
