//! Tables of texts, drawn by the command line and by the notebooks.

use super::{decimal, integer, money, percent};
use crate::record::{
    AlgorithmRow, CameBack, Candidate, DecisionSheet, Forecast, ForecastSum, Interval, Measure, Recovery,
    Rfm, Score, Segment, SheetRow, Trial, Vote,
};

/// A table of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name of each column.
    pub header: Vec<String>,
    /// Columns that hold numbers, by index: aligned to the right.
    pub numbers: Vec<usize>,
    /// As many texts a row as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of these columns.
    pub fn new<const N: usize>(
        header: [&str; N],
        numbers: &[usize],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Self {
        Self {
            header: header.map(str::to_owned).to_vec(),
            numbers: numbers.to_vec(),
            rows: rows.into_iter().map(Vec::from).collect(),
        }
    }

    /// The same table with a column of texts at its right end, one text a row.
    pub fn with_column(mut self, name: &str, texts: impl IntoIterator<Item = String>) -> Self {
        self.header.push(name.to_owned());
        for (row, text) in self.rows.iter_mut().zip(texts) {
            row.push(text);
        }
        self
    }
}

/// Every clustering compared, a row each: algorithm, number of clusters, indices, and why one was left out.
pub fn comparison(candidates: &[Candidate]) -> Table {
    let row = |c: &Candidate| {
        [
            mark(c.chosen),
            c.algorithm.label().to_owned(),
            if c.k == 0 { "-".to_owned() } else { c.k.to_string() },
            estimated(c.silhouette, c.silhouette_error),
            share(c.smallest_share),
            share(c.largest_share),
            number(c.r_squared, 3),
            number(c.recovery.as_ref().map(|r| r.refits_mean), 3),
            number(c.recovery.as_ref().and_then(Recovery::weakest), 2),
            number(c.calinski_harabasz, 1),
            number(c.davies_bouldin, 4),
            number(c.agreement, 2),
            number(c.inertia, 1),
            c.note.clone().unwrap_or_default(),
        ]
    };
    let header = [
        "",
        "algorithm",
        "k",
        "silhouette",
        "smallest segment",
        "largest segment",
        "foresight R²",
        "refits",
        "weakest Jaccard",
        "Calinski-Harabasz",
        "Davies-Bouldin",
        "adjusted Rand index",
        "inertia",
        "note",
    ];
    Table::new(header, &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], candidates.iter().map(row))
}

/// What each segment is expected to do within the horizon, and all customers together in the last row.
pub fn forecast(forecast: &Forecast, segments: &[Segment]) -> Table {
    let row = |id: String, name: String, sum: &ForecastSum| {
        let value = |pennies: f64| money(pennies.round() as i64);
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let expected = sum.expected_value_pennies;
        [
            id,
            name,
            integer(sum.customers),
            or_dash(sum.alive_share().map(percent)),
            bounded(&integer(sum.expected_purchases.round() as i64), sum.purchases_interval, |bound| {
                integer(bound.round() as i64)
            }),
            or_dash(expected.map(|pennies| bounded(&money(pennies), sum.value_interval_pennies, value))),
            or_dash(sum.value_share(&forecast.all).map(percent)),
            or_dash(sum.value_a_head().map(value)),
        ]
    };
    let of_segment =
        |s: &Segment| s.forecast.as_ref().map(|sum| row(s.id.to_string(), s.name.en.clone(), sum));
    let all = row(String::new(), "all".to_owned(), &forecast.all);
    let header = [
        "id",
        "segment",
        "customers",
        "still customers",
        "expected purchases",
        "expected value",
        "of all value",
        "a head",
    ];
    Table::new(header, &[0, 2, 3, 4, 5, 6, 7], segments.iter().filter_map(of_segment).chain([all]))
}

fn bounded(figure: &str, interval: Option<Interval>, text: impl Fn(f64) -> String) -> String {
    interval.map_or(figure.to_owned(), |i| format!("{figure} ({} to {})", text(i.low), text(i.high)))
}

/// How the model did in the days that its fit did not know, beside naive forecasts.
pub fn trial(trial: &Trial) -> Table {
    let row = |score: &Score| {
        [
            score.forecaster.to_string(),
            integer(score.sum.round() as i64),
            score.bias.map_or_else(String::new, |bias| format!("{:+.1} %", 100.0 * bias)),
            decimal(score.mean_absolute_error, 4),
            decimal(score.root_mean_squared_error, 4),
        ]
    };
    let header = ["forecast by", "purchases", "off by", "mean absolute error", "root mean squared error"];
    Table::new(header, &[1, 2, 3, 4], trial.scores.iter().map(row))
}

/// A sentence for each measure by which a naive forecast was nearer than the model.
pub fn beaten(trial: &Trial) -> Vec<String> {
    let measure = |measure: Measure| match measure {
        Measure::AbsoluteBias => "the sum, as a share of what came",
        Measure::MeanAbsoluteError => "the mean absolute error",
        Measure::RootMeanSquaredError => "the root mean squared error",
    };
    let sentence = |b: crate::record::Beaten| {
        let by = measure(b.measure);
        format!("Nearer than the model by {by}: {} ({:.4}, the model {:.4})", b.forecaster, b.naive, b.model)
    };
    trial.beaten_by().into_iter().map(sentence).collect()
}

/// A share with its 95 % interval and the number of customers behind it.
pub fn came_back(rate: &CameBack) -> String {
    if rate.customers == 0 {
        return "nobody was there".to_owned();
    }
    let [low, high] = [rate.low, rate.high].map(|bound| decimal(bound * 100.0, 1));
    format!("{} ({low} to {high}) of {}", percent(rate.share), integer(rate.customers))
}

/// Customers by RFM group and segment: a row for each group that has customers. `segment_ids` are those of
/// the customers in order.
pub fn rfm(rfm: &Rfm, segments: &[Segment], segment_ids: impl Iterator<Item = u16>) -> Table {
    let counted = rfm.cross_table(segments.len(), segment_ids);
    let all: u64 = rfm.groups.iter().map(|group| group.customers).sum();
    let with_customers = rfm.groups.iter().enumerate().filter(|(_, group)| group.customers > 0);
    let rows = with_customers.map(|(index, group)| {
        let share = group.customers as f64 / all as f64;
        let head = [group.name.en.clone(), integer(group.customers), percent(share)];
        head.into_iter().chain(counted.iter().map(|segment| integer(segment[index]))).collect()
    });
    let names = segments.iter().map(|s| s.name.en.clone());
    let header: Vec<String> =
        ["RFM group", "customers", "share"].map(str::to_owned).into_iter().chain(names).collect();
    Table { numbers: (1..header.len()).collect(), rows: rows.collect(), header }
}

/// Every method's vote for the number of segments.
pub fn votes(sheet: &DecisionSheet) -> Table {
    let k = |k: Option<usize>| k.map_or("none".to_owned(), |k| k.to_string());
    let row = |v: &Vote| [v.method.clone(), k(v.k), k(v.k_allowed), integer(v.customers), v.rule.clone()];
    let header = ["method", "votes for k", "of those allowed", "customers", "by"];
    Table::new(header, &[1, 2, 3], sheet.votes.iter().map(row))
}

/// The figures that the votes rest on, one row a number of segments.
pub fn figures_by_k(sheet: &DecisionSheet) -> Table {
    let row = |r: &SheetRow| {
        [
            mark(r.k == sheet.chosen_k),
            r.k.to_string(),
            yes_no(r.allowed),
            number(r.silhouette, 4),
            share(r.smallest_share),
            number(r.calinski_harabasz, 1),
            number(r.davies_bouldin, 4),
            number(r.inertia, 1),
            number(r.gap, 4),
            number(r.gap_error, 4),
            number(r.r_squared, 3),
            number(r.refits, 3),
            number(r.stability, 3),
        ]
    };
    let header = [
        "",
        "k",
        "allowed",
        "silhouette",
        "smallest",
        "Calinski-Harabasz",
        "Davies-Bouldin",
        "inertia",
        "gap",
        "s(k)",
        "foresight R²",
        "refits",
        "weakest Jaccard",
    ];
    Table::new(header, &[1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], sheet.by_k.iter().map(row))
}

/// Every algorithm with the chosen number of segments: silhouette and stability.
pub fn figures_by_algorithm(sheet: &DecisionSheet) -> Table {
    let row = |r: &AlgorithmRow| {
        [
            r.algorithm.label().to_owned(),
            yes_no(r.allowed),
            number(Some(r.silhouette), 4),
            number(Some(r.stability), 3),
            coefficients(&r.jaccard),
            integer(r.customers),
        ]
    };
    let header = [
        &format!("algorithm, k = {}", sheet.chosen_k),
        "allowed",
        "silhouette",
        "weakest Jaccard",
        "each segment",
        "customers",
    ];
    Table::new(header, &[2, 3, 5], sheet.by_algorithm.iter().map(row))
}

/// Coefficients side by side, two digits each.
pub fn coefficients(values: &[f64]) -> String {
    values.iter().map(|&value| decimal(value, 2)).collect::<Vec<_>>().join(" ")
}

fn mark(chosen: bool) -> String {
    if chosen { "chosen" } else { "" }.to_owned()
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| decimal(value, digits))
}

/// A figure with its standard error where it is an estimate.
fn estimated(value: Option<f64>, error: Option<f64>) -> String {
    match error {
        Some(error) => format!("{} ± {}", number(value, 4), decimal(error, 4)),
        None => number(value, 4),
    }
}

fn share(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate() -> Candidate {
        Candidate {
            algorithm: crate::record::Algorithm::Ward,
            k: 3,
            silhouette: Some(0.51),
            silhouette_error: None,
            inertia: Some(1234.56),
            smallest_share: Some(0.0526),
            largest_share: Some(0.6),
            r_squared: Some(0.2636),
            recovery: None,
            agreement: None,
            calinski_harabasz: Some(100.0),
            davies_bouldin: None,
            eligible: true,
            chosen: true,
            note: None,
        }
    }

    #[test]
    fn a_clustering_is_a_row_of_texts_with_a_dash_for_what_it_lacks() {
        let table = comparison(&[candidate()]);
        let row = [
            "chosen", "Ward", "3", "0.5100", "5.3 %", "60.0 %", "0.264", "-", "-", "100.0", "-", "-",
            "1234.6", "",
        ];
        assert_eq!(table.rows, [row.map(str::to_owned).to_vec()]);
        assert_eq!(table.header.len(), row.len());
    }

    #[test]
    fn an_algorithm_that_was_left_out_has_no_number_of_clusters() {
        let left_out = Candidate { k: 0, chosen: false, silhouette: None, ..candidate() };
        assert_eq!(comparison(&[left_out]).rows[0][..4], ["", "Ward", "-", "-"]);
    }

    #[test]
    fn a_rate_is_shown_with_its_interval_and_its_customers() {
        let rate = |count, of| came_back(&crate::proportion::Proportion { count, of }.into());
        assert_eq!(rate(12, 40), "30.0 % (18.1 to 45.4) of 40");
        assert_eq!(rate(0, 0), "nobody was there");
    }

    #[test]
    fn a_column_is_added_at_the_right() {
        let table = comparison(&[candidate()]).with_column("more", ["x".to_owned()]);
        assert_eq!(table.header.last().map(String::as_str), Some("more"));
        assert_eq!(table.rows[0].last().map(String::as_str), Some("x"));
    }

    #[test]
    fn coefficients_stand_side_by_side() {
        assert_eq!(coefficients(&[0.5, 1.0]), "0.50 1.00");
    }
}
