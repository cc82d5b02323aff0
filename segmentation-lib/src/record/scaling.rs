//! From original to matrix units and back.

use super::FeatureScaling;

impl FeatureScaling {
    /// Original units to matrix units.
    pub fn apply(&self, value: f64) -> f64 {
        let clipped = value.max(self.clip_low.unwrap_or(value)).min(self.clip_high.unwrap_or(value));
        (self.transform.apply(clipped / self.divisor) - self.center) / self.scale
    }

    /// Matrix units back to original units; what was clipped stays clipped.
    pub fn invert(&self, value: f64) -> f64 {
        self.transform.invert(value * self.scale + self.center) * self.divisor
    }
}
