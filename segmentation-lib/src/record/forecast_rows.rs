//! Every customer's forecast, in a block that a reader may skip.

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use super::{PackedRows, date_text};

/// Bytes a customer takes in the block.
const BYTES: usize = 36;

/// A customer's past and what to expect within the horizon of [`super::Forecast`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ForecastRow {
    /// Days with a purchase so far, at least 1.
    pub purchases: u32,
    /// Days from the first of them to the last.
    pub span_days: u32,
    /// What they brought, returned money taken off, in pennies; none where the data holds no money.
    pub value_pennies: Option<i64>,
    /// Purchases to expect.
    pub expected_purchases: f32,
    /// Probability that the customer is still one, in [0, 1]; none where the model says nothing of it.
    pub alive: Option<f32>,
    /// What a purchase is expected to bring, in pennies; none without a model of it.
    pub expected_spend_pennies: Option<i64>,
    /// Day by which the customer, if still one, has bought again with a chance of one half; none beyond the calendar.
    #[serde(with = "date_text")]
    pub next_purchase: Option<NaiveDate>,
}

/// The forecasts of all customers, in the order of the assignments; none for who made no purchase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecasts {
    /// One a customer.
    pub rows: Vec<Option<ForecastRow>>,
}

/// Bytes that are no forecasts of so many customers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// Another number of customers.
    #[error("it has {seen} bytes for {customers} customers, where there should be {expected}")]
    Length {
        /// Bytes seen.
        seen: usize,
        /// Customers of the run.
        customers: usize,
        /// Bytes that they take.
        expected: usize,
    },
    /// A row that cannot be.
    #[error(
        "customer {row} has a forecast that cannot be: numbers are not negative, a probability is at most 1"
    )]
    Row {
        /// Index of the customer, from 0.
        row: usize,
    },
    /// Forecasts without what they rest on, or the other way round.
    #[error("the manifest's forecast and the customers' belong together, and one of them is missing")]
    Apart,
}

impl ForecastRow {
    /// Mean days from one purchase to the next; none with a single purchase.
    pub fn mean_gap_days(&self) -> Option<f64> {
        (self.purchases > 1).then(|| f64::from(self.span_days) / f64::from(self.purchases - 1))
    }

    /// Mean value of a purchase so far, in pennies.
    pub fn mean_value_pennies(&self) -> Option<f64> {
        self.value_pennies.map(|value| value as f64 / f64::from(self.purchases.max(1)))
    }

    /// What the customer is expected to bring, in pennies: purchases times what one brings; none without the latter.
    pub fn expected_value_pennies(&self) -> Option<i64> {
        // A cast saturates: nobody spends that much.
        self.expected_spend_pennies
            .map(|spend| (f64::from(self.expected_purchases) * spend as f64).round() as i64)
    }

    fn is_possible(&self) -> bool {
        let number = self.expected_purchases.is_finite() && self.expected_purchases >= 0.0;
        self.purchases > 0 && number && self.alive.is_none_or(|alive| (0.0..=1.0).contains(&alive))
    }
}

/// In place of an amount, a day or a probability that is not known.
const NO_PENNIES: i64 = i64::MIN;
const NO_DAY: i32 = i32::MIN;
const NO_PROBABILITY: f32 = -1.0;

impl Forecasts {
    /// Name of the block in [`super::Manifest::blocks`].
    pub const BLOCK: &'static str = "forecast";

    /// The forecasts of the customers whose row is marked.
    pub(super) fn only(&self, marked: impl Iterator<Item = bool>) -> Self {
        let rows = self.rows.iter().zip(marked).filter(|(_, marked)| *marked).map(|(row, _)| *row);
        Self { rows: rows.collect() }
    }

    /// The block's bytes: 36 a customer, little-endian; all zero for who has none.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES * self.rows.len());
        for row in &self.rows {
            match row {
                Some(row) => row.encode(&mut bytes),
                None => bytes.extend([0; BYTES]),
            }
        }
        bytes
    }

    /// Reads what [`Forecasts::encode`] wrote. Any bytes give the forecasts of `customers` customers or an error.
    pub fn decode(bytes: &[u8], customers: usize) -> Result<Self, ForecastError> {
        let packed = PackedForecasts::new(bytes, customers)?;
        Ok(packed.unpacked())
    }
}

/// Numbers of a forecast.
const NUMBERS: usize = 7;

/// The same as [`Forecasts`], verified, in about half the block's bytes, for who holds many and asks for few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedForecasts(PackedRows<NUMBERS>);

impl PackedForecasts {
    /// Of the bytes that [`Forecasts::encode`] wrote. Any bytes give the forecasts of `customers` customers or an error.
    /// Cost O(n).
    pub fn new(bytes: &[u8], customers: usize) -> Result<Self, ForecastError> {
        let expected = BYTES.saturating_mul(customers);
        if bytes.len() != expected {
            return Err(ForecastError::Length { seen: bytes.len(), customers, expected });
        }
        let (rows, _) = bytes.as_chunks::<BYTES>();
        let impossible = |row: &[u8; BYTES]| forecast(row).is_some_and(|forecast| !forecast.is_possible());
        match rows.iter().position(impossible) {
            Some(row) => Err(ForecastError::Row { row }),
            None => Ok(Self(PackedRows::of(rows.iter().map(numbers)))),
        }
    }

    /// The forecast of the customer at this place; none for who has none.
    pub fn get(&self, row: usize) -> Option<ForecastRow> {
        self.0.get(row).and_then(ForecastRow::of_numbers)
    }

    /// All, one by one.
    pub fn unpacked(&self) -> Forecasts {
        Forecasts { rows: (0..self.0.len()).map(|row| self.get(row)).collect() }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

/// What a customer's bytes say; none for who has no forecast.
fn forecast(bytes: &[u8; BYTES]) -> Option<ForecastRow> {
    (*bytes != [0; BYTES]).then(|| ForecastRow::decode(bytes))
}

/// The same as numbers, all absent for who has no forecast.
fn numbers(bytes: &[u8; BYTES]) -> [Option<u64>; NUMBERS] {
    forecast(bytes).map_or([None; NUMBERS], ForecastRow::numbers)
}

/// The number whose order among unsigned ones is that of a signed one.
fn ascending(number: i64) -> u64 {
    number.cast_unsigned() ^ SIGN
}

fn signed(number: u64) -> i64 {
    (number ^ SIGN).cast_signed()
}

const SIGN: u64 = 1 << 63;

impl ForecastRow {
    fn numbers(self) -> [Option<u64>; NUMBERS] {
        [
            Some(u64::from(self.purchases)),
            Some(u64::from(self.span_days)),
            self.value_pennies.map(ascending),
            self.expected_spend_pennies.map(ascending),
            Some(u64::from(self.expected_purchases.to_bits())),
            self.alive.map(|alive| u64::from(alive.to_bits())),
            self.next_purchase.map(|day| ascending(i64::from(days(day)))),
        ]
    }

    /// Numbers of 32 bits come back as they went in.
    fn of_numbers(numbers: [Option<u64>; NUMBERS]) -> Option<Self> {
        let [purchases, span, value, spend, expected, alive, next] = numbers;
        Some(Self {
            purchases: purchases? as u32,
            span_days: span? as u32,
            value_pennies: value.map(signed),
            expected_spend_pennies: spend.map(signed),
            expected_purchases: f32::from_bits(expected? as u32),
            alive: alive.map(|bits| f32::from_bits(bits as u32)),
            next_purchase: next.and_then(|day| date(signed(day) as i32)),
        })
    }
}

impl ForecastRow {
    fn encode(&self, bytes: &mut Vec<u8>) {
        let pennies = |amount: Option<i64>| amount.unwrap_or(NO_PENNIES).to_le_bytes();
        bytes.extend(self.purchases.to_le_bytes());
        bytes.extend(self.span_days.to_le_bytes());
        bytes.extend(pennies(self.value_pennies));
        bytes.extend(pennies(self.expected_spend_pennies));
        bytes.extend(self.expected_purchases.to_le_bytes());
        bytes.extend(self.alive.unwrap_or(NO_PROBABILITY).to_le_bytes());
        bytes.extend(self.next_purchase.map_or(NO_DAY, days).to_le_bytes());
    }

    fn decode(bytes: &[u8; BYTES]) -> Self {
        let four = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let pennies = |at: usize| {
            let (low, high) = (u32::from_le_bytes(four(at)), u32::from_le_bytes(four(at + 4)));
            let amount = (u64::from(high) << 32 | u64::from(low)).cast_signed();
            (amount != NO_PENNIES).then_some(amount)
        };
        Self {
            purchases: u32::from_le_bytes(four(0)),
            span_days: u32::from_le_bytes(four(4)),
            value_pennies: pennies(8),
            expected_spend_pennies: pennies(16),
            expected_purchases: f32::from_le_bytes(four(24)),
            alive: Some(f32::from_le_bytes(four(28))).filter(|alive| *alive != NO_PROBABILITY),
            next_purchase: date(i32::from_le_bytes(four(32))),
        }
    }
}

/// Days since 1 January 1970.
fn days(date: NaiveDate) -> i32 {
    // The calendar has fewer than 2^28 days.
    (date - NaiveDate::default()).num_days() as i32
}

/// The day, none beyond the calendar.
fn date(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(TimeDelta::days(i64::from(days)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row() -> impl Strategy<Value = ForecastRow> {
        let amount = || prop::option::of(-1_000_000_i64..1_000_000_000);
        let day = prop::option::of(
            (-200_000..4_000_000_i32).prop_map(|days| date(days).expect("within the calendar")),
        );
        let past = (1..9999_u32, any::<u32>(), amount());
        (past, 0.0_f32..1e6, prop::option::of(0.0_f32..=1.0), amount(), day).prop_map(
            |(
                (purchases, span_days, value_pennies),
                expected_purchases,
                alive,
                expected_spend_pennies,
                next_purchase,
            )| {
                ForecastRow {
                    purchases,
                    span_days,
                    value_pennies,
                    expected_purchases,
                    alive,
                    expected_spend_pennies,
                    next_purchase,
                }
            },
        )
    }

    fn rows() -> impl Strategy<Value = Forecasts> {
        prop::collection::vec(prop::option::of(row()), 0..40).prop_map(|rows| Forecasts { rows })
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(forecasts in rows()) {
            let customers = forecasts.rows.len();
            prop_assert_eq!(Forecasts::decode(&forecasts.encode(), customers), Ok(forecasts));
        }

        #[test]
        fn other_bytes_never_panic(forecasts in rows(), bytes in prop::collection::vec(any::<u8>(), BYTES)) {
            let length = Forecasts::decode(&forecasts.encode(), forecasts.rows.len() + 1);
            prop_assert!(matches!(length, Err(ForecastError::Length { .. })), "{:?}", length);
            if let Ok(one) = Forecasts::decode(&bytes, 1) {
                prop_assert_eq!(one.encode().len(), BYTES);
            }
        }
    }

    #[test]
    fn held_forecasts_take_less_than_three_fifths_of_their_bytes() {
        let row = |i: u32| ForecastRow {
            purchases: 1 + i % 40,
            span_days: i % 700,
            value_pennies: Some(i64::from(i * 37 % 900_000)),
            expected_purchases: (i % 997) as f32 / 100.0,
            alive: Some((i % 991) as f32 / 1000.0),
            expected_spend_pennies: Some(i64::from(i * 13 % 20_000)),
            next_purchase: date(15_000 + (i % 400) as i32),
        };
        let rows = (0..10_000).map(|i| (i % 11 != 0).then(|| row(i))).collect();
        let bytes = Forecasts { rows }.encode();
        let packed = PackedForecasts::new(&bytes, 10_000).expect("own bytes");
        assert!(packed.bytes() * 5 < bytes.len() * 3, "{} of {}", packed.bytes(), bytes.len());
    }

    #[test]
    fn a_forecast_that_cannot_be_is_refused() {
        let good = ForecastRow {
            purchases: 2,
            span_days: 30,
            value_pennies: Some(500),
            expected_purchases: 0.5,
            alive: Some(0.9),
            expected_spend_pennies: Some(300),
            next_purchase: None,
        };
        assert_eq!(good.mean_gap_days(), Some(30.0));
        assert_eq!(good.mean_value_pennies(), Some(250.0));
        assert_eq!(good.expected_value_pennies(), Some(150));
        let bad = [
            ForecastRow { alive: Some(1.5), ..good },
            ForecastRow { expected_purchases: f32::NAN, ..good },
            ForecastRow { expected_purchases: -1.0, ..good },
            ForecastRow { purchases: 0, ..good },
        ];
        for row in bad {
            let bytes = Forecasts { rows: vec![Some(good), Some(row)] }.encode();
            assert_eq!(Forecasts::decode(&bytes, 2), Err(ForecastError::Row { row: 1 }), "{row:?}");
        }
    }
}
