//! Pictures of sales.

use plotly::common::{ColorBar, ColorScale, ColorScalePalette, Marker, Orientation, TextPosition};
use plotly::layout::AxisType;
use plotly::{Bar, HeatMap, Plot};
use polars::prelude::{DataFrame, PolarsResult};

use super::{GREY, PALETTE, axis, downwards, largest, layout, median, money, numbers, plot, smallest, texts};
use crate::language::{compact, decimal, integer, month, percent, pick, said};

/// Monday first.
fn weekdays() -> [&'static str; 7] {
    pick(
        ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"],
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    )
}

/// Net revenue of each month, from [`crate::explore::sales_by_month`].
pub fn revenue_by_month(months: &DataFrame, currency: &str) -> PolarsResult<Plot> {
    let (labels, revenue) = (texts(months, "month")?, money(months, "revenue_pennies")?);
    let peak = largest(&revenue);
    let highest = revenue.get(peak).copied().unwrap_or(0.0);
    let title = said!(
        "A receita líquida é maior em {}: {} {}, {} vezes o mês mediano",
        "Net revenue peaks in {} at {} {}, {} times the median month",
        labels.get(peak).map_or(String::new(), |label| month(label)),
        compact(highest),
        currency,
        decimal(highest / median(&revenue).max(f64::MIN_POSITIVE), 1),
    );
    let mut plot = Plot::new();
    // Months as names: on a time axis the first of a month would stand between two labels.
    let months = axis(pick("mês", "month")).type_(AxisType::Category);
    plot.set_layout(layout(&title, "", "").x_axis(months).y_axis(axis(&net_revenue(currency))));
    let colors = (0..labels.len()).map(|i| if i == peak { PALETTE[5] } else { PALETTE[0] }).collect();
    plot.add_trace(Bar::new(labels, revenue).marker(Marker::new().color_array(colors)));
    Ok(plot)
}

/// Net revenue of each weekday, from [`crate::explore::sales_by_weekday`].
pub fn sales_by_weekday(days: &DataFrame, currency: &str) -> PolarsResult<Plot> {
    let (labels, revenue) = (named(days)?, money(days, "revenue_pennies")?);
    let (most, least) = (largest(&revenue), smallest(&revenue));
    let total = revenue.iter().sum::<f64>();
    let of = |i: usize| percent(revenue.get(i).map_or(0.0, |r| r / total));
    let closed = weekdays().into_iter().find(|day| !labels.iter().any(|label| label == day));
    let title = said!(
        "O dia de maior receita é {} ({}); o de menor, {} ({}){}",
        "{} brings most revenue ({}), {} least ({}){}",
        labels[most],
        of(most),
        labels[least],
        of(least),
        closed.map_or(String::new(), |day| said!("; sem vendas: {}", "; nothing is sold on {}s", day)),
    );
    let mut plot = plot(&title, pick("dia da semana", "weekday"), &net_revenue(currency));
    let shares: Vec<String> = (0..labels.len()).map(of).collect();
    let bars = Bar::new(labels, revenue).text_array(shares).text_position(TextPosition::Outside);
    plot.add_trace(bars.marker(Marker::new().color(PALETTE[0])));
    Ok(plot)
}

fn net_revenue(currency: &str) -> String {
    said!("receita líquida ({})", "net revenue ({})", currency)
}

/// The names of a column of weekdays.
fn named(frame: &DataFrame) -> PolarsResult<Vec<String>> {
    let name = |day: f64| weekdays()[(day as usize).clamp(1, 7) - 1].to_owned();
    Ok(numbers(frame, "weekday")?.into_iter().map(name).collect())
}

/// Purchases by weekday and hour, from [`crate::explore::weekday_by_hour`].
pub fn weekday_by_hour(purchases: &DataFrame) -> PolarsResult<Plot> {
    let days = numbers(purchases, "weekday")?;
    let (hours, counts) = (numbers(purchases, "hour")?, numbers(purchases, "purchases")?);
    let (first, last) = hours.iter().fold((23.0_f64, 0.0_f64), |(a, b), &h| (a.min(h), b.max(h)));
    let columns: Vec<String> = (first as u32..=last as u32).map(|hour| format!("{hour:02}:00")).collect();
    let mut cells = vec![vec![0.0; columns.len()]; weekdays().len()];
    for ((day, hour), count) in days.iter().zip(&hours).zip(&counts) {
        // Sunday first in the data's order is drawn at the bottom.
        cells[7 - (*day as usize).clamp(1, 7)][(hour - first) as usize] = *count;
    }
    let peak = largest(&counts);
    let title = said!(
        "A hora de maior movimento é {}, a partir das {:02}:00: {} de {} compras",
        "The busiest hour is {} from {:02}:00: {} of {} purchases",
        named(purchases)?.get(peak).map_or("", String::as_str),
        hours.get(peak).copied().unwrap_or(0.0),
        integer(counts.get(peak).copied().unwrap_or(0.0) as i64),
        integer(counts.iter().sum::<f64>() as i64),
    );
    let mut plot = plot(&title, pick("hora em que a compra começou", "hour in which the purchase began"), "");
    let rows: Vec<&str> = weekdays().into_iter().rev().collect();
    let scale = ColorScale::Palette(ColorScalePalette::Viridis);
    let bar = ColorBar::new().title(pick("compras", "purchases"));
    plot.add_trace(HeatMap::new(columns, rows, cells).color_scale(scale).color_bar(bar));
    Ok(plot)
}

/// Net revenue of the first ten countries, from [`crate::explore::countries`].
pub fn countries(countries: &DataFrame, currency: &str) -> PolarsResult<Plot> {
    let (names, revenue) = (texts(countries, "country")?, money(countries, "revenue_pennies")?);
    let shares = numbers(countries, "revenue_share")?;
    let title = said!(
        "{} traz {} da receita líquida; os outros {} países dividem o restante",
        "{} brings {} of net revenue; the other {} countries share the rest",
        names.first().map_or("", String::as_str),
        percent(shares.first().copied().unwrap_or(0.0)),
        names.len().saturating_sub(1),
    );
    let shown = names.len().min(10);
    let labels: Vec<String> = names[..shown].to_vec();
    let texts: Vec<String> = shares[..shown].iter().copied().map(percent).collect();
    let mut plot = Plot::new();
    let money = axis(&said!(
        "receita líquida ({}, logarítmica; os primeiros {} países)",
        "net revenue ({}, logarithmic; the first {} countries)",
        currency,
        shown
    ));
    plot.set_layout(layout(&title, "", "").x_axis(money.type_(AxisType::Log)).y_axis(downwards("", &labels)));
    let bars =
        Bar::new(revenue[..shown].to_vec(), labels).orientation(Orientation::Horizontal).text_array(texts);
    plot.add_trace(bars.text_position(TextPosition::Auto).marker(Marker::new().color(PALETTE[0])));
    Ok(plot)
}

/// Share of sales returned in each month, from [`crate::explore::returns_by_month`].
pub fn returns_by_month(months: &DataFrame) -> PolarsResult<Plot> {
    let (labels, shares) = (texts(months, "month")?, numbers(months, "returned_share")?);
    let sum = |name: &str| Ok::<f64, polars::error::PolarsError>(numbers(months, name)?.iter().sum());
    let (returned, sold) = (sum("returned_pennies")?, sum("sold_pennies")?);
    let worst = largest(&shares.iter().map(|s| if s.is_nan() { 0.0 } else { *s }).collect::<Vec<_>>());
    let title = said!(
        "{} do que foi vendido voltou; o pior mês é {} ({})",
        "{} of what was sold came back; the worst month is {} ({})",
        percent(returned / sold.max(1.0)),
        labels.get(worst).map_or(String::new(), |label| month(label)),
        percent(shares.get(worst).copied().unwrap_or(0.0)),
    );
    let mut plot = Plot::new();
    let months = axis(pick("mês", "month")).type_(AxisType::Category);
    plot.set_layout(
        layout(&title, "", pick("devolvido (% das vendas do mês)", "returned (% of the month's sales)"))
            .x_axis(months),
    );
    let colors = (0..labels.len()).map(|i| if i == worst { PALETTE[5] } else { GREY }).collect();
    let percents: Vec<f64> = shares.iter().map(|share| share * 100.0).collect();
    plot.add_trace(Bar::new(labels, percents).marker(Marker::new().color_array(colors)));
    Ok(plot)
}

/// How large purchases are, on a logarithmic scale, from [`crate::explore::baskets`].
pub fn baskets(baskets: &DataFrame, currency: &str) -> PolarsResult<Plot> {
    let mut amounts: Vec<f64> = money(baskets, "amount_pennies")?.into_iter().filter(|a| *a > 0.0).collect();
    amounts.sort_by(f64::total_cmp);
    let total = amounts.iter().sum::<f64>();
    let tenth = amounts.iter().rev().take(amounts.len().div_ceil(10)).sum::<f64>();
    let title = said!(
        "Metade das compras vale {} {} ou menos; o décimo das maiores traz {} das vendas",
        "Half of the purchases are worth {} {} or less; the largest tenth brings {} of sales",
        compact(median(&amounts)),
        currency,
        percent(if total > 0.0 { tenth / total } else { 0.0 }),
    );
    let logarithms: Vec<f64> = amounts.iter().map(|amount| amount.log10()).collect();
    let (centers, counts) = crate::explore::histogram(&logarithms, 50);
    let (low, high) = (logarithms.first().copied().unwrap_or(0.0), logarithms.last().copied().unwrap_or(0.0));
    let ticks: Vec<f64> = (low.floor() as i32..=high.ceil() as i32).map(f64::from).collect();
    let named = ticks.iter().map(|&power| {
        if power < 0.0 { format!("{}", 10f64.powf(power)) } else { integer(10f64.powf(power) as i64) }
    });
    let x = axis(&said!(
        "valor de uma compra ({}, logarítmico)",
        "amount of a purchase ({}, logarithmic)",
        currency
    ));
    let x = x.tick_text(named.collect::<Vec<_>>()).tick_values(ticks);
    let mut plot = Plot::new();
    plot.set_layout(layout(&title, "", pick("compras", "purchases")).x_axis(x).bar_gap(0.02));
    plot.add_trace(Bar::new(centers, counts).marker(Marker::new().color(PALETTE[0])));
    Ok(plot)
}

#[cfg(test)]
mod tests {
    use polars::prelude::*;

    use super::super::title_of;
    use super::*;

    #[test]
    fn titles_state_what_this_data_shows() {
        let months =
            df!("month" => ["2011-01", "2011-02", "2011-03"], "revenue_pennies" => [100_i64, 400, 200]);
        let plot = revenue_by_month(&months.expect("a frame"), "GBP").expect("the columns are there");
        assert_eq!(
            title_of(&plot),
            "Net revenue peaks in February 2011 at 4.00 GBP, 2.0 times the median month"
        );
        let days = df!("weekday" => [1_i64, 2, 3, 4, 5, 6], "revenue_pennies" => [1_i64, 1, 4, 1, 2, 1]);
        let plot = sales_by_weekday(&days.expect("a frame"), "GBP").expect("the columns are there");
        assert_eq!(
            title_of(&plot),
            "Wednesday brings most revenue (40.0 %), Monday least (10.0 %); nothing is sold on Sundays"
        );
        let hours = df!("weekday" => [1_i64, 4], "hour" => [9_i64, 12], "purchases" => [3_i64, 7]);
        let plot = weekday_by_hour(&hours.expect("a frame")).expect("the columns are there");
        assert_eq!(title_of(&plot), "The busiest hour is Thursday from 12:00: 7 of 10 purchases");
        let returns = df!(
            "month" => ["2011-01", "2011-02"], "returned_share" => [0.1, 0.5],
            "returned_pennies" => [10_i64, 50], "sold_pennies" => [100_i64, 100],
        );
        let plot = returns_by_month(&returns.expect("a frame")).expect("the columns are there");
        assert_eq!(
            title_of(&plot),
            "30.0 % of what was sold came back; the worst month is February 2011 (50.0 %)"
        );
    }
}
