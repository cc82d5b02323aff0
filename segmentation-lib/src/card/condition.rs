//! When a segment's name holds, and how far its customers are like that in this run.

use super::Subject;
use crate::record::Localized;
use crate::wording::{percent, portuguese};

/// What conditions of runs said of every data before shares were measured, and how much of it is known: the marks are
/// rounded.
const ROUNDED: [[&str; 2]; 4] = [
    ["four in five", "about four in five"],
    ["19 in 20", "about 19 in 20"],
    ["quatro em cada cinco", "cerca de quatro em cada cinco"],
    ["19 em cada 20", "cerca de 19 em cada 20"],
];

/// What they said of all customers, which the medians show of half of them.
const OF_ALL: [[&str; 2]; 4] = [
    ["One purchase, the first within", "Mostly one purchase; half or more made their first within"],
    ["One purchase", "Mostly one purchase"],
    [
        "Uma compra, a primeira nos",
        "Em geral, uma única compra; pelo menos metade comprou pela primeira vez nos",
    ],
    ["Uma compra", "Em geral, uma única compra"],
];

impl Subject<'_> {
    pub(super) fn condition(&self) -> Option<Localized> {
        let recorded = self.segment.condition.as_ref()?;
        let Localized { en, pt_br } = recorded;
        let mut text = Localized { en: as_shown(en), pt_br: as_shown(pt_br) };
        if self.assumes_days() && ROUNDED.iter().any(|&[_, about]| text.en.contains(about)) {
            text.en += "; these days are assumed, for want of repeat purchases";
            text.pt_br += "; esses dias são uma suposição, por falta de recompras";
        }
        text = self.of_this_run(text);
        if let Some(share) = self.bought_once() {
            let share = percent(share);
            text.en += &format!("; {share} of them made one purchase at most");
            text.pt_br += &format!("; {} deles fizeram no máximo uma compra", portuguese(&share));
        }
        Some(text)
    }

    /// Whether the days that names go by are assumed rather than those of the data.
    fn assumes_days(&self) -> bool {
        self.manifest.naming.as_ref().is_some_and(|naming| !naming.clock.is_measured())
    }

    /// Of a segment whose usual customer made one purchase, the share who made no more, where some did.
    fn bought_once(&self) -> Option<f64> {
        let usual = self.feature("frequency")?.median;
        let customers = Some(self.segment.customers).filter(|customers| *customers > 0)?;
        let repeat = self.segment.repeat_buyers.filter(|repeat| *repeat > 0 && usual < 2.0)?;
        Some(1.0 - repeat as f64 / customers as f64)
    }
}

fn as_shown(text: &str) -> String {
    let rounded = ROUNDED
        .iter()
        .fold(text.to_owned(), |text, &[whole, about]| text.replace(about, whole).replace(whole, about));
    let of_all = OF_ALL.iter().find_map(|&[all, most]| Some(format!("{most}{}", rounded.strip_prefix(all)?)));
    of_all.unwrap_or(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_of_all_is_said_of_most_and_once() {
        for (recorded, shown) in [
            (
                "One purchase, the first within the last 90 days",
                "Mostly one purchase; half or more made their first within the last 90 days",
            ),
            (
                "One purchase, and no second within the 180 days in which 19 in 20 repeat purchases come",
                "Mostly one purchase, and no second within the 180 days in which about 19 in 20 repeat purchases come",
            ),
            (
                "76.2 % of repeat purchases come within 60 days",
                "76.2 % of repeat purchases come within 60 days",
            ),
        ] {
            assert_eq!(
                (as_shown(recorded), as_shown(&as_shown(recorded))),
                (shown.to_owned(), shown.to_owned())
            );
        }
    }
}
