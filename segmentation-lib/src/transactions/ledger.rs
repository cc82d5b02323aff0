//! What each rule removed, adding up to the input exactly.

use super::error::TransactionsError;
use super::example::Example;
use super::rules::{RULES, Rules};
use crate::record::{Counted, LedgerLine, Rule};

/// Index of the rows that no rule removed.
pub(super) const KEPT: usize = RULES;

/// Rows, customers and money that each rule removed.
///
/// In all three columns the first line, `input`, is the sum of the rules' lines and of the last,
/// `kept`. A customer is counted at the rule that removed the last of their rows; rows without a
/// readable amount count no money.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// `input`, one line for each rule in force in order, `kept`. A rule that is not
    /// [always listed](Rule::is_always_listed) has a line where it removed something.
    pub lines: Vec<LedgerLine>,
    /// For each rule that removed something the first row it removed.
    pub examples: Vec<Example>,
}

impl Ledger {
    /// The line of a rule, or of `input` or `kept`.
    pub fn line(&self, name: &str) -> Option<&LedgerLine> {
        self.lines.iter().find(|line| line.rule.name() == name)
    }

    /// Adds a line for ids that were merged into others: customers of the input who are no customers of their own.
    pub(super) fn note_merged(&mut self, ids: u64) {
        if ids > 0 {
            self.lines[0].customers += ids;
            let line = LedgerLine { rule: Counted::Merged, rows: 0, customers: ids, amount_pennies: 0 };
            self.lines.insert(1, line);
        }
    }

    /// The first row that a rule removed.
    pub fn example(&self, rule: &str) -> Option<&Example> {
        self.examples.iter().find(|example| example.rule == rule)
    }
}

/// Rows and money under each rule and kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub rows: [u64; RULES + 1],
    /// In pennies; wide, because a sum of many amounts may exceed what one may be.
    pub amounts: [i128; RULES + 1],
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        for at in 0..=KEPT {
            self.rows[at] += other.rows[at];
            self.amounts[at] += other.amounts[at];
        }
    }

    /// Moves one kept row to a rule.
    pub fn reclassify(&mut self, rule: Rule, amount: i64) {
        self.rows[KEPT] -= 1;
        self.amounts[KEPT] -= i128::from(amount);
        self.rows[rule as usize] += 1;
        self.amounts[rule as usize] += i128::from(amount);
    }

    /// The ledger, with `customers` per rule and kept.
    pub fn ledger(
        &self,
        customers: &[u64; RULES + 1],
        rules: &Rules,
        examples: Vec<Example>,
    ) -> Result<Ledger, TransactionsError> {
        let line = |rule: Counted,
                    rows: u64,
                    customers: u64,
                    amount: i128|
         -> Result<LedgerLine, TransactionsError> {
            let amount_pennies =
                i64::try_from(amount).map_err(|_| TransactionsError::AmountOverflow { pennies: amount })?;
            Ok(LedgerLine { rule, rows, customers, amount_pennies })
        };
        let mut lines = vec![line(
            Counted::Input,
            self.rows.iter().sum(),
            customers.iter().sum(),
            self.amounts.iter().sum(),
        )?];
        let listed =
            |rule: Rule| rules.is_on(rule) && (rule.is_always_listed() || self.rows[rule as usize] > 0);
        for rule in Rule::ALL.into_iter().filter(|rule| listed(*rule)) {
            let at = rule as usize;
            lines.push(line(Counted::Removed(rule), self.rows[at], customers[at], self.amounts[at])?);
        }
        lines.push(line(Counted::Kept, self.rows[KEPT], customers[KEPT], self.amounts[KEPT])?);
        Ok(Ledger { lines, examples })
    }
}
