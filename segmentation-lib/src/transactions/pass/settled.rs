//! What is known after the last row: whether the input must be read again under other conventions, what stays ambiguous, and
//! what must be asked.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::TransactionsError;
use super::super::header::{Flag, Says, is_flag};
use super::super::judged::said;
use super::super::mapping::Role;
use super::super::meaning::{
    Codes, Kinds, MARKING, Marks, Meaning, is_an_answer, is_booking, is_no_show, is_telling, meaning,
};
use super::super::memo::Counts;
use super::super::normal::normalized;
use super::super::plan::Conventions;
use super::super::refunded::may_count;
use super::super::rules::Rule;
use super::super::sales::{holds_named, tells_sales};
use super::super::tally::{Sighting, Verdict};
use super::{Assumptions, Interrupt, Pass};
use crate::wording::{counted, portuguese};

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
            right.own_units |= evidence.minor.have_fractions();
            right.thousandths |= self.options.decimal.is_none() && evidence.thousands.are_pieces();
            right.years_first |= self.options.date_order.is_none() && evidence.short_dates.begin_with_years();
            if self.options.rules.is_on(Rule::ImplausibleDate) {
                right.plausible = assumed.plausible.or_else(|| evidence.days.plausible());
            }
            self.reconsider_totals(&mut right)?;
        }
        let (no_flags, no_refunds, empty) = (self.no_flags(), self.no_refunds(), self.empty_columns());
        let known = &self.assumptions;
        let are_known = no_flags == known.no_flags && no_refunds == known.no_refunds && empty == known.empty;
        if right == assumed && are_known {
            return Ok(());
        }
        Err(Interrupt::Again(Box::new(Assumptions {
            conventions: right,
            no_flags,
            empty,
            no_refunds,
            ..self.assumptions.clone()
        })))
    }

    /// The columns of invoices, where no row of any table names one and the caller did not say which they are: another
    /// column may be the invoice.
    fn empty_columns(&self) -> BTreeSet<String> {
        let is_open = self.options.mapping.get(Role::Invoice).is_none();
        let is_empty = is_open && self.collector.rows() > 0 && !self.collector.evidence.has_invoices;
        let named = self.layouts.iter().filter_map(|layout| layout.name(Role::Invoice)).map(str::to_owned);
        self.assumptions.empty.iter().cloned().chain(named.filter(|_| is_empty)).collect()
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

    /// The columns that are named like money that was given back and hold answers or pieces.
    fn no_refunds(&self) -> BTreeMap<String, Says> {
        let refunds = &self.collector.evidence.refunds;
        let mut found = self.assumptions.no_refunds.clone();
        for name in self.layouts.iter().filter_map(|layout| layout.name(Role::Refunded)) {
            if refunds.are_answers() {
                found.insert(name.to_owned(), Says::NoSale);
            } else if refunds.may_be_pieces() && may_count(name) {
                found.insert(name.to_owned(), Says::Pieces);
            }
        }
        found
    }

    /// A column is what its values say: of states, of bookings, or of something else whatever its header.
    fn reconsider_marks(&self, right: &mut Conventions) {
        let evidence = &self.collector.evidence;
        // Before it is counted how much of a column is known: its codes are, and payments beside their invoices.
        let kinds = |role: Role| Kinds::of(evidence.values(role).0.keys().map(String::as_str));
        right.kinds = right.kinds.or(kinds(Role::Type));
        right.kinds.codes = right.kinds.codes.or_else(|| self.codes());
        right.stays |= evidence.values(Role::Status).0.keys().any(|text| is_no_show(text));
        for (at, role) in MARKING.into_iter().enumerate().filter(|(_, role)| tells_sales(*role)) {
            right.named_sales[at] |= holds_named(evidence.values(role), &self.options.sales);
        }
        let mut unmarked = right.unmarked;
        for (at, role) in MARKING.into_iter().enumerate() {
            let values = evidence.values(role);
            let said = |text: &str| said(text, role, right, &self.options.sales);
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
            unmarked[at] &= !right.named_sales[at];
        }
        right.unmarked = unmarked;
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

    /// Whose codes the kinds are.
    fn codes(&self) -> Option<Codes> {
        let column = self.layouts.iter().find_map(|layout| layout.name(Role::Type))?;
        Codes::of(column, self.collector.evidence.values(Role::Type).0.keys().map(String::as_str))
    }

    /// Whether the column's name says little and only answers in it tell of cancellations: `test`, `returned`.
    fn is_a_flag(&self, role: Role) -> bool {
        self.layouts.iter().filter_map(|layout| layout.name(role)).any(|name| is_flag(&normalized(name)))
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
        self.settle_headers()?;
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

    /// Headers of pages are left out; where another table begins nobody said what its rows are.
    fn settle_headers(&mut self) -> Result<(), TransactionsError> {
        let stacked = &self.collector.evidence.stacked;
        if let Some(Sighting { row, text, place }) = stacked.table.clone() {
            return Err(TransactionsError::StackedTables { place, row, title: text });
        }
        if stacked.pages > 0 {
            let en = counted(stacked.pages, "row repeats", "rows repeat");
            let pt_br = portuguese(&counted(stacked.pages, "linha repete", "linhas repetem"));
            self.decide(
                "columns",
                format!("{en} the header between rows of data: left out, as unparsable_date"),
                format!("{pt_br} o cabeçalho entre linhas de dados: de fora, como unparsable_date"),
            );
        }
        Ok(())
    }

    fn settle_dates(&mut self) -> Result<(), TransactionsError> {
        if let Some((first, what)) = self.collector.evidence.notations.swapped() {
            return Err(TransactionsError::Changed { place: first.place.clone(), what });
        }
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
