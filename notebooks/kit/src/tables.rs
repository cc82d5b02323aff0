//! Results as tables and cards.

use segmentation_lib::catalogue::{CatalogueError, dataset};
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::matrix::Matrix;
use segmentation_lib::profile::Profiles;
use segmentation_lib::record::{
    Assignment, Beaten, DecisionSheet, Family, FeatureSummary, FittedParameter, Forecast, Localized, Measure,
    Segment, Snapshot, Trial, Unit,
};
use segmentation_lib::selection::Selection;
use segmentation_lib::transactions::{Role, Rules, Transactions};
use segmentation_lib::wording::{bar, tables};

use super::html::{Cell, Html};
use crate::currency::{currency, unit_of};
use crate::language::{
    Language, decimal, figure, integer, language, languages, localized, money, number, percent, pick, said,
    term,
};

/// Where a data set of the catalogue comes from.
pub fn provenance(name: &str) -> Result<Html, CatalogueError> {
    let entry = dataset(name)?;
    let rows = [
        (pick("conjunto de dados", "data set"), entry.title),
        (pick("descrição", "description"), pick(entry.description_pt_br, entry.description)),
        (pick("fonte", "source"), entry.source),
        (pick("licença", "licence"), entry.licence),
        (pick("citação", "citation"), entry.citation),
    ];
    let rows: Vec<Vec<String>> = rows.iter().map(|(k, v)| vec![(*k).to_owned(), (*v).to_owned()]).collect();
    Ok(Html::table(&["", ""], &[], &rows, ""))
}

/// Rows, customers and money that each cleaning rule removed, why, and an example of each.
pub fn ledger(transactions: &Transactions) -> Html {
    let ledger = transactions.ledger();
    let input = ledger.line("input").map_or(1, |line| line.rows.max(1));
    let example = |rule: &str| match ledger.example(rule) {
        Some(e) => {
            e.values.iter().map(|(k, v)| format!("{}: {v}", role_of(k))).collect::<Vec<_>>().join(", ")
        }
        None => String::new(),
    };
    let why = |rule: &str| {
        Rules::all().iter().find(|info| info.rule.name() == rule).map_or("", |info| pick(info.pt_br, info.en))
    };
    let row = |l: &segmentation_lib::record::LedgerLine| {
        let share = l.rows as f64 / input as f64;
        vec![
            Cell::text(&*term(l.rule.name())),
            Cell::text(integer(l.rows)),
            Cell::with_bar(percent(share), bar(share)),
            Cell::text(integer(l.customers)),
            Cell::text(money(l.amount_pennies)),
            Cell::text(why(l.rule.name())),
            Cell::text(example(l.rule.name())),
        ]
    };
    let rows: Vec<Vec<Cell>> = ledger.lines.iter().map(row).collect();
    let amount = said!("valor ({})", "amount ({})", currency());
    let header = ["rule", "rows", "share of input", "customers", &amount, "why", "first example"];
    Html::cells(&header, &[1, 2, 3, 4], &rows, "")
}

/// The name of a column's role in the language.
pub(crate) fn role_of(name: &str) -> &str {
    let found = Role::ALL.into_iter().find(|role| role.name() == name);
    found.map_or(name, |role| pick(role.em_portugues(), role.name()))
}

/// What reading decided by itself: date order, decimal mark, columns.
pub fn decisions(transactions: &Transactions) -> Html {
    let row = |d: &segmentation_lib::transactions::Decision| {
        vec![term(d.topic).into_owned(), localized(&d.text).to_owned()]
    };
    let rows: Vec<Vec<String>> = transactions.decisions().iter().map(row).collect();
    Html::table(&["topic", "decision"], &[], &rows, "")
}

/// The first `rows` customers with every feature the data allows.
pub fn customers(table: &CustomerTable, rows: usize) -> Result<Html, FeaturesError> {
    let features = table.available();
    let columns = features.iter().map(|f| table.values(f.name)).collect::<Result<Vec<_>, _>>()?;
    let header: Vec<String> =
        features.iter().map(|f| format!("{} ({})", term(f.label), unit_of(f.unit))).collect();
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
    let note = shown_of(shown.len(), ids.len() as u64);
    Ok(Html::table(&header, &numbers, &shown, &note))
}

/// How many customers are shown.
fn shown_of(shown: usize, all: u64) -> String {
    said!("{} de {} clientes", "{} of {} customers", integer(shown as u64), integer(all))
}

/// A value of a feature in its unit and in the language.
fn feature(value: f64, unit: Unit) -> String {
    number(segmentation_lib::wording::feature(value, unit))
}

/// How each column of the matrix was transformed and scaled.
pub fn scalings(matrix: &Matrix) -> Html {
    let row = |s: &segmentation_lib::record::FeatureScaling| {
        let scaled = [s.center, s.scale].map(|v| decimal(v, 4));
        vec![
            term(&s.name).into_owned(),
            unit_of(s.unit),
            term(s.transform.name()).into_owned(),
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
        return Html::table(&["forecast"], &[], &[], &term("none"));
    };
    let family = forecast.model.purchases.family;
    let instead = forecast.model.instead.as_ref().map_or(String::new(), |_| {
        if family != Family::Nbd {
            return pick(
                "; os dados não determinam o Pareto/NBD, que é tentado primeiro",
                "; the data do not determine the Pareto/NBD, which is tried first",
            )
            .to_owned();
        }
        pick("; NBD, porque os dados não mostram ninguém deixando de comprar de vez: ele não diz nada sobre quem ainda é cliente", "; NBD, because the data give no sign that anybody leaves: it says nothing about who is still a customer").to_owned()
    });
    let note = said!(
        "os {} dias depois de {}, {}; entre parênteses, intervalos de 95 %, se o modelo estiver certo{}",
        "the {} days after {}, {}; in brackets 95 % intervals, if the model is right{}",
        forecast.horizon_days,
        forecast.end,
        family,
        instead,
    );
    Html::drawn(&named(tables::forecast(forecast, &snapshot.segments), 1, &snapshot.segments), &note)
}

/// A table of the library with its segments' names in the language.
fn named(mut table: tables::Table, column: usize, segments: &[Segment]) -> tables::Table {
    for row in &mut table.rows {
        if let Some(segment) = segments.iter().find(|segment| segment.name.en == row[column]) {
            localized(&segment.name).clone_into(&mut row[column]);
        }
    }
    table
}

/// The fitted parameters with their standard errors.
pub fn fitted_parameters(forecast: &Forecast) -> Html {
    let spend = forecast.model.spend.iter().flat_map(|spend| &spend.parameters);
    let row = |(model, p): (String, &FittedParameter)| {
        vec![model, p.name.clone(), decimal(p.value, 4), decimal(p.standard_error, 4)]
    };
    let purchases = &forecast.model.purchases;
    let of_purchases = purchases.parameters.iter().map(|p| (purchases.family.to_string(), p));
    let rows: Vec<Vec<String>> =
        of_purchases.chain(spend.map(|p| ("Gamma-Gamma".to_owned(), p))).map(row).collect();
    let note = said!(
        "tempos em {}, dinheiro em {}; log-verossimilhança {}, gradiente {:.0e} por cliente, {} históricos distintos de {} clientes",
        "times in {}, money in {}; log-likelihood {}, gradient {:.0e} a customer, {} distinct histories of {} customers",
        term(&purchases.unit.to_string()),
        currency(),
        decimal(purchases.log_likelihood, 3),
        purchases.gradient_norm,
        integer(purchases.distinct),
        integer(purchases.customers)
    );
    Html::table(&["model", "parameter", "value", "standard error"], &[2, 3], &rows, &note)
}

/// How the model did in the days that its fit did not know, beside naive forecasts; below, which of them were nearer.
pub fn trial(trial: &Trial) -> Html {
    let beaten = if language() == Language::En { tables::beaten(trial) } else { em_portugues(trial) };
    let said = match beaten.is_empty() {
        true => {
            pick("Nenhuma previsão ingênua chegou mais perto.", "No naive forecast was nearer.").to_owned()
        }
        false => beaten.join(". "),
    };
    Html::drawn(&tables::trial(trial), &said)
}

/// [`tables::beaten`] in Portuguese.
fn em_portugues(trial: &Trial) -> Vec<String> {
    let measure = |measure: Measure| match measure {
        Measure::AbsoluteBias => "na soma, em proporção do que veio",
        Measure::MeanAbsoluteError => "no erro absoluto médio",
        Measure::RootMeanSquaredError => "na raiz do erro quadrático médio",
    };
    let sentence = |b: Beaten| {
        let (by, naive, model) = (measure(b.measure), decimal(b.naive, 4), decimal(b.model, 4));
        let forecaster = b.forecaster.to_string();
        format!("Mais perto que o modelo {by}: {} ({naive}; o modelo, {model})", term(&forecaster))
    };
    trial.beaten_by().into_iter().map(sentence).collect()
}

/// Algorithm by k: silhouette, smallest segment, agreement; the reason for the choice below.
pub fn comparison(selection: &Selection) -> Html {
    Html::drawn(&tables::comparison(&selection.candidates), localized(&selection.reason))
}

/// Every method's vote for the number of segments, with the summary below.
pub fn votes(sheet: &DecisionSheet) -> Html {
    let mut table = tables::votes(sheet);
    for rule in table.rows.iter_mut().filter_map(|row| row.last_mut()) {
        *rule = rule_in_language(rule);
    }
    Html::drawn(&table, localized(&sheet.summary))
}

/// How a method decides; behind the colons stand algorithms.
fn rule_in_language(rule: &str) -> String {
    let parts = rule.split("; ").map(|part| match part.split_once(": ") {
        Some((words, algorithm)) => format!("{}: {}", term(words), term(algorithm)),
        None => term(part).into_owned(),
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// The figures that the votes rest on, one row a number of segments, with the tendency to cluster below.
pub fn figures_by_k(sheet: &DecisionSheet) -> Html {
    let each = sheet.by_k.iter().map(|row| tables::coefficients(&row.jaccard));
    let table = tables::figures_by_k(sheet).with_column("mean Jaccard of each segment", each);
    Html::drawn(&table, &tendency(sheet))
}

/// Hopkins' statistic and the negative control in words.
fn tendency(sheet: &DecisionSheet) -> String {
    if language() == Language::En {
        return sheet.tendency();
    }
    let (h, control) = (&sheet.hopkins, sheet.control.as_ref());
    let control = control.map_or("omitido, porque uma coluna embaralhada continua a mesma".to_owned(), |c| {
        format!(
            "silhueta {} contra {} em média e {} no melhor caso de {} matrizes com colunas embaralhadas, p {} \
             (com tantas matrizes, no mínimo {}): {}",
            decimal(c.silhouette, 4),
            decimal(c.shuffled_mean, 4),
            decimal(c.shuffled_best, 4),
            c.permutations,
            decimal(c.p_value, 3),
            decimal(1.0 / (c.permutations + 1) as f64, 3),
            if c.clearly_worse { "claramente menor" } else { "não claramente menor" }
        )
    });
    format!(
        "Hopkins: {} em {} clientes sorteados, {} deles com outro idêntico, o que por si só o eleva (0,5 é uniforme, \
         1 agrupado). Controle negativo: {control}.",
        decimal(h.statistic, 3),
        h.sample,
        h.coincident
    )
}

/// Every algorithm with the chosen number of segments: silhouette and stability.
pub fn figures_by_algorithm(sheet: &DecisionSheet) -> Html {
    let mut table = tables::figures_by_algorithm(sheet);
    table.header[0] = said!("algoritmo, k = {}", "algorithm, k = {}", sheet.chosen_k);
    Html::drawn(&table, "")
}

/// The segments, a row each, with medians in original units.
pub fn segments(profiles: &Profiles) -> Html {
    let row = |s: &Segment| {
        let mut cells = vec![s.id.to_string()];
        cells.extend(languages().iter().map(|&language| name_in(language, &s.name).to_owned()));
        cells.extend([
            integer(s.customers),
            percent(s.customer_share),
            s.known_revenue_share().map_or(String::new(), percent),
            s.came_back.as_ref().map_or("-".to_owned(), |rate| figure(&tables::came_back(rate))),
        ]);
        cells.extend(clustered(s).map(|f| feature(f.median, f.unit)));
        cells
    };
    let came_back = pick("voltaram a comprar na retrospectiva (95 %)", "came back in the look back (95 %)");
    let names = languages().iter().map(|&language| heading_in(language));
    let fixed = ["id"].into_iter().chain(names).chain(["customers", "share", "revenue", came_back]);
    let medians = profiles.segments.first().map_or(Vec::new(), |s| {
        clustered(s)
            .map(|f| said!("mediana de {}", "median {}", with_unit(&f.name, f.unit)))
            .collect::<Vec<_>>()
    });
    let header: Vec<&str> = fixed.chain(medians.iter().map(String::as_str)).collect();
    let numbers: Vec<usize> = std::iter::once(0).chain(1 + languages().len()..header.len()).collect();
    let rows: Vec<Vec<String>> = profiles.segments.iter().map(row).collect();
    Html::table(&header, &numbers, &rows, "")
}

fn name_in(language: Language, name: &Localized) -> &str {
    if language == Language::En { &name.en } else { &name.pt_br }
}

fn heading_in(language: Language) -> &'static str {
    if language == Language::En { "segment" } else { "segmento" }
}

/// A feature as the head of a column.
fn with_unit(name: &str, of: Unit) -> String {
    format!("{} ({})", term(name), unit_of(of))
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
        (low, high) => said!("{} a {}", "{} to {}", low, high),
    };
    let row = |s: &Segment| {
        std::iter::once(localized(&s.name).to_owned())
            .chain(s.features.iter().take(used).map(range))
            .collect::<Vec<_>>()
    };
    let header: Vec<String> = std::iter::once("segment".to_owned())
        .chain(matrix.scalings().iter().map(|s| with_unit(&s.name, s.unit)))
        .collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = profiles.segments.iter().map(row).collect();
    let numbers: Vec<usize> = (1..header.len()).collect();
    Html::table(
        &header,
        &numbers,
        &rows,
        pick(
            "do primeiro ao terceiro quartil: metade do segmento está em cada faixa",
            "from the first to the third quartile: half of the segment lies in each range",
        ),
    )
}

/// The first `rows` customers of a published run, as the service answers them.
pub fn published_customers(run: &Snapshot, rows: usize) -> Html {
    let name =
        |id: u16| run.segments.iter().find(|s| s.id == id).map_or("", |s| localized(&s.name)).to_owned();
    let row = |a: &Assignment| {
        let features = a.features.iter().zip(&run.manifest.features).map(|(&v, f)| feature(v, f.unit));
        let fixed = [a.customer_id.clone(), name(a.segment_id), decimal(f64::from(a.silhouette), 3)];
        fixed.into_iter().chain(features).collect::<Vec<_>>()
    };
    let features = run.manifest.features.iter().map(|f| with_unit(&f.name, f.unit));
    let header: Vec<String> =
        ["customer", "segment", "silhouette"].map(str::to_owned).into_iter().chain(features).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let shown: Vec<Vec<String>> = run.assignments.iter().take(rows).map(row).collect();
    let note = shown_of(shown.len(), run.manifest.customers);
    Html::table(&header, &(2..header.len()).collect::<Vec<_>>(), &shown, &note)
}
