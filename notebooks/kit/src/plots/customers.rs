//! Pictures of customers and their features.

use plotly::common::{Anchor, ColorBar, ColorScale, ColorScalePalette, DashType, Line, Marker, Mode};
use plotly::layout::{Annotation, AxisType, GridPattern, LayoutGrid};
use plotly::{Bar, HeatMap, Plot, Scatter};
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::matrix::{Matrix, quantile};

use super::{
    GREY, PALETTE, axis, axis_names, cell_texts, diverging, downwards, layout, median, plot, upright,
    with_axes,
};
use crate::currency::unit_of;
use crate::explore::{Cohorts, Concentration, Correlations, histogram};
use crate::language::{decimal, integer, percent, pick, said, term};

/// Share of each cohort that purchased again, by months since the first purchase.
pub fn cohort_retention(cohorts: &Cohorts) -> Plot {
    let title = said!(
        "{} dos clientes compram de novo no mês seguinte ao da primeira compra",
        "{} of the customers purchase again in the month after their first",
        percent(cohorts.back_after(1))
    );
    // A cohort without a month after its first has nothing to show.
    let shown = || (0..cohorts.months.len()).filter(|&cohort| cohorts.retention[cohort].len() > 1);
    let named = |cohort| format!("{} ({})", cohorts.months[cohort], integer(cohorts.customers[cohort]));
    let months: Vec<String> = shown().map(named).collect();
    let most = cohorts.retention.iter().map(Vec::len).max().unwrap_or(1);
    // Ages and months as names: a text's place on an axis of names is a number's place, not its name, where the
    // name is a number; and on a time axis the rows would be unequal.
    let ages: Vec<String> = (1..most).map(|age| format!("M+{age}")).collect();
    // The first month is everybody by definition; it would only flatten the colours.
    let percents =
        |cohort: usize| (1..most).map(|age| Some(cohorts.retention[cohort].get(age)? * 100.0)).collect();
    let shares: Vec<Vec<Option<f64>>> = shown().map(percents).collect();
    let highest = shares.iter().flatten().flatten().fold(0.0_f64, |highest, &share| highest.max(share));
    let write = |r: usize, c: usize| match shares[r][c] {
        Some(share) => (format!("{share:.0}"), share < 0.6 * highest),
        None => (String::new(), false),
    };
    let texts = cell_texts(&ages, &months, write);
    let mut plot = Plot::new();
    let y = downwards("", &months);
    let x = axis(pick(
        "meses (M) desde a primeira compra; linhas: mês da primeira compra (clientes)",
        "months (M) since the first purchase; rows: month of the first purchase (customers)",
    ));
    let layout = layout(&title, "", "").x_axis(x.type_(AxisType::Category));
    plot.set_layout(layout.y_axis(y).annotations(texts).height(160 + 26 * months.len().max(8)));
    let scale = ColorScale::Palette(ColorScalePalette::Viridis);
    let bar = ColorBar::new().title(pick("% da<br>coorte", "% of the<br>cohort"));
    plot.add_trace(HeatMap::new(ages, months, shares).color_scale(scale).color_bar(bar).hover_on_gaps(false));
    plot
}

/// The Lorenz curve beside the line of equality.
pub fn lorenz(concentration: &Concentration) -> Plot {
    let title = said!(
        "O melhor décimo dos clientes traz {} da receita (coeficiente de Gini {})",
        "The best tenth of the customers bring {} of revenue (Gini coefficient {})",
        percent(1.0 - concentration.revenue_of_the_first(0.9)),
        decimal(concentration.gini, 2),
    );
    // A thousand points draw the curve; one for each customer would only swell the notebook.
    let step = (concentration.customers.len() / 1000).max(1);
    let thinned = |values: &[f64]| -> Vec<f64> {
        values.iter().step_by(step).chain(values.last()).map(|share| (share * 1e5).round() / 1e3).collect()
    };
    let (x, y) = (thinned(&concentration.customers), thinned(&concentration.revenue));
    let mut plot = plot(
        &title,
        pick("clientes, a partir da menor receita (%)", "customers, from the lowest revenue (%)"),
        pick("sua parte da receita (%)", "their share of revenue (%)"),
    );
    let equality = Line::new().dash(DashType::Dash).color(GREY);
    plot.add_trace(
        Scatter::new(x, y)
            .mode(Mode::Lines)
            .name(pick("receita", "revenue"))
            .line(Line::new().color(PALETTE[0])),
    );
    let line = Scatter::new(vec![0.0, 100.0], vec![0.0, 100.0]).mode(Mode::Lines);
    plot.add_trace(line.name(pick("todos iguais", "everybody alike")).line(equality));
    plot
}

/// Mean days between the purchases of customers who came back, up to their 99 % quantile; the dashed line is their
/// median. Who purchased once has no such time: what stands for it in the feature is a lower bound.
pub fn repurchase_times(table: &CustomerTable) -> Result<Plot, FeaturesError> {
    let (days, purchases) = (table.values("interpurchase")?, table.values("frequency")?);
    let pairs = days.iter().zip(&purchases).filter(|(_, purchases)| **purchases >= 2.0);
    let days: Vec<f64> = pairs.map(|(days, _)| *days).collect();
    let typical = median(&days);
    let title = said!(
        "Metade dos {} clientes que voltaram compra de novo a cada {} dias ou menos, em média",
        "Half of the {} customers who came back purchase every {} days or sooner, on average",
        integer(days.len() as u64),
        decimal(typical, 1)
    );
    let (centers, counts) = bulk(&days);
    let mut plot = Plot::new();
    let x = pick("média de dias entre compras", "mean days between purchases");
    let layout = layout(&title, x, pick("clientes", "customers")).bar_gap(0.02);
    let said = said!("mediana: {} dias", "median: {} days", decimal(typical, 1));
    let label = Annotation::new().text(said).x(typical).y(1.0).y_ref("paper").show_arrow(false);
    let label = label.x_anchor(Anchor::Left).x_shift(6.0);
    plot.set_layout(layout.shapes(vec![upright(typical)]).annotations(vec![label]));
    plot.add_trace(Bar::new(centers, counts).marker(Marker::new().color(PALETTE[0])));
    Ok(plot)
}

/// Bins are counted here, not in the browser, so that a notebook stays small.
fn bulk(values: &[f64]) -> (Vec<f64>, Vec<u64>) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let most = quantile(&sorted, 0.99);
    sorted.retain(|&v| v <= most);
    histogram(&sorted, 60)
}

/// The first three features of the matrix before (above) and after (below) transformation and scaling.
pub fn feature_distributions(table: &CustomerTable, matrix: &Matrix) -> Result<Plot, FeaturesError> {
    let shown = matrix.scalings().len().min(3);
    let names: Vec<_> = matrix.scalings()[..shown].iter().map(|s| term(&s.name)).collect();
    let title = said!(
        "Logaritmo e escala (embaixo) eliminam as caudas longas e deixam os picos: {}",
        "Logarithm and scaling (below) take the long tails away, and leave the spikes: {}",
        names.join(", ")
    );
    let grid = LayoutGrid::new().rows(2).columns(shown).pattern(GridPattern::Independent);
    let mut layout = layout(&title, "", "")
        .grid(grid.x_gap(0.12).y_gap(0.35))
        .bar_gap(0.02)
        .show_legend(false)
        .height(560);
    let mut plot = Plot::new();
    for (i, scaling) in matrix.scalings()[..shown].iter().enumerate() {
        let raw: Vec<f64> = table.values(&scaling.name)?.iter().map(|v| v / scaling.divisor).collect();
        let scaled = matrix.values().column(i).to_vec();
        let (name, unit) = (term(&scaling.name), unit_of(scaling.unit));
        let before = said!("{} ({}), até 99 %", "{} ({}), to 99 %", name, unit);
        let after = said!("{} (desvios padrão)", "{} (standard deviations)", name);
        let pictures = [(i, bulk(&raw), before), (i + shown, histogram(&scaled, 60), after)];
        for (index, (centers, counts), x) in pictures {
            let (x_name, y_name) = axis_names(index);
            let y = axis(if index % shown == 0 { pick("clientes", "customers") } else { "" });
            layout = with_axes(layout, index, axis(&x), y);
            let color = if index < shown { PALETTE[1] } else { PALETTE[0] };
            plot.add_trace(
                Bar::new(centers, counts).x_axis(x_name).y_axis(y_name).marker(Marker::new().color(color)),
            );
        }
    }
    plot.set_layout(layout);
    Ok(plot)
}

/// Rank correlations of all features, the lower triangle.
pub fn correlations(correlations: &Correlations) -> Plot {
    let title = match correlations.strongest() {
        Some((a, b, value)) if value.abs() > 0.8 => said!(
            "{} e {} dizem quase o mesmo: correlação de postos {}",
            "{} and {} say nearly the same: rank correlation {}",
            term(a),
            term(b),
            decimal(value, 2)
        ),
        Some((a, b, value)) => said!(
            "{} e {} são os mais parecidos: correlação de postos {}",
            "{} and {} are most alike: rank correlation {}",
            term(a),
            term(b),
            decimal(value, 2)
        ),
        None => pick(
            "Não há dois atributos que difiram entre clientes",
            "No two features differ between customers",
        )
        .to_owned(),
    };
    let names: Vec<String> = correlations.features.iter().map(|f| term(f).into_owned()).collect();
    let triangle: Vec<Vec<Option<f64>>> = correlations
        .values
        .iter()
        .enumerate()
        .map(|(a, row)| row.iter().enumerate().map(|(b, &v)| (b < a && v.is_finite()).then_some(v)).collect())
        .collect();
    let write = |r: usize, c: usize| match triangle[r][c] {
        Some(value) => (decimal(value, 2), value.abs() > 0.6),
        // Of a feature that is the same for everybody.
        None if c < r => (pick("indefinida", "undefined").to_owned(), false),
        None => (String::new(), false),
    };
    let texts = cell_texts(&names, &names, write);
    let mut plot = Plot::new();
    let texts = texts.into_iter().collect();
    plot.set_layout(layout(&title, "", "").annotations(texts).height(560));
    let bar = ColorBar::new().title("Spearman");
    let heat = HeatMap::new(names.clone(), names, triangle).color_scale(diverging()).color_bar(bar);
    plot.add_trace(heat.zmin(-1.0).zmax(1.0).hover_on_gaps(false));
    plot
}

#[cfg(test)]
mod tests {
    use super::super::title_of;
    use super::*;
    use crate::explore::concentration;

    #[test]
    fn retention_is_weighted_by_the_size_of_the_cohorts() {
        let cohorts = Cohorts {
            months: vec!["2011-01".to_owned(), "2011-02".to_owned(), "2011-03".to_owned()],
            customers: vec![30, 10, 99],
            retention: vec![vec![1.0, 0.2, 0.1], vec![1.0, 0.6], vec![1.0]],
        };
        let title = title_of(&cohort_retention(&cohorts));
        assert!(title.starts_with("30.0 % of the customers purchase again"), "{title}");
    }

    #[test]
    fn the_best_tenth_is_read_off_the_curve() {
        let plot = lorenz(&concentration(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 11]));
        assert_eq!(
            title_of(&plot),
            "The best tenth of the customers bring 55.0 % of revenue (Gini coefficient 0.45)"
        );
    }

    #[test]
    fn correlations_name_the_strongest_pair() {
        let found =
            Correlations { features: vec!["Lines", "Units"], values: vec![vec![1.0, 0.97], vec![0.97, 1.0]] };
        assert_eq!(
            title_of(&correlations(&found)),
            "Lines and Units say nearly the same: rank correlation 0.97"
        );
    }
}
