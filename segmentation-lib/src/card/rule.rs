//! A segment in plain words, as the surrogate tree tells it.

use super::Subject;
use crate::features::in_sentence;
use crate::record::Localized;
use crate::surrogate::{Condition, Way};
use crate::wording::{feature, percent, portuguese, unit_after};

impl Subject<'_> {
    /// The ways into the segment, and the share of its customers whom they place alike; none where the tree has no place
    /// for it.
    pub(super) fn rule(&self) -> Option<Localized> {
        let words = self.words.filter(|words| !words.ways.is_empty())?;
        let ways: Vec<Localized> = words.ways.iter().map(sentence).collect();
        let joined = |of: fn(&Localized) -> &str, or: &str| ways.iter().map(of).collect::<Vec<_>>().join(or);
        let share = percent(words.agreement);
        Some(Localized {
            en: format!("{} (places {share} of them alike)", joined(|w| &w.en, "; or ")),
            pt_br: format!(
                "{} (classifica {} deles da mesma forma)",
                joined(|w| &w.pt_br, "; ou "),
                portuguese(&share)
            ),
        })
    }
}

/// The conditions of a way, all of which must hold.
pub fn sentence(way: &Way) -> Localized {
    if way.conditions.is_empty() {
        return Localized { en: "everybody".to_owned(), pt_br: "todos".to_owned() };
    }
    let conditions: Vec<Localized> = way.conditions.iter().map(condition).collect();
    let joined =
        |text: fn(&Localized) -> &str, and: &str| conditions.iter().map(text).collect::<Vec<_>>().join(and);
    Localized { en: joined(|c| &c.en, " and "), pt_br: joined(|c| &c.pt_br, " e ") }
}

fn condition(condition: &Condition) -> Localized {
    let [label, local] = in_sentence(&condition.feature);
    let number = |value: f64| feature(value, condition.unit);
    let [from, below] = [condition.from, condition.below].map(|bound| bound.map(number));
    let [days, dias] = unit_after(condition.unit);
    let pt = |text: &String| portuguese(text);
    let (en, pt_br) = match (&from, &below) {
        (Some(from), Some(below)) => (
            format!("from {from} to below {below}{days}"),
            format!("de {} a menos de {}{dias}", pt(from), pt(below)),
        ),
        (Some(from), None) => (format!("{from}{days} or more"), format!("{}{dias} ou mais", pt(from))),
        (None, Some(below)) => (format!("below {below}{days}"), format!("abaixo de {}{dias}", pt(below))),
        (None, None) => (String::new(), String::new()),
    };
    Localized { en: format!("{label} {en}"), pt_br: format!("{local} {pt_br}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Unit;

    #[test]
    fn conditions_are_said_in_their_units_and_in_both_languages() {
        let condition =
            |name: &str, unit, from, below| Condition { feature: name.to_owned(), unit, from, below };
        let conditions = vec![
            condition("recency", Unit::Days, None, Some(60.0)),
            condition("frequency", Unit::Purchases, Some(5.0), None),
            condition("monetary", Unit::Pennies, Some(10_000.0), Some(123_450.0)),
        ];
        let says = sentence(&Way { customers: 1, conditions });
        assert_eq!(
            says.en,
            "recency below 60 days and frequency 5 or more and monetary from 100.00 to below 1,234.50"
        );
        assert_eq!(
            says.pt_br,
            "recência abaixo de 60 dias e frequência 5 ou mais e valor monetário de 100,00 a menos de 1.234,50"
        );
        assert_eq!(sentence(&Way { customers: 1, conditions: Vec::new() }).pt_br, "todos");
    }
}
