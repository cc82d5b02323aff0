//! Numbers of invoices that begin again, as those of a till do each day.
//!
//! Counted by their numbers alone, purchases of one customer that happen to share one would be a single purchase. Such
//! numbers give themselves away: the same customer has one on several days, and so have others. An invoice whose lines
//! are of several days, as parts delivered later or the payments of a contract, is one customer's.

use polars::prelude::*;

use super::Decision;
use super::parts::Parts;
use crate::record::Localized;

/// Fewest purchases on several days from which a rule is drawn, and the smallest share of all.
const FEWEST: u64 = 3;
const SHARE: f64 = 0.01;

const MILLISECONDS_PER_DAY: i64 = 86_400_000;

/// What the numbers of invoices say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Numbers {
    /// Pairs of customer and number.
    pairs: u64,
    /// Those whose purchases are of several days.
    several_days: u64,
    /// Of these, how many have a number that other customers have too.
    shared: u64,
}

impl Numbers {
    fn restart(self) -> bool {
        let several = self.several_days;
        several >= FEWEST && several as f64 >= SHARE * self.pairs as f64 && self.shared * 2 >= several
    }
}

/// The transactions with numbers that hold for a day, where the invoices' numbers begin again, and what is said of it.
/// Cost: that of grouping a `few` of them, of all where these raise a doubt.
pub(super) fn by_day(parts: Parts, few: &Parts) -> PolarsResult<(Parts, Option<Decision>)> {
    if !numbers(few)?.restart() {
        return Ok((parts, None));
    }
    let all = numbers(&parts)?;
    if !all.restart() {
        return Ok((parts, None));
    }
    let day = col("purchased_at").cast(DataType::Date).cast(DataType::String);
    let numbered = col("purchase_id").cast(DataType::String) + lit(" ") + day;
    Ok((parts.with_column(&numbered.alias("purchase_id")), Some(said(all))))
}

fn numbers(parts: &Parts) -> PolarsResult<Numbers> {
    let pairs = parts.collect(|part| Ok(pairs(part)))?;
    let several_days = pairs.column("several_days")?.bool()?.sum().unwrap_or(0);
    let numbers = Numbers { pairs: pairs.height() as u64, several_days: several_days.into(), shared: 0 };
    if several_days == 0 {
        return Ok(numbers);
    }
    let shared = pairs
        .lazy()
        .group_by([col("purchase_id")])
        .agg([len().alias("customers"), col("several_days").sum()])
        .filter(col("customers").gt(lit(1)))
        .select([col("several_days").sum()])
        .collect()?;
    let shared = shared.column("several_days")?.cast(&DataType::UInt64)?.u64()?.get(0).unwrap_or(0);
    Ok(Numbers { shared, ..numbers })
}

/// A row for each customer and number: `purchase_id`, and whether the purchases are of `several_days`.
fn pairs(part: LazyFrame) -> LazyFrame {
    let day = || col("purchased_at").cast(DataType::Int64).floor_div(lit(MILLISECONDS_PER_DAY));
    part.filter(col("is_return").not())
        .group_by([col("customer_id"), col("purchase_id")])
        .agg([day().min().alias("first"), day().max().alias("last")])
        .select([
            col("purchase_id").cast(DataType::String),
            col("first").neq(col("last")).alias("several_days"),
        ])
}

fn said(numbers: Numbers) -> Decision {
    let Numbers { several_days, pairs, .. } = numbers;
    Decision {
        topic: "purchases",
        text: Localized {
            en: format!(
                "the invoices' numbers begin again: of {pairs} that a customer has, {several_days} are of several days and \
                 other customers have them too; a number on a day is one purchase"
            ),
            pt_br: format!(
                "os números das notas recomeçam: de {pairs} de um cliente, {several_days} são de vários dias e outros \
                 clientes também os têm; um número em um dia é uma compra"
            ),
        },
    }
}
