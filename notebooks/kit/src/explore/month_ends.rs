//! Two ends of a month, published one after the other: who changed segment in between, and why.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};
use polars::prelude::*;
use segmentation_lib::features::{FeaturesError, feature};
use segmentation_lib::movement::{Matrix, Movement, Movements, Way};
use segmentation_lib::pipeline::Pipeline;
use segmentation_lib::progress::Progress;
use segmentation_lib::record::{Localized, NamedSegment, Snapshot};
use segmentation_lib::store::{PublishOptions, Store};
use segmentation_lib::transactions::{ReadOptions, ReferenceDate};
use segmentation_lib::{Error, record::RunId};

use super::Section;
use crate::language::{localized, pick};

/// The movement between the ends of the last two whole months.
#[derive(Debug, Clone)]
pub struct MonthEnds {
    /// The two days.
    pub days: [NaiveDate; 2],
    /// How many went from where to where.
    pub movement: Matrix,
    /// Who moved: `from`, `to`, `why`, `feature`, `customers`, `first_example`; the most customers first.
    pub reasons: DataFrame,
}

/// The two runs could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MonthEndsError {
    /// A run, or its publication, failed.
    #[error(transparent)]
    Run(#[from] Error),
    /// There is no place for the temporary store.
    #[error("the temporary store cannot be made: {0}")]
    Folder(#[from] io::Error),
}

/// Publishes the customers as they were known at the end of each of the last two whole months of `run`, the second by
/// the model of the first, in a store that is gone afterwards, and puts together who moved. Skipped where the first
/// month is not ended, or where nobody had purchased by then. Cost: two runs.
pub fn month_ends(
    pipeline: &Pipeline,
    run: &Snapshot,
    files: &[PathBuf],
    progress: &Progress,
) -> Result<Section<MonthEnds>, MonthEndsError> {
    let Some(days) = last_two(run) else {
        return Ok(Section::Skipped(pick(
            "estes dados não têm dois meses inteiros",
            "these data hold no two whole months",
        )));
    };
    let folder = tempfile::tempdir()?;
    let store = Store::at(folder.path());
    let first = published(pipeline, None, days[0], files, &store, progress)?;
    let second = published(pipeline, Some(first.1), days[1], files, &store, progress)?;
    let log = store.log().map_err(Error::from)?;
    let way = Way::between(&log, &first.0, &second.0).map_err(Error::from)?;
    let movement = Matrix::of(&store, &way).map_err(Error::from)?;
    Ok(Section::Present(MonthEnds { days, movement, reasons: reasons(&store, &way)? }))
}

/// The last days of the last two months that the purchases fill, the earlier one first; none where they begin later.
fn last_two(run: &Snapshot) -> Option<[NaiveDate; 2]> {
    let day = |moment: &str| moment.parse::<NaiveDateTime>().ok().map(|moment| moment.date());
    let source = &run.manifest.source;
    let (first, after) = (day(&source.first_transaction)?, day(&source.last_transaction)?.succ_opt()?);
    let second = after.with_day(1)? - Days::new(1);
    let one_before = second.with_day(1)? - Days::new(1);
    (one_before.with_day(1)? > first).then_some([one_before, second])
}

/// A run of what was known on a day.
fn published(
    pipeline: &Pipeline,
    previous: Option<Snapshot>,
    day: NaiveDate,
    files: &[PathBuf],
    store: &Store,
    progress: &Progress,
) -> Result<(RunId, Snapshot), Error> {
    let read = ReadOptions { reference: Some(ReferenceDate::Day(day)), ..pipeline.read.clone() };
    let then = Pipeline { read, previous, created_at: None, forecast: None, ..pipeline.clone() };
    let snapshot = then.run(files, progress)?.snapshot;
    Ok((store.publish(&snapshot, &PublishOptions::default(), progress)?, snapshot))
}

/// A way between two segments and what led there.
type Reason = (String, String, String, String);

fn reasons(store: &Store, way: &Way) -> Result<DataFrame, Error> {
    let mut movements = Movements::open(store, way)?;
    let mut counts: BTreeMap<Reason, (u64, String)> = BTreeMap::new();
    while let Some(movement) = movements.next()? {
        if let Some((reason, sentence)) = reason(&movement) {
            let example = || (0, format!("{}: {}", movement.customer_id, localized(&sentence)));
            counts.entry(reason).or_insert_with(example).0 += 1;
        }
    }
    Ok(frame(counts).map_err(FeaturesError::from)?)
}

/// None for a customer who came or left.
fn reason(movement: &Movement) -> Option<(Reason, Localized)> {
    let why = movement.why.as_ref()?;
    let name = |segment: &NamedSegment| localized(&segment.name).to_owned();
    let label = why.crossing.as_ref().and_then(|(named, ..)| feature(&named.name));
    let label = label.map_or("", |feature| pick(feature.label_pt_br, feature.label)).to_lowercase();
    let what = localized(&why.cause.in_words()).to_owned();
    let ends = (name(movement.from.as_deref()?), name(movement.to.as_deref()?));
    Some(((ends.0, ends.1, what, label), movement.sentence()?))
}

fn frame(counts: BTreeMap<Reason, (u64, String)>) -> PolarsResult<DataFrame> {
    let mut rows: Vec<(Reason, (u64, String))> = counts.into_iter().collect();
    // Stable: of as many customers the order of names stays.
    rows.sort_by_key(|(_, (customers, _))| std::cmp::Reverse(*customers));
    let texts =
        |of: fn(&Reason) -> &String| rows.iter().map(|(reason, _)| of(reason).as_str()).collect::<Vec<_>>();
    df!(
        "from" => texts(|reason| &reason.0),
        "to" => texts(|reason| &reason.1),
        "why" => texts(|reason| &reason.2),
        "feature" => texts(|reason| &reason.3),
        "customers" => rows.iter().map(|(_, (customers, _))| *customers).collect::<Vec<_>>(),
        "first_example" => rows.iter().map(|(_, (_, example))| example.as_str()).collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample::{file, integers};
    use super::*;

    /// The shop, and six of those who had purchased once purchase again in the last whole month.
    fn with_a_busy_november(folder: &std::path::Path) -> PathBuf {
        let mut text = std::fs::read_to_string(file()).expect("the shop");
        for (customer, day) in
            ["c02", "c05", "c08", "c11", "c14", "c17"].iter().flat_map(|c| (5..11).map(move |day| (c, day)))
        {
            text += &format!("{customer},2013-11-{day:02},90\n");
        }
        let path = folder.join("shop.csv");
        std::fs::write(&path, text).expect("written");
        path
    }

    #[test]
    fn whoever_moved_has_a_reason_and_everybody_is_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = [with_a_busy_november(folder.path())];
        let pipeline = Pipeline::default();
        let run = pipeline.run(&files, &Progress::silent()).expect("segments").snapshot;
        let ends = month_ends(&pipeline, &run, &files, &Progress::silent()).expect("two runs");
        let ends = ends.present().expect("whole months");
        let moved: i64 = integers(&ends.reasons, "customers").iter().sum();
        assert!(moved > 0 && moved as u64 == ends.movement.moved, "{:?}", ends.movement);
        let placed: u64 =
            ends.movement.cells.iter().filter(|cell| cell.to.is_some()).map(|cell| cell.customers).sum();
        assert_eq!(placed, ends.movement.customers);
        assert_eq!(ends.days.map(|day| day.to_string()), ["2013-10-31", "2013-11-30"]);
    }

    #[test]
    fn a_month_that_is_not_over_is_no_month_end() {
        let mut run = Pipeline::default().run(&[file()], &Progress::silent()).expect("segments").snapshot;
        let mut between = |first: &str, last: &str| {
            run.manifest.source.first_transaction = format!("{first}T00:00:00");
            run.manifest.source.last_transaction = format!("{last}T12:00:00");
            last_two(&run).map(|days| days.map(|day| day.to_string()))
        };
        let whole = Some(["2011-10-31", "2011-11-30"].map(str::to_owned));
        assert_eq!(between("2010-12-01", "2011-12-09"), whole);
        assert_eq!(between("2010-12-01", "2011-11-30"), whole);
        assert_eq!(between("2011-10-02", "2011-12-09"), None);
    }
}
