//! The look-back: the customers of an earlier day, and what they did next.
//!
//! What a segmentation says of the coming days cannot be known; what it would have said some time ago can be
//! tried. The customers are taken as they stood at a cut-off, [`DAYS`] before the reference date, from what
//! was purchased before it; what they purchased from then on is kept beside.
//!
//! ```
//! use segmentation_lib::features::CustomerTable;
//! use segmentation_lib::look_back::LookBack;
//! use segmentation_lib::progress::Progress;
//! use segmentation_lib::transactions::{ReadOptions, read};
//!
//! # let shop = [std::path::PathBuf::from("tests/data/shop.csv")];
//! let transactions = read(&shop, &ReadOptions::default(), &Progress::silent())?;
//! let table = CustomerTable::compute(&transactions, None)?;
//! let look_back = LookBack::compute(&transactions, &table)?.expect("nearly a year of purchases");
//! let rate = look_back.came_back();
//! assert_eq!(rate.of, 60);
//! println!("{} of {} bought again since {}", rate.count, rate.of, look_back.cut_off);
//! # Ok::<(), segmentation_lib::Error>(())
//! ```

use std::collections::HashMap;

use polars::prelude::*;

use crate::engine::foresight::Outcome;
use crate::features::{CustomerTable, FeaturesError};
use crate::matrix::{Matrix, MatrixError};
use crate::proportion::Proportion;
use crate::record::{FeatureScaling, LookBackPeriod};
use crate::selection::Hindsight;
use crate::transactions::{Earlier, ReferenceDate, Transactions};

/// Days from the cut-off to the reference date. So many must lie before it too.
pub const DAYS: u32 = 90;

/// The customers of an earlier day and what they did next.
#[derive(Debug, Clone)]
pub struct LookBack {
    /// What was purchased before it counts for the features, what was purchased from then on is what came.
    pub cut_off: ReferenceDate,
    /// One row per customer of that day.
    pub customers: CustomerTable,
    /// What each customer did from then on, in row order.
    pub later: Vec<Later>,
}

/// What a customer did from the cut-off on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Later {
    /// Whether there was a purchase.
    pub purchased: bool,
    /// Net revenue in pennies.
    pub pennies: i64,
}

impl LookBack {
    /// Looks back from the reference date of `table`, at those of its customers who were there.
    ///
    /// None where the purchases begin less than [`DAYS`] before the cut-off, where transactions were summed elsewhere and
    /// the customers of that day were not, or where none of the customers was there. Cost: as a customer table.
    ///
    /// # Errors
    /// What the query engine reports, and customers of another day than the cut-off.
    pub fn compute(
        transactions: &Transactions,
        table: &CustomerTable,
    ) -> Result<Option<Self>, FeaturesError> {
        let cut_off = table.reference().days_before(DAYS);
        if transactions.first() >= cut_off.days_before(DAYS).begins() {
            return Ok(None);
        }
        let then = match transactions.summed() {
            None => Some(of_lines(transactions, table, cut_off)?),
            Some(summed) => {
                summed.earlier.as_ref().map(|then| of_sums(then, transactions, table)).transpose()?
            }
        };
        let Some((customers, spent)) = then else { return Ok(None) };
        let there = table.ids()?;
        let known: Vec<bool> = customers.ids()?.iter().map(|id| there.binary_search(id).is_ok()).collect();
        let customers = customers.only(&known)?;
        if customers.is_empty() {
            return Ok(None);
        }
        let later = later(&spent, &customers)?;
        Ok(Some(Self { cut_off, customers, later }))
    }

    /// Its customers in the matrix units of `scalings`, with what they spent since: what segments are tried on.
    /// None where no two of them spent differently. Cost: n a column.
    ///
    /// # Errors
    /// A feature that the table does not have.
    pub fn hindsight(&self, scalings: &[FeatureScaling]) -> Result<Option<Hindsight>, MatrixError> {
        let pennies: Vec<i64> = self.later.iter().map(|later| later.pennies).collect();
        let Some(outcome) = Outcome::of_pennies(&pennies) else { return Ok(None) };
        let points = Matrix::scaled(&self.customers, scalings)?.values().clone();
        Ok(Some(Hindsight { cut_off: self.cut_off.to_string(), days: DAYS, points, outcome }))
    }

    /// How many of its customers purchased again.
    pub fn came_back(&self) -> Proportion {
        let count = self.later.iter().filter(|later| later.purchased).count();
        Proportion { count: count as u64, of: self.later.len() as u64 }
    }

    /// The shares of those who came back, by segment; `labels` are the segments that the customers of that day
    /// are placed in, in row order, below `segments`.
    pub fn rates(&self, labels: &[u32], segments: usize) -> Rates {
        let mut of_segment = vec![Proportion { count: 0, of: 0 }; segments];
        for (&label, later) in labels.iter().zip(&self.later) {
            of_segment[label as usize].of += 1;
            of_segment[label as usize].count += u64::from(later.purchased);
        }
        Rates { cut_off: self.cut_off, all: self.came_back(), of_segment }
    }
}

/// How many customers of an earlier day purchased again.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// The customers are taken as they stood then.
    pub cut_off: ReferenceDate,
    /// Of all customers.
    pub all: Proportion,
    /// Of those in each segment.
    pub of_segment: Vec<Proportion>,
}

impl Rates {
    /// The period with the share of all customers, for the record.
    pub fn period(&self) -> LookBackPeriod {
        LookBackPeriod { cut_off: self.cut_off.to_string(), days: DAYS, came_back: self.all.into() }
    }
}

/// The customers as they stood at the cut-off, and `customer_id`, `purchased`, `pennies` of those who came since.
type Then = (CustomerTable, DataFrame);

fn of_lines(
    transactions: &Transactions,
    table: &CustomerTable,
    cut_off: ReferenceDate,
) -> Result<Then, FeaturesError> {
    let before = col("purchased_at").lt(lit(cut_off.begins()));
    let earlier = transactions.parts().clone().filter(&before);
    let customers = CustomerTable::from_frame(earlier, cut_off, transactions.columns())?;
    let until = col("purchased_at").lt_eq(lit(table.reference().begins()));
    let since = transactions.parts().clone().filter(&before.not().and(until));
    Ok((customers, since.collect(|part| Ok(of_customers(part)))?))
}

/// From what was summed elsewhere. The pace of the shop is that of all its purchases.
fn of_sums(
    then: &Earlier,
    transactions: &Transactions,
    table: &CustomerTable,
) -> Result<Then, FeaturesError> {
    let cut_off = table.reference().days_before(DAYS);
    if then.cut_off != cut_off.begins() {
        let (seen, reference) = (then.cut_off, table.reference());
        return Err(FeaturesError::OtherCutOff { seen, cut_off, reference });
    }
    let clock = (cut_off, table.clock());
    let customers = CustomerTable::of_summed(&then.customers, clock, transactions.columns())?;
    let purchased = col("later_purchases").gt(lit(0)).alias("purchased");
    let sums = then.customers.clone().lazy();
    let spent =
        sums.select([col("customer_id"), purchased, col("later_pennies").alias("pennies")]).collect()?;
    Ok((customers, spent))
}

fn later(spent: &DataFrame, customers: &CustomerTable) -> Result<Vec<Later>, FeaturesError> {
    let ids = spent.column("customer_id")?.clone();
    let (purchased, pennies) = (spent.column("purchased")?.bool()?, spent.column("pennies")?.i64()?);
    let rows = purchased.no_null_iter().zip(pennies.no_null_iter());
    let later = rows.map(|(purchased, pennies)| Later { purchased, pennies });
    let of_id: HashMap<&str, Later> = ids.str()?.no_null_iter().zip(later).collect();
    Ok(customers.ids()?.iter().map(|id| of_id.get(id.as_str()).copied().unwrap_or_default()).collect())
}

/// Whether each customer purchased, and the net revenue: `customer_id`, `purchased`, `pennies`.
fn of_customers(transactions: LazyFrame) -> LazyFrame {
    transactions
        .group_by([col("customer_id")])
        .agg([
            col("is_return").not().any(true).alias("purchased"),
            col("amount_pennies").sum().alias("pennies"),
        ])
        .with_column(col("customer_id").cast(DataType::String))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::progress::Progress;
    use crate::transactions::{Dialect, ReadOptions, SummedFiles, read, read_customers, texts};

    fn shop(rows: &[(&str, &str, i64)]) -> (Transactions, CustomerTable) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("shop.csv");
        let mut text = String::from("customer_id,date,quantity,amount\n");
        for (id, date, amount) in rows {
            text += &format!("{id},{date},{},{amount}\n", amount.signum());
        }
        std::fs::write(&file, text).expect("written");
        let transactions = read(&[file], &ReadOptions::default(), &Progress::silent()).expect("read");
        let table = CustomerTable::compute(&transactions, None).expect("customers");
        (transactions, table)
    }

    #[test]
    fn customers_stand_as_they_stood_and_what_came_is_beside() {
        // Reference 31 December, cut-off 2 October: purchases of that day came later.
        let (transactions, table) = shop(&[
            ("ana", "2013-01-01", 10),
            ("ana", "2013-10-02", 5),
            ("bia", "2013-03-01", 20),
            ("bia", "2013-11-01", -4),
            ("caio", "2013-10-01", 7),
            ("dora", "2013-12-30", 9),
        ]);
        let look_back = LookBack::compute(&transactions, &table).expect("computed").expect("long enough");
        assert_eq!(look_back.cut_off.to_string(), "2013-10-02");
        assert_eq!(look_back.customers.ids().expect("ids"), ["ana", "bia", "caio"]);
        assert_eq!(look_back.customers.values("recency").expect("recency"), [274.0, 215.0, 1.0]);
        let seen: Vec<(bool, i64)> = look_back.later.iter().map(|l| (l.purchased, l.pennies)).collect();
        assert_eq!(seen, [(true, 500), (false, -400), (false, 0)]);
        assert_eq!(look_back.came_back(), Proportion { count: 1, of: 3 });
        let rates = look_back.rates(&[1, 0, 0], 2);
        assert_eq!(rates.of_segment, [Proportion { count: 0, of: 2 }, Proportion { count: 1, of: 1 }]);
        assert_eq!((rates.period().cut_off.as_str(), rates.period().came_back.came_back), ("2013-10-02", 1));
    }

    #[test]
    fn who_takes_no_part_is_not_looked_back_at() {
        let (transactions, table) = shop(&[("ana", "2013-01-01", 10), ("bia", "2013-12-30", 20)]);
        let without_ana = table.only(&[false, true]).expect("bia");
        assert!(LookBack::compute(&transactions, &without_ana).expect("computed").is_none());
    }

    #[test]
    fn a_short_history_has_no_look_back() {
        let rows = |first| [("ana", first, 10), ("bia", "2013-06-30", 20)];
        // Reference 1 July, cut-off 2 April, 90 days before it 2 January.
        let found = |first| {
            let (transactions, table) = shop(&rows(first));
            LookBack::compute(&transactions, &table).expect("computed").is_some()
        };
        assert!(found("2013-01-01"));
        assert!(!found("2013-01-02"));
    }

    /// What a text gives on these lines.
    fn asked(lines: LazyFrame, text: &str) -> LazyFrame {
        let mut context = polars::sql::SQLContext::new();
        context.register("transactions", lines);
        context.execute(text).expect("asked")
    }

    fn written(frame: LazyFrame, path: &Path) -> Vec<PathBuf> {
        let mut frame = frame.collect().expect("collected");
        ParquetWriter::new(File::create(path).expect("a file")).finish(&mut frame).expect("written");
        vec![path.to_owned()]
    }

    /// What the text of the earlier customers gives, which holds a query of its own.
    fn earlier(transactions: &Transactions, cut_off: ReferenceDate) -> LazyFrame {
        let before = col("purchased_at").lt(lit(cut_off.begins()));
        let customers = asked(transactions.frame().filter(before.clone()), crate::features::SQL);
        let later = asked(
            transactions.frame().filter(before.not()),
            "SELECT customer_id, SUM(CASE WHEN is_return THEN 0 ELSE 1 END) AS later_purchases, \
             SUM(amount_pennies) AS later_pennies FROM transactions GROUP BY customer_id",
        );
        let key = [col("customer_id")];
        let count = |name: &str| col(name).cast(DataType::Int64).fill_null(0);
        customers.join(later, &key, &key, JoinArgs::new(JoinType::Left)).with_columns([
            count("later_purchases"),
            count("later_pennies"),
            lit(cut_off.begins()).alias("cut_off"),
        ])
    }

    #[test]
    fn what_was_summed_elsewhere_looks_back_alike() {
        let mut rows = vec![("caio", "2013-10-01", 7), ("dora", "2013-12-30", 9), ("bia", "2013-11-01", -4)];
        let days: Vec<String> =
            (0..40).map(|n| format!("2013-{:02}-{:02}", 1 + n % 12, 1 + n % 9 * 3)).collect();
        rows.extend(
            days.iter().zip(["ana", "bia", "eva"].iter().cycle()).map(|(day, id)| (*id, day.as_str(), 5)),
        );
        let (transactions, table) = shop(&rows);
        let (folder, reference) = (tempfile::tempdir().expect("a folder"), table.reference());
        let columns = ["customer_id", "date", "quantity", "amount"].map(str::to_owned);
        let texts = texts(Dialect::DuckDb, "sales", &columns, crate::features::SQL, &ReadOptions::default());
        let texts = texts.expect("portable");
        let file = |name: &str, frame: LazyFrame| written(frame, &folder.path().join(name));
        let mut files = SummedFiles {
            customers: file("customers", asked(transactions.frame(), texts.features())),
            // Here the difference of two days is a duration.
            gaps: file(
                "gaps",
                asked(transactions.frame(), &texts.gaps())
                    .with_column(col("gap").cast(DataType::Int64) / lit(86_400_000_000_i64)),
            ),
            earlier: file("earlier", earlier(&transactions, reference.days_before(DAYS))),
            ledger: Vec::new(),
        };
        let read = |files: &SummedFiles| read_customers(files, &ReadOptions::default(), &Progress::silent());
        let there = read(&files).expect("read");
        let summed = CustomerTable::compute(&there, None).expect("customers");
        assert_eq!((summed.frame(), summed.clock()), (table.frame(), table.clock()));
        assert!(table.clock().is_measured());
        let then = LookBack::compute(&there, &summed).expect("computed").expect("long enough");
        let here = LookBack::compute(&transactions, &table).expect("computed").expect("long enough");
        assert_eq!((then.customers.frame(), then.later), (here.customers.frame(), here.later));
        // Another reference date than that of the text.
        files.earlier = file("earlier", earlier(&transactions, reference.days_before(DAYS + 1)));
        let error = LookBack::compute(&read(&files).expect("read"), &summed).expect_err("another day");
        assert!(error.to_string().contains("the look-back begins at 2013-10-"), "{error}");
    }
}
