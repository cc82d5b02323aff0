//! Currencies that the names of a table say: of its column of money, of its sheet, of its file.

use std::collections::BTreeSet;

use super::currency::code_of;
use super::header::Layout;
use super::mapping::Role;

/// Codes that no other word is in a name: `all`, `top`, `try` and `cup` are codes too.
const CODES: [&str; 28] = [
    "EUR", "USD", "GBP", "BRL", "CHF", "JPY", "CNY", "INR", "CAD", "AUD", "NZD", "MXN", "ARS", "CLP", "COP",
    "UYU", "PYG", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "ZAR", "SGD", "HKD", "KRW", "ILS",
];

/// Codes of such currencies that are other words in the name of a file or sheet: drawings, and officers.
const OF_COLUMNS_ALONE: [&str; 2] = ["CAD", "COP"];

/// Signs of one currency each.
const SIGNS: [(&str, &str); 4] = [("R$", "BRL"), ("€", "EUR"), ("£", "GBP"), ("₹", "INR")];

/// Currencies that are written `$`.
const DOLLARS: [&str; 11] = ["USD", "CAD", "AUD", "NZD", "MXN", "ARS", "CLP", "COP", "UYU", "SGD", "HKD"];

/// Currencies that are written `kr`.
const CROWNS: [&str; 4] = ["SEK", "NOK", "DKK", "ISK"];

/// The currencies that the names of a table say: `amount_usd`, `Total (EUR)`, the sheet `BRL`, `sales-USD.csv`.
pub(super) fn named_currencies(place: &str, layout: &Layout) -> BTreeSet<&'static str> {
    let money = layout.name(Role::Amount).or_else(|| layout.name(Role::Price)).unwrap_or_default();
    let (file, sheet) = match place.rsplit_once('[') {
        Some((file, sheet)) => (file, sheet.trim_end_matches(']')),
        None => (place, ""),
    };
    let file = file.rsplit('/').next().unwrap_or(file);
    let tables = codes_in(file).chain(codes_in(sheet)).filter(|code| !OF_COLUMNS_ALONE.contains(code));
    codes_in(money).chain(tables).collect()
}

/// The codes among the words of a name, and those of its signs.
fn codes_in(name: &str) -> impl Iterator<Item = &'static str> {
    // `AR$` is Argentina's.
    let is_written = move |sign: &str| name.contains(sign) && !name.contains("AR$");
    let signs = SIGNS.into_iter().filter(move |(sign, _)| is_written(sign)).map(|(_, code)| code);
    let words = name.split(|c: char| !c.is_alphanumeric());
    signs.chain(words.filter_map(|word| CODES.into_iter().find(|code| word.eq_ignore_ascii_case(code))))
}

/// Whether a sign or code beside an amount may be the currency `code`: `$` is a peso too.
pub(super) fn may_write(sign: &str, code: &str) -> bool {
    match sign.trim() {
        "$" => DOLLARS.contains(&code),
        "¥" | "￥" => ["JPY", "CNY"].contains(&code),
        sign if sign.eq_ignore_ascii_case("kr") => CROWNS.contains(&code),
        sign => code_of(sign) == code,
    }
}

/// The code of a sign, which names make out where it stands for several.
pub(super) fn code_among(sign: &str, named: &BTreeSet<&'static str>) -> String {
    let code = code_of(sign);
    if named.contains(code.as_str()) {
        return code;
    }
    named.iter().find(|named| may_write(sign, named)).map_or(code, |named| (*named).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transactions::ColumnMapping;

    fn named(place: &str, amount: &str) -> Vec<&'static str> {
        let columns = ["customer_id", "date", amount].map(str::to_owned);
        let mut mapping = ColumnMapping::default();
        mapping.set("amount", amount).expect("a role");
        let layout = Layout::resolve(&columns, &mapping).expect("settled");
        named_currencies(place, &layout).into_iter().collect()
    }

    #[test]
    fn columns_sheets_and_files_name_currencies() {
        for (place, amount, codes) in [
            ("a.csv", "amount_usd", vec!["USD"]),
            ("a.csv", "valor_brl", vec!["BRL"]),
            ("a.csv", "Total (EUR)", vec!["EUR"]),
            ("a.csv", "Valor (R$)", vec!["BRL"]),
            ("a.csv", "amount_cad", vec!["CAD"]),
            ("shop.xlsx[EUR]", "amount", vec!["EUR"]),
            ("2026/sales-USD.csv", "amount", vec!["USD"]),
            ("sales-USD.csv", "amount_eur", vec!["EUR", "USD"]),
        ] {
            assert_eq!(named(place, amount), codes, "{place} {amount}");
        }
    }

    #[test]
    fn other_words_are_no_currencies() {
        for place in
            ["all.csv", "top customers.csv", "cad.csv", "usdata.csv", "EUR/sales.csv", "try.xlsx[Cup]"]
        {
            assert!(named(place, "amount").is_empty(), "{place}");
        }
    }

    #[test]
    fn a_sign_of_several_currencies_is_the_one_that_is_named() {
        assert_eq!(code_among("$", &BTreeSet::from(["MXN"])), "MXN");
        assert_eq!(code_among("$", &BTreeSet::from(["EUR"])), "USD");
        assert_eq!(code_among("kr", &BTreeSet::from(["DKK"])), "DKK");
        assert_eq!(code_among("€", &BTreeSet::from(["USD"])), "EUR");
    }
}
