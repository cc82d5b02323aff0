//! `segment lift`.

mod ids;

use segmentation_lib::lift::{Counted, LiftError};
use segmentation_lib::pipeline::lift_since;
use segmentation_lib::record::{Lift, Snapshot};
use segmentation_lib::store::{Store, StoreError};
use segmentation_lib::wording::{counted, lift as wording};
use serde::Serialize;

use super::lifetimes;
use crate::args::{Global, LiftArgs};
use crate::failure::Result;
use crate::output;

/// Ids that are shown.
const EXAMPLES: usize = 5;

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    lift: &'a Lift,
    /// Ids of the campaign that the run does not have.
    unknown: &'a [String],
    /// Customers who were neither contacted nor held out.
    neither: u64,
}

pub fn execute(args: &LiftArgs, global: &Global) -> Result<()> {
    let store = Store::at(&global.store);
    let run = match &args.from {
        Some(id) => store.load(&id.parse()?)?,
        None => {
            let current = store.open_current()?;
            earliest(&store, &current)?.unwrap_or(current)
        }
    };
    if run.held_out.is_none() {
        return Err(LiftError::NoHoldout { run_id: run.manifest.run_id }.into());
    }
    let treated = args.treated.as_deref().map(ids::read).transpose()?;
    let (purchases, end) = lifetimes::read(&args.purchases, global)?;
    let counted = lift_since(&run, &purchases, end, treated.as_ref())?;
    if global.json {
        let Counted { lift, unknown, neither } = &counted;
        return output::json(&Report { lift, unknown, neither: *neither });
    }
    print(&counted);
    Ok(())
}

/// The earliest kept run before `current` that, like every run since, holds out by the same share and seed; none where
/// no run before it does.
///
/// # Errors
/// That of the store; a run in between that cannot be read is passed over.
pub fn earliest(store: &Store, current: &Snapshot) -> Result<Option<Snapshot>, StoreError> {
    let Some(held) = &current.held_out else { return Ok(None) };
    let before = store.runs()?.into_iter().map(|run| run.run_id);
    let mut found = None;
    for run_id in before.skip_while(|id| id.to_string() != current.manifest.run_id).skip(1) {
        let Ok(run) = store.load(&run_id) else { continue };
        let same_data = run.manifest.source.dataset == current.manifest.source.dataset;
        if !same_data || run.held_out.as_ref().is_none_or(|other| other.params != held.params) {
            break;
        }
        found = Some(run);
    }
    Ok(found)
}

fn print(counted: &Counted) {
    let Counted { lift, unknown, neither } = counted;
    show(lift);
    if *neither > 0 {
        let neither = self::counted(*neither, "customer was", "customers were");
        println!(
            "{neither} neither contacted nor held out, and are not compared. If those contacted were not picked at \
             random within their segment, the difference is not the campaign's alone"
        );
    }
    if !unknown.is_empty() {
        let shown: Vec<String> = unknown.iter().take(EXAMPLES).map(|id| format!("{id:?}")).collect();
        let count = self::counted(unknown.len() as u64, "id of the campaign is", "ids of the campaign are");
        println!("{count} not in run {}: {}", lift.from_run, shown.join(", "));
    }
}

/// The lift with the time that it counts.
pub fn show(lift: &Lift) {
    println!(
        "Customers {} against those held out in run {}, {} to {} ({} days), with 95 % intervals\n{}\n{}",
        wording::compared(lift),
        lift.from_run,
        lift.from,
        lift.until,
        lift.days,
        output::drawn(&wording::table(lift)),
        wording::verdict(lift).en
    );
}
