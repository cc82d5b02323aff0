//! Documents of one sale beside each other.

use std::collections::BTreeMap;

use super::super::error::TransactionsError;
use super::super::judged::said;
use super::super::mapping::Role;
use super::super::meaning::{Document, Meaning, document};
use super::super::memo::Met;
use super::Found;

/// Fewest rows of a kind from which a rule is drawn.
const FEWEST: u64 = 10;

impl Found<'_> {
    /// # Errors
    /// A column of kinds holds orders beside their deliveries or invoices: of two of them one has at least half of the
    /// other's rows and money, and the caller did not name the column.
    pub fn refuse_document_chain(&self) -> Result<(), TransactionsError> {
        let Some(column) = self.column(Role::Type) else { return Ok(()) };
        if self.options.mapping.get(Role::Type).is_some() {
            return Ok(());
        }
        let mut documents = self.documents();
        documents.retain(|_, (_, met)| met.rows >= FEWEST && met.pennies > 0);
        let mut found: Vec<(String, Met)> = documents.into_values().collect();
        found.sort_by(|(one, a), (other, b)| b.rows.cmp(&a.rows).then(one.cmp(other)));
        match found.as_slice() {
            [(one, a), (other, b), ..] if is_as_large(*b, *a) => Err(TransactionsError::DocumentChain {
                column: column.to_owned(),
                one: one.clone(),
                rows: a.rows,
                other: other.clone(),
                other_rows: b.rows,
            }),
            _ => Ok(()),
        }
    }

    /// The kinds that count as sales, by the document that they are: the first value of each, and what it counts.
    fn documents(&self) -> BTreeMap<Document, (String, Met)> {
        let mut documents: BTreeMap<Document, (String, Met)> = BTreeMap::new();
        for (text, met) in &self.evidence().values(Role::Type).0 {
            let said = said(text, Role::Type, &self.findings.conventions, &self.options.sales);
            let Some(document) = document(text).filter(|_| matches!(said, Meaning::Sale | Meaning::Unknown))
            else {
                continue;
            };
            let known = documents.entry(document).or_insert_with(|| (text.clone(), Met::default()));
            known.1.rows += met.rows;
            known.1.pennies += met.pennies;
        }
        documents
    }
}

/// Whether one kind has at least half of the rows and money of another.
fn is_as_large(one: Met, other: Met) -> bool {
    one.rows * 2 >= other.rows && one.pennies * 2 >= other.pennies && other.pennies * 2 >= one.pennies
}
