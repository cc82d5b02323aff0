//! Pictures of what customers are expected to do, and how far that held.

use plotly::common::{DashType, ErrorData, ErrorType, Line, Marker, Mode};
use plotly::layout::{AxisType, Shape, ShapeLine, ShapeType};
use plotly::{Bar, Plot, Scatter};
use segmentation_lib::lifetime::{History, LifetimeError, PurchaseModel};
use segmentation_lib::record::{ForecastSum, Segment, Snapshot, Trial};

use super::{GREY, PALETTE, axis, layout, plot, segment_color};
use crate::language::{decimal, integer, localized, percent, pick, said};

/// Repeat purchases of all customers, summed up week by week: as they came, and as the model expects them that was
/// fitted to what stands left of the dotted line.
pub fn forecast_tracking(trial: &Trial) -> Plot {
    let weeks: Vec<f64> = trial.by_week.iter().map(|week| f64::from(week.week)).collect();
    let last = trial.by_week.last();
    let off = last.map_or(0.0, |week| week.expected / f64::from(week.actual.max(1)) - 1.0);
    let title = said!(
        "Até a última semana o modelo espera {} recompras, {} {} que as {} que vieram",
        "By the last week the model expects {} repeat purchases, {} {} than the {} that came",
        integer(last.map_or(0, |week| week.expected.round() as i64)),
        percent(off.abs()),
        if off < 0.0 { pick("menos", "fewer") } else { pick("mais", "more") },
        integer(last.map_or(0, |week| i64::from(week.actual)))
    );
    let mut plot = plot(
        &title,
        pick("semanas desde a primeira compra", "weeks since the first purchase"),
        pick("recompras, acumuladas", "repeat purchases, summed up"),
    );
    let line = |name: &str, color: &'static str, dash: DashType, values: Vec<f64>| {
        let line = Line::new().color(color).width(2.5).dash(dash);
        Scatter::new(weeks.clone(), values).mode(Mode::Lines).name(name).line(line)
    };
    let actual = trial.by_week.iter().map(|week| f64::from(week.actual)).collect();
    let expected = trial.by_week.iter().map(|week| week.expected).collect();
    plot.add_trace(line(pick("como vieram", "as they came"), PALETTE[0], DashType::Solid, actual));
    plot.add_trace(line(pick("esperadas", "expected"), PALETTE[5], DashType::Dash, expected));
    let cut_off = last_known_week(trial);
    let shape = Shape::new().shape_type(ShapeType::Line).x0(cut_off).x1(cut_off).y0(0).y1(1).y_ref("paper");
    let mut layout = plot.layout().clone();
    layout.add_shape(shape.line(ShapeLine::new().color(GREY).dash(DashType::Dot).width(1.5)));
    plot.set_layout(layout);
    plot
}

/// The week in which the fit's knowledge ends.
fn last_known_week(trial: &Trial) -> f64 {
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap_or_default();
    let held_out = (day(&trial.end) - day(&trial.cut_off)).num_days() as f64 / 7.0;
    trial.by_week.last().map_or(0.0, |week| f64::from(week.week)) - held_out
}

/// What customers did in the hold-out beside what was expected of them, by the repeat purchases they had made before.
pub fn forecast_by_frequency(trial: &Trial) -> Plot {
    let classes = &trial.by_frequency;
    let farthest =
        classes.iter().max_by(|a, b| (a.expected - a.actual).abs().total_cmp(&(b.expected - b.actual).abs()));
    let title = farthest.map_or(String::new(), |class| {
        said!(
            "O maior erro é com clientes de {} recompras: {} esperadas, {} feitas",
            "Farthest off for customers with {} repeat purchases: {} expected, {} made",
            name(class.frequency, classes.len()),
            decimal(class.expected, 2),
            decimal(class.actual, 2)
        )
    });
    let names: Vec<String> = classes.iter().map(|class| name(class.frequency, classes.len())).collect();
    let mut plot = Plot::new();
    // Otherwise names that look like numbers are drawn as such, and "7 or more" is not.
    let x = axis(pick("recompras antes do período de teste", "repeat purchases before the hold-out"))
        .type_(AxisType::Category);
    plot.set_layout(
        layout(
            &title,
            "",
            pick("compras por cliente no período de teste", "purchases a customer in the hold-out"),
        )
        .x_axis(x),
    );
    let bars = |label: &str, color: &'static str, of: Vec<f64>| {
        Bar::new(names.clone(), of).name(label).marker(Marker::new().color(color))
    };
    plot.add_trace(bars(
        pick("feitas", "made"),
        PALETTE[0],
        classes.iter().map(|class| class.actual).collect(),
    ));
    plot.add_trace(bars(
        pick("esperadas", "expected"),
        PALETTE[5],
        classes.iter().map(|class| class.expected).collect(),
    ));
    plot
}

fn name(frequency: u32, classes: usize) -> String {
    if frequency as usize + 1 == classes {
        said!("{} ou mais", "{} or more", frequency)
    } else {
        frequency.to_string()
    }
}

/// Value to expect of each segment with its 95 % interval; purchases where the data hold no money.
pub fn expected_by_segment(snapshot: &Snapshot, currency: &str) -> Plot {
    let known: Vec<(&Segment, &ForecastSum)> =
        snapshot.segments.iter().filter_map(|s| Some((s, s.forecast.as_ref()?))).collect();
    let valued = known.iter().all(|(_, sum)| sum.expected_value_pennies.is_some());
    let figure = |sum: &ForecastSum| match sum.expected_value_pennies.filter(|_| valued) {
        Some(pennies) => pennies as f64 / 100.0,
        None => sum.expected_purchases,
    };
    let (interval, scale) =
        if valued { (pick("valor", "value"), 100.0) } else { (pick("compras", "purchases"), 1.0) };
    let bounds = |sum: &ForecastSum| if valued { sum.value_interval_pennies } else { sum.purchases_interval };
    let of = |side: fn(f64, f64, f64) -> f64| -> Vec<f64> {
        let bound = |(_, sum): &(&Segment, &ForecastSum)| {
            bounds(sum).map_or(0.0, |i| side(figure(sum), i.low / scale, i.high / scale))
        };
        known.iter().map(bound).collect()
    };
    let title = headline(&known, &figure, valued.then_some(currency), snapshot);
    let unit = if valued {
        said!("valor esperado ({})", "expected value ({})", currency)
    } else {
        pick("compras esperadas", "expected purchases").to_owned()
    };
    let names: Vec<String> = known.iter().map(|(segment, _)| localized(&segment.name).to_owned()).collect();
    let colors: Vec<&str> = known.iter().map(|(segment, _)| segment_color(segment.id)).collect();
    let error = ErrorData::new(ErrorType::Data).symmetric(false);
    let error = error.array(of(|at, _, high| high - at)).array_minus(of(|at, low, _| at - low));
    let mut plot = Plot::new();
    plot.set_layout(layout(&title, pick("segmento", "segment"), &unit).show_legend(false));
    let bars = Bar::new(names, known.iter().map(|(_, sum)| figure(sum)).collect()).name(interval);
    plot.add_trace(bars.marker(Marker::new().color_array(colors)).error_y(error));
    plot
}

fn headline(
    known: &[(&Segment, &ForecastSum)],
    figure: &dyn Fn(&ForecastSum) -> f64,
    currency: Option<&str>,
    snapshot: &Snapshot,
) -> String {
    let all: f64 = known.iter().map(|(_, sum)| figure(sum)).sum();
    let first = known.iter().max_by(|a, b| figure(a.1).total_cmp(&figure(b.1)));
    let days = snapshot.manifest.forecast.as_ref().map_or(0, |forecast| forecast.horizon_days);
    first.map_or(String::new(), |(segment, sum)| {
        let what = match currency {
            Some(currency) => said!(
                "{} {} nos próximos {} dias",
                "{} {} in the next {} days",
                integer(figure(sum).round() as i64),
                currency,
                days
            ),
            None => said!(
                "{} compras nos próximos {} dias",
                "{} purchases in the next {} days",
                integer(sum.expected_purchases.round() as i64),
                days
            ),
        };
        said!(
            "{}: {}, {} do que se espera de todos",
            "{}: {}, {} of what all are expected to bring",
            localized(&segment.name),
            what,
            percent(figure(sum) / all)
        )
    })
}

/// Purchases to expect within `horizon` of customers seen for `age`, by the number of repeat purchases, a line for each
/// time of the last one (all in the model's unit): with an old last purchase more purchases can mean fewer to come.
pub fn increasing_frequency(
    model: &PurchaseModel,
    age: f64,
    last: &[f64],
    horizon: f64,
) -> Result<Plot, LifetimeError> {
    let frequencies: Vec<u32> = (1..=20).collect();
    let title = said!(
        "{}: quanto mais longo o silêncio depois de muitas compras, mais certo é que o cliente não volta",
        "{}: the longer the silence after many purchases, the surer the customer has left",
        model.family()
    );
    let mut plot = plot(
        &title,
        pick("recompras até aqui", "repeat purchases so far"),
        &said!(
            "compras esperadas nas próximas {} semanas",
            "purchases expected in the next {} weeks",
            horizon
        ),
    );
    for (index, &last) in last.iter().enumerate() {
        let expected = |x: &u32| model.expected_purchases(&History::new(*x, last, age), horizon);
        let expected: Vec<f64> = frequencies.iter().map(expected).collect::<Result<_, _>>()?;
        let name = said!(
            "em silêncio por {:.0} de {:.0} semanas",
            "silent for {:.0} of {:.0} weeks",
            age - last,
            age
        );
        let line = Line::new().color(PALETTE[index % PALETTE.len()]).width(2.5);
        plot.add_trace(
            Scatter::new(frequencies.clone(), expected).mode(Mode::LinesMarkers).name(name).line(line),
        );
    }
    Ok(plot)
}

#[cfg(test)]
mod tests {
    use test_support::sample;

    use super::super::title_of;
    use super::*;

    #[test]
    fn an_expected_value_stands_in_whole_units_of_its_currency() {
        let title = title_of(&expected_by_segment(&sample::snapshot(300, 1), "EUR"));
        let (amount, _) = title.split_once(" EUR in the next ").expect("the currency is named");
        assert!(!amount.contains('.'), "{title}");
    }
}
