//! Every customer in the input and how far their rows came.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::placeholder::{IdFlaw, flaw};
use super::rules::RULES;
use crate::record::MAX_ID_BYTES;

/// Distinct customer ids, each with the deepest rule any of its rows reached.
///
/// A customer is lost at the rule that removed the last of their rows, and rules run in order: that is
/// the deepest rule any row reached. Memory: the ids, and about 20 bytes a customer.
pub(super) struct Customers {
    /// Indices of customers, found by the hash of the id.
    table: HashTable<u32>,
    ids: Ids,
    deepest: Vec<u8>,
    flaws: Vec<Option<IdFlaw>>,
    /// Rows kept.
    rows: Vec<u64>,
    hasher: FixedState,
}

/// Strings one after the other in one allocation.
#[derive(Default)]
struct Ids {
    text: String,
    ends: Vec<usize>,
}

impl Ids {
    fn get(&self, at: u32) -> &str {
        let at = at as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start..self.ends[at]]
    }

    fn push(&mut self, id: &str) -> u32 {
        self.text.push_str(id);
        self.ends.push(self.text.len());
        // More than four billion distinct ids would not fit in memory before this is reached.
        (self.ends.len() - 1) as u32
    }
}

impl Default for Customers {
    fn default() -> Self {
        // A fixed seed: only the order of buckets depends on it, and nothing reads that order.
        let hasher = FixedState::with_seed(0x5e9);
        Self {
            table: HashTable::new(),
            ids: Ids::default(),
            deepest: Vec::new(),
            flaws: Vec::new(),
            rows: Vec::new(),
            hasher,
        }
    }
}

impl Customers {
    /// The index of `id`, which is added when it is new.
    pub fn index(&mut self, id: &str) -> u32 {
        self.index_of(id, || flaw(id, MAX_ID_BYTES))
    }

    fn index_of(&mut self, id: &str, flaw: impl FnOnce() -> Option<IdFlaw>) -> u32 {
        let Self { table, ids, deepest, flaws, rows, hasher } = self;
        let entry =
            table.entry(hasher.hash_one(id), |&at| ids.get(at) == id, |&at| hasher.hash_one(ids.get(at)));
        match entry {
            hashbrown::hash_table::Entry::Occupied(found) => *found.get(),
            hashbrown::hash_table::Entry::Vacant(vacant) => {
                let at = ids.push(id);
                deepest.push(0);
                flaws.push(flaw());
                rows.push(0);
                vacant.insert(at);
                at
            }
        }
    }

    /// Notes that a row of the customer at `index` reached the rule at `depth`.
    #[inline]
    pub fn reached(&mut self, index: u32, depth: usize) {
        let deepest = &mut self.deepest[index as usize];
        *deepest = (*deepest).max(depth as u8);
    }

    /// What is wrong with the id at `index`.
    #[inline]
    pub fn flaw(&self, index: u32) -> Option<IdFlaw> {
        self.flaws[index as usize]
    }

    /// Counts rows kept.
    #[inline]
    pub fn keep(&mut self, index: u32, rows: u64) {
        self.rows[index as usize] += rows;
    }

    /// Adds what another part of the input has shown.
    pub fn merge(&mut self, other: &Self) {
        for (at, &depth) in other.deepest.iter().enumerate() {
            let index = self.index_of(other.ids.get(at as u32), || other.flaws[at]);
            self.reached(index, usize::from(depth));
            self.rows[index as usize] += other.rows[at];
        }
    }

    /// Ids with what is wrong with them and their rows kept, in the order in which they were met.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<IdFlaw>, u64)> {
        (0..self.rows.len()).map(|at| (self.ids.get(at as u32), self.flaws[at], self.rows[at]))
    }

    /// Customers by the rule that removed the last of their rows; the last count is of those kept.
    pub fn by_rule(&self) -> [u64; RULES + 1] {
        let mut counts = [0; RULES + 1];
        for &depth in &self.deepest {
            counts[usize::from(depth)] += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transactions::ledger::KEPT;

    #[test]
    fn a_customer_counts_at_the_deepest_rule_of_its_rows() {
        let mut first = Customers::default();
        let a = first.index("a");
        first.reached(a, 3);
        let b = first.index("b");
        first.reached(b, KEPT);
        let mut second = Customers::default();
        let a = second.index("a");
        second.reached(a, 5);
        second.reached(a, 1);
        first.merge(&second);
        let counts = first.by_rule();
        assert_eq!((counts[5], counts[KEPT], counts.iter().sum::<u64>()), (1, 1, 2));
    }
}
