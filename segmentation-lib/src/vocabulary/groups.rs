//! The RFM groups: one for each pair of a recency score and the mean of the other two.

use std::ops::Range;

use super::Wording;
use super::error::{Problem, VocabularyError};
use super::file;
use super::reader::Reader;
use super::segments::unknown;
use crate::record::{HIGHEST_SCORE, RfmScores};

const SIDE: usize = HIGHEST_SCORE as usize;

/// The groups, from the best to the worst, and the rule table that gives every customer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    groups: Vec<Wording>,
    /// Index of the group by recency score and by mean score, each less 1.
    grid: [[usize; SIDE]; SIDE],
}

impl Groups {
    /// Every group, best first.
    pub fn groups(&self) -> &[Wording] {
        &self.groups
    }

    /// The group of these scores: its index in [`Groups::groups`]. The column is the mean of the frequency and
    /// the monetary score, a half rounded up.
    pub fn group(&self, scores: RfmScores) -> usize {
        let column = usize::from(scores.frequency + scores.monetary).div_ceil(2);
        self.grid[usize::from(scores.recency) - 1][column - 1]
    }
}

pub(super) fn checked(rfm: file::Rfm, reader: &Reader<'_>) -> Result<Groups, VocabularyError> {
    let file::Rfm { grid, groups } = rfm;
    let mut entries: Vec<(Wording, Range<usize>)> = Vec::new();
    for file::Group { key, en, pt_br } in groups {
        entries.push((reader.wording(&key, en, pt_br, (&[], "no brackets"))?, key.span()));
    }
    reader.unique(&entries.iter().map(|(w, place)| (w, place.clone())).collect::<Vec<_>>())?;
    let rows = [("r1", grid.r1), ("r2", grid.r2), ("r3", grid.r3), ("r4", grid.r4), ("r5", grid.r5)];
    let mut filled = [[0; SIDE]; SIDE];
    for ((name, row), filled) in rows.iter().zip(&mut filled) {
        if row.get_ref().len() != SIDE {
            return Err(reader.error(&row.span(), name, Problem::Width(row.get_ref().len())));
        }
        for (group, filled) in row.get_ref().iter().zip(filled) {
            let found = entries.iter().position(|(w, _)| w.key == *group.get_ref());
            let keys = || entries.iter().map(|(w, _)| w.key.as_str()).collect();
            let no_group = || reader.error(&group.span(), name, unknown(group.get_ref(), "group", keys()));
            *filled = found.ok_or_else(no_group)?;
        }
    }
    used(&entries, &filled, reader)?;
    ordered(&entries, &filled, reader)?;
    Ok(Groups { groups: entries.into_iter().map(|(w, _)| w).collect(), grid: filled })
}

fn used(
    entries: &[(Wording, Range<usize>)],
    grid: &[[usize; SIDE]; SIDE],
    reader: &Reader<'_>,
) -> Result<(), VocabularyError> {
    let unused = entries.iter().enumerate().find(|(i, _)| !grid.iter().flatten().any(|g| g == i));
    match unused {
        Some((_, (group, place))) => {
            Err(reader.error(place, &group.key, Problem::Nowhere("a cell of the grid")))
        }
        None => Ok(()),
    }
}

/// One step up in either direction never leads to a worse group; longer ways are made of such steps.
fn ordered(
    entries: &[(Wording, Range<usize>)],
    grid: &[[usize; SIDE]; SIDE],
    reader: &Reader<'_>,
) -> Result<(), VocabularyError> {
    let cells = (0..SIDE).flat_map(|r| (0..SIDE).map(move |c| (r, c)));
    for (r, c) in cells {
        for (up, right) in [(r + 1, c), (r, c + 1)].into_iter().filter(|&(r, c)| r < SIDE && c < SIDE) {
            let (better, worse) = (grid[up][right], grid[r][c]);
            if better > worse {
                let place = |(r, c): (usize, usize)| format!("row r{}, column {}", r + 1, c + 1);
                let (group, at) = &entries[better];
                let (other, line) = (&entries[worse].0.key, reader.line(&entries[worse].1));
                let problem = Problem::Order {
                    better: place((up, right)),
                    worse: place((r, c)),
                    other: other.clone(),
                    line,
                };
                return Err(reader.error(at, &group.key, problem));
            }
        }
    }
    Ok(())
}
