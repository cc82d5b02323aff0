//! What was published on the sample, and what an independent fit computed on exact weeks.

use segmentation_lib::lifetime::{
    Family, Frequency, Histories, History, PurchaseFit, PurchaseModel, Spend, SpendModel, TimeUnit,
};

use crate::cdnow::{CALIBRATION, summaries};

fn histories(end: &str) -> Histories {
    let customers: Vec<History> = summaries(end).iter().map(|s| s.history(TimeUnit::Weeks)).collect();
    Histories::new(&customers).expect("possible histories")
}

fn fitted(family: Family, end: &str) -> PurchaseFit {
    let fit = PurchaseModel::fit(family, &histories(end)).expect("a maximum");
    assert!(fit.gradient_norm < 1e-10, "{family}: {}", fit.gradient_norm);
    fit
}

#[track_caller]
fn close(got: f64, expected: f64, relative: f64) {
    assert!((got / expected - 1.0).abs() <= relative, "{got}, not {expected}");
}

/// `got`, printed with as many decimals as `expected`, is `expected`.
#[track_caller]
fn prints(got: f64, expected: &str) {
    let decimals = expected.split_once('.').map_or(0, |(_, after)| after.len());
    assert_eq!(format!("{got:.decimals$}"), expected);
}

#[track_caller]
fn agrees(fit: &PurchaseFit, parameters: [f64; 4], log_likelihood: f64) {
    for (got, expected) in fit.model.parameters().into_iter().zip(parameters) {
        close(got, expected, 1e-5);
    }
    assert!((fit.log_likelihood - log_likelihood).abs() < 1e-5, "{}", fit.log_likelihood);
}

#[track_caller]
fn errors_agree(fit: &PurchaseFit, expected: [f64; 4]) {
    for (got, expected) in fit.standard_errors.into_iter().zip(expected) {
        close(got, expected, 1e-4);
    }
}

#[test]
fn the_sample_is_the_published_one() {
    let counts = |end: &str| summaries(end).iter().map(|s| s.purchase_days - 1).collect::<Vec<_>>();
    let calibration = counts(CALIBRATION);
    assert_eq!(calibration.len(), 2357);
    assert_eq!(calibration.iter().sum::<u32>(), 2457);
    assert_eq!(counts("1998-06-30").iter().sum::<u32>(), 4339);
    let mut classes = [0; 8];
    calibration.iter().for_each(|&x| classes[x.min(7) as usize] += 1);
    assert_eq!(classes, [1411, 439, 214, 100, 62, 38, 29, 64]);
}

#[test]
fn bg_nbd() {
    let fit = fitted(Family::BgNbd, CALIBRATION);
    agrees(&fit, [0.2425945, 4.4136021, 0.7929218, 2.4259062], -9582.42921);
    errors_agree(&fit, [0.012557, 0.378224, 0.185734, 0.705414]);
    let model = fit.model;
    prints(model.expected_of_new(52.0).expect("a time"), "1.444012");
    let best = History::new(26, 216.0 / 7.0, 31.0);
    prints(model.expected_purchases(&best, 52.0).expect("a time"), "25.75734");
    close(model.alive(&best), 0.9688545, 1e-6);
    for (x, expected) in [(10, 0.3474839), (15, 0.0428370), (20, 0.0041593), (25, 0.00035839)] {
        let quiet = History::new(x, 20.0, 39.0);
        close(model.expected_purchases(&quiet, 52.0).expect("a time"), expected, 2e-5);
    }
    prints(model.expected_purchases(&History::new(2, 30.43, 38.86), 39.0).expect("a time"), "1.225907");
}

#[test]
fn bg_nbd_on_weeks_with_two_decimals() {
    let rounded = |time: f64| (time * 100.0).round() / 100.0;
    let customers: Vec<History> = summaries(CALIBRATION)
        .iter()
        .map(|s| s.history(TimeUnit::Weeks))
        .map(|h| History::new(h.frequency, rounded(h.recency), rounded(h.age)))
        .collect();
    let histories = Histories::new(&customers).expect("possible histories");
    let fit = PurchaseModel::fit(Family::BgNbd, &histories).expect("a maximum");
    agrees(&fit, [0.2425929, 4.4135312, 0.7928863, 2.4257537], -9582.42556);
    errors_agree(&fit, [0.012557, 0.378221, 0.185719, 0.705346]);
}

#[test]
fn bg_nbd_at_the_published_parameters() {
    let model = PurchaseModel::new(Family::BgNbd, [0.243, 4.414, 0.793, 2.426]).expect("parameters");
    prints(model.probability_of(10, 2.0).expect("a time") * 1e7, "1.0786896");
    prints(model.probability_of(0, 39.0).expect("a time"), "0.5737863521");
}

/// Log-likelihoods as they were published with their parameters.
#[test]
fn log_likelihoods_at_the_published_parameters() {
    let of = |family, parameters, end| {
        PurchaseModel::new(family, parameters).expect("parameters").log_likelihood(&histories(end))
    };
    prints(of(Family::BgNbd, [0.2425945, 4.4136019, 0.7929199, 2.4258881], CALIBRATION), "-9582.429");
    prints(of(Family::ParetoNbd, [0.55315, 10.57633, 0.60625, 11.67150], CALIBRATION), "-9594.976");
    let stopped_early = [0.54551892, 10.28188512, 0.73728504, 14.54469237];
    prints(of(Family::ParetoNbd, stopped_early, "1997-09-17"), "-9147.5450808");
    prints(of(Family::MbgNbd, [0.525, 6.183, 0.891, 1.614], CALIBRATION), "-9582.136");
    let spend: Vec<Spend> = summaries(CALIBRATION).iter().map(|s| s.spend(Frequency::Repeat)).collect();
    let model = SpendModel::new([6.2495713, 3.7442249, 15.4435252]).expect("parameters");
    prints(model.log_likelihood(&spend), "-4055.9177");
}

#[test]
fn bg_nbd_over_time() {
    let model = fitted(Family::BgNbd, CALIBRATION).model;
    let published = [
        (0.1429, "0.007816"),
        (1.0, "0.053184"),
        (3.0, "0.150631"),
        (31.8571, "1.040489"),
        (32.0, "1.043732"),
        (78.0, "1.857958"),
    ];
    for (time, expected) in published {
        prints(model.expected_of_new(time).expect("a time"), expected);
    }
}

#[test]
fn mbg_nbd() {
    let fit = fitted(Family::MbgNbd, CALIBRATION);
    agrees(&fit, [0.5248432, 6.1830861, 0.8913592, 1.6140016], -9582.13572);
}

#[test]
fn pareto_nbd() {
    let fit = fitted(Family::ParetoNbd, CALIBRATION);
    agrees(&fit, [0.5532771, 10.5776836, 0.6062401, 11.6687372], -9594.97618);
    errors_agree(&fit, [0.047628, 0.842723, 0.187281, 6.211113]);
    let model = fit.model;
    prints(model.expected_of_new(52.0).expect("a time"), "1.473434");
    let best = History::new(26, 216.0 / 7.0, 31.0);
    prints(model.expected_purchases(&best, 52.0).expect("a time"), "25.45518");
    close(model.alive(&best), 0.9978734, 1e-6);
    for (x, expected) in [(10, 0.7058883), (15, 0.1441507), (20, 0.0224901), (25, 0.0030901)] {
        let quiet = History::new(x, 20.0, 39.0);
        close(model.expected_purchases(&quiet, 52.0).expect("a time"), expected, 2e-5);
    }
}

#[test]
fn pareto_nbd_at_the_published_parameters() {
    let model = PurchaseModel::new(Family::ParetoNbd, [0.55, 10.56, 0.61, 11.64]).expect("parameters");
    let expected = [
        "0.05077821",
        "0.09916088",
        "0.14542507",
        "0.18979930",
        "0.23247466",
        "0.27361274",
        "0.31335159",
        "0.35181024",
        "0.38909211",
    ];
    for (week, expected) in (1..).zip(expected) {
        prints(model.expected_of_new(f64::from(week)).expect("a time"), expected);
    }
}

#[test]
fn pareto_nbd_after_37_weeks() {
    let fit = fitted(Family::ParetoNbd, "1997-09-17");
    agrees(&fit, [0.5455548, 10.2818813, 0.7371828, 14.5419157], -9147.54508);
}

#[test]
fn mean_probability_alive_differs_between_the_models() {
    let histories = histories(CALIBRATION);
    let mean = |family| {
        let model = fitted(family, CALIBRATION).model;
        let alive = histories.each(|h| Ok(model.alive(h))).expect("no horizon");
        alive.iter().sum::<f64>() / alive.len() as f64
    };
    prints(mean(Family::BgNbd), "0.813");
    prints(mean(Family::ParetoNbd), "0.446");
}

#[test]
fn gamma_gamma() {
    let spend: Vec<Spend> = summaries(CALIBRATION).iter().map(|s| s.spend(Frequency::Repeat)).collect();
    let fit = SpendModel::fit(&spend).expect("a maximum");
    for (got, expected) in fit.model.parameters().into_iter().zip([6.2495713, 3.7442249, 15.4435252]) {
        close(got, expected, 1e-5);
    }
    for (got, expected) in fit.standard_errors.into_iter().zip([1.190058, 0.290134, 4.159435]) {
        close(got, expected, 1e-4);
    }
    assert!((fit.log_likelihood - -4055.91769).abs() < 1e-5, "{}", fit.log_likelihood);
    assert_eq!((fit.customers, fit.without_purchase, fit.not_positive), (946, 1411, 0));
    prints(fit.correlation, "0.113888");
    let mean = spend.iter().filter(|s| s.purchases > 0).map(|s| s.mean).sum::<f64>() / 946.0;
    prints(mean, "35.0778");
}
