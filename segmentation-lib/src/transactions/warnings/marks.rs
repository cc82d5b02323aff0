//! Columns that say whether a row is a sale.

mod entries;
mod kinds;
mod named;

use self::kinds::are_codes;
use super::super::Decision;
use super::super::error::TransactionsError;
use super::super::header::{Says, is_credit, is_debit};
use super::super::judged::said;
use super::super::mapping::Role;
use super::super::meaning::{MARKING, Meaning, is_telling};
use super::super::memo::{Counts, Met};
use super::super::paid::TakenOff;
use super::super::rules::Rule;
use super::{Found, Rows};
use crate::record::{Localized, WarningKind};
use crate::wording::{agreeing, counted, money, portuguese};

/// Values that are named; the others are counted.
const NAMED: usize = 6;

impl Found<'_> {
    /// # Errors
    /// Most rows would be refunds by the kinds of a column that the caller did not name.
    pub fn refuse_mostly_refunds(&self) -> Result<(), TransactionsError> {
        for (at, role) in MARKING.into_iter().enumerate() {
            let is_named = self.options.mapping.get(role).is_some() || self.findings.conventions.unmarked[at];
            let Some(column) = self.column(role).filter(|_| !is_named) else { continue };
            let values = self.evidence().values(role);
            let refunds = Chosen::of(values, |text| {
                said(text, role, &self.findings.conventions, &self.options.sales) == Meaning::Refund
            });
            let rows = values.sum(|_| true).rows;
            if refunds.met.rows * 2 > rows && self.options.rules.is_on(Rule::NotASale) {
                let (column, refunds, words) = (column.to_owned(), refunds.met.rows, refunds.named);
                return Err(TransactionsError::MostlyRefunds { column, words, refunds, rows });
            }
        }
        Ok(())
    }

    /// # Errors
    /// A column tells debits from credits, and the caller does not say what they are.
    pub fn refuse_debits_and_credits(&self) -> Result<(), TransactionsError> {
        let sides = self.evidence().flags.iter().filter(|(_, (flag, _))| flag.says == Says::Side);
        for (column, (_, values)) in sides.filter(|_| self.options.mapping.get(Role::Type).is_none()) {
            let (debits, credits) = (values.sum(is_debit).rows, values.sum(is_credit).rows);
            let all = values.sum(|_| true).rows;
            if debits.min(credits) * 20 > all && (debits + credits) * 10 > all * 9 {
                return Err(TransactionsError::DebitsAndCredits { column: column.clone(), debits, credits });
            }
        }
        Ok(())
    }

    /// # Errors
    /// The amounts below zero take off nearly all that the others add up to, and the caller does not say what they are.
    pub fn refuse_money_that_cancels(&self) -> Result<(), TransactionsError> {
        const FEWEST: u64 = 10;
        let taken_off = self.evidence().taken_off;
        let kept = self.collected.ledger.line("kept").map_or(0, |kept| kept.amount_pennies);
        let sold = i128::from(kept) + taken_off;
        let is_said = self.options.mapping.get(Role::Type).is_some();
        if is_said || self.collected.rows < FEWEST || sold <= 0 || taken_off * 10 < sold * 9 {
            return Ok(());
        }
        Err(TransactionsError::MoneyCancels { sold, taken_off })
    }

    /// What amounts below zero take off, where no column says why: neither kinds nor pieces.
    pub fn taken_off_unsaid(&self) -> Option<TakenOff> {
        const FEWEST: u64 = 10;
        let kept = self.collected.ledger.line("kept").map_or(0, |kept| kept.amount_pennies);
        let taken_off = self.evidence().taken_off;
        let found = TakenOff { sold: i128::from(kept) + taken_off, taken_off };
        let is_said = self.kinds_are_told() || self.findings.columns.quantity;
        Some(found).filter(|found| !is_said && self.collected.rows >= FEWEST && found.is_much())
    }

    /// The columns of states in which several stand for sales.
    pub(in super::super) fn states_of_sales(&self) -> Vec<States> {
        [Role::Status, Role::Payment].into_iter().filter_map(|role| self.states_of(role)).collect()
    }

    fn states_of(&self, role: Role) -> Option<States> {
        let at = MARKING.iter().position(|marking| *marking == role)?;
        let column = self.column(role).filter(|_| !self.findings.conventions.unmarked[at])?;
        let is_sale = |text: &str| {
            !matches!(
                said(text, role, &self.findings.conventions, &self.options.sales),
                Meaning::NotASale | Meaning::Refund
            )
        };
        let values = self.evidence().values(role);
        let rows = || values.0.iter().filter(|(text, _)| is_sale(text)).map(|(_, met)| met.rows);
        let besides = rows().sum::<u64>() - rows().max()?;
        let (column, named) = (column.to_owned(), Chosen::of(values, is_sale).named);
        (besides > 0).then_some(States { column, named, besides })
    }

    pub(super) fn marks(&mut self) {
        let used = self.options.rules.is_on(Rule::NotASale);
        for (at, role) in MARKING.into_iter().enumerate() {
            let Some(column) = self.column(role) else { continue };
            let said = |text: &str| said(text, role, &self.findings.conventions, &self.options.sales);
            let values = self.evidence().values(role);
            let chosen = |wanted: Meaning| Chosen::of(values, |text| said(text) == wanted);
            let (no_sale, refunds, unknown) =
                (chosen(Meaning::NotASale), chosen(Meaning::Refund), chosen(Meaning::Unknown));
            if self.findings.conventions.unmarked[at] {
                let telling =
                    |wanted: Meaning| Chosen::of(values, |text| said(text) == wanted && is_telling(text));
                self.warn_of_unused(column, &telling(Meaning::NotASale), &telling(Meaning::Refund));
                self.warn_of_half_known(role, column, values);
                continue;
            }
            if used {
                self.say_what_is_removed(role, column, &no_sale, &refunds);
            } else {
                self.warn_of_unused(column, &no_sale, &refunds);
            }
            // Kinds of a column that names no sale and no state at all are its own business.
            if role != Role::Type || no_sale.met.rows + refunds.met.rows + chosen(Meaning::Sale).met.rows > 0
            {
                self.warn_of_unknown(column, &unknown);
            }
        }
        self.unmet_sales();
        self.flags(used);
        self.refunded();
        self.marked(Rule::MissingCustomer, "they name no customer", "não identificam o cliente");
        self.marked(Rule::NotASale, "marked as no sale", "marcadas como não venda");
        self.marked(
            Rule::NonProduct,
            "by their product they are no goods: freight, discounts, fees, taxes, tips, vouchers",
            "pelo produto não são mercadoria: frete, descontos, tarifas, impostos, gorjetas, vales",
        );
    }

    /// A column of kinds that is not used: a word that may be a refund, kinds beside that of a sale, and codes.
    fn warn_of_half_known(&mut self, role: Role, column: &str, values: &Counts) {
        let said = |text: &str| said(text, role, &self.findings.conventions, &self.options.sales);
        let sales = Chosen::of(values, |text| said(text) == Meaning::Sale && is_telling(text)).met.rows;
        let beside_sales = role == Role::Type && sales * 5 >= values.sum(|_| true).rows;
        let codes = role == Role::Type && (are_codes(values) || self.tells_documents(column, values));
        let doubtful = Chosen::of(values, |text| match said(text) {
            Meaning::Refund => !is_telling(text),
            Meaning::Unknown => beside_sales || codes,
            _ => false,
        });
        self.warn_of_unknown(column, &doubtful);
    }

    /// Columns beside those of the roles that say whether a row is a sale.
    fn flags(&mut self, used: bool) {
        let evidence = self.evidence();
        for (column, (flag, values)) in &evidence.flags {
            let no_sale = Chosen::of(values, |text| flag.says.of(text) == Meaning::NotASale);
            if no_sale.met.rows == 0 || flag.says == Says::Side {
                continue;
            }
            match (flag.says, flag.used && used) {
                // Dates differ from row to row.
                (Says::NoSale, true) if values.0.len() > NAMED => {
                    self.say_what_is_removed(Role::Cancelled, column, &no_sale, &Chosen::none());
                }
                (_, true) => self.say_what_is_removed(Role::Type, column, &no_sale, &Chosen::none()),
                (Says::NoSale | Says::Sale, false) => {
                    self.warn_of_unused(column, &no_sale, &Chosen::none());
                }
                _ => self.warn_of_unknown(column, &no_sale),
            }
        }
    }

    fn say_what_is_removed(&mut self, role: Role, column: &str, no_sale: &Chosen, refunds: &Chosen) {
        if role == Role::Cancelled && no_sale.met.rows > 0 {
            // Dates and reasons: they differ from row to row.
            return self.say(
                format!("{column}: rows that have a value are no sale: {}", no_sale.figures()),
                format!("{column}: linhas com um valor não são venda: {}", no_sale.em_portugues()),
            );
        }
        let kinds = [
            ("are no sale", "não são venda", no_sale),
            ("are money that goes back", "são dinheiro devolvido", refunds),
        ];
        for (are, sao, chosen) in kinds.into_iter().filter(|(.., chosen)| chosen.met.rows > 0) {
            self.say(
                format!("{column}: {} {are}: {}", chosen.named, chosen.figures()),
                format!("{column}: {} {sao}: {}", chosen.named, chosen.em_portugues()),
            );
        }
    }

    fn say(&mut self, en: String, pt_br: String) {
        self.said.push(Decision { topic: "status", text: Localized { en, pt_br } });
    }

    fn warn_of_unused(&mut self, column: &str, no_sale: &Chosen, refunds: &Chosen) {
        for chosen in [no_sale, refunds].into_iter().filter(|chosen| chosen.met.rows > 0) {
            let (named, figures) = (&chosen.named, chosen.figures());
            self.warn(
                WarningKind::UnusedColumn,
                format!(
                    "{column} is not used, although {named} are no sales: {figures} {} counted",
                    chosen.verb()
                ),
                format!(
                    "{column} não é usada, embora {named} não sejam vendas: {} {}",
                    chosen.em_portugues(),
                    chosen.verbo()
                ),
            );
        }
    }

    fn warn_of_unknown(&mut self, column: &str, unknown: &Chosen) {
        if unknown.met.rows == 0 {
            return;
        }
        let (named, figures, [each, cada]) = (&unknown.named, unknown.figures(), unknown.apart());
        self.warn(
            WarningKind::UnknownValues,
            format!(
                "{column}: it is not known whether {named} are sales; {figures} {} counted{each}",
                unknown.verb()
            ),
            format!(
                "{column}: não se sabe se {named} são vendas; {} {}{cada}",
                unknown.em_portugues(),
                unknown.verbo()
            ),
        );
    }

    /// Money in a column of refunds.
    fn refunded(&mut self) {
        let (Some(column), refunded) = (self.column(Role::Refunded), self.evidence().refunded) else {
            return;
        };
        if refunded.rows == 0 {
            return;
        }
        let chosen = Chosen { met: refunded, ..Chosen::none() };
        if self.options.rules.is_on(Rule::NotASale) {
            self.say(
                format!("{column} is taken off the amount: {}", chosen.figures()),
                format!("{column} é descontada do valor: {}", chosen.em_portugues()),
            );
        } else {
            self.warn(
                WarningKind::UnusedColumn,
                format!("{column} is not used; given back and counted nevertheless: {}", chosen.figures()),
                format!("{column} não é usada; devolvido e contado mesmo assim: {}", chosen.em_portugues()),
            );
        }
    }
}

/// States that sales are in.
pub(in super::super) struct States {
    column: String,
    /// The states, the commonest first.
    named: String,
    /// Rows in all but the commonest.
    besides: u64,
}

/// # Errors
/// Rows repeat others in all but their state: as many as are in other states than the commonest. These are the versions of
/// orders, which count once.
pub(in super::super) fn refuse_versions(states: &[States], repeated: u64) -> Result<(), TransactionsError> {
    let are_versions = |states: &&States| states.besides.abs_diff(repeated) * 10 <= repeated;
    match states.iter().find(are_versions) {
        None => Ok(()),
        Some(States { column, named, .. }) => Err(TransactionsError::SeveralVersions {
            column: column.clone(),
            states: named.clone(),
            rows: repeated,
        }),
    }
}

/// Values of a column that say the same.
struct Chosen {
    /// The values, the commonest first.
    named: String,
    met: Met,
    /// Each of them that is named.
    each: Vec<(String, Met)>,
}

impl Chosen {
    fn none() -> Self {
        Self { named: String::new(), met: Met::default(), each: Vec::new() }
    }

    fn of(values: &Counts, chosen: impl Fn(&str) -> bool) -> Self {
        let mut found: Vec<(&String, &Met)> = values.0.iter().filter(|(text, _)| chosen(text)).collect();
        found.sort_by(|a, b| b.1.rows.cmp(&a.1.rows).then(a.0.cmp(b.0)));
        let mut named: Vec<String> = found.iter().take(NAMED).map(|(text, _)| format!("{text:?}")).collect();
        if found.len() > NAMED {
            named.push(format!("… ({})", found.len()));
        }
        let each = found.iter().take(NAMED).map(|(text, met)| ((*text).clone(), **met)).collect();
        Self { named: named.join(", "), met: values.sum(chosen), each }
    }

    /// The values with the rows and the money of each.
    fn each(&self) -> String {
        let figures = |(text, met): &(String, Met)| {
            let rows = counted(met.rows, "row", "rows");
            format!("{text:?} ({rows} with {})", money(pennies(*met)))
        };
        self.each.iter().map(figures).collect::<Vec<_>>().join(", ")
    }

    /// The rows and the money of each value, where there are several: in English and in Portuguese.
    fn apart(&self) -> [String; 2] {
        if self.each.len() < 2 {
            return [String::new(), String::new()];
        }
        let linhas = |(text, met): &(String, Met)| {
            format!("{text:?} {} com {}", Rows(met.rows).linhas(), portuguese(&money(pennies(*met))))
        };
        let pt_br: Vec<String> = self.each.iter().map(linhas).collect();
        [format!(": {}", self.each()), format!(": {}", pt_br.join(", "))]
    }

    fn money(&self) -> String {
        money(pennies(self.met))
    }

    fn verb(&self) -> &'static str {
        agreeing(self.met.rows, "is", "are")
    }

    fn verbo(&self) -> &'static str {
        agreeing(self.met.rows, "conta", "contam")
    }

    fn figures(&self) -> String {
        format!("{} with {}", Rows(self.met.rows), self.money())
    }

    fn em_portugues(&self) -> String {
        format!("{} com {}", Rows(self.met.rows).linhas(), portuguese(&self.money()))
    }
}

fn pennies(met: Met) -> i64 {
    i64::try_from(met.pennies).unwrap_or(i64::MAX)
}
