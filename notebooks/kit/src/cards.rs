//! The segments as cards.

use segmentation_lib::record::{ForecastSum, Localized, Segment, Snapshot};

use super::html::{Html, escape};
use crate::language::{integer, languages, money, percent, said, within};
use crate::plots::segment_color;

/// The segments as cards: who they are, what they brought and are expected to bring, what to do.
pub fn segment_cards(run: &Snapshot, currency: &str) -> Html {
    let cards: String = run.segments.iter().map(|segment| card(run, segment, currency)).collect();
    let html = format!("<div style=\"display:flex;flex-wrap:wrap;gap:12px\">{cards}</div>");
    let names: Vec<String> = run.segments.iter().map(|segment| title(&segment.name)).collect();
    Html::raw(html, names.join("\n"))
}

/// A name in every language of the report.
fn title(name: &Localized) -> String {
    languages().iter().map(|language| language.of(name)).collect::<Vec<_>>().join(" · ")
}

fn card(run: &Snapshot, s: &Segment, currency: &str) -> String {
    let paragraphs = languages().iter().map(|&language| {
        let figures = within(language, || figures(run, s, currency));
        let texts = [&figures, language.of(&s.description), language.of(&s.action)];
        let [figures, description, action] = texts.map(escape);
        format!("<p>{figures}</p><p>{description}</p><p><i>{action}</i></p>")
    });
    format!(
        "<div style=\"border-left:6px solid {};padding:8px 12px;width:320px;background:#8881\"><b>{}</b>{}</div>",
        segment_color(s.id),
        escape(&title(&s.name)),
        paragraphs.collect::<String>(),
    )
}

/// What the segment has brought, and what it is expected to bring.
fn figures(run: &Snapshot, s: &Segment, currency: &str) -> String {
    let (customers, share) = (integer(s.customers), percent(s.customer_share));
    let brought = s.known_revenue_share().map_or(String::new(), |of_all| {
        let revenue = money(s.revenue_pennies);
        said!("; receita {} {} ({})", "; revenue {} {} ({})", revenue, currency, percent(of_all))
    });
    let days = run.manifest.forecast.as_ref().map_or(0, |forecast| forecast.horizon_days);
    let expected = s.forecast.as_ref().map_or(String::new(), |sum| expected(sum, days, currency));
    said!("{} clientes ({}){}{}", "{} customers ({}){}{}", customers, share, brought, expected)
}

fn expected(sum: &ForecastSum, days: u32, currency: &str) -> String {
    let purchases = integer(sum.expected_purchases.round() as i64);
    let worth = sum.expected_value_pennies.map_or(String::new(), |pennies| {
        said!(", no valor de {} {}", ", worth {} {}", money(pennies), currency)
    });
    said!(
        "; esperadas em {} dias: {} compras{}",
        "; expected in {} days: {} purchases{}",
        days,
        purchases,
        worth
    )
}

#[cfg(test)]
mod tests {
    use test_support::sample;

    use super::*;
    use crate::language::Language;

    #[test]
    fn a_card_says_what_the_segment_brought_and_is_expected_to_bring() {
        let run = sample::snapshot(300, 1);
        let (segment, cards) = (&run.segments[0], segment_cards(&run, "EUR"));
        let sum = segment.forecast.as_ref().expect("the sample has a forecast");
        let value = money(sum.expected_value_pennies.expect("with money"));
        for text in [&segment.name.pt_br, &segment.description.en, &segment.action.pt_br, &value] {
            assert!(cards.html().contains(&escape(text)), "{text}: {}", cards.html());
        }
        assert!(
            cards.html().contains("expected in 90 days") && cards.html().contains("esperadas em 90 dias")
        );
    }

    #[test]
    fn cards_in_one_language_have_nothing_of_the_other() {
        let run = sample::snapshot(300, 1);
        let cards = within(Language::PtBr, || segment_cards(&run, "EUR"));
        assert!(
            cards.html().contains("clientes (") && !cards.html().contains("customers"),
            "{}",
            cards.html()
        );
    }
}
