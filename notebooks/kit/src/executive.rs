//! One page for who decides: what to do with whom, what it is worth, what it may cost, how to know whether it helped.

mod notes;

use segmentation_lib::card::{Card, ContactCost};
use segmentation_lib::record::{CameBack, ForecastSum, Segment, Snapshot};

use super::html::{Html, escape};
use crate::cards::cards_of;
use crate::explore::Section;
use crate::language::{Language, decimal, integer, languages, localized, money, percent, pick, said, within};

/// The decision in one sentence, the segments in one table, three risks, what would change the decision. Every word
/// with a figure is made of the run's. Skipped in a language that the report is not in.
pub fn executive(run: &Snapshot, currency: &str, language: Language) -> Section<Html> {
    in_report(language, || Page { run, currency }.html())
}

/// What belongs to a page in one language.
pub(crate) fn in_report<T>(language: Language, make: impl FnOnce() -> T) -> Section<T> {
    if languages().contains(&language) {
        Section::Present(within(language, make))
    } else {
        Section::Skipped(pick("o relatório está em português", "the report is in English"))
    }
}

struct Page<'a> {
    run: &'a Snapshot,
    currency: &'a str,
}

impl Page<'_> {
    fn html(&self) -> Html {
        let title = pick("Página executiva", "Executive page");
        let (decision, notes) = (self.decision(), self.notes());
        let header = self.header();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let rows: Vec<Vec<String>> = cards_of(self.run).iter().map(row).collect();
        let table = Html::table(&header, &[1, 2, 3, 4, 5, 7], &rows, "");
        let items: String = notes.iter().map(|note| format!("<li>{}</li>", escape(note))).collect();
        let html = format!(
            "<section class=\"executive\" lang=\"{}\"><h3>{title}</h3><p><b>{}</b></p>{}<ul>{items}</ul></section>",
            pick("pt-BR", "en"),
            escape(&decision),
            table.html()
        );
        Html::raw(html, format!("{title}\n{decision}\n\n{}\n\n{}", table.text(), notes.join("\n")))
    }

    fn days(&self) -> u32 {
        self.run.manifest.forecast.as_ref().map_or(0, |forecast| forecast.horizon_days)
    }

    /// The segment that is expected to bring most, or brought most where nothing is forecast.
    fn first(&self) -> Option<&Segment> {
        let brings = |s: &Segment| {
            s.forecast.as_ref().and_then(|sum| sum.expected_value_pennies).unwrap_or(s.revenue_pennies)
        };
        self.run.segments.iter().max_by_key(|segment| brings(segment))
    }

    fn decision(&self) -> String {
        let Some(first) = self.first() else { return String::new() };
        let expected = share_of_expected(self.run, first).map_or(String::new(), |share| {
            said!(
                ", {} do que se espera nos próximos {} dias",
                ", {} of what is expected in the next {} days",
                percent(share),
                self.days()
            )
        });
        said!(
            "Tratar os clientes em {} segmentos, a começar por “{}”: {} dos clientes, {} da receita{}.",
            "Treat the customers as {} segments, beginning with {}: {} of the customers, {} of the revenue{}.",
            self.run.segments.len(),
            localized(&first.name),
            percent(first.customer_share),
            percent(first.revenue_share),
            expected
        )
    }

    fn header(&self) -> [String; 9] {
        let (currency, days) = (self.currency, self.days());
        [
            pick("segmento", "segment").to_owned(),
            pick("clientes", "customers").to_owned(),
            said!("receita líquida ({})", "net revenue ({})", currency),
            said!("ticket médio ({})", "average order ({})", currency),
            pick("voltaram a comprar (95 %)", "bought again (95 %)").to_owned(),
            said!("valor esperado, {} dias ({}; 95 %)", "expected value, {} days ({}; 95 %)", days, currency),
            pick("ação e canal", "action and channel").to_owned(),
            said!(
                "um contato pode custar até ({}, vezes a margem)",
                "a contact may cost up to ({}, times the margin)",
                currency
            ),
            pick("como medir", "how to measure it").to_owned(),
        ]
    }
}

/// A segment's card as a row: what its columns are called stands above them.
fn row(card: &Card) -> Vec<String> {
    let said = |key: &str| card.line(key).map(|line| localized(&line.text).to_owned());
    let revenue = |(pennies, share)| format!("{} ({})", units(pennies as f64), percent(share));
    vec![
        localized(&card.name).to_owned(),
        format!("{} ({})", integer(card.customers), percent(card.customer_share)),
        card.revenue_pennies.zip(card.revenue_share).map_or_else(none, revenue),
        card.average_order_pennies.map_or_else(none, money),
        card.came_back.as_ref().map_or_else(none, bought_again),
        card.forecast.as_ref().map_or_else(none, expected_value),
        [said("action"), said("channel")].into_iter().flatten().collect::<Vec<_>>().join("; "),
        card.contact_cost.as_ref().map_or_else(|| without_cost(card), contact_cost),
        said("measurement").unwrap_or_else(none),
    ]
}

/// The amount alone; where a campaign showed no effect it is nothing.
fn contact_cost(cost: &ContactCost) -> String {
    money(cost.pennies.unwrap_or(0))
}

/// Without an amount a contact may cost nothing, unless it is not known what the customers are worth.
fn without_cost(card: &Card) -> String {
    match card.line("channel") {
        Some(_) => pick("nada", "nothing").to_owned(),
        None => none(),
    }
}

/// What stands where nothing is known.
fn none() -> String {
    "–".to_owned()
}

/// Pennies in whole currency units: sums that somebody decides by need no cents.
fn units(pennies: f64) -> String {
    integer((pennies / 100.0).round() as i64)
}

/// The share of the value that all customers are expected to bring.
pub(crate) fn share_of_expected(run: &Snapshot, segment: &Segment) -> Option<f64> {
    let all = run.manifest.forecast.as_ref()?.all.expected_value_pennies.filter(|all| *all > 0)?;
    Some(segment.forecast.as_ref()?.expected_value_pennies? as f64 / all as f64)
}

fn bought_again(rate: &CameBack) -> String {
    let [low, high] = [rate.low, rate.high].map(|bound| decimal(bound * 100.0, 1));
    said!("{} ({} a {})", "{} ({} to {})", percent(rate.share), low, high)
}

fn expected_value(sum: &ForecastSum) -> String {
    let Some(value) = sum.expected_value_pennies else { return none() };
    let bounds = sum.value_interval_pennies.map_or(String::new(), |interval| {
        let [low, high] = [interval.low, interval.high].map(units);
        said!(" ({} a {})", " ({} to {})", low, high)
    });
    format!("{}{bounds}", units(value as f64))
}

#[cfg(test)]
mod tests {
    use test_support::sample;

    use super::*;

    fn page(run: &Snapshot, language: Language) -> Html {
        match executive(run, "EUR", language) {
            Section::Present(page) => page,
            Section::Skipped(reason) => panic!("{reason}"),
        }
    }

    #[test]
    fn the_page_says_in_each_language_what_the_run_says() {
        let run = sample::snapshot(300, 1);
        let first = &run.segments[0];
        let [portuguese, english] = [Language::PtBr, Language::En].map(|language| page(&run, language));
        for (name, page) in [
            (&first.name.en, &english),
            (&first.action.en, &english),
            (&first.name.pt_br, &portuguese),
            (&first.action.pt_br, &portuguese),
        ] {
            assert!(page.text().contains(name.as_str()), "{name}: {}", page.text());
        }
        assert!(english.text().contains(&percent(first.customer_share)));
        assert!(portuguese.html().contains("Página executiva") && english.html().contains("Executive page"));
        assert!(english.text().contains("Risk 3: ") && !english.html().contains("NaN"), "{}", english.html());
    }

    #[test]
    fn what_may_cost_nothing_is_told_from_what_is_not_known() {
        let mut run = sample::snapshot(300, 1);
        for (at, segment) in run.segments.iter_mut().enumerate() {
            let sum = segment.forecast.as_mut().expect("the sample has a forecast");
            sum.expected_value_pennies = Some(if at == 0 { 1_000_000_000 } else { 1 });
        }
        let rows: Vec<Vec<String>> = cards_of(&run).iter().map(row).collect();
        assert_eq!((rows[1][7].as_str(), rows[1][6].ends_with("free channels only")), ("nothing", true));
        run.manifest.forecast = None;
        run.segments.iter_mut().for_each(|segment| segment.forecast = None);
        assert_eq!(row(&cards_of(&run)[1])[7], "–");
    }

    #[test]
    fn a_report_in_one_language_has_the_page_in_it_alone() {
        let run = sample::snapshot(300, 1);
        let english = within(Language::PtBr, || executive(&run, "EUR", Language::En));
        assert_eq!(english, Section::Skipped("o relatório está em português"));
    }

    #[test]
    fn what_a_run_does_not_know_is_left_out_and_not_made_up() {
        let mut run = sample::snapshot(300, 1);
        (run.manifest.forecast, run.manifest.foresight) = (None, None);
        for segment in &mut run.segments {
            (segment.forecast, segment.came_back) = (None, None);
        }
        let text = page(&run, Language::En).text().to_owned();
        assert!(text.contains("–") && !text.contains("expected in the next"), "{text}");
        assert!(!text.contains("Risk 3: "), "{text}");
    }
}
