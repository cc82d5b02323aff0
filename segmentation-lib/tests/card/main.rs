//! A segment's card says what the run says, and no more.

mod consistent;

use segmentation_lib::card::{Card, ContactCost, CostBasis, cards};
use segmentation_lib::proportion::Proportion;
use segmentation_lib::record::{
    Arm, Effect, ForecastSum, GroupLift, Lift, Localized, Segment, SegmentLift, Snapshot,
};
use test_support::sample;

fn of(run: &Snapshot) -> Vec<Card> {
    cards(&run.manifest, &run.segments, run.assignments.iter().map(Into::into))
}

fn of_first(run: &Snapshot) -> Card {
    of(run).remove(0)
}

fn text(card: &Card, key: &str) -> String {
    card.line(key).map_or_else(String::new, |line| format!("{} | {}", line.text.en, line.text.pt_br))
}

fn measured(run: &mut Snapshot, low: f64, high: f64) {
    let spend = Some(Effect { a_head: (low + high) / 2.0, low, high });
    let lift = GroupLift { treated: Arm::default(), held_out: Arm::default(), spend, bought: None };
    let Segment { id, key, name, .. } = run.segments[0].clone();
    run.manifest.lift = Some(Lift {
        from_run: String::new(),
        campaign: true,
        from: "2011-11-09".to_owned(),
        until: "2011-12-09".to_owned(),
        days: 31,
        share: 0.1,
        seed: 1,
        all: lift.clone(),
        segments: vec![SegmentLift { id, key, name, lift }],
    });
}

#[test]
fn a_card_has_every_line_that_the_run_knows_of_in_both_languages() {
    let run = sample::snapshot(2000, 1);
    let cards = of(&run);
    let keys: Vec<&str> = cards[0].lines.iter().map(|line| line.key).collect();
    let known = [
        "description",
        "rule",
        "condition",
        "customers",
        "revenue",
        "average_order",
        "distinguishing",
        "best_products",
        "came_back",
        "forecast",
        "stability",
        "movement",
        "action",
        "channel",
        "contact_cost",
        "measurement",
    ];
    for key in known {
        assert!(keys.contains(&key), "{key}: {keys:?}");
    }
    for line in cards.iter().flat_map(|card| &card.lines) {
        for words in [&line.label, &line.text] {
            assert!(!words.en.is_empty() && !words.pt_br.is_empty(), "{line:?}");
        }
    }
}

#[test]
fn portuguese_writes_its_numbers_and_products_keep_theirs() {
    let mut run = sample::snapshot(2000, 1);
    let best = &mut run.segments[0].best_products[0];
    (best.product, best.description) = ("1.5 L, red".to_owned(), None);
    assert_eq!(
        text(&of(&run)[0], "best_products"),
        "1.5 L, red (9 customers; 2.3 times as often as overall) | 1.5 L, red (9 clientes; 2,3 vezes a frequência geral)"
    );
    run.segments[0].best_products[0].description = Some("JUG 1.5 L".to_owned());
    assert!(text(&of(&run)[0], "best_products").starts_with("JUG 1.5 L [1.5 L, red] (9 customers; "));
}

#[test]
fn a_difference_is_seen_where_enough_customers_can_show_one() {
    let mut run = sample::snapshot(2000, 1);
    let mut seen = |customers: u64, count: u64, of: u64| {
        run.segments[0].customers = customers;
        run.segments[0].came_back = Some(Proportion { count, of }.into());
        let card = of_first(&run);
        (card.measurement.as_ref().expect("measurable").visible_difference, text(&card, "measurement"))
    };
    // Neither nobody nor everybody came back: the usual variance.
    let usual = 2.8 * f64::sqrt(0.25 * 0.75 * (1.0 / 100.0 + 1.0 / 900.0));
    assert!(seen(1000, 250, 1000).0.is_some_and(|difference| (difference - usual).abs() < 1e-12));
    for (customers, of) in [(1000, 1000), (400, 60), (70, 29)] {
        let (nobody, everybody) = (seen(customers, 0, of).0, seen(customers, of, of).0);
        let (nobody, everybody) = (nobody.expect("one is seen"), everybody.expect("one is seen"));
        assert!(nobody > 0.01 && nobody <= 1.0 && (nobody - everybody).abs() < 1e-12, "{nobody} {everybody}");
    }
    for (customers, count, of) in [(7, 5, 5), (3, 2, 4), (10, 2, 4), (4, 0, 1)] {
        let (difference, words) = seen(customers, count, of);
        let expected = "cannot be measured with so few customers | não há como medir com tão poucos clientes";
        assert_eq!((difference, words.as_str()), (None, expected), "{customers} {count} {of}");
    }
}

#[test]
fn what_the_run_does_not_know_is_not_said() {
    let mut run = sample::snapshot(300, 1);
    (run.manifest.forecast, run.manifest.naming, run.manifest.drift, run.manifest.model) =
        (None, None, None, None);
    for segment in &mut run.segments {
        (segment.forecast, segment.came_back, segment.condition) = (None, None, None);
        segment.best_products.clear();
        segment.features.retain(|feature| feature.name != "monetary");
    }
    let card = &cards(&run.manifest, &run.segments, [].into_iter())[0];
    let keys: Vec<&str> = card.lines.iter().map(|line| line.key).collect();
    assert_eq!(keys, ["description", "customers", "distinguishing", "action"]);
    assert_eq!((card.revenue_pennies, card.average_order_pennies, &card.contact_cost), (None, None, &None));
}

#[test]
fn a_contact_may_cost_what_the_last_campaign_surely_added() {
    let mut run = sample::snapshot(300, 1);
    let assumed = of(&run)[0].contact_cost.clone().expect("the sample has values");
    let sum = run.segments[0].forecast.clone().expect("a forecast");
    let (mean, median) = (sum.value_a_head().expect("a value"), sum.median_value_pennies.expect("a value"));
    let usual = mean.min(median as f64);
    assert_eq!((assumed.pennies, assumed.basis), (Some((usual * 0.1).floor() as i64), CostBasis::Assumed));
    measured(&mut run, 120.9, 400.0);
    let cost = of(&run)[0].contact_cost.clone();
    let part = (120.9 * (usual / mean)).floor() as i64;
    assert_eq!(cost, Some(ContactCost { pennies: Some(part), basis: CostBasis::Measured }));
    measured(&mut run, -30.0, 400.0);
    let card = &of(&run)[0];
    assert_eq!(card.contact_cost, Some(ContactCost { pennies: None, basis: CostBasis::NoEffectSeen }));
    assert!(
        text(card, "contact_cost").contains("added -0.30 to 4.00 a customer"),
        "{}",
        text(card, "contact_cost")
    );
}

#[test]
fn one_customer_does_not_raise_what_a_contact_may_cost() {
    let mut run = sample::snapshot(300, 1);
    let cost =
        |run: &Snapshot| of(run)[0].contact_cost.clone().and_then(|cost| cost.pennies).expect("assumed");
    let sum = sum_of(&mut run);
    let usual = sum.expected_value_pennies.expect("values") / sum.customers as i64;
    sum.median_value_pennies = Some(usual);
    let before = cost(&run);
    let sum = sum_of(&mut run);
    sum.expected_value_pennies = sum.expected_value_pennies.map(|value| value + 100_000_000);
    assert_eq!(cost(&run), before);
    // Runs that do not record the median say nothing of it.
    sum_of(&mut run).median_value_pennies = None;
    assert_eq!(of(&run)[0].contact_cost, None);
}

fn sum_of(run: &mut Snapshot) -> &mut ForecastSum {
    run.segments[0].forecast.as_mut().expect("a forecast")
}

#[test]
fn what_not_to_do_follows_from_who_comes_back_and_what_they_bring() {
    let mut run = sample::snapshot(300, 1);
    let back = |count, of| Some(Proportion { count, of }.into());
    run.segments[0].came_back = back(90, 100);
    assert!(text(&of(&run)[0], "avoid").starts_with("no discount for all of them: 90.0 % bought again"));
    run.segments[0].came_back = back(20, 100);
    if let Some(sum) = &mut run.segments[0].forecast {
        sum.expected_value_pennies = Some(1);
    }
    assert!(text(&of(&run)[0], "avoid").starts_with("no paid ads"), "{}", text(&of(&run)[0], "avoid"));
}

#[test]
fn an_emptied_segment_has_a_card_without_figures() {
    let run = sample::snapshot(300, 1);
    let gone = run.without(|id| run.segment_of(id).is_some_and(|segment| segment.id == 1));
    let gone = gone.expect("sealed").expect("customers were removed");
    let card = &of(&gone)[0];
    assert_eq!((card.customers, card.average_order_pennies, card.measurement.is_none()), (0, None, true));
    assert!(of(&gone).iter().all(|card| card.best_products.is_empty() && card.movement.is_none()));
}

#[cfg(feature = "analysis")]
mod of_a_pipeline {
    use segmentation_lib::model::count_by_segment;
    use segmentation_lib::pipeline::Pipeline;
    use segmentation_lib::progress::Progress;

    use super::*;

    /// Sixty customers: a third buys often, and of them all buy roses; everybody buys bread, four buy caviar.
    fn lines() -> Vec<String> {
        let mut lines = Vec::new();
        for customer in 0..60 {
            let (purchases, month, amount) = [(9, 12, 90), (3, 8, 40), (1, 2, 10)][customer % 3];
            for purchase in 0..purchases {
                let day = 1 + (customer + 3 * purchase) % 28;
                let mut buy = |product: &str| {
                    lines.push(format!(
                        "CS{customer},2013-{month:02}-{day:02},{},{product}",
                        amount + customer / 3
                    ));
                };
                buy("bread");
                if customer % 3 == 0 {
                    buy("roses");
                }
                if customer % 3 == 0 && customer < 12 {
                    buy("caviar");
                }
            }
        }
        lines
    }

    fn run(lines: &[String]) -> Snapshot {
        let directory = tempfile::tempdir().expect("a folder");
        let file = directory.path().join("purchases.csv");
        std::fs::write(&file, format!("customer_id,date,amount,product\n{}\n", lines.join("\n")))
            .expect("written");
        Pipeline::default().run(&[file], &Progress::silent()).expect("a run").snapshot
    }

    fn products(run: &Snapshot, customer: &str) -> Vec<String> {
        let segment = run.segment_of(customer).expect("a customer");
        segment.best_products.iter().map(|best| best.product.clone()).collect()
    }

    #[test]
    fn a_segment_is_told_what_it_chooses_more_than_others_and_nothing_of_four_customers() {
        let lines = lines();
        let made = run(&lines);
        assert_eq!(products(&made, "CS0"), ["roses"]);
        assert_eq!(products(&made, "CS1"), ["bread"]);
        let reversed: Vec<String> = lines.iter().rev().cloned().collect();
        assert_eq!(run(&reversed).segments, made.segments);
    }

    #[test]
    fn those_who_came_and_left_are_counted_segment_by_segment() {
        let before = sample::snapshot(300, 1);
        let now = sample::following(&before, 280, 2);
        let mut drift = now.manifest.drift.clone().expect("the sample has one");
        count_by_segment(now.changes.as_ref(), &mut drift.segments);
        let counted = |id: u16| {
            let there =
                |run: &Snapshot, customer: &str| run.find(customer).is_some_and(|a| a.segment_id == id);
            let missing = |from: &Snapshot, to: &Snapshot| {
                let members = from.assignments.iter().filter(|a| a.segment_id == id);
                members.filter(|a| !there(to, &a.customer_id)).count() as u64
            };
            (Some(missing(&now, &before)), Some(missing(&before, &now)))
        };
        for (id, segment) in (1..).zip(&drift.segments) {
            assert_eq!((segment.came, segment.left), counted(id), "segment {id}");
            assert!(segment.came > Some(0) && segment.left > Some(0), "{segment:?}");
        }
        count_by_segment(None, &mut drift.segments);
        assert!(drift.segments.iter().all(|segment| (segment.came, segment.left) == (Some(0), Some(0))));
    }
}

#[test]
fn a_card_says_how_many_customers_stay_when_customers_are_redrawn() {
    let mut run = sample::snapshot(2000, 1);
    let card = &of(&run)[0];
    let share = card.placed_alike.expect("the sample is resampled");
    assert!(share > 0.8 && share < 1.0, "{share}");
    let said = text(card, "stability");
    assert!(said.contains(" of its customers are in it in at least three of four draws"), "{said}");
    assert!(
        said.contains(" dos seus clientes ficam nele em pelo menos três de cada quatro sorteios"),
        "{said}"
    );
    run.co_assignment = None;
    run.count_placed_alike();
    assert!(!text(&of(&run)[0], "stability").contains("draws"));
}

#[test]
fn the_amount_of_a_description_has_the_currency_of_the_run() {
    let mut run = sample::snapshot(300, 1);
    run.manifest.source.currency = Some("EUR".to_owned());
    let segment = &mut run.segments[0];
    for feature in &mut segment.features {
        feature.median = match feature.name.as_str() {
            "recency" => 12.0,
            "frequency" => 3.0,
            _ => 123_456.0,
        };
    }
    let first = text(&of_first(&run), "description");
    assert!(!first.contains("EUR"), "the sample's own sentence stays: {first}");
    let segment = &mut run.segments[0];
    segment.description.en =
        "Half of them last purchased within 12 days of the reference date, made 3 purchases or \
                              more, and half spent 1,234.56 or more in all"
            .to_owned();
    segment.description.pt_br =
        "Metade comprou pela última vez até 12 dias antes da data de referência, metade fez 3 \
                                 compras ou mais e metade gastou 1.234,56 ou mais no total"
            .to_owned();
    let first = text(&of_first(&run), "description");
    assert!(first.contains("half spent 1,234.56 EUR or more in all | "), "{first}");
    assert!(first.ends_with("metade gastou 1.234,56 EUR ou mais no total"), "{first}");
}

#[test]
fn the_interval_that_an_erasure_took_is_said() {
    let run = sample::snapshot(300, 1);
    // Each eleventh customer of the sample has no forecast.
    let expected = run.assignments.iter().enumerate().filter(|(at, _)| at % 11 != 10);
    let mut of_first = expected.map(|(_, row)| row).filter(|row| row.segment_id == 1);
    let gone = of_first.next().expect("a customer").customer_id.clone();
    let less = run.without(|id| id == gone).expect("sealed").expect("a customer was removed");
    let cards = of(&less);
    let said = text(&cards[0], "forecast");
    assert!(said.contains(" (no interval until the next run: customers were removed)"), "{said}");
    assert!(said.contains(" (sem intervalo até a próxima execução: clientes foram removidos)"), "{said}");
    assert!(!text(&cards[1], "forecast").contains("no interval"), "nobody left it");
    assert!(!text(&of(&run)[0], "forecast").contains("no interval"));
}

#[test]
fn one_is_singular_on_a_card() {
    let mut run = sample::snapshot(300, 1);
    let segment = &mut run.segments[0];
    segment.best_products[0].customers = 1;
    if let Some(sum) = &mut segment.forecast {
        sum.expected_purchases = 1.2;
    }
    for drift in run.manifest.drift.iter_mut().flat_map(|drift| &mut drift.segments) {
        (drift.came, drift.left) = (Some(1), Some(2));
    }
    let card = of_first(&run);
    assert!(text(&card, "best_products").contains("(1 customer; "), "{}", text(&card, "best_products"));
    assert!(text(&card, "best_products").contains("(1 cliente; "), "{}", text(&card, "best_products"));
    assert!(text(&card, "forecast").starts_with("1 purchase in 90 days"), "{}", text(&card, "forecast"));
    assert!(text(&card, "forecast").contains("| 1 compra em 90 dias"), "{}", text(&card, "forecast"));
    assert_eq!(text(&card, "movement"), "1 came, 2 left | 1 chegou, 2 saíram");
}

#[test]
fn most_who_buy_again_anyway_get_no_offer() {
    let mut run = sample::snapshot(300, 1);
    run.segments[0].action = Localized {
        en: "Limited-time offers based on past purchases".to_owned(),
        pt_br: "Faça ofertas por tempo limitado".to_owned(),
    };
    run.segments[0].came_back = Some(Proportion { count: 20, of: 100 }.into());
    assert!(text(&of(&run)[0], "action").starts_with("Limited-time offers"));
    run.segments[0].came_back = Some(Proportion { count: 78, of: 100 }.into());
    let action = text(&of(&run)[0], "action");
    assert!(action.contains("no offers needed") && action.contains("não precisam de oferta"), "{action}");
}

#[test]
fn of_nobody_the_card_says_that_and_no_figures() {
    let mut run = sample::snapshot(300, 1);
    run.segments[0].customers = 0;
    let card = of_first(&run);
    let keys: Vec<&str> = card.lines.iter().map(|line| line.key).collect();
    assert_eq!(keys, ["description", "condition", "customers", "movement"]);
    assert_eq!(text(&card, "description"), "nobody is in it in this run | ninguém está nele nesta execução");
    assert_eq!((card.stability, card.contact_cost, card.forecast), (None, None, None));
}
