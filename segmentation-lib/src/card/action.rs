//! What to do, and whether it may cost something, decided by the figures where a name's usual action goes against them.
//!
//! A vocabulary's action holds for the usual segment of its name. It gives way where the same card shows the contrary; the
//! first of these decides:
//!
//! - It makes an offer, and most bought again anyway: no offer.
//! - It wins customers back, and the forecast takes most of them for customers still, or half or more are in rhythm again
//!   in this run: a reminder.
//! - It calls customers for whom a contact may cost nothing: a message.
//! - It spends nothing on customers for whom a campaign was worth it: that campaign.
//! - It says of customers that they are in rhythm, and half or more are late in this run: the action without that.

use super::Subject;
use super::advice::FREE_CHANNELS;
use crate::record::{CameBack, ForecastSum, Localized, Unit};
use crate::wording::{feature, filled, percent, portuguese};

/// More than this share is most of them.
const MOST: f64 = 0.5;

/// Words by which an action is known for what it does, in each language; the vocabulary may be a shop's own.
struct Deed {
    en: &'static [&'static str],
    pt_br: &'static [&'static str],
}

const OFFERS: Deed = Deed {
    en: &[
        "offers",
        "discount",
        "discounts",
        "incentive",
        "incentives",
        "coupon",
        "coupons",
        "voucher",
        "vouchers",
    ],
    pt_br: &["oferta", "ofertas", "desconto", "descontos", "incentivo", "incentivos", "cupom", "cupons"],
};
const WINS_BACK: Deed = Deed {
    en: &["win", "stopped", "drift", "reactivation", "reactivate", "few"],
    pt_br: &["reconquista", "reconquiste", "pararam", "afastem", "reativação", "reative", "alguns"],
};
const CALLS: Deed = Deed {
    en: &["call", "calls", "phone", "telephone"],
    pt_br: &["ligue", "ligação", "ligações", "telefone", "telefonemas"],
};
const SPENDS_NOTHING: Deed =
    Deed { en: &["free channels", "paid campaigns"], pt_br: &["canais gratuitos", "campanhas pagas"] };

/// What an action says of customers in rhythm alone.
const IN_RHYTHM: Deed = Deed {
    en: &["no discount", "while they are active"],
    pt_br: &["não precisam de desconto", "enquanto estão ativos"],
};

impl Deed {
    fn is_in(&self, action: &Localized) -> bool {
        names(&action.en, self.en) || names(&action.pt_br, self.pt_br)
    }
}

/// Whether a text has one of the words, or word pairs, in a part that does not deny it: "no discounts needed" is no
/// discount. A verb in front, as of "Offer a programme", is none of the words.
fn names(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    let denied =
        |part: &str| ["no ", "not ", "without ", "não ", "sem "].iter().any(|no| part.starts_with(*no));
    let mut parts = text.split([';', ',', '.', ':']).map(str::trim).filter(|part| !denied(part));
    parts.any(|part| {
        let mut of_part = part.split(|c: char| !c.is_alphabetic()).enumerate();
        of_part.any(|(at, word)| {
            words.contains(&word) || (at > 0 && word == "offer" && words.contains(&"offers"))
        }) || words.iter().any(|pair| pair.contains(' ') && part.contains(*pair))
    })
}

/// A text without the parts that have one of the phrases; the whole of it where no part would be left.
fn without(text: &str, phrases: &[&str]) -> String {
    let has_none = |part: &&str| !phrases.iter().any(|phrase| part.contains(*phrase));
    let parts: Vec<&str> = text.split("; ").filter(has_none).collect();
    if parts.is_empty() { text.to_owned() } else { parts.join("; ") }
}

impl Subject<'_> {
    /// How many bought again, where it is most of them for certain.
    pub(super) fn most_return(&self) -> Option<&CameBack> {
        self.segment.came_back.as_ref().filter(|rate| rate.customers > 0 && rate.low > MOST)
    }

    /// The share of them that the forecast takes for customers still, where it is most of them.
    pub(super) fn most_are_customers(&self) -> Option<f64> {
        let share = self.segment.forecast.as_ref().and_then(ForecastSum::alive_share)?;
        Some(share).filter(|share| *share > MOST)
    }

    /// Whether no contact may cost anything: the last campaign brought the usual customer not a penny, or none was measured
    /// and a customer is expected to bring little, or the segment is to be left out of what costs money.
    pub(super) fn only_free(&self) -> bool {
        match self.measured() {
            Some(effect) => self.of_usual(effect.low) < 1,
            None => {
                let pays_for_none = self.assumed_cost().is_some_and(|pennies| pennies < 1);
                pays_for_none || self.worth_little_each() || SPENDS_NOTHING.is_in(&self.segment.action)
            }
        }
    }

    pub(super) fn worth_little_each(&self) -> bool {
        self.times_average().is_some_and(|times| times < FREE_CHANNELS)
    }

    /// What to do.
    pub(super) fn action(&self) -> Localized {
        let usual = &self.segment.action;
        if self.most_return().is_some() && OFFERS.is_in(usual) {
            return said(
                "Suggest what goes with their purchases; no offers needed, as most buy again as it is",
                "Sugira o que complemente as compras deles; não precisam de oferta, pois a maioria já volta a comprar",
            );
        }
        if let Some(share) = self.most_are_customers().filter(|_| WINS_BACK.is_in(usual)) {
            return still_customers(&percent(share));
        }
        if let Some(recency) = self.back_in_rhythm().filter(|_| WINS_BACK.is_in(usual)) {
            return bought_lately(&feature(recency, Unit::Days));
        }
        match self.only_free() {
            true if CALLS.is_in(usual) => said(
                "Write to them at no cost and ask what was missing",
                "Escreva a eles sem custo e pergunte o que faltou",
            ),
            false if SPENDS_NOTHING.is_in(usual) => said(
                "Contact them as in the last campaign, which had an effect here",
                "Contate-os como na última campanha, que teve efeito aqui",
            ),
            _ if self.late().is_some() => Localized {
                en: without(&usual.en, IN_RHYTHM.en),
                pt_br: without(&usual.pt_br, IN_RHYTHM.pt_br),
            },
            _ => usual.clone(),
        }
    }
}

fn bought_lately(days: &str) -> Localized {
    Localized {
        en: filled(
            "Remind them with what goes with their purchases: half or more last purchased within {} days",
            "{}",
            days,
        ),
        pt_br: filled(
            "Lembre-os com sugestões ligadas às compras deles: pelo menos metade comprou há no máximo {} dias",
            "{}",
            &portuguese(days),
        ),
    }
}

fn still_customers(share: &str) -> Localized {
    Localized {
        en: format!(
            "Remind them with what goes with their purchases: by the forecast {share} are still customers"
        ),
        pt_br: format!(
            "Lembre-os com sugestões ligadas às compras deles: segundo a previsão, {} ainda são clientes",
            portuguese(share)
        ),
    }
}

fn said(en: &str, pt_br: &str) -> Localized {
    Localized { en: en.to_owned(), pt_br: pt_br.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Vocabulary;

    #[test]
    fn an_action_is_known_for_what_it_does_in_either_language() {
        let vocabulary = Vocabulary::bundled();
        let with = |deed: &Deed| -> Vec<String> {
            let names = vocabulary.segments.names().iter().map(|name| &name.wording);
            names.filter(|wording| deed.is_in(&wording.action)).map(|wording| wording.key.clone()).collect()
        };
        assert_eq!(with(&OFFERS), ["promising", "need_attention", "about_to_sleep", "hibernating"]);
        assert_eq!(with(&WINS_BACK), ["need_attention", "cannot_lose", "at_risk", "hibernating", "lost"]);
        assert_eq!(with(&CALLS), ["cannot_lose"]);
        assert_eq!(with(&SPENDS_NOTHING), ["one_time", "lost"]);
        let of_rhythm = |text: &str| IN_RHYTHM.en.iter().any(|phrase| text.contains(*phrase));
        let names = vocabulary.segments.names().iter().map(|name| &name.wording);
        let timed: Vec<&str> = names
            .filter(|wording| of_rhythm(&wording.action.en))
            .map(|wording| wording.key.as_str())
            .collect();
        assert_eq!(timed, ["champions", "potential_loyalists"]);
        assert!(
            OFFERS.is_in(&said("Send a coupon", "-")) && OFFERS.is_in(&said("-", "Dê um desconto de 10 %"))
        );
    }

    #[test]
    fn a_part_that_holds_in_rhythm_alone_is_left_out() {
        let [first, last] =
            ["Reward them; no discounts needed", "Convide; sugira a compra enquanto estão ativos"];
        assert_eq!(without(first, IN_RHYTHM.en), "Reward them");
        assert_eq!(without(last, IN_RHYTHM.pt_br), "Convide");
        assert_eq!(without("no discounts needed", IN_RHYTHM.en), "no discounts needed");
    }
}
