//! The lift of every segment of a run that held customers out.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::{Observed, effect};
use crate::record::{Arm, GroupLift, HeldOut, Lift, SegmentLift, Snapshot};

/// What is compared, and over which time.
#[derive(Debug, Clone, Copy)]
pub struct Campaign<'a> {
    /// The run that held customers out.
    pub run: &'a Snapshot,
    /// The customers who were contacted; none takes everybody who was not held out.
    pub treated: Option<&'a BTreeSet<String>>,
    /// Last day that counts, ISO 8601.
    pub until: &'a str,
    /// Days from the run's reference date to it, both included.
    pub days: u32,
    /// Whether the data holds money.
    pub has_money: bool,
}

/// What a customer did in the time that is measured, and what in as many days before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether there was a purchase.
    pub bought: bool,
    /// Spent, returned money taken off, in pennies.
    pub pennies: i64,
    /// Whether there was a purchase before.
    pub bought_before: bool,
    /// Spent before, in pennies.
    pub pennies_before: i64,
}

/// The lift, and what became of the campaign's ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// The lift.
    pub lift: Lift,
    /// Ids of the campaign that the run does not have, ascending.
    pub unknown: Vec<String>,
    /// Customers who were neither contacted nor held out.
    pub neither: u64,
}

/// Nothing can be measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LiftError {
    /// The run holds nobody out.
    #[error("run {run_id} holds nobody out, so there is nobody to compare with")]
    NoHoldout {
        /// The run.
        run_id: String,
    },
    /// No day to count.
    #[error(
        "the data end before {from}, the reference date of run {run_id}: what its customers did next is not in them; \
         give later data"
    )]
    TooEarly {
        /// The run.
        run_id: String,
        /// Its reference date.
        from: String,
    },
    /// Customers who were contacted although they are held out.
    #[error(
        "{count} of the campaign's customers are held out in run {run_id}, such as {examples}: contacted, they are \
         nobody to compare with. Take them out of the file if they were not contacted; if they were, measure all as \
         assigned, without the campaign's list"
    )]
    Overlap {
        /// The run.
        run_id: String,
        /// How many.
        count: usize,
        /// Some of them.
        examples: String,
    },
    /// No id of the campaign is in the run.
    #[error(
        "run {run_id} has none of the campaign's {count} customers, such as {examples}; is it of other data?"
    )]
    NobodyKnown {
        /// The run.
        run_id: String,
        /// Ids given.
        count: usize,
        /// Some of them.
        examples: String,
    },
}

/// Ids that an error names.
const EXAMPLES: usize = 5;

/// Measures treated against held-out customers, in each segment and in all. `outcome` says what a customer did; who left
/// the data did nothing. Cost: that of [`effect`], twice for each segment and for all.
///
/// # Errors
/// [`LiftError`], where nothing can be compared.
pub fn measure(campaign: &Campaign<'_>, outcome: impl Fn(&str) -> Outcome) -> Result<Counted, LiftError> {
    let run = campaign.run;
    let run_id = || run.manifest.run_id.clone();
    let held = run.held_out.as_ref().ok_or_else(|| LiftError::NoHoldout { run_id: run_id() })?;
    let unknown = match campaign.treated {
        Some(treated) => checked(run, held, treated)?,
        None => Vec::new(),
    };
    let contacted = |id: &str| campaign.treated.is_none_or(|treated| treated.contains(id));
    let rows: Vec<Row> = run
        .assignments
        .iter()
        .zip(&held.marks)
        .filter(|(a, held)| **held || contacted(&a.customer_id))
        .map(|(a, &held)| Row { segment_id: a.segment_id, held, outcome: outcome(&a.customer_id) })
        .collect();
    let group = |segment: Option<u16>| {
        let members = rows.iter().filter(|row| segment.is_none_or(|id| row.segment_id == id));
        compared(&members.copied().collect::<Vec<_>>(), campaign.has_money, held.params.seed)
    };
    let of_segments: Vec<GroupLift> = run.segments.par_iter().map(|s| group(Some(s.id))).collect();
    let segments = run.segments.iter().zip(of_segments).map(|(s, lift)| SegmentLift {
        id: s.id,
        key: s.key.clone(),
        name: s.name.clone(),
        lift,
    });
    let lift = Lift {
        from_run: run_id(),
        from: run.manifest.reference_date.clone(),
        until: campaign.until.to_owned(),
        days: campaign.days,
        share: held.params.share,
        seed: held.params.seed,
        campaign: campaign.treated.is_some(),
        all: group(None),
        segments: segments.collect(),
    };
    Ok(Counted { lift, unknown, neither: (run.assignments.len() - rows.len()) as u64 })
}

/// The campaign's ids that the run does not have.
fn checked(run: &Snapshot, held: &HeldOut, treated: &BTreeSet<String>) -> Result<Vec<String>, LiftError> {
    let run_id = run.manifest.run_id.clone();
    let place = |id: &str| run.assignments.binary_search_by(|a| a.customer_id.as_str().cmp(id)).ok();
    let overlap: Vec<&String> =
        treated.iter().filter(|id| place(id).is_some_and(|at| held.marks[at])).collect();
    if !overlap.is_empty() {
        return Err(LiftError::Overlap { run_id, count: overlap.len(), examples: some(&overlap) });
    }
    let unknown: Vec<&String> = treated.iter().filter(|id| place(id).is_none()).collect();
    if unknown.len() == treated.len() {
        return Err(LiftError::NobodyKnown { run_id, count: treated.len(), examples: some(&unknown) });
    }
    Ok(unknown.into_iter().cloned().collect())
}

fn some(ids: &[&String]) -> String {
    let shown: Vec<String> = ids.iter().take(EXAMPLES).map(|id| format!("{id:?}")).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

#[derive(Clone, Copy)]
struct Row {
    segment_id: u16,
    held: bool,
    outcome: Outcome,
}

fn compared(rows: &[Row], has_money: bool, seed: u64) -> GroupLift {
    let observed = |of: fn(&Outcome) -> (f64, f64)| -> Vec<Observed> {
        let one = |row: &Row| {
            let (outcome, before) = of(&row.outcome);
            Observed { outcome, before, treated: !row.held }
        };
        rows.iter().map(one).collect()
    };
    let spent = |o: &Outcome| (o.pennies as f64, o.pennies_before as f64);
    let bought = |o: &Outcome| (f64::from(u8::from(o.bought)), f64::from(u8::from(o.bought_before)));
    GroupLift {
        treated: arm(rows, false),
        held_out: arm(rows, true),
        spend: if has_money { effect(&observed(spent), seed) } else { None },
        bought: effect(&observed(bought), seed),
    }
}

fn arm(rows: &[Row], held: bool) -> Arm {
    rows.iter().filter(|row| row.held == held).fold(Arm::default(), |arm, row| Arm {
        customers: arm.customers + 1,
        bought: arm.bought + u64::from(row.outcome.bought),
        pennies: arm.pennies + row.outcome.pennies,
    })
}
