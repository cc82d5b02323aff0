//! Words by which an id, an invoice or a product is the sum of other rows.

use super::normal::normalized;

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
}
