//! The ledger of what was cleaned elsewhere, from its sums by customer and rule.

use std::collections::HashMap;

use polars::prelude::*;

use super::super::error::TransactionsError;
use super::super::ledger::{Counts, KEPT, Ledger};
use super::super::rules::{RULES, Rules};
use super::rows::require;

const NUMBERS: [&str; 3] = ["rule", "lines", "pennies"];

/// The ledger that the sums add up to.
pub(super) fn ledger(sums: &DataFrame, place: &str) -> Result<Ledger, TransactionsError> {
    require(sums, place, ["customer_id"].into_iter().chain(NUMBERS))?;
    let customers = sums.column("customer_id")?.cast(&DataType::String)?;
    let [rules, lines, pennies] = NUMBERS.map(|name| whole(sums, name));
    let (rules, lines, pennies) = (rules?, lines?, pennies?);
    let mut counts = Counts::default();
    let mut deepest: HashMap<&str, usize> = HashMap::new();
    for (row, customer) in customers.str()?.iter().enumerate() {
        let (rule, count) = (rules.get(row).unwrap_or(-1), lines.get(row).unwrap_or(-1));
        let rule = usize::try_from(rule).ok().filter(|rule| *rule <= KEPT);
        let (Some(rule), Ok(count)) = (rule, u64::try_from(count)) else {
            let (seen, allowed) =
                (format!("{:?} with {count} lines", rules.get(row)), "rules are 0 to 18, lines from 0 on");
            let (place, column) = (place.to_owned(), "rule".to_owned());
            return Err(TransactionsError::SummedRow { place, row: row as u64 + 1, column, seen, allowed });
        };
        counts.rows[rule] += count;
        counts.amounts[rule] += i128::from(pennies.get(row).unwrap_or(0));
        if let Some(customer) = customer {
            let reached = deepest.entry(customer).or_default();
            *reached = (*reached).max(rule);
        }
    }
    let mut of_rule = [0; RULES + 1];
    deepest.into_values().for_each(|rule| of_rule[rule] += 1);
    counts.ledger(&of_rule, &Rules::default(), Vec::new())
}

/// Refuses a ledger whose kept rows are not those of the customers.
pub(super) fn refuse_another(read: &Ledger, own: &Ledger, place: &str) -> Result<(), TransactionsError> {
    let kept =
        |ledger: &Ledger| ledger.line("kept").map(|kept| (kept.rows, kept.customers, kept.amount_pennies));
    if kept(read) == kept(own) {
        return Ok(());
    }
    let told = |ledger: &Ledger| kept(ledger).unwrap_or_default();
    Err(TransactionsError::SummedLedger { place: place.to_owned(), ledger: told(read), customers: told(own) })
}

fn whole(sums: &DataFrame, name: &str) -> PolarsResult<Int64Chunked> {
    Ok(sums.column(name)?.cast(&DataType::Int64)?.i64()?.clone())
}
