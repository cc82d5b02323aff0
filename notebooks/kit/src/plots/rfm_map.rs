//! The rule view: recency against frequency.

use std::collections::BTreeMap;

use plotly::common::{ColorBar, ColorScale, ColorScalePalette};
use plotly::layout::AxisType;
use plotly::{HeatMap, Plot};
use segmentation_lib::record::Rfm;

use super::{axis, cell_texts, downwards, layout};
use crate::explore::Section;
use crate::language::{integer, localized, percent, pick, said};

/// Customers by their scores in recency and frequency, with the RFM group of most customers of each cell.
pub fn rfm_map(rfm: Option<&Rfm>) -> Section<Plot> {
    match rfm {
        Some(rfm) => Section::Present(draw(rfm)),
        None => Section::Skipped(pick("esta execução não tem grupos RFM", "this run has no RFM groups")),
    }
}

fn draw(rfm: &Rfm) -> Plot {
    let cells = cells(rfm);
    let frequencies: Vec<String> = (1..=5).map(|score| format!("F{score}")).collect();
    let recencies: Vec<String> = (1..=5).rev().map(|score| format!("R{score}")).collect();
    let at = |r: usize, f: usize| cells.get(&(5 - r as u8, f as u8 + 1));
    let count = |r: usize, f: usize| at(r, f).map_or(0, |groups| groups.values().sum::<u64>());
    let counts: Vec<Vec<f64>> = (0..5).map(|r| (0..5).map(|f| count(r, f) as f64).collect()).collect();
    let most = counts.iter().flatten().fold(0.0_f64, |most, &n| most.max(n));
    let texts = cell_texts(&frequencies, &recencies, |r, f| {
        let group = at(r, f).and_then(|groups| groups.iter().max_by_key(|(_, n)| **n));
        let name = group.map_or("", |(group, _)| localized(&rfm.groups[usize::from(*group)].name));
        let text =
            if name.is_empty() { String::new() } else { format!("{name}<br>{}", integer(count(r, f))) };
        (text, counts[r][f] < 0.6 * most)
    });
    let mut plot = Plot::new();
    let x = axis(pick("frequência (5: compra mais vezes)", "frequency (5: purchases most often)"));
    let y = downwards(pick("recência (5: a mais recente)", "recency (5: most recent)"), &recencies);
    let layout = layout(&title(rfm), "", "").x_axis(x.type_(AxisType::Category)).y_axis(y);
    plot.set_layout(layout.annotations(texts));
    let bar = ColorBar::new().title(pick("clientes", "customers"));
    let heat = HeatMap::new(frequencies, recencies, counts);
    plot.add_trace(heat.color_scale(ColorScale::Palette(ColorScalePalette::Viridis)).color_bar(bar));
    plot
}

/// Customers of each group, by scores in recency and frequency.
fn cells(rfm: &Rfm) -> BTreeMap<(u8, u8), BTreeMap<u8, u64>> {
    let mut cells: BTreeMap<(u8, u8), BTreeMap<u8, u64>> = BTreeMap::new();
    for place in &rfm.places {
        let scores = (place.scores.recency, place.scores.frequency);
        *cells.entry(scores).or_default().entry(place.group).or_default() += 1;
    }
    cells
}

fn title(rfm: &Rfm) -> String {
    let largest = rfm.groups.iter().max_by_key(|group| group.customers);
    largest.map_or(String::new(), |group| {
        said!(
            "O maior grupo RFM é “{}”: {} dos clientes",
            "The largest RFM group is {}: {} of the customers",
            localized(&group.name),
            percent(group.customers as f64 / rfm.places.len().max(1) as f64)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::title_of;
    use super::*;

    #[test]
    fn every_customer_is_in_one_cell_and_the_largest_group_in_the_title() {
        let rfm = test_support::sample::snapshot(300, 1).rfm.expect("the sample has groups");
        let counted: u64 = cells(&rfm).values().flat_map(BTreeMap::values).sum();
        assert_eq!(counted, rfm.places.len() as u64);
        let largest = rfm.groups.iter().max_by_key(|group| group.customers).expect("groups");
        assert!(title_of(&draw(&rfm)).contains(&largest.name.en));
    }
}
