//! Product codes that are no products.

/// Codes that stand for something else than a product, in both editions of Online Retail.
pub(in super::super) const CODES: [&str; 10] =
    ["POST", "DOT", "C2", "CRUK", "PADS", "BANK CHARGES", "AMAZONFEE", "ADJUST", "ADJUST2", "GIFT"];

/// Codes of one letter. They are read so in a `StockCode` column only: elsewhere `S` and `M` are sizes.
pub(in super::super) const LETTERS: [&str; 4] = ["B", "D", "M", "S"];

/// Beginnings of codes: gift vouchers and tests.
const PREFIXES: [&str; 2] = ["gift_", "TEST"];

/// Whether `code` stands for something else than a product; upper and lower case are equal.
///
/// `stock_codes` says that the column is Online Retail's, `further` are codes the caller named.
pub(in super::super) fn is_non_product(code: &str, stock_codes: bool, further: &[String]) -> bool {
    // Nearly every code begins with a digit, and none of the lists does.
    let listed = !code.as_bytes().first().is_none_or(u8::is_ascii_digit)
        && (CODES.iter().any(|known| code.eq_ignore_ascii_case(known))
            || stock_codes && LETTERS.iter().any(|known| code.eq_ignore_ascii_case(known))
            || is_voucher_or_test(code));
    listed || further.iter().any(|known| code.eq_ignore_ascii_case(known))
}

/// `gift_0001_20`, `TEST001`: the beginning, then nothing or digits and underscores. "Test tube rack" is
/// a product.
fn is_voucher_or_test(code: &str) -> bool {
    PREFIXES.iter().any(|prefix| {
        let (Some(start), Some(rest)) = (code.get(..prefix.len()), code.get(prefix.len()..)) else {
            return false;
        };
        start.eq_ignore_ascii_case(prefix) && rest.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_codes_are_found_in_either_case() {
        for code in ["POST", "post", "Bank Charges", "gift_0001_20", "TEST001", "amazonfee"] {
            assert!(is_non_product(code, false, &[]), "{code}");
        }
        for code in ["85123A", "DCGS0076", "Postcard", "POSTER", "Test tube rack", "", "SP1002"] {
            assert!(!is_non_product(code, true, &[]), "{code}");
        }
    }

    #[test]
    fn single_letters_are_codes_in_a_stock_code_column_only() {
        assert!(is_non_product("M", true, &[]) && is_non_product("m", true, &[]));
        assert!(!is_non_product("M", false, &[]));
    }

    #[test]
    fn the_caller_may_name_further_codes() {
        assert!(is_non_product("99", false, &["99".into()]));
    }
}
