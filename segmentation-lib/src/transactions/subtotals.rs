//! Rows that are sums of others: told by their words, or by their amounts.
//!
//! A report that was saved as a table has a row below each customer, below each month or at its end that adds up what
//! stands above. With a date and a name it looks like a purchase, and everything counts twice.

use polars::prelude::*;

use super::error::TransactionsError;
use super::normal::normalized;
use super::parts::Parts;

/// Words that are a sum, alone.
const SUMS: [&str; 17] = [
    "total",
    "totals",
    "totais",
    "totales",
    "subtotal",
    "subtotals",
    "subtotais",
    "subtotales",
    "grandtotal",
    "totalgeral",
    "totalgeneral",
    "sumatotal",
    "soustotal",
    "summe",
    "gesamtsumme",
    "zwischensumme",
    "endsumme",
];

/// Words that are a sum of whatever follows.
const BEGINNINGS: [&str; 6] =
    ["subtotal", "subtotals", "subtotais", "subtotales", "soustotal", "zwischensumme"];

/// Words between "total" and what was added up. A name such as "Total Care" has none of them.
const OF: [&str; 17] = [
    "do",
    "da",
    "dos",
    "das",
    "de",
    "del",
    "of",
    "per",
    "por",
    "du",
    "der",
    "geral",
    "general",
    "mes",
    "parcial",
    "acumulado",
    "periodo",
];

/// The sign of a sum, as a letter and as a mark.
const SIGNS: [&str; 2] = ["Σ", "∑"];

/// Longest text whose words are looked at.
const LONGEST: usize = 60;

/// Whether an invoice or a product is called a sum.
#[inline]
pub(super) fn is_called_a_sum(text: &str) -> bool {
    may_be_a_sum(text) && (SUMS.contains(&normalized(text).as_str()) || is_a_sum_of_something(text))
}

/// Whether an id is a sum of something: `TOTAL DO MÊS`, `Subtotal C0001`, `C0001 Total`, `Σ`.
pub(super) fn is_a_sum_of(id: &str) -> bool {
    may_be_a_sum(id) && is_a_sum_of_something(id)
}

/// Nearly every number, code and name is told from a sum by its first letters.
#[inline]
fn may_be_a_sum(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(first) = bytes.first().filter(|_| bytes.len() <= LONGEST) else { return false };
    let may_start = !first.is_ascii() || b"tsgze".contains(&first.to_ascii_lowercase());
    may_start && starts_as_a_sum(text)
        || bytes.len() > 6 && bytes[bytes.len() - 6..].eq_ignore_ascii_case(b" total")
}

fn starts_as_a_sum(text: &str) -> bool {
    const STARTS: [&str; 10] =
        ["tota", "subt", "sub-", "sub ", "sous", "summ", "gran", "gesa", "zwis", "ends"];
    let begins = |start: &str| text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    STARTS.into_iter().any(begins) || is_signed(text)
}

/// Whether a text begins with the sign of a sum, and not with a Greek word.
fn is_signed(text: &str) -> bool {
    let rest = SIGNS.iter().find_map(|sign| text.strip_prefix(sign));
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

fn is_a_sum_of_something(text: &str) -> bool {
    if is_signed(text) {
        return true;
    }
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).map(normalized).filter(|word| !word.is_empty()).collect();
    let has_digit = |word: &String| word.bytes().any(|b| b.is_ascii_digit());
    match words.as_slice() {
        [first, _, ..] if BEGINNINGS.contains(&first.as_str()) => true,
        [first, second, ..] if ["sub", "sous", "grand"].contains(&first.as_str()) => second == "total",
        [first, second, rest @ ..] if ["total", "totais", "totales", "summe"].contains(&first.as_str()) => {
            OF.contains(&second.as_str()) || has_digit(second) && rest.iter().all(has_digit)
        }
        [names @ .., last] => last == "total" && !names.is_empty() && names.iter().all(has_digit),
        [] => false,
    }
}

/// Fewest rows of a customer of which one may be the sum of the others.
const FEWEST_ROWS: i64 = 4;

/// Fewest customers that have such a row.
const FEWEST: usize = 3;

/// # Errors
/// Half of the customers who have four rows or more have one that is the sum of their others, to the penny: that is no
/// purchase. Cost: that of grouping a `few` of them, of all where these raise a doubt.
pub(super) fn refuse(parts: &Parts, few: &Parts) -> Result<(), TransactionsError> {
    let is_told = |(summed, of): (usize, usize)| summed >= FEWEST && summed * 2 >= of;
    if !is_told(with_sums(few)?) {
        return Ok(());
    }
    let all = with_sums(parts)?;
    match is_told(all) {
        true => Err(TransactionsError::Subtotals { customers: all.0 as u64, of: all.1 as u64 }),
        false => Ok(()),
    }
}

/// Customers with a row that is the sum of their others, of how many with four rows or more.
fn with_sums(parts: &Parts) -> PolarsResult<(usize, usize)> {
    let money = || col("amount_pennies");
    let counted = parts.collect(|part| {
        let customers = part.group_by([col("customer_id")]).agg([
            len().cast(DataType::Int64).alias("rows"),
            money().sum().alias("sum"),
            money().max().alias("most"),
        ]);
        let several = customers.filter(col("rows").gt_eq(lit(FEWEST_ROWS)));
        let is_a_sum = col("most").gt(lit(0_i64)).and(col("sum").eq(col("most") * lit(2_i64)));
        Ok(several.select([is_a_sum.alias("has_sum")]))
    })?;
    let summed = counted.column("has_sum")?.bool()?.sum().unwrap_or(0);
    Ok((summed as usize, counted.height()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_known_by_its_first_word_and_what_follows() {
        for text in [
            "TOTAL DO MÊS",
            "Subtotal C0001",
            "Sub-total janeiro",
            "Total de vendas",
            "Total 03/2025",
            "C0001 Total",
            "17850 total",
            "Grand Total 2026",
            "Zwischensumme Müller",
            "Σ",
        ] {
            assert!(is_a_sum_of(text), "{text}");
        }
        for text in [
            "Total Care Ltda",
            "Total 90 Academia",
            "Sandra Total",
            "Totalis",
            "Subaru",
            "Summer dress",
            "Grand Hotel",
            "Sousa",
            "Σοφία",
            "C0001",
            "total",
        ] {
            assert!(!is_a_sum_of(text), "{text}");
        }
        for text in ["Subtotal", "TOTAL", "Totais:", "Grand total", "∑", "Sous-total", "Total geral"] {
            assert!(is_called_a_sum(text), "{text}");
        }
        for text in ["1001", "S0", "Total Care shampoo", "TOTE BAG", "Gesamtkunstwerk", ""] {
            assert!(!is_called_a_sum(text), "{text}");
        }
    }

    #[test]
    fn customers_whose_rows_hold_their_sum_are_found() {
        let table = |summed: i64| {
            let (mut ids, mut amounts) = (Vec::new(), Vec::new());
            for customer in 0..10_i64 {
                let own = [100 + customer, 250, 333];
                let last = if customer < summed { own.iter().sum::<i64>() } else { 700 };
                for amount in own.into_iter().chain([last]) {
                    ids.push(customer);
                    amounts.push(amount);
                }
            }
            let rows = df!("customer_id" => ids, "amount_pennies" => amounts).expect("two columns");
            Parts::from(rows.lazy())
        };
        let refused = |summed: i64| refuse(&table(summed), &table(summed)).is_err();
        assert_eq!([0, 4, 5, 10].map(refused), [false, false, true, true]);
    }
}
