//! `segment forget`.

use anyhow::{Context, Result};
use segmentation_lib::snapshot::MAX_ID_BYTES;
use segmentation_lib::store::{ErasedRun, Erasure, Store};
use serde_json::json;

use crate::args::{ForgetArgs, Global};
use crate::failure::{NotFound, Unusable};
use crate::output;

pub fn execute(args: &ForgetArgs, global: &Global) -> Result<()> {
    let ids = ids(args)?;
    let store = Store::at(&global.store);
    if args.lift {
        return lift(&store, &ids, global);
    }
    let progress = crate::progress::start(global)?;
    let erasure = store.forget(&ids, &progress)?;
    if global.json {
        return output::json(&json!({
            "listed": erasure.listed, "added": erasure.added, "verified": true,
            "runs": erasure.runs.iter().map(row).collect::<Vec<_>>(), "discarded": erasure.discarded,
        }));
    }
    print(&erasure);
    Ok(())
}

fn ids(args: &ForgetArgs) -> Result<Vec<String>> {
    let mut ids = args.ids.clone();
    if let Some(path) = &args.from {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        ids.extend(text.lines().filter(|line| !line.is_empty()).map(str::to_owned));
    }
    if let Some(id) = ids.iter().find(|id| id.is_empty() || id.len() > MAX_ID_BYTES) {
        let bytes = id.len();
        let text =
            format!("a customer id has {bytes} bytes, allowed are 1 to {MAX_ID_BYTES}; nothing was removed");
        return Err(Unusable(text).into());
    }
    Ok(ids)
}

fn lift(store: &Store, ids: &[String], global: &Global) -> Result<()> {
    if ids.is_empty() {
        return Err(Unusable("--lift needs the ids of the customers to lift".to_owned()).into());
    }
    let lifted = store.lift(ids)?;
    let missing = lifted.iter().filter(|lifted| !**lifted).count();
    if missing > 0 {
        let text =
            format!("{missing} of {} customers are not on the list; the others were lifted", ids.len());
        return Err(NotFound(text).into());
    }
    if global.json {
        return output::json(&json!({ "lifted": ids.len() }));
    }
    println!("{} customers lifted: the next run may hold them again", ids.len());
    Ok(())
}

fn row(run: &ErasedRun) -> serde_json::Value {
    json!({ "before": run.before, "after": run.after, "removed": run.removed, "current": run.current })
}

fn print(erasure: &Erasure) {
    let Erasure { listed, added, runs, discarded } = erasure;
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
    println!("verified: none of the {} runs kept holds any of them", runs.len());
}
