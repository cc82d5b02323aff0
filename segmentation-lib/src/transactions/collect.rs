//! Chunks in row order become one table, one ledger and one body of evidence.

use std::collections::HashSet;

use polars::prelude::*;

use super::chunk::Chunk;
use super::customers::Customers;
use super::descriptions::Descriptions;
use super::error::TransactionsError;
use super::evidence::Evidence;
use super::example::Example;
use super::ledger::{Counts, KEPT, Ledger};
use super::rules::{RULES, Rule, Rules};
use super::spill::{Store, Stored};
use super::tally::Tally;
use super::text_columns::Codes;

/// Joins chunks.
pub(super) struct Collector<'a> {
    rules: &'a Rules,
    counts: Counts,
    customers: Customers,
    examples: [Option<Example>; RULES],
    store: Store,
    seen: HashSet<u128, foldhash::fast::FixedState>,
    /// Invoices whose total was counted.
    totals: HashSet<u64, foldhash::fast::FixedState>,
    descriptions: Descriptions,
    pub evidence: Evidence,
    pub dates: Tally,
    pub numbers: Tally,
    pub purchases: Option<(i64, i64)>,
}

/// What is left when all chunks are in.
pub(super) struct Collected {
    pub stored: Stored,
    pub ledger: Ledger,
    pub rows: u64,
    pub customers: u64,
    pub purchases: (i64, i64),
    pub ids: Customers,
    pub descriptions: Descriptions,
    pub evidence: Evidence,
}

impl<'a> Collector<'a> {
    pub fn new(rules: &'a Rules, rows_in_memory: usize) -> Self {
        Self {
            rules,
            counts: Counts::default(),
            customers: Customers::default(),
            examples: [const { None }; RULES],
            store: Store::new(rows_in_memory),
            seen: HashSet::default(),
            totals: HashSet::default(),
            descriptions: Descriptions::default(),
            evidence: Evidence::default(),
            dates: Tally::default(),
            numbers: Tally::default(),
            purchases: None,
        }
    }

    /// The codes that the next chunks' texts become.
    pub fn codes(&self) -> Codes {
        self.store.codes()
    }

    /// Makes ready for a table of so many rows.
    pub fn prepare(&mut self, rows: usize) -> Result<(), TransactionsError> {
        self.store.prepare(rows)
    }

    /// Whether a rule still lacks a row that it removed.
    pub fn lacks_example(&self, rule: Rule) -> bool {
        self.examples[rule as usize].is_none()
    }

    /// Rows seen so far.
    pub fn rows(&self) -> u64 {
        self.counts.rows.iter().sum()
    }

    /// Money of the rows kept so far, in pennies.
    pub fn kept_pennies(&self) -> i128 {
        self.counts.amounts[KEPT]
    }

    /// Adds a chunk whose first row is `offset` rows into `place`, counted so that the first is 1.
    pub fn add(&mut self, mut chunk: Chunk, place: &str, offset: u64) -> Result<(), TransactionsError> {
        self.dates.append(std::mem::take(&mut chunk.dates), offset, place);
        self.numbers.append(std::mem::take(&mut chunk.numbers), offset, place);
        self.evidence.append(std::mem::take(&mut chunk.evidence), offset, place);
        self.count_totals_once(&mut chunk)?;
        self.drop_duplicates(&mut chunk, place, offset)?;
        self.counts.add(&chunk.counts);
        self.customers.merge(&chunk.customers);
        self.descriptions.append(std::mem::take(&mut chunk.descriptions));
        for (rule, removed) in Rule::ALL.into_iter().zip(chunk.removed) {
            let Some(removed) = removed.filter(|_| self.examples[rule as usize].is_none()) else { continue };
            let example = Example {
                rule: rule.name(),
                place: place.to_owned(),
                row: removed.row + offset,
                values: removed.values,
            };
            self.examples[rule as usize] = Some(example);
        }
        if let Some((first, last)) = chunk.purchases {
            let (earliest, latest) = self.purchases.unwrap_or((first, last));
            self.purchases = Some((earliest.min(first), latest.max(last)));
        }
        self.store.push(chunk.kept)
    }

    /// Takes the money off lines whose invoice's total was counted in a chunk before.
    fn count_totals_once(&mut self, chunk: &mut Chunk) -> Result<(), TransactionsError> {
        let counted: Vec<usize> = chunk
            .totals
            .iter()
            .filter(|(invoice, _)| !self.totals.insert(*invoice))
            .map(|(_, row)| *row)
            .collect();
        if counted.is_empty() {
            return Ok(());
        }
        let frame = &mut chunk.kept;
        let mut amounts: Vec<i64> =
            frame.column("amount_pennies")?.i64()?.iter().map(|amount| amount.unwrap_or(0)).collect();
        for row in counted {
            chunk.counts.amounts[KEPT] -= i128::from(amounts[row]);
            amounts[row] = 0;
        }
        frame.replace("amount_pennies", Column::new("amount_pennies".into(), amounts))?;
        Ok(())
    }

    /// Drops kept rows that equal an earlier one. Which of them stays does not matter: they are equal.
    fn drop_duplicates(
        &mut self,
        chunk: &mut Chunk,
        place: &str,
        offset: u64,
    ) -> Result<(), TransactionsError> {
        if chunk.hashes.is_empty() {
            return Ok(());
        }
        let frame = &mut chunk.kept;
        let fresh: Vec<bool> = chunk.hashes.iter().map(|(hash, _)| self.seen.insert(*hash)).collect();
        let Some(first) = fresh.iter().position(|fresh| !fresh) else { return Ok(()) };
        let amounts = frame.column("amount_pennies")?.i64()?.clone();
        for (amount, _) in amounts.iter().zip(&fresh).filter(|(_, fresh)| !**fresh) {
            chunk.counts.reclassify(Rule::Duplicate, amount.unwrap_or(0));
        }
        if self.examples[Rule::Duplicate as usize].is_none() {
            let text =
                |name: &str| Ok::<_, PolarsError>(frame.column(name)?.get(first)?.str_value().into_owned());
            self.examples[Rule::Duplicate as usize] = Some(Example {
                rule: Rule::Duplicate.name(),
                place: place.to_owned(),
                row: chunk.hashes[first].1 + offset,
                values: vec![
                    ("customer", text("customer_id")?),
                    ("invoice", text("purchase_id")?),
                    ("product", text("product")?),
                ],
            });
        }
        let mask = BooleanChunked::from_slice("fresh".into(), &fresh);
        *frame = frame.filter(&mask)?;
        Ok(())
    }

    /// Fails when a required rule that is switched off has matched a row.
    pub fn refuse(&self) -> Result<(), TransactionsError> {
        for rule in Rule::ALL.into_iter().filter(|rule| rule.info().required && !self.rules.is_on(*rule)) {
            if let Some(example) = &self.examples[rule as usize] {
                return Err(TransactionsError::Refused(Box::new(example.clone()), rule.info().en));
            }
        }
        Ok(())
    }

    /// Closes the ledger.
    pub fn finish(self) -> Result<Collected, TransactionsError> {
        self.refuse()?;
        let (rows, customers) = (self.counts.rows[KEPT], self.customers.by_rule());
        let mut ledger =
            self.counts.ledger(&customers, self.rules, self.examples.into_iter().flatten().collect())?;
        let known: u64 = customers.iter().sum();
        ledger.note_merged((self.evidence.written_ids.len() as u64).saturating_sub(known));
        if rows == 0 {
            return Err(nothing_left(&ledger));
        }
        let purchases = self.purchases.ok_or(TransactionsError::NoPurchases { rows })?;
        Ok(Collected {
            stored: self.store.finish()?,
            ledger,
            rows,
            customers: customers[KEPT],
            purchases,
            ids: self.customers,
            descriptions: self.descriptions,
            evidence: self.evidence,
        })
    }
}

fn nothing_left(ledger: &Ledger) -> TransactionsError {
    let removed: Vec<String> = ledger.lines[1..]
        .iter()
        .filter(|line| line.rows > 0)
        .map(|line| format!("{} removed {}", line.rule.name(), line.rows))
        .collect();
    let largest = ledger.lines[1..].iter().max_by_key(|line| line.rows);
    let example = largest.and_then(|line| ledger.example(line.rule.name())).cloned().map(Box::new);
    TransactionsError::NothingLeft { rows: ledger.lines[0].rows, removed: removed.join(", "), example }
}
