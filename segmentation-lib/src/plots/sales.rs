//! Pictures of sales, customers and segments.

use plotly::common::{ColorScale, ColorScalePalette, DashType, Line, Marker, Mode};
use plotly::layout::AxisType;
use plotly::{Bar, HeatMap, Plot, Scatter};
use polars::prelude::{DataFrame, PolarsResult};

use super::{PALETTE, axis, layout, plot, segment_color};
use crate::explore::{Cohorts, Concentration};
use crate::features::{CustomerTable, FeaturesError};
use crate::profile::Profiles;

/// Net revenue of each month, from [`crate::explore::sales_by_month`].
pub fn revenue_by_month(months: &DataFrame, title: &str) -> PolarsResult<Plot> {
    let labels: Vec<String> = months.column("month")?.str()?.no_null_iter().map(str::to_owned).collect();
    let pennies = months.column("revenue_pennies")?.i64()?;
    let revenue: Vec<f64> = pennies.no_null_iter().map(|v| v as f64 / 100.0).collect();
    let mut plot = plot(title, "month", "net revenue");
    plot.add_trace(Bar::new(labels, revenue).marker(Marker::new().color(PALETTE[0])));
    Ok(plot)
}

/// Share of each cohort that purchased again, by months since the first purchase.
pub fn cohort_retention(cohorts: &Cohorts, title: &str) -> Plot {
    let ages: Vec<usize> = (1..cohorts.retention.iter().map(Vec::len).max().unwrap_or(1)).collect();
    // The first month is everybody by definition; it would only flatten the colours.
    let percent = |row: &Vec<f64>| row.iter().skip(1).map(|share| share * 100.0).collect::<Vec<f64>>();
    let shares: Vec<Vec<f64>> = cohorts.retention.iter().map(percent).collect();
    let mut plot = Plot::new();
    // Months as names: on a time axis the rows of unequal months would have unequal heights.
    let months = axis("month of the first purchase (% of the cohort)").type_(AxisType::Category);
    plot.set_layout(layout(title, "months since the first purchase", "").y_axis(months));
    let scale = ColorScale::Palette(ColorScalePalette::Viridis);
    plot.add_trace(HeatMap::new(ages, cohorts.months.clone(), shares).color_scale(scale));
    plot
}

/// The Lorenz curve beside the line of equality.
pub fn lorenz(concentration: &Concentration, title: &str) -> Plot {
    // A thousand points draw the curve; one for each customer would only swell the notebook.
    let step = (concentration.customers.len() / 1000).max(1);
    let thinned = |values: &[f64]| -> Vec<f64> {
        values.iter().step_by(step).chain(values.last()).map(|share| share * 100.0).collect()
    };
    let (x, y) = (thinned(&concentration.customers), thinned(&concentration.revenue));
    let mut plot = plot(title, "customers, from the lowest revenue (%)", "their share of revenue (%)");
    let equality = Line::new().dash(DashType::Dash).color("#888888");
    plot.add_trace(Scatter::new(x, y).mode(Mode::Lines).name("revenue").line(Line::new().color(PALETTE[0])));
    let line = Scatter::new(vec![0.0, 100.0], vec![0.0, 100.0]).mode(Mode::Lines);
    plot.add_trace(line.name("everybody alike").line(equality));
    plot
}

/// How often values occur, in 60 bins of equal width; binned here so that a notebook stays small.
pub fn distribution(values: &[f64], title: &str, x: &str) -> Plot {
    let (centers, counts) = crate::explore::histogram(values, 60);
    let mut plot = plot(title, x, "customers");
    plot.set_layout(layout(title, x, "customers").bar_gap(0.02));
    plot.add_trace(Bar::new(centers, counts).marker(Marker::new().color(PALETTE[0])));
    plot
}

/// Each segment's share of customers beside its share of revenue.
pub fn segment_sizes(profiles: &Profiles, title: &str) -> Plot {
    let names: Vec<String> = profiles.segments.iter().map(|s| s.name.en.clone()).collect();
    let customers = profiles.segments.iter().map(|s| s.customer_share * 100.0).collect();
    let revenue = profiles.segments.iter().map(|s| s.revenue_share * 100.0).collect();
    let mut plot = plot(title, "segment", "share (%)");
    for (name, shares, color) in [("customers", customers, "#999999"), ("revenue", revenue, PALETTE[0])] {
        let shares: Vec<f64> = shares;
        plot.add_trace(Bar::new(names.clone(), shares).name(name).marker(Marker::new().color(color)));
    }
    plot
}

/// Customers by recency and monetary, a colour a segment; every `step`-th customer is drawn.
pub fn segments_in_space(
    customers: &CustomerTable,
    profiles: &Profiles,
    step: usize,
    title: &str,
) -> Result<Plot, FeaturesError> {
    let (recency, monetary) = (customers.values("recency")?, customers.values("monetary")?);
    let mut plot = Plot::new();
    let money = axis("monetary (currency units, logarithmic)").type_(AxisType::Log);
    plot.set_layout(layout(title, "recency (days)", "").y_axis(money));
    for segment in &profiles.segments {
        let rows = (0..recency.len()).step_by(step.max(1)).filter(|&i| profiles.segment_ids[i] == segment.id);
        let (x, y) = rows.map(|i| (recency[i], monetary[i] / 100.0)).unzip::<f64, f64, Vec<_>, Vec<_>>();
        let marker = Marker::new().color(segment_color(segment.id)).size(5).opacity(0.6);
        plot.add_trace(Scatter::new(x, y).mode(Mode::Markers).name(&segment.name.en).marker(marker));
    }
    Ok(plot)
}
