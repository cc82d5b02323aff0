//! Amounts that are totals of whole invoices, and rows that are sums of others.

use super::super::error::TransactionsError;
use super::super::header::{Layout, is_of_instalments};
use super::super::invoices::LineMoney;
use super::super::mapping::Role;
use super::super::memo::Met;
use super::super::rules::Rule;
use super::{Found, Rows};
use crate::record::WarningKind;
use crate::wording::{integer, money, portuguese};

impl Found<'_> {
    /// # Errors
    /// One row is the sum of all others, to the penny.
    pub fn refuse_a_sum_of_all(&self) -> Result<(), TransactionsError> {
        const FEWEST: u64 = 10;
        let largest = &self.evidence().largest;
        let kept = self.collected.ledger.line("kept").map_or(0, |kept| kept.amount_pennies);
        let is_sum = largest.value > 0 && largest.value.checked_mul(2) == Some(kept);
        if !is_sum || self.collected.rows < FEWEST || !self.options.rules.is_on(Rule::NonProduct) {
            return Ok(());
        }
        let (place, row) = (largest.place.clone(), largest.row);
        Err(TransactionsError::SumOfAll { place, row, pennies: largest.value })
    }

    /// Instalments, where no number tells whose they are.
    pub(super) fn instalments(&mut self) {
        let without = |layout: &&Layout| layout.column(Role::Invoice).is_none();
        let mut unused = self.findings.layouts.iter().filter(without).flat_map(Layout::unused);
        let Some(column) = unused.find(|name| is_of_instalments(name)) else { return };
        self.warn(
            WarningKind::UnusedColumn,
            format!(
                "{column} is not used: no column is the number of an order, and each instalment counts as a purchase on its \
                 day"
            ),
            format!(
                "{column} não é usada: nenhuma coluna é o número do pedido, e cada parcela conta como uma compra em seu dia"
            ),
        );
    }

    /// Rows that were removed because they are called sums.
    pub(super) fn sums(&mut self) {
        let Met { rows, pennies } = self.evidence().sums;
        if rows == 0 {
            return;
        }
        let (n, m) = (Rows(rows), money(i64::try_from(pennies).unwrap_or(i64::MAX)));
        self.warn(
            WarningKind::MarkedRows,
            format!("{n} with {m} removed: sums of other rows, as totals and subtotals of a report are"),
            format!(
                "removidas {} com {}: somas de outras linhas, como totais e subtotais de um relatório",
                n.linhas(),
                portuguese(&m)
            ),
        );
    }

    pub(super) fn totals(&mut self) {
        let Some(column) = self.column(Role::Amount) else { return };
        match self.findings.conventions.line_money {
            LineMoney::Own => {}
            LineMoney::TotalOnEach => self.total_on_each(column),
            LineMoney::Priced => self.priced(column),
        }
    }

    fn total_on_each(&mut self, column: &str) {
        let (several, equal) = self.evidence().invoices.shares();
        let (en, pt_br) = if equal == several {
            (
                format!(
                    "{column} is the same on all lines of every invoice: it is the invoice's total and counts once"
                ),
                format!(
                    "{column} é igual em todas as linhas de cada fatura: é o total da fatura e conta uma vez"
                ),
            )
        } else {
            let (equal, several) = (integer(equal), integer(several));
            (
                format!(
                    "{column} is the same on all lines of {equal} of {several} invoices that have several: it is the \
                     invoice's total and counts once; of the others each different amount counts once"
                ),
                format!(
                    "{column} é igual em todas as linhas de {} de {} faturas com várias: é o total da fatura e conta uma \
                     vez; das outras, cada valor diferente conta uma vez",
                    portuguese(&equal),
                    portuguese(&several)
                ),
            )
        };
        self.warn(WarningKind::RepeatedTotals, en, pt_br);
    }

    fn priced(&mut self, column: &str) {
        let price = self.column(Role::Price).unwrap_or_default();
        self.warn(
            WarningKind::RepeatedTotals,
            format!(
                "{column} is the invoice's total on each of its lines, and quantity times {price} adds up to it: each \
                 line's money is quantity times {price}"
            ),
            format!(
                "{column} é o total da fatura em cada uma de suas linhas, e quantidade vezes {price} dá a soma: o valor \
                 de cada linha é quantidade vezes {price}"
            ),
        );
    }
}
