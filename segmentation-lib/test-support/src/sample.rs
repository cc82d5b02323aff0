//! A small run with everything a run has, from a formula: the same for the same arguments.

mod redrawn;

use std::collections::BTreeMap;

use segmentation_lib::proportion::Proportion;
use segmentation_lib::record::{
    Algorithm, AlgorithmRow, AppliedTransform, Assignment, BestProduct, CameBack, Candidate, Cause, Change,
    Changes, ChangesHead, Clock, Counted, Crossing, DataSource, DecisionSheet, Drift, FORMAT_VERSION, Family,
    FeatureBaseline, FeatureDrift, FeatureScaling, FeatureSummary, FittedParameter, FittedPurchases,
    FittedSpend, Forecast, ForecastModel, ForecastRow, ForecastSum, Forecaster, Forecasts, Foretold,
    FrequencyClass, HopkinsStatistic, InputFile, Interval, LedgerLine, Localized, LookBackPeriod, Manifest,
    Model, Moved, NamedFeature, Naming, NegativeControl, Recovery, Rfm, RfmGroup, RfmPlace, RfmScores, Score,
    Segment, SegmentBaseline, SegmentDrift, SheetRow, Side, Snapshot, TimeUnit, TrackedWeek, Trial, Unit,
    Vote, Why,
};

/// Ids that a careless path, list or encoding would break.
pub const ODD_IDS: [&str; 8] =
    ["a,b", "a/b", "café ☕", " 17 850 ", "100%", "%2F", "?x=1&y=2#z", "linha\nnova"];

const FEATURES: [(&str, Unit); 3] =
    [("recency", Unit::Days), ("frequency", Unit::Purchases), ("monetary", Unit::Pennies)];

const KEYS: [&str; 3] = ["champions", "loyal", "hibernating"];

/// `n` customers `C0000000`, … beside [`ODD_IDS`], in three segments; `seed` varies the values.
pub fn snapshot(n: usize, seed: u64) -> Snapshot {
    let mut ids: Vec<String> = (0..n).map(|i| format!("C{i:07}")).collect();
    ids.extend(ODD_IDS.map(str::to_owned));
    ids.sort();
    let assignments: Vec<_> =
        ids.into_iter().enumerate().map(|(i, id)| assignment(id, i as u64, seed)).collect();
    let segments: Vec<Segment> = (1..=3).map(|id| segment(id, &assignments)).collect();
    let co_assignment = Some(redrawn::co_assignment(&assignments, &segments));
    let rfm = Some(rfm(&assignments));
    let forecasts = Some(forecasts(&assignments));
    let manifest = manifest(assignments.len() as u64, seed);
    let (held_out, vocabulary, changes) = (None, None, None);
    let mut snapshot = Snapshot {
        manifest,
        segments,
        assignments,
        rfm,
        forecasts,
        held_out,
        co_assignment,
        vocabulary,
        changes,
    };
    snapshot.count_placed_alike();
    add_sums(&mut snapshot);
    snapshot.seal().expect("the creation time is valid");
    snapshot
}

/// The same as a run published after `before`, with what has changed since.
pub fn following(before: &Snapshot, n: usize, seed: u64) -> Snapshot {
    let now = snapshot(n, seed);
    let then = |id: &str| before.find(id).map(|a| a.segment_id);
    let came_or_moved = now.assignments.iter().map(|a| (a, then(&a.customer_id), Some(a.segment_id)));
    let left = before.assignments.iter().filter(|a| now.find(&a.customer_id).is_none());
    let mut rows: Vec<Change> = came_or_moved
        .chain(left.map(|a| (a, Some(a.segment_id), None)))
        .filter(|(_, from, to)| from != to)
        .map(|(a, from, to)| change(before, a, (from, to)))
        .collect();
    rows.sort_by(|a, b| a.customer_id.cmp(&b.customer_id));
    with_changes(before, now, rows)
}

/// The same a day later, with every so-manieth customer in the next segment.
pub fn next_day(before: &Snapshot, every: usize) -> Snapshot {
    let mut now = before.clone();
    let mut rows = Vec::new();
    for (assignment, then) in now.assignments.iter_mut().zip(&before.assignments).step_by(every) {
        assignment.segment_id = assignment.segment_id % 3 + 1;
        rows.push(change(before, assignment, (Some(then.segment_id), Some(assignment.segment_id))));
    }
    for segment in &mut now.segments {
        segment.customers = now.assignments.iter().filter(|a| a.segment_id == segment.id).count() as u64;
    }
    now.manifest.created_at = "2011-12-11T08:00:00Z".to_owned();
    with_changes(before, now, rows)
}

fn with_changes(before: &Snapshot, mut now: Snapshot, rows: Vec<Change>) -> Snapshot {
    let side = |run: &Snapshot| Side::of(&run.manifest.reference_date, &run.segments);
    let named = |f: &FeatureScaling| NamedFeature { name: f.name.clone(), unit: f.unit };
    let features = now.manifest.features.iter().map(named).collect();
    let head = ChangesHead { before: side(before), after: side(&now), features, same_model: true };
    now.changes = Some(Changes { head, rows }).filter(|changes| !changes.rows.is_empty());
    now.manifest.from_run = Some(before.manifest.run_id.clone());
    now.seal().expect("the creation time is valid");
    now
}

fn change(before: &Snapshot, now: &Assignment, (from, to): (Option<u16>, Option<u16>)) -> Change {
    let customer_id = now.customer_id.clone();
    let recency = before.find(&customer_id).map(|then| then.features[0]);
    let why = recency.filter(|_| from.is_some() && to.is_some()).map(|recency| Why {
        cause: if now.features[0] < recency { Cause::Purchases } else { Cause::Ageing },
        crossing: Some(Crossing { feature: 0, before: recency, after: now.features[0], border: None }),
    });
    let place = |id: Option<u16>| id.map(|id| id - 1);
    Change { customer_id, from: place(from), to: place(to), why }
}

/// SplitMix64: well mixed bits from a counter.
fn mix(i: u64) -> u64 {
    let mut z = i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn assignment(customer_id: String, i: u64, seed: u64) -> Assignment {
    let bits = mix(i.wrapping_add(seed << 32));
    let segment_id = (bits % 3 + 1) as u16;
    let level = f64::from(4 - segment_id);
    let spread = ((bits >> 8) % 1000) as f64 / 1000.0;
    Assignment {
        customer_id,
        segment_id,
        silhouette: (spread * 0.9 - 0.1) as f32,
        features: vec![
            (300.0 / level * (0.5 + spread)).floor(),
            (level * level * (1.0 + spread)).floor(),
            (level * 12_345.0 * (0.5 + spread)).floor(),
        ],
    }
}

fn text(en: &str, pt_br: &str) -> Localized {
    Localized { en: en.to_owned(), pt_br: pt_br.to_owned() }
}

fn segment(id: u16, all: &[Assignment]) -> Segment {
    let rows: Vec<_> = all.iter().filter(|a| a.segment_id == id).collect();
    let revenue = |rows: &[&Assignment]| rows.iter().map(|a| a.features[2]).sum::<f64>();
    let total = revenue(&all.iter().collect::<Vec<_>>());
    let at = usize::from(id) - 1;
    let (en, pt_br) = [("Champions", "Campeões"), ("Loyal", "Leais"), ("Hibernating", "Hibernando")][at];
    let features: Vec<_> = (0..3).map(|f| summary(f, &rows)).collect();
    Segment {
        id,
        key: KEYS[at].to_owned(),
        name: text(en, pt_br),
        description: text("Bought lately, often and much.", "Compraram há pouco, muitas vezes e muito."),
        condition: Some(text("Ten purchases or more.", "Dez compras ou mais.")),
        action: text("Thank them & ask for a review.", "Agradeça e peça uma avaliação."),
        customers: rows.len() as u64,
        customer_share: rows.len() as f64 / all.len() as f64,
        revenue_pennies: revenue(&rows) as i64,
        revenue_share: revenue(&rows) / total,
        silhouette: rows.iter().map(|a| f64::from(a.silhouette)).sum::<f64>() / (rows.len() as f64).max(1.0),
        centroid: features
            .iter()
            .enumerate()
            .map(|(f, s)| ((s.mean / DIVISOR[f]).ln_1p() - CENTER[f]) / SCALE[f])
            .collect(),
        features,
        repeat_buyers: Some(rows.iter().filter(|a| a.features[1] >= 2.0).count() as u64),
        placed_alike: None,
        came_back: Some(CameBack::from(Proportion { count: rows.len() as u64 / 2, of: rows.len() as u64 })),
        forecast: None,
        best_products: vec![BestProduct {
            product: "22423".to_owned(),
            description: Some("REGENCY CAKESTAND 3 TIER".to_owned()),
            customers: 9,
            share: 0.021,
            share_of_all: 0.009,
        }],
    }
}

fn summary(feature: usize, rows: &[&Assignment]) -> FeatureSummary {
    let mut values: Vec<f64> = rows.iter().map(|a| a.features[feature]).collect();
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values.get((q * values.len() as f64) as usize).copied().unwrap_or(0.0);
    FeatureSummary {
        name: FEATURES[feature].0.to_owned(),
        unit: FEATURES[feature].1,
        q1: at(0.25),
        median: at(0.5),
        q3: at(0.75),
        mean: values.iter().sum::<f64>() / (values.len() as f64).max(1.0),
    }
}

const CENTER: [f64; 3] = [5.0, 1.5, 10.0];
const DIVISOR: [f64; 3] = [1.0, 1.0, 100.0];
const SCALE: [f64; 3] = [0.7, 0.6, 0.5];

fn scaling(feature: usize) -> FeatureScaling {
    FeatureScaling {
        name: FEATURES[feature].0.to_owned(),
        unit: FEATURES[feature].1,
        divisor: DIVISOR[feature],
        transform: AppliedTransform::Log1p,
        clip_low: None,
        clip_high: (feature == 2).then_some(1e9),
        center: CENTER[feature],
        scale: SCALE[feature],
    }
}

fn model(customers: u64) -> Model {
    let baseline = |&(name, _): &(&str, Unit)| FeatureBaseline {
        name: name.to_owned(),
        edges: vec![1.0, 2.0],
        shares: vec![0.25, 0.25, 0.5],
    };
    let segment = |id: usize| SegmentBaseline {
        key: KEYS[id].to_owned(),
        share: 0.3,
        silhouette: 0.4,
        jaccard: Some(0.9),
    };
    Model {
        id: "0123456789ab".to_owned(),
        name: "sample".to_owned(),
        fitted_at: "2011-12-10T08:00:00Z".to_owned(),
        reference_date: "2011-12-10".to_owned(),
        customers,
        agreement: 0.99,
        r_squared: Some(0.25),
        features: FEATURES.iter().map(baseline).collect(),
        segments: (0..3).map(segment).collect(),
    }
}

fn drift(customers: u64) -> Drift {
    let feature = |&(name, _): &(&str, Unit)| FeatureDrift { name: name.to_owned(), stability_index: 0.125 };
    let segment = |id: usize| SegmentDrift {
        key: KEYS[id].to_owned(),
        share_change: 0.03,
        silhouette_change: (id < 2).then_some(-0.02),
        came: Some(2),
        left: Some(1),
    };
    let from_run = "20111209T080000000Z-00000000".to_owned();
    Drift {
        features: FEATURES.iter().map(feature).collect(),
        segments: (0..3).map(segment).collect(),
        r_squared_change: Some(-0.125),
        moved: Some(Moved { from_run, known: customers, by_purchases: 1, by_ageing: 2, ..Moved::default() }),
        warnings: vec![text("Somebody moved.", "Alguém mudou.")],
    }
}

fn decision_sheet(customers: u64) -> DecisionSheet {
    let row = |k: usize| SheetRow {
        k,
        allowed: k >= 3,
        silhouette: (k > 1).then_some(0.1 + 0.1 * k as f64),
        smallest_share: (k > 1).then_some(0.2),
        calinski_harabasz: (k > 1).then_some(1000.0 / 3.0),
        davies_bouldin: (k > 1).then_some(0.7),
        inertia: Some(10.0 / k as f64),
        gap: Some(0.3),
        gap_error: Some(0.01),
        r_squared: Some(0.25),
        refits: Some(0.99),
        jaccard: vec![0.9; if k > 1 { k } else { 0 }],
        stability: (k > 1).then_some(0.9),
    };
    let vote = |method: &str, k| Vote {
        method: method.to_owned(),
        k,
        k_allowed: k.filter(|&k| k >= 3),
        rule: "highest".to_owned(),
        customers,
    };
    let control = NegativeControl {
        silhouette: 0.4,
        shuffled_mean: 0.2,
        shuffled_best: 0.25,
        permutations: 19,
        p_value: 0.05,
        clearly_worse: true,
    };
    DecisionSheet {
        algorithm: Algorithm::KMeans,
        chosen_k: 3,
        votes: vec![vote("silhouette", Some(3)), vote("calinski-harabasz", Some(2)), vote("gap", None)],
        by_k: (1..=3).map(row).collect(),
        by_algorithm: vec![AlgorithmRow {
            algorithm: Algorithm::KMeans,
            allowed: true,
            silhouette: 0.4,
            jaccard: vec![0.9; 3],
            stability: 0.9,
            customers,
        }],
        control: Some(control),
        hopkins: HopkinsStatistic { statistic: 0.9, sample: 1, coincident: 0 },
        customers,
        sampled: customers,
        references: 50,
        resamples: 100,
        seed: 42,
        summary: text("Most come to three.", "A maioria chega a três."),
    }
}

fn manifest(customers: u64, seed: u64) -> Manifest {
    let candidate = |k: usize, chosen: bool| Candidate {
        algorithm: Algorithm::KMeans,
        k,
        silhouette: Some(0.1 + 0.1 * k as f64),
        silhouette_error: None,
        inertia: Some(1.0 / 3.0),
        smallest_share: Some(0.2),
        largest_share: Some(0.4),
        r_squared: Some(0.25),
        recovery: chosen.then(|| Recovery {
            jaccard: vec![0.9; 3],
            refits_mean: 0.99,
            refits_worst: 0.98,
            customers,
        }),
        agreement: Some(0.9),
        calinski_harabasz: Some(1000.0 / 3.0),
        davies_bouldin: Some(0.7),
        eligible: chosen,
        chosen,
        note: (!chosen).then(|| "below min-k".to_owned()),
    };
    let time = format!("2011-12-10T08:{:02}:{:02}Z", seed / 60 % 60, seed % 60);
    Manifest {
        format_version: FORMAT_VERSION,
        run_id: String::new(),
        created_at: time,
        producer: "segmentation-lib tests".to_owned(),
        source: DataSource {
            dataset: "sample".to_owned(),
            inputs: vec![InputFile { name: "sample.csv".to_owned(), bytes: 10, sha256: "00".repeat(32) }],
            rows: customers * 2,
            first_transaction: "2010-12-01".to_owned(),
            last_transaction: "2011-12-09".to_owned(),
            currency: Some("GBP".to_owned()),
        },
        reference_date: "2011-12-10".to_owned(),
        ledger: vec![LedgerLine { rule: Counted::Input, rows: customers * 2, customers, amount_pennies: 1 }],
        warnings: Vec::new(),
        parameters: BTreeMap::from([("k".to_owned(), serde_json::json!("3..=8"))]),
        seed,
        features: (0..3).map(scaling).collect(),
        algorithm: Algorithm::KMeans,
        k: 3,
        silhouette: 0.4,
        silhouette_sample: None,
        reason: text(
            "The highest mean silhouette of those allowed.",
            "A maior silhueta média entre as permitidas.",
        ),
        candidates: vec![candidate(2, false), candidate(3, true)],
        foresight: Some(Foretold {
            cut_off: "2011-09-11".to_owned(),
            days: 90,
            customers,
            r_squared: 0.25,
            boosting: 0.3,
            linear: 0.28,
            sampled: customers,
        }),
        decision_sheet: Some(decision_sheet(customers)),
        model: Some(model(customers)),
        drift: Some(drift(customers)),
        from_run: None,
        naming: Some(naming(customers)),
        lift: None,
        forecast: Some(forecast(customers)),
        blocks: BTreeMap::new(),
        customers,
        content_sha256: String::new(),
    }
}

fn naming(customers: u64) -> Naming {
    let came_back = Proportion { count: customers / 2, of: customers }.into();
    Naming {
        clock: Clock { usual_days: 30, active_days: 60, away_days: 180, gaps: 100, within: None },
        vocabulary_sha256: "0".repeat(64),
        look_back: Some(LookBackPeriod { cut_off: "2011-09-11".to_owned(), days: 90, came_back }),
    }
}

fn forecast(customers: u64) -> Forecast {
    let parameter =
        |name: &str, value| FittedParameter { name: name.to_owned(), value, standard_error: 0.05 };
    let score = |forecaster, error| Score {
        forecaster,
        sum: 110.0,
        bias: Some(0.1),
        mean_absolute_error: error,
        root_mean_squared_error: error * 2.0,
        correlation: Some(0.6),
    };
    let trial = Trial {
        cut_off: "2011-09-10".to_owned(),
        end: "2011-12-09".to_owned(),
        actual: 100,
        scores: vec![
            score(Forecaster::Model(Family::ParetoNbd), 0.5),
            score(Forecaster::OwnRate, 0.7),
            score(Forecaster::SegmentMean, 0.45),
        ],
        by_frequency: vec![FrequencyClass { frequency: 0, customers, expected: 0.2, actual: 0.25 }],
        by_week: vec![TrackedWeek { week: 1, expected: 10.0, actual: 9 }],
    };
    let purchases = FittedPurchases {
        family: Family::ParetoNbd,
        unit: TimeUnit::Weeks,
        parameters: Family::ParetoNbd.parameter_names().iter().map(|name| parameter(name, 0.5)).collect(),
        covariances: vec![vec![0.01; 4]; 4],
        log_likelihood: -1000.5,
        gradient_norm: 1e-12,
        steps: 9,
        customers,
        distinct: customers / 2,
    };
    let spend = FittedSpend {
        parameters: ["p", "q", "gamma"].map(|name| parameter(name, 3.0)).to_vec(),
        covariances: vec![vec![0.01; 3]; 3],
        log_likelihood: -500.25,
        gradient_norm: 1e-12,
        steps: 8,
        customers: customers / 2,
        without_purchase: customers / 2,
        not_positive: 0,
        correlation: 0.05,
    };
    let model = ForecastModel {
        fitted_until: "2011-12-09".to_owned(),
        purchases,
        instead: None,
        spend: Some(spend),
        no_spend: None,
        trial: Some(trial),
        no_trial: None,
    };
    let all = ForecastSum::of([].into_iter());
    Forecast { end: "2011-12-09".to_owned(), horizon_days: 90, all, model }
}

/// Everybody's forecast; of each eleventh none.
fn forecasts(assignments: &[Assignment]) -> Forecasts {
    let row = |(i, a): (usize, &Assignment)| {
        let (purchases, expected) = (1 + (i % 7) as u32, 4.0 / f32::from(a.segment_id));
        let row = ForecastRow {
            purchases,
            span_days: 37 * (purchases - 1),
            value_pennies: Some(a.features[2] as i64),
            expected_purchases: expected,
            alive: Some(0.9 / f32::from(a.segment_id)),
            expected_spend_pennies: Some(4_321),
            next_purchase: format!("2012-01-{:02}", 1 + i % 28).parse().ok(),
        };
        (i % 11 != 10).then_some(row)
    };
    Forecasts { rows: assignments.iter().enumerate().map(row).collect() }
}

/// The sums of the customers' forecasts, with intervals.
fn add_sums(snapshot: &mut Snapshot) {
    let rows = snapshot.forecasts.iter().flat_map(|forecasts| &forecasts.rows);
    let rows: Vec<(u16, Option<ForecastRow>)> =
        rows.zip(&snapshot.assignments).map(|(row, a)| (a.segment_id, *row)).collect();
    let sum = |segment: Option<u16>| {
        let members = rows.iter().filter(|(id, _)| segment.is_none_or(|segment| *id == segment));
        let sum = ForecastSum::of(members.filter_map(|(_, row)| row.as_ref()));
        let value = sum.expected_value_pennies.unwrap_or(0) as f64;
        let interval = |value: f64| Some(Interval { low: value * 0.9, high: value * 1.1 });
        let (purchases_interval, value_interval_pennies) =
            (interval(sum.expected_purchases), interval(value));
        ForecastSum { purchases_interval, value_interval_pennies, ..sum }
    };
    for segment in &mut snapshot.segments {
        segment.forecast = Some(sum(Some(segment.id)));
    }
    if let Some(forecast) = &mut snapshot.manifest.forecast {
        forecast.all = sum(None);
    }
}

/// Two groups, and scores that go round.
fn rfm(assignments: &[Assignment]) -> Rfm {
    let group = |key: &str, en: &str, pt_br: &str| RfmGroup {
        key: key.to_owned(),
        name: text(en, pt_br),
        description: text("Described.", "Descrito."),
        action: text("Act.", "Aja."),
        customers: 0,
    };
    let groups = vec![group("champions", "Champions", "Campeões"), group("lost", "Lost", "Perdidos")];
    let place = |(i, a): (usize, &Assignment)| {
        let scores = RfmScores { recency: 1 + (i % 5) as u8, frequency: 1 + (i / 5 % 5) as u8, monetary: 3 };
        RfmPlace { scores, group: u8::from(a.segment_id > 1) }
    };
    Rfm::of(groups, assignments.iter().enumerate().map(place).collect())
}
