//! What the days of a clock are, in words: the share of the repeat purchases that come within them as it was measured.

use super::Clock;
use crate::record::Localized;
use crate::wording::{percent, portuguese};

/// What texts may say of a clock, by the place that it is put in. Runs made before the shares were recorded know about how
/// many come; of assumed days nothing is said that this data would have to show.
pub(super) fn phrases(clock: &Clock) -> [(&'static str, Localized); 3] {
    let said = if clock.is_measured() { measured(clock) } else { assumed(clock) };
    let [rhythm, delay, silence] = said;
    [("{rhythm}", rhythm), ("{delay}", delay), ("{silence}", silence)]
}

fn measured(clock: &Clock) -> [Localized; 3] {
    let (active, away) = (clock.active_days, clock.away_days);
    let both = |en: &str, pt_br: &str| Localized { en: en.to_owned(), pt_br: pt_br.to_owned() };
    let share = |share: f64| Localized { en: percent(share), pt_br: portuguese(&percent(share)) };
    let (repeat, recompras) = (" of repeat purchases", " das recompras");
    let (of_active, of_away, within_away) = match clock.shares() {
        Some([_, within_active, within_away]) => {
            let [of_active, of_away] = [within_active, within_away].map(share);
            let whole =
                |s: &Localized| both(&format!("{}{repeat}", s.en), &format!("{}{recompras}", s.pt_br));
            (whole(&of_active), whole(&of_away), of_away)
        }
        None => (
            both("about four in five repeat purchases", "cerca de quatro em cada cinco recompras"),
            both("about 19 in 20 repeat purchases", "cerca de 19 em cada 20 recompras"),
            both("about 19 in 20", "cerca de 19 em cada 20"),
        ),
    };
    let come = |of: &Localized, days: u32| Localized {
        en: format!("{} come within {days} days", of.en),
        pt_br: format!("{} acontecem em até {days} dias", of.pt_br),
    };
    let rhythm = come(&of_active, active);
    let delay = Localized {
        en: format!("{}, {} within {away}", rhythm.en, within_away.en),
        pt_br: format!("{}, {} em até {away}", rhythm.pt_br, within_away.pt_br),
    };
    [rhythm, delay, come(&of_away, away)]
}

fn assumed(clock: &Clock) -> [Localized; 3] {
    let (active, away) = (clock.active_days, clock.away_days);
    let limit = |days: u32| Localized {
        en: format!("the limit of {days} days is assumed, for want of repeat purchases"),
        pt_br: format!("o limite de {days} dias é uma suposição, por falta de recompras"),
    };
    let limits = Localized {
        en: format!("the limits of {active} and {away} days are assumed, for want of repeat purchases"),
        pt_br: format!("os limites de {active} e {away} dias são uma suposição, por falta de recompras"),
    };
    [limit(active), limits, limit(away)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(clock: &Clock) -> [Localized; 3] {
        phrases(clock).map(|(_, text)| text)
    }

    #[test]
    fn the_share_that_was_measured_is_said() {
        // Gaps whose marks are 60 and 90 days.
        let [rhythm, delay, silence] = said(&Clock::from_gaps(&[(10, 50), (40, 26), (70, 10), (100, 14)]));
        assert_eq!(rhythm.en, "76.0 % of repeat purchases come within 60 days");
        assert_eq!(rhythm.pt_br, "76,0 % das recompras acontecem em até 60 dias");
        assert_eq!(delay.en, "76.0 % of repeat purchases come within 60 days, 86.0 % within 90");
        assert_eq!(silence.pt_br, "86,0 % das recompras acontecem em até 90 dias");
    }

    #[test]
    fn without_shares_it_is_about_how_many() {
        let before = Clock { usual_days: 30, active_days: 60, away_days: 180, gaps: 12_000, within: None };
        let [_, delay, silence] = said(&before);
        assert_eq!(
            delay.en,
            "about four in five repeat purchases come within 60 days, about 19 in 20 within 180"
        );
        assert_eq!(silence.pt_br, "cerca de 19 em cada 20 recompras acontecem em até 180 dias");
    }

    #[test]
    fn of_assumed_days_no_share_is_said() {
        for Localized { en, pt_br } in said(&Clock::ASSUMED) {
            assert!(en.contains("assumed") && pt_br.contains("suposição"), "{en} {pt_br}");
            assert!(!en.contains("come within") && !pt_br.contains("acontecem"), "{en} {pt_br}");
        }
    }
}
