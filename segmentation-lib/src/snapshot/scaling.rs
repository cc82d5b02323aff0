//! From original to matrix units and back.

use super::FeatureScaling;

impl FeatureScaling {
    /// Original units to matrix units.
    pub fn apply(&self, value: f64) -> f64 {
        let clipped = value.max(self.clip_low.unwrap_or(value)).min(self.clip_high.unwrap_or(value));
        let natural = clipped / self.divisor;
        let transformed =
            if self.transform == "none" { natural } else { natural.signum() * natural.abs().ln_1p() };
        (transformed - self.center) / self.scale
    }

    /// Matrix units back to original units; what was clipped stays clipped.
    pub fn invert(&self, value: f64) -> f64 {
        let transformed = value * self.scale + self.center;
        let natural = if self.transform == "none" {
            transformed
        } else {
            transformed.signum() * transformed.abs().exp_m1()
        };
        natural * self.divisor
    }
}
