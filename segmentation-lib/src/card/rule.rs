//! A segment in plain words, as the surrogate tree tells it.

use super::Subject;
use crate::features::in_sentence;
use crate::record::{Localized, Unit};
use crate::surrogate::{Condition, Way};
use crate::wording::{feature, filled as filled_place, percent, portuguese, unit_after};

/// How a condition on a feature is said, in both languages: below a bound, from a bound on, between two.
type Phrases = [[&'static str; 2]; 3];

/// Features that have phrases of their own.
const PHRASES: [(&str, Phrases); 7] = [
    (
        "recency",
        [
            ["last purchase less than {below} days ago", "última compra há menos de {below} dias"],
            ["last purchase {from} days ago or longer", "última compra há {from} dias ou mais"],
            [
                "last purchase {from} to less than {below} days ago",
                "última compra há {from} dias ou mais, mas menos de {below}",
            ],
        ],
    ),
    (
        "tenure",
        [
            ["first purchase less than {below} days ago", "primeira compra há menos de {below} dias"],
            ["first purchase {from} days ago or longer", "primeira compra há {from} dias ou mais"],
            [
                "first purchase {from} to less than {below} days ago",
                "primeira compra há {from} dias ou mais, mas menos de {below}",
            ],
        ],
    ),
    (
        "frequency",
        [
            ["fewer than {below} purchases", "menos de {below} compras"],
            ["{from} or more purchases", "{from} ou mais compras"],
            [
                "{from} or more purchases but fewer than {below}",
                "{from} ou mais compras, mas menos de {below}",
            ],
        ],
    ),
    (
        "products",
        [
            ["fewer than {below} different products", "menos de {below} produtos diferentes"],
            ["{from} or more different products", "{from} ou mais produtos diferentes"],
            [
                "{from} or more different products but fewer than {below}",
                "{from} ou mais produtos diferentes, mas menos de {below}",
            ],
        ],
    ),
    (
        "monetary",
        [
            ["spent less than {below} in all", "gastou menos de {below} ao todo"],
            ["spent {from} or more in all", "gastou {from} ou mais ao todo"],
            [
                "spent {from} or more but less than {below} in all",
                "gastou {from} ou mais, mas menos de {below}, ao todo",
            ],
        ],
    ),
    (
        "basket",
        [
            ["spends less than {below} a purchase", "gasta menos de {below} por compra"],
            ["spends {from} or more a purchase", "gasta {from} ou mais por compra"],
            [
                "spends {from} or more but less than {below} a purchase",
                "gasta {from} ou mais, mas menos de {below}, por compra",
            ],
        ],
    ),
    (
        "interpurchase",
        [
            ["buys more often than every {below} days", "compra em intervalos menores que {below} dias"],
            ["buys every {from} days or less often", "compra a cada {from} dias ou menos vezes"],
            [
                "buys every {from} to less than {below} days",
                "compra a cada {from} dias ou mais, mas menos de {below}",
            ],
        ],
    ),
];

impl Subject<'_> {
    /// The ways into the segment, and the share of its customers whom they place alike; none where the tree has no place
    /// for it.
    pub(super) fn rule(&self) -> Option<Localized> {
        let words = self.words.filter(|words| !words.ways.is_empty())?;
        let currency = self.manifest.source.currency.as_deref();
        let ways: Vec<Localized> = words.ways.iter().map(|way| sentence(way, currency)).collect();
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

/// The conditions of a way, all of which must hold; amounts with their currency, where it is known.
pub fn sentence(way: &Way, currency: Option<&str>) -> Localized {
    if way.conditions.is_empty() {
        return Localized { en: "everybody".to_owned(), pt_br: "todos".to_owned() };
    }
    let conditions: Vec<Localized> = way.conditions.iter().map(|c| condition(c, currency)).collect();
    let joined =
        |text: fn(&Localized) -> &str, and: &str| conditions.iter().map(text).collect::<Vec<_>>().join(and);
    Localized { en: joined(|c| &c.en, " and "), pt_br: joined(|c| &c.pt_br, " e ") }
}

fn condition(condition: &Condition, currency: Option<&str>) -> Localized {
    let currency = currency.filter(|_| condition.unit == Unit::Pennies);
    let currency = currency.map(|code| format!(" {code}")).unwrap_or_default();
    let number = |value: Option<f64>| value.map(|value| feature(value, condition.unit)).unwrap_or_default();
    let (from, below) = (number(condition.from), number(condition.below));
    let filled = |phrase: &str, text: fn(&str) -> String| {
        [("{from}", &from), ("{below}", &below)]
            .into_iter()
            .fold(phrase.to_owned(), |phrase, (name, value)| {
                filled_place(&phrase, name, &format!("{}{currency}", text(value)))
            })
    };
    let case = match (condition.from, condition.below) {
        (_, None) => 1,
        (None, Some(_)) => 0,
        (Some(_), Some(_)) => 2,
    };
    let own = PHRASES.iter().find(|(name, _)| *name == condition.feature);
    let [en, pt_br] =
        own.map_or_else(|| plain(condition, case), |(_, phrases)| phrases[case].map(str::to_owned));
    Localized { en: filled(&en, str::to_owned), pt_br: filled(&pt_br, portuguese) }
}

/// The phrase for a feature that has none of its own: its name, with its bounds.
fn plain(condition: &Condition, case: usize) -> [String; 2] {
    let [label, local] = in_sentence(&condition.feature);
    let [unit, unidade] = unit_after(condition.unit);
    let (en, pt_br) = match case {
        0 => (format!("below {{below}}{unit}"), format!("abaixo de {{below}}{unidade}")),
        1 => (format!("{{from}}{unit} or more"), format!("{{from}}{unidade} ou mais")),
        _ => (
            format!("from {{from}} to below {{below}}{unit}"),
            format!("de {{from}} a menos de {{below}}{unidade}"),
        ),
    };
    [format!("{label} {en}"), format!("{local} {pt_br}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounded(name: &str, unit: Unit, from: Option<f64>, below: Option<f64>) -> Condition {
        Condition { feature: name.to_owned(), unit, from, below }
    }

    #[test]
    fn conditions_are_said_as_people_say_them_in_both_languages() {
        let conditions = vec![
            bounded("recency", Unit::Days, None, Some(60.0)),
            bounded("frequency", Unit::Purchases, Some(5.0), None),
            bounded("monetary", Unit::Pennies, Some(10_000.0), Some(123_450.0)),
        ];
        let says = sentence(&Way { customers: 1, conditions }, Some("GBP"));
        assert_eq!(
            says.en,
            "last purchase less than 60 days ago and 5 or more purchases and spent 100.00 GBP or more but less than \
             1,234.50 GBP in all"
        );
        assert_eq!(
            says.pt_br,
            "última compra há menos de 60 dias e 5 ou mais compras e gastou 100,00 GBP ou mais, mas menos de \
             1.234,50 GBP, ao todo"
        );
        assert_eq!(sentence(&Way { customers: 1, conditions: Vec::new() }, None).pt_br, "todos");
    }

    #[test]
    fn a_feature_without_a_phrase_is_said_by_its_name() {
        let condition = bounded("return_rate", Unit::Share, Some(0.25), None);
        let says = sentence(&Way { customers: 1, conditions: vec![condition] }, Some("GBP"));
        assert_eq!(
            (says.en.as_str(), says.pt_br.as_str()),
            ("return rate 25.0 % or more", "taxa de devolução 25,0 % ou mais")
        );
    }

    #[test]
    fn every_phrase_names_the_bounds_of_its_case() {
        for (name, phrases) in PHRASES {
            assert!(crate::features::feature(name).is_some(), "{name} is no feature");
            for (phrase, bounds) in phrases.iter().zip([[false, true], [true, false], [true, true]]) {
                let named = phrase.map(|text| ["{from}", "{below}"].map(|bound| text.contains(bound)));
                assert_eq!(named, [bounds; 2], "{phrase:?}");
            }
        }
    }
}
