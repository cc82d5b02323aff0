//! Pictures of the figures that the decision sheet holds.

use plotly::common::{DashType, Line, Marker, MarkerSymbol, Mode};
use plotly::layout::{GridPattern, LayoutGrid, Shape, ShapeLine, ShapeType};
use plotly::{Plot, Scatter};
use segmentation_lib::record::{DecisionSheet, SheetRow, Vote};

use super::{GREY, PALETTE, axis, axis_names, downwards, layout, upright, with_axes};
use crate::language::{decimal, pick, said, term};

/// A figure of the sheet: its name in Portuguese and English, the sign under which larger is better, its value.
type Figure = ([&'static str; 2], f64, fn(&SheetRow) -> Option<f64>);

const FIGURES: [Figure; 6] = [
    (["silhueta por k (maior é melhor)", "silhouette by k (higher is better)"], 1.0, |row| row.silhouette),
    (["Calinski-Harabasz por k (maior)", "Calinski-Harabasz by k (higher)"], 1.0, |row| {
        row.calinski_harabasz
    }),
    (["Davies-Bouldin por k (menor)", "Davies-Bouldin by k (lower)"], -1.0, |row| row.davies_bouldin),
    (["gap por k (o primeiro alto o bastante)", "gap by k (first high enough)"], 0.0, |row| row.gap),
    (["menor Jaccard por k (maior)", "weakest Jaccard by k (higher)"], 1.0, |row| row.stability),
    (["inércia por k (onde dobra)", "inertia by k (where it bends)"], 0.0, |row| row.inertia),
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
        .map(|row| said!("{} com k = {}", "{} at k = {}", of_k(row.k), row.k))
        .collect();
    let title = said!(
        "Melhores valores das medidas: {}; nenhuma delas sabe o que os clientes farão, e o escolhido é k = {}",
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
        layout = with_axes(layout, index, axis(pick(figure.0[0], figure.0[1])).dtick(2.0), axis(""));
    }
    let signs = [
        (pick("k escolhido", "chosen k"), PALETTE[5], 8),
        (pick("melhor k da medida", "best k of the figure"), PALETTE[0], 14),
        (pick("outro k", "other k"), PALETTE[0], 8),
    ];
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
    let others: Vec<String> = others.map(|k| said!("{} por k = {}", "{} for k = {}", voters(k), k)).collect();
    let none = if silent > 0 { vec![said!("{} por nenhum", "{} for none", silent)] } else { Vec::new() };
    let title = said!(
        "{} de {} métodos votam por k = {}, o escolhido{}",
        "{} of {} methods vote for k = {}, which is chosen{}",
        voters(sheet.chosen_k),
        sheet.votes.len(),
        sheet.chosen_k,
        others.into_iter().chain(none).map(|text| format!(", {text}")).collect::<String>(),
    );
    let ks = || sheet.by_k.iter().map(|row| row.k);
    let (first, last) = (ks().min().unwrap_or(1), ks().max().unwrap_or(1));
    let methods: Vec<String> = sheet.votes.iter().map(|vote| term(&vote.method).into_owned()).collect();
    let x = axis(pick("número de segmentos k", "number of segments k"))
        .dtick(1.0)
        .range(vec![first as f64 - 0.5, last as f64 + 0.5]);
    let mut plot = Plot::new();
    let layout = layout(&title, "", "").x_axis(x).y_axis(downwards("", &methods));
    plot.set_layout(layout.shapes(vec![upright(sheet.chosen_k as f64)]));
    let disc = Marker::new().size(12).color(PALETTE[0]);
    let ring = disc.clone().size(20).color("rgba(0,0,0,0)").line(Line::new().color(PALETTE[0]).width(2.0));
    let cast = |k: fn(&Vote) -> Option<usize>| {
        let votes = sheet.votes.iter().filter_map(|vote| Some((k(vote)?, term(&vote.method).into_owned())));
        let (k, methods) = votes.unzip::<usize, String, Vec<_>, Vec<_>>();
        Scatter::new(k, methods).mode(Mode::Markers)
    };
    plot.add_trace(cast(|vote| vote.k).name(pick("voto", "vote")).marker(disc));
    plot.add_trace(
        cast(|vote| vote.k_allowed)
            .name(pick("voto entre os permitidos", "vote among those allowed"))
            .marker(ring),
    );
    // Methods that decide nothing stand in the picture too, at its edge.
    let none = sheet.votes.iter().filter(|vote| vote.k.is_none() && vote.k_allowed.is_none());
    let (k, silent) = none
        .map(|vote| (first as f64 - 0.4, term(&vote.method).into_owned()))
        .unzip::<_, _, Vec<_>, Vec<_>>();
    if !silent.is_empty() {
        let cross = Marker::new().size(10).color(GREY).symbol(MarkerSymbol::X);
        plot.add_trace(
            Scatter::new(k, silent).mode(Mode::Markers).name(pick("sem voto", "no vote")).marker(cross),
        );
    }
    plot
}

/// The Jaccard coefficient of every segment at every k that was resampled, the chosen k's in another colour; above the
/// dashed line a segment counts as stable.
pub fn stability_by_segment(sheet: &DecisionSheet) -> Plot {
    let weakest = |k: usize| {
        let row = sheet.by_k.iter().find(|row| row.k == k && !row.jaccard.is_empty());
        row.map(|row| row.jaccard.iter().copied().fold(f64::INFINITY, f64::min))
    };
    let weak = unstable(sheet);
    let others = match weak.is_empty() {
        true => weak,
        false => said!("; não são estáveis: {}", "; not stable: {}", weak),
    };
    let title = match weakest(sheet.chosen_k) {
        Some(least) => said!(
            "Com k = {}, o escolhido, o segmento mais fraco reaparece com Jaccard {}{}",
            "At the chosen k = {} the weakest segment comes back with a Jaccard coefficient of {}{}",
            sheet.chosen_k,
            decimal(least, 2),
            others
        ),
        None => said!("k = {} não foi reamostrado", "k = {} was not resampled", sheet.chosen_k),
    };
    let mut plot = Plot::new();
    let x = axis(pick("número de segmentos k", "number of segments k")).dtick(1.0);
    let y = axis(pick("Jaccard médio de cada segmento", "mean Jaccard coefficient of each segment"));
    let layout = layout(&title, "", "").x_axis(x).y_axis(y.range(vec![0.0, 1.05]));
    plot.set_layout(layout.shapes(vec![across(STABLE)]));
    let groups = [
        (pick("k escolhido", "chosen k"), PALETTE[5], true),
        (pick("outro k", "other k"), PALETTE[0], false),
    ];
    for (name, color, chosen) in groups {
        let rows = sheet.by_k.iter().filter(|row| (row.k == sheet.chosen_k) == chosen);
        let points = rows.flat_map(|row| row.jaccard.iter().map(|&value| (row.k, value)));
        let (k, values) = points.unzip::<usize, f64, Vec<_>, Vec<_>>();
        let marker = Marker::new().size(10).color(color).opacity(0.75);
        plot.add_trace(Scatter::new(k, values).mode(Mode::Markers).name(name).marker(marker));
    }
    plot
}

/// How many segments are not stable at which k; nothing where all are.
fn unstable(sheet: &DecisionSheet) -> String {
    let counted = sheet.by_k.iter().filter_map(|row| {
        let weak = row.jaccard.iter().filter(|value| **value < STABLE).count();
        (weak > 0).then(|| said!("{} de {} com k = {}", "{} of {} at k = {}", weak, row.jaccard.len(), row.k))
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// From which mean Jaccard coefficient on a cluster counts as stable (Hennig 2007).
const STABLE: f64 = 0.75;

/// A dashed line at `y` from the left to the right.
fn across(y: f64) -> Shape {
    let line = ShapeLine::new().color(GREY).width(1.5).dash(DashType::Dash);
    let shape = Shape::new().shape_type(ShapeType::Line).x_ref("paper").y_ref("y");
    shape.x0(0.0).x1(1.0).y0(y).y1(y).line(line)
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
        let title = title_of(&stability_by_segment(&sheet));
        assert!(title.starts_with("At the chosen k = 3 the weakest segment"), "{title}");
        let mut weak = sheet;
        for row in &mut weak.by_k {
            row.jaccard = if row.k == 4 { vec![0.9, 0.6, 0.7, 0.8] } else { vec![0.9; row.k] };
        }
        let title = title_of(&stability_by_segment(&weak));
        assert!(title.ends_with("; not stable: 2 of 4 at k = 4"), "{title}");
    }
}
