//! Areas that compare customers with revenue.

use plotly::Plot;
use plotly::layout::{Annotation, Margin};
use segmentation_lib::profile::Profiles;
use segmentation_lib::record::Segment;
use serde_json::json;

use super::trace::Raw;
use super::{layout, segment_color};
use crate::language::{localized, percent, pick, said};

/// Share from which an area has room for its segment's name.
const ROOM_FOR_A_NAME: f64 = 0.08;

/// A tree map of customers beside one of net revenue: an area a segment, in its colour.
pub fn tree_map(profiles: &Profiles) -> Plot {
    let customers: fn(&Segment) -> f64 = |s| s.customer_share;
    let revenue: fn(&Segment) -> f64 = |s| s.revenue_share.max(0.0);
    let parts =
        [(pick("clientes", "customers"), customers), (pick("receita líquida", "net revenue"), revenue)];
    let mut plot = Plot::new();
    let mut heads = Vec::new();
    for (index, (name, share)) in parts.into_iter().enumerate() {
        let (left, right) = [(0.0, 0.48), (0.52, 1.0)][index];
        plot.add_trace(trace(profiles, name, share, (left, right)));
        let head = Annotation::new().text(name).x((left + right) / 2.0).y(1.0).x_ref("paper").y_ref("paper");
        heads.push(head.show_arrow(false).y_shift(14.0));
    }
    let margin = Margin::new().top(100).right(20).bottom(20).left(20);
    plot.set_layout(layout(&title(profiles), "", "").annotations(heads).margin(margin).height(440));
    plot
}

fn trace(profiles: &Profiles, name: &str, share: fn(&Segment) -> f64, (left, right): (f64, f64)) -> Box<Raw> {
    let segments = &profiles.segments;
    let labels: Vec<&str> = segments.iter().map(|s| localized(&s.name)).collect();
    let colors: Vec<&str> = segments.iter().map(|s| segment_color(s.id)).collect();
    // A name is read where its area has room for it; hovering tells the others.
    let told = |s: &Segment| match share(s) {
        large if large >= ROOM_FOR_A_NAME => format!("{}<br>{}", localized(&s.name), percent(large)),
        small => percent(small),
    };
    let texts: Vec<String> = segments.iter().map(told).collect();
    Raw::boxed(json!({
        "type": "treemap", "name": name, "labels": labels, "parents": vec![""; segments.len()],
        "values": segments.iter().map(|s| share(s) * 100.0).collect::<Vec<_>>(), "text": texts,
        "texttemplate": "%{text}", "hovertemplate": "%{label}: %{value:.1f} %<extra></extra>",
        "marker": {"colors": colors}, "domain": {"x": [left, right], "y": [0, 1]}, "tiling": {"pad": 2},
        "textfont": {"size": 15},
    }))
}

fn title(profiles: &Profiles) -> String {
    let lead = |s: &&Segment| s.revenue_share - s.customer_share;
    let behind = profiles.segments.iter().min_by(|a, b| lead(a).total_cmp(&lead(b)));
    behind.map_or(String::new(), |s| {
        said!(
            "“{}” ocupa {} da área dos clientes e {} da área da receita",
            "{} take {} of the customers' area and {} of the revenue's",
            localized(&s.name),
            percent(s.customer_share),
            percent(s.revenue_share)
        )
    })
}

#[cfg(test)]
mod tests {
    use segmentation_lib::pipeline::Pipeline;
    use segmentation_lib::progress::Progress;

    use super::*;
    use crate::explore::sample::file;

    #[test]
    fn each_map_has_an_area_for_each_segment_that_add_up_to_all() {
        let run = Pipeline::default().run(&[file()], &Progress::silent()).expect("segments");
        let drawn: serde_json::Value =
            serde_json::from_str(&tree_map(&run.profiles).to_json()).expect("JSON");
        let traces = drawn["data"].as_array().expect("traces");
        assert_eq!(traces.len(), 2);
        for trace in traces {
            let values: Vec<f64> =
                trace["values"].as_array().expect("values").iter().flat_map(|v| v.as_f64()).collect();
            assert_eq!(values.len(), run.profiles.segments.len());
            assert!((values.iter().sum::<f64>() - 100.0).abs() < 1e-6, "{values:?}");
        }
    }
}
