//! `segment forget`.

use segmentation_lib::record::MAX_ID_BYTES;
use segmentation_lib::regular_file;
use segmentation_lib::store::{ErasedRun, Erasure, PublishOptions, Store};
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
    let erasure = if args.lift { None } else { Some(store.forget(&ids, &progress)?) };
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
        None => println!("{} customers lifted: the next run may hold them again", ids.len()),
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

fn lift(store: &Store, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Err(Failure::Unusable("--lift needs the ids of the customers to lift".to_owned()));
    }
    let lifted = store.lift(ids)?;
    let missing = lifted.iter().filter(|lifted| !**lifted).count();
    if missing > 0 {
        let text =
            format!("{missing} of {} customers are not on the list; the others were lifted", ids.len());
        return Err(Failure::NotFound(text));
    }
    Ok(())
}

fn row(run: &ErasedRun) -> serde_json::Value {
    json!({ "before": run.before, "after": run.after, "removed": run.removed, "current": run.current })
}

fn print(erasure: &Erasure) {
    let Erasure { listed, added, runs, discarded, entries_discarded } = erasure;
    println!("{listed} customers are to be forgotten, {added} of them new on the list");
    for ErasedRun { before, after, removed, current } in runs {
        let current = if *current { ", served" } else { "" };
        match removed {
            0 => println!("run {before}{current}: held none of them"),
            _ => println!("run {before}{current}: {removed} removed, now run {after}"),
        }
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
