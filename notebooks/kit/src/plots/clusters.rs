//! Pictures of clusterings and of the choice among them.

use plotly::common::{ColorBar, ColorScale, ColorScalePalette, DashType, Line, Marker, Mode};
use plotly::layout::{GridPattern, LayoutGrid, Shape, ShapeLine, ShapeType};
use plotly::sankey::{Link, Node};
use plotly::{Bar, HeatMap, Plot, Sankey, Scatter};
use segmentation_lib::engine::agreement::contingency;
use segmentation_lib::engine::hierarchical::Dendrogram;
use segmentation_lib::profile::Profiles;
use segmentation_lib::selection::{Algorithm, Clustering, Selection};

use super::{GREY, PALETTE, axis, axis_names, cell_texts, layout, plot, segment_color, with_axes};
use crate::explore::Agreements;
use crate::language::{decimal, integer, localized, percent, pick, said};

/// How algorithms are called in pictures.
pub(crate) fn label(algorithm: Algorithm) -> &'static str {
    pick(algorithm.em_portugues(), algorithm.label())
}

/// Mean silhouette coefficient by k, a line for each algorithm, the choice marked.
pub fn silhouette_by_k(selection: &Selection) -> Plot {
    let chosen = selection.chosen();
    let best = selection.clusterings.iter().max_by(|a, b| a.silhouette.mean.total_cmp(&b.silhouette.mean));
    let title = said!(
        "Escolhido: {} com k = {}, silhueta {}; a maior de todas, {}, é de {} com k = {}",
        "{} with k = {} is chosen: {}; the highest of all, {}, is {} with k = {}",
        label(chosen.algorithm),
        chosen.k,
        decimal(chosen.silhouette.mean, 3),
        decimal(best.map_or(0.0, |c| c.silhouette.mean), 3),
        best.map_or("", |c| label(c.algorithm)),
        best.map_or(0, |c| c.k),
    );
    let mut plot = plot(
        &title,
        pick("número de segmentos k", "number of segments k"),
        pick("coeficiente de silhueta médio", "mean silhouette coefficient"),
    );
    for (algorithm, color) in Algorithm::ALL.into_iter().zip(PALETTE) {
        let of_it = selection.clusterings.iter().filter(|c| c.algorithm == algorithm);
        let (k, mean) = of_it.map(|c| (c.k, c.silhouette.mean)).unzip::<usize, f64, Vec<_>, Vec<_>>();
        if !k.is_empty() {
            let line = Scatter::new(k, mean).mode(Mode::LinesMarkers).name(label(algorithm));
            plot.add_trace(line.line(Line::new().color(color)));
        }
    }
    plot.add_trace(ring(chosen.k, chosen.silhouette.mean));
    plot
}

/// Inertia of k-means by k: the elbow plot (Thorndike 1953).
pub fn inertia_by_k(selection: &Selection) -> Plot {
    let of_it = selection.clusterings.iter().filter(|c| c.algorithm == Algorithm::KMeans);
    let (k, inertia) = of_it.map(|c| (c.k, c.inertia)).unzip::<usize, f64, Vec<_>, Vec<_>>();
    let falls: Vec<String> = inertia
        .windows(2)
        .zip(&k)
        .take(3)
        .map(|(pair, k)| {
            let fall = (1.0 - pair[1] / pair[0].max(f64::MIN_POSITIVE)) * 100.0;
            said!("{:.0} % de {} a {}", "{:.0} % from {} to {}", fall, k, k + 1)
        })
        .collect();
    let chosen = selection.chosen();
    let title = said!(
        "A inércia cai {}; o anel é o k escolhido = {}",
        "Inertia falls by {}; the ring is the chosen k = {}",
        falls.join(", "),
        chosen.k
    );
    let mut plot = plot(
        &title,
        pick("número de segmentos k", "number of segments k"),
        pick("inércia (desvios padrão ao quadrado)", "inertia (squared standard deviations)"),
    );
    let at_chosen = k.iter().position(|&k| k == chosen.k).map(|at| inertia[at]);
    let line = Scatter::new(k, inertia).mode(Mode::LinesMarkers).line(Line::new().color(PALETTE[0]));
    plot.add_trace(line.name("k-means"));
    if let Some(inertia) = at_chosen {
        plot.add_trace(ring(chosen.k, inertia));
    }
    plot
}

/// A ring around the choice.
fn ring(k: usize, height: f64) -> Box<Scatter<usize, f64>> {
    let ring = Marker::new().size(16).color("rgba(0,0,0,0)").line(Line::new().color("#000000").width(2.0));
    Scatter::new(vec![k], vec![height]).mode(Mode::Markers).name(pick("escolhido", "chosen")).marker(ring)
}

/// Adjusted Rand index of every pair of algorithms at one k.
pub fn algorithms_agreement(agreements: &Agreements) -> Plot {
    let named = agreements.algorithms.iter().map(|&algorithm| label(algorithm).to_owned());
    let names = &named.collect::<Vec<String>>();
    let off_diagonal = (0..names.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
    let best =
        off_diagonal.max_by(|x, y| agreements.values[x.0][x.1].total_cmp(&agreements.values[y.0][y.1]));
    let title = match best {
        Some((a, b)) => said!(
            "Com k = {}, {} e {} são os que mais concordam: índice de Rand ajustado {}",
            "At k = {} {} and {} agree most: adjusted Rand index {}",
            agreements.k,
            names[b],
            names[a],
            decimal(agreements.values[a][b], 2)
        ),
        None => said!("Com k = {} há um só algoritmo", "At k = {} there is one algorithm only", agreements.k),
    };
    let write = |r: usize, c: usize| (decimal(agreements.values[r][c], 2), agreements.values[r][c] < 0.55);
    let mut plot = Plot::new();
    plot.set_layout(layout(&title, "", "").annotations(cell_texts(names, names, write)));
    let scale = ColorScale::Palette(ColorScalePalette::Viridis);
    let bar = ColorBar::new().title(pick("Rand<br>ajustado", "adjusted<br>Rand index"));
    let heat = HeatMap::new(names.clone(), names.clone(), agreements.values.clone());
    plot.add_trace(heat.color_scale(scale).color_bar(bar).zmin(0.0).zmax(1.0));
    plot
}

/// Silhouette coefficients of every customer, sorted within each segment (Rousseeuw 1987); thinned to
/// about `points` in all. The dashed line is the mean.
pub fn silhouette_profile(clustering: &Clustering, profiles: &Profiles, points: usize) -> Plot {
    let known: Vec<(usize, f64)> = clustering.silhouette.known().collect();
    let below = known.iter().filter(|(_, value)| *value < 0.0).count();
    let title = said!(
        "{} dos clientes estão mais perto de outro segmento (coeficiente abaixo de 0); a média é {}",
        "{} of the customers are nearer to another segment (coefficient below 0); the mean is {}",
        percent(below as f64 / known.len().max(1) as f64),
        decimal(clustering.silhouette.mean, 3),
    );
    let groups = profiles.segments.iter().map(|segment| {
        let members = known.iter().filter(|(row, _)| profiles.segment_ids[*row] == segment.id);
        (
            localized(&segment.name).to_owned(),
            segment_color(segment.id),
            members.map(|(_, value)| *value).collect(),
        )
    });
    let mut plot = Plot::new();
    let end = bars(&mut plot, groups.collect(), known.len(), points, 0);
    let mean = clustering.silhouette.mean;
    let x = axis(pick(
        "clientes, ordenados dentro do segmento (uma barra vale por vários)",
        "customers, sorted within their segment (one bar stands for several)",
    ));
    let y = pick("coeficiente de silhueta", "silhouette coefficient");
    let layout = layout(&title, "", y).x_axis(x.show_tick_labels(false)).bar_gap(0.0);
    plot.set_layout(layout.shapes(vec![level(mean, end, "x", "y")]));
    plot
}

/// Silhouette coefficients of every customer for several k of one algorithm, a small picture each
/// (at most six). Labels are numbers by size, not segments, hence other colours than those.
pub fn silhouettes_of_k(selection: &Selection, algorithm: Algorithm, ks: &[usize], points: usize) -> Plot {
    let found = selection.clusterings.iter().filter(|c| c.algorithm == algorithm && ks.contains(&c.k));
    let found: Vec<&Clustering> = found.take(6).collect();
    let below = |c: &&&Clustering| c.silhouette.per_point.iter().filter(|&&v| v < 0.0).count();
    let title = match found.iter().min_by_key(below) {
        Some(best) => said!(
            "{}: com k = {} há menos clientes fora do lugar ({} abaixo de 0)",
            "{}: fewest customers are misplaced with k = {} ({} below 0)",
            label(algorithm),
            best.k,
            percent(below(&best) as f64 / best.silhouette.per_point.len().max(1) as f64)
        ),
        None => said!("{} não foi cortado nesses k", "{} was not cut at these k", label(algorithm)),
    };
    let columns = found.len().div_ceil(2).max(1);
    let grid = LayoutGrid::new().rows(2).columns(columns).pattern(GridPattern::Independent);
    let mut layout =
        layout(&title, "", "").grid(grid.x_gap(0.1).y_gap(0.3)).show_legend(false).bar_gap(0.0).height(560);
    // One scale for all, so that heights can be compared.
    let coefficients = || found.iter().flat_map(|c| c.silhouette.known()).map(|(_, value)| value);
    let (low, high) = coefficients().fold((0.0_f64, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
    let (mut plot, mut shapes) = (Plot::new(), Vec::new());
    for (index, clustering) in found.iter().enumerate() {
        let groups = (0..clustering.k as u32).map(|label| {
            let members = clustering.silhouette.known().filter(|(row, _)| clustering.labels[*row] == label);
            let values: Vec<f64> = members.map(|(_, value)| value).collect();
            (label.to_string(), SHADES[label as usize % SHADES.len()], values)
        });
        let end = bars(
            &mut plot,
            groups.collect(),
            clustering.silhouette.per_point.len(),
            points / found.len(),
            index,
        );
        let (x_name, y_name) = axis_names(index);
        shapes.push(level(clustering.silhouette.mean, end, &x_name, &y_name));
        let mean = decimal(clustering.silhouette.mean, 3);
        let x =
            axis(&said!("k = {}, média {}", "k = {}, mean {}", clustering.k, mean)).show_tick_labels(false);
        let coefficient = pick("coeficiente de silhueta", "silhouette coefficient");
        let y = axis(if index % columns == 0 { coefficient } else { "" });
        layout = with_axes(layout, index, x, y.range(vec![low - 0.02, high + 0.02]));
    }
    plot.set_layout(layout.shapes(shapes));
    plot
}

/// Colours of clusters that are not segments.
const SHADES: [&str; 2] = ["#4d4d4d", "#a6a6a6"];

/// Sorted bars of each group side by side, in one small picture; returns where they end.
fn bars(
    plot: &mut Plot,
    groups: Vec<(String, &'static str, Vec<f64>)>,
    all: usize,
    points: usize,
    index: usize,
) -> usize {
    let step = (all / points.max(1)).max(1);
    let (x_name, y_name) = axis_names(index);
    let mut offset = 0;
    for (name, color, mut heights) in groups {
        heights.sort_by(|a, b| b.total_cmp(a));
        let y: Vec<f64> = heights.into_iter().step_by(step).map(|v| (v * 1e4).round() / 1e4).collect();
        let x: Vec<usize> = (offset..offset + y.len()).collect();
        // A gap between groups, as wide as a hundredth of the picture.
        offset += y.len() + points / 100 + 1;
        let bars = Bar::new(x, y).name(name).marker(Marker::new().color(color).line(Line::new().width(0.0)));
        plot.add_trace(bars.x_axis(x_name.clone()).y_axis(y_name.clone()));
    }
    offset
}

/// A dashed horizontal line.
fn level(height: f64, end: usize, x: &str, y: &str) -> Shape {
    let line = ShapeLine::new().color("#000000").width(1.0).dash(DashType::Dash);
    let shape = Shape::new().shape_type(ShapeType::Line).x_ref(x).y_ref(y);
    shape.x0(0).x1(end).y0(height).y1(height).line(line)
}

/// Where customers go as k grows by one, from the first to the last of `ks`.
pub fn growth(selection: &Selection, algorithm: Algorithm, ks: &[usize]) -> Plot {
    let found = selection.clusterings.iter().filter(|c| c.algorithm == algorithm && ks.contains(&c.k));
    let found: Vec<&Clustering> = found.collect();
    let (mut names, mut sources, mut targets, mut values) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut least = (1.0_f64, 0);
    for (step, clustering) in found.iter().enumerate() {
        let first = names.len();
        let sizes = contingency(&clustering.labels, &clustering.labels).rows;
        names.extend(sizes.iter().map(|&size| format!("k = {}: {}", clustering.k, integer(size))));
        let Some(next) = found.get(step + 1) else { continue };
        let flows = contingency(&clustering.labels, &next.labels);
        for (cell, &customers) in flows.counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            sources.push(first + cell / flows.columns.len());
            targets.push(names.len() + cell % flows.columns.len());
            values.push(customers);
        }
        let kept: u64 =
            flows.counts.chunks(flows.columns.len()).map(|row| row.iter().max().copied().unwrap_or(0)).sum();
        let share = kept as f64 / clustering.labels.len().max(1) as f64;
        if share < least.0 {
            least = (share, next.k);
        }
    }
    let title = said!(
        "{}: o passo para k = {} move mais clientes ({} deixam a maior parte do seu grupo)",
        "{}: the step to k = {} moves most customers ({} leave the bulk of their cluster)",
        label(algorithm),
        least.1,
        percent(1.0 - least.0)
    );
    let labels: Vec<&str> = names.iter().map(String::as_str).collect();
    let node = Node::new().label(labels).pad(14).thickness(14).color(PALETTE[0]);
    let link = Link::new().source(sources).target(targets).value(values).color("rgba(86,180,233,0.35)");
    let mut plot = Plot::new();
    plot.set_layout(layout(&title, "", ""));
    plot.add_trace(Sankey::new().node(node).link(link));
    plot
}

/// The last `leaves - 1` merges of a dendrogram; each leaf stands for the customers already merged.
pub fn dendrogram(tree: &Dendrogram, leaves: usize) -> Plot {
    let truncated = tree.truncated(leaves);
    let count = truncated.leaf_sizes.len();
    let heights: Vec<f64> = truncated.merges.iter().map(|m| m.height).collect();
    let gaps: Vec<f64> = heights.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let widest = super::largest(&gaps);
    let title = said!(
        "O maior intervalo entre fusões, de {:.0} a {:.0}, é cortado por k = {}",
        "The widest gap between merges, {:.0} to {:.0}, is cut by k = {}",
        heights.get(widest).copied().unwrap_or(0.0),
        heights.get(widest + 1).copied().unwrap_or(0.0),
        heights.len() - widest.min(heights.len()),
    );
    let positions = positions(count, &truncated.merges.iter().map(|m| (m.left, m.right)).collect::<Vec<_>>());
    let mut plot = Plot::new();
    let x =
        axis(&said!("{} grupos de clientes, já fundidos", "{} groups of customers, already merged", count))
            .show_tick_labels(false)
            .zero_line(false);
    let y = pick("altura da fusão (desvios padrão)", "height of the merge (standard deviations)");
    plot.set_layout(layout(&title, "", y).x_axis(x).show_legend(false));
    let height = |node: usize| if node < count { 0.0 } else { truncated.merges[node - count].height };
    for merge in &truncated.merges {
        let (left, right) = (positions[merge.left], positions[merge.right]);
        let x = vec![left, left, right, right];
        let y = vec![height(merge.left), merge.height, merge.height, height(merge.right)];
        plot.add_trace(Scatter::new(x, y).mode(Mode::Lines).line(Line::new().color(PALETTE[0])));
    }
    if let (Some(low), Some(high)) = (heights.get(widest), heights.get(widest + 1)) {
        let cut = vec![(low + high) / 2.0; 2];
        let line = Line::new().color(GREY).dash(DashType::Dash);
        plot.add_trace(Scatter::new(vec![-0.5, count as f64 - 0.5], cut).mode(Mode::Lines).line(line));
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
    use ndarray::{Array2, array};
    use segmentation_lib::engine::hierarchical::{HierarchicalParams, Linkage};
    use segmentation_lib::progress::Progress;
    use segmentation_lib::selection::{Criterion, SelectionParams, select};

    use super::super::title_of;
    use super::*;

    fn selection() -> Selection {
        // 12, 12 and 10 customers.
        let points = Array2::from_shape_fn((34, 1), |(i, _)| [0.0, 9.0, 30.0][i / 12] + 0.01 * i as f64);
        let params = SelectionParams { resamples: 5, ..SelectionParams::default() };
        let params = SelectionParams { k: 2..=4, criterion: Criterion::Silhouette, ..params };
        select(&points, None, &params, &Progress::silent()).expect("a choice")
    }

    #[test]
    fn leaves_stand_in_tree_order_and_merges_between_their_halves() {
        assert_eq!(positions(3, &[(0, 2), (1, 3)]), [1.0, 0.0, 2.0, 1.5, 0.75]);
    }

    #[test]
    fn titles_name_the_choice_and_the_widest_gap() {
        let selection = selection();
        let title = title_of(&silhouette_by_k(&selection));
        assert!(title.starts_with("k-means with k = 3 is chosen: 0.9"), "{title}");
        let points = array![[0.0], [0.1], [9.0], [9.1], [30.0]];
        let tree = segmentation_lib::engine::hierarchical::dendrogram(
            points.view(),
            Linkage::Single,
            &HierarchicalParams::default(),
            &Progress::silent(),
        );
        let title = title_of(&dendrogram(&tree.expect("a tree"), 5));
        assert_eq!(title, "The widest gap between merges, 9 to 21, is cut by k = 2");
    }

    #[test]
    fn splitting_a_clear_group_moves_the_few_that_leave_it() {
        let title = title_of(&growth(&selection(), Algorithm::Ward, &[2, 3]));
        // The ten on the right form the group that is split off.
        assert!(title.contains("k = 3 moves most customers"), "{title}");
    }

    #[test]
    fn every_k_has_its_small_picture() {
        let plot = silhouettes_of_k(&selection(), Algorithm::KMeans, &[2, 3, 4], 100);
        let data: serde_json::Value = serde_json::from_str(&plot.to_json()).expect("JSON");
        let traces = data["data"].as_array().expect("traces");
        assert_eq!(traces.len(), 2 + 3 + 4);
        assert_eq!(traces[8]["xaxis"], "x3");
    }
}
