//! How customers differ within their segment.

use plotly::Plot;
use plotly::layout::{AxisType, GridPattern, LayoutGrid};
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::matrix::quantile;
use segmentation_lib::profile::Profiles;
use serde_json::json;

use super::trace::Raw;
use super::{axis, axis_names, layout, segment_color, with_axes};
use crate::language::{compact, decimal, localized, pick, said};

/// Box plots of recency, frequency and monetary, a box a segment: the middle half of its customers, the median as a
/// line, whiskers from the 5 % to the 95 % quantile. Frequency and monetary are on logarithmic scales, where the lower
/// whisker ends at the smallest positive value.
pub fn spread_by_segment(
    customers: &CustomerTable,
    profiles: &Profiles,
    currency: &str,
) -> Result<Plot, FeaturesError> {
    let features = [
        ("recency", 1.0, AxisType::Linear, pick("recência (dias)", "recency (days)").to_owned()),
        ("frequency", 1.0, AxisType::Log, pick("frequência (compras)", "frequency (purchases)").to_owned()),
        ("monetary", 100.0, AxisType::Log, said!("valor monetário ({})", "monetary ({})", currency)),
    ];
    let mut medians = Vec::new();
    let grid = LayoutGrid::new().rows(1).columns(features.len()).pattern(GridPattern::Independent);
    let mut of_all = layout("", "", "").grid(grid.x_gap(0.18)).show_legend(true).height(480);
    let mut plot = Plot::new();
    for (index, (name, divisor, scale, title)) in features.into_iter().enumerate() {
        let values: Vec<f64> = customers.values(name)?.iter().map(|value| value / divisor).collect();
        let boxes = boxes(&values, profiles, matches!(scale, AxisType::Log));
        medians.push(boxes.first().map_or(0.0, |first| first[2]));
        for (segment, five) in profiles.segments.iter().zip(boxes) {
            let color = segment_color(segment.id);
            plot.add_trace(trace(localized(&segment.name), color, five, index));
        }
        let x = axis("").show_tick_labels(false);
        of_all = with_axes(of_all, index, x, axis(&title).type_(scale));
    }
    let title = said!(
        "O cliente mediano de “{}” comprou há {} dias, {} vezes, {} {} no total",
        "The median customer of {} purchased {} days ago, {} times, {} {} in all",
        profiles.segments.first().map_or("", |segment| localized(&segment.name)),
        decimal(medians[0], 0),
        decimal(medians[1], 0),
        compact(medians[2]),
        currency
    );
    plot.set_layout(of_all.title(super::heading(&title)));
    Ok(plot)
}

/// The 5, 25, 50, 75 and 95 % quantiles of each segment's values.
fn boxes(values: &[f64], profiles: &Profiles, positive: bool) -> Vec<[f64; 5]> {
    let five = |id: u16| {
        let pairs = values.iter().zip(&profiles.segment_ids);
        let mut own: Vec<f64> = pairs.filter(|(_, of)| **of == id).map(|(value, _)| *value).collect();
        own.sort_by(f64::total_cmp);
        let least = own.iter().copied().find(|value| *value > 0.0).unwrap_or(f64::MIN_POSITIVE);
        [0.05, 0.25, 0.5, 0.75, 0.95].map(|share| {
            let value = if own.is_empty() { 0.0 } else { quantile(&own, share) };
            if positive { value.max(least) } else { value }
        })
    };
    profiles.segments.iter().map(|segment| five(segment.id)).collect()
}

fn trace(name: &str, color: &str, [low, q1, median, q3, high]: [f64; 5], index: usize) -> Box<Raw> {
    let (x, y) = axis_names(index);
    Raw::boxed(json!({
        "type": "box", "name": name, "legendgroup": name, "showlegend": index == 0, "x": [name],
        "lowerfence": [low], "q1": [q1], "median": [median], "q3": [q3], "upperfence": [high],
        "marker": {"color": color}, "xaxis": x, "yaxis": y,
    }))
}

#[cfg(test)]
mod tests {
    use segmentation_lib::matrix::{Matrix, MatrixParams};
    use segmentation_lib::pipeline::Pipeline;
    use segmentation_lib::progress::Progress;

    use super::*;
    use crate::explore::sample::file;

    #[test]
    fn every_segment_has_a_box_in_every_picture_and_the_title_its_medians() {
        let run = Pipeline::default().run(&[file()], &Progress::silent()).expect("segments");
        let plot = spread_by_segment(&run.customers, &run.profiles, "EUR").expect("drawn");
        let drawn: serde_json::Value = serde_json::from_str(&plot.to_json()).expect("JSON");
        let traces = drawn["data"].as_array().expect("traces");
        assert_eq!(traces.len(), 3 * run.profiles.segments.len());
        assert!(traces.iter().all(|t| t["q1"][0].as_f64() <= t["median"][0].as_f64()));
        let recency = &run.profiles.segments[0].features[0];
        let days = decimal(recency.median, 0);
        assert!(super::super::title_of(&plot).contains(&format!("purchased {days} days ago")));
        assert!(Matrix::build(&run.customers, &MatrixParams::default()).is_ok());
    }
}
