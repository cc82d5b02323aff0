//! What holds for all models: derivatives, errors, independence of threads and order.

use proptest::prelude::*;

use super::moments::Moments;
use super::*;

/// Customers of every kind: one-time buyers, new ones, bought to the end, frequent, silent for long.
fn customers() -> Vec<History> {
    [
        (0, 0.0, 0.0),
        (0, 0.0, 12.5),
        (0, 0.0, 38.0),
        (1, 3.0, 38.0),
        (1, 20.0, 20.0),
        (2, 30.43, 38.86),
        (3, 9.0, 40.0),
        (7, 33.0, 35.0),
        (26, 30.857, 31.0),
        (60, 10.0, 39.0),
        (150, 38.0, 39.0),
    ]
    .map(|(x, tx, t)| History::new(x, tx, t))
    .to_vec()
}

fn grouped(customers: &[History]) -> Histories {
    Histories::new(customers).expect("possible histories")
}

fn model(family: Family, parameters: [f64; 4]) -> PurchaseModel {
    PurchaseModel::new(family, parameters).expect("positive parameters")
}

/// Gradient and second derivatives against central differences of value and gradient.
fn derivatives_hold<const N: usize>(at: [f64; N], f: impl Fn([f64; N]) -> Moments<N>) {
    let here = f(at);
    for i in 0..N {
        let step = at[i] * 1e-5;
        let aside = |sign: f64| {
            let mut place = at;
            place[i] += sign * step;
            f(place)
        };
        let (above, below) = (aside(1.0), aside(-1.0));
        let near = |got: f64, high: f64, low: f64| {
            let difference = (high - low) / (2.0 * step);
            let noise = 1e-15 * high.abs() / step;
            assert!(
                (got - difference).abs() <= 1e-6 * difference.abs() + 1e-6 + 10.0 * noise,
                "{got} {difference}"
            );
        };
        near(here.gradient[i], above.value, below.value);
        for j in 0..N {
            near(here.hessian[i][j], above.gradient[j], below.gradient[j]);
            assert!((here.hessian[i][j] - here.hessian[j][i]).abs() <= 1e-12 * here.hessian[i][j].abs());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn derivatives_are_those_of_the_log_likelihood(
        first in 0.1..6.0_f64, second in 0.5..40.0_f64, third in 0.1..6.0_f64, fourth in 0.5..40.0_f64
    ) {
        let histories = grouped(&customers());
        for family in Family::LEAVING {
            derivatives_hold([first, second, third, fourth], |p| model(family, p).moments(&histories));
        }
    }

    #[test]
    fn expectations_are_sums_over_the_probabilities(
        r in 0.3..3.0_f64, alpha in 2.0..20.0_f64, third in 0.3..3.0_f64, fourth in 0.5..20.0_f64
    ) {
        for family in Family::LEAVING {
            let model = model(family, [r, alpha, third, fourth]);
            let (mut mass, mut mean, mut square) = (0.0, 0.0, 0.0);
            for n in 0..400 {
                let probability = model.probability_of(n, 15.0).expect("a time");
                mass += probability;
                mean += probability * f64::from(n);
                square += probability * f64::from(n * n);
            }
            prop_assert!((mass - 1.0).abs() < 1e-9, "{family}: {mass}");
            let expected = model.expected_of_new(15.0).expect("a time");
            let squared = model.purchases(&History::new(0, 0.0, 0.0), 15.0).expect("a time").square;
            prop_assert!((square - squared).abs() < 1e-5 * squared, "{family}: {square} {squared}");
            prop_assert!((mean - expected).abs() < 1e-7 * expected, "{family}: {mean} {expected}");
        }
    }

    #[test]
    fn a_longer_horizon_brings_no_less(x in 0_u32..40, tx in 0.1..30.0_f64, rest in 0.0..30.0_f64, t in 0.1..90.0_f64) {
        let history = History::new(x, if x > 0 { tx } else { 0.0 }, tx + rest);
        for family in Family::LEAVING {
            let model = model(family, [0.7, 6.0, 0.9, 4.0]);
            let of = |horizon| model.expected_purchases(&history, horizon).expect("a horizon");
            prop_assert!(of(t) <= of(t * 1.5));
            prop_assert!((0.0..=1.0).contains(&model.alive(&history)));
        }
    }
}

#[test]
fn equal_customers_count_once_and_weigh_as_many() {
    let twice: Vec<History> = customers().into_iter().chain(customers()).collect();
    let (once, twice) = (grouped(&customers()), grouped(&twice));
    assert_eq!(once.distinct(), twice.distinct());
    for family in Family::LEAVING {
        let model = model(family, [0.5, 6.0, 0.8, 3.0]);
        let (one, two) = (model.log_likelihood(&once), model.log_likelihood(&twice));
        assert!((2.0 * one - two).abs() < 1e-9, "{family}: {one} {two}");
    }
}

#[test]
fn nobody_has_a_log_likelihood_of_zero() {
    for family in Family::LEAVING {
        let model = model(family, [0.5, 6.0, 0.8, 0.3]);
        assert_eq!(model.log_likelihood(&grouped(&[])), 0.0, "{family}");
    }
}

#[test]
fn forecasts_stand_in_the_order_of_the_customers() {
    let histories = grouped(&customers());
    let ages = histories.each(|h| Ok(h.age)).expect("no error");
    assert_eq!(ages, customers().iter().map(|h| h.age).collect::<Vec<_>>());
}

/// Customers that differ in every digit, without randomness.
fn many() -> Vec<History> {
    let customer = |i: u32| {
        let age = 10.0 + f64::from(i % 4001) * 0.0097;
        let x = (i * 7 % 23).saturating_sub(12) / 2 + i % 2;
        let recency = age * (0.3 + f64::from(i % 613) / 1000.0);
        History::new(x, if x > 0 { recency } else { 0.0 }, age)
    };
    (0..20_000).map(customer).collect()
}

#[test]
fn neither_threads_nor_order_change_a_bit() {
    let reversed: Vec<History> = many().into_iter().rev().collect();
    for family in Family::LEAVING {
        let with = |threads, customers: &[History]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let model = model(family, [0.5, 6.0, 0.8, 3.0]);
            pool.install(|| {
                let histories = grouped(customers);
                (model.moments(&histories), PurchaseModel::fit(family, &histories))
            })
        };
        let one = with(1, &many());
        assert_eq!(one, with(3, &many()), "{family}");
        assert_eq!(one, with(2, &reversed), "{family}");
    }
}

#[test]
fn a_gamma_gamma_has_the_derivatives_of_its_log_likelihood() {
    let spend =
        [(1, 35.0), (3, 2.5), (20, 80.25), (1, 0.01)].map(|(purchases, mean)| Spend { purchases, mean });
    for at in [[6.25, 3.74, 15.44], [0.4, 1.2, 300.0]] {
        derivatives_hold(at, |p| SpendModel::new(p).expect("positive").moments_of(&spend));
    }
}

#[test]
fn histories_that_cannot_be_are_refused() {
    let bad = [
        (1, 5.0, 4.0),
        (0, 1.0, 4.0),
        (2, 0.0, 4.0),
        (1, f64::NAN, 4.0),
        (0, 0.0, f64::INFINITY),
        (0, 0.0, -1.0),
    ];
    for (x, tx, t) in bad {
        let refused = Histories::new(&[History::new(0, 0.0, 3.0), History::new(x, tx, t)]);
        assert!(matches!(refused, Err(LifetimeError::ImpossibleHistory { row: 1, .. })), "{x} {tx} {t}");
    }
}

#[test]
fn data_that_say_nothing_are_refused() {
    let fit = |customers: &[History]| PurchaseModel::fit(Family::ParetoNbd, &grouped(customers)).unwrap_err();
    let new = History::new(0, 0.0, 0.0);
    let once = History::new(0, 0.0, 9.0);
    assert_eq!(fit(&[]), LifetimeError::TooFewCustomers { customers: 0 });
    assert_eq!(fit(&[History::new(1, 2.0, 9.0)]), LifetimeError::TooFewCustomers { customers: 1 });
    assert_eq!(fit(&[new; 3]), LifetimeError::NoTimeObserved { customers: 3 });
    assert_eq!(fit(&[new, once]), LifetimeError::NoRepeatPurchases { customers: 2 });
}

#[test]
fn a_flat_likelihood_is_refused() {
    // Everybody bought as often, up to the end: nothing tells how rates differ, or that anybody leaves.
    let alike = vec![History::new(5, 20.0, 20.0); 500];
    for family in Family::LEAVING {
        let refused = PurchaseModel::fit(family, &grouped(&alike));
        assert!(
            matches!(refused, Err(LifetimeError::Ridge { .. } | LifetimeError::NotConverged { .. })),
            "{family}: {refused:?}"
        );
    }
}

#[test]
fn horizons_and_parameters_are_checked() {
    let customer = History::new(1, 2.0, 9.0);
    for family in Family::LEAVING {
        let model = model(family, [0.5, 6.0, 0.8, 3.0]);
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let refused = model.expected_purchases(&customer, value).unwrap_err();
            assert!(matches!(refused, LifetimeError::BadHorizon { .. }));
            assert!(model.probability_of(1, value).is_err());
        }
        let names = family.parameter_names();
        let refused = PurchaseModel::new(family, [0.5, 6.0, 0.8, 0.0]).unwrap_err();
        assert_eq!(refused, LifetimeError::BadParameter { parameter: names[3], value: 0.0 });
    }
    let far = model(Family::BgNbd, [0.5, 6.0, 0.8, 3.0]).expected_purchases(&customer, 1e9).unwrap_err();
    assert!(matches!(far, LifetimeError::HorizonTooLong { .. }));
}

#[test]
fn money_that_cannot_be_modelled_is_counted_or_refused() {
    let spend = |purchases, mean| Spend { purchases, mean };
    let refused = SpendModel::fit(&[spend(0, 0.0), spend(2, -3.0), spend(1, 5.0)]).unwrap_err();
    let expected = LifetimeError::NoSpend { customers: 3, usable: 1, no_repeat: 1, not_positive: 1 };
    assert_eq!(refused, expected);
    let refused = SpendModel::fit(&[spend(1, f64::NAN)]).unwrap_err();
    assert!(matches!(refused, LifetimeError::BadSpend { row: 0, .. }));
    let infinite = SpendModel::new([0.5, 0.7, 3.0]).expect("positive");
    assert_eq!(infinite.expected_spend(&spend(0, 0.0)), Err(LifetimeError::InfiniteSpend { q: 0.7 }));
    assert!(infinite.expected_spend(&spend(4, 9.99)).is_ok());
}

#[test]
fn a_customer_without_a_positive_mean_is_expected_to_spend_what_all_do() {
    let model = SpendModel::new([6.25, 3.74, 15.44]).expect("positive");
    let everybody = 6.25 * 15.44 / 2.74;
    for spend in [Spend { purchases: 0, mean: 0.0 }, Spend { purchases: 3, mean: -2.0 }] {
        assert!((model.expected_spend(&spend).expect("finite") - everybody).abs() < 1e-12);
    }
}

#[test]
fn half_of_those_who_stay_have_bought_again_by_the_median_wait() {
    let model = model(Family::ParetoNbd, [0.55, 10.56, 0.61, 11.64]);
    let customer = History::new(3, 20.0, 30.0);
    let wait = model.median_wait(&customer);
    let none = ((10.56 + 30.0) / (10.56 + 30.0 + wait)).powf(3.55);
    assert!((none - 0.5).abs() < 1e-12);
}
