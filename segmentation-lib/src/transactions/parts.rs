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

    /// What is looked at first of `rows` rows: all rows of every so-manieth customer of the first part, about [`FEW`],
    /// gathered in memory for all who ask; of a few rows all. Cost: one pass over that part.
    pub(super) fn few(&self, rows: u64) -> PolarsResult<Self> {
        let [first, ..] = self.0.as_slice() else { return Ok(self.clone()) };
        if rows <= FEW {
            return Ok(self.clone());
        }
        let parts = self.0.len() as u64;
        let nth = rows / parts / FEW + 1;
        let few = every(nth, parts, first.clone()).collect_with_engine(Engine::Streaming)?.unwrap_single();
        Ok(few.lazy().into())
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

/// The rows of every `nth` customer of the first of so many parts, by their codes.
fn every(nth: u64, parts: u64, part: LazyFrame) -> LazyFrame {
    // Codes within a part are as far apart as there are parts: of every sixth one every fourth would be every second.
    let code = col("customer_id").to_physical().cast(DataType::UInt64).floor_div(lit(parts));
    if nth == 1 { part } else { part.filter((code % lit(nth)).eq(lit(0u64))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_first_holds_whole_customers() {
        let ids = (0..400_000_u32).map(|row| row / 4).collect::<Vec<_>>();
        let rows = df!("customer_id" => ids).expect("one column").lazy();
        let few = Parts::from(rows.clone()).few(400_000).expect("gathered");
        let counted = few.collect(|part| Ok(part.group_by([col("customer_id")]).agg([len().alias("rows")])));
        let counted = counted.expect("counted");
        // 400,000 rows are eight times as many as are looked at: every ninth of 100,000 customers.
        assert_eq!(counted.height(), 11_112);
        let times = counted.column("rows").expect("there").cast(&DataType::Int64).expect("numbers");
        assert!(times.i64().expect("numbers").iter().all(|rows| rows == Some(4)));
        // Of 40 parts the first has every 40th customer.
        let first = rows.clone().filter((col("customer_id") % lit(40u32)).eq(lit(0u32)));
        let parts = Parts::new(std::iter::repeat_n(first, 40).collect());
        let few = parts.few(40 * 200_000).expect("gathered").together().expect("one");
        assert_eq!(few.collect().expect("rows").height(), 4 * 500);
        let all = Parts::from(rows).few(50_000).expect("all").together().expect("one");
        assert_eq!(all.collect().expect("rows").height(), 400_000);
    }

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
