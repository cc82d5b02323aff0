//! Rows that repeat another one in every column, as where an export was written twice into one file.

use polars::prelude::*;

use super::PresentColumns;
use super::columns::CANONICAL;
use super::parts::Parts;
use crate::record::{Localized, Warning, WarningKind};
use crate::wording::{integer, money, percent, portuguese};

/// Fewest repetitions that are told.
const FEWEST: u64 = 10;

/// Smallest share of repetitions that is told where a line has its invoice and product: a shop's own data repeat a line
/// in a hundred, as where a piece is scanned twice.
const SHARE: f64 = 0.05;

/// The same where a purchase is only a day and an amount, which may well come twice.
const SHARE_OF_DAYS: f64 = 0.25;

/// Rows, those that repeat another, and the money of these in pennies.
type Counts = (u64, u64, i64);

/// Rows that repeat others, more than a shop's own data do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeated(Counts);

impl Repeated {
    /// How many repeat another.
    pub fn rows(self) -> u64 {
        self.0.1
    }

    /// What is said of them.
    pub fn warning(self) -> Warning {
        said(self.0)
    }
}

/// What is found where more rows repeat others than a shop's own data do. Cost: that of grouping a `few` of them, of all
/// where these raise a doubt.
pub(super) fn found(parts: &Parts, few: &Parts, columns: PresentColumns) -> PolarsResult<Option<Repeated>> {
    let share = if columns.invoice && columns.product { SHARE } else { SHARE_OF_DAYS };
    let is_told = |(rows, repeated, _): Counts| repeated as f64 >= share * rows as f64;
    if !is_told(counts(few)?) {
        return Ok(None);
    }
    let all = counts(parts)?;
    Ok((is_told(all) && all.1 >= FEWEST).then_some(Repeated(all)))
}

fn counts(parts: &Parts) -> PolarsResult<Counts> {
    let times = || col("times").cast(DataType::Int64);
    let counted = parts.collect(|part| {
        let same = part.group_by(CANONICAL.map(col)).agg([len().alias("times")]);
        Ok(same.select([
            times().sum().alias("rows"),
            (times() - lit(1)).sum().alias("repeated"),
            ((times() - lit(1)) * col("amount_pennies")).sum().alias("pennies"),
        ]))
    })?;
    let sum = |name: &str| Ok::<_, PolarsError>(counted.column(name)?.i64()?.sum().unwrap_or_default());
    Ok((sum("rows")?.unsigned_abs(), sum("repeated")?.unsigned_abs(), sum("pennies")?))
}

fn said((rows, repeated, pennies): Counts) -> Warning {
    let (count, share, amount) = (integer(repeated), percent(repeated as f64 / rows as f64), money(pennies));
    Warning {
        kind: WarningKind::SameRows,
        text: Localized {
            en: format!(
                "{count} rows ({share}) with {amount} repeat another row in every column and count again: where they were \
                 exported twice, have duplicates dropped"
            ),
            pt_br: format!(
                "{} linhas ({}) com {} repetem outra em todas as colunas e contam de novo: se foram exportadas duas vezes, \
                 mande descartar duplicatas",
                portuguese(&count),
                portuguese(&share),
                portuguese(&amount)
            ),
        },
    }
}
