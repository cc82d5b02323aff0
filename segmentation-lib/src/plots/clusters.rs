//! Pictures of clusterings and of the choice among them.

use plotly::common::{ColorScale, ColorScalePalette, Line, Marker, Mode};
use plotly::{Bar, HeatMap, Plot, Scatter};

use super::{PALETTE, plot, segment_color};
use crate::engine::hierarchical::Dendrogram;
use crate::engine::labels::centroids;
use crate::matrix::Matrix;
use crate::profile::Profiles;
use crate::selection::{Algorithm, Clustering, Selection};

/// Mean silhouette coefficient by k, a line for each algorithm.
pub fn silhouette_by_k(selection: &Selection, title: &str) -> Plot {
    let mut plot = plot(title, "number of segments k", "mean silhouette coefficient");
    for (algorithm, color) in Algorithm::ALL.into_iter().zip(PALETTE) {
        let of_it = selection.clusterings.iter().filter(|c| c.algorithm == algorithm);
        let (k, mean) = of_it.map(|c| (c.k, c.silhouette.mean)).unzip::<usize, f64, Vec<_>, Vec<_>>();
        if !k.is_empty() {
            let line = Scatter::new(k, mean).mode(Mode::LinesMarkers).name(algorithm.name());
            plot.add_trace(line.line(Line::new().color(color)));
        }
    }
    plot
}

/// Inertia of k-means by k: the elbow plot (Thorndike 1953).
pub fn inertia_by_k(selection: &Selection, title: &str) -> Plot {
    let mut plot = plot(title, "number of segments k", "inertia (squared standard deviations)");
    let of_it = selection.clusterings.iter().filter(|c| c.algorithm == Algorithm::KMeans);
    let (k, inertia) = of_it.map(|c| (c.k, c.inertia)).unzip::<usize, f64, Vec<_>, Vec<_>>();
    plot.add_trace(Scatter::new(k, inertia).mode(Mode::LinesMarkers).line(Line::new().color(PALETTE[0])));
    plot
}

/// Mean of every scaled feature in every segment, as a heat map around the average customer.
pub fn segment_standing(matrix: &Matrix, profiles: &Profiles, title: &str) -> Plot {
    let features: Vec<String> = matrix.scalings().iter().map(|s| s.name.clone()).collect();
    let names: Vec<String> = profiles.segments.iter().map(|s| s.name.en.clone()).collect();
    let labels: Vec<u32> = profiles.segment_ids.iter().map(|&id| u32::from(id) - 1).collect();
    let means = centroids(matrix.values().view(), &labels, names.len());
    let rows: Vec<Vec<f64>> = means.rows().into_iter().map(|row| row.to_vec()).collect();
    let mut plot = plot(title, "feature (standard deviations from the average customer)", "segment");
    let scale = ColorScale::Palette(ColorScalePalette::RdBu);
    plot.add_trace(HeatMap::new(features, names, rows).color_scale(scale).zmin(-2.0).zmax(2.0));
    plot
}

/// Silhouette coefficients of every customer, sorted within each segment (Rousseeuw 1987); thinned to
/// about `points` in all.
pub fn silhouette_profile(clustering: &Clustering, profiles: &Profiles, points: usize, title: &str) -> Plot {
    let mut plot = plot(title, "customers, sorted within their segment", "silhouette coefficient");
    let values = &clustering.silhouette.per_point;
    let step = (values.len() / points.max(1)).max(1);
    let mut offset = 0;
    for segment in &profiles.segments {
        let members = (0..values.len()).filter(|&i| profiles.segment_ids[i] == segment.id);
        let mut heights: Vec<f64> = members.map(|i| values[i]).collect();
        heights.sort_by(|a, b| b.total_cmp(a));
        let y: Vec<f64> = heights.into_iter().step_by(step).collect();
        let x: Vec<usize> = (offset..offset + y.len()).collect();
        offset += y.len();
        let marker = Marker::new().color(segment_color(segment.id));
        plot.add_trace(Bar::new(x, y).name(&segment.name.en).marker(marker));
    }
    plot
}

/// The last `leaves - 1` merges of a dendrogram; each leaf stands for the customers already merged.
pub fn dendrogram(tree: &Dendrogram, leaves: usize, title: &str) -> Plot {
    let truncated = tree.truncated(leaves);
    let count = truncated.leaf_sizes.len();
    let positions = positions(count, &truncated.merges.iter().map(|m| (m.left, m.right)).collect::<Vec<_>>());
    let mut plot = plot(title, "groups of customers", "height of the merge");
    let height = |node: usize| if node < count { 0.0 } else { truncated.merges[node - count].height };
    for merge in &truncated.merges {
        let (left, right) = (positions[merge.left], positions[merge.right]);
        let x = vec![left, left, right, right];
        let y = vec![height(merge.left), merge.height, merge.height, height(merge.right)];
        let line = Line::new().color(PALETTE[0]);
        plot.add_trace(Scatter::new(x, y).mode(Mode::Lines).line(line).show_legend(false));
    }
    plot
}

/// Horizontal place of every node: leaves side by side in tree order, a merge between its halves.
fn positions(leaves: usize, merges: &[(usize, usize)]) -> Vec<f64> {
    let mut place = vec![0.0; leaves + merges.len()];
    let (mut stack, mut next) = (vec![leaves + merges.len() - 1], 0.0);
    while let Some(node) = stack.pop() {
        match node.checked_sub(leaves) {
            Some(merge) => stack.extend([merges[merge].1, merges[merge].0]),
            None => {
                place[node] = next;
                next += 1.0;
            }
        }
    }
    for (i, &(left, right)) in merges.iter().enumerate() {
        place[leaves + i] = (place[left] + place[right]) / 2.0;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::positions;

    #[test]
    fn leaves_stand_in_tree_order_and_merges_between_their_halves() {
        assert_eq!(positions(3, &[(0, 2), (1, 3)]), [1.0, 0.0, 2.0, 1.5, 0.75]);
    }
}
