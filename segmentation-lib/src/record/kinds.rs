//! The closed sets of a run's record: algorithms, transforms, units. Stored by name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A way to cluster. The order breaks ties of the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// k-means: least within-cluster sum of squares over several starts.
    KMeans,
    /// Hierarchical, Ward's linkage.
    Ward,
    /// Hierarchical, average linkage.
    Average,
    /// Hierarchical, complete linkage.
    Complete,
    /// Hierarchical, single linkage.
    Single,
}

impl Algorithm {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::KMeans, Self::Ward, Self::Average, Self::Complete, Self::Single];

    /// Name in parameters and manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::KMeans => "kmeans",
            Self::Ward => "ward",
            Self::Average => "average",
            Self::Complete => "complete",
            Self::Single => "single",
        }
    }

    /// Name as readers are told it, in tables and sentences.
    pub fn label(self) -> &'static str {
        match self {
            Self::KMeans => "k-means",
            Self::Ward => "Ward",
            Self::Average => "average linkage",
            Self::Complete => "complete linkage",
            Self::Single => "single linkage",
        }
    }

    /// The same in Brazilian Portuguese.
    pub fn em_portugues(self) -> &'static str {
        match self {
            Self::Average => "ligação média",
            Self::Complete => "ligação completa",
            Self::Single => "ligação simples",
            named_alike => named_alike.label(),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What decides among the candidates that are useful and hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Criterion {
    /// Four segments where they foretell enough, else six; more where they foretell clearly more.
    #[default]
    Foresight,
    /// The highest mean silhouette coefficient.
    Silhouette,
    /// The highest mean Jaccard similarity of the weakest segment.
    Stability,
}

impl Criterion {
    /// All, the default first.
    pub const ALL: [Self; 3] = [Self::Foresight, Self::Silhouette, Self::Stability];

    /// Name in parameters and manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Foresight => "foresight",
            Self::Silhouette => "silhouette",
            Self::Stability => "stability",
        }
    }
}

/// What was done to a feature's values between clipping and scaling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AppliedTransform {
    /// Values as they are.
    #[serde(rename = "none")]
    None,
    /// ln(1 + x), for values that are never negative.
    #[serde(rename = "log1p")]
    Log1p,
    /// sign(x) ln(1 + |x|), for values of both signs.
    #[serde(rename = "signed_log1p")]
    SignedLog1p,
}

impl AppliedTransform {
    /// Name in manifests and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Log1p => "log1p",
            Self::SignedLog1p => "signed_log1p",
        }
    }

    /// The transformed value. Both logarithms are one formula: they differ in what values they meet.
    pub fn apply(self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Log1p | Self::SignedLog1p => value.signum() * value.abs().ln_1p(),
        }
    }

    /// The value before the transform.
    pub fn invert(self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Log1p | Self::SignedLog1p => value.signum() * value.abs().exp_m1(),
        }
    }
}

/// The unit of a feature's original values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Days, or whole 24-hour periods.
    Days,
    /// Purchases.
    Purchases,
    /// Hundredths of the currency unit.
    Pennies,
    /// A share, in [0, 1].
    Share,
    /// Lines of transactions.
    Lines,
    /// Different products.
    Products,
    /// Units of goods.
    Units,
}

impl Unit {
    /// Name in manifests and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Purchases => "purchases",
            Self::Pennies => "pennies",
            Self::Share => "share",
            Self::Lines => "lines",
            Self::Products => "products",
            Self::Units => "units",
        }
    }

    /// How many of it make one natural unit: 100 pennies are one currency unit.
    pub fn divisor(self) -> f64 {
        if self == Self::Pennies { 100.0 } else { 1.0 }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored<T: Serialize>(value: T) -> String {
        serde_json::to_value(value).expect("a unit variant").as_str().expect("a text").to_owned()
    }

    #[test]
    fn what_is_stored_is_the_name() {
        for algorithm in Algorithm::ALL {
            assert_eq!(stored(algorithm), algorithm.name());
        }
        for transform in [AppliedTransform::None, AppliedTransform::Log1p, AppliedTransform::SignedLog1p] {
            assert_eq!(stored(transform), transform.name());
        }
        let units = [Unit::Days, Unit::Purchases, Unit::Pennies, Unit::Share, Unit::Lines, Unit::Products];
        for unit in units.into_iter().chain([Unit::Units]) {
            assert_eq!(stored(unit), unit.name());
        }
    }

    #[test]
    fn a_transform_is_undone() {
        for transform in [AppliedTransform::None, AppliedTransform::Log1p, AppliedTransform::SignedLog1p] {
            for value in [0.0, 0.25, 7.0, 1e9] {
                let back = transform.invert(transform.apply(value));
                assert!(
                    (back - value).abs() <= 1e-12 * value.max(1.0),
                    "{transform:?} of {value} gave {back}"
                );
            }
        }
        assert_eq!(AppliedTransform::SignedLog1p.apply(-3.0), -AppliedTransform::SignedLog1p.apply(3.0));
    }
}
