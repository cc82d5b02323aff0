//! Numbers as people read them: thousands separators, money, shares, bars and curves made of characters.

use crate::record::{Localized, Unit};

/// An integer with thousands separators.
pub fn integer(value: impl TryInto<i128>) -> String {
    let value = value.try_into().unwrap_or_default();
    let digits = value.unsigned_abs().to_string();
    let mut text = if value < 0 { "-".to_owned() } else { String::new() };
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 row`, `2,004 rows`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", integer(n), agreeing(n, one, many))
}

/// The form of a word that goes with a count.
pub fn agreeing<'w>(n: u64, one: &'w str, many: &'w str) -> &'w str {
    if n == 1 { one } else { many }
}

/// A count with its noun in both languages; of each noun the form for one and the form for more.
pub fn how_many(n: u64, [one, many]: [&str; 2], [um, muitos]: [&str; 2]) -> Localized {
    Localized {
        en: counted(n, one, many),
        pt_br: format!("{} {}", portuguese(&integer(n)), agreeing(n, um, muitos)),
    }
}

/// Nouns that stand behind numbers in phrases: for more, and for one.
const NOUNS: [[&str; 2]; 8] = [
    ["days", "day"],
    ["purchases", "purchase"],
    ["different products", "different product"],
    ["customers", "customer"],
    ["dias", "dia"],
    ["compras", "compra"],
    ["produtos diferentes", "produto diferente"],
    ["clientes", "cliente"],
];

/// A phrase with a number in its place, and a noun right behind it in the form that goes with one.
pub fn filled(phrase: &str, place: &str, number: &str) -> String {
    if number != "1" {
        return phrase.replace(place, number);
    }
    let singular = |phrase: String, &[many, one]: &[&str; 2]| {
        phrase.replace(&format!("{place} {many}"), &format!("{place} {one}"))
    };
    NOUNS.iter().fold(phrase.to_owned(), singular).replace(place, number)
}

/// Pennies as currency units with two decimals.
pub fn money(pennies: i64) -> String {
    let sign = if pennies < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", integer(pennies.unsigned_abs() / 100), pennies.unsigned_abs() % 100)
}

/// A large sum in words, three figures: `8.91 million`.
pub fn compact(value: f64) -> String {
    let (scaled, word) = match value.abs() {
        size if size >= 999_500_000.0 => (value / 1e9, " billion"),
        size if size >= 999_500.0 => (value / 1e6, " million"),
        size if size >= 9_995.0 => (value / 1e3, " thousand"),
        _ => (value, ""),
    };
    let decimals = match scaled.abs() {
        size if size >= 99.95 || word.is_empty() && size >= 9.995 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    match word {
        "" if decimals == 0 => integer(scaled.round() as i64),
        _ => format!("{scaled:.decimals$}{word}"),
    }
}

/// A number with so many decimals; what rounds to zero has no sign.
pub fn decimal(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.bytes().all(|byte| matches!(byte, b'0' | b'.')) => zero.to_owned(),
        _ => text,
    }
}

/// A number in English notation as Brazilian Portuguese writes it: a comma before the decimals, points
/// between the thousands.
pub fn portuguese(english: &str) -> String {
    let mark = |c| match c {
        '.' => ',',
        ',' => '.',
        other => other,
    };
    english.chars().map(mark).collect()
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    format!("{} %", decimal(share * 100.0, 1))
}

/// A value of a feature in its unit: pennies as currency units.
pub fn feature(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Pennies => money(value.round() as i64),
        Unit::Share => percent(value),
        _ if value.abs() < 10.0 && value.fract() != 0.0 => format!("{value:.1}"),
        _ => integer(value.round() as i64),
    }
}

/// What stands behind a value of the unit in a sentence of English and Brazilian Portuguese: days are named, of others
/// the feature's own name says what they are.
pub fn unit_after(unit: Unit) -> [&'static str; 2] {
    if unit == Unit::Days { [" days", " dias"] } else { ["", ""] }
}

/// A feature's unit as tables show it: pennies become currency units.
pub fn unit(unit: Unit) -> &'static str {
    if unit == Unit::Pennies { "currency" } else { unit.name() }
}

/// A share from 0 to 1 as a bar of ten characters at most, drawn to an eighth of one.
pub fn bar(share: f64) -> String {
    let eighths = (share.clamp(0.0, 1.0) * 80.0).round() as usize;
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    format!("{}{part}", "█".repeat(eighths / 8))
}

/// Values as a row of characters, from 0 (lowest) to the largest of them (highest).
pub fn sparkline(values: &[f64]) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let largest = values.iter().copied().fold(0.0, f64::max);
    let level = |v: f64| if largest > 0.0 { (v.max(0.0) / largest * 7.0).round() as usize } else { 0 };
    values.iter().map(|&v| LEVELS[level(v)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounds_to_zero_has_no_sign() {
        let texts = [-0.0001, -0.0, -0.006, -0.5, 0.25].map(|value| decimal(value, 2));
        assert_eq!(texts, ["0.00", "0.00", "-0.01", "-0.50", "0.25"]);
        assert_eq!([percent(-1e-6), percent(-0.001)], ["0.0 %", "-0.1 %"]);
    }

    #[test]
    fn one_is_singular_in_both_languages() {
        let said = |n| how_many(n, ["customer", "customers"], ["cliente", "clientes"]);
        assert_eq!((said(1).en.as_str(), said(1).pt_br.as_str()), ("1 customer", "1 cliente"));
        assert_eq!(
            (said(1200).en.as_str(), said(1200).pt_br.as_str()),
            ("1,200 customers", "1.200 clientes")
        );
        assert_eq!(filled("fewer than {below} purchases", "{below}", "1"), "fewer than 1 purchase");
        assert_eq!(filled("há {} dias", "{}", "21"), "há 21 dias");
        assert_eq!(filled("há {} dias ou mais", "{}", "1"), "há 1 dia ou mais");
        assert_eq!(filled("{from} ou mais compras", "{from}", "1"), "1 ou mais compras");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(integer(1_234_567), "1,234,567");
        assert_eq!(integer(-999), "-999");
        assert_eq!(money(-5), "-0.05");
        assert_eq!(money(891_140_790), "8,911,407.90");
    }

    #[test]
    fn portuguese_swaps_comma_and_point() {
        assert_eq!(portuguese(&money(123_456_789)), "1.234.567,89");
        assert_eq!(portuguese(&decimal(-0.5, 2)), "-0,50");
    }

    #[test]
    fn large_sums_are_said_in_words_and_small_ones_in_full() {
        for (value, text) in [
            (8_911_407.9, "8.91 million"),
            (999_600.0, "1.00 million"),
            (12_345.0, "12.3 thousand"),
            (-123_456.0, "-123 thousand"),
            (1234.5, "1,235"),
            (2.345, "2.35"),
            (0.0, "0.00"),
        ] {
            assert_eq!(compact(value), text);
        }
    }

    #[test]
    fn features_are_shown_in_their_units() {
        assert_eq!(feature(123_456.0, Unit::Pennies), "1,234.56");
        assert_eq!(feature(0.125, Unit::Share), "12.5 %");
        assert_eq!(feature(1.5, Unit::Purchases), "1.5");
        assert_eq!(feature(1234.4, Unit::Days), "1,234");
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(0.5), "█████");
        assert_eq!(bar(0.05), "▌");
        assert_eq!((bar(-1.0), bar(2.0).chars().count()), (String::new(), 10));
    }

    #[test]
    fn a_sparkline_is_relative_to_the_largest_value() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0]), "▁▅█");
        assert_eq!(sparkline(&[0.0, 0.0]), "▁▁");
        assert_eq!(sparkline(&[]), "");
    }
}
