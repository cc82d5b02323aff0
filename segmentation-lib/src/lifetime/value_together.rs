//! What many customers bring together, and how far that is certain.

use serde::{Deserialize, Serialize};

use super::outlook::{Outlook, add, carried};
use super::together::HALF_WIDTH;
use super::{Histories, History, LifetimeError, PurchaseFit, Spend, SpendFit, SpendModel};

/// Value to expect of many customers together, in the unit of their spend.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExpectedValue {
    /// Expected value.
    pub value: f64,
    /// Standard deviation of the value that comes about: chance, and the uncertainty of both models'
    /// parameters. None where it is infinite: mean spend has no variance for a customer with px + q ≤ 2.
    pub standard_deviation: Option<f64>,
}

impl ExpectedValue {
    /// The interval that holds the value with 95 % probability if the models are right and the customers many
    /// (their sum is taken as normal; the value of a few is skewed); none without a standard deviation. What
    /// the models do not know is not in it, as in [`super::ExpectedSum::interval`].
    pub fn interval(&self) -> Option<(f64, f64)> {
        let half = HALF_WIDTH * self.standard_deviation?;
        Some(((self.value - half).max(0.0), self.value + half))
    }
}

impl PurchaseFit {
    /// Value within `horizon` after the observation to expect of the customers: (x, t_x, T) with number and mean
    /// value of their purchases so far. They may be a segment of those that the models were fitted to.
    ///
    /// With N purchases to come, mean spend Z given the customer's own purchases, and single purchases gamma
    /// distributed about Z with shape p (Fader & Hardie, note 025, 2013), N and Z independent:
    ///
    /// E V = E N · E Z,  Var V = E N · E Z² / p + E N² · E Z² − (E N · E Z)².
    ///
    /// p/Z is gamma distributed with shape px + q and rate γ + xz, so
    /// E Z² = p²(γ + xz)² / ((px + q − 1)(px + q − 2)). Customers are independent given the parameters;
    /// the parameters' errors, independent between the two models, are carried over by the gradients of the sum.
    /// Cost: nine forecasts of each distinct history, then linear in the customers.
    ///
    /// # Errors
    /// [`LifetimeError::ImpossibleHistory`], [`LifetimeError::InfiniteSpend`] where the expected value itself is
    /// infinite, and as [`super::PurchaseModel::expected_purchases`].
    pub fn expected_value_together(
        &self,
        spend: &SpendFit,
        customers: &[(History, Spend)],
        horizon: f64,
    ) -> Result<ExpectedValue, LifetimeError> {
        let histories: Vec<History> = customers.iter().map(|(history, _)| *history).collect();
        let outlooks = self.outlooks(&Histories::new(&histories)?, horizon)?;
        self.value_of(spend, outlooks.iter().zip(customers.iter().map(|(_, spent)| spent)))
    }

    /// [`PurchaseFit::expected_value_together`] of the customers with these outlooks and purchases so far.
    ///
    /// # Errors
    /// [`LifetimeError::InfiniteSpend`].
    pub(crate) fn value_of<'o>(
        &self,
        spend: &SpendFit,
        customers: impl Iterator<Item = (&'o Outlook, &'o Spend)>,
    ) -> Result<ExpectedValue, LifetimeError> {
        let mut sum = Sum { chance: Some(0.0), ..Sum::default() };
        for (outlook, spent) in customers {
            sum.add(outlook, &spend.model.mean_spend(spent)?);
        }
        Ok(sum.expected(self, spend))
    }
}

/// Mean spend per purchase of one customer, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
struct MeanSpend {
    mean: f64,
    /// Mean of the square; none where it is infinite.
    square: Option<f64>,
    /// Variance of a single purchase about the mean spend, in units of its square: 1/p.
    dispersion: f64,
    /// Derivatives of the mean by p, q, γ.
    gradient: [f64; 3],
}

impl SpendModel {
    /// The first two moments of the customer's mean spend, with the first one's derivatives.
    fn mean_spend(&self, spend: &Spend) -> Result<MeanSpend, LifetimeError> {
        let mean = self.expected_spend(spend)?;
        let [p, q, gamma] = self.parameters();
        let (x, sum) = spend.known();
        let (shape, rate) = (p * x + q, gamma + sum);
        let square = (p * rate) * (p * rate) / ((shape - 1.0) * (shape - 2.0));
        Ok(MeanSpend {
            mean,
            square: (shape > 2.0).then_some(square),
            dispersion: 1.0 / p,
            gradient: [mean / p - mean * x / (shape - 1.0), -mean / (shape - 1.0), p / (shape - 1.0)],
        })
    }
}

/// What is added up over the customers.
#[derive(Default)]
struct Sum {
    value: f64,
    chance: Option<f64>,
    by_purchases: [f64; 4],
    by_spend: [f64; 3],
}

impl Sum {
    fn add(&mut self, purchases: &Outlook, spend: &MeanSpend) {
        let value = purchases.mean * spend.mean;
        self.value += value;
        let times = purchases.mean * spend.dispersion + purchases.square;
        let variance = spend.square.map(|square| times * square - value * value);
        self.chance = self.chance.zip(variance).map(|(sum, variance)| sum + variance);
        add(&mut self.by_purchases, spend.mean, &purchases.gradient);
        add(&mut self.by_spend, purchases.mean, &spend.gradient);
    }

    fn expected(&self, purchases: &PurchaseFit, spend: &SpendFit) -> ExpectedValue {
        let uncertainty =
            carried(&self.by_purchases, &purchases.covariances) + carried(&self.by_spend, &spend.covariances);
        let standard_deviation = self.chance.map(|chance| (chance + uncertainty).max(0.0).sqrt());
        ExpectedValue { value: self.value, standard_deviation }
    }
}
