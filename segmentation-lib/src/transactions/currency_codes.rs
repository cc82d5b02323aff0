//! Codes and signs of currencies.

/// The codes of ISO 4217 that are in use, and the bitcoin's.
pub(super) const CODES: [&str; 157] = [
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD",
    "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTC", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP",
    "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD",
    "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS",
    "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD",
    "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU",
    "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN",
    "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK",
    "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP",
    "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES", "VND", "VUV", "WST", "XAF", "XCD",
    "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG", "HRK",
];

/// Signs and short forms beside amounts, with their codes; a longer one before one that it holds.
pub(super) const SIGNS: [(&str, &str); 46] = [
    ("R$", "BRL"),
    ("US$", "USD"),
    ("A$", "AUD"),
    ("AU$", "AUD"),
    ("C$", "CAD"),
    ("CA$", "CAD"),
    ("MX$", "MXN"),
    ("S$", "SGD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("NT$", "TWD"),
    ("CLP$", "CLP"),
    ("AR$", "ARS"),
    ("COL$", "COP"),
    ("$", "USD"),
    ("£", "GBP"),
    ("€", "EUR"),
    ("¥", "JPY"),
    ("￥", "JPY"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("руб.", "RUB"),
    ("руб", "RUB"),
    ("₺", "TRY"),
    ("TL", "TRY"),
    ("₪", "ILS"),
    ("₩", "KRW"),
    ("₦", "NGN"),
    ("₫", "VND"),
    ("₴", "UAH"),
    ("₱", "PHP"),
    ("₡", "CRC"),
    ("₲", "PYG"),
    ("₸", "KZT"),
    ("₵", "GHS"),
    ("₭", "LAK"),
    ("₮", "MNT"),
    ("฿", "THB"),
    ("Rs.", "INR"),
    ("Rs", "INR"),
    ("Kč", "CZK"),
    ("Ft", "HUF"),
    ("zł", "PLN"),
    ("lei", "RON"),
    ("Dhs", "AED"),
    ("kr", "kr"),
];

/// The sign or code that `bare`, which stands beside a number, is.
pub(super) fn sign(bare: &str) -> Option<&'static str> {
    let signs = SIGNS.iter().map(|(sign, _)| *sign);
    signs.chain(CODES).find(|known| *known == bare)
}

/// The code of a sign.
pub(super) fn code_of_sign(sign: &str) -> Option<&'static str> {
    let upper = sign.to_uppercase();
    SIGNS.iter().find(|(known, _)| known.to_uppercase() == upper).map(|(_, code)| *code)
}

/// Whether a text is a code, in capitals or not.
pub(super) fn is_code(text: &str) -> bool {
    text.len() == 3 && CODES.contains(&text.to_ascii_uppercase().as_str())
}
