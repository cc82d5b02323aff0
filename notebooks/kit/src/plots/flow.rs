//! Who went from which segment to which.

use plotly::Plot;
use plotly::layout::Margin;
use segmentation_lib::movement::Matrix;
use serde_json::{Value, json};

use super::trace::Raw;
use super::{GREY, layout, segment_color};
use crate::explore::MonthEnds;
use crate::language::{integer, localized, percent, pick, said};

/// The segments of the earlier day on the left, those of the later one on the right, a band for each way between
/// them as wide as its customers are many: in the colour of where they were, grey where they stayed.
pub fn flow(ends: &MonthEnds) -> Plot {
    let movement = &ends.movement;
    let mut plot = Plot::new();
    plot.add_trace(Raw::boxed(trace(movement)));
    let margin = Margin::new().top(80).right(20).bottom(30).left(20);
    plot.set_layout(layout(&title(ends), "", "").margin(margin).height(480));
    plot
}

fn trace(movement: &Matrix) -> Value {
    let (left, right) = (movement.from.len(), movement.to.len());
    let begin = |key: &Option<String>| place(&movement.from, key);
    // Behind the segments of the left side stand those who came; the right side follows.
    let end = |key: &Option<String>| left + 1 + place(&movement.to, key);
    let named = movement.from.iter().map(|segment| localized(&segment.name));
    let labels: Vec<&str> = named
        .chain([pick("chegaram", "came")])
        .chain(movement.to.iter().map(|segment| localized(&segment.name)))
        .chain([pick("saíram", "left")])
        .collect();
    let colors = colors(left).chain(colors(right));
    let of = |at: usize| if at < left { faded(segment_color(at as u16 + 1)) } else { faded("#555555") };
    let links = movement.cells.iter();
    let color =
        links.clone().map(|cell| if cell.from == cell.to { faded(GREY) } else { of(begin(&cell.from)) });
    json!({
        "type": "sankey", "arrangement": "snap", "valueformat": ",d",
        "node": {"label": labels, "color": colors.collect::<Vec<_>>(), "pad": 22, "thickness": 16},
        "link": {
            "source": links.clone().map(|cell| begin(&cell.from)).collect::<Vec<_>>(),
            "target": links.clone().map(|cell| end(&cell.to)).collect::<Vec<_>>(),
            "value": links.map(|cell| cell.customers).collect::<Vec<_>>(),
            "color": color.collect::<Vec<_>>(),
        },
        "textfont": {"color": "#222222", "size": 13},
    })
}

/// The colours of a side: its segments, then grey for those from outside.
fn colors(segments: usize) -> impl Iterator<Item = &'static str> {
    (1..=segments).map(|id| segment_color(id as u16)).chain([GREY])
}

/// A colour that lets the bands below it through.
fn faded(color: &str) -> String {
    format!("{color}66")
}

/// The place of a segment among those of its side; behind them for none.
fn place(segments: &[segmentation_lib::record::NamedSegment], key: &Option<String>) -> usize {
    let found = key.as_ref().and_then(|key| segments.iter().position(|segment| segment.key == *key));
    found.unwrap_or(segments.len())
}

fn title(ends: &MonthEnds) -> String {
    let movement = &ends.movement;
    let [then, now] = ends.days.map(|day| day.format(pick("%d/%m/%Y", "%Y-%m-%d")).to_string());
    let known = movement.customers - movement.came;
    let head = said!(
        "De {} a {}, {} de {} clientes ({}) mudaram de segmento e {} chegaram",
        "From {} to {}, {} of {} customers ({}) changed segment and {} came",
        then,
        now,
        integer(movement.moved),
        integer(known),
        percent(movement.moved as f64 / known.max(1) as f64),
        integer(movement.came),
    );
    let moved =
        movement.cells.iter().filter(|cell| cell.from.is_some() && cell.to.is_some() && cell.from != cell.to);
    let Some(most) = moved.max_by_key(|cell| cell.customers) else { return head };
    let name = |segments: &[segmentation_lib::record::NamedSegment], key: &Option<String>| {
        segments
            .get(place(segments, key))
            .map_or(String::new(), |segment| localized(&segment.name).to_owned())
    };
    said!(
        "{}; a maior migração, {} clientes, vai de “{}” para “{}”",
        "{}; the largest move, {} customers, is from {} to {}",
        head,
        integer(most.customers),
        name(&movement.from, &most.from),
        name(&movement.to, &most.to),
    )
}

#[cfg(test)]
mod tests {
    use segmentation_lib::pipeline::Pipeline;
    use segmentation_lib::progress::Progress;

    use super::*;
    use crate::explore::{month_ends, sample::file};
    use crate::plots::title_of;

    #[test]
    fn every_customer_flows_from_the_left_side_to_the_right_one() {
        let pipeline = Pipeline::default();
        let run = pipeline.run(&[file()], &Progress::silent()).expect("segments").snapshot;
        let ends = month_ends(&pipeline, &run, &[file()], &Progress::silent()).expect("two runs");
        let ends = ends.present().expect("whole months");
        let plot = flow(ends);
        let drawn: Value = serde_json::from_str(&plot.to_json()).expect("JSON");
        let trace = &drawn["data"][0];
        let numbers = |of: &str| -> Vec<u64> {
            trace["link"][of].as_array().expect("links").iter().flat_map(Value::as_u64).collect()
        };
        let (left, all) = (ends.movement.from.len() as u64, ends.movement.customers + ends.movement.left);
        assert_eq!(numbers("value").iter().sum::<u64>(), all);
        assert!(
            numbers("source").iter().all(|&at| at <= left) && numbers("target").iter().all(|&at| at > left)
        );
        assert_eq!(
            trace["node"]["label"].as_array().map(Vec::len),
            Some(ends.movement.from.len() + ends.movement.to.len() + 2)
        );
        let moved = integer(ends.movement.moved);
        assert!(title_of(&plot).contains(&format!(", {moved} of ")), "{}", title_of(&plot));
    }
}
