//! How the rows of a file are read: its columns, the rules and the conventions of a pass.

use std::collections::BTreeSet;

use super::date::{DAY_MS, DateOrder};
use super::header::{Layout, ROLES};
use super::invoices::{LineMoney, names_a_total};
use super::mapping::Role;
use super::meaning::{Kinds, MARKING};
use super::minor::places;
use super::normal::normalized;
use super::number::DecimalMark;
use super::pieces::unit_column;
use super::rules::{RULES, Rule, Rules};
use super::{AmountOf, ReadOptions};
use crate::reference_date::ReferenceDate;

/// How ambiguous values are read in a pass over the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Conventions {
    pub date_order: DateOrder,
    /// Years of two digits come first: `25-03-02`.
    pub years_first: bool,
    pub decimal: DecimalMark,
    /// Numbers in the column of dates are a spreadsheet's day numbers.
    pub serial_days: bool,
    /// Columns of money hold whole units of the currency, although their names say hundredths.
    pub own_units: bool,
    /// Quantities are written with three digits behind the mark: `1.000` is one piece.
    pub thousandths: bool,
    /// First and last plausible day, days from 1970-01-01; none where all are.
    pub plausible: Option<(i64, i64)>,
    /// How the amounts of an invoice's lines are meant.
    pub line_money: LineMoney,
    /// An invoice's number holds for a day alone.
    pub numbers_begin_again: bool,
    /// A column of states holds bookings: a refund is one of its own.
    pub states_are_kinds: bool,
    /// What the kinds of bookings say of one another.
    pub kinds: Kinds,
    /// Columns recognised by their header whose values are of another kind, by [`super::meaning::MARKING`].
    pub unmarked: [bool; MARKING.len()],
    /// Columns that hold a value which the caller names as one of sales, in the same order.
    pub named_sales: [bool; MARKING.len()],
    /// States are those of stays: guests check out, or do not show up.
    pub stays: bool,
}

/// Roles whose columns hold money.
pub(super) const MONEY: [Role; 3] = [Role::Price, Role::Amount, Role::Refunded];

/// Everything a chunk needs to know of the file it belongs to.
pub(super) struct Plan<'a> {
    pub layout: &'a Layout,
    pub rules: &'a Rules,
    pub conventions: Conventions,
    /// The last moment that is not after the reference date, in milliseconds.
    pub latest: i64,
    pub options: &'a ReadOptions,
    on: [bool; RULES],
    pub has_money: bool,
    pub has_amount: bool,
    pub has_quantity: bool,
    pub stock_codes: bool,
    /// A product may be a word such as freight; among Online Retail's codes these have codes of their own.
    pub words_name_no_product: bool,
    /// Amounts may be totals that are repeated on the lines of an invoice.
    pub asks_invoices: bool,
    /// The amount's name is one of an order's total.
    pub named_a_total: bool,
    pub has_refunded: bool,
    /// Decimal places by which the numbers of a role are larger than units of the currency.
    pub places: [u8; ROLES],
    /// A column that is not used says in what quantities are measured, which prices are multiplied by.
    pub names_units: bool,
    pub has_contact: bool,
    /// Products are codes beside which a name stands.
    pub describes_products: bool,
    /// Amounts beside quantities may be prices of one piece: the column was recognised, and is not called a total.
    pub asks_prices: bool,
    /// There are several tables, which may hold the same purchases.
    pub compares_tables: bool,
    /// Cells of the table show currencies by their formats.
    pub shows_currencies: bool,
    /// The currencies that the table's names say.
    pub named_currencies: BTreeSet<&'static str>,
}

impl<'a> Plan<'a> {
    pub fn new(layout: &'a Layout, options: &'a ReadOptions, conventions: Conventions) -> Self {
        let rules = &options.rules;
        let has = |role| layout.column(role).is_some();
        let latest = match options.reference {
            None => i64::MAX,
            Some(ReferenceDate::Day(day)) => i64::from(day.to_epoch_days() + 1) * DAY_MS - 1,
            Some(ReferenceDate::Instant(instant)) => instant.and_utc().timestamp_millis(),
        };
        Self {
            layout,
            rules,
            conventions,
            latest,
            options,
            on: Rule::ALL.map(|rule| rules.is_on(rule)),
            has_money: layout.has_money(),
            has_amount: has(Role::Amount) && conventions.line_money != LineMoney::Priced,
            has_quantity: has(Role::Quantity),
            stock_codes: layout.has_stock_codes(),
            words_name_no_product: !layout.has_stock_codes(),
            asks_invoices: has(Role::Amount)
                && (has(Role::Invoice)
                    || [Role::Product, Role::Description, Role::Quantity].into_iter().any(has))
                && options.line_money != Some(AmountOf::Line)
                && conventions.line_money != LineMoney::Priced,
            named_a_total: layout.name(Role::Amount).is_some_and(|name| names_a_total(&normalized(name))),
            has_refunded: has(Role::Refunded),
            places: Role::ALL.map(|role| match (MONEY.contains(&role), layout.name(role)) {
                (true, Some(name)) if !conventions.own_units => places(name),
                _ => 0,
            }),
            names_units: !has(Role::Amount) && layout.has_money() && unit_column(layout).is_some(),
            has_contact: has(Role::Contact),
            describes_products: has(Role::Product) && has(Role::Description),
            asks_prices: [Role::Amount, Role::Quantity, Role::Product].into_iter().all(has)
                && !has(Role::Price)
                && options.mapping.get(Role::Amount).is_none()
                && !layout.name(Role::Amount).is_some_and(|name| names_a_total(&normalized(name))),
            compares_tables: false,
            shows_currencies: false,
            named_currencies: BTreeSet::new(),
        }
    }

    /// Whether the total of an invoice stands on each of its lines.
    pub fn counts_totals(&self) -> bool {
        self.conventions.line_money == LineMoney::TotalOnEach
    }

    /// Whether the name of a column says that its money is in hundredths or millionths.
    pub fn names_minor_units(&self) -> bool {
        self.places.iter().any(|places| *places > 0)
    }

    pub fn is_on(&self, rule: Rule) -> bool {
        self.on[rule as usize]
    }

    /// Whether rows need a hash over all their columns.
    pub fn finds_duplicates(&self) -> bool {
        self.on[Rule::Duplicate as usize]
    }
}
