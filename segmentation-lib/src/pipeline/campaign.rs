//! Who is held out in a run, and what an earlier run's campaign brought.

use std::collections::{BTreeSet, HashMap};

use chrono::{Days, NaiveDate, NaiveTime};

use super::Pipeline;
use crate::error::Error;
use crate::features::CustomerTable;
use crate::lifetime::{Purchase, Purchases};
use crate::lift::{Campaign, Counted, LiftError, Outcome, measure};
use crate::record::{HeldOut, HoldoutError, Lift, Snapshot};
use crate::reference_date::ReferenceDate;
use crate::transactions::Transactions;

impl Pipeline {
    /// Refuses a share that cannot be, and a seed or a smaller share that would treat customers whom a campaign that is
    /// still going on leaves alone.
    pub(super) fn check_holdout(&self) -> Result<(), HoldoutError> {
        let Some(now) = &self.holdout else { return Ok(()) };
        now.check()?;
        let held_out = self.previous.as_ref().and_then(|run| Some((run, run.held_out.as_ref()?)));
        let Some((run, before)) = held_out else { return Ok(()) };
        let (run_id, before) = (run.manifest.run_id.clone(), before.params);
        if before.seed != now.seed {
            return Err(HoldoutError::OtherSeed { run_id, before: before.seed, now: now.seed });
        }
        if now.share < before.share {
            return Err(HoldoutError::SmallerShare { run_id, before: before.share, now: now.share });
        }
        Ok(())
    }

    /// Who is held out among the customers of the run; none where nobody is to be.
    pub(super) fn held_out(&self, snapshot: &Snapshot) -> Option<HeldOut> {
        let ids = snapshot.assignments.iter().map(|a| a.customer_id.as_str());
        self.holdout.map(|params| HeldOut::of(params, ids))
    }

    /// The lift of the campaign's run, else of the published one; none where it held nobody out, and where the data
    /// end before it could bring anything.
    pub(super) fn lift(
        &self,
        transactions: &Transactions,
        customers: &CustomerTable,
    ) -> Result<Option<Lift>, Error> {
        let campaign = self.campaign.as_ref().or(self.previous.as_ref());
        let Some(run) = campaign.filter(|run| run.held_out.is_some()) else { return Ok(None) };
        if transactions.summed().is_some() {
            return Ok(None);
        }
        let purchases = Purchases::of(transactions)?.without(|id| self.forgotten.contains(id));
        let end = customers.reference().days_before(1).day();
        match lift_since(run, &purchases, end, None) {
            Ok(counted) => Ok(Some(counted.lift)),
            Err(Error::Lift(LiftError::TooEarly { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What the customers whom a run did not hold out spent more, from its reference date up to and including `end`. `treated`
/// are the customers who were contacted; none takes everybody who was not held out. Cost: linear in the purchases, then
/// that of [`measure`].
///
/// # Errors
/// [`LiftError`], where nothing can be compared.
pub fn lift_since(
    run: &Snapshot,
    purchases: &Purchases,
    end: NaiveDate,
    treated: Option<&BTreeSet<String>>,
) -> Result<Counted, Error> {
    let reference: ReferenceDate = run.manifest.reference_date.parse()?;
    let from = first_day(reference);
    let days = (end - from).num_days() + 1;
    if days < 1 {
        let (run_id, from) = (run.manifest.run_id.clone(), from.to_string());
        return Err(LiftError::TooEarly { run_id, from }.into());
    }
    let days = days as u32;
    let outcomes = outcomes(purchases, (from, end), days);
    let until = end.to_string();
    let has_money = purchases.rows.iter().any(|row| row.pennies != 0);
    let campaign = Campaign { run, treated, until: &until, days, has_money };
    let of = |id: &str| outcomes.get(id).copied().unwrap_or_default();
    Ok(measure(&campaign, of)?)
}

/// The first day of which nothing was known yet. Of the day of an instant a part was.
fn first_day(reference: ReferenceDate) -> NaiveDate {
    let (day, time) = (reference.begins().date(), reference.begins().time());
    if time == NaiveTime::MIN { day } else { day.checked_add_days(Days::new(1)).unwrap_or(day) }
}

fn outcomes(purchases: &Purchases, (from, end): (NaiveDate, NaiveDate), days: u32) -> HashMap<&str, Outcome> {
    let begins = from.checked_sub_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MIN);
    let mut outcomes: HashMap<&str, Outcome> = HashMap::new();
    for row in purchases.rows.iter().filter(|row| (begins..=end).contains(&row.day)) {
        let outcome = outcomes.entry(&purchases.ids[row.customer as usize]).or_default();
        add(outcome, row, row.day >= from);
    }
    outcomes
}

fn add(outcome: &mut Outcome, row: &Purchase, counts: bool) {
    let (bought, pennies) = match counts {
        true => (&mut outcome.bought, &mut outcome.pennies),
        false => (&mut outcome.bought_before, &mut outcome.pennies_before),
    };
    *bought |= !row.returned;
    *pennies += row.pennies;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn what_was_spent_is_told_apart_by_the_first_day() {
        let row = |text, pennies, returned| Purchase { customer: 0, day: day(text), pennies, returned };
        let rows = vec![
            row("2024-01-08", 900, false),
            row("2024-01-09", 100, false),
            row("2024-01-10", -30, true),
            row("2024-01-11", 20, false),
            row("2024-01-12", 500, false),
        ];
        let purchases = Purchases { ids: vec!["a".to_owned()], rows };
        let seen = outcomes(&purchases, (day("2024-01-10"), day("2024-01-11")), 2);
        let expected = Outcome { bought: true, pennies: -10, bought_before: true, pennies_before: 1000 };
        assert_eq!(seen["a"], expected);
    }

    #[test]
    fn the_day_of_an_instant_does_not_count() {
        let first = |text: &str| first_day(text.parse().expect("a reference date")).to_string();
        assert_eq!(first("2024-01-10"), "2024-01-10");
        assert_eq!(first("2024-01-10T12:00:00"), "2024-01-11");
    }
}
