//! How far a run's customers are from those the model was fitted on.

use super::definition::shares;
use crate::matrix::Matrix;
use crate::record::{Drift, FeatureDrift, Localized, Model, Moved, Segment, SegmentDrift};
use crate::wording::portuguese;

/// A feature's population stability index beyond this is a warning.
pub const STABILITY_LIMIT: f64 = 0.25;
/// A segment that grew or shrank by more than this share of all customers is a warning.
pub const SHARE_LIMIT: f64 = 0.1;
/// A segment whose mean silhouette coefficient fell by more than this is a warning.
pub const SILHOUETTE_LIMIT: f64 = 0.1;
/// More than this share of the known customers in another segment than in the run before is a warning.
pub const MOVED_LIMIT: f64 = 0.05;

/// Segments that explain so much less of what customers spend later than at the fit, in R², are a warning.
pub const FORESIGHT_LIMIT: f64 = 0.05;

/// Least share that the index counts with, so that an empty bin is a large change and no infinite one.
const LEAST_SHARE: f64 = 1e-4;

/// The run's drift from its model; `segments` are the run's, in the model's order, `r_squared` is what they foretold.
/// Cost O(n) a feature.
pub fn drift(
    model: &Model,
    matrix: &Matrix,
    segments: &[Segment],
    moved: Option<Moved>,
    r_squared: Option<f64>,
) -> Drift {
    let columns = model.features.iter().zip(matrix.original().columns());
    let features = columns.map(|(baseline, column)| FeatureDrift {
        name: baseline.name.clone(),
        stability_index: stability_index(&baseline.shares, &shares(&baseline.edges, &column.to_vec())),
    });
    let segments = segments.iter().zip(&model.segments).map(|(now, then)| SegmentDrift {
        key: now.key.clone(),
        share_change: now.customer_share - then.share,
        silhouette_change: (now.customers > 0).then_some(now.silhouette - then.silhouette),
        came: None,
        left: None,
    });
    let (features, segments): (Vec<_>, Vec<_>) = (features.collect(), segments.collect());
    let r_squared_change = r_squared.zip(model.r_squared).map(|(now, then)| now - then);
    let mut warnings = warnings(&features, &segments, moved.as_ref());
    warnings.extend(r_squared_change.and_then(of_foresight));
    Drift { features, segments, r_squared_change, moved, warnings }
}

/// Population stability index: the sum over bins of (now - then) ln(now / then).
fn stability_index(then: &[f64], now: &[f64]) -> f64 {
    let pairs = then.iter().zip(now).map(|(a, b)| (a.max(LEAST_SHARE), b.max(LEAST_SHARE)));
    pairs.map(|(then, now)| (now - then) * (now / then).ln()).sum()
}

fn warnings(features: &[FeatureDrift], segments: &[SegmentDrift], moved: Option<&Moved>) -> Vec<Localized> {
    let mut found: Vec<Localized> = features.iter().filter_map(of_feature).collect();
    found.extend(segments.iter().filter_map(of_share));
    found.extend(segments.iter().filter_map(of_silhouette));
    found.extend(moved.and_then(of_moved));
    found
}

fn of_feature(feature: &FeatureDrift) -> Option<Localized> {
    let FeatureDrift { name, stability_index } = feature;
    (*stability_index > STABILITY_LIMIT).then(|| Localized {
        en: format!(
            "{name} is distributed otherwise than at the fit: population stability index {stability_index:.2}, \
             limit {STABILITY_LIMIT}"
        ),
        pt_br: format!(
            "{name} tem distribuição diferente da do ajuste: índice de estabilidade populacional {}, limite {}",
            comma(*stability_index, 2),
            comma(STABILITY_LIMIT, 2)
        ),
    })
}

fn of_share(segment: &SegmentDrift) -> Option<Localized> {
    let points = segment.share_change * 100.0;
    (segment.share_change.abs() > SHARE_LIMIT).then(|| Localized {
        en: format!("segment {}: {points:+.1} points of the customers since the fit", segment.key),
        pt_br: format!(
            "segmento {}: {}{} pontos dos clientes desde o ajuste",
            segment.key,
            if points > 0.0 { "+" } else { "" },
            comma(points, 1)
        ),
    })
}

fn of_silhouette(segment: &SegmentDrift) -> Option<Localized> {
    let change = segment.silhouette_change.filter(|change| *change < -SILHOUETTE_LIMIT)?;
    Some(Localized {
        en: format!("segment {}: mean silhouette {:.2} lower than at the fit", segment.key, -change),
        pt_br: format!("segmento {}: silhueta média {} menor que no ajuste", segment.key, comma(-change, 2)),
    })
}

fn of_foresight(change: f64) -> Option<Localized> {
    (change < -FORESIGHT_LIMIT).then(|| Localized {
        en: format!("the segments foretell less than at the fit: R² of later spending {:.2} lower", -change),
        pt_br: format!(
            "os segmentos preveem menos do que no ajuste: R² do gasto posterior {} menor",
            comma(-change, 2)
        ),
    })
}

fn of_moved(moved: &Moved) -> Option<Localized> {
    let share = moved.share() * 100.0;
    (moved.share() > MOVED_LIMIT).then(|| Localized {
        en: format!("{share:.1} % of the known customers changed segment since the run before"),
        pt_br: format!(
            "{} % dos clientes conhecidos mudaram de segmento desde a execução anterior",
            comma(share, 1)
        ),
    })
}

fn comma(value: f64, digits: usize) -> String {
    portuguese(&format!("{value:.digits$}"))
}
