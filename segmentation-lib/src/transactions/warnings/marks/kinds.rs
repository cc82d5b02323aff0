//! Kinds of rows that nothing is known of, in a column that is one of kinds of documents.

use super::super::super::error::TransactionsError;
use super::super::super::judged::said;
use super::super::super::mapping::Role;
use super::super::super::meaning::Meaning;
use super::super::super::memo::{Counts, Met};
use super::super::super::normal::normalized;
use super::super::super::rules::Rule;
use super::super::Found;
use super::Chosen;

/// Most different values of a column of kinds: SAP comes with some twenty types of billing documents. What has more
/// tells of products, projects or people.
const MOST: usize = 24;

/// Longest code of a kind, in characters: `INV`, `ZRE2`.
const LONGEST_CODE: usize = 4;

/// A few short codes, as 1 and 2 for sales and returns, or INV and CM.
pub(super) fn are_codes(values: &Counts) -> bool {
    let is_code =
        |text: &String| text.chars().count() <= LONGEST_CODE && !text.chars().any(char::is_lowercase);
    are_few(values) && values.0.keys().all(is_code) && !are_of_people(values)
}

/// Whether a column tells kinds: several, and not more than there are kinds.
fn are_few(values: &Counts) -> bool {
    (2..=MOST).contains(&values.0.len())
}

/// Whether a column of this name holds kinds of documents, and not of channels, goods or means of payment.
fn names_documents(name: &str) -> bool {
    const PARTS: [&str; 9] = [
        "doc",
        "billing",
        "fkart",
        "beleg",
        "comprobante",
        "transactionclass",
        "trxclass",
        "moviment",
        "movement",
    ];
    let name = normalized(name);
    PARTS.iter().any(|part| name.contains(part))
}

/// Whether the values are kinds of documents by which people are known: these stand in columns of the same name.
fn are_of_people(values: &Counts) -> bool {
    const KINDS: [&str; 23] = [
        "cpf",
        "cnpj",
        "rg",
        "pf",
        "pj",
        "fisica",
        "juridica",
        "dni",
        "ruc",
        "nit",
        "cc",
        "ce",
        "nif",
        "nie",
        "cuit",
        "cuil",
        "rut",
        "rfc",
        "curp",
        "cedula",
        "passport",
        "passaporte",
        "pasaporte",
    ];
    values.0.keys().any(|text| KINDS.contains(&normalized(text).as_str()))
}

impl Found<'_> {
    /// Whether a column of kinds is one of documents: the caller says it, or its name does.
    pub(super) fn tells_documents(&self, column: &str, values: &Counts) -> bool {
        let is_named = self.options.mapping.get(Role::Type).is_some();
        are_few(values) && (is_named || names_documents(column) && !are_of_people(values))
    }

    /// # Errors
    /// A tenth of the rows or of the money is of a kind that is not known, in a column of kinds of documents.
    pub fn refuse_unknown_kinds(&self) -> Result<(), TransactionsError> {
        let values = self.evidence().values(Role::Type);
        let is_told = |column: &&str| self.tells_documents(column, values);
        let is_on = self.options.rules.is_on(Rule::NotASale);
        let Some(column) = self.column(Role::Type).filter(is_told).filter(|_| is_on) else { return Ok(()) };
        let is_unknown = |text: &str| {
            said(text, Role::Type, &self.findings.conventions, &self.options.sales) == Meaning::Unknown
        };
        let all = values.sum(|_| true);
        if !values.0.iter().any(|(text, met)| is_unknown(text) && is_much(*met, all)) {
            return Ok(());
        }
        let unknown = Chosen::of(values, is_unknown);
        let (column, rows, pennies) = (column.to_owned(), unknown.met.rows, unknown.met.pennies);
        Err(TransactionsError::UnknownKinds { column, kinds: unknown.each(), rows, pennies })
    }
}

/// Whether it is a tenth of the rows or of the money.
fn is_much(met: Met, all: Met) -> bool {
    let has_money = all.pennies != 0;
    met.rows * 10 >= all.rows || has_money && met.pennies.abs() * 10 >= all.pennies.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(texts: &[&str]) -> Counts {
        Counts(texts.iter().map(|text| ((*text).to_owned(), Met { rows: 1, pennies: 100 })).collect())
    }

    #[test]
    fn codes_are_short_and_few() {
        assert!(are_codes(&counts(&["1", "2"])) && are_codes(&counts(&["INV", "CM", "X", "Y", "Z"])));
        assert!(!are_codes(&counts(&["INV"])), "one says nothing");
        assert!(!are_codes(&counts(&["b2b", "b2c"])));
    }

    #[test]
    fn documents_of_people_are_none_of_sales() {
        assert!(names_documents("Tipo Doc") && names_documents("Billing Type"));
        assert!(!names_documents("Order Type"));
        assert!(are_of_people(&counts(&["CPF", "CNPJ"])) && !are_of_people(&counts(&["NF", "NCC"])));
    }
}
