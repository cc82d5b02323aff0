//! Whether what was bought since the run before is like what had been bought until then: from the same customers, in the
//! same unit.

use super::losses::LossError;
use super::restated::{both, place};
use crate::quantile::quantile;
use crate::record::Snapshot;

/// Fewest customers from whom a rule is drawn.
const FEWEST: usize = 20;

/// How many times as much, or as little, no shop's usual customer spends from one night to the next: a unit is another.
const OTHER_UNIT: f64 = 10.0;

/// Share of all money known before from which on the new money alone makes a night doubtful.
const MOST: f64 = 0.5;

/// How unlikely it must be that chance leaves those known out of the buyers.
const CHANCE: f64 = 1e-4;

/// Compares what was bought since the run before with what it knew. Cost O(n log n).
///
/// # Errors
/// [`LossError::OtherMoney`] where the usual new purchase of twenty customers or more brings ten times as much as a known
/// one or a tenth of it, or where the new money is more than half of all that was known and its purchases bring ten times
/// as much as before; [`LossError::Strangers`] where hardly any of those known bought among the customers who came, which by the share
/// of repeat purchases until then happens in one of 10,000 nights.
pub fn alike_since(now: &Snapshot, before: &Snapshot) -> Result<(), LossError> {
    let Some((mine, theirs)) = place(now, "frequency").zip(place(before, "frequency")) else { return Ok(()) };
    same_customers(now, before, mine, theirs)?;
    let Some(money) = place(now, "monetary").zip(place(before, "monetary")) else { return Ok(()) };
    same_unit(now, before, (mine, theirs), money)
}

fn same_customers(now: &Snapshot, before: &Snapshot, mine: usize, theirs: usize) -> Result<(), LossError> {
    let known = before.assignments.len();
    let purchases: f64 = before.assignments.iter().map(|row| row.features[theirs]).sum();
    let came = now.assignments.iter().filter(|row| before.find(&row.customer_id).is_none()).count();
    let bought_again =
        both(now, before).iter().filter(|(row, then)| row.features[mine] > then.features[theirs]).count();
    let first = known as f64 / purchases;
    match bought_again * FEWEST < came && first.powi(came.min(10_000) as i32) < CHANCE {
        true => {
            Err(LossError::Strangers { came: came as u64, again: bought_again as u64, known: known as u64 })
        }
        false => Ok(()),
    }
}

/// Purchases and money.
type Spent = (f64, f64);

fn same_unit(
    now: &Snapshot,
    before: &Snapshot,
    (mine, theirs): (usize, usize),
    money: (usize, usize),
) -> Result<(), LossError> {
    let known: Vec<Spent> =
        before.assignments.iter().map(|row| (row.features[theirs], row.features[money.1])).collect();
    let came = now.assignments.iter().filter(|row| before.find(&row.customer_id).is_none());
    let came = came.map(|row| (row.features[mine], row.features[money.0]));
    let again = both(now, before).into_iter().map(|(row, then)| {
        (row.features[mine] - then.features[theirs], row.features[money.0] - then.features[money.1])
    });
    let new: Vec<Spent> = came.chain(again).filter(|(purchases, _)| *purchases > 0.0).collect();
    let is_other = |now: f64, before: f64| {
        before > 0.0 && (now >= OTHER_UNIT * before || now > 0.0 && now * OTHER_UNIT <= before)
    };
    let (usual, was) = (each(&new), each(&known));
    let told =
        |now: f64, before: f64| Err(LossError::OtherMoney { now, before, purchases: total(&new).0 as u64 });
    if new.len() >= FEWEST && is_other(usual, was) {
        return told(usual, was);
    }
    let ((purchases, pennies), (known_purchases, known_pennies)) = (total(&new), total(&known));
    let (mean, mean_before) = (pennies / purchases, known_pennies / known_purchases);
    match pennies > MOST * known_pennies && mean >= OTHER_UNIT * mean_before && mean_before > 0.0 {
        true => told(mean, mean_before),
        false => Ok(()),
    }
}

/// What a purchase brings the usual customer: the median over customers, 0 of nobody.
fn each(spent: &[Spent]) -> f64 {
    let bought = spent.iter().filter(|(purchases, _)| *purchases > 0.0);
    let mut each: Vec<f64> = bought.map(|(purchases, pennies)| pennies / purchases).collect();
    each.sort_unstable_by(f64::total_cmp);
    if each.is_empty() { 0.0 } else { quantile(&each, 0.5) }
}

fn total(spent: &[Spent]) -> Spent {
    spent.iter().fold((0.0, 0.0), |sum, each| (sum.0 + each.0, sum.1 + each.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_purchase_is_that_of_the_middle_customer() {
        assert_eq!(each(&[(1.0, 10.0), (2.0, 60.0), (1.0, 9_000.0), (0.0, 5.0)]), 30.0);
        assert_eq!((each(&[]), total(&[(1.0, 10.0), (2.0, 60.0)])), (0.0, (3.0, 70.0)));
    }
}
