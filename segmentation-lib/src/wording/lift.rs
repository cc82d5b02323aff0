//! What customers who were not held out spent more, or what a campaign brought, as tables and sentences.

use super::portuguese;
use super::tables::Table;
use super::{decimal, integer, money, percent};
use crate::record::{Arm, Effect, GroupLift, Lift, Localized};

/// How those are called who are compared with the held-out customers: nobody is known to be treated without a campaign.
pub fn compared(lift: &Lift) -> &'static str {
    if lift.campaign { "treated" } else { "not held out" }
}

/// These against held-out customers, a row a segment and all in the last.
pub fn table(lift: &Lift) -> Table {
    let segments = lift.segments.iter().map(|s| row(s.id.to_string(), &s.name.en, &s.lift));
    let header = [
        "id",
        "segment",
        compared(lift),
        "held out",
        "spent a head",
        "held out",
        "lift a head",
        if lift.campaign { "lift of all treated" } else { "lift of all not held out" },
        "bought",
        "held out",
        "lift",
    ];
    let all = row(String::new(), "all", &lift.all);
    Table::new(header, &[0, 2, 3, 4, 5, 6, 7, 8, 9, 10], segments.chain([all]))
}

fn row(id: String, name: &str, lift: &GroupLift) -> [String; 11] {
    let spent = |arm: &Arm| lift.spend.and(arm.spent_a_head()).map(amount);
    let bought = |arm: &Arm| arm.bought_share().map(percent);
    let of_all = lift.spend.map(|effect| effect.of(lift.treated.customers));
    [
        id,
        name.to_owned(),
        integer(lift.treated.customers),
        integer(lift.held_out.customers),
        or_dash(spent(&lift.treated)),
        or_dash(spent(&lift.held_out)),
        or_dash(lift.spend.map(|effect| bounded(&effect, amount))),
        or_dash(of_all.map(|effect| bounded(&effect, amount))),
        or_dash(bought(&lift.treated)),
        or_dash(bought(&lift.held_out)),
        or_dash(lift.bought.map(|effect| bounded(&effect, points))),
    ]
}

/// What is certain of all customers together, one sentence without a full stop. A campaign is spoken of where its
/// customers are known.
pub fn verdict(lift: &Lift) -> Localized {
    let Some(effect) = lift.all.spend else { return nothing_known() };
    if lift.campaign { brought(&effect.of(lift.all.treated.customers)) } else { differed(&effect) }
}

fn nothing_known() -> Localized {
    localized(
        "Nothing can be said of spending: the data hold no money, all did the same, or fewer than ten customers stand on \
         a side",
        "Não é possível concluir nada sobre o gasto: os dados não têm valores, todos fizeram o mesmo, ou há menos de dez \
         clientes de um dos lados",
    )
}

/// What a campaign brought in all.
fn brought(effect: &Effect) -> Localized {
    let interval = interval(effect);
    let [total, soma] = both(effect.a_head.abs());
    match (effect.is_certain(), effect.a_head > 0.0) {
        (true, true) => localized(
            format!("The campaign brought {total} more ({})", interval.en),
            format!("A campanha trouxe {soma} a mais ({})", interval.pt_br),
        ),
        (true, false) => localized(
            format!("The campaign cost {total} of spending ({})", interval.en),
            format!("A campanha custou {soma} em vendas ({})", interval.pt_br),
        ),
        (false, _) => localized(
            format!("Whether the campaign brought anything cannot be said: {}", interval.en),
            format!("Não é possível dizer se a campanha trouxe algo: {}", interval.pt_br),
        ),
    }
}

/// How those who were not held out differ, a head.
fn differed(effect: &Effect) -> Localized {
    let interval = interval(effect);
    let [amount, valor] = both(effect.a_head.abs());
    let [more, mais] = if effect.a_head > 0.0 { ["more", "a mais"] } else { ["less", "a menos"] };
    if effect.is_certain() {
        return localized(
            format!(
                "Since then, those not held out spent {amount} a head {more} than those held out ({})",
                interval.en
            ),
            format!(
                "Desde então, quem não ficou no grupo de controle gastou {valor} {mais} por cliente do que quem ficou ({})",
                interval.pt_br
            ),
        );
    }
    localized(
        format!(
            "Since then, whether those not held out spent more or less a head than those held out cannot be said: {}",
            interval.en
        ),
        format!(
            "Desde então, não é possível dizer se quem não ficou no grupo de controle gastou mais ou menos por cliente do \
             que quem ficou: {}",
            interval.pt_br
        ),
    )
}

fn interval(effect: &Effect) -> Localized {
    let ([low, baixo], [high, alto]) = (both(effect.low), both(effect.high));
    localized(format!("95 % interval from {low} to {high}"), format!("intervalo de 95 % de {baixo} a {alto}"))
}

/// An amount as each language writes it.
fn both(pennies: f64) -> [String; 2] {
    let text = amount(pennies);
    let texto = portuguese(&text);
    [text, texto]
}

fn localized(en: impl Into<String>, pt_br: impl Into<String>) -> Localized {
    Localized { en: en.into(), pt_br: pt_br.into() }
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

fn amount(pennies: f64) -> String {
    // A cast saturates: nobody spends that much.
    money(pennies.round() as i64)
}

/// A difference of shares in percentage points.
fn points(share: f64) -> String {
    decimal(100.0 * share, 1)
}

fn bounded(effect: &Effect, text: fn(f64) -> String) -> String {
    format!("{} ({} to {})", text(effect.a_head), text(effect.low), text(effect.high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lift(spend: Option<Effect>) -> Lift {
        let treated = Arm { customers: 90, bought: 45, pennies: 90_000 };
        let held_out = Arm { customers: 10, bought: 4, pennies: 8_000 };
        let bought = Some(Effect { a_head: 0.1, low: -0.2, high: 0.4 });
        Lift {
            from_run: "r".to_owned(),
            from: "2024-01-01".to_owned(),
            until: "2024-03-30".to_owned(),
            days: 90,
            share: 0.1,
            seed: 1,
            campaign: true,
            all: GroupLift { treated, held_out, spend, bought },
            segments: Vec::new(),
        }
    }

    #[test]
    fn a_row_has_both_sides_and_the_lift_with_its_interval() {
        let seen = table(&lift(Some(Effect { a_head: 200.0, low: 50.0, high: 350.0 })));
        let expected = [
            "",
            "all",
            "90",
            "10",
            "10.00",
            "8.00",
            "2.00 (0.50 to 3.50)",
            "180.00 (45.00 to 315.00)",
            "50.0 %",
            "40.0 %",
            "10.0 (-20.0 to 40.0)",
        ];
        assert_eq!(seen.rows, [expected.map(str::to_owned).to_vec()]);
        assert_eq!(table(&lift(None)).rows[0][4..8], ["-", "-", "-", "-"]);
    }

    #[test]
    fn the_verdict_says_no_more_than_is_certain() {
        let of = |low, high| verdict(&lift(Some(Effect { a_head: (low + high) / 2.0, low, high }))).en;
        assert!(of(50.0, 350.0).starts_with("The campaign brought 180.00 more"), "{}", of(50.0, 350.0));
        assert!(of(-350.0, -50.0).starts_with("The campaign cost 180.00"));
        assert!(of(-50.0, 350.0).starts_with("Whether"));
        assert!(verdict(&lift(None)).en.starts_with("Nothing can be said"));
    }

    #[test]
    fn without_a_list_of_its_customers_no_campaign_is_spoken_of() {
        let of = |low, high| {
            let effect = Effect { a_head: (low + high) / 2.0, low, high };
            verdict(&Lift { campaign: false, ..lift(Some(effect)) })
        };
        let more = "Since then, those not held out spent 2.00 a head more than those held out (95 % interval from 0.50 to 3.50)";
        assert_eq!(of(50.0, 350.0).en, more);
        let menos = "Desde então, quem não ficou no grupo de controle gastou 2,00 a menos por cliente do que quem ficou \
                     (intervalo de 95 % de -3,50 a -0,50)";
        assert_eq!(of(-350.0, -50.0).pt_br, menos);
        for text in [of(50.0, 350.0), of(-350.0, -50.0), of(-50.0, 350.0)] {
            assert!(!text.en.contains("campaign") && !text.pt_br.contains("campanha"), "{text:?}");
        }
        let without = Lift { campaign: false, ..lift(None) };
        assert_eq!(table(&without).header[2], "not held out");
    }
}
