//! One sentence that says what distinguishes a segment, from its medians.

use super::{agreeing, decimal, money, percent, portuguese};
use crate::record::{FeatureSummary, Localized};

/// Describes a segment by the median recency, frequency and monetary of its customers; without money by the first two.
pub(crate) fn description(features: &[FeatureSummary]) -> Localized {
    described(features, None)
}

/// [`description`] with the currency (ISO 4217) of its amounts, where it is known.
pub(crate) fn described(features: &[FeatureSummary], currency: Option<&str>) -> Localized {
    let amount = |pennies: i64| match currency {
        Some(code) => format!("{} {code}", money(pennies)),
        None => money(pennies),
    };
    let find = |name: &str| features.iter().find(|f| f.name == name).map(|f| f.median.round() as i64);
    let (recency, frequency) = (find("recency").unwrap_or(0), find("frequency").unwrap_or(0));
    let days = [agreeing(recency as u64, "day", "days"), agreeing(recency as u64, "dia", "dias")];
    // Everybody made one purchase or more: of a median of 1 the other side is what says something.
    let [made, fez] = match frequency {
        ..=1 => [
            "half or more purchased once at most".to_owned(),
            "pelo menos metade comprou no máximo uma vez".to_owned(),
        ],
        _ => {
            [format!("made {frequency} purchases or more"), format!("metade fez {frequency} compras ou mais")]
        }
    };
    let en = format!("Half of them last purchased within {recency} {} of the reference date", days[0]);
    let pt_br =
        format!("Metade comprou pela última vez até {recency} {} antes da data de referência", days[1]);
    let past = match find("monetary") {
        None => Localized { en: format!("{en} and {made}"), pt_br: format!("{pt_br} e {fez}") },
        // Nobody spends less than nothing.
        Some(..0) => Localized {
            en: format!("{en}, {made}, and half or more returned more than they bought"),
            pt_br: format!("{pt_br}, {fez} e pelo menos metade devolveu mais do que comprou"),
        },
        Some(spent) => Localized {
            en: format!("{en}, {made}, and half spent {} or more in all", amount(spent)),
            pt_br: format!("{pt_br}, {fez} e metade gastou {} ou mais no total", portuguese(&amount(spent))),
        },
    };
    with_outlook(past, features, &amount)
}

/// The sentence with what is expected of half of them, as far as the features say it.
fn with_outlook(past: Localized, features: &[FeatureSummary], amount: &dyn Fn(i64) -> String) -> Localized {
    let median = |name: &str| features.iter().find(|f| f.name == name).map(|f| f.median);
    let alive = median("alive").map(percent);
    let value = median("expected_value").map(|pennies| amount(pennies.round() as i64));
    let purchases = median("expected_purchases").map(|purchases| decimal(purchases, 2));
    let Localized { mut en, mut pt_br } = past;
    if let Some(alive) = alive {
        en += &format!("; half are still customers with a probability of {alive} or more");
        pt_br +=
            &format!("; metade tem probabilidade de {} ou mais de ainda ser cliente", portuguese(&alive));
    }
    match (value, purchases) {
        (Some(value), _) => {
            en += &format!("; half are expected to spend {value} or more within the horizon");
            pt_br += &format!("; espera-se que metade gaste {} ou mais no horizonte", portuguese(&value));
        }
        (None, Some(purchases)) => {
            en += &format!("; half are expected to make {purchases} purchases or more within the horizon");
            pt_br += &format!(
                "; espera-se que metade faça {} compras ou mais no horizonte",
                portuguese(&purchases)
            );
        }
        (None, None) => {}
    }
    Localized { en, pt_br }
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
        assert!(
            text.en.contains("within 1 day of") && text.en.contains("made 2 purchases or more"),
            "{}",
            text.en
        );
        assert!(text.en.ends_with("spent 1,234,567.89 or more in all"), "{}", text.en);
        assert!(text.pt_br.ends_with("gastou 1.234.567,89 ou mais no total"), "{}", text.pt_br);
    }

    #[test]
    fn amounts_have_their_currency_where_it_is_known() {
        let medians = [("recency", 12.0), ("monetary", 123_456.0), ("expected_value", 9_900.0)];
        let text = described(&medians.map(|(name, value)| median(name, value)), Some("EUR"));
        assert!(text.en.contains("spent 1,234.56 EUR or more in all"), "{}", text.en);
        assert!(text.pt_br.ends_with("gaste 99,00 EUR ou mais no horizonte"), "{}", text.pt_br);
    }

    #[test]
    fn of_a_median_below_nothing_the_returns_are_said() {
        let text =
            description(&[median("recency", 5.0), median("frequency", 1.0), median("monetary", -1300.0)]);
        assert!(text.en.ends_with("half or more returned more than they bought"), "{}", text.en);
        assert!(text.pt_br.ends_with("pelo menos metade devolveu mais do que comprou"), "{}", text.pt_br);
    }

    #[test]
    fn what_is_expected_is_said_with_its_medians() {
        let past = [median("recency", 12.0), median("frequency", 1.0)];
        let ahead = |more: [(&str, f64); 2]| {
            let more = more.map(|(name, value)| median(name, value));
            description(&[past.as_slice(), &more].concat())
        };
        let text = ahead([("alive", 0.625), ("expected_value", 123_456.0)]);
        assert!(text.en.ends_with(
            "; half are still customers with a probability of 62.5 % or more; \
             half are expected to spend 1,234.56 or more within the horizon"
        ));
        assert!(text.pt_br.ends_with("; espera-se que metade gaste 1.234,56 ou mais no horizonte"));
        let text = ahead([("alive", 0.5), ("expected_purchases", 0.25)]);
        assert!(text.en.ends_with("make 0.25 purchases or more within the horizon"), "{}", text.en);
    }

    #[test]
    fn without_money_nothing_is_said_of_spending() {
        let text = description(&[median("recency", 12.0), median("frequency", 1.0)]);
        assert_eq!(
            text.en,
            "Half of them last purchased within 12 days of the reference date and half or more purchased once at most"
        );
        assert!(text.pt_br.ends_with("e pelo menos metade comprou no máximo uma vez"), "{}", text.pt_br);
    }
}
