//! One page for who decides: what to do with whom, what it is worth, what it may cost, how to know whether it helped.

use segmentation_lib::record::{ForecastSum, Localized, Segment, Snapshot};
use segmentation_lib::wording::{decimal, integer, money, percent, portuguese};

use super::html::{Html, escape};

/// Of a segment, how many are left without a contact so that its effect can be seen.
const HELD_OUT: f64 = 0.1;

/// What a contact is assumed to add to the expected value where its cost is weighed.
const LIFT: f64 = 0.1;

/// Times the average value a head from which on a contact by a person is worth it, and below which only what costs nothing.
const PERSONAL: f64 = 2.0;
const FREE: f64 = 0.5;

/// Standard deviations between "no difference" and one that is found four times in five at a level of 5 % (1.96 + 0.84).
const SEEN: f64 = 2.8;

/// The decision in one sentence, the segments in one table, three risks, what would change the decision; in Portuguese,
/// then in English. Every word with a figure is made of the run's.
pub fn executive(run: &Snapshot, currency: &str) -> Html {
    let page = Page { run, currency };
    let parts = [Language::PtBr, Language::En].map(|language| page.in_language(language));
    let html = parts.iter().map(|(html, _)| html.as_str()).collect::<Vec<_>>().join("<hr>");
    let text = parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n\n");
    Html::raw(html, text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    PtBr,
    En,
}

impl Language {
    fn of(self, text: &Localized) -> &str {
        if self == Self::En { &text.en } else { &text.pt_br }
    }

    /// One of two texts.
    fn pick<T>(self, pt_br: T, en: T) -> T {
        if self == Self::En { en } else { pt_br }
    }

    /// A number of the English wording.
    fn number(self, english: impl AsRef<str>) -> String {
        if self == Self::En { english.as_ref().to_owned() } else { portuguese(english.as_ref()) }
    }
}

struct Page<'a> {
    run: &'a Snapshot,
    currency: &'a str,
}

impl Page<'_> {
    fn in_language(&self, language: Language) -> (String, String) {
        let title = language.pick("Página executiva", "Executive page");
        let decision = self.decision(language);
        let (header, rows) = (self.header(language), self.rows(language));
        let notes =
            [self.notes(language)].into_iter().chain(self.risks(language)).chain([self.changes(language)]);
        let notes: Vec<String> = notes.collect();
        let table = Html::table(
            &header.iter().map(String::as_str).collect::<Vec<_>>(),
            &[1, 2, 3, 4, 5, 7],
            &rows,
            "",
        );
        let items: String = notes.iter().map(|note| format!("<li>{}</li>", escape(note))).collect();
        let html =
            format!("<h3>{title}</h3><p><b>{}</b></p>{}<ul>{items}</ul>", escape(&decision), table.html());
        (html, format!("{title}\n{decision}\n\n{}\n\n{}", table.text(), notes.join("\n")))
    }

    fn forecast(&self) -> Option<&ForecastSum> {
        self.run.manifest.forecast.as_ref().map(|forecast| &forecast.all)
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

    fn decision(&self, language: Language) -> String {
        let Some(first) = self.first() else { return String::new() };
        let n = |text: String| language.number(text);
        let (k, name) = (self.run.segments.len(), language.of(&first.name));
        let (customers, revenue) = (n(percent(first.customer_share)), n(percent(first.revenue_share)));
        let value = self.share_of_expected(first).map(|share| n(percent(share)));
        let days = self.days();
        match (language, value) {
            (Language::PtBr, Some(value)) => format!(
                "Trabalhar os clientes em {k} segmentos, a começar por {name}: {customers} dos clientes, {revenue} da receita, {value} do que se espera nos próximos {days} dias."
            ),
            (Language::PtBr, None) => format!(
                "Trabalhar os clientes em {k} segmentos, a começar por {name}: {customers} dos clientes, {revenue} da receita."
            ),
            (Language::En, Some(value)) => format!(
                "Work the customers in {k} segments, beginning with {name}: {customers} of the customers, {revenue} of the revenue, {value} of what is expected in the next {days} days."
            ),
            (Language::En, None) => format!(
                "Work the customers in {k} segments, beginning with {name}: {customers} of the customers, {revenue} of the revenue."
            ),
        }
    }

    fn share_of_expected(&self, segment: &Segment) -> Option<f64> {
        let all = self.forecast()?.expected_value_pennies.filter(|all| *all > 0)?;
        Some(segment.forecast.as_ref()?.expected_value_pennies? as f64 / all as f64)
    }

    /// Pennies to expect of a customer of the segment.
    fn a_head(sum: &ForecastSum) -> Option<f64> {
        Some(sum.expected_value_pennies? as f64 / sum.customers.max(1) as f64)
    }

    fn header(&self, language: Language) -> Vec<String> {
        let (currency, days) = (self.currency, self.days());
        let names = language.pick(
            [
                "segmento".to_owned(),
                "clientes".to_owned(),
                format!("receita líquida ({currency})"),
                format!("ticket médio ({currency})"),
                "voltaram a comprar (95 %)".to_owned(),
                format!("valor esperado, {days} dias ({currency}; 95 %)"),
                "ação e canal".to_owned(),
                format!("um contato pode custar ({currency})"),
                "como medir".to_owned(),
            ],
            [
                "segment".to_owned(),
                "customers".to_owned(),
                format!("net revenue ({currency})"),
                format!("average order ({currency})"),
                "bought again (95 %)".to_owned(),
                format!("expected value, {days} days ({currency}; 95 %)"),
                "action and channel".to_owned(),
                format!("a contact may cost ({currency})"),
                "how to measure it".to_owned(),
            ],
        );
        names.to_vec()
    }

    fn rows(&self, language: Language) -> Vec<Vec<String>> {
        self.run.segments.iter().map(|segment| self.row(segment, language)).collect()
    }

    fn row(&self, s: &Segment, language: Language) -> Vec<String> {
        let n = |text: String| language.number(text);
        let known = s.known_revenue_share();
        let sum = s.forecast.as_ref();
        vec![
            language.of(&s.name).to_owned(),
            format!("{} ({})", n(integer(s.customers)), n(percent(s.customer_share))),
            known.map_or("–".to_owned(), |share| {
                format!("{} ({})", n(money(s.revenue_pennies)), n(percent(share)))
            }),
            average_order(s)
                .filter(|_| known.is_some())
                .map_or("–".to_owned(), |pennies| n(money(pennies))),
            s.came_back.as_ref().map_or("–".to_owned(), |rate| {
                let [low, high] = [rate.low, rate.high].map(|bound| n(decimal(bound * 100.0, 1)));
                format!("{} ({low} {} {high})", n(percent(rate.share)), language.pick("a", "to"))
            }),
            sum.and_then(|sum| Some((sum.expected_value_pennies?, sum.value_interval_pennies))).map_or(
                "–".to_owned(),
                |(value, interval)| {
                    let bounds = interval.map(|i| {
                        let [low, high] = [i.low, i.high].map(|pennies| n(money(pennies as i64)));
                        format!(" ({low} {} {high})", language.pick("a", "to"))
                    });
                    format!("{}{}", n(money(value)), bounds.unwrap_or_default())
                },
            ),
            format!("{}; {}", language.of(&s.action), self.channel(s, language)),
            sum.and_then(Self::a_head)
                .map_or("–".to_owned(), |pennies| n(money((pennies * LIFT).round() as i64))),
            measured(s, language),
        ]
    }

    /// The channel that the value a head pays for.
    fn channel(&self, segment: &Segment, language: Language) -> &'static str {
        let a_head = |sum: &ForecastSum| Self::a_head(sum);
        let average = self.forecast().and_then(a_head).filter(|average| *average > 0.0);
        let times = segment.forecast.as_ref().and_then(a_head).zip(average).map(|(own, all)| own / all);
        match times {
            Some(times) if times >= PERSONAL => {
                language.pick("contato pessoal, e-mail", "personal contact, e-mail")
            }
            Some(times) if times < FREE => language.pick("somente canais sem custo", "free channels only"),
            _ => language.pick("e-mail, anúncios a quem já comprou", "e-mail, ads to past customers"),
        }
    }

    fn notes(&self, language: Language) -> String {
        let lift = language.number(decimal(LIFT * 100.0, 0));
        language.pick(
            format!(
                "Um contato pode custar {lift} % do valor esperado por cliente: tanto quanto traria se acrescentasse {lift} %; o que ele acrescenta de fato só um grupo de controle mostra. Contato pessoal a partir de {} vezes o valor esperado médio por cliente, só canais sem custo abaixo de {}.",
                language.number(decimal(PERSONAL, 0)),
                language.number(decimal(FREE, 1))
            ),
            format!(
                "A contact may cost {lift} % of the expected value a head: what it would bring if it added {lift} %; what it does add only a control group shows. Personal contact from {} times the average expected value a head on, free channels only below {}.",
                decimal(PERSONAL, 0),
                decimal(FREE, 1)
            ),
        )
    }

    fn risks(&self, language: Language) -> Vec<String> {
        let label = |at: usize| format!("{} {at}: ", language.pick("Risco", "Risk"));
        let risks =
            [self.risk_of_forecast(language), self.risk_of_borders(language), self.risk_of_data(language)];
        risks.into_iter().flatten().enumerate().map(|(at, risk)| label(at + 1) + &risk).collect()
    }

    fn risk_of_forecast(&self, language: Language) -> Option<String> {
        let trial = self.run.manifest.forecast.as_ref()?.model.trial.as_ref()?;
        let off = trial.scores.first()?.bias?;
        let share = language.number(percent(off.abs()));
        let (less, more) = language.pick(("a menos", "a mais"), ("too few", "too many"));
        let side = if off < 0.0 { less } else { more };
        let actual = language.number(integer(trial.actual));
        Some(language.pick(
            format!("a previsão erra. Testada de {} a {}, ela esperava {share} de compras {side} que as {actual} que vieram; épocas do ano e campanhas não estão nela.", trial.cut_off, trial.end),
            format!("the forecast is off. Tried from {} to {}, it expected {share} {side} purchases beside the {actual} that came; seasons and campaigns are not in it.", trial.cut_off, trial.end),
        ))
    }

    fn risk_of_borders(&self, language: Language) -> Option<String> {
        let recovery = self.run.manifest.candidates.iter().find(|c| c.chosen)?.recovery.as_ref()?;
        let (refits, weakest) = (language.number(decimal(recovery.refits_mean, 3)), recovery.weakest()?);
        let weakest = language.number(decimal(weakest, 2));
        Some(language.pick(
            format!("quem está perto de um limite poderia estar no segmento vizinho. Sem 1 % dos clientes, novos ajustes concordam com índice de Rand ajustado {refits}; o segmento mais fraco reaparece com Jaccard médio {weakest}."),
            format!("who stands near a border could as well be in the next segment. Without 1 % of the customers new fits agree with an adjusted Rand index of {refits}; the weakest segment comes back with a mean Jaccard similarity of {weakest}."),
        ))
    }

    fn risk_of_data(&self, language: Language) -> Option<String> {
        let manifest = &self.run.manifest;
        let (input, kept) = (manifest.ledger.first()?, manifest.ledger.last()?);
        let share = language.number(percent(kept.rows as f64 / input.rows.max(1) as f64));
        let source = &manifest.source;
        let day = |moment: &str| moment.get(..10).unwrap_or(moment).to_owned();
        let (first, last) = (day(&source.first_transaction), day(&source.last_transaction));
        Some(language.pick(
            format!("os dados são um recorte: compras de {first} a {last}, {share} das linhas ficam depois da limpeza; quem compra sem se identificar não está em segmento algum."),
            format!("the data are an excerpt: purchases from {first} to {last}, {share} of the lines remain after cleaning; who buys without being known is in no segment."),
        ))
    }

    fn changes(&self, language: Language) -> String {
        let manifest = &self.run.manifest;
        let kept = manifest.foresight.as_ref().and_then(segmentation_lib::record::Foretold::kept);
        let kept = kept.map(|share| language.number(percent(share)));
        match (language, kept) {
            (Language::PtBr, Some(kept)) => format!("O que mudaria a decisão: segmentos que prevejam claramente mais que {kept} do melhor modelo por cliente; um ajuste (`segment refit --dry-run`) em que muitos mudem de segmento; um aviso de deriva na execução noturna."),
            (Language::PtBr, None) => "O que mudaria a decisão: um ajuste (`segment refit --dry-run`) em que muitos mudem de segmento; um aviso de deriva na execução noturna.".to_owned(),
            (Language::En, Some(kept)) => format!("What would change the decision: segments that foretell clearly more than {kept} of the best model of each customer; a refit (`segment refit --dry-run`) in which many change segment; a warning of drift in a nightly run."),
            (Language::En, None) => "What would change the decision: a refit (`segment refit --dry-run`) in which many change segment; a warning of drift in a nightly run.".to_owned(),
        }
    }
}

/// Net revenue over purchases, in pennies; none where nobody purchased.
fn average_order(segment: &Segment) -> Option<i64> {
    let frequency = segment.features.iter().find(|f| f.name == "frequency")?;
    let purchases = frequency.mean * segment.customers as f64;
    (purchases > 0.5).then(|| (segment.revenue_pennies as f64 / purchases).round() as i64)
}

/// The smallest difference in the share who buy again that a control group shows four times in five.
fn measured(segment: &Segment, language: Language) -> String {
    let Some(rate) = &segment.came_back else { return "–".to_owned() };
    let customers = segment.customers as f64;
    let variance = rate.share * (1.0 - rate.share);
    let groups = 1.0 / (HELD_OUT * customers) + 1.0 / ((1.0 - HELD_OUT) * customers);
    let points = language.number(decimal(100.0 * SEEN * (variance * groups).sqrt(), 1));
    let held_out = language.number(integer((HELD_OUT * customers).round() as u64));
    language.pick(
        format!(
            "{held_out} clientes sem contato; vê-se uma diferença a partir de {points} pontos percentuais"
        ),
        format!(
            "{held_out} customers without contact; a difference is seen from {points} percentage points on"
        ),
    )
}

#[cfg(test)]
mod tests {
    use test_support::sample;

    use super::*;

    #[test]
    fn the_page_says_in_both_languages_what_the_run_says() {
        let run = sample::snapshot(300, 1);
        let page = executive(&run, "EUR");
        let first = &run.segments[0];
        for name in [&first.name.en, &first.name.pt_br, &first.action.en, &first.action.pt_br] {
            assert!(page.text().contains(name.as_str()), "{name}: {}", page.text());
        }
        assert!(page.text().contains(&percent(first.customer_share)));
        assert!(page.html().contains("Página executiva") && page.html().contains("Executive page"));
        assert!(page.text().contains("Risk 3: ") && !page.html().contains("NaN"), "{}", page.html());
    }

    #[test]
    fn what_a_run_does_not_know_is_left_out_and_not_made_up() {
        let mut run = sample::snapshot(300, 1);
        (run.manifest.forecast, run.manifest.foresight) = (None, None);
        for segment in &mut run.segments {
            (segment.forecast, segment.came_back) = (None, None);
        }
        let page = executive(&run, "EUR");
        assert!(
            page.text().contains("–") && !page.text().contains("expected in the next"),
            "{}",
            page.text()
        );
        assert!(!page.text().contains("Risk 3: "), "{}", page.text());
    }
}
