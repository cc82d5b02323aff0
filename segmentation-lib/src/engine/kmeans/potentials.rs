//! The vector kernel of the seeding: what the squared distances would sum to with one more seed.

use pulp::{Simd, WithSimd};

use super::blocks::BLOCK;
use crate::engine::columns::with_columns;

/// Lanes of every sum, whatever the vector's width: no sum depends on the machine.
const LANES: usize = 16;

/// Lowers `closest` to the squared distances to `last`, then sums what it would fall to with each of
/// the `candidates`.
///
/// All in single precision, which takes half the time and is far finer than a draw needs: coordinates are
/// centred and scaled, and a point that coincides with a seed still has distance 0.
pub(super) struct Potentials<'a> {
    /// The block's columns, rounded.
    pub columns: &'a [f32],
    pub dims: usize,
    pub weights: Option<&'a [f64]>,
    /// The last seed; empty while there is none.
    pub last: &'a [f64],
    /// Row-major.
    pub candidates: &'a [f64],
    /// Squared distance of each place of the block to its nearest seed; 0 where no point is.
    pub closest: &'a mut [f32],
    /// One sum a candidate.
    pub sums: &'a mut [f64],
}

impl WithSimd for Potentials<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_columns!(self.dims, [1 2 3 4 5 6 7 8], self.all::<S>(simd))
    }
}

impl Potentials<'_> {
    #[inline(always)]
    fn all<S: Simd, const D: usize>(self, simd: S) {
        let d = if D == 0 { self.dims } else { D };
        let (x, _) = S::as_simd_f32s(&self.columns[..d * BLOCK]);
        let (closest, _) = S::as_mut_simd_f32s(self.closest);
        if !self.last.is_empty() {
            for (v, closest) in closest.iter_mut().enumerate() {
                *closest = simd.min_f32s(*closest, distance::<S, D>(simd, x, v, self.last));
            }
        }
        let block = Block { simd, x, closest };
        for (candidate, sum) in self.candidates.chunks_exact(d).zip(self.sums.iter_mut()) {
            *sum = match self.weights {
                None => block.sum::<D>(candidate),
                Some(weights) => block.weighted_sum::<D>(candidate, weights),
            };
        }
    }
}

#[inline(always)]
fn distance<S: Simd, const D: usize>(simd: S, x: &[S::f32s], v: usize, point: &[f64]) -> S::f32s {
    let d = if D == 0 { point.len() } else { D };
    let mut sum = simd.splat_f32s(0.0);
    for column in 0..d {
        let value = x[column * (BLOCK / S::F32_LANES) + v];
        let difference = simd.sub_f32s(value, simd.splat_f32s(point[column] as f32));
        sum = simd.mul_add_f32s(difference, difference, sum);
    }
    sum
}

/// A block's columns and squared distances in vectors.
struct Block<'a, S: Simd> {
    simd: S,
    x: &'a [S::f32s],
    closest: &'a [S::f32s],
}

impl<S: Simd> Block<'_, S> {
    /// What `closest` would fall to with one more seed.
    #[inline(always)]
    fn fallen<const D: usize>(&self, v: usize, seed: &[f64]) -> S::f32s {
        self.simd.min_f32s(self.closest[v], distance::<S, D>(self.simd, self.x, v, seed))
    }

    /// Sum in fixed lanes, which are joined in double precision.
    #[inline(always)]
    fn sum<const D: usize>(&self, seed: &[f64]) -> f64 {
        let parts = LANES / S::F32_LANES;
        let mut lanes = [0.0f32; LANES];
        let (sums, _) = S::as_mut_simd_f32s(&mut lanes);
        for (part, sum) in sums.iter_mut().enumerate() {
            for v in (part..BLOCK / S::F32_LANES).step_by(parts) {
                *sum = self.simd.add_f32s(*sum, self.fallen::<D>(v, seed));
            }
        }
        lanes.iter().map(|&lane| f64::from(lane)).sum()
    }

    /// Weights may lie beyond single precision: they are applied one by one.
    #[inline(always)]
    fn weighted_sum<const D: usize>(&self, seed: &[f64], weights: &[f64]) -> f64 {
        let mut values = [0.0f32; BLOCK];
        let (vectors, _) = S::as_mut_simd_f32s(&mut values);
        for (v, vector) in vectors.iter_mut().enumerate() {
            *vector = self.fallen::<D>(v, seed);
        }
        values.iter().zip(weights).map(|(&value, &weight)| f64::from(value) * weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulp::Arch;

    use super::*;

    /// A block of `used` points in columns, the places after them zero.
    fn block(dims: usize, used: usize) -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-9.0f32..9.0, dims * used).prop_map(move |values| {
            let mut columns = vec![0.0; dims * BLOCK];
            for (i, value) in values.into_iter().enumerate() {
                columns[i / used * BLOCK + i % used] = value;
            }
            columns
        })
    }

    fn case() -> impl Strategy<Value = (usize, usize, Vec<f32>, Vec<f64>, Vec<f64>, bool)> {
        (1usize..11, 1usize..=BLOCK).prop_flat_map(|(dims, used)| {
            let points = |n: usize| prop::collection::vec(-9.0f64..9.0, n * dims);
            let last = prop_oneof![Just(Vec::new()), points(1)];
            (Just(dims), Just(used), block(dims, used), last, points(3), any::<bool>())
        })
    }

    fn square(columns: &[f32], place: usize, point: &[f64]) -> f64 {
        let difference = |(column, p): (usize, &f64)| f64::from(columns[column * BLOCK + place]) - p;
        point.iter().enumerate().map(difference).map(|v| v * v).sum()
    }

    proptest! {
        #[test]
        fn the_sums_are_those_of_one_distance_after_another(
            (dims, used, columns, last, candidates, weighted) in case(),
        ) {
            let weights: Vec<f64> = (0..used).map(|place| 1.0 + (place % 7) as f64).collect();
            let before = |place: usize| 5.0 + (place % 11) as f32 * 20.0;
            let mut closest: Vec<f32> =
                (0..BLOCK).map(|place| if place < used { before(place) } else { 0.0 }).collect();
            let mut sums = vec![0.0; 3];
            Arch::new().dispatch(Potentials {
                columns: &columns,
                dims,
                weights: weighted.then_some(&weights[..]),
                last: &last,
                candidates: &candidates,
                closest: &mut closest,
                sums: &mut sums,
            });
            let lowered = |place: usize| match last.is_empty() {
                true => f64::from(before(place)),
                false => square(&columns, place, &last).min(f64::from(before(place))),
            };
            for (place, &square) in closest[..used].iter().enumerate() {
                let expected = lowered(place);
                prop_assert!((f64::from(square) - expected).abs() <= 1e-5 * (1.0 + expected));
            }
            prop_assert!(closest[used..].iter().all(|&square| square == 0.0));
            for (candidate, sum) in candidates.chunks_exact(dims).zip(sums) {
                let of = |place: usize| square(&columns, place, candidate).min(lowered(place));
                let weight = |place: usize| if weighted { weights[place] } else { 1.0 };
                let expected: f64 = (0..used).map(|place| of(place) * weight(place)).sum();
                prop_assert!((sum - expected).abs() <= 1e-5 * (1.0 + expected), "{sum} for {expected}");
            }
        }
    }

    #[test]
    fn a_point_that_is_a_seed_is_at_no_distance() {
        let mut columns = vec![0.0f32; 2 * BLOCK];
        let seed = [0.1f64 + 0.2, -1.0 / 3.0];
        (columns[7], columns[BLOCK + 7]) = (seed[0] as f32, seed[1] as f32);
        let mut closest = vec![f32::INFINITY; BLOCK];
        Arch::new().dispatch(Potentials {
            columns: &columns,
            dims: 2,
            weights: None,
            last: &seed,
            candidates: &[],
            closest: &mut closest,
            sums: &mut [],
        });
        assert_eq!(closest[7], 0.0);
        assert!(closest[8] > 0.0);
    }
}
