//! Pictures of what the decision rests on and what it is worth.

use plotly::common::{ColorBar, ColorScale, ColorScalePalette, Marker, Orientation, TextPosition};
use plotly::{Bar, HeatMap, Plot};
use polars::prelude::{DataFrame, PolarsError, PolarsResult};
use segmentation_lib::replay::Movement;

use super::{
    GREY, PALETTE, cell_texts, downwards, largest, layout, money, numbers, plot, segment_color, segment_ids,
    smallest, texts,
};
use crate::language::{decimal, integer, localized, percent, pick, said, term};

/// The agreement of every setting with the first line, from [`crate::explore::sensitivity`] or
/// [`crate::explore::effects`].
pub fn agreement_by_setting(settings: &DataFrame) -> PolarsResult<Plot> {
    let (kinds, names) = (texts(settings, "assumption")?, texts(settings, "setting")?);
    let agreement = numbers(settings, "agreement")?;
    // The first line is the standard itself.
    let others = agreement.get(1..).unwrap_or_default();
    let (least, most) = (1 + smallest(others), 1 + largest(others));
    let labels: Vec<String> =
        kinds.iter().zip(&names).map(|(kind, name)| format!("{}: {}", term(kind), term(name))).collect();
    let of = |i: usize| {
        format!(
            "{} ({})",
            labels.get(i).map_or("", String::as_str),
            decimal(agreement.get(i).copied().unwrap_or(1.0), 2)
        )
    };
    let title = said!(
        "Os segmentos dependem mais de {}; menos de {}",
        "The segments depend most on {}, least on {}",
        of(least),
        of(most)
    );
    let figures: Vec<String> = agreement.iter().map(|&index| decimal(index, 2)).collect();
    let colors: Vec<&str> = (0..labels.len()).map(|i| if i == 0 { GREY } else { PALETTE[0] }).collect();
    let mut plot = Plot::new();
    let y = downwards("", &labels);
    let x = pick(
        "índice de Rand ajustado com o padrão (1: igual, 0: acaso)",
        "adjusted Rand index with the standard (1: the same, 0: chance)",
    );
    plot.set_layout(layout(&title, x, "").y_axis(y).height(160 + 26 * labels.len()));
    let bars = Bar::new(agreement, labels).orientation(Orientation::Horizontal).text_array(figures);
    let bars = bars.text_position(TextPosition::Outside).clip_on_axis(false);
    plot.add_trace(bars.marker(Marker::new().color_array(colors)));
    Ok(plot)
}

/// Where customers went: the share of each former segment, with the number of customers.
pub fn movement(movement: &Movement) -> Plot {
    let kept = percent(movement.stayed());
    let title = match movement.top_that_stayed() {
        Some((name, share)) => said!(
            "{0} de “{1}” continuam em “{1}”; {2} de todos os clientes já conhecidos mantêm o nome do segmento",
            "{0} of the {1} then are {1} now; {2} of all customers known then carry the same name",
            percent(share),
            localized(name),
            kept
        ),
        None => said!(
            "{} dos clientes já conhecidos mantêm o nome do segmento",
            "{} of the customers known then carry the same segment name now",
            kept
        ),
    };
    let movement = &movement.of_somebody();
    let shares: Vec<Vec<f64>> = movement
        .customers
        .iter()
        .map(|row| {
            let all = row.iter().sum::<u64>().max(1) as f64;
            row.iter().map(|&n| n as f64 / all * 100.0).collect()
        })
        .collect();
    let write = |r: usize, c: usize| {
        let text = format!("{:.0} %<br>{}", shares[r][c], integer(movement.customers[r][c]));
        (text, shares[r][c] < 55.0)
    };
    let [from, to] = [&movement.from, &movement.to]
        .map(|names| names.iter().map(|name| localized(name).to_owned()).collect::<Vec<_>>());
    let texts = cell_texts(&to, &from, write);
    let mut plot = Plot::new();
    let y = downwards("", &from);
    plot.set_layout(
        layout(
            &title,
            pick("segmento agora (linhas: segmento antes)", "segment now (rows: segment then)"),
            "",
        )
        .y_axis(y)
        .annotations(texts),
    );
    let scale = ColorScale::Palette(ColorScalePalette::Viridis);
    let bar = ColorBar::new().title(pick("% da<br>linha", "% of the<br>row"));
    let heat = HeatMap::new(to, from, shares.clone());
    plot.add_trace(heat.color_scale(scale).color_bar(bar).zmin(0.0).zmax(100.0));
    plot
}

/// Revenue a customer after the cut-off, from [`segmentation_lib::replay::backtest`].
pub fn backtest(outcome: &DataFrame, currency: &str) -> PolarsResult<Plot> {
    let (names, ids) = (texts(outcome, pick("segmento", "segment"))?, segment_ids(outcome)?);
    let (average, lift) = (money(outcome, "average_pennies")?, numbers(outcome, "lift")?);
    let (best, worst) = (largest(&lift), smallest(&lift));
    let name = |i: usize| names.get(i).map_or("", String::as_str);
    let times = |i: usize| decimal(lift.get(i).copied().unwrap_or(0.0), 1);
    let title = said!(
        "Depois do corte, “{}” gastou {} vezes o cliente médio; “{}”, {} vezes",
        "{} went on to spend {} times the average customer, {} {} times",
        name(best),
        times(best),
        name(worst),
        times(worst)
    );
    let share =
        |column| Ok::<_, PolarsError>(numbers(outcome, column)?.into_iter().map(|share| share * 100.0));
    let again = share("purchased_again_share")?.zip(share("low_share")?).zip(share("high_share")?);
    let labels = lift.iter().zip(again).map(|(lift, ((again, low), high))| {
        said!(
            "{} × média<br>{:.0} % compraram de novo<br>({:.0} a {:.0} %)",
            "{} × average<br>{:.0} % bought again<br>({:.0} to {:.0} %)",
            decimal(*lift, 1),
            again,
            low,
            high
        )
    });
    let labels: Vec<String> = labels.collect();
    let counts = numbers(outcome, "customers")?;
    let named = names
        .iter()
        .zip(counts)
        .map(|(name, n)| said!("{}<br>({} clientes)", "{}<br>({} customers)", name, integer(n as u64)));
    let named: Vec<String> = named.collect();
    let colors: Vec<&str> = ids.iter().map(|&id| segment_color(id)).collect();
    let mut plot = plot(
        &title,
        pick(
            "segmento no dia do corte; entre parênteses, o intervalo de 95 %",
            "segment on the cut-off day; in brackets the 95 % interval",
        ),
        &said!(
            "receita líquida depois dele ({} por cliente)",
            "net revenue after it ({} a customer)",
            currency
        ),
    );
    let bars = Bar::new(named, average).text_array(labels).text_position(TextPosition::Outside);
    plot.add_trace(bars.marker(Marker::new().color_array(colors)));
    Ok(plot)
}

#[cfg(test)]
mod tests {
    use polars::prelude::*;

    use super::super::title_of;
    use super::*;

    #[test]
    fn the_title_names_the_strongest_and_the_weakest_setting_but_not_the_standard() {
        let settings = df!(
            "assumption" => ["decision", "seed", "scaling"],
            "setting" => ["as published", "7", "no logarithm"],
            "agreement" => [1.0, 0.99, 0.25],
        );
        let plot = agreement_by_setting(&settings.expect("a frame")).expect("the columns are there");
        assert_eq!(
            title_of(&plot),
            "The segments depend most on scaling: no logarithm (0.25), least on seed: 7 (0.99)"
        );
    }

    #[test]
    fn the_backtest_compares_best_with_worst() {
        let outcome = df!(
            "segment" => ["Champions", "Lost"], "segment_id" => [1_u32, 2],
            "average_pennies" => [900_i64, 100], "lift" => [4.5, 0.5], "customers" => [10_u64, 20],
            "purchased_again_share" => [0.9, 0.1], "low_share" => [0.6, 0.03], "high_share" => [0.98, 0.3],
        );
        let plot = backtest(&outcome.expect("a frame"), "USD").expect("the columns are there");
        assert_eq!(
            title_of(&plot),
            "Champions went on to spend 4.5 times the average customer, Lost 0.5 times"
        );
    }
}
