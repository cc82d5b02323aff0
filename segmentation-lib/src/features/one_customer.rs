//! The features of one customer from a handful of transactions.
//!
//! The same definitions as `features.sql`, which serves millions of rows, in plain Rust for a few: a
//! test holds one against the other.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};

use crate::reference_date::ReferenceDate;

const SECONDS_A_DAY: f64 = 86_400.0;

/// One line of a purchase, or of goods taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct PurchaseLine {
    /// When.
    pub at: NaiveDateTime,
    /// Amount in pennies; negative where goods were taken back.
    pub amount_pennies: i64,
    /// Invoice number; without one a day is a purchase.
    pub purchase: Option<String>,
    /// Product code.
    pub product: Option<String>,
    /// Units bought.
    pub quantity: Option<f64>,
}

/// Why transactions do not give the features.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OneCustomerError {
    /// There is no transaction.
    #[error("there is no transaction; a customer without one has no recency")]
    Empty,
    /// A transaction lies after the reference date.
    #[error("transaction {line} is of {at}, after the run's reference date {reference}")]
    Future {
        /// Index of the transaction, from 0.
        line: usize,
        /// Its time.
        at: NaiveDateTime,
        /// The run's reference date.
        reference: ReferenceDate,
    },
    /// A feature needs what a transaction does not have.
    #[error("transaction {line} has no {field}, which the feature {feature} is made of")]
    Missing {
        /// Index of the transaction, from 0.
        line: usize,
        /// The field.
        field: &'static str,
        /// The feature.
        feature: String,
    },
    /// The feature cannot be made of transactions.
    #[error("the feature {feature} cannot be computed from transactions; give its value")]
    Unknown {
        /// The feature.
        feature: String,
    },
}

/// The named features of the customer who made `lines`, in original units. Cost O(n log n).
pub fn features(
    lines: &[PurchaseLine],
    reference: ReferenceDate,
    names: &[&str],
) -> Result<Vec<f64>, OneCustomerError> {
    if let Some((line, late)) = lines.iter().enumerate().find(|(_, line)| reference.is_before(line.at)) {
        return Err(OneCustomerError::Future { line, at: late.at, reference });
    }
    let history = History::of(lines, reference).ok_or(OneCustomerError::Empty)?;
    names.iter().map(|name| history.feature(name)).collect()
}

/// What a purchase is told by: its invoice, or its day where there is none.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum PurchaseKey<'a> {
    Invoice(&'a str),
    Day(NaiveDate),
}

struct History<'a> {
    lines: &'a [PurchaseLine],
    reference: ReferenceDate,
    frequency: f64,
    /// First and last purchase; of any transaction where there was no purchase.
    first: NaiveDateTime,
    last: NaiveDateTime,
    last_transaction: NaiveDateTime,
    net: f64,
    purchased: f64,
}

impl<'a> History<'a> {
    fn of(lines: &'a [PurchaseLine], reference: ReferenceDate) -> Option<Self> {
        let bought = || lines.iter().filter(|line| !line.is_return());
        let purchases: BTreeSet<_> = bought().map(PurchaseLine::purchase_key).collect();
        // Whole pennies are summed exactly; only the sum becomes a float.
        let sum = |amounts: &mut dyn Iterator<Item = i64>| amounts.map(i128::from).sum::<i128>() as f64;
        let times = || lines.iter().map(|line| line.at);
        Some(Self {
            lines,
            reference,
            frequency: purchases.len() as f64,
            first: bought().map(|line| line.at).min().or(times().min())?,
            last: bought().map(|line| line.at).max().or(times().max())?,
            last_transaction: times().max()?,
            net: sum(&mut lines.iter().map(|line| line.amount_pennies)),
            purchased: sum(&mut bought().map(|line| line.amount_pennies)),
        })
    }

    fn feature(&self, name: &str) -> Result<f64, OneCustomerError> {
        Ok(match name {
            "recency" => self.days_since(self.last),
            "frequency" => self.frequency,
            "monetary" => self.net,
            "tenure" => self.days_since(self.first),
            "basket" if self.frequency == 0.0 => 0.0,
            "basket" => self.purchased / self.frequency,
            "interpurchase" => self.interpurchase(),
            "return_rate" => self.return_rate(),
            "lines" => self.lines.len() as f64,
            "activity" => self.days_since(self.last_transaction),
            "products" => self.products()?,
            "units" => self.units()?,
            _ => return Err(OneCustomerError::Unknown { feature: name.to_owned() }),
        })
    }

    fn days_since(&self, moment: NaiveDateTime) -> f64 {
        self.reference.days_since(moment) as f64
    }

    fn interpurchase(&self) -> f64 {
        if self.frequency < 2.0 {
            return self.days_since(self.first);
        }
        (self.last - self.first).num_seconds() as f64 / SECONDS_A_DAY / (self.frequency - 1.0)
    }

    fn return_rate(&self) -> f64 {
        if self.purchased == 0.0 {
            1.0
        } else {
            ((self.purchased - self.net) / self.purchased).clamp(0.0, 1.0)
        }
    }

    fn products(&self) -> Result<f64, OneCustomerError> {
        let codes = self.bought("products", "product", |line| line.product.as_deref())?;
        Ok(codes.into_iter().collect::<BTreeSet<_>>().len() as f64)
    }

    fn units(&self) -> Result<f64, OneCustomerError> {
        Ok(self.bought("units", "quantity", |line| line.quantity)?.into_iter().sum())
    }

    /// A field of every purchased line, all of which must have it.
    fn bought<T>(
        &self,
        feature: &str,
        field: &'static str,
        get: impl Fn(&'a PurchaseLine) -> Option<T>,
    ) -> Result<Vec<T>, OneCustomerError> {
        let bought = self.lines.iter().enumerate().filter(|(_, line)| !line.is_return());
        let missing = |line| OneCustomerError::Missing { line, field, feature: feature.to_owned() };
        bought.map(|(i, line)| get(line).ok_or_else(|| missing(i))).collect()
    }
}

impl PurchaseLine {
    fn is_return(&self) -> bool {
        self.amount_pennies < 0
    }

    fn purchase_key(&self) -> PurchaseKey<'_> {
        self.purchase.as_deref().map_or(PurchaseKey::Day(self.at.date()), PurchaseKey::Invoice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: &str, amount_pennies: i64, purchase: Option<&str>) -> PurchaseLine {
        PurchaseLine {
            at: at.parse().expect("a literal"),
            amount_pennies,
            purchase: purchase.map(str::to_owned),
            product: Some(format!("p{}", amount_pennies % 2)),
            quantity: Some(2.0),
        }
    }

    const ALL: [&str; 11] = [
        "recency",
        "frequency",
        "monetary",
        "tenure",
        "basket",
        "interpurchase",
        "return_rate",
        "lines",
        "activity",
        "products",
        "units",
    ];

    fn day() -> ReferenceDate {
        "2011-12-10".parse().expect("a day")
    }

    #[test]
    fn purchases_and_returns_count_as_worked_out_by_hand() {
        let lines = [
            line("2011-12-01T10:00:00", 1000, Some("A")),
            line("2011-12-01T10:00:00", 501, Some("A")),
            line("2011-12-05T22:00:00", 600, Some("B")),
            line("2011-12-08T09:00:00", -500, Some("CA")),
        ];
        let seen = features(&lines, day(), &ALL).expect("complete");
        let (purchased, net) = (2101.0, 1601.0);
        let expected =
            [5.0, 2.0, net, 9.0, purchased / 2.0, 4.5, (purchased - net) / purchased, 4.0, 2.0, 2.0, 6.0];
        assert_eq!(seen, expected);
    }

    #[test]
    fn without_invoices_a_day_is_a_purchase() {
        let lines = [
            line("2011-12-01T10:00:00", 1, None),
            line("2011-12-01T23:00:00", 1, None),
            line("2011-12-02T00:00:00", 1, None),
        ];
        assert_eq!(features(&lines, day(), &["frequency"]), Ok(vec![2.0]));
    }

    #[test]
    fn a_customer_who_only_returned_has_the_limits() {
        let lines = [line("2011-12-01T10:00:00", -5, None)];
        let seen = features(&lines, day(), &ALL).expect("complete");
        assert_eq!(seen, [9.0, 0.0, -5.0, 9.0, 0.0, 9.0, 1.0, 1.0, 9.0, 0.0, 0.0]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut lines = vec![line("2011-12-01T10:00:00", 1, None)];
        assert_eq!(features(&[], day(), &ALL), Err(OneCustomerError::Empty));
        lines[0].product = None;
        let missing = OneCustomerError::Missing { line: 0, field: "product", feature: "products".to_owned() };
        assert_eq!(features(&lines, day(), &["products"]), Err(missing));
        assert!(matches!(features(&lines, day(), &["mood"]), Err(OneCustomerError::Unknown { .. })));
        lines.push(line("2011-12-11T00:00:00", 1, None));
        assert!(matches!(
            features(&lines, day(), &["recency"]),
            Err(OneCustomerError::Future { line: 1, .. })
        ));
    }
}
