//! What is known after the last row: whether the input must be read again under other conventions, what stays ambiguous, and
//! what must be asked.

use std::collections::BTreeSet;

use super::super::error::TransactionsError;
use super::super::header::{Flag, is_flag};
use super::super::invoices::{LineMoney, names_a_total};
use super::super::judged::said;
use super::super::mapping::Role;
use super::super::meaning::{Kinds, MARKING, Marks, Meaning, is_an_answer, is_booking, is_telling, meaning};
use super::super::memo::Counts;
use super::super::normal::normalized;
use super::super::plan::Conventions;
use super::super::rules::Rule;
use super::super::tally::Verdict;
use super::{Assumptions, Interrupt, Pass};

impl Pass<'_> {
    /// After the last row: runs again where whole columns mean something else than was assumed.
    pub fn reconsider(&self) -> Result<(), Interrupt> {
        let (assumed, evidence) = (self.assumptions.conventions, &self.collector.evidence);
        let mut right = assumed;
        if !assumed.serial_days && evidence.serials.are_dates(evidence.days.range()) {
            // Until dates are read nothing else is seen.
            right.serial_days = true;
        } else {
            self.reconsider_marks(&mut right);
            if evidence.unit_prices.tell() {
                return Err(TransactionsError::AmountOrPrice { column: self.amount_column() }.into());
            }
            right.years_first |= self.options.date_order.is_none() && evidence.short_dates.begin_with_years();
            if self.options.rules.is_on(Rule::ImplausibleDate) {
                right.plausible = assumed.plausible.or_else(|| evidence.days.plausible());
            }
            if self.options.line_money.is_none()
                && assumed.line_money == LineMoney::Own
                && let Some(repeated) = evidence.invoices.repeated(self.amount_is_named_a_total())
            {
                if repeated.doubtful {
                    let (column, invoices) = (self.amount_column(), repeated.invoices);
                    return Err(TransactionsError::AmountOfUndecided { column, invoices }.into());
                }
                right.line_money = if repeated.priced { LineMoney::Priced } else { LineMoney::TotalOnEach };
            }
        }
        let no_flags = self.no_flags();
        if right == assumed && no_flags == self.assumptions.no_flags {
            return Ok(());
        }
        Err(Interrupt::Again(Box::new(Assumptions {
            conventions: right,
            no_flags,
            ..self.assumptions.clone()
        })))
    }

    /// The columns that are named like flags and whose values, one in five or more, are no answers.
    fn no_flags(&self) -> BTreeSet<String> {
        let is_none = |(_, (flag, values)): &(&String, &(Flag, Counts))| {
            let known = values.sum(|text| flag.says.knows(text)).rows;
            known * 5 < values.sum(|_| true).rows * 4
        };
        let found = self.collector.evidence.flags.iter().filter(is_none).map(|(name, _)| name.clone());
        self.assumptions.no_flags.iter().cloned().chain(found).collect()
    }

    /// A column is what its values say: of states, of bookings, or of something else whatever its header.
    fn reconsider_marks(&self, right: &mut Conventions) {
        let evidence = &self.collector.evidence;
        let mut unmarked = right.unmarked;
        for (at, role) in MARKING.into_iter().enumerate() {
            let values = evidence.values(role);
            let said = |text: &str| said(text, role, right);
            let is_known = |text: &str| match role {
                Role::Cancelled if self.is_a_flag(role) => is_an_answer(text),
                _ => said(text) != Meaning::Unknown,
            };
            let any = |is: &dyn Fn(&str) -> bool| values.0.keys().any(|text| is(text));
            // "Credit" beside no word for a sale is how a sale was paid, or one on account.
            let is_alone = role == Role::Type
                && any(&|text| said(text) == Meaning::Refund)
                && !any(&|text| said(text) == Meaning::Sale)
                && !any(&|text| said(text) == Meaning::Refund && is_telling(text));
            let (all, known) = (values.sum(|_| true).rows, values.sum(is_known).rows);
            // A header such as "state" or "type" says little: nearly all of its values must be known.
            let doubtful = role == Role::Type || self.layouts.iter().any(|layout| layout.is_weak(role));
            unmarked[at] |= is_alone || all > 0 && doubtful && known * 5 < all * 4;
        }
        right.unmarked = unmarked;
        let kinds = |role: Role| Kinds::of(evidence.values(role).0.keys().map(String::as_str));
        right.kinds = right.kinds.or(kinds(Role::Type));
        let states = [Role::Status, Role::Payment].map(|role| evidence.values(role));
        let holds = |wanted: &dyn Fn(&str) -> bool| {
            states.iter().any(|values| values.0.keys().any(|text| wanted(text)))
        };
        right.states_are_kinds |=
            holds(&|text| is_booking(text)) && holds(&|text| meaning(text, Marks::Kind) == Meaning::Refund);
        if right.states_are_kinds {
            right.kinds = right.kinds.or(kinds(Role::Status)).or(kinds(Role::Payment));
        }
    }

    /// Whether the column's name says little and only answers in it tell of cancellations: `test`, `returned`.
    fn is_a_flag(&self, role: Role) -> bool {
        self.layouts.iter().filter_map(|layout| layout.name(role)).any(|name| is_flag(&normalized(name)))
    }

    /// The name of the first column that is the amount.
    fn amount_column(&self) -> String {
        self.layouts.iter().find_map(|layout| layout.name(Role::Amount)).unwrap_or_default().to_owned()
    }

    fn amount_is_named_a_total(&self) -> bool {
        let names: Vec<&str> = self.layouts.iter().filter_map(|layout| layout.name(Role::Amount)).collect();
        !names.is_empty() && names.iter().all(|name| names_a_total(&normalized(name)))
    }

    /// Fails where a table was left out that has the customer's and the date's columns of one that was read: it is a
    /// part of the same purchases.
    fn refuse_a_missing_part(&self) -> Result<(), TransactionsError> {
        for (place, columns) in &self.without_money {
            for layout in &self.layouts {
                if let (Some(customer), Some(date)) = (layout.name(Role::Customer), layout.name(Role::Date))
                    && [customer, date].iter().all(|name| columns.iter().any(|column| column == name))
                {
                    return Err(TransactionsError::PartLeftOut {
                        place: place.clone(),
                        customer: customer.to_owned(),
                        date: date.to_owned(),
                        columns: columns.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// After the last row: fails where values are ambiguous and nothing decides, or a part of the purchases was left out.
    pub fn settle(&mut self) -> Result<(), TransactionsError> {
        self.refuse_a_missing_part()?;
        self.compare_tables()?;
        if self.assumptions.conventions.years_first {
            let en = "dates are read year first: the first numbers are years, the last ones days".to_owned();
            let pt_br =
                "as datas são lidas com o ano primeiro: os primeiros números são anos, os últimos são dias";
            self.decide("dates", en, pt_br.to_owned());
        }
        if self.options.date_order.is_none() {
            self.settle_dates()?;
        }
        if self.options.decimal.is_none() {
            self.settle_numbers()?;
        }
        Ok(())
    }

    fn settle_dates(&mut self) -> Result<(), TransactionsError> {
        match self.collector.dates.verdict() {
            Verdict::Undecided(example) => {
                return Err(TransactionsError::DateOrderUndecided { example: example.to_string() });
            }
            Verdict::First(day) => {
                let en = format!("dates are read day first: {day} cannot be month first");
                let pt_br = format!("as datas são lidas com o dia primeiro: {day} não pode começar pelo mês");
                self.decide("dates", en, pt_br);
            }
            Verdict::Second(day) => {
                let en = format!("dates are read month first: {day} cannot be day first");
                let pt_br = format!("as datas são lidas com o mês primeiro: {day} não pode começar pelo dia");
                self.decide("dates", en, pt_br);
            }
            Verdict::Indifferent | Verdict::Contradictory(..) => {}
        }
        Ok(())
    }

    fn settle_numbers(&mut self) -> Result<(), TransactionsError> {
        match self.collector.numbers.verdict() {
            Verdict::Undecided(example) => {
                return Err(TransactionsError::DecimalUndecided { example: example.to_string() });
            }
            Verdict::Second(number) => {
                let en =
                    format!("numbers are read with a decimal comma: {number} cannot have a decimal point");
                let pt_br =
                    format!("os números são lidos com vírgula decimal: {number} não pode ter ponto decimal");
                self.decide("numbers", en, pt_br);
            }
            Verdict::First(_) | Verdict::Indifferent | Verdict::Contradictory(..) => {}
        }
        Ok(())
    }
}
