//! One sentence that says what distinguishes a segment, from its medians.

use crate::record::{FeatureSummary, Localized};

/// Describes a segment by the median recency, frequency and monetary of its customers.
pub(super) fn description(features: &[FeatureSummary]) -> Localized {
    let median = |name: &str| features.iter().find(|f| f.name == name).map_or(0.0, |f| f.median);
    let (recency, frequency) = (median("recency").round() as i64, median("frequency").round() as i64);
    let spent = median("monetary") / 100.0;
    Localized {
        en: format!(
            "Half of them last purchased within {recency} {} of the reference date, made {frequency} {} or more, \
             and spent {} or more in all",
            if recency == 1 { "day" } else { "days" },
            if frequency == 1 { "purchase" } else { "purchases" },
            grouped(spent, ',', '.'),
        ),
        pt_br: format!(
            "Metade comprou pela última vez até {recency} {} antes da data de referência, metade fez {frequency} {} \
             ou mais e metade gastou {} ou mais no total",
            if recency == 1 { "dia" } else { "dias" },
            if frequency == 1 { "compra" } else { "compras" },
            grouped(spent, '.', ','),
        ),
    }
}

/// Two decimals with a thousands separator.
fn grouped(value: f64, thousands: char, decimal: char) -> String {
    let pennies = (value.abs() * 100.0).round() as u64;
    let whole = (pennies / 100).to_string();
    let mut text = if value < 0.0 { "-".to_owned() } else { String::new() };
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    format!("{text}{decimal}{:02}", pennies % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_grouped_in_each_language() {
        assert_eq!(grouped(1_234_567.891, ',', '.'), "1,234,567.89");
        assert_eq!(grouped(-999.5, '.', ','), "-999,50");
        assert_eq!(grouped(1000.0, '.', ','), "1.000,00");
    }
}
