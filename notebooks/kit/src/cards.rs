//! The segments as cards.

use segmentation_lib::card::{Card, CardLine, cards};
use segmentation_lib::record::{Localized, Snapshot};

use super::html::{Html, escape};
use crate::language::{Language, languages};
use crate::plots::segment_color;

/// The cards of a run's segments.
pub(crate) fn cards_of(run: &Snapshot) -> Vec<Card> {
    cards(&run.manifest, &run.segments, run.assignments.iter().map(Into::into))
}

/// The segments as cards, the same that program, service and page show.
pub fn segment_cards(run: &Snapshot) -> Html {
    let cards = cards_of(run);
    let html: String = cards.iter().map(card).collect();
    let html = format!("<div style=\"display:flex;flex-wrap:wrap;gap:12px\">{html}</div>");
    let names: Vec<String> = cards.iter().map(|card| title(&card.name)).collect();
    Html::raw(html, names.join("\n"))
}

/// A name in every language of the report.
fn title(name: &Localized) -> String {
    languages().iter().map(|language| language.of(name)).collect::<Vec<_>>().join(" · ")
}

fn card(card: &Card) -> String {
    let lists: String = languages().iter().map(|&language| list(card, language)).collect();
    format!(
        "<div class=\"segment-card\" style=\"border-left:6px solid {};padding:8px 12px;width:420px;background:#8881\"><b>{}</b>{lists}</div>",
        segment_color(card.segment_id),
        escape(&title(&card.name)),
    )
}

/// A card's lines in one language.
fn list(card: &Card, language: Language) -> String {
    let line = |CardLine { label, text, .. }: &CardLine| {
        let [label, text] = [label, text].map(|both| escape(language.of(both)));
        format!("<li><b>{label}</b>: {text}</li>")
    };
    let lines: String = card.lines.iter().map(line).collect();
    format!("<ul style=\"padding-left:16px\">{lines}</ul>")
}

#[cfg(test)]
mod tests {
    use test_support::sample;

    use super::*;
    use crate::language::within;

    #[test]
    fn a_card_has_every_line_of_the_library_in_both_languages() {
        let run = sample::snapshot(300, 1);
        let cards = segment_cards(&run);
        for line in cards_of(&run).iter().flat_map(|card| &card.lines) {
            for text in [&line.label.en, &line.label.pt_br, &line.text.en, &line.text.pt_br] {
                assert!(cards.html().contains(&escape(text)), "{text}: {}", cards.html());
            }
        }
    }

    #[test]
    fn cards_in_one_language_have_nothing_of_the_other() {
        let run = sample::snapshot(300, 1);
        let cards = within(Language::PtBr, || segment_cards(&run));
        assert!(
            cards.html().contains("o que fazer") && !cards.html().contains("what to do"),
            "{}",
            cards.html()
        );
    }
}
