//! The names of segments that are made of forecast features: by what is expected of their customers.
//!
//! Every bound is a lower one and the first name whose bounds are reached holds, so that a segment of better
//! outlook never has the worse name; the last name has no bound, so that every segment has one.

use std::ops::Range;

use super::Wording;
use super::error::{Problem, VocabularyError};
use super::file;
use super::reader::Reader;

const NUMBERS: (&[&str], &str) =
    (&["{alive}", "{expected}"], "{alive} and {expected}, where it has these bounds");

/// What is expected of a segment's customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Median probability that a customer is still one, in [0, 1]; 1 under a model in which nobody leaves.
    pub alive: f64,
    /// What a customer is expected to bring, over what the average customer is: by value, or by purchases where the
    /// data hold no money.
    pub expected: f64,
}

/// A name by the outlook.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlookName {
    /// Its texts, with places for its bounds.
    pub wording: Wording,
    /// It holds from this median probability on.
    pub alive_from: Option<f64>,
    /// It holds from so many times the average on.
    pub expected_from: Option<f64>,
}

impl OutlookName {
    /// Whether it holds for that outlook; what is no number reaches no bound.
    pub fn holds(&self, outlook: &Outlook) -> bool {
        let reached = |from: Option<f64>, value: f64| from.is_none_or(|from| value >= from);
        reached(self.alive_from, outlook.alive) && reached(self.expected_from, outlook.expected)
    }
}

/// The names by the outlook, from the best to the worst; at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlookNames {
    names: Vec<OutlookName>,
}

impl OutlookNames {
    /// Every name, best first.
    pub fn names(&self) -> &[OutlookName] {
        &self.names
    }

    /// The first name that holds.
    pub fn name(&self, outlook: &Outlook) -> &OutlookName {
        let found = self.names.iter().find(|name| name.holds(outlook));
        // The last one has no bound: it was checked.
        found.unwrap_or(&self.names[self.names.len() - 1])
    }
}

/// None where the file has no such names. `entries` come back with their places, to be held against the others.
pub(super) fn checked(
    entries: Vec<file::Outlook>,
    reader: &Reader<'_>,
) -> Result<(Option<OutlookNames>, Vec<Range<usize>>), VocabularyError> {
    let places: Vec<Range<usize>> = entries.iter().map(|e| e.key.span()).collect();
    let names = entries.into_iter().map(|e| entry(e, reader)).collect::<Result<Vec<_>, _>>()?;
    let Some(last) = names.last() else { return Ok((None, places)) };
    let error = |at: usize, problem| reader.error(&places[at], &names[at].wording.key, problem);
    if last.alive_from.is_some() || last.expected_from.is_some() {
        return Err(error(names.len() - 1, Problem::BoundedLast));
    }
    for (at, name) in names.iter().enumerate() {
        if let Some(before) = names[..at].iter().position(|before| takes_all_of(before, name)) {
            let other = names[before].wording.key.clone();
            return Err(error(at, Problem::Unreachable { other, line: reader.line(&places[before]) }));
        }
    }
    Ok((Some(OutlookNames { names }), places))
}

/// Whether what reaches `later` reaches `before`.
fn takes_all_of(before: &OutlookName, later: &OutlookName) -> bool {
    let no_higher = |before: Option<f64>, later: Option<f64>| {
        before.is_none_or(|before| later.is_some_and(|later| before <= later))
    };
    no_higher(before.alive_from, later.alive_from) && no_higher(before.expected_from, later.expected_from)
}

fn entry(entry: file::Outlook, reader: &Reader<'_>) -> Result<OutlookName, VocabularyError> {
    let file::Outlook { key, alive_from, expected_from, en, pt_br } = entry;
    let (all, allowed) = NUMBERS;
    let given = [alive_from.is_some(), expected_from.is_some()];
    let numbers: Vec<&str> = all.iter().zip(given).filter(|(_, given)| *given).map(|(n, _)| *n).collect();
    let wording = reader.wording(&key, en, pt_br, (&numbers, allowed))?;
    reader.without_comma(&wording, &key)?;
    let alive = alive_from.is_none_or(|from| from > 0.0 && from <= 1.0);
    let expected = expected_from.is_none_or(|from| from > 0.0 && from.is_finite());
    if !(alive && expected) {
        return Err(reader.error(&key.span(), key.get_ref(), Problem::OutlookBound));
    }
    Ok(OutlookName { wording, alive_from, expected_from })
}
