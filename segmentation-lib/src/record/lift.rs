//! What a campaign brought: treated customers against those who were held out.

use serde::{Deserialize, Serialize};

use super::Localized;

/// What customers who were not held out did more than those who were, in the purchases since an earlier run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lift {
    /// The run that held customers out.
    pub from_run: String,
    /// Purchases count from this day on, its reference date, ISO 8601.
    pub from: String,
    /// Up to and including this day, ISO 8601.
    pub until: String,
    /// Days counted.
    pub days: u32,
    /// Share of the customers that was to be held out.
    pub share: f64,
    /// Seed of the hold-outs.
    pub seed: u64,
    /// Whether the ids of a campaign's customers were given: the treated are these, else everybody who was not held out,
    /// whether or not there was a campaign.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub campaign: bool,
    /// All customers.
    pub all: GroupLift,
    /// Each segment of that run, in its order.
    pub segments: Vec<SegmentLift>,
}

/// The lift in one segment, as the customers stood in the run that held customers out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentLift {
    /// The segment's id in that run.
    pub id: u16,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: Localized,
    /// What was measured.
    pub lift: GroupLift,
}

/// Treated against held-out customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupLift {
    /// Those who were treated.
    pub treated: Arm,
    /// Those who were held out.
    pub held_out: Arm,
    /// Pennies a treated customer spent more for being treated, adjusted by what each customer had spent in as many days
    /// before; none where the data holds no money, and as below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend: Option<Effect>,
    /// Share of the treated customers who bought for being treated; none with fewer than ten customers on a side, and
    /// where all did the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought: Option<Effect>,
}

/// What one side did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Arm {
    /// Customers.
    pub customers: u64,
    /// Of them, those with a purchase.
    pub bought: u64,
    /// What they spent together, returned money taken off, in pennies.
    pub pennies: i64,
}

/// A difference a head with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Effect {
    /// The estimate.
    pub a_head: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Arm {
    /// Share with a purchase; none of nobody.
    pub fn bought_share(&self) -> Option<f64> {
        (self.customers > 0).then(|| self.bought as f64 / self.customers as f64)
    }

    /// Pennies a customer spent on average; none of nobody.
    pub fn spent_a_head(&self) -> Option<f64> {
        (self.customers > 0).then(|| self.pennies as f64 / self.customers as f64)
    }
}

impl Effect {
    /// Whether the interval leaves no doubt of the sign.
    pub fn is_certain(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }

    /// The same of so many customers together.
    pub fn of(&self, customers: u64) -> Self {
        let of_all = |a_head: f64| a_head * customers as f64;
        Self { a_head: of_all(self.a_head), low: of_all(self.low), high: of_all(self.high) }
    }
}

impl Lift {
    /// Every figure, for checks.
    pub(super) fn figures(&self) -> impl Iterator<Item = f64> {
        let groups = self.segments.iter().map(|segment| &segment.lift).chain([&self.all]);
        let effects = groups.flat_map(|group| group.spend.iter().chain(&group.bought));
        effects.flat_map(|effect| [effect.a_head, effect.low, effect.high]).chain([self.share])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_is_certain_where_its_interval_leaves_zero_out() {
        let effect = |low, high| Effect { a_head: 1.0, low, high };
        assert!(effect(0.5, 2.0).is_certain() && effect(-3.0, -1.0).is_certain());
        assert!(!effect(-0.5, 2.0).is_certain() && !effect(0.0, 2.0).is_certain());
        assert_eq!(effect(0.5, 2.0).of(10), Effect { a_head: 10.0, low: 5.0, high: 20.0 });
    }

    #[test]
    fn nobody_has_no_share() {
        let arm = Arm { customers: 4, bought: 1, pennies: 1000 };
        assert_eq!((arm.bought_share(), arm.spent_a_head()), (Some(0.25), Some(250.0)));
        assert_eq!((Arm::default().bought_share(), Arm::default().spent_a_head()), (None, None));
    }
}
