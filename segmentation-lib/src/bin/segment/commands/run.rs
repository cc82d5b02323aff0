//! `segment run`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use clap::Parser;
use segmentation_lib::notify;
use segmentation_lib::pipeline::{Fit, Pipeline, Run};
use segmentation_lib::record::Snapshot;
use segmentation_lib::store::{PublishOptions, Store, StoreError};
use segmentation_lib::transactions::{
    LossError, SummedFiles, alike_since, no_jump, nobody_lost, not_backdated, not_cut_short, not_older,
    not_respelled, not_restated, read_customers,
};
use serde::Serialize;
use serde_json::Value;

use super::bucket::Beside;
use super::lift;
use super::notify::Receiver;
use super::reading;
use super::show::{self, command};
use crate::args::{Cli, Command, Global, Language, RunArgs};
use crate::failure::{Failure, Result, failed};
use crate::output;

mod parameters;

/// Wall time of each stage, in order.
type Stages = Vec<(&'static str, Duration)>;

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    run: show::Shown<'a>,
    decisions: Vec<String>,
    published_to: Option<String>,
    /// Why a dry run would not be published.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pushed: Option<serde_json::Value>,
    /// What became of the webhook's events.
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<serde_json::Value>,
    stage_seconds: BTreeMap<&'static str, f64>,
}

pub fn execute(args: &RunArgs, global: &Global, fit: Fit) -> Result<()> {
    limit_threads(args.threads)?;
    let progress = crate::progress::start(global)?;
    let store = Store::at(&global.store);
    // Before anything is computed: what cannot be signed need not be.
    let receiver = args.notify.as_deref().filter(|_| !args.dry_run).map(Receiver::at).transpose()?;
    let mut stages = Vec::new();
    let pull = |url: &String| Beside::pull_first(url, &store, args.keep, &progress);
    let beside = match &args.push {
        Some(url) => Some(timed(&mut stages, "pull", || pull(url))?),
        None => None,
    };
    let published = last_published(&store, fit)?;
    let kept = kept(args, global, fit, published.as_ref());
    let args = &continued(args, global, fit, published.as_ref(), &kept)?;
    let (mut pipeline, inputs) = parameters::pipeline(args, global, published, store.forgotten()?)?;
    pipeline.fit = fit;
    if let Some(run) = &pipeline.previous {
        pipeline.campaign = lift::earliest(&store, run)?;
    }
    pipeline.refuse_other_parameters(&global.asked())?;
    let read = || match args.customers.is_empty() {
        true if args.push_down => reading::pushed_down(&inputs, &args.read, &pipeline.read, &progress),
        true => reading::transactions(&inputs, &args.read, &pipeline.read, &progress),
        false => Ok(read_customers(&summed(args), &pipeline.read, &progress)?),
    };
    let mut run = pipeline.run_from(read, &progress)?;
    stages.append(&mut run.stages);
    let refused = refused(&pipeline, &run);
    let published_to = if args.dry_run {
        None
    } else {
        if let Some(reason) = refused {
            print_warnings(&run.snapshot);
            return Err(reason.into());
        }
        let options = PublishOptions { keep: args.keep, log_days: args.log_days };
        if receiver.is_some() {
            notify::queue(&store, &run.snapshot)?;
        }
        timed(&mut stages, "publish", || store.publish(&run.snapshot, &options, &progress))?;
        Some(global.store.display().to_string())
    };
    let pushed = match &beside {
        Some(beside) => timed(&mut stages, "push", || beside.push(&progress))?,
        None => None,
    };
    let told = receiver.map(|receiver| timed(&mut stages, "notify", || receiver.tell(&store)));
    let read = run.transactions.decisions().iter().map(ToString::to_string);
    let decisions: Vec<String> = read.chain(continuing(&kept)).collect();
    if global.json {
        print_warnings(&run.snapshot);
        return output::json(&Report {
            run: show::Shown::of(&run.snapshot),
            decisions,
            published_to,
            refused: refused.map(|reason| reason.to_string()),
            pushed: beside.as_ref().map(|beside| beside.value(pushed.as_ref())),
            told,
            stage_seconds: stages.iter().map(|(stage, time)| (*stage, time.as_secs_f64())).collect(),
        });
    }
    print(&run.snapshot, &decisions, published_to.as_deref(), &stages);
    if args.dry_run && run.transactions.summed().is_none() {
        println!("\nCustomers to compare with the source\n{}", reading::sample(&run.transactions)?);
    }
    print_warnings(&run.snapshot);
    if let Some(reason) = refused {
        println!("A run of this would not be published: {reason}");
    }
    if let Some(beside) = beside {
        beside.print(pushed.as_ref());
    }
    Ok(())
}

/// The files of what was summed elsewhere.
fn summed(args: &RunArgs) -> SummedFiles {
    let [customers, ledger, gaps, earlier] =
        [&args.customers, &args.ledger, &args.gaps, &args.earlier].map(Clone::clone);
    SummedFiles { customers, ledger, gaps, earlier }
}

/// Parameters of the cleaning and of the campaign that were not given and stay as in the run before of the same name: with
/// others customers would move although they did nothing, and whoever is held out would be contacted.
fn kept(
    args: &RunArgs,
    global: &Global,
    fit: Fit,
    published: Option<&Snapshot>,
) -> Vec<(&'static str, Value)> {
    let name = args.name.as_deref().or(args.dataset.as_deref()).unwrap_or("custom");
    let Some(before) = published.filter(|before| before.manifest.source.dataset == name) else {
        return Vec::new();
    };
    let is_cleaned_so = fit != Fit::Afresh && before.manifest.model.is_some();
    let cleaning = Pipeline::of_the_cleaning(&before.manifest).filter(|_| is_cleaned_so);
    let campaign = Pipeline::of_the_campaign(&before.manifest).filter(|_| before.held_out.is_some());
    let asked = global.asked();
    let kept = cleaning.chain(campaign).filter(|(name, _)| !asked.contains(name));
    kept.map(|(name, value)| (name, value.clone())).collect()
}

/// What of it is not the default, in words.
fn continuing(kept: &[(&'static str, Value)]) -> Vec<String> {
    let usual = Pipeline::default().parameters();
    let other = kept.iter().filter(|(name, value)| usual.get(*name) != Some(value));
    other.map(|(name, value)| format!("{name} = {value}, as in the run before")).collect()
}

/// The arguments of a run. A refit that continues keeps the parameters that the model was fitted with, as far as none
/// were given: the command line is read once more with those of the model added, and with what is `kept`.
fn continued<'a>(
    args: &'a RunArgs,
    global: &Global,
    fit: Fit,
    published: Option<&Snapshot>,
    kept: &[(&'static str, Value)],
) -> Result<Cow<'a, RunArgs>> {
    let asked = global.asked();
    let fitted = published.filter(|_| fit == Fit::Continue).map(|published| &published.manifest);
    let mut added: Vec<String> = kept.iter().flat_map(|(name, value)| command::flags(name, value)).collect();
    for (name, value) in fitted.into_iter().flat_map(Pipeline::of_the_fit) {
        if !asked.contains(&name) {
            added.extend(command::flags(name, value));
        }
    }
    if added.is_empty() {
        return Ok(Cow::Borrowed(args));
    }
    let words = std::env::args_os().chain(added.into_iter().map(OsString::from));
    match Cli::try_parse_from(words) {
        Ok(Cli { command: Command::Refit(again), .. }) => Ok(Cow::Owned(again.run)),
        Ok(Cli { command: Command::Run(again), .. }) => Ok(Cow::Owned(*again)),
        Ok(_) => Ok(Cow::Borrowed(args)),
        Err(error) => Err(Failure::Failed(format!(
            "the parameters of the model in force are recorded in another form than is read today; give all of them, \
             or fit with --afresh: {error}"
        ))),
    }
}

/// Why the run may not be published: it lost too much, or is so unlike the run before of the same name that something at
/// the source must have changed. A refit starts from what is there.
fn refused(pipeline: &Pipeline, run: &Run) -> Option<LossError> {
    let read = &run.transactions;
    if let Err(lost) = read.losses().allowed(pipeline.read.max_loss) {
        return Some(lost);
    }
    let before = pipeline.previous.as_ref().filter(|_| pipeline.fit == Fit::WithoutModel);
    let before = before.filter(|before| before.manifest.source.dataset == pipeline.dataset)?;
    let is_older = || match (pipeline.read.reference, before.manifest.source.last_transaction.parse()) {
        (None, Ok(last)) => not_older(read.last(), last),
        _ => Ok(()),
    };
    let (now, then) = (&run.snapshot.manifest.reference_date, &before.manifest.reference_date);
    // The very same files as of an earlier day are a shop's history made anew; other ones come by a stale date.
    let same_files = run.snapshot.manifest.source.inputs == before.manifest.source.inputs;
    let is_backdated = || match pipeline.read.reference {
        Some(_) if !same_files => not_backdated(now, then),
        _ => Ok(()),
    };
    // Of an earlier moment of the same day that is asked for less is known.
    let is_past = pipeline.read.reference.is_some() && now < then;
    let changes = run.snapshot.changes.iter().flat_map(|changes| &changes.rows);
    let gone = changes.filter(|change| change.to.is_none()).count() as u64;
    is_backdated()
        .and_then(|()| no_jump(&read.ledger().lines, &before.manifest.ledger))
        .and_then(|()| is_older())
        .and_then(|()| not_respelled(&run.snapshot, before))
        .and_then(|()| nobody_lost(gone, before.assignments.len() as u64))
        .and_then(|()| if is_past { Ok(()) } else { not_restated(&run.snapshot, before) })
        .and_then(|()| if is_past { Ok(()) } else { not_cut_short(&run.snapshot, before) })
        .and_then(|()| if now > then { alike_since(&run.snapshot, before) } else { Ok(()) })
        .err()
}

fn timed<T>(stages: &mut Stages, stage: &'static str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    stages.push((stage, start.elapsed()));
    result
}

/// The run whose model is in force. One that cannot be read stops a run, because a model fitted in its place
/// would move customers for no reason of theirs; a refit goes on without it.
fn last_published(store: &Store, fit: Fit) -> Result<Option<Snapshot>> {
    match store.open_current() {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(StoreError::NoRun { .. }) => Ok(None),
        Err(error) if fit != Fit::WithoutModel => {
            eprintln!("warning: names start afresh, because the current run cannot be read: {error}");
            Ok(None)
        }
        Err(error) => Err(Failure::Step {
            what: "the model in force cannot be read",
            error: Box::new(error.into()),
            hint: "`segment rollback` serves an earlier run, `segment refit` fits anew",
        }),
    }
}

fn limit_threads(threads: Option<usize>) -> Result<()> {
    let Some(threads) = threads else { return Ok(()) };
    if threads == 0 {
        return Err(Failure::Unusable("--threads is 0; at least 1 is needed".to_owned()));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(failed("cannot set the number of threads"))
}

/// The warnings of the run, and one of segments that are too small for what is said of them.
fn print_warnings(snapshot: &Snapshot) {
    const LEAST: u64 = 10;
    reading::print_warnings(&snapshot.manifest.warnings);
    let sizes = snapshot.segments.iter().map(|segment| segment.customers);
    let small = sizes.clone().filter(|customers| (1..LEAST).contains(customers)).count();
    if let Some(smallest) = sizes.filter(|customers| *customers > 0).min().filter(|_| small > 0) {
        eprintln!(
            "warning: {small} of {} segments have fewer than {LEAST} customers, the smallest {smallest}: what is said of so \
             few is hardly more than chance; more customers, or fewer segments (`segment refit --k`), make them larger",
            snapshot.segments.len()
        );
    }
}

fn print(snapshot: &Snapshot, decisions: &[String], published_to: Option<&str>, stages: &Stages) {
    for decision in decisions {
        println!("Read: {decision}");
    }
    show::run(snapshot, Language::En);
    let times: Vec<String> = stages.iter().map(|(s, t)| format!("{s} {:.2} s", t.as_secs_f64())).collect();
    println!("\nTime: {}", times.join(", "));
    println!("Content sha256: {}", snapshot.manifest.content_sha256);
    match published_to {
        Some(store) => println!("Published: run {} to {store}", snapshot.manifest.run_id),
        None => println!("Not published (--dry-run)"),
    }
}
