//! The currency of amounts: one switch for tables, as the language has one.

use std::sync::RwLock;

use segmentation_lib::catalogue;
use segmentation_lib::record::Unit;

use crate::language::term;

/// What stands where a currency is not known.
const UNKNOWN: &str = "currency units";

/// What was chosen for the whole notebook; empty where nothing was.
static CHOSEN: RwLock<String> = RwLock::new(String::new());

/// The currency of a data set's amounts (ISO 4217), where the catalogue knows it.
pub fn known_currency(dataset: &str) -> Option<String> {
    catalogue::dataset(dataset).ok()?.currency.map(str::to_owned)
}

/// The same, as axes and titles name it.
pub fn currency_of(dataset: &str) -> String {
    known_currency(dataset).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// Names the currency of the amounts in all tables that follow.
pub fn amounts_in(currency: &str) {
    if let Ok(mut chosen) = CHOSEN.write() {
        currency.clone_into(&mut chosen);
    }
}

/// The currency of amounts, in the language of tables.
pub(crate) fn currency() -> String {
    let chosen = CHOSEN.read().map(|chosen| chosen.clone()).unwrap_or_default();
    named(&chosen)
}

/// A feature's unit as tables and axes name it: amounts are in the currency, and never in pennies.
pub(crate) fn unit_of(unit: Unit) -> String {
    if unit == Unit::Pennies { currency() } else { term(unit.name()).into_owned() }
}

fn named(chosen: &str) -> String {
    term(if chosen.is_empty() { UNKNOWN } else { chosen }).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, within};

    #[test]
    fn the_currency_is_the_catalogues() {
        assert_eq!((currency_of("cdnow").as_str(), currency_of("my own").as_str()), ("USD", UNKNOWN));
    }

    #[test]
    fn amounts_are_in_the_currency_and_other_features_in_their_units() {
        let shown = || [unit_of(Unit::Pennies), unit_of(Unit::Days)];
        assert_eq!(within(Language::PtBr, shown), ["unidades monetárias", "dias"]);
    }

    #[test]
    fn a_currency_stands_as_it_is_and_an_unknown_one_in_the_language() {
        let portuguese = |chosen: &str| within(Language::PtBr, || named(chosen));
        assert_eq!((portuguese("GBP").as_str(), portuguese("").as_str()), ("GBP", "unidades monetárias"));
    }
}
