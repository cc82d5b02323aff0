//! In what money and quantities are measured.

use super::super::mapping::Role;
use super::super::minor::places;
use super::super::pieces::unit_column;
use super::super::plan::MONEY;
use super::Found;
use crate::record::WarningKind;

impl Found<'_> {
    pub(super) fn units(&mut self) {
        self.named_hundredths();
        self.thousandths();
        self.grams();
    }

    /// Whole numbers that may be millionths.
    pub(super) fn millionths(&mut self, column: &str) {
        self.warn(
            WarningKind::MinorUnits,
            format!(
                "every {column} is a whole number of ten thousands: where they are millionths, as advertising interfaces write \
                 them, all money is shown 1,000,000 times too large"
            ),
            format!(
                "todo {column} é um número inteiro de dezenas de milhar: se forem milionésimos, como escrevem as interfaces de \
                 anúncios, todo valor aparece 1.000.000 de vezes maior"
            ),
        );
    }

    /// Columns that are named after hundredths and hold none.
    fn named_hundredths(&mut self) {
        if !self.findings.conventions.own_units {
            return;
        }
        let named = |column: &&str| places(column) > 0;
        let Some(column) = MONEY.into_iter().filter_map(|role| self.column(role)).find(named) else { return };
        self.warn(
            WarningKind::MinorUnits,
            format!(
                "{column} is named after hundredths, but its values have fractions: they count as they are"
            ),
            format!("{column} tem nome de centésimos, mas seus valores têm frações: contam como estão"),
        );
    }

    /// Quantities such as 1.000 and 2.000.
    fn thousandths(&mut self) {
        let is_assumed = self.findings.conventions.thousandths;
        let Some(column) = self.column(Role::Quantity).filter(|_| is_assumed) else { return };
        self.warn(
            WarningKind::MinorUnits,
            format!(
                "every {column} is a whole thousand with three zeros behind a mark, and counts as pieces, 1 and not 1,000; where \
                 they are thousands, say what the decimal mark of the numbers is"
            ),
            format!(
                "todo {column} é um milhar inteiro com três zeros após um sinal, e conta como peças, 1 e não 1.000; se forem \
                 milhares, diga qual é o sinal decimal dos números"
            ),
        );
    }

    /// Quantities of hundreds among pieces, beside a column of units that is not used.
    fn grams(&mut self) {
        if !self.evidence().sizes.are_of_two_kinds() {
            return;
        }
        let is_priced = |layout: &&super::super::header::Layout| {
            layout.column(Role::Amount).is_none() && layout.has_money()
        };
        let Some(layout) = self.findings.layouts.iter().find(is_priced) else { return };
        let (Some(unit), Some(quantity), Some(price)) =
            (unit_column(layout), layout.name(Role::Quantity), layout.name(Role::Price))
        else {
            return;
        };
        self.warn(
            WarningKind::UnusedColumn,
            format!(
                "{unit} is not used: where {quantity} is in grams and {price} is that of a kilogram, quantity times price is \
                 1,000 times too large"
            ),
            format!(
                "{unit} não é usada: se {quantity} está em gramas e {price} é o do quilograma, quantidade vezes preço fica 1.000 \
                 vezes maior"
            ),
        );
    }
}
