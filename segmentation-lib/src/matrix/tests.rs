use proptest::prelude::*;

use super::*;

fn params(transform: Transform, scaler: Scaler) -> MatrixParams {
    MatrixParams { transform, scaler, winsorize: None, ..MatrixParams::default() }
}

fn fitted(params: &MatrixParams, name: &str, values: &[f64]) -> FeatureScaling {
    params.fit(crate::features::feature(name).expect("a feature"), ArrayView1::from(values))
}

#[test]
fn standard_scaling_is_scikit_learns() {
    let s = fitted(&params(Transform::None, Scaler::Standard), "recency", &[1.0, 2.0, 6.0]);
    assert_eq!((s.center, s.scale), (3.0, (14.0f64 / 3.0).sqrt()));
}

#[test]
fn robust_scaling_takes_median_and_quartiles() {
    let s = fitted(&params(Transform::None, Scaler::Robust), "recency", &[9.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!((s.center, s.scale), (3.0, 2.0));
}

#[test]
fn robust_scaling_survives_a_column_mostly_of_one_value() {
    let s = fitted(&params(Transform::None, Scaler::Robust), "recency", &[1.0, 1.0, 1.0, 1.0, 11.0]);
    assert_eq!((s.center, s.scale), (1.0, 4.0));
}

#[test]
fn a_constant_column_becomes_zeros() {
    for scaler in [Scaler::Standard, Scaler::Robust] {
        let s = fitted(&params(Transform::Log, scaler), "frequency", &[0.1, 0.1, 0.1]);
        assert_eq!((s.apply(0.1), s.scale), (0.0, 1.0), "{scaler:?}");
    }
}

#[test]
fn pennies_enter_as_currency_units() {
    let s = fitted(&params(Transform::None, Scaler::None), "monetary", &[1177.0, 100.0]);
    assert_eq!(s.apply(1177.0), 11.77);
}

#[test]
fn negative_values_take_the_signed_logarithm() {
    let s = fitted(&params(Transform::Log, Scaler::None), "monetary", &[-1000.0, 1000.0]);
    assert_eq!(s.transform, crate::record::AppliedTransform::SignedLog1p);
    assert_eq!(s.apply(-1000.0), -s.apply(1000.0));
    assert_eq!(s.apply(1000.0), 11f64.ln());
}

#[test]
fn winsorising_clips_to_the_quantiles() {
    let p = MatrixParams { winsorize: Some(0.25), ..params(Transform::None, Scaler::None) };
    let s = fitted(&p, "recency", &[0.0, 1.0, 2.0, 3.0, 100.0]);
    assert_eq!((s.apply(-5.0), s.apply(2.5), s.apply(100.0)), (1.0, 2.5, 3.0));
}

#[test]
fn wrong_parameters_are_refused() {
    let refused = |p: MatrixParams| p.check().expect_err("refused").to_string();
    assert!(refused(MatrixParams { features: vec![], ..Default::default() }).contains("at least one"));
    let twice = vec!["recency".to_owned(), "recency".to_owned()];
    assert!(refused(MatrixParams { features: twice, ..Default::default() }).contains("\"recency\""));
    for q in [0.0, 0.5, f64::NAN, -1.0] {
        assert!(refused(MatrixParams { winsorize: Some(q), ..Default::default() }).contains("0.5"));
    }
}

#[test]
fn a_value_that_is_no_number_is_named() {
    let values = ndarray::array![[1.0], [f64::NAN]];
    let ids = ["a".to_owned(), "b".to_owned()];
    let error = refuse_not_finite(&values, &ids, &[crate::features::feature("recency").expect("there")])
        .expect_err("NaN");
    assert!(error.to_string().contains("\"b\"") && error.to_string().contains("NaN"), "{error}");
}

#[test]
fn quantiles_are_numpys() {
    let v = [1.0, 2.0, 4.0, 8.0];
    assert_eq!(
        [0.0, 0.05, 0.5, 0.95, 1.0].map(|q| quantile(&v, q)),
        [1.0, 1.15, 3.0, 7.399999999999999, 8.0]
    );
    assert_eq!(quantile(&[7.0], 0.3), 7.0);
}

#[test]
fn placing_needs_one_value_a_feature() {
    let s = fitted(&MatrixParams::default(), "recency", &[1.0, 2.0]);
    assert_eq!(place(std::slice::from_ref(&s), &[1.5]).expect("one value"), [s.apply(1.5)]);
    let message = place(&[s], &[]).expect_err("none given").to_string();
    assert!(message.contains("recency"), "{message}");
}

proptest! {
    #[test]
    fn there_and_back_is_the_original(
        values in prop::collection::vec(-1e7..1e7f64, 2..40), log: bool, robust: bool,
    ) {
        let p = params(
            if log { Transform::Log } else { Transform::None },
            if robust { Scaler::Robust } else { Scaler::Standard },
        );
        let s = fitted(&p, "monetary", &values);
        for v in values {
            prop_assert!((s.invert(s.apply(v)) - v).abs() <= 1e-9 * v.abs().max(1.0) , "{} {:?}", v, s);
        }
    }

    #[test]
    fn order_of_customers_changes_no_bit(mut values in prop::collection::vec(0.0..1e6f64, 2..40)) {
        let p = MatrixParams::default();
        let before = fitted(&p, "recency", &values);
        values.reverse();
        prop_assert_eq!(before, fitted(&p, "recency", &values));
    }
}
