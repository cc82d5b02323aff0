//! The model in force and the drift from it, as gauges.

use prometheus::core::Collector;
use prometheus::{Gauge, GaugeVec, IntGauge, IntGaugeVec, Opts};
use segmentation_lib::record::{Drift, Manifest};

use super::VALID;

/// Gauges of the model that the served run applies. Without a drift in the run they have no value.
#[derive(Debug)]
pub(super) struct ModelGauges {
    model: IntGaugeVec,
    stability_index: GaugeVec,
    share_change: GaugeVec,
    moved: GaugeVec,
    warnings: IntGauge,
    r_squared: Gauge,
    ceiling: Gauge,
}

impl Default for ModelGauges {
    fn default() -> Self {
        let of = |name, help, label| GaugeVec::new(Opts::new(name, help), &[label]).expect(VALID);
        let one = |name, help| Gauge::new(name, help).expect(VALID);
        let info = Opts::new("segmentation_model_info", "The model in force, by its labels.");
        Self {
            model: IntGaugeVec::new(info, &["model_id", "name"]).expect(VALID),
            stability_index: of(
                "segmentation_drift_stability_index",
                "Population stability index of a feature since the fit.",
                "feature",
            ),
            share_change: of(
                "segmentation_drift_share_change",
                "Share of the customers in a segment now less that at the fit.",
                "segment",
            ),
            moved: of(
                "segmentation_drift_moved_ratio",
                "Share of the known customers who changed segment since the run before, by what moved them.",
                "by",
            ),
            warnings: IntGauge::new(
                "segmentation_drift_warnings",
                "Limits of drift that the served run is beyond.",
            )
            .expect(VALID),
            r_squared: one(
                "segmentation_foresight_r_squared",
                "Share of the variance of later spending that the segments explained in the look-back.",
            ),
            ceiling: one(
                "segmentation_foresight_ceiling",
                "The same share by a model of each customer: the most to be had.",
            ),
        }
    }
}

impl ModelGauges {
    /// What is to be registered.
    pub fn collectors(&self) -> [Box<dyn Collector>; 7] {
        [
            Box::new(self.model.clone()),
            Box::new(self.stability_index.clone()),
            Box::new(self.share_change.clone()),
            Box::new(self.moved.clone()),
            Box::new(self.warnings.clone()),
            Box::new(self.r_squared.clone()),
            Box::new(self.ceiling.clone()),
        ]
    }

    /// Takes the values of a run.
    pub fn describe(&self, manifest: &Manifest) {
        self.model.reset();
        self.stability_index.reset();
        self.share_change.reset();
        self.moved.reset();
        if let Some(model) = &manifest.model {
            self.model.with_label_values(&[model.id.as_str(), model.name.as_str()]).set(1);
        }
        let foresight = manifest.foresight.as_ref();
        self.r_squared.set(foresight.map_or(f64::NAN, |foretold| foretold.r_squared));
        self.ceiling.set(foresight.map_or(f64::NAN, |foretold| foretold.ceiling()));
        self.warnings.set(manifest.drift.as_ref().map_or(0, |drift| drift.warnings.len() as i64));
        if let Some(drift) = &manifest.drift {
            self.drift(drift);
        }
    }

    fn drift(&self, drift: &Drift) {
        for feature in &drift.features {
            self.stability_index.with_label_values(&[feature.name.as_str()]).set(feature.stability_index);
        }
        for segment in &drift.segments {
            self.share_change.with_label_values(&[segment.key.as_str()]).set(segment.share_change);
        }
        if let Some(moved) = &drift.moved {
            let known = moved.known.max(1) as f64;
            let by =
                [("purchases", moved.by_purchases), ("ageing", moved.by_ageing), ("model", moved.by_model)];
            for (by, customers) in by {
                self.moved.with_label_values(&[by]).set(customers as f64 / known);
            }
        }
    }
}
