//! Which features say the same.

use segmentation_lib::features::{CustomerTable, FeaturesError};

/// Rank correlations between features.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlations {
    /// Labels of the features, in the order of the data dictionary.
    pub features: Vec<&'static str>,
    /// `values[a][b]` in [-1, 1]; 1 on the diagonal, NaN beside a feature that is the same for everybody.
    pub values: Vec<Vec<f64>>,
}

impl Correlations {
    /// The two different features that are most alike, and their correlation.
    pub fn strongest(&self) -> Option<(&'static str, &'static str, f64)> {
        let pairs = (0..self.features.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let strength = |&(a, b): &(usize, usize)| self.values[a][b].abs();
        pairs
            .filter(|&(a, b)| self.values[a][b].is_finite())
            .max_by(|x, y| strength(x).total_cmp(&strength(y)))
            .map(|(a, b)| (self.features[b], self.features[a], self.values[a][b]))
    }
}

/// Spearman's rank correlation (1904) of every pair of features: like Pearson's, on ranks, so that
/// neither a logarithm nor a few extreme customers change it. Cost: n log n a feature, n a pair.
pub fn correlations(table: &CustomerTable) -> Result<Correlations, FeaturesError> {
    let features = table.available();
    let ranks = features.iter().map(|f| Ok(centred(ranks(&table.values(f.name)?))));
    let ranks = ranks.collect::<Result<Vec<_>, FeaturesError>>()?;
    let values = ranks.iter().map(|a| ranks.iter().map(|b| cosine(a, b)).collect()).collect();
    Ok(Correlations { features: features.iter().map(|f| f.label).collect(), values })
}

/// Rank of each value; equal values share the middle of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = |v: &f64| {
        let (below, through) = (sorted.partition_point(|s| s < v), sorted.partition_point(|s| s <= v));
        (below + through) as f64 / 2.0
    };
    values.iter().map(rank).collect()
}

fn centred(mut values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|v| *v -= mean);
    values
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { (dot(a, b) / lengths).clamp(-1.0, 1.0) } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spearman(a: &[f64], b: &[f64]) -> f64 {
        cosine(&centred(ranks(a)), &centred(ranks(b)))
    }

    #[test]
    fn a_rising_function_has_rank_correlation_one() {
        assert!((spearman(&[1.0, 2.0, 3.0, 9.0], &[1.0, 4.0, 9.0, 81.0]) - 1.0).abs() < 1e-12);
        assert!((spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]) + 1.0).abs() < 1e-12);
    }

    #[test]
    fn equal_values_share_their_rank() {
        assert_eq!(ranks(&[5.0, 1.0, 5.0]), [2.0, 0.5, 2.0]);
        // scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4]) gives 0.9486832980505138.
        assert!(
            (spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 3.0, 2.0, 4.0]) - 0.948_683_298_050_513_8).abs() < 1e-12
        );
    }

    #[test]
    fn what_never_changes_has_no_correlation() {
        assert!(spearman(&[1.0, 1.0], &[1.0, 2.0]).is_nan());
    }

    #[test]
    fn the_strongest_pair_is_named_and_what_is_undefined_is_none() {
        let values = vec![vec![1.0, f64::NAN, -0.9], vec![f64::NAN, 1.0, 0.1], vec![-0.9, 0.1, 1.0]];
        let found = Correlations { features: vec!["a", "b", "c"], values };
        assert_eq!(found.strongest(), Some(("a", "c", -0.9)));
    }
}
