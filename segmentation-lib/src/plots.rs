//! Results as plotly pictures: pure functions with one template and one colour per segment.

mod clusters;
mod sales;

use plotly::common::{Font, Title};
use plotly::layout::Axis;
use plotly::{Layout, Plot};

pub use clusters::{dendrogram, inertia_by_k, segment_standing, silhouette_by_k, silhouette_profile};
pub use sales::{cohort_retention, distribution, lorenz, revenue_by_month, segment_sizes, segments_in_space};

/// Okabe and Ito's colours (2008), told apart with every kind of colour vision; a segment keeps its
/// colour in every picture.
const PALETTE: [&str; 8] =
    ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"];

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
        .title(Title::with_text(title))
        .font(Font::new().family("sans-serif").size(13))
        .plot_background_color("#ffffff")
        .paper_background_color("#ffffff")
        .x_axis(axis(x))
        .y_axis(axis(y))
        .height(420)
}

fn axis(title: &str) -> Axis {
    Axis::new()
        .title(Title::with_text(title))
        .grid_color("#e5e5e5")
        .zero_line_color("#bbbbbb")
        .auto_margin(true)
}
