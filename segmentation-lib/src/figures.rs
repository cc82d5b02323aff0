//! Figures as people read them: thousands separators, money, shares.

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

/// Pennies as currency units with two decimals.
pub fn money(pennies: i64) -> String {
    let sign = if pennies < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", integer(pennies.unsigned_abs() / 100), pennies.unsigned_abs() % 100)
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A value of a feature in its unit: pennies as currency units.
pub fn feature(value: f64, unit: &str) -> String {
    match unit {
        "pennies" => money(value.round() as i64),
        "share" => percent(value),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(integer(1_234_567), "1,234,567");
        assert_eq!(integer(-999), "-999");
        assert_eq!(money(-5), "-0.05");
        assert_eq!(money(891_140_790), "8,911,407.90");
    }
}
