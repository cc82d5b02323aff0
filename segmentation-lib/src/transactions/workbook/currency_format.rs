//! Number formats that show a currency: `[$€-407] #,##0.00`, `"R$" #,##0.00`, `[$USD] 0.00`.

use calamine::Style;

use super::super::currency_codes::{CODES, SIGNS};

/// Codes of countries in formats whose currency is written `$` alone: Microsoft's LCIDs, in hexadecimal.
const DOLLARS: [(&str, &str); 9] = [
    ("409", "USD"),
    ("1009", "CAD"),
    ("C0C", "CAD"),
    ("C09", "AUD"),
    ("80A", "MXN"),
    ("2C0A", "ARS"),
    ("340A", "CLP"),
    ("240A", "COP"),
    ("1409", "NZD"),
];

/// The currency that a cell's format shows, by its code of ISO 4217.
pub(super) fn currency_of(style: &Style) -> Option<&'static str> {
    currency_in(&style.number_format.as_ref()?.format_code)
}

/// The currency in a format's first section. A `$` without a country says nothing: it is what a spreadsheet's own formats
/// hold, which every country shows with its own sign.
fn currency_in(code: &str) -> Option<&'static str> {
    let first = code.split(';').next().unwrap_or_default();
    if let Some((_, rest)) = first.split_once("[$").filter(|(_, rest)| !rest.starts_with('-')) {
        let (inside, _) = rest.split_once(']')?;
        let (sign, country) = inside.rsplit_once('-').unwrap_or((inside, ""));
        return match sign.trim() {
            "$" => DOLLARS.iter().find(|(id, _)| id.eq_ignore_ascii_case(country)).map(|(_, code)| *code),
            sign => of_sign(sign),
        };
    }
    let quoted = first.split('"').skip(1).step_by(2).map(str::trim);
    let bare = first.chars().filter(|c| "€£₹".contains(*c)).find_map(|c| of_sign(c.encode_utf8(&mut [0; 4])));
    quoted.filter(|text| *text != "$").find_map(of_sign).or(bare)
}

/// The code of a sign or code. Crowns are of several countries.
fn of_sign(sign: &str) -> Option<&'static str> {
    let signs = SIGNS.into_iter().filter(|(known, code)| *known != "$" && *code != "kr");
    let codes = CODES.into_iter().map(|code| (code, code));
    signs.chain(codes).find(|(known, _)| *known == sign).map(|(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_codes_and_countries_are_currencies() {
        for (code, currency) in [
            ("[$€-407] #,##0.00", "EUR"),
            ("#,##0.00 [$€-1]", "EUR"),
            ("[$$-409]#,##0.00", "USD"),
            ("[$$-80A]#,##0.00", "MXN"),
            ("[$R$-416] #,##0.00", "BRL"),
            ("[$USD] #,##0.00", "USD"),
            ("\"R$\" #,##0.00", "BRL"),
            ("\"R$ \"#,##0.00;[Red]-\"R$ \"#,##0.00", "BRL"),
            ("£#,##0.00", "GBP"),
            ("[$-407]#,##0.00 \"€\"", "EUR"),
            ("#,##0.00\\ \"€\"", "EUR"),
        ] {
            assert_eq!(currency_in(code), Some(currency), "{code}");
        }
    }

    #[test]
    fn other_formats_show_none() {
        for code in [
            "General",
            "#,##0.00",
            "[$-416]dd/mm/yyyy",
            "\"$\"#,##0.00",
            "$#,##0.00",
            "[Red]0.00",
            "[$$-4009]0",
            "\"C\"0000",
            "[$kr-41D] 0.00",
        ] {
            assert_eq!(currency_in(code), None, "{code}");
        }
    }
}
