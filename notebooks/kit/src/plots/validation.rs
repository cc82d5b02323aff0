//! Pictures of the figures that the decision sheet holds.

use plotly::common::{DashType, Line, Marker, MarkerSymbol, Mode};
use plotly::layout::{GridPattern, LayoutGrid, Shape, ShapeLine, ShapeType};
use plotly::{Plot, Scatter};
use segmentation_lib::record::{DecisionSheet, SheetRow, Vote};

use super::{GREY, PALETTE, axis, axis_names, downwards, layout, with_axes};

/// A figure of the sheet: its name, the sign under which larger is better, its value.
type Figure = (&'static str, f64, fn(&SheetRow) -> Option<f64>);

const FIGURES: [Figure; 6] = [
    ("silhouette by k (higher is better)", 1.0, |row| row.silhouette),
    ("Calinski-Harabasz by k (higher)", 1.0, |row| row.calinski_harabasz),
    ("Davies-Bouldin by k (lower)", -1.0, |row| row.davies_bouldin),
    ("gap by k (first high enough)", 0.0, |row| row.gap),
    ("weakest Jaccard by k (higher)", 1.0, |row| row.stability),
    ("inertia by k (where it bends)", 0.0, |row| row.inertia),
];

/// Every figure that the decision sheet has of more than one k, a small picture each: the chosen k is red, the best k of a
/// figure that has a best is large.
pub fn figures_by_k(sheet: &DecisionSheet) -> Plot {
    let present: Vec<Figure> =
        FIGURES.into_iter().filter(|f| sheet.by_k.iter().filter(|r| f.2(r).is_some()).count() > 1).collect();
    let best: Vec<Option<usize>> = present.iter().map(|f| best_k(sheet, *f)).collect();
    let of_k = |k: usize| best.iter().flatten().filter(|&&best| best == k).count();
    let winners: Vec<String> = sheet
        .by_k
        .iter()
        .filter(|row| of_k(row.k) > 0)
        .map(|row| format!("{} at k = {}", of_k(row.k), row.k))
        .collect();
    let title = format!(
        "Best values of the figures: {}; none of them knows what customers do next, and chosen is k = {}",
        winners.join(", "),
        sheet.chosen_k
    );
    let columns = present.len().div_ceil(2).max(1);
    let grid = LayoutGrid::new().rows(2).columns(columns).pattern(GridPattern::Independent);
    let mut layout = layout(&title, "", "").grid(grid.x_gap(0.14).y_gap(0.35)).height(600);
    let mut plot = Plot::new();
    for (index, (figure, best)) in present.iter().zip(&best).enumerate() {
        let points = sheet.by_k.iter().filter_map(|row| Some((row.k, figure.2(row)?)));
        let (k, values) = points.unzip::<usize, f64, Vec<_>, Vec<_>>();
        let color = |k: &usize| if *k == sheet.chosen_k { PALETTE[5] } else { PALETTE[0] };
        let sizes = k.iter().map(|k| if Some(*k) == *best { 14 } else { 8 }).collect();
        let marker = Marker::new().size_array(sizes).color_array(k.iter().map(color).collect());
        let (x_name, y_name) = axis_names(index);
        let trace = Scatter::new(k, values).mode(Mode::LinesMarkers).line(Line::new().color(GREY).width(1.5));
        plot.add_trace(trace.marker(marker).x_axis(x_name).y_axis(y_name).show_legend(false));
        layout = with_axes(layout, index, axis(figure.0).dtick(2.0), axis(""));
    }
    let signs =
        [("chosen k", PALETTE[5], 8), ("best k of the figure", PALETTE[0], 14), ("other k", PALETTE[0], 8)];
    for (name, color, size) in signs {
        // Only for the legend: nothing is drawn.
        let sign = Scatter::new(vec![None::<f64>], vec![None::<f64>]).mode(Mode::Markers).name(name);
        plot.add_trace(sign.marker(Marker::new().color(color).size(size)));
    }
    plot.set_layout(layout);
    plot
}

/// The k with the best value of a figure that has one.
fn best_k(sheet: &DecisionSheet, (_, sign, value): Figure) -> Option<usize> {
    let points = sheet.by_k.iter().filter_map(|row| Some((row.k, sign * value(row)?)));
    points.reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|(k, _)| k).filter(|_| sign != 0.0)
}

/// Each method's vote for k as a disc, its vote among the numbers of segments that are allowed as a ring; the
/// dashed line is the choice.
pub fn votes(sheet: &DecisionSheet) -> Plot {
    let silent = sheet.votes.iter().filter(|vote| vote.k.is_none()).count();
    let voters = |k: usize| sheet.votes.iter().filter(|vote| vote.k == Some(k)).count();
    let others = sheet.by_k.iter().map(|row| row.k).filter(|&k| k != sheet.chosen_k && voters(k) > 0);
    let others: Vec<String> = others.map(|k| format!("{} for k = {k}", voters(k))).collect();
    let none = if silent > 0 { vec![format!("{silent} for none")] } else { Vec::new() };
    let title = format!(
        "{} of {} methods vote for k = {}, which is chosen{}",
        voters(sheet.chosen_k),
        sheet.votes.len(),
        sheet.chosen_k,
        others.into_iter().chain(none).map(|text| format!(", {text}")).collect::<String>(),
    );
    let ks = || sheet.by_k.iter().map(|row| row.k);
    let (first, last) = (ks().min().unwrap_or(1), ks().max().unwrap_or(1));
    let methods: Vec<String> = sheet.votes.iter().map(|vote| vote.method.clone()).collect();
    let x = axis("number of segments k").dtick(1.0).range(vec![first as f64 - 0.5, last as f64 + 0.5]);
    let mut plot = Plot::new();
    let layout = layout(&title, "", "").x_axis(x).y_axis(downwards("", &methods));
    plot.set_layout(layout.shapes(vec![upright(sheet.chosen_k as f64)]));
    let disc = Marker::new().size(12).color(PALETTE[0]);
    let ring = disc.clone().size(20).color("rgba(0,0,0,0)").line(Line::new().color(PALETTE[0]).width(2.0));
    let cast = |k: fn(&Vote) -> Option<usize>| {
        let votes = sheet.votes.iter().filter_map(|vote| Some((k(vote)?, vote.method.clone())));
        let (k, methods) = votes.unzip::<usize, String, Vec<_>, Vec<_>>();
        Scatter::new(k, methods).mode(Mode::Markers)
    };
    plot.add_trace(cast(|vote| vote.k).name("vote").marker(disc));
    plot.add_trace(cast(|vote| vote.k_allowed).name("vote among those allowed").marker(ring));
    // Methods that decide nothing stand in the picture too, at its edge.
    let none = sheet.votes.iter().filter(|vote| vote.k.is_none() && vote.k_allowed.is_none());
    let (k, silent) =
        none.map(|vote| (first as f64 - 0.4, vote.method.clone())).unzip::<_, _, Vec<_>, Vec<_>>();
    if !silent.is_empty() {
        let cross = Marker::new().size(10).color(GREY).symbol(MarkerSymbol::X);
        plot.add_trace(Scatter::new(k, silent).mode(Mode::Markers).name("no vote").marker(cross));
    }
    plot
}

/// A dashed line at `x` from the bottom to the top.
fn upright(x: f64) -> Shape {
    let line = ShapeLine::new().color(GREY).width(1.5).dash(DashType::Dash);
    let shape = Shape::new().shape_type(ShapeType::Line).x_ref("x").y_ref("paper");
    shape.x0(x).x1(x).y0(0.0).y1(1.0).line(line)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use segmentation_lib::progress::Progress;
    use segmentation_lib::selection::{SelectionParams, ValidationParams, decision_sheet, select};

    use super::super::title_of;
    use super::*;

    #[test]
    fn titles_count_votes_and_agreement_with_the_choice() {
        let points = Array2::from_shape_fn((30, 1), |(i, _)| [0.0, 9.0, 30.0][i / 10] + 0.01 * i as f64);
        let params = SelectionParams { resamples: 5, try_all: true, ..SelectionParams::default() };
        let params = SelectionParams { k: 2..=4, ..params };
        let progress = Progress::silent();
        let selection = select(&points, None, &params, &progress).expect("a choice");
        let validation = ValidationParams { references: 5, permutations: 3, ..Default::default() };
        let sheet = decision_sheet(&points, &selection, &params, &validation, &progress).expect("a sheet");
        let cast = sheet.votes.iter().filter(|vote| vote.k == Some(3)).count();
        let title = title_of(&votes(&sheet));
        assert!(
            title.starts_with(&format!("{cast} of {} methods vote for k = 3", sheet.votes.len())),
            "{title}"
        );
        let title = title_of(&figures_by_k(&sheet));
        assert!(title.ends_with("chosen is k = 3"), "{title}");
    }
}
