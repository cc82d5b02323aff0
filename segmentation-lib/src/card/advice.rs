//! What to spend on a segment and how to know whether it helped: only what the run's figures show.

use super::{ContactCost, CostBasis, Measurement, Subject};
use crate::record::{CameBack, Effect, ForecastSum, Localized};
use crate::wording::{money, percent, portuguese};

/// Of a segment, how many are left without a contact so that its effect can be seen.
pub const HELD_OUT: f64 = 0.1;

/// What a contact is assumed to add to the expected value until a campaign has been measured.
pub const ASSUMED_LIFT: f64 = 0.1;

/// Times the average value a head from which on a contact by a person is worth it.
pub const PERSONAL_CONTACT: f64 = 2.0;

/// Times the average value a head below which only what costs nothing is.
pub const FREE_CHANNELS: f64 = 0.5;

/// Standard deviations between "no difference" and one that is found four times in five at a level of 5 % (1.96 + 0.84).
const SEEN: f64 = 2.8;

/// The variance of a share. Where nobody or everybody came back, the usual one is 0 and would have any difference seen: it
/// is that of the bound of the share's interval (Wilson, 1927), taken no further than a half, where variances are largest.
fn variance(rate: &CameBack) -> f64 {
    let share = match rate.came_back {
        0 => rate.high.min(0.5),
        all if all == rate.customers => rate.low.max(0.5),
        _ => rate.share,
    };
    share * (1.0 - share)
}

fn text(en: &str, pt_br: &str) -> Localized {
    Localized { en: en.to_owned(), pt_br: pt_br.to_owned() }
}

impl Subject<'_> {
    /// What a customer of the segment is expected to bring, over what the average customer is; none without values.
    pub(super) fn times_average(&self) -> Option<f64> {
        let average = self.manifest.forecast.as_ref()?.all.value_a_head().filter(|average| *average > 0.0)?;
        Some(self.a_head()? / average)
    }

    pub(super) fn a_head(&self) -> Option<f64> {
        self.segment.forecast.as_ref().and_then(ForecastSum::value_a_head)
    }

    /// What the last campaign brought in this segment, a head.
    pub(super) fn measured(&self) -> Option<Effect> {
        let lift = self.manifest.lift.as_ref()?;
        lift.segments.iter().find(|of| of.key == self.segment.key)?.lift.spend
    }

    pub(super) fn contact_cost(&self) -> Option<ContactCost> {
        let cost = |pennies, basis| Some(ContactCost { pennies, basis });
        match self.measured() {
            Some(Effect { low, .. }) if low <= 0.0 => cost(None, CostBasis::NoEffectSeen),
            // Where only free channels pay, an amount would say the opposite.
            _ if self.only_free() => None,
            Some(effect) => cost(Some(self.of_usual(effect.low)), CostBasis::Measured),
            None => cost(Some(self.assumed_cost()?), CostBasis::Assumed),
        }
    }

    /// What at least half of the customers are expected to bring, no more than the mean; none without values.
    fn usual_value(&self) -> Option<f64> {
        let median = self.segment.forecast.as_ref()?.median_value_pennies?;
        Some(self.a_head()?.min(median as f64))
    }

    /// Pennies for which a contact of the usual customer pays by the assumed lift; none without values.
    pub(super) fn assumed_cost(&self) -> Option<i64> {
        Some((self.usual_value()? * ASSUMED_LIFT).floor() as i64)
    }

    /// The part of a lift a head that the usual customer has in it, in pennies: as the usual value is to the mean.
    pub(super) fn of_usual(&self, lift: f64) -> i64 {
        let mean = self.a_head().filter(|mean| *mean > 0.0);
        let part = self.usual_value().zip(mean).map_or(1.0, |(usual, mean)| usual / mean);
        (lift * part).floor() as i64
    }

    pub(super) fn measurement(&self) -> Option<Measurement> {
        let rate = self.segment.came_back.as_ref().filter(|rate| rate.customers > 0)?;
        let customers = Some(self.segment.customers as f64).filter(|customers| *customers > 0.0)?;
        let held_out = (HELD_OUT * customers).round() as u64;
        let groups = 1.0 / (HELD_OUT * customers) + 1.0 / ((1.0 - HELD_OUT) * customers);
        let difference = SEEN * (variance(rate) * groups).sqrt();
        let visible_difference = Some(difference).filter(|difference| held_out > 0 && *difference <= 1.0);
        Some(Measurement { held_out, visible_difference })
    }

    /// The channel that the value a head pays for; none where no value is known.
    pub(super) fn channel(&self) -> Option<Localized> {
        Some(match self.times_average()? {
            _ if self.only_free() => text("free channels only", "somente canais sem custo"),
            times if times >= PERSONAL_CONTACT => text("personal contact, e-mail", "contato pessoal, e-mail"),
            _ => text("e-mail, ads to past customers", "e-mail, anúncios para quem já comprou"),
        })
    }

    /// What not to do: the first of these that the figures show.
    ///
    /// - Most buy again as it is: a discount for all gives away what would have come.
    /// - A customer is worth less than half of the average: nothing that costs money.
    /// - Clearly fewer buy again than on average: no plan may count on them.
    pub(super) fn avoid(&self) -> Option<Localized> {
        self.most_come_back().or_else(|| self.worth_little()).or_else(|| self.few_come_back())
    }

    fn most_come_back(&self) -> Option<Localized> {
        let rate = self.most_return()?;
        let (share, days) = (percent(rate.share), self.look_back_days()?);
        Some(Localized {
            en: format!(
                "no discount for all of them: {share} bought again within {days} days as it was; a discount would only make \
                 those purchases cheaper"
            ),
            pt_br: format!(
                "não dê desconto a todos: {} já voltaram a comprar em {days} dias sem isso; o desconto só baratearia essas \
                 compras",
                portuguese(&share)
            ),
        })
    }

    fn worth_little(&self) -> Option<Localized> {
        if !(self.only_free() && self.worth_little_each()) {
            return None;
        }
        let value = money(self.a_head()?.round() as i64);
        Some(Localized {
            en: format!(
                "no paid ads, post or calls: a customer is expected to bring {value}, less than half of the average"
            ),
            pt_br: format!(
                "nada de anúncios pagos, correio ou telefonemas: espera-se {} por cliente, menos da metade da média",
                portuguese(&value)
            ),
        })
    }

    fn few_come_back(&self) -> Option<Localized> {
        let rate = self.segment.came_back.as_ref().filter(|rate| rate.customers > 0)?;
        let all = self.manifest.naming.as_ref()?.look_back.as_ref()?.came_back.low;
        let (high, days) = (percent(rate.high), self.look_back_days()?);
        (rate.high < all).then(|| Localized {
            en: format!("do not plan with their revenue: at most {high} of them bought again within {days} days"),
            pt_br: format!(
                "não conte com a receita deles no planejamento: no máximo {} voltaram a comprar em {days} dias",
                portuguese(&high)
            ),
        })
    }

    pub(super) fn look_back_days(&self) -> Option<u32> {
        Some(self.manifest.naming.as_ref()?.look_back.as_ref()?.days)
    }
}
