//! One sentence that says what distinguishes a segment, from its medians.

use super::{money, portuguese};
use crate::record::{FeatureSummary, Localized};

/// Describes a segment by the median recency, frequency and monetary of its customers.
pub(crate) fn description(features: &[FeatureSummary]) -> Localized {
    let median = |name: &str| features.iter().find(|f| f.name == name).map_or(0.0, |f| f.median);
    let (recency, frequency) = (median("recency").round() as i64, median("frequency").round() as i64);
    let spent = money(median("monetary").round() as i64);
    Localized {
        en: format!(
            "Half of them last purchased within {recency} {} of the reference date, made {frequency} {} or more, \
             and spent {spent} or more in all",
            if recency == 1 { "day" } else { "days" },
            if frequency == 1 { "purchase" } else { "purchases" },
        ),
        pt_br: format!(
            "Metade comprou pela última vez até {recency} {} antes da data de referência, metade fez {frequency} {} \
             ou mais e metade gastou {} ou mais no total",
            if recency == 1 { "dia" } else { "dias" },
            if frequency == 1 { "compra" } else { "compras" },
            portuguese(&spent),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Unit;

    fn median(name: &str, median: f64) -> FeatureSummary {
        FeatureSummary {
            name: name.to_owned(),
            unit: Unit::Days,
            q1: median,
            median,
            q3: median,
            mean: median,
        }
    }

    #[test]
    fn money_is_grouped_in_each_language_and_one_is_singular() {
        let medians = [median("recency", 1.0), median("frequency", 2.0), median("monetary", 123_456_789.0)];
        let text = description(&medians);
        assert!(text.en.contains("within 1 day of") && text.en.contains("made 2 purchases"), "{}", text.en);
        assert!(text.en.ends_with("spent 1,234,567.89 or more in all"), "{}", text.en);
        assert!(text.pt_br.ends_with("gastou 1.234.567,89 ou mais no total"), "{}", text.pt_br);
    }
}
