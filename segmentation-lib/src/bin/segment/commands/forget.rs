//! `segment forget`.

use std::collections::{BTreeMap, HashSet};

use segmentation_lib::progress::Progress;
use segmentation_lib::record::{MAX_ID_BYTES, Snapshot, likeness};
use segmentation_lib::regular_file;
use segmentation_lib::store::{ErasedRun, Erasure, Forgotten, PublishOptions, Store, StoreError};
use segmentation_lib::transactions::{Sameness, merged_id};
use segmentation_lib::wording::{agreeing, counted};
use serde_json::json;

use super::bucket::Beside;
use crate::args::{ForgetArgs, Global};
use crate::failure::{Failure, Result};
use crate::output;

/// Most bytes of a list of ids.
const MOST_BYTES: u64 = 1 << 30;

pub fn execute(args: &ForgetArgs, global: &Global) -> Result<()> {
    let ids = ids(args)?;
    let store = Store::at(&global.store);
    let progress = crate::progress::start(global)?;
    let keep = PublishOptions::default().keep;
    let pull = |url: &String| Beside::pull_first(url, &store, keep, &progress);
    let beside = args.push.as_ref().map(pull).transpose()?;
    let erasure = if args.lift { None } else { Some(forget(&store, &ids, &progress)?) };
    if args.lift {
        lift(&store, &ids)?;
    }
    let pushed = beside.as_ref().map(|beside| beside.push(&progress)).transpose()?;
    if global.json {
        let mut report = match &erasure {
            Some(erasure) => value(erasure),
            None => json!({ "lifted": ids.len() }),
        };
        if let Some((beside, pushed)) = beside.zip(pushed) {
            report["pushed"] = beside.value(pushed.as_ref());
        }
        return output::json(&report);
    }
    match &erasure {
        Some(erasure) => print(erasure),
        None => println!(
            "{} lifted: the next run may hold {} again",
            counted(ids.len() as u64, "customer", "customers"),
            agreeing(ids.len() as u64, "it", "them")
        ),
    }
    if let Some((beside, pushed)) = beside.zip(pushed) {
        beside.print(pushed.as_ref());
    }
    Ok(())
}

fn value(erasure: &Erasure) -> serde_json::Value {
    json!({
        "listed": erasure.listed, "added": erasure.added, "verified": true,
        "runs": erasure.runs.iter().map(row).collect::<Vec<_>>(), "discarded": erasure.discarded,
        "entries_discarded": erasure.entries_discarded,
    })
}

fn ids(args: &ForgetArgs) -> Result<Vec<String>> {
    let mut ids = args.ids.clone();
    if let Some(path) = &args.from {
        let text = regular_file::read_text(path, MOST_BYTES)
            .map_err(|error| Failure::Unusable(format!("cannot read {}: {error}", path.display())))?;
        ids.extend(text.lines().filter(|line| !line.is_empty()).map(str::to_owned));
    }
    if let Some(id) = ids.iter().find(|id| id.is_empty() || id.len() > MAX_ID_BYTES) {
        let bytes = id.len();
        let text =
            format!("a customer id has {bytes} bytes, allowed are 1 to {MAX_ID_BYTES}; nothing was removed");
        return Err(Failure::Unusable(text));
    }
    Ok(ids)
}

/// The ids under which the current run keeps these customers, where it overlooked case or spaces. A run that cannot be
/// read stops no erasure.
fn merged(store: &Store, ids: &[String]) -> Vec<String> {
    let manifest = store.current().ok().flatten().and_then(|run_id| store.manifest(&run_id).ok());
    let recorded = manifest.and_then(|manifest| manifest.parameters.get("merge-ids").cloned());
    let overlooked: Vec<Sameness> =
        recorded.and_then(|recorded| serde_json::from_value(recorded).ok()).unwrap_or_default();
    ids.iter()
        .map(|id| (id, merged_id(id, &overlooked)))
        .filter(|(id, kept)| *id != kept)
        .map(|(_, kept)| kept)
        .collect()
}

fn forget(store: &Store, ids: &[String], progress: &Progress) -> Result<Erasure> {
    let ids = [ids, merged(store, ids).as_slice()].concat();
    let alike = alike(store, &ids);
    let erasure = store.forget(&ids, progress).map_err(|error| unfinished(store, error))?;
    for (id, kept) in alike {
        eprintln!(
            "warning: the run has no customer {id:?}, but {kept:?}, which differs in case, spaces, marks between digits \
             or zeros in front only; where this is the same customer, forget {kept:?} too"
        );
    }
    Ok(erasure)
}

/// The error with what has become of the customers, where it came when they were on the list already.
fn unfinished(store: &Store, error: StoreError) -> Failure {
    let Some(list) = store.forgotten().ok().filter(Forgotten::is_erasing) else { return error.into() };
    let is_free =
        |run: Snapshot| !run.assignments.iter().any(|customer| list.contains(&customer.customer_id));
    // Of a run that cannot be read nobody knows that they have left it.
    let hint = if store.open_current().is_ok_and(is_free) {
        "the run that is served is free of them, earlier ones may hold them; run `segment forget` again, without ids, and it \
         goes on"
    } else {
        "customers who are to be forgotten are still served; once the cause is gone run `segment forget` again, without ids, \
         and it goes on; so does the next run"
    };
    Failure::Step { what: "the erasure is not finished", error: Box::new(error.into()), hint }
}

/// Ids that the current run does not have, each with one that is like it and stays. Cost O(n).
fn alike(store: &Store, ids: &[String]) -> Vec<(String, String)> {
    let Ok(run) = store.open_current() else { return Vec::new() };
    let unknown = ids.iter().filter(|id| run.find(id).is_none());
    let forms: BTreeMap<String, &String> = unknown.map(|id| (likeness(id), id)).collect();
    if forms.is_empty() {
        return Vec::new();
    }
    let named: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let stays = run.assignments.iter().map(|row| &row.customer_id).filter(|id| !named.contains(id.as_str()));
    stays.filter_map(|id| Some(((*forms.get(&likeness(id))?).clone(), id.clone()))).collect()
}

fn lift(store: &Store, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Err(Failure::Unusable("--lift needs the ids of the customers to lift".to_owned()));
    }
    let merged = merged(store, ids);
    let lifted = store.lift(ids)?;
    // Whether the other spelling was on the list is no matter: nobody named it.
    store.lift(&merged)?;
    let missing = lifted.iter().filter(|lifted| !**lifted).count();
    if missing > 0 {
        let text = format!(
            "{missing} of {} not on the list; the others were lifted",
            counted(ids.len() as u64, "customer is", "customers are")
        );
        return Err(Failure::NotFound(text));
    }
    Ok(())
}

fn row(run: &ErasedRun) -> serde_json::Value {
    json!({
        "before": run.before, "after": run.after, "removed": run.removed, "current": run.current,
        "lift_removed": run.lift_removed,
    })
}

fn print(erasure: &Erasure) {
    let Erasure { listed, added, runs, discarded, entries_discarded } = erasure;
    println!(
        "{} to be forgotten, {added} of them new on the list",
        counted(*listed as u64, "customer is", "customers are")
    );
    for ErasedRun { before, after, removed, current, .. } in runs {
        let current = if *current { ", served" } else { "" };
        match removed {
            0 => println!("run {before}{current}: held none of them"),
            _ => println!("run {before}{current}: {removed} removed, now run {after}"),
        }
    }
    if runs.iter().any(|run| run.current && run.lift_removed) {
        println!(
            "what the campaign brought is not in the run any more, as their spending was in it: `segment lift` measures it \
             anew without them, and so does the next run"
        );
    }
    for run_id in discarded {
        println!("run {run_id}: could not be read, removed as a whole");
    }
    for run_id in entries_discarded {
        println!(
            "changes that came with run {run_id}: could not be read, removed; none lead over it any more"
        );
    }
    println!("verified: none of the {} runs kept holds any of them", runs.len());
}
