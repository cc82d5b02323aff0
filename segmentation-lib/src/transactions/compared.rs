//! Tables that were read together, compared with one another.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::TableColumns;
use super::error::TransactionsError;
use super::invoices::LineMoney;
use super::overlap::{Overlap, Seen};
use super::pass::Pass;
use crate::record::WarningKind;
use crate::wording::{integer, portuguese};

/// Overlaps that are told one by one.
const TOLD: usize = 5;

impl Pass<'_> {
    /// Warns of each table that holds lines of one before it, and fails where two tables hold the same orders by other
    /// lines.
    pub(super) fn compare_tables(&mut self) -> Result<(), TransactionsError> {
        let mut overlaps: BTreeMap<usize, (u64, usize, bool)> = BTreeMap::new();
        for (one, other) in candidates(&self.seen, &self.tables) {
            let other_columns = self.tables[one].roles != self.tables[other].roles;
            match self.seen[one].overlap(&self.seen[other], other_columns) {
                None => {}
                Some(Overlap::Orders { orders }) => return Err(self.same_orders(one, other, orders)),
                Some(Overlap::Lines { lines, exact }) => {
                    let most = overlaps.entry(other).or_insert((lines, one, exact));
                    if lines > most.0 {
                        *most = (lines, one, exact);
                    }
                }
            }
        }
        for (other, (lines, one, exact)) in overlaps.iter().take(TOLD) {
            self.warn_of_same_lines(*one, *other, (*lines, *exact));
        }
        if let Some(more) = overlaps.len().checked_sub(TOLD).filter(|more| *more > 0) {
            self.warn(
                WarningKind::SameRows,
                format!("{more} more tables hold rows of others too"),
                format!("mais {more} tabelas contêm linhas de outras"),
            );
        }
        Ok(())
    }

    fn same_orders(&self, one: usize, other: usize, orders: u64) -> TransactionsError {
        let place = |table: usize| self.tables[table].place.clone();
        TransactionsError::SameOrders { one: place(one), other: place(other), orders }
    }

    fn warn_of_same_lines(&mut self, one: usize, other: usize, (lines, exact): (u64, bool)) {
        let (about, cerca) = if exact { ("", "") } else { ("about ", "cerca de ") };
        let n = integer(lines);
        let (place, earlier) = (&self.tables[other].place, &self.tables[one].place);
        let (counts, conta) = match self.assumptions.conventions.line_money {
            LineMoney::TotalOnEach => ("their totals count once", "seus totais contam uma vez"),
            _ => ("they count twice", "elas contam duas vezes"),
        };
        self.warn(
            WarningKind::SameRows,
            format!(
                "{place} holds {about}{n} rows that {earlier} holds too, and {counts}: leave one of them out"
            ),
            format!(
                "{place} contém {cerca}{} linhas que {earlier} também contém, e {conta}: deixe uma de fora",
                portuguese(&n)
            ),
        );
    }
}

/// Pairs of tables that share a sampled line, and of those with other columns that share a sampled order, the earlier table
/// first. The parts of one export may all share the same orders: such pairs are not looked at.
fn candidates(seen: &[Seen], tables: &[TableColumns]) -> BTreeSet<(usize, usize)> {
    let of_kind = |table: &TableColumns| tables.iter().position(|other| other.roles == table.roles);
    let kinds: Vec<Option<usize>> = tables.iter().map(of_kind).collect();
    let mut pairs = BTreeSet::new();
    for tables in having(seen, Seen::lines) {
        pairs.extend(of_two(&tables));
    }
    for tables in having(seen, Seen::orders) {
        pairs.extend(of_two(&tables).filter(|(one, other)| kinds[*one] != kinds[*other]));
    }
    pairs
}

/// The tables that have each hash.
fn having(seen: &[Seen], hashes: impl Fn(&Seen) -> &BTreeSet<u64>) -> Vec<Vec<usize>> {
    let mut tables_of: HashMap<u64, Vec<usize>> = HashMap::new();
    for (table, seen) in seen.iter().enumerate() {
        hashes(seen).iter().for_each(|hash| tables_of.entry(*hash).or_default().push(table));
    }
    tables_of.into_values().collect()
}

fn of_two(tables: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    tables.iter().enumerate().flat_map(|(at, one)| tables[at + 1..].iter().map(|other| (*one, *other)))
}
