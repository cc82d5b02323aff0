//! Pictures of the figures that the decision sheet holds.

use plotly::common::{Line, Marker, Mode, TextPosition};
use plotly::layout::{GridPattern, LayoutGrid};
use plotly::{Bar, Plot, Scatter};

use super::{GREY, PALETTE, axis, axis_names, layout, plot, with_axes};
use crate::snapshot::{DecisionSheet, SheetRow};

/// A figure of the sheet: its name, the sign under which larger is better, its value.
type Figure = (&'static str, f64, fn(&SheetRow) -> Option<f64>);

const FIGURES: [Figure; 6] = [
    ("silhouette (higher is better)", 1.0, |row| row.silhouette),
    ("Calinski-Harabasz (higher)", 1.0, |row| row.calinski_harabasz),
    ("Davies-Bouldin (lower)", -1.0, |row| row.davies_bouldin),
    ("gap (first high enough)", 0.0, |row| row.gap),
    ("weakest cluster's stability (higher)", 1.0, |row| row.stability),
    ("inertia (where it bends)", 0.0, |row| row.inertia),
];

/// Every figure of the decision sheet by k, a small picture each: the chosen k is red, the best k of a
/// figure that has a best is large.
pub fn figures_by_k(sheet: &DecisionSheet) -> Plot {
    let present: Vec<Figure> =
        FIGURES.into_iter().filter(|f| sheet.by_k.iter().any(|r| f.2(r).is_some())).collect();
    let best: Vec<Option<usize>> = present.iter().map(|f| best_k(sheet, *f)).collect();
    let agree = best.iter().flatten().filter(|&&k| k == sheet.chosen_k).count();
    let title = format!(
        "{agree} of the {} figures with a best value have it at the chosen k = {}",
        best.iter().flatten().count(),
        sheet.chosen_k
    );
    let columns = present.len().div_ceil(2).max(1);
    let grid = LayoutGrid::new().rows(2).columns(columns).pattern(GridPattern::Independent);
    let mut layout = layout(&title, "", "").grid(grid.x_gap(0.14).y_gap(0.35)).show_legend(false).height(560);
    let mut plot = Plot::new();
    for (index, (figure, best)) in present.iter().zip(&best).enumerate() {
        let points = sheet.by_k.iter().filter_map(|row| Some((row.k, figure.2(row)?)));
        let (k, values) = points.unzip::<usize, f64, Vec<_>, Vec<_>>();
        let color = |k: &usize| if *k == sheet.chosen_k { PALETTE[5] } else { PALETTE[0] };
        let sizes = k.iter().map(|k| if Some(*k) == *best { 14 } else { 8 }).collect();
        let marker = Marker::new().size_array(sizes).color_array(k.iter().map(color).collect());
        let (x_name, y_name) = axis_names(index);
        let trace = Scatter::new(k, values).mode(Mode::LinesMarkers).line(Line::new().color(GREY).width(1.5));
        plot.add_trace(trace.marker(marker).x_axis(x_name).y_axis(y_name));
        layout = with_axes(layout, index, axis(figure.0).dtick(2.0), axis(""));
    }
    plot.set_layout(layout);
    plot
}

/// The k with the best value of a figure that has one.
fn best_k(sheet: &DecisionSheet, (_, sign, value): Figure) -> Option<usize> {
    let points = sheet.by_k.iter().filter_map(|row| Some((row.k, sign * value(row)?)));
    points.reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|(k, _)| k).filter(|_| sign != 0.0)
}

/// How many methods vote for each k.
pub fn votes(sheet: &DecisionSheet) -> Plot {
    let silent = sheet.votes.iter().filter(|vote| vote.k.is_none()).count();
    let ks: Vec<usize> = sheet.by_k.iter().map(|row| row.k).collect();
    let voters = |k: usize| sheet.votes.iter().filter(move |vote| vote.k == Some(k));
    let counts: Vec<usize> = ks.iter().map(|&k| voters(k).count()).collect();
    let top = (0..ks.len()).max_by(|&a, &b| counts[a].cmp(&counts[b]).then(b.cmp(&a))).unwrap_or(0);
    let title = format!(
        "{} of {} methods vote for k = {}{}; chosen is k = {}",
        counts.get(top).copied().unwrap_or(0),
        sheet.votes.len(),
        ks.get(top).copied().unwrap_or(0),
        if silent > 0 { format!(", {silent} for none") } else { String::new() },
        sheet.chosen_k,
    );
    let names = |&k: &usize| voters(k).map(|vote| vote.method.clone()).collect::<Vec<_>>().join("<br>");
    let texts: Vec<String> = ks.iter().map(names).collect();
    let colors = ks.iter().map(|&k| if k == sheet.chosen_k { PALETTE[5] } else { PALETTE[0] }).collect();
    let mut plot = plot(&title, "number of segments k", "methods");
    let bars = Bar::new(ks, counts).text_array(texts).text_position(TextPosition::Inside);
    plot.add_trace(bars.marker(Marker::new().color_array(colors)));
    plot
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::super::title_of;
    use super::*;
    use crate::progress::Progress;
    use crate::selection::{SelectionParams, ValidationParams, decision_sheet, select};

    #[test]
    fn titles_count_votes_and_agreement_with_the_choice() {
        let points = array![[0.0], [0.1], [0.2], [9.0], [9.1], [9.2], [30.0], [30.1], [30.2]];
        let params = SelectionParams { k: 2..=4, ..SelectionParams::default() };
        let progress = Progress::silent();
        let selection = select(&points, &params, &progress).expect("a choice");
        let validation =
            ValidationParams { references: 5, resamples: 5, permutations: 3, ..Default::default() };
        let sheet = decision_sheet(&points, &selection, &params, &validation, &progress).expect("a sheet");
        let cast = sheet.votes.iter().filter(|vote| vote.k == Some(3)).count();
        let title = title_of(&votes(&sheet));
        assert!(
            title.starts_with(&format!("{cast} of {} methods vote for k = 3", sheet.votes.len())),
            "{title}"
        );
        let title = title_of(&figures_by_k(&sheet));
        assert!(title.ends_with("have it at the chosen k = 3"), "{title}");
    }
}
