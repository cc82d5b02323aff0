//! Whether what customers bought before is told otherwise now: from another column, in another unit, in part, or under
//! other ids.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::losses::LossError;
use crate::quantile::quantile;
use crate::record::{Assignment, Snapshot, likeness};

/// Fewest customers from whom a rule is drawn.
const FEWEST: usize = 10;

/// Fewest pairs of ids, one gone and one new, that speak of another spelling.
const FEWEST_PAIRS: usize = 5;

/// Smallest share of the customers that such pairs are.
const RESPELLED: f64 = 0.01;

/// How far apart two values are that differ: money is rounded, and rates of exchange have few digits.
const SAME: f64 = 0.005;

/// Largest share of the customers whose last purchase may lie before that of the run before: purchases are cancelled.
const BACK: f64 = 0.2;

/// Largest share of the purchases known before that may be missing. A window of twelve months that moves on by a week
/// loses a fiftieth.
const MISSING: f64 = 0.05;

/// Compares the last day of all with the last purchases of the run before. An order may be cancelled, and the last one is
/// then another customer's; where several customers bought later, the file is an older one. Cost O(n).
///
/// # Errors
/// [`LossError::CutShort`] where two customers or more bought on a later day.
pub fn not_cut_short(now: &Snapshot, before: &Snapshot) -> Result<(), LossError> {
    let Some((mine, theirs)) = last_days(now).zip(last_days(before)) else { return Ok(()) };
    let Some(last) = mine.into_iter().max() else { return Ok(()) };
    match theirs.iter().filter(|day| **day > last).count() as u64 {
        0 | 1 => Ok(()),
        customers => Err(LossError::CutShort { now: last, customers }),
    }
}

/// The day of each customer's last purchase, where the run counts to a day.
fn last_days(snapshot: &Snapshot) -> Option<Vec<NaiveDate>> {
    let reference = snapshot.manifest.reference_date.parse::<NaiveDate>().ok()?;
    let recency = place(snapshot, "recency")?;
    let day = |row: &Assignment| reference - chrono::Duration::days(row.features[recency].round() as i64);
    Some(snapshot.assignments.iter().map(day).collect())
}

/// Compares what the run before knew of its customers with what is known of them now.
///
/// A last purchase goes back only where it was cancelled. Of customers who bought nothing since nothing new is known:
/// late returns and corrections change a few, a window of months those who bought at its beginning; where the source
/// means something else by a column, nearly all change. Cost O(n).
///
/// # Errors
/// [`LossError::Missing`] where more than a twentieth of the purchases known before are missing,
/// [`LossError::Backwards`] where more than a fifth of the customers of both runs bought last on an earlier day than
/// before, [`LossError::Restated`] where more than half have another number of purchases or other money.
pub fn not_restated(now: &Snapshot, before: &Snapshot) -> Result<(), LossError> {
    let both = both(now, before);
    nothing_missing(&both, now, before)?;
    nothing_changed(&both, now, before)
}

fn nothing_missing(both: &[Pair<'_>], now: &Snapshot, before: &Snapshot) -> Result<(), LossError> {
    let Some((this, that)) = place(now, "frequency").zip(place(before, "frequency")) else { return Ok(()) };
    let known: f64 = before.assignments.iter().map(|row| row.features[that]).sum();
    let still: f64 = both.iter().map(|(now, before)| now.features[this].min(before.features[that])).sum();
    if known - still <= MISSING * known {
        return Ok(());
    }
    Err(LossError::Missing { missing: (known - still) as u64, known: known as u64 })
}

/// What both runs say of customers who are in both.
fn nothing_changed(both: &[Pair<'_>], now: &Snapshot, before: &Snapshot) -> Result<(), LossError> {
    if both.len() < FEWEST {
        return Ok(());
    }
    let moved = days_moved(now, before);
    let gone_back = both.iter().filter(|pair| moved(pair).is_some_and(|days| days < -0.5)).count();
    if gone_back as f64 > BACK * both.len() as f64 {
        return Err(LossError::Backwards { other: gone_back as u64, compared: both.len() as u64 });
    }
    let quiet: Vec<&Pair<'_>> =
        both.iter().filter(|pair| moved(pair).is_none_or(|days| days.abs() < 0.5)).collect();
    ["frequency", "monetary"].into_iter().try_for_each(|feature| same(&quiet, feature, now, before))
}

/// Compares the ids that are gone with those that came. Cost O(n log n).
///
/// # Errors
/// [`LossError::Respelled`] where five pairs or more, and a hundredth of the customers or more, are like (see
/// [`likeness`]): customers would lose their history and forgotten ones their protection.
pub fn not_respelled(now: &Snapshot, before: &Snapshot) -> Result<(), LossError> {
    let gone: BTreeMap<String, &str> = only_in(before, now).map(|id| (likeness(id), id)).collect();
    let pairs: Vec<(&str, &str)> =
        only_in(now, before).filter_map(|id| Some((*gone.get(&likeness(id))?, id))).collect();
    let known = before.assignments.len();
    match pairs.first() {
        Some(&(gone, came))
            if pairs.len() >= FEWEST_PAIRS && pairs.len() as f64 >= RESPELLED * known as f64 =>
        {
            let (before, now) = (gone.to_owned(), came.to_owned());
            Err(LossError::Respelled { pairs: pairs.len() as u64, known: known as u64, before, now })
        }
        _ => Ok(()),
    }
}

/// The ids of one run that are not in the other.
fn only_in<'a>(one: &'a Snapshot, other: &'a Snapshot) -> impl Iterator<Item = &'a str> {
    one.assignments.iter().map(|row| row.customer_id.as_str()).filter(move |id| other.find(id).is_none())
}

/// A customer's rows in this run and in the one before.
pub(super) type Pair<'a> = (&'a Assignment, &'a Assignment);

fn same(quiet: &[&Pair<'_>], feature: &str, now: &Snapshot, before: &Snapshot) -> Result<(), LossError> {
    let Some((this, that)) = place(now, feature).zip(place(before, feature)) else { return Ok(()) };
    let compared = quiet.iter().map(|(now, before)| (now.features[this], before.features[that]));
    let other: Vec<(f64, f64)> = compared.filter(|(now, before)| differ(*now, *before)).collect();
    if quiet.len() < FEWEST || other.len() * 2 <= quiet.len() {
        return Ok(());
    }
    Err(LossError::Restated {
        feature: feature.to_owned(),
        other: other.len() as u64,
        compared: quiet.len() as u64,
        times: times(&other),
    })
}

/// By how many days a customer's last purchase lies later than in the run before; none where the runs do not hold it.
fn days_moved(now: &Snapshot, before: &Snapshot) -> impl Fn(&Pair<'_>) -> Option<f64> {
    let day = |snapshot: &Snapshot| snapshot.manifest.reference_date.parse::<NaiveDate>().ok();
    let later = day(now).zip(day(before)).map(|(now, before)| (now - before).num_days() as f64);
    let recency = place(now, "recency").zip(place(before, "recency")).zip(later);
    move |(now, before)| {
        recency.map(|((this, that), later)| later - (now.features[this] - before.features[that]))
    }
}

/// The customers of both runs, whose rows ascend by id.
pub(super) fn both<'a>(now: &'a Snapshot, before: &'a Snapshot) -> Vec<Pair<'a>> {
    let (mut rows, mut former) = (now.assignments.iter().peekable(), before.assignments.iter().peekable());
    let mut both = Vec::new();
    while let (Some(row), Some(then)) = (rows.peek(), former.peek()) {
        match row.customer_id.as_bytes().cmp(then.customer_id.as_bytes()) {
            Ordering::Less => drop(rows.next()),
            Ordering::Greater => drop(former.next()),
            Ordering::Equal => both.extend(rows.next().zip(former.next())),
        }
    }
    both
}

pub(super) fn place(snapshot: &Snapshot, feature: &str) -> Option<usize> {
    snapshot.manifest.features.iter().position(|f| f.name == feature)
}

fn differ(now: f64, before: f64) -> bool {
    (now - before).abs() > SAME * now.abs().max(before.abs())
}

/// How many times as large as before the values of one pair or more are now: the median.
fn times(pairs: &[(f64, f64)]) -> f64 {
    let mut times: Vec<f64> = pairs.iter().map(|(now, before)| now / before).collect();
    times.sort_unstable_by(f64::total_cmp);
    quantile(&times, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_middle_pairs_lies_the_median() {
        assert_eq!(times(&[(6.0, 2.0), (1.0, 1.0), (8.0, 1.0), (10.0, 2.0)]), 4.0);
        assert_eq!(times(&[(100.0, 1.0)]), 100.0);
    }
}
