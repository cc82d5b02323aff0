//! What many customers do together, and how far that is certain.

use serde::{Deserialize, Serialize};

use super::outlook::{Nearby, Outlook, add, carried};
use super::{Histories, LifetimeError, PurchaseFit};

/// Half the width of a normal distribution's 95 % interval, in standard deviations.
pub(super) const HALF_WIDTH: f64 = 1.959_963_984_540_054;

/// Purchases to expect of many customers together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExpectedSum {
    /// Expected number.
    pub purchases: f64,
    /// Standard deviation of the number that comes about: chance, and the uncertainty of the parameters.
    pub standard_deviation: f64,
}

impl ExpectedSum {
    /// The interval that holds the number with 95 % probability if the model is right. What the model does not
    /// know (a campaign, a season, customers unlike the model's) is not in it: hold it against a
    /// [`super::Holdout`].
    pub fn interval(&self) -> (f64, f64) {
        let half = HALF_WIDTH * self.standard_deviation;
        ((self.purchases - half).max(0.0), self.purchases + half)
    }
}

impl PurchaseFit {
    /// Purchases within `horizon` after the observation to expect of the customers, who may be a segment of
    /// those that the model was fitted to.
    ///
    /// Customers are independent given the parameters, whose errors are carried over by the gradient of the sum.
    /// Cost: nine forecasts of each distinct history.
    ///
    /// # Errors
    /// As [`super::PurchaseModel::expected_purchases`].
    pub fn expected_together(
        &self,
        customers: &Histories,
        horizon: f64,
    ) -> Result<ExpectedSum, LifetimeError> {
        Ok(self.sum_of(&self.outlooks(customers, horizon)?))
    }

    /// What each customer is expected to do, to be summed over any groups of them.
    ///
    /// # Errors
    /// As [`super::PurchaseModel::expected_purchases`].
    pub(crate) fn outlooks(
        &self,
        customers: &Histories,
        horizon: f64,
    ) -> Result<Vec<Outlook>, LifetimeError> {
        let nearby = Nearby::new(self.model)?;
        customers.each(|history| nearby.outlook(history, horizon))
    }

    /// [`PurchaseFit::expected_together`] of the customers with these outlooks.
    pub(crate) fn sum_of<'o>(&self, outlooks: impl IntoIterator<Item = &'o Outlook>) -> ExpectedSum {
        let (mut purchases, mut chance, mut gradient) = (0.0, 0.0, [0.0; 4]);
        for outlook in outlooks {
            purchases += outlook.mean;
            chance += outlook.square - outlook.mean * outlook.mean;
            add(&mut gradient, 1.0, &outlook.gradient);
        }
        let variance = chance + carried(&gradient, &self.covariances);
        ExpectedSum { purchases, standard_deviation: variance.max(0.0).sqrt() }
    }
}
