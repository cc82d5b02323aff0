use super::*;

fn hint_of(error: impl Into<Error>) -> String {
    hint(&error.into()).expect("a hint")
}

#[test]
fn no_fewer_segments_are_proposed_than_can_be_asked_for() {
    for (distinct, k, is_fewer) in [(1, 3, false), (2, 3, true), (1, 2, false), (5, 8, true)] {
        for error in [
            Error::from(SelectionError::TooFewDistinct { distinct, k }),
            Error::from(EngineError::TooFewDistinct { distinct, k }),
        ] {
            let hint = hint_of(error);
            assert_eq!(hint.contains(&format!("--k {distinct} ")), is_fewer, "{hint}");
            assert!(hint.contains("--features"), "{hint}");
        }
    }
}

#[test]
fn as_many_segments_are_proposed_as_the_customers_allow() {
    for (customers, k, fewer) in
        [(12, 3, None), (12, 2, None), (25, 3, Some("--k 2 ")), (45, 8, Some("--k 4 "))]
    {
        let hint = hint_of(SelectionError::TooFewCustomers { customers, k });
        assert_eq!(hint.contains("--k "), fewer.is_some(), "{hint}");
        assert!(fewer.is_none_or(|fewer| hint.starts_with(fewer)), "{hint}");
    }
}

fn example(rule: &'static str, place: &str, amount: &str) -> Example {
    let values = vec![("customer", "10001".to_owned()), ("amount", amount.to_owned())];
    Example { rule, place: place.to_owned(), row: 2, values }
}

fn nothing_left_of(example: Example) -> String {
    let (rows, removed) = (9, String::new());
    hint_of(TransactionsError::NothingLeft { rows, removed, example: Some(Box::new(example)) })
}

#[test]
fn amounts_below_zero_are_no_purchases_by_any_flag() {
    for hint in [
        hint_of(TransactionsError::NoPurchases { rows: 9 }),
        nothing_left_of(example("non_positive_amount", "sales.csv", "-17.81")),
    ] {
        assert!(hint.contains("with a minus") && !hint.contains("--returns"), "{hint}");
        assert!(!hint.contains("--skip-rule"), "{hint}");
    }
    assert!(nothing_left_of(example("non_positive_amount", "sales.csv", "0")).contains("--skip-rule"));
}

#[test]
fn what_is_not_understood_is_shown_with_what_is() {
    let hint = nothing_left_of(example("unparsable_number", "sales.csv", "10,78 C"));
    assert!(
        hint.starts_with("\"10,78 C\" is in a format that is not read: write it as a number alone"),
        "{hint}"
    );
    assert!(!nothing_left_of(example("unparsable_number", "sales.csv", "")).contains("format"));
}

#[test]
fn formulas_without_values_are_to_be_saved() {
    assert!(nothing_left_of(example("unparsable_number", "sales.xlsx[Sales]", "")).contains("open and save"));
    for other in [
        example("unparsable_number", "sales.csv", ""),
        example("unparsable_number", "sales.xlsx[Sales]", "x"),
    ] {
        assert!(!nothing_left_of(other).contains("open and save"));
    }
}

#[test]
fn a_model_that_needs_what_tonight_lacks_takes_a_refit() {
    let hint = hint_of(FeaturesError::MissingColumn { feature: "monetary", column: "amount" });
    assert!(hint.contains("`segment refit`"), "{hint}");
    assert!(hint_of(StoreError::NothingBefore { current: None }).contains("`segment refit`"));
}
