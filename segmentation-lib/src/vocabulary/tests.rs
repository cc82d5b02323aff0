use super::*;

fn refused(from: &str, to: &str) -> VocabularyError {
    assert!(BUNDLED.contains(from), "{from:?} is not in the bundled vocabulary");
    Vocabulary::parse(&BUNDLED.replacen(from, to, 1), "v.toml").expect_err(to)
}

/// The line in which a text stands first in the bundled vocabulary.
fn line_of(text: &str) -> usize {
    1 + BUNDLED.lines().position(|line| line.contains(text)).expect("there")
}

/// The line in which a text stands last: keys of segments are those of groups too.
fn last_line_of(text: &str) -> usize {
    let lines: Vec<&str> = BUNDLED.lines().collect();
    1 + lines.iter().rposition(|line| line.contains(text)).expect("there")
}

#[test]
fn the_bundled_vocabulary_is_read() {
    let vocabulary = Vocabulary::bundled();
    assert_eq!(vocabulary.segments.names().len(), 13);
    assert_eq!(vocabulary.groups.groups().len(), 11);
    assert_eq!(vocabulary.sha256.len(), 64);
}

#[test]
fn every_cell_has_the_name_that_its_entry_says() {
    let names = Vocabulary::bundled().segments;
    let key = |state, habit, tenure| names.name(Cell { state, habit }, tenure).wording.key.clone();
    assert_eq!(key(State::Active, Habit::Core, 9.0), "champions");
    assert_eq!(key(State::Active, Habit::Once, 90.0), "new");
    assert_eq!(key(State::Active, Habit::Once, 91.0), "promising");
    assert_eq!(key(State::Away, Habit::Once, 9.0), "one_time");
    assert_eq!(key(State::Gone, Habit::Devoted, 9.0), "lost");
    assert_eq!(names.cells("new"), [Cell { state: State::Active, habit: Habit::Once }]);
    assert_eq!(names.cells("returns_only").len(), 4);
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    let error = refused("returning = 2", "returning = two");
    assert!(matches!(*error.problem, Problem::Syntax(_)));
    assert_eq!((error.line, error.key.as_str()), (line_of("returning = 2"), "returning"));
    let error = refused("returning = 2", "coming_back = 2");
    assert!(error.to_string().contains("coming_back"), "{error}");
}

#[test]
fn a_key_of_other_characters_is_refused() {
    let error = refused("key = \"loyal\"", "key = \"Loyal-1\"");
    assert_eq!(*error.problem, Problem::Key("Loyal-1".into()));
    assert_eq!(error.line, line_of("key = \"loyal\""));
}

#[test]
fn a_key_or_a_name_that_stands_twice_is_refused() {
    let line = line_of("key = \"champions\"");
    let error = refused("key = \"loyal\"", "key = \"champions\"");
    assert_eq!(*error.problem, Problem::Twice { text: "champions".into(), line });
    let error = refused("name = \"Clientes fiéis\"", "name = \"Campeões\"");
    assert_eq!(*error.problem, Problem::Twice { text: "Campeões".into(), line });
    assert_eq!(error.key, "loyal");
}

#[test]
fn a_text_that_is_missing_in_one_language_is_refused() {
    let error = refused("name = \"Clientes fiéis\"", "");
    assert_eq!(*error.problem, Problem::Missing { text: "name", language: "pt_br" });
    assert_eq!((error.line, error.key.as_str()), (line_of("key = \"loyal\""), "loyal"));
    let error = refused("action = \"Reward", "action = \"\"\nname = \"Reward");
    assert!(matches!(*error.problem, Problem::Syntax(_)), "{error}");
    let error = refused("name = \"Champions\"", "name = \" \"");
    assert_eq!(*error.problem, Problem::Missing { text: "name", language: "en" });
}

#[test]
fn a_name_with_a_comma_is_refused() {
    assert_eq!(*refused("\"At risk\"", "\"At risk, ours\"").problem, Problem::Comma("At risk, ours".into()));
}

#[test]
fn what_a_placeholder_does_not_know_is_refused() {
    let error = refused("first within the last {first} days", "first within the last {last} days");
    assert!(error.to_string().contains("{last}") && error.to_string().contains("{first}"), "{error}");
    let error = refused("Five to nine purchases and", "Within {first} days five to nine purchases and");
    assert!(matches!(*error.problem, Problem::Placeholder { .. }), "{error}");
    assert_eq!(error.key, "loyal");
    let error = refused("\"high spend\"", "\"high {} spend\"");
    assert_eq!(error.key, "qualifiers.spend.high");
}

#[test]
fn a_qualifier_without_its_number_is_refused() {
    let error = refused("\"{} purchases\"", "\"purchases\"");
    assert_eq!(*error.problem, Problem::Number("purchases".into()));
    assert_eq!(error.line, line_of("\"{} purchases\""));
}

#[test]
fn an_unknown_state_habit_or_group_is_refused() {
    let error = refused("states = [\"overdue\"]", "states = [\"late\"]");
    assert!(error.to_string().contains("active, overdue, away, gone"), "{error}");
    assert_eq!(error.key, "need_attention");
    let error = refused("habits = [\"regular\"]", "habits = [\"often\"]");
    assert!(error.to_string().contains("none, once, returning, regular, core, devoted"), "{error}");
    let error = refused("\"promising\",      \"potential", "\"promised\",      \"potential");
    assert!(error.to_string().contains("\"promised\" is no group"), "{error}");
    assert_eq!((error.line, error.key.as_str()), (line_of("r4 ="), "r4"));
}

#[test]
fn a_name_that_holds_nowhere_is_refused() {
    assert!(matches!(*refused("habits = [\"regular\"]", "habits = []").problem, Problem::Nowhere(_)));
    let error = refused("\"promising\",      \"potential", "\"new\",      \"potential");
    assert!(matches!(*error.problem, Problem::Nowhere(_)), "{error}");
    assert_eq!(error.line, last_line_of("key = \"promising\""));
}

#[test]
fn a_cell_without_a_name_is_refused() {
    let error = refused("habits = [\"devoted\", \"core\"]", "habits = [\"devoted\"]");
    assert_eq!(*error.problem, Problem::Gap(Cell { state: State::Active, habit: Habit::Core }));
    assert!(error.to_string().contains("state \"active\" with habit \"core\""), "{error}");
}

#[test]
fn a_cell_with_two_names_is_refused() {
    let error = refused("habits = [\"regular\"]", "habits = [\"regular\", \"core\"]");
    let cell = Cell { state: State::Active, habit: Habit::Core };
    let line = line_of("key = \"champions\"");
    assert_eq!(*error.problem, Problem::Overlap { cell, other: "champions".into(), line });
    assert_eq!(error.key, "loyal");
}

#[test]
fn better_customers_with_the_worse_name_are_refused() {
    let swapped = BUNDLED
        .replacen("key = \"loyal\"", "key = \"swapped\"", 1)
        .replacen("habits = [\"regular\"]", "habits = [\"returning\"]", 1)
        .replacen(
            "habits = [\"returning\"]\n[segments.en]\nname = \"Potential",
            "habits = [\"regular\"]\n[segments.en]\nname = \"Potential",
            1,
        );
    let error = Vocabulary::parse(&swapped, "v.toml").expect_err("upside down");
    assert!(matches!(&*error.problem, Problem::Order { other, .. } if other == "swapped"), "{error}");
    let error = refused("\"need_attention\", \"loyal\",", "\"need_attention\", \"at_risk\",");
    assert!(error.to_string().contains("row r3, column 4"), "{error}");
}

#[test]
fn habits_whose_bounds_do_not_ascend_are_refused() {
    let error = refused("regular = 5", "regular = 12");
    assert_eq!(*error.problem, Problem::Bounds("2, 12, 10, 20".into()));
    assert_eq!((error.line, error.key.as_str()), (line_of("returning = 2"), "habits"));
    assert!(matches!(*refused("returning = 2", "returning = 1").problem, Problem::Bounds(_)));
}

#[test]
fn a_row_that_is_too_short_is_refused() {
    let error = refused("r1 = [\"lost\",           ", "r1 = [");
    assert_eq!((*error.problem, error.key.as_str()), (Problem::Width(4), "r1"));
}

fn refused_outlook(from: &str, to: &str) -> VocabularyError {
    assert!(BUNDLED_WITH_OUTLOOK.contains(from), "{from:?} is not in the bundled vocabulary");
    Vocabulary::parse(&BUNDLED_WITH_OUTLOOK.replacen(from, to, 1), "v.toml").expect_err(to)
}

#[test]
fn the_whole_file_adds_names_by_what_is_expected_and_changes_no_other() {
    let (plain, whole) = (Vocabulary::bundled(), Vocabulary::bundled_with_outlook());
    assert_eq!((&plain.segments, &plain.groups), (&whole.segments, &whole.groups));
    assert_eq!(plain.outlook, None);
    assert_eq!(whole.outlook.as_ref().map(|outlook| outlook.names().len()), Some(6));
    assert!(whole.has_names_of(&plain.sha256) && !plain.has_names_of(&whole.sha256));
    // The bundled file of stores published before descriptions said measured shares.
    let before = "c669530d7d4a83e6d248797ccf307efcda64ec034f95281c3fe782c099f3dc6a";
    assert!(plain.has_names_of(before) && whole.has_names_of(before));
    let theirs =
        Vocabulary::parse(&BUNDLED_WITH_OUTLOOK.replace("Light", "Small"), "v.toml").expect("a name");
    assert!(!theirs.has_names_of(&plain.sha256) && !theirs.has_names_of(before));
}

#[test]
fn the_first_name_whose_bounds_are_reached_holds() {
    let names = Vocabulary::bundled_with_outlook().outlook.expect("the whole file");
    let key = |alive, expected| names.name(&Outlook { alive, expected }).wording.key.as_str();
    assert_eq!(key(0.5, 2.0), "future_champions");
    assert_eq!(key(0.9, 1.99), "good_prospects");
    assert_eq!(key(0.49, 9.0), "worth_winning_back");
    assert_eq!(key(1.0, 0.99), "light_buyers");
    assert_eq!(key(0.2, 0.5), "slipping_away");
    assert_eq!(key(0.19, 0.5), "probably_gone");
    assert_eq!(key(f64::NAN, f64::NAN), "probably_gone");
}

#[test]
fn the_last_name_by_the_outlook_has_no_bound() {
    let error = refused_outlook("key = \"probably_gone\"", "key = \"probably_gone\"\nalive_from = 0.1");
    assert_eq!((*error.problem, error.key.as_str()), (Problem::BoundedLast, "probably_gone"));
}

#[test]
fn a_name_by_the_outlook_that_an_earlier_one_takes_all_of_is_refused() {
    let error = refused_outlook("expected_from = 2.0", "expected_from = 0.5");
    assert!(matches!(&*error.problem, Problem::Unreachable { other, .. } if other == "future_champions"));
    assert_eq!(error.key, "good_prospects");
}

#[test]
fn a_bound_that_is_no_probability_or_no_multiple_is_refused() {
    for wrong in ["alive_from = 1.5", "alive_from = 0.0", "alive_from = nan", "expected_from = -1.0"] {
        let error = refused_outlook("alive_from = 0.5", &wrong.replace("expected_from", "alive_from"));
        assert_eq!(*error.problem, Problem::OutlookBound, "{wrong}");
    }
    assert_eq!(*refused_outlook("expected_from = 2.0", "expected_from = inf").problem, Problem::OutlookBound);
}

#[test]
fn a_name_by_the_outlook_uses_its_own_bounds_and_no_key_of_the_others() {
    let error = refused_outlook("Half may have left already", "{alive} may have left already");
    assert!(matches!(*error.problem, Problem::Placeholder { .. }), "{error}");
    let error = refused_outlook("key = \"light_buyers\"", "key = \"loyal\"");
    assert!(matches!(&*error.problem, Problem::Twice { text, .. } if text == "loyal"), "{error}");
    let error = refused_outlook("\"Light buyers\"", "\"Light, buyers\"");
    assert_eq!(*error.problem, Problem::Comma("Light, buyers".into()));
}
