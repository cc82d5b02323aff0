//! What a notebook found in these data: sentences made of its figures, in Portuguese and English.
//!
//! What the data do not hold is not spoken of.

use polars::prelude::{DataFrame, DataType, PolarsResult};
use segmentation_lib::features::{CustomerTable, FEATURES, FeaturesError};
use segmentation_lib::pipeline::Run;
use segmentation_lib::record::{DecisionSheet, Snapshot};
use segmentation_lib::replay::Movement;
use segmentation_lib::selection::Selection;
use segmentation_lib::transactions::{Rules, Transactions};
use segmentation_lib::wording::{agreeing, decimal, integer, money, percent, portuguese};

use super::figures::figure;
use super::html::{Html, escape};
use crate::explore::{Agreements, Cohorts, Concentration, Correlations, MonthEnds, Section};
use crate::language::{Language, languages, month, term, within};

mod expectations;

pub use expectations::forecast;

/// Sentences in both languages, in pairs.
struct Sentences(Vec<[String; 2]>);

impl Sentences {
    fn say(&mut self, pt_br: String, en: String) {
        self.0.push([pt_br, en]);
    }

    fn html(self) -> Html {
        let parts: Vec<(String, String)> =
            languages().iter().map(|&language| self.in_language(language)).collect();
        let text: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
        Html::raw(parts.iter().map(|(html, _)| html.as_str()).collect(), text.join("\n\n"))
    }
}

impl Sentences {
    /// As HTML and as text, under a heading.
    fn in_language(&self, language: Language) -> (String, String) {
        let (heading, place) = if language == Language::En { ("Summary", 1) } else { ("Resumo", 0) };
        let items: String = self.0.iter().map(|pair| format!("<li>{}</li>", escape(&pair[place]))).collect();
        let lines: String = self.0.iter().map(|pair| format!("\n- {}", pair[place])).collect();
        (format!("<h4>{heading}</h4><ul>{items}</ul>"), format!("{heading}{lines}"))
    }
}

/// A number of the English wording in the Portuguese one.
fn pt(english: impl AsRef<str>) -> String {
    portuguese(english.as_ref())
}

fn texts(frame: &DataFrame, column: &str) -> PolarsResult<Vec<String>> {
    let column = frame.column(column)?.cast(&DataType::String)?;
    Ok(column.str()?.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
}

/// The row with the largest value of a column, and that value.
fn top(frame: &DataFrame, column: &str) -> PolarsResult<Option<(usize, f64)>> {
    let values = frame.column(column)?.cast(&DataType::Float64)?;
    let known = values.f64()?.iter().enumerate().filter_map(|(row, value)| Some((row, value?)));
    Ok(known.max_by(|a, b| a.1.total_cmp(&b.1)))
}

/// What notebook 1 looked at.
pub struct Records<'a> {
    /// What was read.
    pub transactions: &'a Transactions,
    /// From [`crate::explore::sales_by_month`].
    pub months: &'a DataFrame,
    /// From [`crate::explore::countries`].
    pub countries: &'a Section<DataFrame>,
    /// From [`crate::explore::returns_by_month`].
    pub returns: &'a Section<DataFrame>,
    /// From [`crate::explore::concentration`].
    pub concentration: &'a Concentration,
    /// From [`crate::explore::cohorts`].
    pub cohorts: &'a Cohorts,
    /// The currency of the amounts.
    pub currency: &'a str,
}

/// What the records hold: notebook 1.
pub fn records(seen: &Records<'_>) -> PolarsResult<Html> {
    let (read, currency) = (seen.transactions, seen.currency);
    let mut found = Sentences(Vec::new());
    let lines = &read.ledger().lines;
    let input = lines.first().map_or(0, |line| line.rows);
    let kept = percent(read.rows() as f64 / input.max(1) as f64);
    let (first, last) = (read.first().date(), read.last().date());
    found.say(
        format!(
            "De {} linhas, {} ({}) ficam depois da limpeza: compras de {} clientes, de {} a {}.",
            pt(integer(input)),
            pt(integer(read.rows())),
            pt(&kept),
            pt(integer(read.customers())),
            first.format("%d/%m/%Y"),
            last.format("%d/%m/%Y"),
        ),
        format!(
            "Of {} rows, {} ({kept}) are left after cleaning: purchases of {} customers, {first} to {last}.",
            integer(input),
            integer(read.rows()),
            integer(read.customers()),
        ),
    );
    let inner = lines.len().saturating_sub(1).max(1);
    if let Some(line) = lines[1..inner].iter().max_by_key(|line| line.rows).filter(|line| line.rows > 0) {
        let rule = Rules::all().iter().find(|info| info.rule.name() == line.rule.name());
        let name = line.rule.name();
        let why = rule.map_or((name, name), |rule| (rule.pt_br, rule.en));
        let nome = within(Language::PtBr, || term(name));
        let amount = money(line.amount_pennies);
        found.say(
            format!(
                "A regra que mais retira é “{nome}” ({}): {} linhas, {} {currency}.",
                why.0,
                pt(integer(line.rows)),
                pt(&amount)
            ),
            format!(
                "The rule that removes most is {name} ({}): {} rows, {amount} {currency}.",
                why.1,
                integer(line.rows)
            ),
        );
    }
    if let Some((row, pennies)) = top(seen.months, "revenue_pennies")? {
        let best = &texts(seen.months, "month")?[row];
        let [mes, named] = [Language::PtBr, Language::En].map(|language| within(language, || month(best)));
        let amount = money(pennies as i64);
        found.say(
            format!("O mês de maior receita líquida é {mes}, com {} {currency}.", pt(&amount)),
            format!("The month of the highest net revenue is {named}, with {amount} {currency}."),
        );
    }
    if let Some(countries) = seen.countries.present() {
        let (name, share) =
            (&texts(countries, "country")?[0], percent(figure(countries, "revenue_share", 0)?));
        let others = countries.height() - 1;
        found.say(
            format!("{name} traz {} da receita; os outros {others} países, o restante.", pt(&share)),
            format!("{name} brings {share} of the revenue, the other {others} countries the rest."),
        );
    }
    if let Some(returns) = seen.returns.present() {
        let sum = |name: &str| {
            returns.column(name)?.cast(&DataType::Float64)?.f64().map(|c| c.iter().flatten().sum::<f64>())
        };
        let share = percent(sum("returned_pennies")? / sum("sold_pennies")?.max(1.0));
        found.say(
            format!("{} do valor vendido foi devolvido ou cancelado.", pt(&share)),
            format!("{share} of what was sold was returned or cancelled."),
        );
    }
    let best = percent(1.0 - seen.concentration.revenue_of_the_first(0.9));
    let gini = decimal(seen.concentration.gini, 2);
    found.say(
        format!("O melhor décimo dos clientes traz {} da receita (Gini {}).", pt(&best), pt(&gini)),
        format!("The best tenth of the customers bring {best} of the revenue (Gini {gini})."),
    );
    let back = percent(seen.cohorts.back_after(1));
    found.say(
        format!("{} dos clientes compram de novo no mês seguinte ao da primeira compra.", pt(&back)),
        format!("{back} of the customers purchase again in the month after their first purchase."),
    );
    Ok(found.html())
}

/// What notebook 2 found of the features. `outliers`, `scaled` and `dated` are the tables of its trials, whose second
/// rows (of `scaled` the fourth) are: no cut of the tails, no logarithm, a date 30 days later.
pub fn features(
    table: &CustomerTable,
    correlations: &Correlations,
    [outliers, scaled, dated]: [&DataFrame; 3],
) -> Result<Html, FeaturesError> {
    let mut found = Sentences(Vec::new());
    let count = table.len() as f64;
    let once = percent(table.values("frequency")?.iter().filter(|n| **n == 1.0).count() as f64 / count);
    found.say(
        format!(
            "{} clientes, {} atributos; {} compraram uma única vez.",
            pt(integer(table.len() as u64)),
            table.available().len(),
            pt(&once)
        ),
        format!(
            "{} customers, {} features; {once} purchased only once.",
            integer(table.len() as u64),
            table.available().len()
        ),
    );
    let median = |name: &str| -> Result<f64, FeaturesError> {
        let mut values = table.values(name)?;
        values.sort_by(f64::total_cmp);
        Ok(segmentation_lib::matrix::quantile(&values, 0.5))
    };
    let (days, purchases) = (median("recency")?, median("frequency")?);
    let times = |one, many| agreeing(purchases as u64, one, many);
    found.say(
        format!(
            "O cliente mediano comprou pela última vez há {days:.0} dias e fez {purchases:.0} {}.",
            times("compra", "compras")
        ),
        format!(
            "The median customer last purchased {days:.0} days ago and made {purchases:.0} {}.",
            times("purchase", "purchases")
        ),
    );
    if let Some((a, b, value)) = correlations.strongest() {
        let value = decimal(value, 2);
        found.say(
            format!(
                "O par de atributos mais redundante é {} e {}: correlação de postos {}.",
                in_portuguese(a),
                in_portuguese(b),
                pt(&value)
            ),
            format!("The most redundant pair is {a} and {b}: rank correlation {value}."),
        );
    }
    let changes = [
        (outliers, 1, "sem cortar as caudas", "without cutting the tails"),
        (scaled, 3, "sem logaritmo", "without the logarithm"),
        (dated, 1, "com a data de referência 30 dias depois", "with the reference date 30 days later"),
    ];
    for (frame, row, pt_br, en) in changes {
        let index = figure(frame, "agreement", row)?;
        let text = decimal(index, 2);
        found.say(
            format!("Concordância com os segmentos padrão {pt_br}: {} (1 = iguais, 0 = acaso).", pt(&text)),
            format!("Agreement with the standard segments {en}: {text} (1 is the same, 0 is chance)."),
        );
    }
    Ok(found.html())
}

/// The Portuguese label of a feature, small as within a sentence.
fn in_portuguese(label: &str) -> String {
    let feature = FEATURES.iter().find(|feature| feature.label == label);
    feature.map_or(label, |feature| feature.label_pt_br).to_lowercase()
}

/// What notebook 3 decided. `by_linfa` is the adjusted Rand index of linfa's k-means with the chosen segments.
pub fn clustering(
    selection: &Selection,
    sheet: &DecisionSheet,
    agreements: &Agreements,
    by_linfa: f64,
) -> Html {
    let mut found = Sentences(Vec::new());
    found.say(selection.reason.pt_br.clone(), selection.reason.en.clone());
    found.say(sheet.summary.pt_br.clone(), sheet.summary.en.clone());
    let own = agreements.algorithms.iter().position(|&algorithm| algorithm == selection.chosen().algorithm);
    let best = own.and_then(|own| {
        let others = (0..agreements.algorithms.len()).filter(|&other| other != own);
        let best = others.max_by(|&a, &b| agreements.values[own][a].total_cmp(&agreements.values[own][b]))?;
        Some((agreements.algorithms[best], agreements.values[own][best]))
    });
    if let Some((nearest, index)) = best {
        let (k, text) = (agreements.k, decimal(index, 2));
        found.say(
            format!(
                "Com k = {k}, o algoritmo mais próximo do escolhido é {}: índice de Rand ajustado {}.",
                nearest.em_portugues(),
                pt(&text)
            ),
            format!(
                "With k = {k} the algorithm nearest to the chosen one is {}: adjusted Rand index {text}.",
                nearest.label()
            ),
        );
    }
    let text = decimal(by_linfa, 2);
    found.say(
        format!(
            "O k-means da linfa, com o mesmo k, encontra os mesmos grupos com índice de Rand ajustado {}.",
            pt(&text)
        ),
        format!(
            "linfa's k-means with the same k finds the same groups with an adjusted Rand index of {text}."
        ),
    );
    found.html()
}

/// Who the segments are, what they foretold, and which assumption they depend on most: notebook 4. `sensitivity` is from
/// [`crate::explore::sensitivity`], its first row the decision itself.
pub fn segments(
    run: &Run,
    movement: &Movement,
    outcome: &DataFrame,
    sensitivity: &DataFrame,
) -> PolarsResult<Html> {
    let mut found = Sentences(Vec::new());
    for segment in &run.profiles.segments {
        let (customers, share) = (integer(segment.customers), percent(segment.customer_share));
        let revenue = segment.known_revenue_share().map(percent);
        let in_portuguese =
            revenue.as_ref().map_or(String::new(), |share| format!(", {} da receita", pt(share)));
        let in_english = revenue.as_ref().map_or(String::new(), |share| format!(", {share} of the revenue"));
        found.say(
            format!("{}: {} clientes ({}){}.", segment.name.pt_br, pt(&customers), pt(&share), in_portuguese),
            format!("{}: {customers} customers ({share}){}.", segment.name.en, in_english),
        );
    }
    let stayed = percent(movement.stayed());
    found.say(
        format!("{} dos clientes já conhecidos naquele dia continuam no mesmo segmento.", pt(&stayed)),
        format!("{stayed} of the customers known on the earlier day are in the same segment now."),
    );
    if let Some((row, lift)) = top(outcome, "lift")? {
        let name = &texts(outcome, "segment")?[row];
        let in_portuguese = run.profiles.segments.iter().find(|s| s.name.en == *name);
        let text = decimal(lift, 1);
        found.say(
            format!(
                "Depois do corte, {} gastaram {} vezes o cliente médio.",
                in_portuguese.map_or(name.as_str(), |s| s.name.pt_br.as_str()),
                pt(&text)
            ),
            format!("After the cut-off, {name} spent {text} times as much as the average customer."),
        );
    }
    if let Some((assumption, least)) = least_agreement(sensitivity)? {
        let text = decimal(least, 2);
        let in_portuguese = within(Language::PtBr, || term(&assumption).into_owned());
        found.say(
            format!(
                "Das premissas testadas, a que mais muda os segmentos é “{in_portuguese}”: concordância de {} no pior caso (1 = iguais, 0 = acaso).",
                pt(&text)
            ),
            format!(
                "Of the assumptions tried the segments depend most on this: {assumption}, with an agreement of {text} at worst (1 is the same, 0 is chance)."
            ),
        );
    }
    Ok(found.html())
}

/// The assumption under which the segments agree least with those published, and how far; the first row is these.
fn least_agreement(sensitivity: &DataFrame) -> PolarsResult<Option<(String, f64)>> {
    let assumptions = texts(sensitivity, "assumption")?;
    let agreement = sensitivity.column("agreement")?.cast(&DataType::Float64)?;
    let known = assumptions.into_iter().zip(agreement.f64()?.iter()).skip(1);
    let known = known.filter_map(|(assumption, index)| Some((assumption, index?)));
    Ok(known.min_by(|a, b| a.1.total_cmp(&b.1)))
}

/// What notebook 5 published, and who changed segment in a month.
pub fn published(run: &Snapshot, ends: &Section<MonthEnds>) -> Html {
    let mut found = Sentences(Vec::new());
    let (customers, segments) = (integer(run.manifest.customers), run.segments.len());
    let digest = &run.manifest.content_sha256[..12];
    found.say(
        format!("Foram publicados {} clientes em {segments} segmentos, conteúdo {digest}; a API responde por eles.", pt(&customers)),
        format!("Published: {customers} customers in {segments} segments, content {digest}; the API answers for them."),
    );
    if let Some(ends) = ends.present() {
        let [then, now] = ends.days;
        let (moved, came) = (integer(ends.movement.moved), integer(ends.movement.came));
        let known = ends.movement.customers.saturating_sub(ends.movement.came);
        let share = percent(ends.movement.moved as f64 / known.max(1) as f64);
        found.say(
            format!(
                "De {} a {}, {} de {} clientes ({}) mudaram de segmento; clientes que chegaram: {}.",
                then.format("%d/%m/%Y"),
                now.format("%d/%m/%Y"),
                pt(&moved),
                pt(integer(known)),
                pt(&share),
                pt(&came)
            ),
            format!(
                "From {then} to {now}, {moved} of {} customers ({share}) changed segment; customers who came: {came}.",
                integer(known)
            ),
        );
    }
    found.html()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::{self, sample::shop};

    #[test]
    fn sentences_come_in_both_languages_and_cannot_bring_markup() {
        let mut found = Sentences(Vec::new());
        found.say(format!("{} clientes", pt("1,234.5")), "<b>".to_owned());
        let html = found.html();
        assert_eq!(html.text(), "Resumo\n- 1.234,5 clientes\n\nSummary\n- <b>");
        assert!(html.html().contains("<li>&lt;b&gt;</li>"), "{}", html.html());
    }

    #[test]
    fn the_assumption_that_matters_most_is_not_the_decision_itself() {
        let tried = polars::df!(
            "assumption" => ["decision", "k", "cut-off date", "seed"], "agreement" => [Some(0.1), Some(0.5), Some(0.27), None]
        );
        let least = least_agreement(&tried.expect("columns of one length")).expect("the columns are there");
        assert_eq!(least, Some(("cut-off date".to_owned(), 0.27)));
    }

    #[test]
    fn who_changed_segment_is_counted_where_two_months_are_whole() {
        let run = test_support::sample::snapshot(300, 1);
        let skipped = published(&run, &Section::Skipped("no months")).text().to_owned();
        assert!(
            skipped.contains("Published: 308 customers") && !skipped.contains("changed segment"),
            "{skipped}"
        );
        let shop = [explore::sample::file()];
        let (pipeline, silent) =
            (segmentation_lib::pipeline::Pipeline::default(), segmentation_lib::progress::Progress::silent());
        let run = pipeline.run(&shop, &silent).expect("segments").snapshot;
        let ends = explore::month_ends(&pipeline, &run, &shop, &silent).expect("two runs");
        let text = published(&run, &ends).text().to_owned();
        assert!(
            text.contains("From 2013-10-31 to 2013-11-30, ") && text.contains("mudaram de segmento"),
            "{text}"
        );
    }

    #[test]
    fn what_the_data_do_not_hold_is_not_spoken_of() {
        let transactions = shop();
        let months = explore::sales_by_month(transactions.frame()).expect("months");
        let countries = Section::Skipped("this data has no country column");
        let returns = Section::Skipped("nothing was returned");
        let table = CustomerTable::compute(&transactions, None).expect("customers");
        let seen = Records {
            transactions: &transactions,
            months: &months,
            countries: &countries,
            returns: &returns,
            concentration: &explore::concentration(&table.revenue_pennies().expect("money")),
            cohorts: &explore::cohorts(transactions.frame()).expect("cohorts"),
            currency: "EUR",
        };
        let text = records(&seen).expect("sentences").text().to_owned();
        assert!(
            text.contains("compras de 60 clientes") && text.contains("purchases of 60 customers"),
            "{text}"
        );
        assert!(!text.contains("countries") && !text.contains("returned"), "{text}");
    }
}
