//! Money that is not what it seems: one amount above all, months without any, two minus signs, parts paid back.

use super::super::date::day_text;
use super::super::mapping::Role;
use super::super::meaning::is_partly_refunded;
use super::super::rules::{Returns, Rule};
use super::{Found, Rows};
use crate::record::WarningKind;
use crate::wording::{agreeing, integer, money, percent, portuguese};

impl Found<'_> {
    pub(super) fn amounts(&mut self) {
        self.largest();
        self.days_without_money();
        self.days_without_rows();
        self.two_minus_signs();
        self.partly_refunded();
    }

    /// One row that is more than half of all money.
    fn largest(&mut self) {
        let largest = self.evidence().largest.clone();
        let kept = self.collected.ledger.line("kept").map_or(0, |kept| kept.amount_pennies);
        if !largest.is_most_of(self.collected.rows, kept) {
            return;
        }
        let (amount, share) = (money(largest.value), percent(largest.value as f64 / kept as f64));
        let (place, row) = (&largest.place, largest.row);
        self.warn(
            WarningKind::LargeCustomer,
            format!("one row, {place} row {row}, has {amount}, {share} of all money: is it a typing error?"),
            format!(
                "uma só linha, {place} linha {row}, tem {}, {} de todo o dinheiro: é um erro de digitação?",
                portuguese(&amount),
                portuguese(&share)
            ),
        );
    }

    /// Weeks without a row in a shop that has rows on most days.
    fn days_without_rows(&mut self) {
        let Some((before, after)) = self.evidence().days.hole() else { return };
        let (days, before, after) = (integer((after - before - 1) as u64), day_text(before), day_text(after));
        self.warn(
            WarningKind::DamagedRows,
            format!(
                "no purchase in the {days} days between {before} and {after}, with purchases on most other days: where the shop \
                 was open, a part of the data is missing"
            ),
            format!(
                "nenhuma compra nos {} dias entre {before} e {after}, com compras na maioria dos outros dias: se a loja estava \
                 aberta, falta uma parte dos dados",
                portuguese(&days)
            ),
        );
    }

    /// Weeks in which no row has money, although there are as many as usual.
    fn days_without_money(&mut self) {
        let evidence = self.evidence();
        let Some((first, last, rows)) = evidence.days.weeks_without(&evidence.without_money) else { return };
        let (n, first, last) = (Rows(rows), day_text(first), day_text(last));
        let verb = agreeing(rows, "was removed", "were removed");
        self.warn(
            WarningKind::DamagedRows,
            format!("no row from {first} to {last} has money: {n} {verb}, and whoever bought then seems to have bought nothing"),
            format!(
                "nenhuma linha de {first} a {last} tem dinheiro: removidas {}, e quem comprou então parece não ter comprado",
                n.linhas()
            ),
        );
    }

    /// A quantity and a price below zero: their product is not.
    fn two_minus_signs(&mut self) {
        let is_made = self.column(Role::Amount).is_none() && self.options.rules.returns != Returns::Drop;
        let removed = self.removed(Rule::NonPositiveQuantity).filter(|(_, pennies)| is_made && *pennies > 0);
        let Some((rows, pennies)) = removed else { return };
        let (n, m, example) =
            (Rows(rows), money(pennies), self.example(Rule::NonPositiveQuantity, "quantity"));
        self.warn(
            WarningKind::UnknownValues,
            format!(
                "{n} with {m} removed: quantity and price are both below zero, such as {example}, and whether these are \
                 sales or returns is not known"
            ),
            format!(
                "removidas {} com {}: quantidade e preço abaixo de zero, como {example}; não se sabe se são vendas ou \
                 devoluções",
                n.linhas(),
                portuguese(&m)
            ),
        );
    }

    /// Orders of which a part was paid back, and no column says how much.
    fn partly_refunded(&mut self) {
        if self.column(Role::Refunded).is_some() {
            return;
        }
        for role in [Role::Status, Role::Payment] {
            let met = self.evidence().values(role).sum(is_partly_refunded);
            let Some(column) = self.column(role).filter(|_| met.rows > 0) else { continue };
            let (n, m) = (Rows(met.rows), money(i64::try_from(met.pennies).unwrap_or(i64::MAX)));
            let counts = agreeing(met.rows, "counts", "count");
            let conta = agreeing(met.rows, "conta", "contam");
            self.warn(
                WarningKind::UnknownValues,
                format!(
                    "{column}: a part of {n} with {m} was paid back, and {counts} whole: no column is recognised as \
                     what was refunded"
                ),
                format!(
                    "{column}: parte de {} com {} foi devolvida, e {conta} por inteiro: nenhuma coluna é reconhecida como o \
                     valor devolvido",
                    n.linhas(),
                    portuguese(&m)
                ),
            );
        }
    }
}
