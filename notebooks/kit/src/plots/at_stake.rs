//! The picture of the executive page.

use plotly::common::{Marker, Orientation, TextPosition};
use plotly::layout::{BarMode, Legend, Margin, TraceOrder};
use plotly::{Bar, Plot};
use segmentation_lib::record::{Segment, Snapshot};

use super::{GREY, PALETTE, axis, downwards, layout};
use crate::executive::{in_report, share_of_expected};
use crate::explore::Section;
use crate::language::{Language, localized, percent, pick, said};

/// Each segment's share of the customers beside its share of what they brought and of what they are expected to bring.
/// Skipped in a language that the report is not in.
pub fn at_stake(run: &Snapshot, language: Language) -> Section<Plot> {
    in_report(language, || draw(run))
}

/// A measure: its name, its colour, its value for a segment.
type Measure<'a> = (&'static str, &'static str, Box<dyn Fn(&Segment) -> Option<f64> + 'a>);

fn draw(run: &Snapshot) -> Plot {
    let days = run.manifest.forecast.as_ref().map_or(0, |forecast| forecast.horizon_days);
    let measures: [Measure<'_>; 3] = [
        (pick("clientes", "customers"), GREY, Box::new(|s| Some(s.customer_share))),
        (pick("receita líquida", "net revenue"), PALETTE[4], Box::new(Segment::known_revenue_share)),
        (pick("valor esperado", "expected value"), PALETTE[0], Box::new(|s| share_of_expected(run, s))),
    ];
    let names: Vec<String> = run.segments.iter().map(|s| localized(&s.name).to_owned()).collect();
    let x = axis(&said!(
        "parte do total (%); valor esperado: próximos {} dias",
        "share of all (%); expected value: next {} days",
        days
    ));
    let mut plot = Plot::new();
    let layout = layout(&title(run), "", "").x_axis(x).y_axis(downwards("", &names));
    let legend = Legend::new().orientation(Orientation::Horizontal).y(-0.32).x(0.0);
    let legend = legend.trace_order(TraceOrder::Reversed);
    let margin = Margin::new().top(80).right(70).bottom(60).left(70);
    let layout = layout.bar_mode(BarMode::Group).legend(legend).margin(margin);
    plot.set_layout(layout.height(170 + 56 * names.len()));
    // Bars of a group are drawn from below.
    for (name, color, share) in measures.iter().rev() {
        let shares: Vec<Option<f64>> = run.segments.iter().map(share).collect();
        if shares.iter().all(Option::is_none) {
            continue;
        }
        let texts: Vec<String> = shares.iter().map(|s| s.map_or(String::new(), percent)).collect();
        let values = shares.iter().map(|share| share.unwrap_or(0.0) * 100.0).collect();
        let bars = Bar::new(values, names.clone()).orientation(Orientation::Horizontal).name(*name);
        let bars = bars.text_array(texts).text_position(TextPosition::Outside).clip_on_axis(false);
        plot.add_trace(bars.marker(Marker::new().color(*color)));
    }
    plot
}

/// The segment that brings far more than its share of the customers beside the one that brings far less.
fn title(run: &Snapshot) -> String {
    let brings = |s: &Segment| share_of_expected(run, s).unwrap_or(s.revenue_share);
    let lead = |s: &&Segment| brings(s) - s.customer_share;
    let most = run.segments.iter().max_by(|a, b| lead(a).total_cmp(&lead(b)));
    let least = run.segments.iter().min_by(|a, b| lead(a).total_cmp(&lead(b)));
    let of = match run.segments.iter().any(|s| share_of_expected(run, s).is_some()) {
        true => pick("do valor esperado", "of the expected value"),
        false => pick("da receita", "of the revenue"),
    };
    most.zip(least).map_or(String::new(), |(most, least)| {
        let part = |s: &Segment| {
            said!(
                "“{}”: {} dos clientes, {} {}",
                "{}: {} of the customers, {} {}",
                localized(&s.name),
                percent(s.customer_share),
                percent(brings(s)),
                of
            )
        };
        format!("{}; {}", part(most), part(least))
    })
}

#[cfg(test)]
mod tests {
    use test_support::sample;

    use super::super::title_of;
    use super::*;

    #[test]
    fn the_title_compares_who_brings_more_with_who_brings_less() {
        let run = sample::snapshot(300, 1);
        let Section::Present(plot) = at_stake(&run, Language::PtBr) else {
            panic!("both languages are shown")
        };
        let title = title_of(&plot);
        let brings = |s: &Segment| share_of_expected(&run, s).expect("the sample has a forecast");
        let most = run
            .segments
            .iter()
            .max_by(|a, b| (brings(a) - a.customer_share).total_cmp(&(brings(b) - b.customer_share)));
        let most = most.expect("there are segments");
        assert!(title.starts_with(&format!("“{}”", most.name.pt_br)), "{title}");
        assert!(title.contains("do valor esperado; “"), "{title}");
    }

    #[test]
    fn without_a_forecast_two_shares_are_left() {
        let mut run = sample::snapshot(300, 1);
        run.manifest.forecast = None;
        let plot = draw(&run);
        let data: serde_json::Value = serde_json::from_str(&plot.to_json()).expect("JSON");
        assert_eq!(data["data"].as_array().map(Vec::len), Some(2));
        assert!(title_of(&plot).contains("of the revenue"), "{}", title_of(&plot));
    }
}
