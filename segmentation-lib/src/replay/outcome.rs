//! Whether a segment says anything about what comes after it.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveTime};
use polars::prelude::*;

use super::Replay;
use crate::proportion::Proportion;
use crate::record::Segment;
use crate::transactions::{Parts, Transactions};

/// The first of the last `days` days of the data.
pub fn holdout(transactions: &Transactions, days: u64) -> NaiveDate {
    let last = transactions.last().date();
    last.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(last)
}

/// What the customers of each segment of an earlier day did from that day on: `segment_id`, `segment` and
/// `segmento` (its name in English and Portuguese), `customers`, `customer_share`, `purchased_again_share` with its 95 % interval (Wilson) from `low_share` to
/// `high_share`, `later_pennies` (net revenue), `later_share` (of all segments' later revenue),
/// `average_pennies` a customer, `lift` (revenue share over customer share: 1 is the average customer). Customers who
/// came later are left out, and segments that had nobody then. Cost: n log n.
pub fn backtest(transactions: &Transactions, earlier: &Replay) -> PolarsResult<DataFrame> {
    let later = later_sales(transactions.parts(), earlier.day)?;
    let segments = &earlier.profiles.segments;
    let mut sums = vec![Later::default(); segments.len()];
    for (id, &segment) in earlier.ids.iter().zip(&earlier.profiles.segment_ids) {
        let sum = &mut sums[usize::from(segment) - 1];
        if let Some((pennies, purchases)) = later.get(id) {
            sum.pennies += pennies;
            sum.again += u64::from(*purchases > 0);
        }
    }
    let total = sums.iter().map(|s| s.pennies).sum::<i64>() as f64;
    let share = |s: &Later| if total == 0.0 { 0.0 } else { s.pennies as f64 / total };
    let pairs: Vec<(&Segment, &Later)> =
        segments.iter().zip(&sums).filter(|(segment, _)| segment.customers > 0).collect();
    let again = |(s, l): &(&Segment, &Later)| Proportion { count: l.again, of: s.customers };
    let bounds = || pairs.iter().map(|pair| again(pair).interval());
    df!(
        "segment_id" => pairs.iter().map(|(s, _)| u32::from(s.id)).collect::<Vec<_>>(),
        "segment" => pairs.iter().map(|(s, _)| s.name.en.as_str()).collect::<Vec<_>>(),
        "segmento" => pairs.iter().map(|(s, _)| s.name.pt_br.as_str()).collect::<Vec<_>>(),
        "customers" => pairs.iter().map(|(s, _)| s.customers).collect::<Vec<_>>(),
        "customer_share" => pairs.iter().map(|(s, _)| s.customer_share).collect::<Vec<_>>(),
        "purchased_again_share" => pairs.iter().map(|pair| again(pair).share()).collect::<Vec<_>>(),
        "low_share" => bounds().map(|(low, _)| low).collect::<Vec<_>>(),
        "high_share" => bounds().map(|(_, high)| high).collect::<Vec<_>>(),
        "later_pennies" => pairs.iter().map(|(_, l)| l.pennies).collect::<Vec<_>>(),
        "later_share" => pairs.iter().map(|(_, l)| share(l)).collect::<Vec<_>>(),
        "average_pennies" => pairs.iter().map(|(s, l)| l.pennies / s.customers as i64).collect::<Vec<_>>(),
        "lift" => pairs.iter().map(|(s, l)| share(l) / s.customer_share).collect::<Vec<_>>(),
    )
}

#[derive(Debug, Clone, Default)]
struct Later {
    pennies: i64,
    again: u64,
}

/// Net revenue and purchases of each customer from a day on.
fn later_sales(transactions: &Parts, day: NaiveDate) -> PolarsResult<BTreeMap<String, (i64, i64)>> {
    let later = col("purchased_at").gt_eq(lit(day.and_time(NaiveTime::MIN)));
    let lines = col("is_return").not().sum().cast(DataType::Int64).alias("lines");
    let sums = [col("amount_pennies").sum(), lines];
    let sales = transactions.clone().filter(&later).collect(|part| {
        let sales = part.group_by([col("customer_id")]).agg(&sums);
        Ok(sales.with_column(col("customer_id").cast(DataType::String)))
    })?;
    let ids = sales.column("customer_id")?.str()?.no_null_iter().map(str::to_owned);
    let pennies = sales.column("amount_pennies")?.i64()?.no_null_iter();
    Ok(ids.zip(pennies.zip(sales.column("lines")?.i64()?.no_null_iter())).collect())
}

#[cfg(test)]
mod tests {
    use super::super::replay;
    use super::super::sample::{run, shop};
    use super::*;
    use crate::progress::Progress;

    #[test]
    fn later_sales_begin_on_the_day_itself_and_returns_are_no_purchase() {
        let moment = |day: i64| day * 86_400_000;
        let lines = df!(
            "customer_id" => ["a", "b", "b", "a"],
            "purchased_at" => [moment(61), moment(61), moment(62), moment(63)],
            "amount_pennies" => [100_i64, 300, 400, -50],
            "is_return" => [false, false, false, true],
        );
        let moments = col("purchased_at").cast(DataType::Datetime(TimeUnit::Milliseconds, None));
        let lines = lines.expect("columns of one length").lazy().with_columns([moments]);
        let day = "1970-03-04".parse().expect("day 62");
        let later = later_sales(&lines.into(), day).expect("the columns are there");
        assert_eq!(later["b"], (400, 1));
        assert_eq!(later["a"], (-50, 0));
    }

    #[test]
    fn every_later_penny_of_a_known_customer_is_counted_once() {
        let run = run();
        let transactions = &run.transactions;
        let day = "2013-08-01".parse().expect("a day");
        let (scalings, segments) = (run.matrix.scalings(), &run.snapshot.segments);
        let earlier = replay(transactions, day, scalings, segments, &Progress::silent()).expect("placed");
        let frame = backtest(transactions, &earlier).expect("the columns are there");
        let later = later_sales(transactions.parts(), day).expect("the columns are there");
        let known: i64 = earlier.ids.iter().filter_map(|id| later.get(id)).map(|(pennies, _)| pennies).sum();
        let sum = |name: &str| {
            let column = frame.column(name).expect("there").cast(&DataType::Int64).expect("numbers");
            column.i64().expect("just cast").sum()
        };
        assert_eq!(sum("later_pennies"), Some(known));
        assert_eq!(sum("customers"), Some(earlier.ids.len() as i64));
    }

    #[test]
    fn the_holdout_has_as_many_days_as_asked() {
        let transactions = shop();
        assert_eq!(holdout(&transactions, 1), transactions.last().date());
        assert_eq!((transactions.last().date() - holdout(&transactions, 90)).num_days(), 89);
    }
}
