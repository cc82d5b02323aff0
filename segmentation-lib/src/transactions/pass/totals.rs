//! Whether the amounts are totals of whole invoices.

use super::super::AmountOf;
use super::super::error::TransactionsError;
use super::super::header::Says;
use super::super::invoices::{LineMoney, names_a_total};
use super::super::mapping::Role;
use super::super::normal::normalized;
use super::super::plan::Conventions;
use super::Pass;

impl Pass<'_> {
    /// # Errors
    /// Nothing tells an invoice's total from what each of its lines costs, or hardly any money is left by the caller's
    /// choice.
    pub(super) fn reconsider_totals(&self, right: &mut Conventions) -> Result<(), TransactionsError> {
        let (assumed, invoices) = (self.assumptions.conventions, &self.collector.evidence.invoices);
        match self.options.line_money {
            None if assumed.line_money == LineMoney::Own => {
                self.refuse_two_details()?;
                self.recognise_totals(right)
            }
            Some(AmountOf::Invoice) if !assumed.numbers_begin_again => {
                right.numbers_begin_again = invoices.begin_again();
                self.refuse_hardly_counted()
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// The rows are the items of orders, each beside each payment, and there are several payments.
    fn refuse_two_details(&self) -> Result<(), TransactionsError> {
        let flags = &self.collector.evidence.flags;
        let of = |says: Says| flags.iter().find(|(_, (flag, _))| flag.says == says);
        let (Some((items, _)), Some((payments, (_, values)))) = (of(Says::Items), of(Says::Payments)) else {
            return Ok(());
        };
        let most = values.0.values().map(|met| met.rows).max().unwrap_or(0);
        let rows = values.sum(|_| true).rows - most;
        if rows == 0 {
            return Ok(());
        }
        let (items, payments) = (items.clone(), payments.clone());
        Err(TransactionsError::TwoDetails { column: self.money_column(), items, payments, rows })
    }

    /// The first column that is money: the amount, or the price.
    fn money_column(&self) -> String {
        let price = || self.layouts.iter().find_map(|layout| layout.name(Role::Price));
        let amount = self.layouts.iter().find_map(|layout| layout.name(Role::Amount));
        amount.or_else(price).unwrap_or_default().to_owned()
    }

    fn recognise_totals(&self, right: &mut Conventions) -> Result<(), TransactionsError> {
        let invoices = &self.collector.evidence.invoices;
        let Some(repeated) = invoices.repeated(self.amount_is_named_a_total()) else { return Ok(()) };
        if repeated.doubtful {
            let (column, invoices, several) = (self.amount_column(), repeated.equal, repeated.several);
            return Err(TransactionsError::AmountOfUndecided { column, invoices, several });
        }
        right.line_money = if repeated.priced { LineMoney::Priced } else { LineMoney::TotalOnEach };
        right.numbers_begin_again = invoices.begin_again();
        Ok(())
    }

    fn refuse_hardly_counted(&self) -> Result<(), TransactionsError> {
        match self.collector.evidence.invoices.hardly_counted() {
            None => Ok(()),
            Some((lost, all)) => {
                let column = self.amount_column();
                Err(TransactionsError::HardlyCounted { column, lost, all })
            }
        }
    }

    /// The name of the first column that is the amount.
    pub(super) fn amount_column(&self) -> String {
        self.layouts.iter().find_map(|layout| layout.name(Role::Amount)).unwrap_or_default().to_owned()
    }

    fn amount_is_named_a_total(&self) -> bool {
        let names: Vec<&str> = self.layouts.iter().filter_map(|layout| layout.name(Role::Amount)).collect();
        !names.is_empty() && names.iter().all(|name| names_a_total(&normalized(name)))
    }
}
