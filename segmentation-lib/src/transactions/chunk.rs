//! A stretch of rows judged by the rules and turned into canonical columns.
//!
//! Chunks are independent, so they are made in parallel; all they find merges in row order.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use polars::prelude::*;

use super::columns::Columns;
use super::contacts::{Teller, is_nobody};
use super::customers::Customers;
use super::date::{DAY_MS, Notation, parse_year_first};
use super::descriptions::Descriptions;
use super::evidence::Evidence;
use super::field::{Field, Row, serial_moment};
use super::identity::sameness;
use super::invoices::Lines;
use super::judged::{Judged, Watched};
use super::ledger::{Counts, KEPT};
use super::mapping::Role;
use super::meaning::Meaning;
use super::number::Decimal;
use super::overlap::Seen;
use super::plan::Plan;
use super::rules::{RULES, Rule};
use super::sum_words::is_a_sum_of;
use super::tally::{Sighting, Tally};
use super::text_columns::Codes;
use super::values::{Quantity, Values, order};

/// The first row that a rule removed, within a chunk.
pub(super) struct Removed {
    pub row: u64,
    pub values: Vec<(&'static str, String)>,
}

/// The result of a chunk.
pub(super) struct Chunk {
    /// Canonical columns of the rows kept.
    pub kept: DataFrame,
    pub counts: Counts,
    pub customers: Customers,
    /// What the products sold are called.
    pub descriptions: Descriptions,
    pub removed: [Option<Removed>; RULES],
    pub dates: Tally,
    pub numbers: Tally,
    /// Earliest and latest purchase kept, in milliseconds.
    pub purchases: Option<(i64, i64)>,
    /// Hash and row number of each kept row, when duplicates are looked for.
    pub hashes: Vec<(u128, u64)>,
    pub evidence: Evidence,
    /// Hash of the invoice with its total and place in the frame of each row whose amount is its invoice's total.
    pub totals: Vec<(u64, usize)>,
    /// What the kept rows are, where there are several tables.
    pub seen: Seen,
}

/// Makes a [`Chunk`] row by row.
pub(super) struct ChunkBuilder<'a> {
    plan: &'a Plan<'a>,
    rows: u64,
    counts: Counts,
    customers: Customers,
    descriptions: Descriptions,
    removed: [Option<Removed>; RULES],
    dates: Tally,
    numbers: Tally,
    purchases: Option<(i64, i64)>,
    hashes: Vec<(u128, u64)>,
    evidence: Evidence,
    teller: Teller,
    judged: Judged,
    totals: Totals,
    seen: Seen,
    columns: Columns,
    last_date: (String, ReadDate),
    last_customer: (String, u32),
    /// The last row, and what may be the title of a table below it.
    last_row: Option<u64>,
    title: Option<(u64, String)>,
    scratch: Scratch,
}

/// A date that was read, and the day it would be as a spreadsheet's day number.
#[derive(Clone, Copy, Default)]
struct ReadDate {
    moment: Option<i64>,
    serial: Option<i64>,
    notation: Notation,
}

/// Invoices whose total was counted in this chunk.
#[derive(Default)]
struct Totals {
    seen: HashSet<u64, FixedState>,
    rows: Vec<(u64, usize)>,
}

#[derive(Default)]
struct Scratch {
    customer: String,
    merged: String,
    invoice: String,
    product: String,
}

impl<'a> ChunkBuilder<'a> {
    /// For about `rows` rows, whose texts become `codes`.
    pub fn new(plan: &'a Plan<'a>, codes: &Codes, rows: usize) -> PolarsResult<Self> {
        Ok(Self {
            plan,
            rows: 0,
            counts: Counts::default(),
            customers: Customers::default(),
            descriptions: Descriptions::default(),
            removed: [const { None }; RULES],
            dates: Tally::default(),
            numbers: Tally::default(),
            purchases: None,
            hashes: Vec::new(),
            evidence: Evidence::default(),
            teller: Teller::default(),
            judged: Judged::new(plan),
            totals: Totals::default(),
            seen: Seen::default(),
            columns: Columns::with_capacity(codes, rows)?,
            last_date: (String::new(), ReadDate::default()),
            last_customer: (String::new(), u32::MAX),
            last_row: None,
            title: None,
            scratch: Scratch::default(),
        })
    }

    /// Rows seen so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Judges a row whose values may stand under the wrong columns.
    pub fn push_malformed(&mut self, number: u64, row: &Row<'_>) {
        self.rows += 1;
        self.remove(Rule::MalformedRow, number, 0, row);
        self.last_row = Some(number);
    }

    /// Judges a row with a value that holds a NUL byte.
    pub fn push_damaged(&mut self, number: u64, row: &Row<'_>) {
        self.rows += 1;
        self.remove(Rule::DamagedValue, number, 0, row);
        self.last_row = Some(number);
    }

    /// Judges a row. `number` is its place within the chunk, `hash` covers all its columns and is
    /// only asked for when duplicates are looked for.
    pub fn push(&mut self, number: u64, row: &Row<'_>, hash: impl FnOnce() -> u128) -> PolarsResult<()> {
        self.rows += 1;
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut values = self.read(number, row, &mut scratch);
        let amount = values.amount.unwrap_or(0);
        let index = values.customer.map(|id| self.customer_index(id));
        values.flaw = index.and_then(|index| self.customers.flaw(index));
        let rule = self.plan.judge(&values);
        if let Some(index) = index {
            self.customers.reached(index, rule.map_or(KEPT, |rule| rule as usize));
        }
        self.note_evidence(rule, &values, row);
        match rule {
            Some(rule) => self.remove(rule, number, amount, row),
            None => {
                index.into_iter().for_each(|index| self.customers.keep(index, 1));
                self.evidence.largest.note(amount, number);
                let day = values.date.map_or(0, |date| date.div_euclid(DAY_MS));
                self.evidence.latest.note(day, number);
                self.keep(&values, row, &mut String::new())?;
            }
        }
        if rule.is_none() && self.plan.finds_duplicates() {
            self.hashes.push((hash(), number));
        }
        self.last_row = Some(number);
        self.scratch = scratch;
        Ok(())
    }

    fn customer_index(&mut self, id: &str) -> u32 {
        // Lines of one purchase stand together: ask the table only when the customer changes.
        if self.last_customer.0 != id || self.last_customer.1 == u32::MAX {
            self.last_customer.0.clear();
            self.last_customer.0.push_str(id);
            self.last_customer.1 = self.customers.index(id);
        }
        self.last_customer.1
    }

    fn read<'r>(&mut self, number: u64, row: &Row<'r>, scratch: &'r mut Scratch) -> Values<'r> {
        let field = |role: Role| &row[role as usize];
        let date = self.date(number, field(Role::Date));
        let quantity = match field(Role::Quantity) {
            Field::Null => Ok(None),
            present => self.quantity(number, present),
        };
        let mut price_sign = 0;
        let amount = if !self.plan.has_money {
            Some(0)
        } else if self.plan.has_amount {
            let amount = self.money_in(Role::Amount, number, row);
            let back = quantity.ok().flatten().is_some_and(|quantity| quantity.signum() < 0);
            // The total of goods that came back, written without its sign.
            amount.and_then(|amount| amount.pennies()).map(|amount| if back { -amount.abs() } else { amount })
        } else {
            let price = self.money_in(Role::Price, number, row);
            price_sign = price.map_or(0, |price| price.signum());
            quantity.ok().flatten().zip(price).and_then(|(quantity, price)| quantity.times_pennies(price))
        };
        let watched = self.judged.watch(row);
        let amount = amount.and_then(|amount| self.money(number, row, amount, watched));
        let goes_back = watched.meaning == Meaning::Refund && self.plan.is_on(Rule::NotASale);
        let turned =
            |q: Quantity| if goes_back { Quantity { whole: -q.whole.abs(), sign: -q.sign.abs() } } else { q };
        Values {
            date,
            quantity: quantity.map(|q| q.map(|q| turned(Quantity { whole: q.rounded(), sign: q.signum() }))),
            price_sign,
            amount,
            invoice: field(Role::Invoice).id(&mut scratch.invoice),
            product: field(Role::Product).id(&mut scratch.product),
            customer: self.customer(field(Role::Customer).id(&mut scratch.customer), &mut scratch.merged),
            flaw: None,
            watched,
            description: match field(Role::Description) {
                Field::Text(text) => Some(*text),
                _ => None,
            },
        }
    }

    /// Beside an amount nothing depends on a quantity: what is no number is none.
    fn quantity(&mut self, number: u64, field: &Field<'_>) -> Result<Option<Decimal>, ()> {
        let quantity = field.number(self.plan.conventions.decimal, number, &mut self.numbers);
        if quantity.is_none() && self.plan.has_amount {
            self.evidence.no_quantities += 1;
            return Ok(None);
        }
        let quantity = quantity.ok_or(())?;
        if self.plan.conventions.thousandths {
            return quantity.divided(3).map(Some).ok_or(());
        }
        self.evidence.thousands.note(field, quantity);
        Ok(Some(quantity))
    }

    /// The number in a column of money, in units of the currency.
    #[inline]
    fn money_in(&mut self, role: Role, number: u64, row: &Row<'_>) -> Option<Decimal> {
        let mark = self.plan.conventions.decimal;
        let money = row[role as usize].number(mark, number, &mut self.numbers)?;
        match self.plan.places[role as usize] {
            0 => Some(money),
            places => {
                self.evidence.minor.note(money.is_whole());
                money.divided(places)
            }
        }
    }

    /// The id that the row counts for: where ids are merged, the form that its twins share.
    fn customer<'r>(&mut self, id: Option<&'r str>, merged: &'r mut String) -> Option<&'r str> {
        let (id, overlooked) = (id?, &self.plan.options.merge_ids);
        if overlooked.is_empty() {
            return Some(id);
        }
        self.evidence.written_ids.insert(xxhash_rust::xxh3::xxh3_64(id.as_bytes()));
        match sameness(id, overlooked) {
            None => Some(id),
            Some(same) => {
                *merged = same;
                Some(merged)
            }
        }
    }

    /// The amount after what the other columns say of it: a refund goes back, a partial one is taken off, another
    /// currency is converted.
    fn money(&mut self, number: u64, row: &Row<'_>, amount: i64, watched: Watched) -> Option<i64> {
        let mut amount = watched.treatment.apply(amount)?;
        if self.plan.has_refunded && amount > 0 {
            let refunded = self.money_in(Role::Refunded, number, row).and_then(|refunded| refunded.pennies());
            self.evidence.refunds.note(&row[Role::Refunded as usize], refunded);
            let refunded = refunded.and_then(|refunded| watched.treatment.apply(refunded));
            let refunded = refunded.unwrap_or(0).abs().min(amount);
            if refunded > 0 && watched.meaning != Meaning::NotASale {
                self.evidence.refunded.rows += 1;
                self.evidence.refunded.pennies += i128::from(refunded);
                amount -= if self.plan.is_on(Rule::NotASale) { refunded } else { 0 };
            }
        }
        let goes_back = watched.meaning == Meaning::Refund && self.plan.is_on(Rule::NotASale);
        Some(if goes_back { -amount.abs() } else { amount })
    }

    fn date(&mut self, number: u64, field: &Field<'_>) -> Option<i64> {
        let date = match field {
            // Lines of one purchase share its date.
            Field::Text(text) if self.last_date.0 == *text => self.last_date.1,
            Field::Text(text) => {
                self.last_date.1 = self.new_date(number, field);
                self.last_date.0.clear();
                self.last_date.0.push_str(text);
                self.last_date.1
            }
            _ => self.new_date(number, field),
        };
        if let Field::Text(text) = field {
            self.evidence.notations.note(date.notation, number, text);
        }
        if let Some(serial) = date.serial {
            let text = || field.id(&mut String::new()).unwrap_or_default().to_owned();
            self.evidence.serials.note(number, serial.div_euclid(DAY_MS), text);
        } else if date.moment.is_some() {
            self.evidence.serials.others += 1;
        }
        date.moment
    }

    fn new_date(&mut self, number: u64, field: &Field<'_>) -> ReadDate {
        let mut notation = Notation::Other;
        if let Field::Text(text) = field {
            notation = Notation::of(text);
            self.evidence.short_dates.note(text);
            if let Some(moment) = parse_year_first(text).filter(|_| self.plan.conventions.years_first) {
                return ReadDate { moment: Some(moment), serial: None, notation: Notation::Other };
            }
        }
        let moment = field.moment(self.plan.conventions.date_order, number, &mut self.dates);
        let serial = if moment.is_none() { serial_moment(field) } else { None };
        let read = if self.plan.conventions.serial_days { serial } else { None };
        // What is no date says nothing of how dates are written.
        let notation = if moment.is_some() { notation } else { Notation::Other };
        ReadDate { moment: moment.or(read), serial, notation }
    }

    /// What a row shows of whole columns.
    #[inline]
    fn note_evidence(&mut self, rule: Option<Rule>, values: &Values<'_>, row: &Row<'_>) {
        if self.judged.is_watching() && rule.is_none_or(|rule| rule >= Rule::NotASale) {
            self.judged.count(values.watched, values.amount.unwrap_or(0));
        }
        self.evidence.has_invoices |= values.invoice.is_some();
        if self.plan.asks_invoices {
            self.note_invoice(rule, values, row);
        }
        if self.plan.asks_prices && rule.is_none() && self.evidence.unit_prices.is_open() {
            self.note_price(values);
        }
        if self.plan.has_amount {
            self.note_continuation(rule, values, row);
        }
        if matches!(rule, Some(Rule::NonProduct | Rule::PlaceholderCustomer)) {
            self.note_sum(values);
        }
        match rule {
            None => self.note_kept(values, row),
            Some(Rule::PlaceholderCustomer) if self.plan.has_contact => self.note_contact(row),
            Some(Rule::UnparsableNumber | Rule::NonPositiveAmount) if values.amount.unwrap_or(0) == 0 => {
                let day = values.date.map(|date| date.div_euclid(DAY_MS));
                day.into_iter().for_each(|day| self.evidence.without_money.note(day));
            }
            Some(_) => {}
        }
    }

    /// A removed row that is the sum of others.
    #[cold]
    fn note_sum(&mut self, values: &Values<'_>) {
        if values.date.is_some() && (values.is_called_a_sum() || values.customer.is_some_and(is_a_sum_of)) {
            self.evidence.sums.rows += 1;
            self.evidence.sums.pennies += i128::from(values.amount.unwrap_or(0));
        }
    }

    #[inline]
    fn note_kept(&mut self, values: &Values<'_>, row: &Row<'_>) {
        if let Some(date) = values.date {
            self.evidence.days.note(date.div_euclid(DAY_MS));
        }
        if let Some(amount) =
            values.amount.filter(|_| self.plan.has_amount && self.plan.places[Role::Amount as usize] == 0)
        {
            self.evidence.hundredths.note(amount, row[Role::Amount as usize].is_whole_number());
        }
        if let (true, Ok(Some(quantity))) = (self.plan.names_units, values.quantity) {
            self.evidence.sizes.note(quantity.whole);
        }
        if self.plan.has_contact {
            self.note_told(values, row);
        }
    }

    /// Who is told beside the id.
    fn note_told(&mut self, values: &Values<'_>, row: &Row<'_>) {
        let mut scratch = String::new();
        if let (Some(id), Some(contact)) = (values.customer, row[Role::Contact as usize].id(&mut scratch)) {
            self.teller.note(id, contact, values.amount.unwrap_or(0));
            if !id.bytes().any(|b| b.is_ascii_digit()) {
                self.note_person(row);
            }
        }
    }

    fn note_person(&mut self, row: &Row<'_>) {
        if let Some(contact) = row[Role::Contact as usize].id(&mut String::new()) {
            self.evidence.people.insert(xxhash_rust::xxh3::xxh3_64(contact.as_bytes()));
        }
    }

    #[cold]
    fn note_contact(&mut self, row: &Row<'_>) {
        let mut scratch = String::new();
        let contact = row[Role::Contact as usize].id(&mut scratch);
        if let Some(contact) = contact.filter(|contact| !is_nobody(contact)) {
            self.evidence.contacts.insert(xxhash_rust::xxh3::xxh3_64(contact.as_bytes()));
        }
    }

    fn note_price(&mut self, values: &Values<'_>) {
        if let (Some(product), Ok(Some(quantity)), Some(amount)) =
            (values.product, values.quantity, values.amount)
            && quantity.whole > 0
            && amount > 0
        {
            self.evidence.unit_prices.note(product, quantity.whole, amount);
        }
    }

    fn note_invoice(&mut self, rule: Option<Rule>, values: &Values<'_>, row: &Row<'_>) {
        if let Some(amount) = values.amount.filter(|amount| rule.is_none() && *amount > 0)
            && let Some(order) = order(self.plan, values)
            && self.evidence.invoices.takes(order)
        {
            let lines = Lines::one(amount, self.priced(row));
            self.evidence.invoices.note(order, &lines);
        }
    }

    /// Counts rows without an amount whose purchase has one on another line that stands beside them.
    fn note_continuation(&mut self, rule: Option<Rule>, values: &Values<'_>, row: &Row<'_>) {
        let Some(purchase) = values.invoice.or(values.customer) else { return };
        let purchase = (xxhash_rust::xxh3::xxh3_64(purchase.as_bytes()), values.date.unwrap_or(i64::MIN));
        let is_blank = rule == Some(Rule::UnparsableNumber) && row[Role::Amount as usize] == Field::Null;
        self.evidence.continued.note(purchase, values.amount.is_some(), is_blank);
    }

    /// Quantity times price, in pennies. The column of prices is not used beside one of amounts: what it says of the
    /// decimal mark does not count.
    fn priced(&self, row: &Row<'_>) -> Option<i64> {
        let (mark, mut unheard) = (self.plan.conventions.decimal, Tally::default());
        let mut number = |role: Role| row[role as usize].number(mark, 0, &mut unheard);
        let price = number(Role::Price)?.divided(self.plan.places[Role::Price as usize])?;
        let digits = if self.plan.conventions.thousandths { 3 } else { 0 };
        number(Role::Quantity)?.divided(digits)?.times_pennies(price)
    }

    #[cold]
    fn remember(&mut self, rule: Rule, number: u64, row: &Row<'_>) {
        let mut text = String::new();
        let values = Role::ALL
            .into_iter()
            .filter(|role| self.plan.layout.column(*role).is_some())
            .map(|role| (role.name(), row[role as usize].id(&mut text).unwrap_or_default().to_owned()))
            .collect();
        self.removed[rule as usize] = Some(Removed { row: number, values });
    }

    /// A row that names the columns again, or may be the title of what stands below it.
    fn note_heading(&mut self, number: u64, row: &Row<'_>) {
        if repeats_header(self.plan, row) {
            let above = self.above();
            self.evidence.stacked.note(number, above.as_ref());
        } else if row[Role::Date as usize] == Field::Null
            && let Some(title) = title(row)
        {
            self.title = Some((number, title.to_owned()));
        }
    }

    /// The row before, with its text where it may be a title. A row without values is a gap: the one above it is meant.
    fn above(&self) -> Option<Sighting> {
        let row = self.last_row?;
        let place = String::new();
        match self.title.as_ref().filter(|(at, _)| *at == row) {
            None => Some(Sighting { row, text: String::new(), place }),
            Some((_, title)) if title.is_empty() => {
                Some(Sighting { row: row.saturating_sub(1), text: String::new(), place })
            }
            Some((_, title)) => Some(Sighting { row, text: title.clone(), place }),
        }
    }

    fn remove(&mut self, rule: Rule, number: u64, amount: i64, row: &Row<'_>) {
        self.counts.rows[rule as usize] += 1;
        self.counts.amounts[rule as usize] += i128::from(amount);
        if matches!(rule, Rule::UnparsableDate | Rule::MissingCustomer | Rule::PlaceholderCustomer) {
            self.note_heading(number, row);
        }
        if self.removed[rule as usize].is_none() {
            self.remember(rule, number, row);
        }
    }

    fn keep(&mut self, values: &Values<'_>, row: &Row<'_>, scratch: &mut String) -> PolarsResult<()> {
        let (Some(moment), Some(amount), Some(customer), Ok(quantity)) =
            (values.date, values.amount, values.customer, values.quantity)
        else {
            unreachable!("a required rule matches a row without date, amount or customer");
        };
        if self.plan.compares_tables {
            self.seen.note(values);
        }
        let amount = self.totals.amount(self.plan, values, amount, self.columns.amount.len());
        self.counts.rows[KEPT] += 1;
        self.counts.amounts[KEPT] += i128::from(amount);
        self.evidence.taken_off -= i128::from(amount.min(0));
        let is_return = values.is_return();
        if !is_return {
            let (first, last) = self.purchases.unwrap_or((moment, moment));
            self.purchases = Some((first.min(moment), last.max(moment)));
            if let Some(product) = values.product.filter(|_| self.plan.describes_products) {
                self.descriptions.note(product, || row[Role::Description as usize].id(scratch));
            }
        }
        let columns = &mut self.columns;
        columns.texts.customer.push(customer)?;
        columns.push_purchase(values.invoice, moment)?;
        columns.moment.push(moment);
        columns.texts.product.push_option(values.product)?;
        columns.texts.country.push_option(row[Role::Country as usize].id(scratch))?;
        columns.quantity.append_option(quantity.map(|q| q.whole));
        columns.amount.push(amount);
        columns.is_return.append_value(is_return);
        Ok(())
    }

    pub fn finish(mut self) -> PolarsResult<Chunk> {
        self.judged.finish(&mut self.evidence);
        self.evidence.told = std::mem::take(&mut self.teller.contacts);
        let last = self.above();
        self.evidence.stacked.end(last);
        Ok(Chunk {
            kept: self.columns.into_frame()?,
            counts: self.counts,
            customers: self.customers,
            descriptions: self.descriptions,
            removed: self.removed,
            dates: self.dates,
            numbers: self.numbers,
            purchases: self.purchases,
            hashes: self.hashes,
            evidence: self.evidence,
            totals: self.totals.rows,
            seen: self.seen,
        })
    }
}

/// Whether a row holds the names of the customer's and the date's columns.
fn repeats_header(plan: &Plan<'_>, row: &Row<'_>) -> bool {
    let is_named = |role: Role| match row[role as usize] {
        Field::Text(text) => plan.layout.name(role).is_some_and(|name| name.trim() == text),
        _ => false,
    };
    is_named(Role::Date) && is_named(Role::Customer)
}

/// The text of a row that holds one value alone; empty where it holds none.
fn title<'r>(row: &Row<'r>) -> Option<&'r str> {
    let mut values = row.iter().filter(|field| **field != Field::Null);
    match (values.next(), values.next()) {
        (Some(Field::Text(text)), None) => Some(*text),
        (None, _) => Some(""),
        _ => None,
    }
}

impl Totals {
    /// The amount that a row counts: an invoice's total counts on its first line. Where its lines differ, each of its
    /// amounts counts once, whatever the order of the rows.
    fn amount(&mut self, plan: &Plan<'_>, values: &Values<'_>, amount: i64, row: usize) -> i64 {
        let counts = plan.counts_totals() && amount > 0;
        if !counts {
            return amount;
        }
        let Some(order) = order(plan, values) else { return amount };
        let key = order.amount(amount, plan.conventions.numbers_begin_again);
        if !self.seen.insert(key) {
            return 0;
        }
        self.rows.push((key, row));
        amount
    }
}

/// Hashes the values of a row to 128 bits.
#[derive(Default)]
pub(super) struct RowHasher {
    bytes: Vec<u8>,
}

impl RowHasher {
    /// Adds a value; its length separates `ab`, `c` from `a`, `bc`.
    pub fn add(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(&value.len().to_le_bytes());
        self.bytes.extend_from_slice(value);
    }

    /// The hash of the values added since the last one.
    pub fn finish(&mut self) -> u128 {
        let hash = xxhash_rust::xxh3::xxh3_128(&self.bytes);
        self.bytes.clear();
        hash
    }
}
