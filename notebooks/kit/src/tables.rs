//! Results as tables and cards.

use segmentation_lib::catalogue::{CatalogueError, dataset};
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::matrix::Matrix;
use segmentation_lib::profile::Profiles;
use segmentation_lib::record::{
    Assignment, DecisionSheet, FeatureSummary, FittedParameter, Forecast, Segment, Snapshot, Trial,
};
use segmentation_lib::selection::Selection;
use segmentation_lib::transactions::{Rules, Transactions};
use segmentation_lib::wording::{bar, feature, integer, money, percent, tables, unit};

use super::html::{Cell, Html, escape};
use crate::plots::segment_color;

/// Where a data set of the catalogue comes from.
pub fn provenance(name: &str) -> Result<Html, CatalogueError> {
    let entry = dataset(name)?;
    let rows = [
        ("data set", entry.title),
        ("description", entry.description),
        ("source", entry.source),
        ("licence", entry.licence),
        ("citation", entry.citation),
    ];
    let rows: Vec<Vec<String>> = rows.iter().map(|(k, v)| vec![(*k).to_owned(), (*v).to_owned()]).collect();
    Ok(Html::table(&["", ""], &[], &rows, ""))
}

/// Rows, customers and money that each cleaning rule removed, why, and an example of each.
pub fn ledger(transactions: &Transactions) -> Html {
    let ledger = transactions.ledger();
    let input = ledger.line("input").map_or(1, |line| line.rows.max(1));
    let example = |rule: &str| match ledger.example(rule) {
        Some(e) => e.values.iter().map(|(k, v)| format!("{k}: {v}")).collect::<Vec<_>>().join(", "),
        None => String::new(),
    };
    let why =
        |rule: &str| Rules::all().iter().find(|info| info.rule.name() == rule).map_or("", |info| info.en);
    let row = |l: &segmentation_lib::record::LedgerLine| {
        let share = l.rows as f64 / input as f64;
        vec![
            Cell::text(l.rule.name()),
            Cell::text(integer(l.rows)),
            Cell::with_bar(percent(share), bar(share)),
            Cell::text(integer(l.customers)),
            Cell::text(money(l.amount_pennies)),
            Cell::text(why(l.rule.name())),
            Cell::text(example(l.rule.name())),
        ]
    };
    let rows: Vec<Vec<Cell>> = ledger.lines.iter().map(row).collect();
    let header =
        ["rule", "rows", "share of input", "customers", "amount (currency units)", "why", "first example"];
    Html::cells(&header, &[1, 2, 3, 4], &rows, "")
}

/// What reading decided by itself: date order, decimal mark, columns.
pub fn decisions(transactions: &Transactions) -> Html {
    let row = |d: &segmentation_lib::transactions::Decision| vec![d.topic.to_owned(), d.text.clone()];
    let rows: Vec<Vec<String>> = transactions.decisions().iter().map(row).collect();
    Html::table(&["topic", "decision"], &[], &rows, "")
}

/// The first `rows` customers with every feature the data allows.
pub fn customers(table: &CustomerTable, rows: usize) -> Result<Html, FeaturesError> {
    let features = table.available();
    let columns = features.iter().map(|f| table.values(f.name)).collect::<Result<Vec<_>, _>>()?;
    let header: Vec<String> = features.iter().map(|f| format!("{} ({})", f.label, unit(f.unit))).collect();
    let header: Vec<&str> = std::iter::once("customer").chain(header.iter().map(String::as_str)).collect();
    let ids = table.ids()?;
    let shown: Vec<Vec<String>> = ids
        .iter()
        .take(rows)
        .enumerate()
        .map(|(i, id)| {
            let values = columns.iter().zip(&features).map(|(column, f)| feature(column[i], f.unit));
            std::iter::once(id.clone()).chain(values).collect()
        })
        .collect();
    let numbers: Vec<usize> = (1..header.len()).collect();
    let note = format!("{} of {} customers", integer(shown.len() as u64), integer(ids.len() as u64));
    Ok(Html::table(&header, &numbers, &shown, &note))
}

/// How each column of the matrix was transformed and scaled.
pub fn scalings(matrix: &Matrix) -> Html {
    let row = |s: &segmentation_lib::record::FeatureScaling| {
        let scaled = [s.center, s.scale].map(|v| format!("{v:.4}"));
        vec![
            s.name.clone(),
            s.unit.name().to_owned(),
            s.transform.name().to_owned(),
            scaled[0].clone(),
            scaled[1].clone(),
        ]
    };
    let rows: Vec<Vec<String>> = matrix.scalings().iter().map(row).collect();
    Html::table(&["feature", "unit", "transform", "centre", "scale"], &[3, 4], &rows, "")
}

/// What each segment is expected to do within the horizon; empty without a forecast.
pub fn expected(snapshot: &Snapshot) -> Html {
    let Some(forecast) = &snapshot.manifest.forecast else {
        return Html::table(&["forecast"], &[], &[], "none");
    };
    let instead = forecast.model.instead.as_ref().map_or(String::new(), |_| {
        "; NBD, because the data give no sign that anybody leaves: it says nothing about who is still a customer".to_owned()
    });
    let family = forecast.model.purchases.family;
    let note = format!(
        "the {} days after {}, {family}; in brackets 95 % intervals, if the model is right{instead}",
        forecast.horizon_days, forecast.end
    );
    Html::drawn(&tables::forecast(forecast, &snapshot.segments), &note)
}

/// The fitted parameters with their standard errors.
pub fn fitted_parameters(forecast: &Forecast) -> Html {
    let spend = forecast.model.spend.iter().flat_map(|spend| &spend.parameters);
    let row = |(model, p): (String, &FittedParameter)| {
        vec![model, p.name.clone(), format!("{:.4}", p.value), format!("{:.4}", p.standard_error)]
    };
    let purchases = &forecast.model.purchases;
    let of_purchases = purchases.parameters.iter().map(|p| (purchases.family.to_string(), p));
    let rows: Vec<Vec<String>> =
        of_purchases.chain(spend.map(|p| ("Gamma-Gamma".to_owned(), p))).map(row).collect();
    let note = format!(
        "times in {}, money in currency units; log-likelihood {:.3}, gradient {:.0e} a customer, {} distinct histories of {} customers",
        purchases.unit,
        purchases.log_likelihood,
        purchases.gradient_norm,
        integer(purchases.distinct),
        integer(purchases.customers)
    );
    Html::table(&["model", "parameter", "value", "standard error"], &[2, 3], &rows, &note)
}

/// How the model did in the days that its fit did not know, beside naive forecasts; below, which of them were nearer.
pub fn trial(trial: &Trial) -> Html {
    let beaten = tables::beaten(trial);
    let said = if beaten.is_empty() { "No naive forecast was nearer.".to_owned() } else { beaten.join(". ") };
    Html::drawn(&tables::trial(trial), &said)
}

/// Algorithm by k: silhouette, smallest segment, agreement; the reason for the choice below.
pub fn comparison(selection: &Selection) -> Html {
    Html::drawn(&tables::comparison(&selection.candidates), &selection.reason.en)
}

/// Every method's vote for the number of segments, with the summary below.
pub fn votes(sheet: &DecisionSheet) -> Html {
    Html::drawn(&tables::votes(sheet), &sheet.summary.en)
}

/// The figures that the votes rest on, one row a number of segments, with the tendency to cluster below.
pub fn figures_by_k(sheet: &DecisionSheet) -> Html {
    let each = sheet.by_k.iter().map(|row| tables::coefficients(&row.jaccard));
    let table = tables::figures_by_k(sheet).with_column("mean Jaccard of each segment", each);
    Html::drawn(&table, &sheet.tendency())
}

/// Every algorithm with the chosen number of segments: silhouette and stability.
pub fn figures_by_algorithm(sheet: &DecisionSheet) -> Html {
    Html::drawn(&tables::figures_by_algorithm(sheet), "")
}

/// The segments, a row each, with medians in original units.
pub fn segments(profiles: &Profiles) -> Html {
    let row = |s: &Segment| {
        let mut cells = vec![
            s.id.to_string(),
            s.name.en.clone(),
            s.name.pt_br.clone(),
            integer(s.customers),
            percent(s.customer_share),
            s.known_revenue_share().map_or(String::new(), percent),
            s.came_back.as_ref().map_or("-".to_owned(), tables::came_back),
        ];
        cells.extend(clustered(s).map(|f| feature(f.median, f.unit)));
        cells
    };
    let fixed =
        ["id", "segment", "segmento", "customers", "share", "revenue", "came back in the look back (95 %)"];
    let medians = profiles.segments.first().map_or(Vec::new(), |s| {
        clustered(s).map(|f| format!("median {} ({})", f.name, unit(f.unit))).collect::<Vec<_>>()
    });
    let header: Vec<&str> = fixed.into_iter().chain(medians.iter().map(String::as_str)).collect();
    let numbers: Vec<usize> = std::iter::once(0).chain(3..header.len()).collect();
    let rows: Vec<Vec<String>> = profiles.segments.iter().map(row).collect();
    Html::table(&header, &numbers, &rows, "")
}

/// The features that the clustering used; the others repeat them.
fn clustered(segment: &Segment) -> impl Iterator<Item = &FeatureSummary> {
    segment.features.iter().take(segment.centroid.len())
}

/// What half of each segment has in common: the middle half (first to third quartile) of every feature
/// the clustering used.
pub fn segment_rules(profiles: &Profiles, matrix: &Matrix) -> Html {
    let used = matrix.scalings().len();
    let range = |f: &FeatureSummary| match (feature(f.q1, f.unit), feature(f.q3, f.unit)) {
        (low, high) if low == high => low,
        (low, high) => format!("{low} to {high}"),
    };
    let row = |s: &Segment| {
        std::iter::once(s.name.en.clone()).chain(s.features.iter().take(used).map(range)).collect::<Vec<_>>()
    };
    let header: Vec<String> = std::iter::once("segment".to_owned())
        .chain(matrix.scalings().iter().map(|s| format!("{} ({})", s.name, unit(s.unit))))
        .collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = profiles.segments.iter().map(row).collect();
    let numbers: Vec<usize> = (1..header.len()).collect();
    Html::table(
        &header,
        &numbers,
        &rows,
        "from the first to the third quartile: half of the segment lies in each range",
    )
}

/// The first `rows` customers of a published run, as the service answers them.
pub fn published_customers(run: &Snapshot, rows: usize) -> Html {
    let name =
        |id: u16| run.segments.iter().find(|s| s.id == id).map_or(String::new(), |s| s.name.en.clone());
    let row = |a: &Assignment| {
        let features = a.features.iter().zip(&run.manifest.features).map(|(&v, f)| feature(v, f.unit));
        let fixed = [a.customer_id.clone(), name(a.segment_id), format!("{:.3}", a.silhouette)];
        fixed.into_iter().chain(features).collect::<Vec<_>>()
    };
    let features = run.manifest.features.iter().map(|f| format!("{} ({})", f.name, unit(f.unit)));
    let header: Vec<String> =
        ["customer", "segment", "silhouette"].map(str::to_owned).into_iter().chain(features).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let shown: Vec<Vec<String>> = run.assignments.iter().take(rows).map(row).collect();
    let note = format!("{} of {} customers", integer(shown.len() as u64), integer(run.manifest.customers));
    Html::table(&header, &(2..header.len()).collect::<Vec<_>>(), &shown, &note)
}

/// The segments as cards: who they are and what to do, in English and Portuguese.
pub fn segment_cards(profiles: &Profiles) -> Html {
    let mut html = String::from("<div style=\"display:flex;flex-wrap:wrap;gap:12px\">");
    for s in &profiles.segments {
        html += &card(s);
    }
    html += "</div>";
    let names: Vec<&str> = profiles.segments.iter().map(|s| s.name.en.as_str()).collect();
    Html::raw(html, names.join("\n"))
}

fn card(s: &Segment) -> String {
    format!(
        "<div style=\"border-left:6px solid {};padding:8px 12px;width:320px;background:#8881\"><b>{} · {}</b>\
         <p>{} customers ({}), {} of revenue</p><p>{}</p><p>{}</p><p><i>{}</i></p><p><i>{}</i></p></div>",
        segment_color(s.id),
        escape(&s.name.en),
        escape(&s.name.pt_br),
        integer(s.customers),
        percent(s.customer_share),
        percent(s.revenue_share),
        escape(&s.description.en),
        escape(&s.description.pt_br),
        escape(&s.action.en),
        escape(&s.action.pt_br),
    )
}
