//! A row that was read, and the rule that it falls under.

use super::currency::Treatment;
use super::date::DAY_MS;
use super::invoices::Order;
use super::judged::Watched;
use super::meaning::Meaning;
use super::placeholder::IdFlaw;
use super::plan::Plan;
use super::rules::{Returns, Rule, is_no_product, is_non_product};
use super::sum_words::is_called_a_sum;

/// A row that was read, before it is judged.
pub(super) struct Values<'r> {
    pub date: Option<i64>,
    pub quantity: Result<Option<Quantity>, ()>,
    pub price_sign: i64,
    pub amount: Option<i64>,
    pub invoice: Option<&'r str>,
    pub product: Option<&'r str>,
    pub customer: Option<&'r str>,
    pub flaw: Option<IdFlaw>,
    pub watched: Watched,
    pub description: Option<&'r str>,
}

/// Units of goods, rounded, and the sign of what was written.
#[derive(Clone, Copy)]
pub(super) struct Quantity {
    pub whole: i64,
    pub sign: i64,
}

impl Plan<'_> {
    /// The first rule that matches; `None` keeps the row. A required rule that is off still matches:
    /// the caller then refuses the row.
    #[inline]
    pub fn judge(&self, values: &Values<'_>) -> Option<Rule> {
        let Some(date) = values.date else { return Some(self.without_date(values)) };
        let Some(amount) = values.amount else { return Some(Rule::UnparsableNumber) };
        let Ok(quantity) = values.quantity else { return Some(Rule::UnparsableNumber) };
        if values.customer.is_none() {
            return Some(Rule::MissingCustomer);
        }
        if values.flaw == Some(IdFlaw::TooLong) {
            return Some(Rule::LongCustomer);
        }
        if values.watched.treatment == Treatment::Remove && !self.is_on(Rule::OtherCurrency) {
            return Some(Rule::OtherCurrency);
        }
        let drops_returns = self.rules.returns == Returns::Drop;
        let quantity_sign = quantity.map_or(1, |q| q.sign);
        let watched = values.watched;
        let matches = |rule: Rule| match rule {
            Rule::PlaceholderCustomer => values.flaw == Some(IdFlaw::Placeholder),
            Rule::ImplausibleDate => {
                let day = date.div_euclid(DAY_MS);
                self.conventions.plausible.is_some_and(|(first, last)| day < first || day > last)
            }
            Rule::NotASale => {
                watched.meaning == Meaning::NotASale || watched.meaning == Meaning::Refund && drops_returns
            }
            Rule::OtherCurrency => watched.treatment == Treatment::Remove,
            Rule::BadDebt => values.is_bad_debt(self.stock_codes),
            Rule::NonProduct => {
                let codes = &self.rules.non_product_codes;
                values.product.is_some_and(|code| is_non_product(code, self.stock_codes, codes))
                    || values.is_called_a_sum()
                    || self.words_name_no_product
                        && [values.product, values.description].into_iter().flatten().any(is_no_product)
            }
            Rule::Cancelled => values.is_cancelled(),
            Rule::NonPositiveQuantity => {
                self.has_quantity
                    && quantity_sign <= 0
                    && (drops_returns || amount == 0 || !self.has_amount && amount > 0)
            }
            Rule::NonPositivePrice => self.has_money && !self.has_amount && values.price_sign <= 0,
            Rule::NonPositiveAmount => self.has_amount && (amount == 0 || drops_returns && amount < 0),
            Rule::AfterReferenceDate => date > self.latest,
            _ => false,
        };
        Rule::ALL.into_iter().find(|rule| self.is_on(*rule) && matches(*rule))
    }
}

impl Plan<'_> {
    /// The rule of a row without a date. One of nobody is a sum under the table or a note, and nothing is lost with it.
    fn without_date(&self, values: &Values<'_>) -> Rule {
        match values.flaw {
            _ if values.customer.is_none() => Rule::MissingCustomer,
            Some(IdFlaw::Placeholder) if self.is_on(Rule::PlaceholderCustomer) => Rule::PlaceholderCustomer,
            _ => Rule::UnparsableDate,
        }
    }
}

impl Values<'_> {
    /// Whether the row is the sum of others by what stands for its invoice or its product.
    #[inline]
    pub fn is_called_a_sum(&self) -> bool {
        self.invoice.is_some_and(is_called_a_sum) || self.product.is_some_and(is_called_a_sum)
    }

    fn quantity_sign(&self) -> i64 {
        self.quantity.ok().flatten().map_or(1, |q| q.sign)
    }

    /// Goods or money went back.
    #[inline]
    pub fn is_return(&self) -> bool {
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

/// What tells the lines of one order: the invoice with its customer and day; without invoices the customer and the moment,
/// or the day where the amount is named a total. None where lines of an order cannot be told.
pub(super) fn order(plan: &Plan<'_>, values: &Values<'_>) -> Option<Order> {
    let (customer, moment) = (values.customer?, values.date?);
    let day = moment.div_euclid(DAY_MS);
    if let Some(invoice) = values.invoice {
        return Some(Order { number: order_of_invoice(invoice), customer: order_of_invoice(customer), day });
    }
    let tells = plan.named_a_total || moment.rem_euclid(DAY_MS) != 0;
    let has_invoices = plan.layout.column(super::mapping::Role::Invoice).is_some();
    (tells && !has_invoices).then(|| Order { number: order_of_moment(customer, moment), customer: 0, day })
}

/// The order that an invoice is.
pub(super) fn order_of_invoice(invoice: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(invoice.as_bytes())
}

/// The order that a customer's moment is, in milliseconds from 1970-01-01.
pub(super) fn order_of_moment(customer: &str, moment: i64) -> u64 {
    order_of_invoice(customer) ^ (moment as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
