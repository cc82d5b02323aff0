//! Results as plotly pictures: pure functions with one template and one colour per segment.
//!
//! Every title states what the picture shows of this data, with the figure; axes carry units. Money is
//! drawn in currency units, named by the `currency` that is given. Paper and letters have colours of their own, so
//! that a picture is as legible on a dark page as on a light one.

mod at_stake;
mod clusters;
mod customers;
mod decisions;
mod flow;
mod forecast;
mod rfm_map;
mod sales;
mod segments;
mod spread;
mod trace;
mod tree_map;
mod validation;

use plotly::common::{
    Anchor, ColorScale, ColorScaleElement, DashType, ExponentFormat, Font, Orientation, Title,
};
use plotly::layout::{
    Annotation, Axis, AxisType, CategoryOrder, Legend, Margin, Shape, ShapeLine, ShapeType,
};
use plotly::{Layout, Plot};
use polars::prelude::{DataFrame, DataType, PolarsResult};

use crate::language::pick;

pub use at_stake::at_stake;
pub(crate) use clusters::label;
pub use clusters::{
    algorithms_agreement, dendrogram, growth, inertia_by_k, silhouette_by_k, silhouette_profile,
    silhouettes_of_k,
};
pub use customers::{cohort_retention, correlations, feature_distributions, lorenz, repurchase_times};
pub use decisions::{agreement_by_setting, backtest, movement};
pub use flow::flow;
pub use forecast::{expected_by_segment, forecast_by_frequency, forecast_tracking, increasing_frequency};
pub use rfm_map::rfm_map;
pub use sales::{baskets, countries, returns_by_month, revenue_by_month, sales_by_weekday, weekday_by_hour};
pub use segments::{
    confidence, pca_map, revenue_by_segment, segment_sizes, segment_standing, segments_in_space,
};
pub use spread::spread_by_segment;
pub use tree_map::tree_map;
pub use validation::{figures_by_k, stability_by_segment, votes};

/// Okabe and Ito's colours (2008), told apart with every kind of colour vision; a segment keeps its
/// colour in every picture.
const PALETTE: [&str; 8] =
    ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"];

/// What is not a segment and not the point of a picture.
const GREY: &str = "#999999";

/// The colour of segment `id` (from 1).
pub fn segment_color(id: u16) -> &'static str {
    PALETTE[usize::from(id.saturating_sub(1)) % PALETTE.len()]
}

/// An empty plot in the common template.
fn plot(title: &str, x: &str, y: &str) -> Plot {
    let mut plot = Plot::new();
    plot.set_layout(layout(title, x, y));
    plot
}

fn layout(title: &str, x: &str, y: &str) -> Layout {
    Layout::new()
        .title(heading(title))
        .font(Font::new().family("sans-serif").size(13).color("#222222"))
        .plot_background_color("#ffffff")
        .paper_background_color("#ffffff")
        .margin(Margin::new().top(80).right(30).bottom(60).left(70))
        .legend(Legend::new().orientation(Orientation::Horizontal).y(-0.2).x(0.0))
        .x_axis(axis(x))
        .y_axis(axis(y))
        .height(460)
        .separators(pick(",.", ".,"))
}

/// What stands above a picture.
fn heading(title: &str) -> Title {
    Title::with_text(wrapped(title)).x(0.02).x_anchor(Anchor::Left).font(Font::new().size(16))
}

/// A dashed line at `x` from the bottom to the top.
fn upright(x: f64) -> Shape {
    let line = ShapeLine::new().color(GREY).width(1.5).dash(DashType::Dash);
    let shape = Shape::new().shape_type(ShapeType::Line).x_ref("x").y_ref("paper");
    shape.x0(x).x1(x).y0(0.0).y1(1.0).line(line)
}

/// An axis whose numbers are written out, with the language's separators: "100k" and "1.5M" are English.
fn axis(title: &str) -> Axis {
    Axis::new()
        .exponent_format(ExponentFormat::None)
        .separate_thousands(true)
        .title(Title::with_text(title).font(Font::new().size(13)))
        .grid_color("#e5e5e5")
        .zero_line_color("#bbbbbb")
        .auto_margin(true)
}

/// A vertical axis of names, the first at the top.
fn downwards(title: &str, names: &[String]) -> Axis {
    let upwards: Vec<String> = names.iter().rev().cloned().collect();
    axis(title).type_(AxisType::Category).category_order(CategoryOrder::Array).category_array(upwards)
}

/// Gives a layout the axes of its `index`-th small picture, from 0.
fn with_axes(layout: Layout, index: usize, x: Axis, y: Axis) -> Layout {
    match index {
        0 => layout.x_axis(x).y_axis(y),
        1 => layout.x_axis2(x).y_axis2(y),
        2 => layout.x_axis3(x).y_axis3(y),
        3 => layout.x_axis4(x).y_axis4(y),
        4 => layout.x_axis5(x).y_axis5(y),
        _ => layout.x_axis6(x).y_axis6(y),
    }
}

/// The names of the axes of a small picture, as traces want them.
fn axis_names(index: usize) -> (String, String) {
    let number = if index == 0 { String::new() } else { (index + 1).to_string() };
    (format!("x{number}"), format!("y{number}"))
}

/// The words of a title; what belongs together, `k = 4` or `12.5 %`, is one.
fn unbroken(title: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in title.split_whitespace() {
        match words.last_mut() {
            Some(last) if word.starts_with(['=', '%']) || last.ends_with('=') => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// A title of at most two lines or so: broken between words, before the 99th character of a line.
fn wrapped(title: &str) -> String {
    let mut lines = vec![String::new()];
    for word in unbroken(title) {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + word.chars().count() > 98 {
            lines.push(word);
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines.join("<br>")
}

/// Low to high around a middle, without red: neither side is the bad one (Brewer's BrBG).
fn diverging() -> ColorScale {
    let stops = [(0.0, "#8c510a"), (0.25, "#d8b365"), (0.5, "#f5f5f5"), (0.75, "#5ab4ac"), (1.0, "#01665e")];
    ColorScale::Vector(stops.map(|(at, color)| ColorScaleElement(at, color.to_owned())).to_vec())
}

/// A text in each cell of a heat map, by row and column; dark cells get white letters.
fn cell_texts(x: &[String], y: &[String], text: impl Fn(usize, usize) -> (String, bool)) -> Vec<Annotation> {
    let cells = y
        .iter()
        .enumerate()
        .flat_map(|(r, row)| x.iter().enumerate().map(move |(c, column)| (r, row, c, column)));
    let written = cells.map(|(r, row, c, column)| {
        let (text, dark) = text(r, c);
        let font = Font::new().size(11).color(if dark { "#ffffff" } else { "#222222" });
        Annotation::new().x(column.as_str()).y(row.as_str()).text(text).show_arrow(false).font(font)
    });
    written.collect()
}

/// A column of texts.
fn texts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<String>> {
    let column = frame.column(name)?.cast(&DataType::String)?;
    Ok(column.str()?.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
}

/// A column of numbers; what is missing is NaN.
fn numbers(frame: &DataFrame, name: &str) -> PolarsResult<Vec<f64>> {
    let column = frame.column(name)?.cast(&DataType::Float64)?;
    Ok(column.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)).collect())
}

/// A column of pennies as currency units.
fn money(frame: &DataFrame, name: &str) -> PolarsResult<Vec<f64>> {
    Ok(numbers(frame, name)?.into_iter().map(|pennies| pennies / 100.0).collect())
}

/// A column of segment ids.
fn segment_ids(frame: &DataFrame) -> PolarsResult<Vec<u16>> {
    Ok(numbers(frame, "segment_id")?.into_iter().map(|id| id as u16).collect())
}

/// Index of the largest value; 0 where there is none.
fn largest(values: &[f64]) -> usize {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}

/// Index of the smallest value; 0 where there is none.
fn smallest(values: &[f64]) -> usize {
    (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() { 0.0 } else { segmentation_lib::matrix::quantile(&sorted, 0.5) }
}

#[cfg(test)]
pub(crate) fn title_of(plot: &Plot) -> String {
    let layout = serde_json::to_value(plot.layout()).expect("a layout");
    layout["title"]["text"].as_str().expect("a title").replace("<br>", " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, within};

    #[test]
    fn ticks_are_numbers_with_the_separators_of_the_language() {
        let drawn = || serde_json::to_value(layout("", "x", "y")).expect("a layout");
        let portuguese = within(Language::PtBr, drawn);
        assert_eq!((&portuguese["separators"], &drawn()["separators"]), (&",.".into(), &".,".into()));
        for axis in ["xaxis", "yaxis"] {
            assert_eq!(portuguese[axis]["exponentformat"], "none");
            assert_eq!(portuguese[axis]["separatethousands"], true);
        }
    }

    #[test]
    fn long_titles_break_between_words() {
        let title = "word ".repeat(40);
        let broken = wrapped(&title);
        assert!(broken.split("<br>").all(|line| line.chars().count() <= 99), "{broken}");
        assert_eq!(broken.replace("<br>", " "), title.trim());
        assert_eq!(wrapped("short"), "short");
        for whole in ["k = 4", "12.5 %", "12.5 %;"] {
            let title = format!("{}{whole} more", "word ".repeat(19));
            assert!(wrapped(&title).contains(whole), "{}", wrapped(&title));
        }
    }

    #[test]
    fn a_segment_has_one_colour_and_neighbours_differ() {
        let colors: Vec<_> = (1..=8).map(segment_color).collect();
        assert!(colors.iter().enumerate().all(|(i, c)| !colors[..i].contains(c)));
        assert_eq!(segment_color(9), segment_color(1));
    }

    #[test]
    fn the_extremes_are_found() {
        assert_eq!((largest(&[1.0, 3.0, 2.0]), smallest(&[1.0, 3.0, 0.5])), (1, 2));
        assert_eq!((largest(&[]), median(&[]), median(&[3.0, 1.0, 2.0])), (0, 0.0, 2.0));
    }
}
