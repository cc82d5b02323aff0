//! `segment run`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use segmentation_lib::assemble::{self, RunDetails};
use segmentation_lib::features::CustomerTable;
use segmentation_lib::matrix::Matrix;
use segmentation_lib::profile::{self, Previous};
use segmentation_lib::progress::Progress;
use segmentation_lib::record::Snapshot;
use segmentation_lib::selection;
use segmentation_lib::store::{PublishOptions, Store, StoreError};
use segmentation_lib::transactions;
use serde::Serialize;

use super::bucket::Beside;
use super::show;
use crate::args::{Global, RunArgs};
use crate::failure::Unusable;
use crate::output;

mod forgotten;
mod parameters;

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    run: show::Shown<'a>,
    decisions: Vec<String>,
    published_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pushed: Option<serde_json::Value>,
    stage_seconds: BTreeMap<&'static str, f64>,
}

/// Wall time of each stage, in order.
#[derive(Default)]
struct Stages(Vec<(&'static str, Duration)>);

impl Stages {
    fn time<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.0.push((stage, start.elapsed()));
        result
    }
}

pub fn execute(args: &RunArgs, global: &Global) -> Result<()> {
    limit_threads(args.threads)?;
    let progress = crate::progress::start(global)?;
    let store = Store::at(&global.store);
    let mut stages = Stages::default();
    let pull =
        || args.push.as_deref().map(|url| Beside::pull_first(url, &store, args.keep, &progress)).transpose();
    let beside = if args.push.is_some() { stages.time("pull", pull)? } else { None };
    let (snapshot, decisions) = compute(args, global, &store, &mut stages, &progress)?;
    let published_to = if args.dry_run {
        None
    } else {
        let options = PublishOptions { keep: args.keep };
        stages.time("publish", || store.publish(&snapshot, &options, &progress))?;
        Some(global.store.display().to_string())
    };
    let push = |beside: &Beside| beside.push(&progress);
    let pushed = beside.as_ref().map(|beside| stages.time("push", || push(beside))).transpose()?;
    if global.json {
        return output::json(&Report {
            run: show::Shown { manifest: &snapshot.manifest, segments: &snapshot.segments },
            decisions,
            published_to,
            pushed: beside
                .as_ref()
                .zip(pushed.as_ref())
                .map(|(beside, pushed)| beside.value(pushed.as_ref())),
            stage_seconds: stages.0.iter().map(|(stage, time)| (*stage, time.as_secs_f64())).collect(),
        });
    }
    print(&snapshot, &decisions, published_to.as_deref(), &stages);
    if let Some((beside, pushed)) = beside.zip(pushed) {
        beside.print(pushed.as_ref());
    }
    Ok(())
}

/// From files to a sealed snapshot; nothing is written.
fn compute(
    args: &RunArgs,
    global: &Global,
    store: &Store,
    stages: &mut Stages,
    progress: &Progress,
) -> Result<(Snapshot, Vec<String>)> {
    let source = parameters::source(args, global)?;
    let options = parameters::read_options(args)?;
    let transactions = stages.time("read", || transactions::read(&source.inputs, &options, progress))?;
    let table = stages.time("features", || CustomerTable::compute(&transactions, options.reference))?;
    let table = forgotten::left_out(&transactions, table, &store.forgotten()?)?;
    let matrix = stages.time("matrix", || Matrix::build(&table, &parameters::matrix(args)))?;
    let params = parameters::selection(args);
    let mut selection = stages.time("cluster", || selection::select(matrix.values(), &params, progress))?;
    if args.validate {
        let validation = parameters::validation(args);
        let sheet = stages.time("validate", || {
            selection::decision_sheet(matrix.values(), &selection, &params, &validation, progress)
        })?;
        selection.decision_sheet = Some(sheet);
    }
    let former = if args.fresh_names { None } else { last_published(store) };
    let previous = former.as_ref().map(|s| Previous { manifest: &s.manifest, segments: &s.segments });
    let chosen = selection.chosen();
    let profiles = stages.time("profile", || {
        profile::profile(&table, &matrix, &chosen.labels, &chosen.silhouette.per_point, previous)
    })?;
    let details = RunDetails {
        dataset: source.name,
        currency: source.currency,
        created_at: args.created_at.clone().unwrap_or_else(now),
        parameters: parameters::recorded(args),
        seed: args.seed,
    };
    let snapshot = assemble::snapshot(&transactions, &table, &matrix, &selection, &profiles, details)?;
    let decisions = transactions.decisions().iter().map(ToString::to_string).collect();
    Ok((snapshot, decisions))
}

/// The run whose names are kept. One that cannot be read keeps nobody from publishing a new one.
fn last_published(store: &Store) -> Option<Snapshot> {
    match store.open_current() {
        Ok(snapshot) => Some(snapshot),
        Err(StoreError::NoRun { .. }) => None,
        Err(error) => {
            eprintln!("warning: segment names start afresh, because the current run cannot be read: {error}");
            None
        }
    }
}

fn limit_threads(threads: Option<usize>) -> Result<()> {
    let Some(threads) = threads else { return Ok(()) };
    if threads == 0 {
        return Err(Unusable("--threads is 0; at least 1 is needed".to_owned()).into());
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .context("cannot set the number of threads")
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn print(snapshot: &Snapshot, decisions: &[String], published_to: Option<&str>, stages: &Stages) {
    for decision in decisions {
        println!("Read: {decision}");
    }
    show::run(&snapshot.manifest, &snapshot.segments);
    let times: Vec<String> = stages.0.iter().map(|(s, t)| format!("{s} {:.2} s", t.as_secs_f64())).collect();
    println!("\nTime: {}", times.join(", "));
    println!("Content sha256: {}", snapshot.manifest.content_sha256);
    match published_to {
        Some(store) => println!("Published: run {} to {store}", snapshot.manifest.run_id),
        None => println!("Not published (--dry-run)"),
    }
}
