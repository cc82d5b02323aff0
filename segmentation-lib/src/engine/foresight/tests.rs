use proptest::prelude::*;

use super::*;

/// Everybody's outcome foretold by the others of the segment, one after the other.
fn one_left_out_at_a_time(labels: &[u32], y: &[f64]) -> f64 {
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let others = |i: usize, alike: bool| -> Vec<f64> {
        (0..y.len()).filter(|&j| j != i && (!alike || labels[j] == labels[i])).map(|j| y[j]).collect()
    };
    let foretold = |i: usize| match others(i, true) {
        segment if segment.is_empty() => mean(others(i, false)),
        segment => mean(segment),
    };
    let missed: f64 = (0..y.len()).map(|i| (y[i] - foretold(i)).powi(2)).sum();
    let all = mean(y.to_vec());
    1.0 - missed / y.iter().map(|v| (v - all).powi(2)).sum::<f64>()
}

proptest! {
    #[test]
    fn the_closed_form_is_leaving_one_out_at_a_time(
        customers in prop::collection::vec((0u32..6, 0i64..1_000_000), 2..60)
    ) {
        let (labels, pennies): (Vec<u32>, Vec<i64>) = customers.into_iter().unzip();
        if let Some(outcome) = Outcome::of_pennies(&pennies) {
            let found = foresight(&labels, &outcome).unwrap().r_squared;
            let expected = one_left_out_at_a_time(&labels, outcome.values());
            prop_assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{found} for {expected}");
        }
    }

    #[test]
    fn names_of_segments_do_not_matter(
        customers in prop::collection::vec((0u32..4, 0i64..1000), 2..40)
    ) {
        let (labels, pennies): (Vec<u32>, Vec<i64>) = customers.into_iter().unzip();
        let renamed: Vec<u32> = labels.iter().map(|l| 9 - 2 * l).collect();
        if let Some(outcome) = Outcome::of_pennies(&pennies) {
            let r = |labels: &[u32]| foresight(labels, &outcome).unwrap().r_squared;
            prop_assert!((r(&labels) - r(&renamed)).abs() < 1e-12);
        }
    }
}

#[test]
fn losses_count_as_nothing_and_money_is_counted_in_currency_units() {
    let outcome = Outcome::of_pennies(&[-500, 0, 100]).expect("it varies");
    assert_eq!(outcome.values(), [0.0, 0.0, 2f64.ln()]);
}

#[test]
fn what_does_not_vary_cannot_be_foretold() {
    assert_eq!(Outcome::of_pennies(&[]), None);
    assert_eq!(Outcome::of_pennies(&[700]), None);
    assert_eq!(Outcome::of_pennies(&[0, -3, 0]), None);
    assert_eq!(Outcome::of_pennies(&[7, 7, 9]).expect("it varies").of_rows(&[0, 1]), None);
}

#[test]
fn one_segment_foretells_less_than_nothing() {
    let outcome = Outcome::of_pennies(&[0, 100, 200, 300]).expect("it varies");
    let all = foresight(&[0; 4], &outcome).unwrap();
    // Everybody's own value pulls the mean of the others away from it: (4/3)² − 1.
    assert!((all.r_squared + 7.0 / 9.0).abs() < 1e-12, "{}", all.r_squared);
}

#[test]
fn labels_of_other_customers_are_refused() {
    let outcome = Outcome::of_pennies(&[0, 100, 200]).expect("it varies");
    let error = foresight(&[0, 1], &outcome).unwrap_err();
    assert!(matches!(error, EngineError::Length { given: 2, rows: 3, .. }));
}
