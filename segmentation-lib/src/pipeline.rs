//! One run, from purchase records to a sealed snapshot: every stage in order, every result kept.
//!
//! [`Pipeline`] says how a run is made, [`Pipeline::run`] makes it, [`Run`] holds what each stage gave.
//! The command line, the examples and the notebooks all come this way. A caller who walks the stages alone
//! joins them by [`Pipeline::finish`].

mod forgotten;
mod parameters;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::features::CustomerTable;
use crate::matrix::{Matrix, MatrixParams};
use crate::profile::{Previous, Profiles, profile};
use crate::progress::Progress;
use crate::record::{Assignment, DataSource, FORMAT_VERSION, Manifest, Segment, Snapshot};
use crate::selection::{Selection, SelectionParams, ValidationParams, decision_sheet, select};
use crate::store::Forgotten;
use crate::transactions::{self, ReadOptions, Transactions};

/// How a run is made: the parameters of every stage, and what it continues.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Catalogue name of the data, or `custom`.
    pub dataset: String,
    /// ISO 4217 code of the amounts, when known.
    pub currency: Option<String>,
    /// Reading and cleaning.
    pub read: ReadOptions,
    /// Features, transform and scaling.
    pub matrix: MatrixParams,
    /// The clusterings compared and the choice.
    pub selection: SelectionParams,
    /// Where given, the decision sheet is made.
    pub validation: Option<ValidationParams>,
    /// The run whose segment names continue; none names afresh.
    pub previous: Option<Snapshot>,
    /// Customers who take no part.
    pub forgotten: Forgotten,
    /// Creation time, RFC 3339, UTC; none takes the beginning of the reference date, so that a run depends on its
    /// data alone.
    pub created_at: Option<String>,
}

impl Default for Pipeline {
    /// Data named `custom` in no known currency, the defaults of each stage, names afresh, nobody forgotten.
    fn default() -> Self {
        Self {
            dataset: "custom".to_owned(),
            currency: None,
            read: ReadOptions::default(),
            matrix: MatrixParams::default(),
            selection: SelectionParams::default(),
            validation: None,
            previous: None,
            forgotten: Forgotten::default(),
            created_at: None,
        }
    }
}

/// A run with the result of every stage. Rows of `customers`, `matrix` and the clusterings agree.
#[derive(Debug)]
pub struct Run {
    /// The cleaned transactions, with the ledger.
    pub transactions: Transactions,
    /// One row per customer.
    pub customers: CustomerTable,
    /// What was clustered.
    pub matrix: Matrix,
    /// The clusterings, and which was chosen.
    pub selection: Selection,
    /// The segments, and the segment of each row.
    pub profiles: Profiles,
    /// What is published: sealed.
    pub snapshot: Snapshot,
    /// Wall time of each stage that [`Pipeline::run`] went through, in order.
    pub stages: Vec<(&'static str, Duration)>,
}

impl Run {
    /// The segment of a customer. Cost O(log n).
    pub fn segment_of(&self, customer_id: &str) -> Option<&Segment> {
        self.snapshot.segment_of(customer_id)
    }
}

/// Wall time of each stage.
#[derive(Default)]
struct Clock(Vec<(&'static str, Duration)>);

impl Clock {
    fn time<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.0.push((stage, start.elapsed()));
        result
    }
}

impl Pipeline {
    /// From files to a sealed snapshot; nothing is published. Cost: that of the stages, mostly
    /// [`select`]'s O(n² d) for n customers and d features.
    ///
    /// # Errors
    /// That of the stage that failed.
    pub fn run(&self, inputs: &[impl AsRef<Path>], progress: &Progress) -> Result<Run, Error> {
        let inputs: Vec<PathBuf> = inputs.iter().map(|path| path.as_ref().to_owned()).collect();
        let mut clock = Clock::default();
        let transactions = clock.time("read", || transactions::read(&inputs, &self.read, progress))?;
        let customers = clock.time("features", || self.customers(&transactions))?;
        let matrix = clock.time("matrix", || Matrix::build(&customers, &self.matrix))?;
        let mut selection = clock.time("cluster", || select(matrix.values(), &self.selection, progress))?;
        if let Some(params) = &self.validation {
            let sheet = clock.time("validate", || {
                decision_sheet(matrix.values(), &selection, &self.selection, params, progress)
            })?;
            selection.decision_sheet = Some(sheet);
        }
        let start = Instant::now();
        let mut run = self.finish(transactions, customers, matrix, selection)?;
        run.stages = clock.0;
        run.stages.push(("profile", start.elapsed()));
        Ok(run)
    }

    /// One row per customer who takes part. The reference date is that of all transactions.
    pub fn customers(&self, transactions: &Transactions) -> Result<CustomerTable, Error> {
        let table = CustomerTable::compute(transactions, self.read.reference)?;
        forgotten::left_out(transactions, table, &self.forgotten)
    }

    /// Profiles, names and seals what the stages gave, without time of any stage.
    ///
    /// # Errors
    /// A feature that is not in the data, or a creation time that is none.
    pub fn finish(
        &self,
        transactions: Transactions,
        customers: CustomerTable,
        matrix: Matrix,
        selection: Selection,
    ) -> Result<Run, Error> {
        let chosen = selection.chosen();
        let previous =
            self.previous.as_ref().map(|s| Previous { manifest: &s.manifest, segments: &s.segments });
        let silhouettes = &chosen.silhouette.per_point;
        let profiles = profile(&customers, &matrix, &chosen.labels, silhouettes, previous)?;
        let manifest = self.manifest(&transactions, &customers, &matrix, &selection);
        let assignments = assignments(&matrix, &profiles, silhouettes);
        let mut snapshot = Snapshot { manifest, segments: profiles.segments.clone(), assignments };
        snapshot.seal()?;
        Ok(Run { transactions, customers, matrix, selection, profiles, snapshot, stages: Vec::new() })
    }

    fn manifest(
        &self,
        transactions: &Transactions,
        customers: &CustomerTable,
        matrix: &Matrix,
        selection: &Selection,
    ) -> Manifest {
        let chosen = selection.chosen();
        let beginning = || format!("{}T00:00:00Z", customers.reference().day());
        Manifest {
            format_version: FORMAT_VERSION,
            run_id: String::new(),
            created_at: self.created_at.clone().unwrap_or_else(beginning),
            producer: concat!("segmentation-lib ", env!("CARGO_PKG_VERSION")).to_owned(),
            source: self.source(transactions),
            reference_date: customers.reference().to_string(),
            ledger: transactions.ledger().lines.clone(),
            parameters: self.parameters(),
            seed: self.selection.seed,
            features: matrix.scalings().to_vec(),
            algorithm: chosen.algorithm,
            k: chosen.k,
            silhouette: chosen.silhouette.mean,
            reason: selection.reason.clone(),
            candidates: selection.candidates.clone(),
            decision_sheet: selection.decision_sheet.clone(),
            customers: matrix.ids().len() as u64,
            content_sha256: String::new(),
        }
    }

    fn source(&self, transactions: &Transactions) -> DataSource {
        let moment = |time: chrono::NaiveDateTime| time.format("%Y-%m-%dT%H:%M:%S").to_string();
        DataSource {
            dataset: self.dataset.clone(),
            inputs: transactions.inputs().to_vec(),
            rows: transactions.ledger().lines.first().map_or(0, |input| input.rows),
            first_transaction: moment(transactions.first()),
            last_transaction: moment(transactions.last()),
            currency: self.currency.clone(),
        }
    }
}

fn assignments(matrix: &Matrix, profiles: &Profiles, silhouettes: &[f64]) -> Vec<Assignment> {
    let rows = matrix.ids().iter().zip(matrix.original().rows());
    rows.zip(profiles.segment_ids.iter().zip(silhouettes))
        .map(|((id, features), (&segment_id, &silhouette))| Assignment {
            customer_id: id.clone(),
            segment_id,
            silhouette: silhouette as f32,
            features: features.to_vec(),
        })
        .collect()
}
