//! The way from one run to another, by the runs that continue each other.

use chrono::NaiveDate;

use super::MovementError;
use crate::record::RunId;
use crate::store::{LogEntry, Logged, Store, StoreError};

/// A publication on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its entry in the movement log.
    pub entry: LogEntry,
    /// Whether the way leads from this run to the one before it.
    pub back: bool,
    /// The run that the way has reached behind it.
    pub reached: LogEntry,
}

/// The publications between two runs, in order; none from a run to itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// Where it begins.
    pub from: LogEntry,
    /// Where it ends.
    pub to: LogEntry,
    /// What lies between.
    pub steps: Vec<Step>,
}

/// The movement log as [`Store::log`](crate::store::Store::log) gives it.
pub(super) type Log = [Logged];

impl Way {
    /// The way to a run from the one that is named, or from the last one until a day, or from the run before it.
    ///
    /// A day is that of the data and not of the publication: of the runs that `to` continues, and `to` itself, the
    /// newest whose reference date is that day or an earlier one.
    ///
    /// # Errors
    /// As [`Way::between`], a day before those of all these runs, a run that continues none.
    pub fn to(
        store: &Store,
        to: &RunId,
        from: Option<&RunId>,
        since: Option<NaiveDate>,
    ) -> Result<Self, MovementError> {
        let log = store.log()?;
        let from = match (from, since) {
            (Some(from), _) => from.clone(),
            (None, Some(day)) => last_until(&line(&log, to)?, day)?,
            (None, None) => before(&log, to)?,
        };
        Self::between(&log, &from, to)
    }

    /// The way from one run to another through `log`. Runs continue each other as a tree: the way goes back from the
    /// first to the newest run that both continue, and on from there. Cost: the number of entries.
    ///
    /// # Errors
    /// A run that the log does not know, or an entry between that is missing or damaged.
    pub fn between(log: &Log, from: &RunId, to: &RunId) -> Result<Self, MovementError> {
        let (first, last) = (find(log, from)?, find(log, to)?);
        let (back, on) = (ancestry(log, first), ancestry(log, last));
        let met = back.iter().position(|entry| on.iter().any(|other| other.run_id == entry.run_id));
        let Some(met) = met else {
            // Each line begins with a run that continues none; the later one parts them.
            let begins = |line: &[&LogEntry]| line.last().map_or(String::new(), |entry| entry.run_id.clone());
            let broken = begins(&back).max(begins(&on)).parse().map_err(StoreError::from)?;
            return Err(MovementError::Apart { from: from.clone(), to: to.clone(), broken });
        };
        let continued = on.iter().take_while(|entry| entry.run_id != back[met].run_id);
        let on: Vec<&LogEntry> = continued.copied().collect();
        let step = |entry: &LogEntry, reached: &LogEntry, back| Step {
            entry: entry.clone(),
            back,
            reached: reached.clone(),
        };
        let steps = back[..=met].windows(2).map(|pair| step(pair[0], pair[1], true));
        let steps = steps.chain(on.into_iter().rev().map(|entry| step(entry, entry, false))).collect();
        Ok(Self { from: first.clone(), to: last.clone(), steps })
    }
}

/// A run and those that it continues, newest first.
///
/// # Errors
/// The log does not know the run.
pub(super) fn line<'a>(log: &'a Log, run_id: &RunId) -> Result<Vec<&'a LogEntry>, MovementError> {
    Ok(ancestry(log, find(log, run_id)?))
}

/// The run that was published before this one.
///
/// # Errors
/// The log does not know the run, or it continues none.
fn before(log: &Log, run_id: &RunId) -> Result<RunId, MovementError> {
    let from = find(log, run_id)?.from_run.as_ref().and_then(|before| before.parse().ok());
    from.ok_or_else(|| MovementError::First { run_id: run_id.clone() })
}

/// The newest run of a line, which begins with its newest, whose reference date is this day or an earlier one.
///
/// # Errors
/// All have later ones.
fn last_until(line: &[&LogEntry], day: NaiveDate) -> Result<RunId, MovementError> {
    // A reference date may go on with a time.
    let date =
        |entry: &LogEntry| entry.reference_date.get(..10).and_then(|day| day.parse::<NaiveDate>().ok());
    let known = |entry: &LogEntry| date(entry).is_some_and(|date| date <= day);
    if let Some(entry) = line.iter().find(|entry| known(entry)) {
        return Ok(entry.run_id.parse().map_err(StoreError::from)?);
    }
    let first = line.iter().map(|entry| entry.reference_date.as_str()).min().unwrap_or_default();
    Err(MovementError::TooEarly { day, first: first.to_owned() })
}

/// The entry of a run, or of the run that an erasure has put in its place.
fn find<'a>(log: &'a Log, run_id: &RunId) -> Result<&'a LogEntry, MovementError> {
    match entry_of(log, run_id) {
        Some((_, Ok(entry))) => Ok(entry),
        Some((damaged, Err(_))) => Err(StoreError::damaged(
            damaged,
            crate::store::Damage::Decode {
                key: "changes".to_owned(),
                reason: "its entry in the movement log cannot be read".to_owned(),
            },
        )
        .into()),
        None => Err(match log.last() {
            Some((first, _)) if run_id.day().is_some() && run_id.moment() < first.moment() => {
                MovementError::Gone { run_id: run_id.clone(), first: first.clone() }
            }
            _ => MovementError::Unknown { run_id: run_id.clone() },
        }),
    }
}

fn entry_of<'a>(log: &'a Log, run_id: &RunId) -> Option<&'a Logged> {
    let exactly = log.iter().find(|(known, _)| known == run_id);
    exactly
        .or_else(|| log.iter().find(|(known, _)| run_id.day().is_some() && known.moment() == run_id.moment()))
}

/// The run and those that it continues, newest first, as far as the log knows.
fn ancestry<'a>(log: &'a Log, run: &'a LogEntry) -> Vec<&'a LogEntry> {
    let mut line = vec![run];
    // A run continues an earlier one: a log that says otherwise ends here instead of going round.
    while line.len() <= log.len() {
        let before = line[line.len() - 1].from_run.as_ref().and_then(|run_id| run_id.parse().ok());
        let Some((_, Ok(entry))) = before.and_then(|run_id| entry_of(log, &run_id)) else { break };
        line.push(entry);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(day: u32) -> RunId {
        format!("201112{day:02}T080000000Z-0000000{}", day % 10).parse().expect("an id")
    }

    fn entry(day: u32, from: Option<u32>) -> Logged {
        let entry = LogEntry {
            format: 1,
            run_id: id(day).to_string(),
            from_run: from.map(|day| id(day).to_string()),
            created_at: format!("2011-12-{day:02}T08:00:00Z"),
            reference_date: format!("2011-12-{day:02}"),
            model: None,
            customers: 1,
            segments: Vec::new(),
        };
        (id(day), Ok(entry))
    }

    fn steps(log: &Log, from: u32, to: u32) -> Vec<(RunId, bool)> {
        let way = Way::between(log, &id(from), &id(to)).expect("a way");
        way.steps.into_iter().map(|step| (step.entry.run_id.parse().expect("an id"), step.back)).collect()
    }

    #[test]
    fn the_way_leads_back_over_a_rollback() {
        // 3 continues 1: 2 was rolled back.
        let log = [entry(4, Some(3)), entry(3, Some(1)), entry(2, Some(1)), entry(1, None)];
        assert_eq!(steps(&log, 1, 4), [(id(3), false), (id(4), false)]);
        assert_eq!(steps(&log, 2, 4), [(id(2), true), (id(3), false), (id(4), false)]);
        assert_eq!(steps(&log, 4, 2), [(id(4), true), (id(3), true), (id(2), false)]);
        assert_eq!(steps(&log, 4, 4), []);
    }

    #[test]
    fn a_run_that_was_erased_from_is_found_by_its_moment() {
        let log = [entry(2, Some(1)), entry(1, None)];
        let renamed: RunId = "20111201T080000000Z-ffffffff".parse().expect("an id");
        assert_eq!(Way::between(&log, &renamed, &id(2)).expect("a way").steps.len(), 1);
    }

    #[test]
    fn what_is_gone_unknown_and_apart_is_told_apart() {
        let log = [entry(5, Some(4)), entry(4, None), entry(3, None)];
        let between = |from, to| Way::between(&log, &id(from), &id(to)).expect_err("no way");
        assert!(matches!(between(1, 5), MovementError::Gone { first, .. } if first == id(3)));
        assert!(matches!(between(9, 5), MovementError::Unknown { .. }));
        assert!(matches!(between(3, 5), MovementError::Apart { broken, .. } if broken == id(4)));
    }

    #[test]
    fn a_log_that_goes_round_ends() {
        let log = [entry(2, Some(1)), entry(1, Some(2)), entry(3, None)];
        assert!(matches!(Way::between(&log, &id(1), &id(3)), Err(MovementError::Apart { .. })));
    }

    /// The run that a day of November 2011 names in a log, on the way to the run of this December day.
    fn until(log: &Log, to: u32, day: u32) -> Result<RunId, MovementError> {
        let day = NaiveDate::from_ymd_opt(2011, 11, day).expect("a day");
        last_until(&line(log, &id(to))?, day)
    }

    /// Published in December, with a reference date in November.
    fn of_november(published: u32, from: Option<u32>, reference: u32) -> Logged {
        let (run_id, logged) = entry(published, from);
        let entry =
            logged.map(|entry| LogEntry { reference_date: format!("2011-11-{reference:02}"), ..entry });
        (run_id, entry)
    }

    #[test]
    fn a_day_is_that_of_the_data_whenever_the_runs_were_published() {
        let log = [of_november(4, Some(2), 30), of_november(2, Some(1), 20), of_november(1, None, 20)];
        assert_eq!(until(&log, 4, 29).expect("there"), id(2), "the last of a day");
        assert_eq!(until(&log, 4, 30).expect("there"), id(4));
        let refused = until(&log, 4, 19).expect_err("too early").to_string();
        assert!(refused.contains("2011-11-20"), "{refused}");
    }

    #[test]
    fn a_run_that_was_rolled_back_is_named_by_no_day() {
        let log = [of_november(3, Some(1), 30), of_november(2, Some(1), 20), of_november(1, None, 10)];
        assert_eq!(until(&log, 3, 29).expect("there"), id(1));
    }
}
