//! A stretch of rows judged by the rules and turned into canonical columns.
//!
//! Chunks are independent, so they are made in parallel; all they find merges in row order.

use polars::prelude::*;

use super::customers::Customers;
use super::date::{DAY_MS, DateOrder};
use super::field::{Field, Row};
use super::header::Layout;
use super::ledger::{Counts, KEPT};
use super::mapping::Role;
use super::number::DecimalMark;
use super::rules::{RULES, Returns, Rule, Rules, is_non_product};
use super::tally::Tally;
use super::text_columns::{Codes, TextColumns};
use crate::reference_date::ReferenceDate;

/// How ambiguous values are read in a pass over the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Conventions {
    pub date_order: DateOrder,
    pub decimal: DecimalMark,
}

/// Everything a chunk needs to know of the file it belongs to.
pub(super) struct Plan<'a> {
    pub layout: &'a Layout,
    pub rules: &'a Rules,
    pub conventions: Conventions,
    /// The last moment that is not after the reference date, in milliseconds.
    pub latest: i64,
    on: [bool; RULES],
    has_amount: bool,
    has_quantity: bool,
    stock_codes: bool,
}

impl<'a> Plan<'a> {
    pub fn new(
        layout: &'a Layout,
        rules: &'a Rules,
        conventions: Conventions,
        reference: Option<ReferenceDate>,
    ) -> Self {
        let latest = match reference {
            None => i64::MAX,
            Some(ReferenceDate::Day(day)) => i64::from(day.to_epoch_days() + 1) * DAY_MS - 1,
            Some(ReferenceDate::Instant(instant)) => instant.and_utc().timestamp_millis(),
        };
        Self {
            layout,
            rules,
            conventions,
            latest,
            on: Rule::ALL.map(|rule| rules.is_on(rule)),
            has_amount: layout.column(Role::Amount).is_some(),
            has_quantity: layout.column(Role::Quantity).is_some(),
            stock_codes: layout.has_stock_codes(),
        }
    }

    /// Whether rows need a hash over all their columns.
    pub fn finds_duplicates(&self) -> bool {
        self.on[Rule::Duplicate as usize]
    }
}

/// The first row that a rule removed, within a chunk.
pub(super) struct Removed {
    pub row: u64,
    pub values: Vec<(&'static str, String)>,
}

/// The result of a chunk.
pub(super) struct Chunk {
    /// Canonical columns of the rows kept.
    pub frame: DataFrame,
    pub counts: Counts,
    pub customers: Customers,
    pub removed: [Option<Removed>; RULES],
    pub dates: Tally,
    pub numbers: Tally,
    /// Earliest and latest purchase kept, in milliseconds.
    pub purchases: Option<(i64, i64)>,
    /// Hash and row number of each kept row, when duplicates are looked for.
    pub hashes: Vec<(u128, u64)>,
}

/// Makes a [`Chunk`] row by row.
pub(super) struct ChunkBuilder<'a> {
    plan: &'a Plan<'a>,
    rows: u64,
    counts: Counts,
    customers: Customers,
    removed: [Option<Removed>; RULES],
    dates: Tally,
    numbers: Tally,
    purchases: Option<(i64, i64)>,
    hashes: Vec<(u128, u64)>,
    columns: Columns,
    last_date: (String, Option<i64>),
    last_customer: (String, u32),
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    customer: String,
    invoice: String,
    product: String,
}

/// A row that was read, before it is judged.
struct Values<'r> {
    date: Option<i64>,
    quantity: Result<Option<Quantity>, ()>,
    price_sign: i64,
    amount: Option<i64>,
    invoice: Option<&'r str>,
    product: Option<&'r str>,
    customer: Option<&'r str>,
    description: Option<&'r str>,
}

#[derive(Clone, Copy)]
struct Quantity {
    whole: i64,
    sign: i64,
}

impl<'a> ChunkBuilder<'a> {
    /// For about `rows` rows, whose texts become `codes`.
    pub fn new(plan: &'a Plan<'a>, codes: &Codes, rows: usize) -> PolarsResult<Self> {
        Ok(Self {
            plan,
            rows: 0,
            counts: Counts::default(),
            customers: Customers::default(),
            removed: [const { None }; RULES],
            dates: Tally::default(),
            numbers: Tally::default(),
            purchases: None,
            hashes: Vec::new(),
            columns: Columns::with_capacity(codes, rows)?,
            last_date: (String::new(), None),
            last_customer: (String::new(), u32::MAX),
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
    }

    /// Judges a row. `number` is its place within the chunk, `hash` covers all its columns and is
    /// only asked for when duplicates are looked for.
    pub fn push(&mut self, number: u64, row: &Row<'_>, hash: impl FnOnce() -> u128) -> PolarsResult<()> {
        self.rows += 1;
        let mut scratch = std::mem::take(&mut self.scratch);
        let values = self.read(number, row, &mut scratch);
        let amount = values.amount.unwrap_or(0);
        let index = values.customer.map(|id| self.customer_index(id));
        let rule = self.plan.judge(&values);
        if let Some(index) = index {
            self.customers.reached(index, rule.map_or(KEPT, |rule| rule as usize));
        }
        match rule {
            Some(rule) => self.remove(rule, number, amount, row),
            None => self.keep(&values, row, &mut String::new())?,
        }
        if rule.is_none() && self.plan.finds_duplicates() {
            self.hashes.push((hash(), number));
        }
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
        let mark = self.plan.conventions.decimal;
        let quantity = match field(Role::Quantity) {
            Field::Null => Ok(None),
            present => present.number(mark, number, &mut self.numbers).map(Some).ok_or(()),
        };
        let mut price_sign = 0;
        let amount = if self.plan.has_amount {
            field(Role::Amount).number(mark, number, &mut self.numbers).and_then(|amount| amount.pennies())
        } else {
            let price = field(Role::Price).number(mark, number, &mut self.numbers);
            price_sign = price.map_or(0, |price| price.signum());
            quantity.ok().flatten().zip(price).and_then(|(quantity, price)| quantity.times_pennies(price))
        };
        Values {
            date,
            quantity: quantity.map(|q| q.map(|q| Quantity { whole: q.rounded(), sign: q.signum() })),
            price_sign,
            amount,
            invoice: field(Role::Invoice).id(&mut scratch.invoice),
            product: field(Role::Product).id(&mut scratch.product),
            customer: field(Role::Customer).id(&mut scratch.customer),
            description: match field(Role::Description) {
                Field::Text(text) => Some(*text),
                _ => None,
            },
        }
    }

    fn date(&mut self, number: u64, field: &Field<'_>) -> Option<i64> {
        let order = self.plan.conventions.date_order;
        let Field::Text(text) = field else { return field.moment(order, number, &mut self.dates) };
        // Lines of one purchase share its date.
        if self.last_date.0 != *text {
            self.last_date.1 = field.moment(order, number, &mut self.dates);
            self.last_date.0.clear();
            self.last_date.0.push_str(text);
        }
        self.last_date.1
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

    fn remove(&mut self, rule: Rule, number: u64, amount: i64, row: &Row<'_>) {
        self.counts.rows[rule as usize] += 1;
        self.counts.amounts[rule as usize] += i128::from(amount);
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
        self.counts.rows[KEPT] += 1;
        self.counts.amounts[KEPT] += i128::from(amount);
        let is_return = values.is_return();
        if !is_return {
            let (first, last) = self.purchases.unwrap_or((moment, moment));
            self.purchases = Some((first.min(moment), last.max(moment)));
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

    pub fn finish(self) -> PolarsResult<Chunk> {
        Ok(Chunk {
            frame: self.columns.into_frame()?,
            counts: self.counts,
            customers: self.customers,
            removed: self.removed,
            dates: self.dates,
            numbers: self.numbers,
            purchases: self.purchases,
            hashes: self.hashes,
        })
    }
}

impl Plan<'_> {
    /// The first rule that matches; `None` keeps the row. A required rule that is off still matches:
    /// the caller then refuses the row.
    fn judge(&self, values: &Values<'_>) -> Option<Rule> {
        let Some(date) = values.date else { return Some(Rule::UnparsableDate) };
        let Some(amount) = values.amount else { return Some(Rule::UnparsableNumber) };
        let Ok(quantity) = values.quantity else { return Some(Rule::UnparsableNumber) };
        if values.customer.is_none() {
            return Some(Rule::MissingCustomer);
        }
        let drops_returns = self.rules.returns == Returns::Drop;
        let quantity_sign = quantity.map_or(1, |q| q.sign);
        let matches = |rule: Rule| match rule {
            Rule::BadDebt => values.is_bad_debt(self.stock_codes),
            Rule::NonProduct => values
                .product
                .is_some_and(|code| is_non_product(code, self.stock_codes, &self.rules.non_product_codes)),
            Rule::Cancelled => values.is_cancelled(),
            Rule::NonPositiveQuantity => {
                self.has_quantity
                    && quantity_sign <= 0
                    && (drops_returns || amount == 0 || !self.has_amount && amount > 0)
            }
            Rule::NonPositivePrice => !self.has_amount && values.price_sign <= 0,
            Rule::NonPositiveAmount => self.has_amount && (amount == 0 || drops_returns && amount < 0),
            Rule::AfterReferenceDate => date > self.latest,
            _ => false,
        };
        Rule::ALL.into_iter().find(|rule| self.on[*rule as usize] && matches(*rule))
    }
}

impl Values<'_> {
    fn quantity_sign(&self) -> i64 {
        self.quantity.ok().flatten().map_or(1, |q| q.sign)
    }

    /// Goods or money went back.
    fn is_return(&self) -> bool {
        self.amount.is_some_and(|amount| amount < 0) || self.quantity_sign() < 0 || self.is_cancelled()
    }

    /// `C536379` with nothing bought. The sign is looked at because elsewhere `C…` is an ordinary number.
    fn is_cancelled(&self) -> bool {
        let marked = self.invoice.and_then(|i| i.strip_prefix(['C', 'c'])).is_some_and(is_digits);
        marked && (self.quantity_sign() <= 0 || self.amount.is_some_and(|amount| amount <= 0))
    }

    fn is_bad_debt(&self, stock_codes: bool) -> bool {
        let described = self.description.is_some_and(|text| {
            text.len() >= 15 && text.as_bytes()[..15].eq_ignore_ascii_case(b"adjust bad debt")
        });
        let marked = || self.invoice.and_then(|i| i.strip_prefix(['A', 'a'])).is_some_and(is_digits);
        described
            || stock_codes && self.product.is_some_and(|code| code.eq_ignore_ascii_case("B")) && marked()
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The canonical columns while they grow.
struct Columns {
    texts: TextColumns,
    moment: Vec<i64>,
    quantity: PrimitiveChunkedBuilder<Int64Type>,
    amount: Vec<i64>,
    is_return: BooleanChunkedBuilder,
    day: (i64, String),
}

impl Columns {
    fn with_capacity(codes: &Codes, rows: usize) -> PolarsResult<Self> {
        Ok(Self {
            texts: TextColumns::new(codes, rows)?,
            moment: Vec::with_capacity(rows),
            quantity: PrimitiveChunkedBuilder::new("quantity".into(), rows),
            amount: Vec::with_capacity(rows),
            is_return: BooleanChunkedBuilder::new("is_return".into(), rows),
            day: (i64::MIN, String::new()),
        })
    }

    /// The invoice, or the day where there is none.
    fn push_purchase(&mut self, invoice: Option<&str>, moment: i64) -> PolarsResult<()> {
        if let Some(invoice) = invoice {
            return self.texts.purchase.push(invoice);
        }
        let day = moment.div_euclid(DAY_MS);
        if day != self.day.0 {
            let date = chrono::DateTime::from_timestamp_millis(day * DAY_MS).unwrap_or_default();
            self.day = (day, date.format("%Y-%m-%d").to_string());
        }
        self.texts.purchase.push(&self.day.1)
    }

    fn into_frame(self) -> PolarsResult<DataFrame> {
        let moments = Int64Chunked::from_vec("purchased_at".into(), self.moment);
        DataFrame::new_infer_height(vec![
            self.texts.customer.finish(),
            self.texts.purchase.finish(),
            moments.into_datetime(TimeUnit::Milliseconds, None).into_column(),
            self.texts.product.finish(),
            self.texts.country.finish(),
            self.quantity.finish().into_column(),
            Int64Chunked::from_vec("amount_pennies".into(), self.amount).into_column(),
            self.is_return.finish().into_column(),
        ])
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
