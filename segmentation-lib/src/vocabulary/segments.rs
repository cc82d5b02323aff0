//! The names of segments: one for each cell of the cube.

use std::ops::Range;

use super::Wording;
use super::cube::{Cell, Habit, HabitBounds, State};
use super::error::{Problem, VocabularyError};
use super::file;
use super::outlook::{self, OutlookNames};
use super::reader::Reader;

const NUMBERS: (&[&str], &str) = (
    &["{active}", "{away}", "{rhythm}", "{delay}", "{silence}"],
    "{active}, {away}, {rhythm}, {delay} and {silence}",
);
const NUMBERS_OF_NEW: (&[&str], &str) = (
    &["{active}", "{away}", "{rhythm}", "{delay}", "{silence}", "{first}"],
    "{active}, {away}, {rhythm}, {delay}, {silence} and {first}",
);

/// A name that a segment can have.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentName {
    /// Its texts, with places for the days of the clock.
    pub wording: Wording,
    /// It holds only where the first purchase was within so many days (median).
    pub first_purchase_within_days: Option<u32>,
}

/// The names of segments, from the best to the worst, and where each holds.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentNames {
    names: Vec<SegmentName>,
    /// Index of the name of each cell, and of the name that goes before it where the first purchase is recent.
    of_cell: Vec<(usize, Option<usize>)>,
}

impl SegmentNames {
    /// Every name, best first.
    pub fn names(&self) -> &[SegmentName] {
        &self.names
    }

    /// The name of a cell, where the median first purchase was so many days ago.
    pub fn name(&self, cell: Cell, tenure: f64) -> &SegmentName {
        let (plain, recent) = self.of_cell[cell.index()];
        let recent = recent.map(|name| &self.names[name]);
        let holds =
            |name: &&SegmentName| name.first_purchase_within_days.is_some_and(|d| tenure <= f64::from(d));
        recent.filter(holds).unwrap_or(&self.names[plain])
    }

    /// The cells in which a name of that key can hold.
    pub fn cells(&self, key: &str) -> Vec<Cell> {
        let is = |name: usize| self.names[name].wording.key == key;
        let holds = |cell: &Cell| {
            let (plain, recent) = self.of_cell[cell.index()];
            is(plain) || recent.is_some_and(is)
        };
        Cell::all().filter(holds).collect()
    }
}

impl file::Habits {
    pub(super) fn checked(self, reader: &Reader<'_>) -> Result<HabitBounds, VocabularyError> {
        let bounds = [&self.returning, &self.regular, &self.core, &self.devoted];
        let [returning, regular, core, devoted] = bounds.map(|b| *b.get_ref());
        if returning > 1 && returning < regular && regular < core && core < devoted {
            let [returning, regular, core, devoted] = [returning, regular, core, devoted].map(f64::from);
            return Ok(HabitBounds { returning, regular, core, devoted });
        }
        let seen = Problem::Bounds(format!("{returning}, {regular}, {core}, {devoted}"));
        Err(reader.error(&self.returning.span(), "habits", seen))
    }
}

/// Where a name of the file stands and where it holds.
struct Entry {
    name: SegmentName,
    cells: Vec<Cell>,
    place: Range<usize>,
}

/// Both kinds of names, whose keys and names are different.
pub(super) fn checked(
    segments: Vec<file::Segment>,
    outlook: Vec<file::Outlook>,
    reader: &Reader<'_>,
) -> Result<(SegmentNames, Option<OutlookNames>), VocabularyError> {
    let entries = segments.into_iter().map(|s| entry(s, reader)).collect::<Result<Vec<_>, _>>()?;
    let (outlook, places) = outlook::checked(outlook, reader)?;
    let mut wordings: Vec<_> = entries.iter().map(|e| (&e.name.wording, e.place.clone())).collect();
    let of_outlook = outlook.iter().flat_map(|names| names.names()).map(|name| &name.wording);
    wordings.extend(of_outlook.zip(places));
    reader.unique(&wordings)?;
    Ok((by_cell(entries, reader)?, outlook))
}

fn by_cell(entries: Vec<Entry>, reader: &Reader<'_>) -> Result<SegmentNames, VocabularyError> {
    let recent = filled(&entries, true, reader)?;
    let plain = filled(&entries, false, reader)?;
    let mut of_cell = Vec::with_capacity(plain.len());
    for (cell, (plain, recent)) in Cell::all().zip(plain.into_iter().zip(recent)) {
        let gap = || reader.error(&first_place(&entries), "segments", Problem::Gap(cell));
        of_cell.push((plain.ok_or_else(gap)?, recent));
    }
    ordered(&entries, &of_cell, reader)?;
    Ok(SegmentNames { names: entries.into_iter().map(|e| e.name).collect(), of_cell })
}

fn first_place(entries: &[Entry]) -> Range<usize> {
    entries.first().map_or(0..0, |e| e.place.clone())
}

fn entry(segment: file::Segment, reader: &Reader<'_>) -> Result<Entry, VocabularyError> {
    let file::Segment { key, states, habits, first_purchase_within_days, en, pt_br } = segment;
    let numbers = if first_purchase_within_days.is_some() { NUMBERS_OF_NEW } else { NUMBERS };
    let wording = reader.wording(&key, en, pt_br, numbers)?;
    reader.without_comma(&wording, &key)?;
    let states = known(&states, "state", &State::ALL.map(|s| (s.name(), s)), &key, reader)?;
    let habits = known(&habits, "habit", &Habit::ALL.map(|h| (h.name(), h)), &key, reader)?;
    let holds = |cell: &Cell| states.contains(&cell.state) && habits.contains(&cell.habit);
    let cells: Vec<Cell> = Cell::all().filter(holds).collect();
    if cells.is_empty() {
        let nowhere = Problem::Nowhere("at least one state and one habit");
        return Err(reader.error(&key.span(), key.get_ref(), nowhere));
    }
    let name = SegmentName { wording, first_purchase_within_days };
    Ok(Entry { name, cells, place: key.span() })
}

/// The values that these texts name.
fn known<T: Copy>(
    texts: &[file::Text],
    kind: &'static str,
    all: &[(&str, T)],
    key: &file::Text,
    reader: &Reader<'_>,
) -> Result<Vec<T>, VocabularyError> {
    let value = |text: &file::Text| {
        let found = all.iter().find(|(name, _)| name == text.get_ref()).map(|&(_, value)| value);
        let names = || all.iter().map(|&(name, _)| name).collect();
        found.ok_or_else(|| reader.error(&text.span(), key.get_ref(), unknown(text.get_ref(), kind, names())))
    };
    texts.iter().map(value).collect()
}

pub(super) fn unknown(seen: &str, kind: &'static str, allowed: Vec<&str>) -> Problem {
    Problem::Unknown { seen: seen.to_owned(), kind, allowed: allowed.join(", ") }
}

/// The entry of each cell, among those that ask for a recent first purchase or among the others.
fn filled(
    entries: &[Entry],
    recent: bool,
    reader: &Reader<'_>,
) -> Result<Vec<Option<usize>>, VocabularyError> {
    let mut of_cell = vec![None; Cell::all().count()];
    for (index, entry) in entries.iter().enumerate() {
        if entry.name.first_purchase_within_days.is_some() != recent {
            continue;
        }
        for cell in &entry.cells {
            if let Some(other) = of_cell[cell.index()].replace(index).map(|other: usize| &entries[other]) {
                let (line, other) = (reader.line(&other.place), other.name.wording.key.clone());
                let problem = Problem::Overlap { cell: *cell, other, line };
                return Err(reader.error(&entry.place, &entry.name.wording.key, problem));
            }
        }
    }
    Ok(of_cell)
}

/// No name of a cell may stand below one of a cell that is worse. Cost: quadratic in the 24 cells.
fn ordered(
    entries: &[Entry],
    of_cell: &[(usize, Option<usize>)],
    reader: &Reader<'_>,
) -> Result<(), VocabularyError> {
    let names = |cell: Cell| {
        let (plain, recent) = of_cell[cell.index()];
        [Some(plain), recent].into_iter().flatten()
    };
    for better in Cell::all() {
        for worse in Cell::all().filter(|&worse| better.dominates(worse)) {
            for (upper, lower) in names(better).flat_map(|a| names(worse).map(move |b| (a, b))) {
                if upper > lower {
                    let (entry, other) = (&entries[upper], &entries[lower]);
                    let problem = Problem::Order {
                        better: better.to_string(),
                        worse: worse.to_string(),
                        other: other.name.wording.key.clone(),
                        line: reader.line(&other.place),
                    };
                    return Err(reader.error(&entry.place, &entry.name.wording.key, problem));
                }
            }
        }
    }
    Ok(())
}
