//! What the rules removed and left, gathered from the sums by customer, rule and day.

use polars::prelude::*;
use polars::sql::SQLContext;

use super::super::chunk::{Chunk, Removed};
use super::super::customers::Customers;
use super::super::descriptions::Descriptions;
use super::super::evidence::Evidence;
use super::super::invoices::Invoices;
use super::super::ledger::{Counts, KEPT};
use super::super::overlap::Seen;
use super::super::plan::Plan;
use super::super::rules::{RULES, Rule};
use super::super::tally::Tally;
use super::judged::Judged;

/// The sums, from a table `judged`.
const LEDGER: &str = include_str!("../../ledger.sql");

/// What a batch shows.
#[derive(Default)]
pub(super) struct Summary {
    counts: Counts,
    customers: Customers,
    evidence: Evidence,
    purchases: Option<(i64, i64)>,
    /// The first row that each rule removed, from 0.
    pub first_rows: [Option<u64>; RULES],
}

/// The rows of one customer, rule and day.
struct Group<'g> {
    customer: Option<&'g str>,
    rule: usize,
    day: Option<i64>,
    lines: u64,
    pennies: i64,
    below_zero: i64,
    /// The largest amount, without its sign.
    largest: i64,
    first_row: u64,
    purchases: Option<(i64, i64)>,
}

impl Summary {
    /// `None` where the row reader must decide: a row without its amount may continue the one before, or sums leave
    /// 64 bits.
    pub fn of(judged: &Judged, plan: &Plan<'_>) -> PolarsResult<Option<Self>> {
        let groups = judged.ask(|rows| {
            let mut context = SQLContext::new();
            context.register("judged", rows);
            context.execute(LEDGER)
        })?;
        if overflows(&groups)? {
            return Ok(None);
        }
        let mut summary = Self::default();
        each(&groups, |group| summary.add(&group))?;
        let without_amount = plan.has_amount && summary.counts.rows[Rule::UnparsableNumber as usize] > 0;
        Ok((!without_amount).then_some(summary))
    }

    fn add(&mut self, group: &Group<'_>) {
        self.counts.rows[group.rule] += group.lines;
        self.counts.amounts[group.rule] += i128::from(group.pennies);
        if group.rule != Rule::UnparsableDate as usize {
            self.evidence.serials.others += group.lines;
        }
        if let Some(customer) = group.customer {
            let index = self.customers.index(customer);
            self.customers.reached(index, group.rule);
            if group.rule == KEPT {
                self.customers.keep(index, group.lines);
            }
        }
        if group.rule < KEPT {
            let first = &mut self.first_rows[group.rule];
            *first = Some(first.map_or(group.first_row, |row| row.min(group.first_row)));
            if group.rule == Rule::NonPositiveAmount as usize && group.pennies == 0 {
                let evidence = &mut self.evidence;
                group.day.into_iter().for_each(|day| evidence.without_money.add(day, group.lines));
            }
            return;
        }
        self.evidence.taken_off -= i128::from(group.below_zero);
        if group.pennies > 0 {
            // A customer's day is nearly always one row where one row is nearly all money.
            self.evidence.largest.note(group.largest, group.first_row);
        }
        if let Some(day) = group.day {
            self.evidence.days.add(day, group.lines);
            self.evidence.latest.note(day, group.first_row);
        }
        if let Some((from, to)) = group.purchases {
            let (first, last) = self.purchases.unwrap_or((from, to));
            self.purchases = Some((first.min(from), last.max(to)));
        }
    }

    pub fn into_chunk(self, kept: DataFrame, removed: [Option<Removed>; RULES], invoices: Invoices) -> Chunk {
        Chunk {
            kept,
            counts: self.counts,
            customers: self.customers,
            descriptions: Descriptions::default(),
            removed,
            dates: Tally::default(),
            numbers: Tally::default(),
            purchases: self.purchases,
            hashes: Vec::new(),
            evidence: Evidence { invoices, ..self.evidence },
            totals: Vec::new(),
            seen: Seen::default(),
        }
    }
}

/// Whether the sum of a group may have left 64 bits.
fn overflows(groups: &DataFrame) -> PolarsResult<bool> {
    let (lines, largest) = (whole(groups, "lines")?, whole(groups, "largest")?);
    let most = |(lines, largest): (Option<i64>, Option<i64>)| {
        lines.unwrap_or(0).checked_mul(largest.unwrap_or(0)).is_none()
    };
    Ok(lines.iter().zip(largest.iter()).any(most))
}

fn whole(frame: &DataFrame, name: &str) -> PolarsResult<Int64Chunked> {
    Ok(frame.column(name)?.cast(&DataType::Int64)?.i64()?.clone())
}

fn each(groups: &DataFrame, mut take: impl FnMut(Group<'_>)) -> PolarsResult<()> {
    let customers = groups.column("customer_id")?.cast(&DataType::String)?;
    let names = [
        "rule",
        "day",
        "lines",
        "pennies",
        "below_zero",
        "largest",
        "first_row",
        "first_purchase",
        "last_purchase",
    ];
    let columns: Vec<Int64Chunked> = names
        .into_iter()
        .map(|name| Ok(whole(groups, name)?.rechunk().into_owned()))
        .collect::<PolarsResult<_>>()?;
    let [rules, days, lines, pennies, below_zero, largest, first_rows, first, last] = columns.as_slice()
    else {
        unreachable!("there is a column for each of nine names");
    };
    for (at, customer) in customers.str()?.iter().enumerate() {
        take(Group {
            customer,
            rule: rules.get(at).unwrap_or(0) as usize,
            day: days.get(at),
            lines: lines.get(at).unwrap_or(0) as u64,
            pennies: pennies.get(at).unwrap_or(0),
            below_zero: below_zero.get(at).unwrap_or(0),
            largest: largest.get(at).unwrap_or(0),
            first_row: first_rows.get(at).unwrap_or(0) as u64,
            purchases: first.get(at).zip(last.get(at)),
        });
    }
    Ok(())
}
