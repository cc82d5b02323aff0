//! Pictures of the segments.

use plotly::common::{ColorBar, HoverInfo, Line, Marker, Mode, Orientation, TextPosition};
use plotly::layout::{Annotation, ArrowSide, AxisType, BarMode};
use plotly::{Bar, HeatMap, Plot, Scatter};
use polars::prelude::{DataFrame, PolarsResult};
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::matrix::Matrix;
use segmentation_lib::profile::Profiles;

use super::{
    GREY, PALETTE, axis, cell_texts, diverging, downwards, largest, layout, median, money, numbers,
    segment_color, segment_ids, texts,
};
use crate::explore::Pca;
use crate::language::{compact, decimal, localized, month, percent, pick, said, signed, term};

/// Features of which a shop wants little.
const LESS_IS_BETTER: [&str; 4] = ["recency", "activity", "interpurchase", "return_rate"];

fn names(profiles: &Profiles) -> Vec<String> {
    profiles.segments.iter().map(|s| localized(&s.name).to_owned()).collect()
}

/// Each segment's share of customers beside its share of revenue.
pub fn segment_sizes(profiles: &Profiles) -> Plot {
    let lead = |s: &segmentation_lib::record::Segment| s.revenue_share - s.customer_share;
    let top = profiles.segments.iter().max_by(|a, b| lead(a).total_cmp(&lead(b)));
    let title = top.map_or(String::new(), |s| {
        said!(
            "{}: {} dos clientes, {} da receita líquida",
            "{}: {} of the customers, {} of net revenue",
            localized(&s.name),
            percent(s.customer_share),
            percent(s.revenue_share)
        )
    });
    let colors: Vec<&str> = profiles.segments.iter().map(|s| segment_color(s.id)).collect();
    let customers: Vec<f64> = profiles.segments.iter().map(|s| s.customer_share * 100.0).collect();
    let revenue: Vec<f64> = profiles.segments.iter().map(|s| s.revenue_share * 100.0).collect();
    let mut plot = Plot::new();
    // One colour a segment; the customers' bars are grey so that the two are told apart without colour.
    let of = pick(["clientes", "receita"], ["customers", "revenue"]);
    let pairs = [(of[0], customers, vec![GREY; colors.len()]), (of[1], revenue, colors)];
    for (name, shares, colors) in pairs {
        let labels: Vec<String> = shares
            .iter()
            .map(|&share| said!("{} %<br>{}", "{} %<br>of {}", decimal(share, 1), name))
            .collect();
        let bars = Bar::new(names(profiles), shares).name(name).text_array(labels);
        plot.add_trace(bars.text_position(TextPosition::Outside).marker(Marker::new().color_array(colors)));
    }
    let (x, y) = pick(("segmento", "parte (%)"), ("segment", "share (%)"));
    plot.set_layout(layout(&title, x, y).show_legend(false));
    plot
}

/// Mean of every scaled feature in every segment, as a heat map around the average customer.
pub fn segment_standing(matrix: &Matrix, profiles: &Profiles) -> Plot {
    let features: Vec<String> = matrix.scalings().iter().map(|s| term(&s.name).into_owned()).collect();
    let segments = names(profiles);
    let rows: Vec<Vec<f64>> = profiles.segments.iter().map(|s| s.centroid.clone()).collect();
    let flat: Vec<f64> = rows.iter().flatten().map(|v| v.abs()).collect();
    let at = largest(&flat);
    let (row, column) = (at / features.len().max(1), at % features.len().max(1));
    let title = said!(
        "“{}” é o segmento que mais se destaca, por {}: {} desvios padrão do cliente médio",
        "{} stand out most, by {}: {} standard deviations from the average customer",
        segments.get(row).map_or("", String::as_str),
        features.get(column).map_or("", String::as_str),
        signed(rows.get(row).and_then(|r| r.get(column)).copied().unwrap_or(0.0), 1),
    );
    let write = |r: usize, c: usize| (signed(rows[r][c], 2), rows[r][c].abs() > 1.3);
    let texts = cell_texts(&features, &segments, write);
    let mut plot = Plot::new();
    let y = downwards("", &segments);
    plot.set_layout(layout(&title, pick("atributo", "feature"), "").y_axis(y).annotations(texts));
    // The colour says good or bad for the shop, the number more or less: a long silence is more, and bad.
    let signs: Vec<f64> = matrix
        .scalings()
        .iter()
        .map(|s| if LESS_IS_BETTER.contains(&s.name.as_str()) { -1.0 } else { 1.0 })
        .collect();
    let good: Vec<Vec<f64>> =
        rows.iter().map(|row| row.iter().zip(&signs).map(|(value, sign)| value * sign).collect()).collect();
    let bar = ColorBar::new()
        .title(pick("desvios padrão:<br>+ melhor, − pior", "standard deviations:<br>+ better, − worse"));
    let heat = HeatMap::new(features, segments, good).color_scale(diverging()).color_bar(bar);
    plot.add_trace(heat.zmin(-2.0).zmax(2.0).hover_info(HoverInfo::Skip));
    plot
}

/// About `points` customers by recency and monetary, a colour a segment.
pub fn segments_in_space(
    customers: &CustomerTable,
    profiles: &Profiles,
    points: usize,
    currency: &str,
) -> Result<Plot, FeaturesError> {
    let (recency, monetary) = (customers.values("recency")?, customers.values("monetary")?);
    let of = |values: &[f64], id: u16| -> Vec<f64> {
        (0..values.len()).filter(|&i| profiles.segment_ids[i] == id).map(|i| values[i]).collect()
    };
    let days: Vec<f64> = profiles.segments.iter().map(|s| median(&of(&recency, s.id))).collect();
    let (near, far) = (super::smallest(&days), largest(&days));
    let name = |at: usize| localized(&profiles.segments[at].name);
    let title = said!(
        "“{}” compraram pela última vez há {:.0} dias (mediana); “{}”, há {:.0}",
        "{} last purchased {:.0} days ago (median), {} {:.0}",
        name(near),
        days[near],
        name(far),
        days[far]
    );
    let mut plot = Plot::new();
    let money = axis(&said!("valor monetário ({}, logarítmico)", "monetary ({}, logarithmic)", currency))
        .type_(AxisType::Log);
    plot.set_layout(layout(&title, pick("recência (dias)", "recency (days)"), "").y_axis(money));
    let step = (recency.len() / points.max(1)).max(1);
    for segment in &profiles.segments {
        let rows = (0..recency.len()).step_by(step);
        let rows = rows.filter(|&i| profiles.segment_ids[i] == segment.id && monetary[i] > 0.0);
        let (x, y) = rows.map(|i| (recency[i], monetary[i] / 100.0)).unzip::<f64, f64, Vec<_>, Vec<_>>();
        let marker = Marker::new().color(segment_color(segment.id)).size(5).opacity(0.6);
        plot.add_trace(Scatter::new(x, y).mode(Mode::Markers).name(localized(&segment.name)).marker(marker));
    }
    Ok(plot)
}

/// About `points` customers on the first two principal components, a colour a segment; the arrows are
/// the features' weights, three times enlarged.
pub fn pca_map(pca: &Pca, matrix: &Matrix, profiles: &Profiles, points: usize) -> Plot {
    let explained = |i: usize| pca.explained.get(i).copied().unwrap_or(0.0);
    let title = said!(
        "Duas direções mostram {} das diferenças entre clientes",
        "Two directions show {} of the differences between customers",
        percent(explained(0) + explained(1))
    );
    let axis_title = |i: usize| {
        said!(
            "componente {} ({} da variância)",
            "component {} ({} of the variance)",
            i + 1,
            percent(explained(i))
        )
    };
    let mut plot = Plot::new();
    let second = pca.components.nrows().min(2) - 1;
    let weight = |component: usize, feature: usize| 3.0 * pca.components[(component, feature)];
    let near = |a: usize, b: usize| {
        [0, second].into_iter().all(|component| (weight(component, a) - weight(component, b)).abs() < 0.35)
    };
    let arrows: Vec<Annotation> = matrix
        .scalings()
        .iter()
        .enumerate()
        .map(|(feature, s)| {
            let weight = |component: usize| weight(component, feature);
            let others =
                (0..matrix.scalings().len()).filter(|&other| other != feature && near(other, feature));
            let heights: Vec<(f64, usize)> =
                others.map(|other| (3.0 * pca.components[(second, other)], other)).collect();
            let name = apart(&term(&s.name), (weight(second), feature), &heights);
            let arrow = Annotation::new().text(name).x(0.0).y(0.0).ax(weight(0)).ay(weight(second));
            // The head stands at the text, away from the middle of the picture.
            arrow
                .x_ref("x")
                .y_ref("y")
                .ax_ref("x")
                .ay_ref("y")
                .arrow_side(ArrowSide::Start)
                .start_arrow_head(2)
        })
        .collect();
    plot.set_layout(layout(&title, &axis_title(0), &axis_title(1)).annotations(arrows));
    let step = (pca.scores.nrows() / points.max(1)).max(1);
    let rounded = |v: f64| (v * 1e3).round() / 1e3;
    for segment in &profiles.segments {
        let rows = (0..pca.scores.nrows()).step_by(step).filter(|&i| profiles.segment_ids[i] == segment.id);
        let place = |i: usize| (rounded(pca.scores[(i, 0)]), rounded(pca.scores[(i, second)]));
        let (x, y) = rows.map(place).unzip::<f64, f64, Vec<_>, Vec<_>>();
        let marker = Marker::new().color(segment_color(segment.id)).size(5).opacity(0.6);
        plot.add_trace(Scatter::new(x, y).mode(Mode::Markers).name(localized(&segment.name)).marker(marker));
    }
    plot
}

/// A name at the head of its arrow: of names in one place, the one whose arrow ends highest stands above the others.
fn apart(name: &str, own: (f64, usize), near: &[(f64, usize)]) -> String {
    match near.iter().any(|other| *other > own) {
        true => format!("<br>{name}"),
        false if near.is_empty() => name.to_owned(),
        false => format!("{name}<br> "),
    }
}

/// Net revenue by month and segment, from [`crate::explore::revenue_by_segment`].
pub fn revenue_by_segment(months: &DataFrame, currency: &str) -> PolarsResult<Plot> {
    let (labels, names, ids) = (texts(months, "month")?, texts(months, "segment")?, segment_ids(months)?);
    let revenue = money(months, "revenue_pennies")?;
    let mut order: Vec<&String> = labels.iter().collect();
    order.dedup();
    // The last month of a file is rarely complete; the one before it is.
    let full = order.get(order.len().saturating_sub(2)).map_or("", |month| month.as_str());
    let of_full: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] == full).collect();
    let top = of_full.iter().copied().max_by(|&a, &b| revenue[a].total_cmp(&revenue[b])).unwrap_or(0);
    let total: f64 = of_full.iter().map(|&i| revenue[i]).sum();
    let title = said!(
        "“{}”: {} da receita líquida de {}, o penúltimo mês: {} {}",
        "{} bring {} of the net revenue of {}, the last month but one: {} {}",
        names.get(top).map_or("", String::as_str),
        percent(revenue.get(top).map_or(0.0, |r| r / total)),
        month(full),
        compact(revenue.get(top).copied().unwrap_or(0.0)),
        currency,
    );
    let mut plot = Plot::new();
    let x = axis(pick("mês", "month")).type_(AxisType::Category);
    plot.set_layout(
        layout(&title, "", &said!("receita líquida ({})", "net revenue ({})", currency)).x_axis(x),
    );
    let mut segments: Vec<u16> = ids.clone();
    segments.sort_unstable();
    segments.dedup();
    for id in segments {
        let rows: Vec<usize> = (0..ids.len()).filter(|&i| ids[i] == id).collect();
        // A month in which the segment bought nothing is a zero and not the line's end.
        let of = |month: &String| rows.iter().find(|&&i| labels[i] == *month).map_or(0.0, |&i| revenue[i]);
        let (x, y): (Vec<_>, Vec<_>) = order.iter().map(|month| ((*month).clone(), of(month))).unzip();
        let line = Scatter::new(x, y).mode(Mode::LinesMarkers).name(&names[rows[0]]);
        plot.add_trace(line.line(Line::new().color(segment_color(id)).width(2.5)));
    }
    Ok(plot)
}

/// How sure the assignment is in each segment, from [`crate::explore::confidence`].
pub fn confidence(confidence: &DataFrame) -> PolarsResult<Plot> {
    let names = texts(confidence, "segment")?;
    let share = |column: &str| -> PolarsResult<Vec<f64>> {
        Ok(numbers(confidence, column)?.iter().map(|share| share * 100.0).collect())
    };
    let (clear, borderline, misplaced) =
        (share("clear_share")?, share("borderline_share")?, share("misplaced_share")?);
    let between: Vec<f64> =
        (0..names.len()).map(|i| 100.0 - clear[i] - borderline[i] - misplaced[i]).collect();
    let sure = largest(&clear);
    let title = said!(
        "“{}” é o segmento mais nítido: {:.0} % têm coeficiente de silhueta de 0,5 ou mais",
        "{} are told apart most clearly: {:.0} % of them have a silhouette coefficient of 0.5 or more",
        names.get(sure).map_or("", String::as_str),
        clear.get(sure).copied().unwrap_or(0.0),
    );
    let mut plot = Plot::new();
    let y = downwards("", &names);
    plot.set_layout(
        layout(&title, pick("clientes do segmento (%)", "customers of the segment (%)"), "")
            .y_axis(y)
            .bar_mode(BarMode::Stack),
    );
    // Greys, because the colours of the palette are the segments'.
    let parts = [
        (pick("claros (0,5 ou mais)", "clear (0.5 or more)"), clear, "#333333"),
        (pick("razoáveis (0,25 a 0,5)", "fair (0.25 to 0.5)"), between, "#777777"),
        (pick("limítrofes (0 a 0,25)", "borderline (0 to 0.25)"), borderline, "#bbbbbb"),
        (pick("mais perto de outro (abaixo de 0)", "nearer to another (below 0)"), misplaced, PALETTE[5]),
    ];
    for (name, shares, color) in parts {
        let bars = Bar::new(shares, names.clone()).orientation(Orientation::Horizontal).name(name);
        plot.add_trace(bars.marker(Marker::new().color(color)));
    }
    Ok(plot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_higher_arrow_stands_above() {
        assert_eq!(apart("recency", (2.0, 0), &[]), "recency");
        assert_eq!(apart("frequency", (0.8, 1), &[(0.9, 2)]), "<br>frequency");
        assert_eq!(apart("monetary", (0.9, 2), &[(0.8, 1)]), "monetary<br> ");
        assert_ne!(
            apart("one", (0.5, 1), &[(0.5, 2)]).find("<br>"),
            apart("two", (0.5, 2), &[(0.5, 1)]).find("<br>")
        );
    }
}
