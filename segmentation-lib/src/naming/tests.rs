use proptest::prelude::*;

use super::*;
use crate::vocabulary::Habit;

const CLOCK: Clock = Clock { usual_days: 30, active_days: 120, away_days: 270, gaps: 44_009, within: None };
const AVERAGE: Proportion = Proportion { count: 140, of: 1000 };

fn standing(recency: f64, frequency: f64, monetary: f64, tenure: f64, spend: f64) -> Standing {
    Standing {
        medians: Medians { recency, frequency, monetary, tenure },
        spend,
        came_back: None,
        outlook: None,
    }
}

fn named(segments: &[Standing]) -> Vec<Named> {
    names(segments, AVERAGE, &CLOCK, &Vocabulary::bundled())
}

fn keys(segments: &[Standing]) -> Vec<String> {
    named(segments).into_iter().map(|n| n.key).collect()
}

#[test]
fn a_name_follows_from_the_medians_and_from_nothing_else() {
    let alone = keys(&[standing(87.0, 12.0, 9_000.0, 900.0, 1.0)]);
    assert_eq!(alone, ["champions"]);
    let among_better =
        keys(&[standing(3.0, 40.0, 90_000.0, 900.0, 5.0), standing(200.0, 12.0, 9_000.0, 900.0, 1.0)]);
    assert_eq!(among_better, ["champions", "need_attention"]);
}

#[test]
fn newcomers_made_their_first_purchase_lately() {
    let first = |tenure| standing(80.0, 1.0, 2_000.0, tenure, 0.3);
    assert_eq!(keys(&[first(90.0)]), ["new"]);
    assert_eq!(keys(&[first(91.0)]), ["promising"]);
    assert_eq!(keys(&[standing(130.0, 1.0, 2_000.0, 60.0, 0.3)]), ["about_to_sleep"]);
}

#[test]
fn only_who_is_away_and_proved_not_to_come_back_is_lost() {
    let back = |recency, count, of| Standing {
        came_back: Some(Proportion { count, of }),
        ..standing(recency, 1.0, 2_000.0, 500.0, 0.2)
    };
    // A fifth of the average is 2.8 %: 20 of 1,000 may be 3.1 %, 200 of 10,000 are 2.3 % at most.
    assert_eq!(keys(&[back(400.0, 20, 1000)]), ["one_time"]);
    assert_eq!(keys(&[back(400.0, 200, 10_000)]), ["lost"]);
    assert_eq!(keys(&[back(200.0, 200, 10_000)]), ["about_to_sleep"]);
    assert_eq!(keys(&[back(400.0, 0, 0)]), ["one_time"]);
    assert_eq!(keys(&[standing(400.0, 1.0, 2_000.0, 500.0, 0.2)]), ["one_time"]);
}

#[test]
fn nobody_is_lost_where_nobody_came_back_at_all() {
    let of_all = Proportion { count: 0, of: 9_000 };
    let back = Standing { came_back: Some(of_all), ..standing(400.0, 1.0, 2_000.0, 500.0, 0.2) };
    assert!(!back.gone(of_all));
}

#[test]
fn revenue_a_head_tells_segments_of_one_name_apart() {
    let shared = [standing(341.0, 3.0, 15_080.0, 504.0, 1.72), standing(448.0, 2.0, 4_850.0, 503.0, 0.51)];
    let names: Vec<Localized> = named(&shared).into_iter().map(|n| n.name).collect();
    assert_eq!(names[0].en, "Hibernating, above-average spend");
    assert_eq!(names[1].pt_br, "Hibernando, gasto abaixo da média");
    assert_eq!(keys(&shared), ["hibernating-above-spend", "hibernating-below-spend"]);
}

#[test]
fn else_the_median_that_separates_them_does_with_its_number() {
    let shared = [standing(300.0, 2.0, 4_000.0, 504.0, 0.4), standing(600.0, 2.0, 4_100.0, 803.0, 0.41)];
    let names: Vec<Localized> = named(&shared).into_iter().map(|n| n.name).collect();
    assert_eq!(names[0].en, "Hibernating, last purchase 300 days ago");
    assert_eq!(names[1].pt_br, "Hibernando, última compra há 600 dias");
}

#[test]
fn segments_alike_in_everything_get_numbers() {
    let one = standing(300.0, 2.0, 4_000.0, 504.0, 0.4);
    assert_eq!(keys(&[one, one]), ["hibernating-group-1", "hibernating-group-2"]);
    let without_average = Standing { spend: f64::NAN, ..one };
    assert_eq!(keys(&[without_average, without_average]), ["hibernating-group-1", "hibernating-group-2"]);
}

#[test]
fn texts_say_the_days_of_the_clock() {
    let seen = named(&[standing(42.0, 11.0, 43_390.0, 505.0, 5.8), standing(20.0, 1.0, 2_000.0, 20.0, 0.2)]);
    assert!(seen[0].description.en.ends_with("within 120 days"), "{}", seen[0].description.en);
    assert!(seen[1].description.pt_br.contains("90 dias"), "{}", seen[1].description.pt_br);
    assert!(!seen.iter().any(|n| n.description.en.contains('{') || n.description.pt_br.contains('{')));
}

#[test]
fn the_texts_of_a_key_are_found_with_and_without_what_tells_it_apart() {
    let vocabulary = Vocabulary::bundled();
    let shared = [standing(341.0, 3.0, 15_080.0, 504.0, 1.72), standing(448.0, 2.0, 4_850.0, 503.0, 0.51)];
    let given = &named(&shared)[0];
    let found = texts_of(&given.key, &CLOCK, &vocabulary).expect("of the vocabulary");
    assert_eq!((found.name.en.as_str(), &found.description), ("Hibernating", &given.description));
    assert_eq!(texts_of("stars", &CLOCK, &vocabulary), None);
}

#[test]
fn segments_with_an_outlook_are_named_by_it_where_the_vocabulary_has_names_for_it() {
    let ahead = |alive, expected| Standing {
        outlook: Some(Outlook { alive, expected }),
        ..standing(300.0, 2.0, 4_000.0, 504.0, 0.4)
    };
    let segments = [ahead(0.8, 2.5), ahead(0.1, 0.2)];
    let whole = Vocabulary::bundled_with_outlook();
    let seen = names(&segments, AVERAGE, &CLOCK, &whole);
    assert_eq!([&seen[0].key, &seen[1].key], ["future_champions", "probably_gone"]);
    let condition = &seen[0].description;
    assert!(condition.en.contains("probability of 50 % or more"), "{}", condition.en);
    assert!(condition.pt_br.ends_with("pelo menos 2 vezes a média"), "{}", condition.pt_br);
    assert_eq!(
        texts_of("future_champions-high-spend", &CLOCK, &whole).expect("there").name.en,
        "Future champions"
    );
    assert_eq!(keys(&segments), ["hibernating-group-1", "hibernating-group-2"]);
}

#[test]
fn a_bound_is_said_as_short_as_it_can_be() {
    let text = crate::vocabulary::BUNDLED_WITH_OUTLOOK
        .replace("alive_from = 0.5", "alive_from = 0.625")
        .replace("expected_from = 2.0", "expected_from = 1.5");
    let vocabulary = Vocabulary::parse(&text, "v.toml").expect("other bounds");
    let texts = texts_of("future_champions", &CLOCK, &vocabulary).expect("there").description;
    assert!(texts.en.contains("62.5 %") && texts.en.contains("1.5 times"), "{}", texts.en);
    assert!(texts.pt_br.contains("62,5 %") && texts.pt_br.contains("1,5 vezes"), "{}", texts.pt_br);
}

fn any_standing() -> impl Strategy<Value = Standing> {
    let medians = (0u32..600, 0u32..60, -2_000i32..90_000, 0u32..900);
    // Steps of a half, as medians of whole numbers have; few enough for segments to tie.
    (medians, 0u32..40, prop::option::of((0u64..400, 0u64..4000))).prop_map(|(m, spend, back)| {
        let half = |v: u32| f64::from(v) / 2.0;
        let medians = Medians {
            recency: half(m.0),
            frequency: half(m.1),
            monetary: f64::from(m.2 / 1000 * 1000),
            tenure: half(m.0).max(half(m.3)),
        };
        let came_back = back.map(|(count, more)| Proportion { count, of: count + more });
        Standing { medians, spend: f64::from(spend) / 10.0, came_back, outlook: None }
    })
}

fn any_clock() -> impl Strategy<Value = Clock> {
    prop::array::uniform3(0..MARKS.len()).prop_map(|mut at| {
        at.sort_unstable();
        Clock {
            usual_days: MARKS[at[0]],
            active_days: MARKS[at[1]],
            away_days: MARKS[at[2]],
            gaps: 100,
            within: None,
        }
    })
}

/// The vocabulary's own key, without the qualifier.
fn base(key: &str) -> &str {
    key.split('-').next().unwrap_or(key)
}

/// Whether one key is the worse name: further down in the vocabulary, unless both hold for one cell; of one
/// name, the lower class of spend.
fn is_worse(vocabulary: &Vocabulary, a: &str, b: &str) -> bool {
    let place = |key| vocabulary.segments.names().iter().position(|n| n.wording.key == base(key));
    if base(a) == base(b) {
        let class = |key: &str| {
            ["high-spend", "above-spend", "below-spend", "low-spend"].iter().position(|c| key.ends_with(c))
        };
        return class(a) > class(b);
    }
    let cells = vocabulary.segments.cells(base(b));
    let side_by_side = vocabulary.segments.cells(base(a)).iter().any(|cell| cells.contains(cell));
    !side_by_side && place(a) > place(b)
}

proptest! {
    #[test]
    fn every_segment_has_a_name_of_its_own_in_both_languages(
        segments in prop::collection::vec(any_standing(), 1..12), clock in any_clock(),
    ) {
        let seen = names(&segments, AVERAGE, &clock, &Vocabulary::bundled());
        prop_assert_eq!(seen.len(), segments.len());
        let texts: [fn(&Named) -> &str; 3] = [|n| &n.key, |n| &n.name.en, |n| &n.name.pt_br];
        for text in texts {
            let mut all: Vec<&str> = seen.iter().map(text).collect();
            prop_assert!(all.iter().all(|t| !t.is_empty()));
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), segments.len());
        }
    }

    #[test]
    fn a_better_segment_never_has_the_worse_name(
        segments in prop::collection::vec(any_standing(), 2..12), clock in any_clock(),
    ) {
        let vocabulary = Vocabulary::bundled();
        let seen = names(&segments, AVERAGE, &clock, &vocabulary);
        let cells: Vec<Cell> = segments.iter().map(|s| s.cell(AVERAGE, &clock, &vocabulary)).collect();
        for (i, a) in segments.iter().enumerate() {
            for (j, b) in segments.iter().enumerate() {
                let at_least_as_good = cells[i].state <= cells[j].state && cells[i].habit >= cells[j].habit
                    && a.spend >= b.spend;
                let upside_down = at_least_as_good && is_worse(&vocabulary, &seen[i].key, &seen[j].key);
                prop_assert!(!upside_down, "{a:?} is {}, {b:?} is {}", seen[i].key, seen[j].key);
            }
        }
    }

    #[test]
    fn the_order_of_different_segments_changes_no_name(
        segments in prop::collection::vec(any_standing(), 2..9), turn in 1usize..9,
    ) {
        let different = (1..segments.len()).all(|i| segments[..i].iter().all(|s| {
            s.medians != segments[i].medians || s.spend != segments[i].spend
        }));
        prop_assume!(different);
        let mut turned: Vec<usize> = (0..segments.len()).collect();
        turned.rotate_left(turn % segments.len());
        let seen = named(&segments);
        let again = named(&turned.iter().map(|&i| segments[i]).collect::<Vec<_>>());
        for (position, &segment) in turned.iter().enumerate() {
            prop_assert_eq!(&again[position], &seen[segment]);
        }
    }

    #[test]
    fn a_name_holds_for_the_cell_that_the_medians_are_in(segment in any_standing(), clock in any_clock()) {
        let vocabulary = Vocabulary::bundled();
        let cell = segment.cell(AVERAGE, &clock, &vocabulary);
        let seen = names(&[segment], AVERAGE, &clock, &vocabulary).remove(0);
        prop_assert!(vocabulary.segments.cells(&seen.key).contains(&cell));
        let (recency, purchases) = (segment.medians.recency, segment.medians.frequency);
        let state = if recency <= f64::from(clock.active_days) { State::Active }
            else if recency <= f64::from(clock.away_days) { State::Overdue }
            else if segment.gone(AVERAGE) { State::Gone } else { State::Away };
        let habit = [(20.0, Habit::Devoted), (10.0, Habit::Core), (5.0, Habit::Regular), (2.0, Habit::Returning), (1.0, Habit::Once)]
            .into_iter().find(|(from, _)| purchases >= *from).map_or(Habit::None, |(_, habit)| habit);
        prop_assert_eq!(cell, Cell { state, habit });
    }
}
