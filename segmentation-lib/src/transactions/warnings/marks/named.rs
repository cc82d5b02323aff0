//! Values that the caller names as those of sales, and that no column holds.

use super::super::super::error::TransactionsError;
use super::super::super::meaning::MARKING;
use super::super::super::memo::Counts;
use super::super::super::sales::{is_named, tells_sales};
use super::super::Found;
use crate::record::WarningKind;

impl Found<'_> {
    fn told(&self) -> impl Iterator<Item = &Counts> {
        MARKING.into_iter().filter(|role| tells_sales(*role)).map(move |role| self.evidence().values(role))
    }

    /// The named values that no column of states or kinds holds.
    fn not_met(&self) -> Vec<String> {
        let is_met = |sale: &String| {
            let named = std::slice::from_ref(sale);
            self.told().any(|values| values.0.keys().any(|text| is_named(text, named)))
        };
        self.options.sales.iter().filter(|sale| !is_met(sale)).cloned().collect()
    }

    /// # Errors
    /// The caller names the values of sales, and no column of states or kinds holds one of them.
    pub fn refuse_unmet_sales(&self) -> Result<(), TransactionsError> {
        const SHOWN: usize = 12;
        let sales = &self.options.sales;
        if sales.is_empty() || self.not_met().len() < sales.len() {
            return Ok(());
        }
        let mut found: Vec<String> = self.told().flat_map(|values| values.0.keys().cloned()).collect();
        found.truncate(SHOWN);
        Err(TransactionsError::SalesNotFound { sales: sales.clone(), found })
    }

    /// Some of the named values stand in no row: perhaps another day, perhaps never.
    pub(super) fn unmet_sales(&mut self) {
        for sale in self.not_met() {
            self.warn(
                WarningKind::UnknownValues,
                format!("no row has the value {sale:?}, which was named as one of sales"),
                format!("nenhuma linha tem o valor {sale:?}, indicado como de venda"),
            );
        }
    }
}
