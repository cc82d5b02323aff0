//! Whatever the figures, no two lines of a card contradict each other.

use std::sync::LazyLock;

use proptest::prelude::*;
use segmentation_lib::card::{Card, cards};
use segmentation_lib::naming::{Clock, texts_of};
use segmentation_lib::proportion::Proportion;
use segmentation_lib::record::{Localized, Snapshot};
use segmentation_lib::vocabulary::Vocabulary;
use test_support::sample;

use super::measured;

/// Figures that a segment may have, in any combination.
#[derive(Debug, Clone)]
struct Figures {
    name: usize,
    gaps: u64,
    recorded_before: bool,
    customers: u64,
    repeat_buyers: u64,
    /// Medians of recency and of twice the frequency.
    medians: (u32, u32),
    /// Net revenue a head, expected value a head and its median, pennies.
    a_head: (i64, i64, i64),
    came_back: Option<(u64, u64)>,
    alive: Option<f64>,
    effect: Option<i32>,
}

fn any_figures() -> impl Strategy<Value = Figures> {
    let gaps = prop::sample::select(vec![0_u64, 19, 20, 5000]);
    let counts = (prop_oneof![Just(0_u64), 1_u64..300], 0_u64..300);
    let spent = (-3_000_i64..90_000, 0_i64..90_000, 0_i64..90_000);
    let came_back = prop::option::of((0_u64..300, 0_u64..300));
    let expected = (prop::option::of(0.0..1.0), prop::option::of(-500..500));
    let names = 0..Vocabulary::bundled().segments.names().len();
    let made = (names, gaps, any::<bool>(), counts, (0_u32..500, 0_u32..50), spent, came_back, expected);
    made.prop_map(|(name, gaps, recorded_before, counts, medians, a_head, came_back, expected)| Figures {
        name,
        gaps,
        recorded_before,
        customers: counts.0,
        repeat_buyers: counts.1.min(counts.0),
        medians,
        a_head,
        came_back: came_back.map(|(count, more)| (count, count + more)),
        alive: expected.0,
        effect: expected.1,
    })
}

static BASE: LazyLock<Snapshot> = LazyLock::new(|| sample::snapshot(60, 1));

/// A run whose first segment has these figures.
fn with(figures: &Figures) -> Snapshot {
    let mut run = BASE.clone();
    let vocabulary = Vocabulary::bundled();
    let clock = Clock { gaps: figures.gaps, ..Clock::ASSUMED };
    if let Some(naming) = &mut run.manifest.naming {
        naming.clock = clock;
        naming.vocabulary_sha256.clone_from(&vocabulary.sha256);
    }
    let key = &vocabulary.segments.names()[figures.name].wording.key;
    let texts = texts_of(key, &clock, &vocabulary).expect("a key of the vocabulary");
    let before = Localized {
        en: "One purchase, and no second within the 180 days in which 19 in 20 repeat purchases come"
            .to_owned(),
        pt_br: "Uma compra, e nenhuma outra nos 180 dias em que acontecem 19 em cada 20 recompras".to_owned(),
    };
    let customers = figures.customers;
    let segment = &mut run.segments[0];
    segment.key.clone_from(key);
    segment.condition = Some(if figures.recorded_before { before } else { texts.description });
    segment.action = texts.action;
    (segment.customers, segment.repeat_buyers) = (customers, Some(figures.repeat_buyers));
    segment.revenue_pennies = figures.a_head.0 * customers as i64;
    segment.came_back = figures.came_back.map(|(count, of)| Proportion { count, of }.into());
    for (name, median) in
        [("recency", f64::from(figures.medians.0)), ("frequency", f64::from(figures.medians.1) / 2.0)]
    {
        if let Some(feature) = segment.features.iter_mut().find(|feature| feature.name == name) {
            (feature.median, feature.mean) = (median, median);
        }
    }
    if let Some(sum) = &mut segment.forecast {
        sum.customers = customers;
        sum.alive = figures.alive.map(|share| share * customers as f64);
        sum.expected_value_pennies = Some(figures.a_head.1 * customers as i64);
        sum.median_value_pennies = Some(figures.a_head.2).filter(|_| customers > 0);
    }
    if let Some(low) = figures.effect {
        measured(&mut run, f64::from(low), f64::from(low) + 300.0);
    }
    run
}

/// One language of a card's line; nothing where it has none.
fn said<'c>(card: &'c Card, key: &str, language: fn(&Localized) -> &str) -> &'c str {
    card.line(key).map_or("", |line| language(&line.text))
}

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

proptest! {
    #[test]
    fn no_two_lines_of_a_card_contradict_each_other(figures in any_figures()) {
        let run = with(&figures);
        let card = cards(&run.manifest, &run.segments, [].into_iter()).remove(0);
        let en = |key: &str| said(&card, key, |text| &text.en).to_owned();
        let pt_br = |key: &str| said(&card, key, |text| &text.pt_br).to_owned();
        let (action, acao) = (en("action"), pt_br("action"));
        // Most come anyway: no offer, in either language.
        if en("avoid").contains("no discount") {
            prop_assert!(!has(&action, &["offers based", "incentive", "relevant offer"]), "{action}");
            prop_assert!(!has(&acao, &["incentivo", "oferta relevante", "ofertas por"]), "{acao}");
        }
        // Still customers: nobody to win back, and late ones are said to be both.
        if figures.customers > 0 && figures.alive > Some(0.51) {
            prop_assert!(!has(&action, &["win them back", "Win-back", "drift", "reactivation", "few come back"]), "{action}");
            prop_assert!(!has(&acao, &["reconquist", "afastem", "reativação", "alguns voltam"]), "{acao}");
            let late = figures.medians.0 > Clock::ASSUMED.active_days;
            prop_assert_eq!(en("forecast").contains("although"), late, "{}", en("forecast"));
        }
        // What may cost something is not told to cost nothing.
        let costs = card.contact_cost.as_ref().is_some_and(|cost| cost.pennies.is_some());
        if let (Some(pennies), None) = (card.contact_cost.as_ref().and_then(|cost| cost.pennies), figures.effect) {
            prop_assert!(pennies as f64 <= figures.a_head.2 as f64 * 0.1, "{pennies}");
        }
        if costs {
            prop_assert!(en("channel") != "free channels only", "{}", action);
            prop_assert!(!en("avoid").contains("no paid ads"), "{}", en("avoid"));
            prop_assert!(!has(&action, &["free channels", "paid campaigns"]), "{action}");
        }
        if en("channel") == "free channels only" {
            prop_assert!(!action.contains("Call") && !acao.contains("Ligue"), "{action}");
        }
        // Assumed days are nothing that the data showed.
        if figures.gaps < 20 {
            for line in &card.lines {
                let said = &line.text.en;
                let told = has(said, &["repeat purchases come"]);
                prop_assert!(!told || said.contains("assumed"), "{said}");
            }
        }
        // Of one purchase it is said how many made no more.
        let condition = en("condition");
        prop_assert!(!condition.starts_with("One purchase") && !pt_br("condition").starts_with("Uma compra"));
        if figures.customers > 0 && figures.repeat_buyers > 0 && figures.medians.1 < 4 {
            prop_assert!(condition.contains("of them made one purchase at most"), "{condition}");
            prop_assert!(pt_br("condition").contains("deles fizeram no máximo uma compra"));
        }
        // What the name said at the fit is not said of a median customer who is otherwise in this run.
        let (recency, purchases) = (figures.medians.0, f64::from(figures.medians.1) / 2.0);
        let (late, gone) = (recency > Clock::ASSUMED.active_days, recency > Clock::ASSUMED.away_days);
        if figures.customers > 0 {
            let condicao = pt_br("condition");
            for (is_so, en, pt_br) in [
                (!late, "still in rhythm", "dentro do ritmo esperado"),
                (late && !gone, "overdue", "demorando"),
                (gone, "silent for long", "há muito tempo sem comprar"),
                (purchases < 2.0, "Mostly one purchase", "Em geral, uma única compra"),
                (purchases >= 10.0, "Ten or more purchases", "Dez ou mais compras"),
                ((5.0..10.0).contains(&purchases), "Five to nine purchases", "De cinco a nove compras"),
                ((2.0..5.0).contains(&purchases), "Two to four purchases", "De duas a quatro compras"),
            ] {
                prop_assert!(is_so || !condition.contains(en), "{condition}");
                prop_assert!(is_so || !condicao.contains(pt_br), "{condicao}");
            }
            let in_rhythm = ["no discounts needed", "while they are active"];
            prop_assert!(!late || !has(&action, &in_rhythm), "{action}");
            prop_assert!(!late || !has(&acao, &["não precisam de desconto", "enquanto estão ativos"]), "{acao}");
            let wins_back = ["win them back", "Win-back", "drift", "reactivation", "few come back"];
            prop_assert!(late || !has(&action, &wins_back), "{action}");
        }
        // Nobody spends less than nothing on an order.
        prop_assert!(card.average_order_pennies.is_none_or(|pennies| pennies >= 0));
        prop_assert!(!en("average_order").starts_with('-'));
        // Of nobody there is nothing to say.
        if figures.customers == 0 {
            let kept = ["description", "condition", "customers", "movement"];
            prop_assert!(card.lines.iter().all(|line| kept.contains(&line.key)), "{:?}", card.lines);
        }
    }
}

#[test]
fn the_median_customer_of_this_run_is_said_where_the_name_is_another() {
    let figures = Figures {
        name: 0,
        gaps: 5000,
        recorded_before: false,
        customers: 100,
        repeat_buyers: 90,
        medians: (121, 24),
        a_head: (9_000, 9_000, 9_000),
        came_back: None,
        alive: None,
        effect: None,
    };
    let texts = |figures: &Figures| {
        let run = with(figures);
        let card = cards(&run.manifest, &run.segments, [].into_iter()).remove(0);
        card.line("condition").expect("a condition").text.clone()
    };
    let late = texts(&figures);
    let en = "The name is of the fit: tonight half or more have been silent for 121 days or longer (the name says up to 90)";
    assert_eq!(late.en, en);
    assert_eq!(
        late.pt_br,
        "O nome é do ajuste: hoje pelo menos metade está há 121 dias ou mais sem comprar (o nome diz até 90)"
    );
    let fewer = texts(&Figures { medians: (20, 7), ..figures.clone() });
    assert!(
        fewer.en.contains("tonight half or more made at most 3 purchases (the name says 10 or more)"),
        "{}",
        fewer.en
    );
    assert!(texts(&Figures { medians: (20, 24), ..figures }).en.contains("still in rhythm"));
}

#[test]
fn a_figure_in_the_name_that_is_not_this_runs_is_set_right() {
    let said = |key: &str, pennies: f64, shares: (f64, f64)| {
        let mut run = BASE.clone();
        let segment = &mut run.segments[0];
        segment.key = key.to_owned();
        (segment.customer_share, segment.revenue_share) = shares;
        for feature in segment.features.iter_mut().filter(|feature| feature.name == "monetary") {
            feature.median = pennies;
        }
        let card = cards(&run.manifest, &run.segments, [].into_iter()).remove(0);
        card.line("condition").expect("a condition").text.clone()
    };
    let same = said("one_time-monetary-64", 6_430.0, (0.5, 0.5));
    assert!(!same.en.contains("of the fit") && !same.pt_br.contains("do ajuste"), "{}", same.en);
    let other = said("one_time-monetary-64", 6_694.0, (0.5, 0.5));
    assert!(other.en.contains("the name is of the fit: tonight the median spend is 66.94"), "{}", other.en);
    assert!(other.pt_br.contains("o nome é do ajuste: hoje o gasto mediano é de 66,94"), "{}", other.pt_br);
    let below = said("one_time-above-spend", 6_694.0, (0.5, 0.4));
    assert!(below.en.contains("tonight a customer brought 0.80 times the average"), "{}", below.en);
}
