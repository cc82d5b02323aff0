//! What a campaign brought, as tables and sentences.

use super::tables::Table;
use super::{decimal, integer, money, percent};
use crate::record::{Arm, Effect, GroupLift, Lift};

/// Treated against held-out customers, a row a segment and all in the last.
pub fn table(lift: &Lift) -> Table {
    let segments = lift.segments.iter().map(|s| row(s.id.to_string(), &s.name.en, &s.lift));
    let header = [
        "id",
        "segment",
        "treated",
        "held out",
        "spent a head",
        "held out",
        "lift a head",
        "lift of all treated",
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

/// What is certain of all customers together, one sentence.
pub fn verdict(lift: &Lift) -> String {
    let treated = lift.all.treated.customers;
    let Some(effect) = lift.all.spend.map(|effect| effect.of(treated)) else {
        return "Nothing can be said of spending: the data hold no money, all did the same, or fewer than ten customers \
                stand on a side"
            .to_owned();
    };
    let interval = format!("95 % interval from {} to {}", amount(effect.low), amount(effect.high));
    let total = amount(effect.a_head.abs());
    match (effect.is_certain(), effect.a_head > 0.0) {
        (true, true) => format!("The campaign brought {total} more ({interval})"),
        (true, false) => format!("The campaign cost {total} of spending ({interval})"),
        (false, _) => format!("Whether the campaign brought anything cannot be said: {interval}"),
    }
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
        let of = |low, high| verdict(&lift(Some(Effect { a_head: (low + high) / 2.0, low, high })));
        assert!(of(50.0, 350.0).starts_with("The campaign brought 180.00 more"), "{}", of(50.0, 350.0));
        assert!(of(-350.0, -50.0).starts_with("The campaign cost 180.00"));
        assert!(of(-50.0, 350.0).starts_with("Whether"));
        assert!(verdict(&lift(None)).starts_with("Nothing can be said"));
    }
}
