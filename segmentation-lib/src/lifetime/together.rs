//! What many customers do together, and how far that is certain.

use serde::{Deserialize, Serialize};

use super::{Histories, LifetimeError, PurchaseFit, PurchaseModel};

/// Step of the central differences, as a share of the parameter: the cube root of the precision.
const STEP: f64 = 6e-6;

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
        let half = 1.959_963_984_540_054 * self.standard_deviation;
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
    /// As [`PurchaseModel::expected_purchases`].
    pub fn expected_together(
        &self,
        customers: &Histories,
        horizon: f64,
    ) -> Result<ExpectedSum, LifetimeError> {
        let each = customers.each(|history| {
            let p = self.model.purchases(history, horizon)?;
            Ok((p.mean, p.square - p.mean * p.mean))
        })?;
        let chance: f64 = each.iter().map(|(_, variance)| variance).sum();
        let parameters = self.model.parameters();
        let mut gradient = [0.0; 4];
        for i in 0..4 {
            let step = STEP * parameters[i];
            let aside = |by: f64| {
                let mut moved = parameters;
                moved[i] += by;
                let model = PurchaseModel::new(self.model.family(), moved)?;
                let each = customers.each(|history| model.expected_purchases(history, horizon))?;
                Ok::<f64, LifetimeError>(each.iter().sum())
            };
            gradient[i] = (aside(step)? - aside(-step)?) / (2.0 * step);
        }
        let uncertainty: f64 = (0..4)
            .flat_map(|i| (0..4).map(move |j| (i, j)))
            .map(|(i, j)| gradient[i] * self.covariances[i][j] * gradient[j])
            .sum();
        Ok(ExpectedSum {
            purchases: each.iter().map(|(mean, _)| mean).sum(),
            standard_deviation: (chance + uncertainty).max(0.0).sqrt(),
        })
    }
}
