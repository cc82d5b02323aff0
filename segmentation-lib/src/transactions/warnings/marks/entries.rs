//! Entries of a ledger: payments that stand beside the invoices which they settle.

use super::super::super::error::TransactionsError;
use super::super::super::header::Says;
use super::super::super::mapping::Role;
use super::super::super::meaning::{is_document, is_fee, is_payment};
use super::super::super::rules::Rule;
use super::super::super::sales::place;
use super::super::Found;
use super::Chosen;

impl Found<'_> {
    /// # Errors
    /// A column that says of each entry what it is tells a tenth of payments, and a tenth of what they settle.
    pub fn refuse_payments_among_entries(&self) -> Result<(), TransactionsError> {
        if self.kinds_are_told() || !self.options.rules.is_on(Rule::NotASale) {
            return Ok(());
        }
        let entries = self.evidence().flags.iter().filter(|(_, (flag, _))| flag.says == Says::Entry);
        for (column, (_, values)) in entries {
            let all = values.sum(|_| true).rows;
            let (payments, documents) = (Chosen::of(values, is_payment), Chosen::of(values, is_document));
            let is_much = |chosen: &Chosen| chosen.met.rows > 0 && chosen.met.rows * 10 >= all;
            if is_much(&payments) && is_much(&documents) {
                let (column, rows, pennies) = (column.clone(), payments.met.rows, payments.met.pennies);
                let (payments, documents) = (payments.named, documents.named);
                return Err(TransactionsError::PaymentsBesideSales {
                    column,
                    payments,
                    documents,
                    rows,
                    pennies,
                });
            }
        }
        Ok(())
    }

    /// # Errors
    /// A column that says of each entry what it is tells a tenth of fees, beside others.
    pub fn refuse_fees_among_entries(&self) -> Result<(), TransactionsError> {
        if self.options.mapping.get(Role::Type).is_some() || !self.options.rules.is_on(Rule::NotASale) {
            return Ok(());
        }
        let entries = self.evidence().flags.iter().filter(|(_, (flag, _))| flag.says == Says::Entry);
        for (column, (_, values)) in entries {
            let all = values.sum(|_| true).rows;
            let (fees, others) = (Chosen::of(values, is_fee), Chosen::of(values, |text| !is_fee(text)));
            if fees.met.rows > 0 && fees.met.rows * 10 >= all && others.met.rows > 0 {
                let (column, rows, pennies) = (column.clone(), fees.met.rows, fees.met.pennies);
                let (fees, others) = (fees.named, others.named);
                return Err(TransactionsError::FeesAmongSales { column, fees, others, rows, pennies });
            }
        }
        Ok(())
    }

    /// Whether the caller, or a column of kinds, says what the rows are.
    pub(in super::super::super) fn kinds_are_told(&self) -> bool {
        let is_used = place(Role::Type).is_some_and(|at| !self.findings.conventions.unmarked[at]);
        self.options.mapping.get(Role::Type).is_some() || self.column(Role::Type).is_some() && is_used
    }
}
