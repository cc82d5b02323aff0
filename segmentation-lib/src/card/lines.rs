//! A card in words of both languages.

use super::{Card, CardLine, CostBasis, Distinguishing, Measurement, Subject};
use crate::features::in_sentence;
use crate::record::{BestProduct, CameBack, ForecastSum, Interval, Localized, Unit};
use crate::wording::description::{described, description};
use crate::wording::{decimal, feature, filled, how_many, integer, money, percent, portuguese, unit_after};

/// A text of both languages with numbers in English notation, which Portuguese writes its own way.
macro_rules! both {
    ($en:literal, $pt_br:literal $(, $number:expr)* $(,)?) => {
        Localized { en: format!($en $(, $number)*), pt_br: format!($pt_br $(, portuguese(&$number))*) }
    };
}

/// Every line there is, in order: its key, and what stands before the text.
const LABELS: [(&str, &str, &str); 18] = [
    ("description", "who they are", "quem são"),
    ("rule", "in plain words", "em poucas palavras"),
    (
        "condition",
        "what the name said of the median customer at the fit",
        "o que o nome dizia do cliente mediano no ajuste",
    ),
    ("customers", "customers", "clientes"),
    ("revenue", "net revenue", "receita líquida"),
    ("average_order", "average order", "ticket médio"),
    ("cadence", "days between purchases", "dias entre compras"),
    ("distinguishing", "what sets them apart", "o que os distingue"),
    ("best_products", "what they choose more than others", "o que escolhem mais que os outros"),
    ("came_back", "bought again", "voltaram a comprar"),
    ("forecast", "what to expect", "o que esperar"),
    ("stability", "how firm the segment is", "firmeza do segmento"),
    ("movement", "since the run before", "desde a execução anterior"),
    ("action", "what to do", "o que fazer"),
    ("channel", "channel", "canal"),
    ("contact_cost", "a contact may cost", "um contato pode custar"),
    ("measurement", "how to measure it", "como medir"),
    ("avoid", "what not to do", "o que não fazer"),
];

fn measured(measure: &Measurement) -> Localized {
    let Some(difference) = measure.visible_difference else {
        return both!(
            "cannot be measured with so few customers",
            "não há como medir com tão poucos clientes"
        );
    };
    let seen = both!(
        " without contact; a difference is seen from {} percentage points on",
        " sem contato; diferença visível a partir de {} pontos percentuais",
        decimal(100.0 * difference, 1)
    );
    joined(&customers(measure.held_out), "", &seen)
}

impl Subject<'_> {
    pub(super) fn lines(&self, card: &Card) -> Vec<CardLine> {
        let line = |&(key, en, pt_br): &(&'static str, &str, &str)| {
            let label = Localized { en: en.to_owned(), pt_br: pt_br.to_owned() };
            Some(CardLine { key, label, text: self.text(key, card)? })
        };
        LABELS.iter().filter_map(line).collect()
    }

    fn text(&self, key: &str, card: &Card) -> Option<Localized> {
        match key {
            "description" if card.customers == 0 => {
                Some(both!("nobody is in it in this run", "ninguém está nele nesta execução"))
            }
            "description" => Some(self.description()),
            "condition" => self.condition(),
            "customers" => Some(counted(card.customers, card.customer_share)),
            "revenue" => Some(self.amount_of(card.revenue_pennies?, card.revenue_share?)),
            "average_order" if card.revenue_pennies.is_some_and(|pennies| pennies < 0) => {
                Some(both!("none: more was returned than bought", "nenhum: devolveram mais do que compraram"))
            }
            "average_order" => card.average_order_pennies.map(|pennies| self.amount(pennies)),
            "cadence" => card.cadence_days.map(cadence),
            "distinguishing" => listed(card.distinguishing.iter().map(|feature| self.distinguished(feature))),
            "best_products" => listed(card.best_products.iter().map(product)),
            "came_back" => Some(bought_again(card.came_back.as_ref()?, self.look_back_days()?)),
            "forecast" => Some(self.expected(card.forecast.as_ref()?)),
            "stability" => card.stability.map(|jaccard| firm(jaccard, card.placed_alike)),
            "movement" => card.movement.as_ref().map(|moved| {
                let came = how_many(moved.came, ["came", "came"], ["chegou", "chegaram"]);
                let left = how_many(moved.left, ["left", "left"], ["saiu", "saíram"]);
                joined(&came, ", ", &left)
            }),
            // All that follows is advice on customers whom the run has.
            _ if card.customers == 0 => None,
            "rule" => self.rule(),
            "action" => Some(self.action()),
            "channel" => self.channel(),
            "contact_cost" => self.cost(card),
            "measurement" => card.measurement.as_ref().map(measured),
            "avoid" => self.avoid(),
            _ => None,
        }
    }

    /// The segment's description, the amounts with their currency; one that was not made of the medians stays, except where
    /// earlier versions erased customers: they left their medians in it.
    fn description(&self) -> Localized {
        let features = &self.segment.features;
        if self.manifest.erased_customers() > 0 || description(features) == self.segment.description {
            described(features, self.manifest.source.currency.as_deref())
        } else {
            self.segment.description.clone()
        }
    }

    /// An amount of money with its currency, where the run knows it.
    pub(super) fn amount(&self, pennies: i64) -> Localized {
        let both = both!("{}", "{}", money(pennies));
        let Some(code) = &self.manifest.source.currency else { return both };
        Localized { en: format!("{} {code}", both.en), pt_br: format!("{} {code}", both.pt_br) }
    }

    fn distinguished(&self, feature: &Distinguishing) -> Localized {
        let ([en, pt_br], [days, dias]) = (in_sentence(&feature.name), unit_after(feature.unit));
        let currency = self.manifest.source.currency.as_deref().filter(|_| feature.unit == Unit::Pennies);
        let currency = currency.map(|code| format!(" {code}")).unwrap_or_default();
        let (than, que) = match feature.difference {
            d if d >= 1.0 => ("much higher than most", "bem acima da média"),
            d if d > 0.0 => ("higher than most", "acima da média"),
            d if d > -1.0 => ("lower than most", "abaixo da média"),
            _ => ("much lower than most", "bem abaixo da média"),
        };
        if feature.unit == Unit::Pennies && feature.median < 0.0 {
            return Localized {
                en: format!("{en}: half or more returned more than they bought ({than})"),
                pt_br: format!("{pt_br}: pelo menos metade devolveu mais do que comprou ({que})"),
            };
        }
        let median = crate::wording::feature(feature.median, feature.unit) + &currency;
        let [days, dias] =
            if median == "1" { [days, dias].map(|unit| unit.trim_end_matches('s')) } else { [days, dias] };
        Localized {
            en: format!("{en} {median}{days} ({than})"),
            pt_br: format!("{pt_br} {}{dias} ({que})", portuguese(&median)),
        }
    }

    fn amount_of(&self, pennies: i64, share: f64) -> Localized {
        joined(&self.amount(pennies), " ", &both!("({})", "({})", percent(share)))
    }

    fn expected(&self, sum: &ForecastSum) -> Localized {
        let days = self.manifest.forecast.as_ref().map_or(0, |forecast| forecast.horizon_days);
        let purchases = sum.expected_purchases.round() as u64;
        let purchases = how_many(purchases, ["purchase", "purchases"], ["compra", "compras"]);
        let days = how_many(u64::from(days), ["day", "days"], ["dia", "dias"]);
        let mut text = joined(&joined(&purchases, "", &both!(" in ", " em ")), "", &days);
        text = joined(&text, "", &interval(sum.purchases_interval, |bound| integer(bound.round() as i64)));
        if let Some(pennies) = sum.expected_value_pennies {
            let worth = joined(&both!(", worth", ", no valor de"), " ", &self.amount(pennies));
            let bounds = interval(sum.value_interval_pennies, |bound| money(bound.round() as i64));
            text = joined(&text, "", &joined(&worth, "", &bounds));
        }
        if sum.purchases_interval.is_none() && self.manifest.erased_customers() > 0 {
            let lost = both!(
                " (no interval until the next run: customers were removed)",
                " (sem intervalo até a próxima execução: clientes foram removidos)"
            );
            text = joined(&text, "", &lost);
        }
        let alive = sum
            .alive_share()
            .map(|share| both!("; {} are still customers", "; {} ainda são clientes", percent(share)));
        let alive = alive.map_or(text.clone(), |alive| joined(&text, "", &alive));
        self.although_silent().map_or(alive.clone(), |silent| joined(&alive, "", &silent))
    }

    /// Said of customers who by their silence are late and by the forecast are customers still.
    fn although_silent(&self) -> Option<Localized> {
        self.most_are_customers()?;
        let recency = self.late()?;
        Some(both!(
            ", although half or more have been silent for {} days or longer",
            ", embora pelo menos metade esteja há {} dias ou mais sem comprar",
            feature(recency, Unit::Days)
        ))
    }

    fn cost(&self, card: &Card) -> Option<Localized> {
        let cost = card.contact_cost.as_ref()?;
        let amount = cost.pennies.map(|pennies| self.amount(pennies));
        let reason = match cost.basis {
            CostBasis::Assumed => {
                let tenth = decimal(100.0 * super::ASSUMED_LIFT, 0);
                both!(
                    ", times the margin on sales, if it adds {} % to what at least half of them are expected to bring: no campaign has been measured here",
                    ", vezes a margem das vendas, se acrescentar {} % ao que se espera de pelo menos metade deles: nenhuma campanha foi medida aqui",
                    tenth
                )
            }
            CostBasis::Measured => both!(
                ", times the margin on sales: the last campaign added at least that a customer (95 % interval)",
                ", vezes a margem das vendas: a última campanha acrescentou pelo menos isso por cliente (intervalo de 95 %)"
            ),
            CostBasis::NoEffectSeen => {
                let effect = self.measured()?;
                let [low, high] = [effect.low, effect.high].map(|bound| money(bound.round() as i64));
                both!(
                    "nothing until an effect is seen: the last campaign added {} to {} a customer (95 % interval)",
                    "nada até que se veja um efeito: a última campanha acrescentou de {} a {} por cliente (intervalo de 95 %)",
                    low,
                    high
                )
            }
        };
        Some(amount.map_or(reason.clone(), |amount| joined(&amount, "", &reason)))
    }
}

fn customers(n: u64) -> Localized {
    how_many(n, ["customer", "customers"], ["cliente", "clientes"])
}

fn counted(customers: u64, share: f64) -> Localized {
    both!("{} ({} of all)", "{} ({} do total)", integer(customers), percent(share))
}

fn product(best: &BestProduct) -> Localized {
    let name = match &best.description {
        Some(description) => format!("{description} [{}]", best.product),
        None => best.product.clone(),
    };
    let name = Localized { en: name.clone(), pt_br: name };
    let times = decimal(best.share / best.share_of_all, 1);
    let often = both!("; {} times as often as overall)", "; {} vezes a frequência geral)", times);
    joined(&name, " (", &joined(&customers(best.customers), "", &often))
}

fn cadence(days: f64) -> Localized {
    let days = feature(days, Unit::Days);
    Localized {
        en: filled("half buy every {} days or more often", "{}", &days),
        pt_br: filled("metade compra a cada {} dias ou com mais frequência", "{}", &portuguese(&days)),
    }
}

fn bought_again(rate: &CameBack, days: u32) -> Localized {
    let [low, high] = [rate.low, rate.high].map(|bound| decimal(100.0 * bound, 1));
    let (share, days) = (percent(rate.share), integer(i64::from(days)));
    both!("{} ({} to {}) within {} days", "{} ({} a {}) em {} dias", share, low, high, days)
}

/// How firm the segment is as a whole, and for how many of its customers.
fn firm(jaccard: f64, placed_alike: Option<f64>) -> Localized {
    let alike = placed_alike.map(|share| {
        both!(
            "; {} of its customers are in it in at least three of four draws",
            "; {} dos seus clientes ficam nele em pelo menos três de cada quatro sorteios",
            percent(share)
        )
    });
    joined(&stability(jaccard), "", &alike.unwrap_or_default())
}

/// In the words of Hennig (2007) for these bounds.
fn stability(jaccard: f64) -> Localized {
    let (en, pt_br) = match jaccard {
        j if j >= 0.85 => ("very firm", "muito firme"),
        j if j >= 0.75 => ("firm", "firme"),
        j if j >= 0.6 => {
            ("a pattern, but who belongs to it is doubtful", "um padrão, mas é incerto quem faz parte dele")
        }
        _ => ("not to be trusted", "não confiável"),
    };
    let similarity = decimal(jaccard, 2);
    Localized {
        en: format!("{en}: redrawn customers give it back with a similarity of {similarity} of 1"),
        pt_br: format!(
            "{pt_br}: com clientes sorteados de novo, reaparece com semelhança de {} em 1",
            portuguese(&similarity)
        ),
    }
}

fn interval(interval: Option<Interval>, text: impl Fn(f64) -> String) -> Localized {
    interval.map_or(Localized::default(), |i| both!(" ({} to {})", " ({} a {})", text(i.low), text(i.high)))
}

/// Two texts, with the same between them in both languages.
pub(super) fn joined(first: &Localized, between: &str, second: &Localized) -> Localized {
    Localized {
        en: format!("{}{between}{}", first.en, second.en),
        pt_br: format!("{}{between}{}", first.pt_br, second.pt_br),
    }
}

/// A list; none of nothing.
pub(super) fn listed(texts: impl Iterator<Item = Localized>) -> Option<Localized> {
    texts.reduce(|list, next| joined(&list, ", ", &next))
}
