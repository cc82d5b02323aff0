//! A run that fits a model: the chosen clustering becomes segments.

use crate::error::Error;
use crate::features::CustomerTable;
use crate::look_back::{LookBack, Rates};
use crate::matrix::Matrix;
use crate::model;
use crate::profile::{NamingParams, Previous, Profiles, profile};
use crate::progress::Progress;
use crate::record::{Localized, Naming};
use crate::selection::Selection;
use crate::transactions::Transactions;

use super::sealed::Stages;
use super::{Pipeline, Run, co_assigned, forecast, placed, rates};

impl Pipeline {
    /// Places the customers by the chosen clustering's centroids, profiles, names and seals: what the stages
    /// gave becomes a run that fits a model.
    ///
    /// # Errors
    /// A feature that is not in the data, or a creation time that is none. Where no forecast can be made the run goes
    /// on without, and a warning says why.
    pub fn finish(
        &self,
        transactions: Transactions,
        customers: CustomerTable,
        matrix: Matrix,
        look_back: Option<LookBack>,
        selection: Selection,
        progress: &Progress,
    ) -> Result<Run, Error> {
        let chosen = selection.chosen();
        let labels = model::place(matrix.values(), &chosen.centroids);
        let same =
            labels.iter().zip(&chosen.labels).filter(|(placed, clustered)| placed == clustered).count();
        // Taken anew although the clustering has them: an applied run must find the same to the last digit.
        let per_point = self.coefficients(&matrix, &labels, self.selection.seed, progress)?;
        let previous =
            self.previous.as_ref().map(|s| Previous { manifest: &s.manifest, segments: &s.segments });
        let earlier = placed(look_back.as_ref(), matrix.scalings(), &chosen.centroids)?;
        let rates = rates(look_back.as_ref(), &earlier, chosen.k);
        let (clock, vocabulary) = (customers.clock(), self.vocabulary(matrix.scalings())?);
        let naming = NamingParams { vocabulary: &vocabulary, clock, rates: rates.as_ref(), previous };
        let mut profiles = profile(&customers, &matrix, &labels, &per_point, &naming)?;
        let of_labels = segments_of_labels(&labels, &profiles, chosen.k);
        // What places customers is the clustering's centroid, not the mean of those placed.
        for (segment, centroid) in of_labels.iter().zip(chosen.centroids.rows()) {
            if let Some(segment) = segment {
                profiles.segments[*segment].centroid = centroid.to_vec();
            }
        }
        let mut manifest = self.manifest(&transactions, &customers, &matrix, &per_point)?;
        if self.centroids_in_force(&matrix).is_some() {
            self.record_what_is_continued(&mut manifest.parameters);
        }
        manifest.algorithm = chosen.algorithm;
        manifest.k = chosen.k;
        manifest.reason = with_idle_features(&selection.reason, &matrix);
        manifest.candidates = selection.candidates.clone();
        manifest.foresight = selection.foresight.clone();
        manifest.decision_sheet = selection.decision_sheet.clone();
        let mut fitted = model::fitted(
            &self.dataset,
            &manifest.created_at,
            &manifest.reference_date,
            &matrix,
            &profiles.segments,
            same as f64 / labels.len() as f64,
            selection.foresight.as_ref().map(|foretold| foretold.r_squared),
        );
        let recovery = manifest.candidates.iter().find(|c| c.chosen).and_then(|c| c.recovery.as_ref());
        for (segment, jaccard) in of_labels.iter().zip(recovery.iter().flat_map(|r| &r.jaccard)) {
            if let Some(segment) = segment {
                fitted.segments[*segment].jaccard = Some(*jaccard);
            }
        }
        manifest.model = Some(fitted);
        manifest.naming = Some(Naming {
            clock,
            vocabulary_sha256: vocabulary.sha256.clone(),
            look_back: rates.as_ref().map(Rates::period),
        });
        let foreseen = match self.forecast_of(&transactions) {
            Some(params) => {
                Some(forecast::fitted(&transactions, &customers, &self.forgotten, &earlier, params)?)
            }
            None => None,
        };
        let resamples = co_assigned::of_segments(&selection.resampled, &of_labels);
        let selection = Some(selection);
        let stages =
            Stages { transactions, customers, matrix, selection, look_back, profiles, foreseen, resamples };
        self.sealed(stages, manifest, &per_point, &vocabulary)
    }
}

/// The reason, with the features that are alike for every customer.
fn with_idle_features(reason: &Localized, matrix: &Matrix) -> Localized {
    let columns = matrix.scalings().iter().zip(matrix.original().columns());
    let idle: Vec<&str> = columns
        .filter(|(_, column)| column.iter().all(|value| Some(value) == column.first()))
        .map(|(scaling, _)| scaling.name.as_str())
        .collect();
    if idle.is_empty() {
        return reason.clone();
    }
    let names = idle.join(", ");
    Localized {
        en: format!("{}; the same for every customer, so that it decides nothing: {names}", reason.en),
        pt_br: format!("{}; igual para todos os clientes, portanto sem efeito: {names}", reason.pt_br),
    }
}

/// The place of the segment that each label of the clustering became; none where the centroid takes nobody.
fn segments_of_labels(labels: &[u32], profiles: &Profiles, k: usize) -> Vec<Option<usize>> {
    let first = |label: u32| labels.iter().position(|&placed| placed == label);
    (0..k as u32).map(|label| first(label).map(|row| usize::from(profiles.segment_ids[row]) - 1)).collect()
}
