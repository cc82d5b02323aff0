//! Currencies: which one an amount is in, and what is done with others than the one asked for.

use std::collections::BTreeMap;

use super::currency_codes::{CODES, code_of_sign, is_code};
use super::header::Layout;
use super::mapping::Role;
use super::number::{self, Decimal, DecimalMark};
use super::tally::Tally;

/// How many units of the run's currency one unit of another is worth, by code.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExchangeRates {
    rates: BTreeMap<String, Decimal>,
}

/// A table of exchange rates is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of the exchange rates is {text:?}; expected a currency and a positive rate, such as USD,0.92"
)]
pub struct RatesError {
    /// Line, from 1.
    pub line: usize,
    /// As given.
    pub text: String,
}

impl ExchangeRates {
    /// Reads lines of currency and rate, separated by a comma or semicolon; a first line without a number is a header.
    pub fn from_csv(text: &str) -> Result<Self, RatesError> {
        let mut rates = BTreeMap::new();
        for (at, line) in text
            .trim_start_matches('\u{feff}')
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let wrong = || RatesError { line: at + 1, text: line.to_owned() };
            let (code, rate) = line.split_once([',', ';']).ok_or_else(wrong)?;
            let rate = rate.trim();
            let mark = if rate.contains(',') { DecimalMark::Comma } else { DecimalMark::Point };
            match number::parse(rate, mark, 0, &mut Tally::default()) {
                Some(rate) if rate.signum() > 0 => drop(rates.insert(code_of(code), rate)),
                None if at == 0 && !rate.bytes().any(|b| b.is_ascii_digit()) => {}
                _ => return Err(wrong()),
            }
        }
        Ok(Self { rates })
    }

    fn get(&self, code: &str) -> Option<Decimal> {
        self.rates.get(code).copied()
    }

    /// `USD=0.92` for every currency.
    pub fn pairs(&self) -> Vec<String> {
        self.rates.iter().map(|(code, rate)| format!("{code}={rate}")).collect()
    }

    /// Whether there is no rate.
    pub fn is_empty(&self) -> bool {
        self.rates.is_empty()
    }
}

/// The currencies that are read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Currencies {
    /// The one that amounts are kept in, ISO 4217; rows in others are removed or converted.
    pub keep: Option<String>,
    /// What others are worth.
    pub rates: ExchangeRates,
}

impl Currencies {
    /// Whether rows are told apart by currency.
    pub(super) fn are_told_apart(&self) -> bool {
        self.keep.is_some() || !self.rates.is_empty()
    }

    /// What becomes of amounts in the currency that `text` names.
    pub(super) fn treatment(&self, text: &str) -> Treatment {
        let code = code_of(text);
        match self.rates.get(&code) {
            _ if self.keep.as_deref().map(code_of).is_some_and(|keep| keep == code) => Treatment::Keep,
            Some(rate) => Treatment::Convert(rate),
            None if self.are_told_apart() => Treatment::Remove,
            None => Treatment::Keep,
        }
    }
}

/// What becomes of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    Keep,
    Remove,
    Convert(Decimal),
}

impl Treatment {
    /// The amount in the run's currency, in pennies.
    pub fn apply(self, pennies: i64) -> Option<i64> {
        match self {
            Self::Keep | Self::Remove => Some(pennies),
            Self::Convert(rate) => Decimal::new(i128::from(pennies), 2)?.times_pennies(rate),
        }
    }
}

/// The code of a currency given by code, sign or name.
pub(super) fn code_of(text: &str) -> String {
    let upper = text.trim().to_uppercase();
    match upper.as_str() {
        "EURO" | "EUROS" => "EUR".to_owned(),
        "POUND" | "POUNDS" => "GBP".to_owned(),
        "REAL" | "REAIS" => "BRL".to_owned(),
        "DOLLAR" | "DOLLARS" => "USD".to_owned(),
        "YEN" => "JPY".to_owned(),
        "KR" => upper,
        _ => code_of_sign(&upper).map_or(upper, str::to_owned),
    }
}

/// Whether a text names a currency that is known.
pub(super) fn is_currency(text: &str) -> bool {
    is_code(&code_of(text)) || text.trim().eq_ignore_ascii_case("kr")
}

/// The column that names currencies by its values alone: every one of the first rows holds a code in it. Its own name is
/// not known.
pub(super) fn column_of_codes(layout: &Layout, rows: &[Vec<String>]) -> Option<usize> {
    const FEWEST: usize = 5;
    let is_used = |column: usize| layout.slots().any(|(_, used)| used == column);
    let holds_codes = |column: &usize| {
        let values = rows.iter().filter_map(|row| row.get(*column)).filter(|value| !value.is_empty());
        values.clone().count() >= FEWEST && values.clone().all(|value| CODES.contains(&value.as_str()))
    };
    let none = layout.column(Role::Currency).is_none();
    (0..layout.columns.len()).filter(|at| none && !is_used(*at)).find(holds_codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_names_are_codes() {
        for (text, code) in [
            ("eur", "EUR"),
            ("€", "EUR"),
            (" R$ ", "BRL"),
            ("US$", "USD"),
            ("SEK", "SEK"),
            ("MX$", "MXN"),
            ("Kč", "CZK"),
            ("₽", "RUB"),
        ] {
            assert_eq!(code_of(text), code);
        }
    }

    #[test]
    fn currencies_are_told_from_other_texts() {
        assert!(["usd", "€", "R$", "Reais", "kr", "SEK"].into_iter().all(is_currency));
        assert!(!["986", "12.50", "São Paulo", "XYZ", ""].into_iter().any(is_currency));
    }

    #[test]
    fn one_currency_is_kept_and_others_converted_or_removed() {
        let rates = ExchangeRates::from_csv("currency,rate\nUSD,0.5\nJPY;0,01\n").expect("rates");
        let currencies = Currencies { keep: Some("EUR".to_owned()), rates };
        assert_eq!(currencies.treatment("€"), Treatment::Keep);
        assert_eq!(currencies.treatment("usd").apply(301), Some(151), "half away from zero");
        assert_eq!(currencies.treatment("JPY").apply(10_000), Some(100));
        assert_eq!(currencies.treatment("INR"), Treatment::Remove);
        assert_eq!(Currencies::default().treatment("INR"), Treatment::Keep);
    }

    #[test]
    fn what_is_no_rate_is_refused_with_its_line() {
        for (text, line) in
            [("USD,0.5\nJPY", 2), ("currency,rate\nUSD,-1", 2), ("USD,0", 1), ("a,b\nUSD,x", 2)]
        {
            assert_eq!(ExchangeRates::from_csv(text).expect_err(text).line, line, "{text}");
        }
    }
}
