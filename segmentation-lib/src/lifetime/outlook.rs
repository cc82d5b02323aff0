//! What one customer is expected to do, and how that moves with the parameters.

use super::{History, LifetimeError, PurchaseModel};

/// Step of the central differences, as a share of the parameter: the cube root of the precision.
const STEP: f64 = 6e-6;

/// Purchases of one customer within a horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    pub mean: f64,
    /// Mean of the square.
    pub square: f64,
    /// Derivatives of the mean by the parameters.
    pub gradient: [f64; 4],
}

/// A model, and the same with each parameter a step up and a step down.
pub struct Nearby {
    at: PurchaseModel,
    aside: [Aside; 4],
}

#[derive(Clone, Copy)]
struct Aside {
    above: PurchaseModel,
    below: PurchaseModel,
    step: f64,
}

impl Nearby {
    /// # Errors
    /// [`LifetimeError::BadParameter`] where a step leaves the parameters' range.
    pub fn new(at: PurchaseModel) -> Result<Self, LifetimeError> {
        let parameters = at.parameters();
        let moved = |i: usize, by: f64| {
            let mut moved = parameters;
            moved[i] += by;
            PurchaseModel::new(at.family(), moved)
        };
        let zero = Aside { above: at, below: at, step: 0.0 };
        let mut aside = [zero; 4];
        for (i, aside) in aside.iter_mut().enumerate().take(at.family().parameter_names().len()) {
            let step = STEP * parameters[i];
            *aside = Aside { above: moved(i, step)?, below: moved(i, -step)?, step };
        }
        Ok(Self { at, aside })
    }

    /// Cost: nine forecasts.
    ///
    /// # Errors
    /// As [`PurchaseModel::expected_purchases`].
    pub fn outlook(&self, history: &History, horizon: f64) -> Result<Outlook, LifetimeError> {
        let purchases = self.at.purchases(history, horizon)?;
        let mut gradient = [0.0; 4];
        for (by, aside) in gradient.iter_mut().zip(&self.aside) {
            let mean = |model: &PurchaseModel| model.expected_purchases(history, horizon);
            if aside.step > 0.0 {
                *by = (mean(&aside.above)? - mean(&aside.below)?) / (2.0 * aside.step);
            }
        }
        Ok(Outlook { mean: purchases.mean, square: purchases.square, gradient })
    }
}

/// Adds `weight` times `other`.
pub fn add<const N: usize>(sum: &mut [f64; N], weight: f64, other: &[f64; N]) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += weight * other);
}

/// Variance of what has this gradient by parameters with these covariances.
pub fn carried<const N: usize>(gradient: &[f64; N], covariances: &[[f64; N]; N]) -> f64 {
    let row = |row: &[f64; N]| row.iter().zip(gradient).map(|(c, g)| c * g).sum::<f64>();
    covariances.iter().zip(gradient).map(|(covariances, g)| g * row(covariances)).sum()
}
