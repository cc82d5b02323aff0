//! Who changed segment between two publications, read from the movement log.

use std::collections::BTreeMap;

use proptest::prelude::*;
use segmentation_lib::export::{self, ExportParams};
use segmentation_lib::movement::{
    COLUMNS, Encoder, Kind, Matrix, Movement, MovementError, Movements, Way, history,
};
use segmentation_lib::progress::Progress;
use segmentation_lib::record::Snapshot;
use segmentation_lib::store::{PublishOptions, RunId, Store, StoreError};

use crate::{empty, holds, publish, sample};

/// Runs published one after the other, each with another number of customers.
fn published(store: &Store, sizes: &[usize]) -> Vec<Snapshot> {
    let mut runs: Vec<Snapshot> = Vec::new();
    for (at, size) in sizes.iter().enumerate() {
        let seed = at as u64 + 1;
        let next = match runs.last() {
            Some(before) => sample::following(before, *size, seed),
            None => sample::snapshot(*size, seed),
        };
        publish(store, &next);
        runs.push(next);
    }
    runs
}

fn id(snapshot: &Snapshot) -> RunId {
    snapshot.manifest.run_id.parse().expect("a run id")
}

fn way(store: &Store, from: &Snapshot, to: &Snapshot) -> Result<Way, MovementError> {
    Way::between(&store.log().expect("listed"), &id(from), &id(to))
}

fn movements(store: &Store, way: &Way) -> Vec<Movement> {
    let mut rows = Movements::open(store, way).expect("readable");
    std::iter::from_fn(|| rows.next().expect("readable")).collect()
}

/// The same by comparing the two runs customer by customer.
fn compared(from: &Snapshot, to: &Snapshot) -> BTreeMap<String, (Option<String>, Option<String>)> {
    let key = |run: &Snapshot, id: &str| run.segment_of(id).map(|segment| segment.key.clone());
    let ids = from.assignments.iter().chain(&to.assignments).map(|a| a.customer_id.clone());
    let ends = |id: String| (id.clone(), (key(from, &id), key(to, &id)));
    ids.map(ends).filter(|(_, (from, to))| from != to).collect()
}

fn keys(rows: &[Movement]) -> BTreeMap<String, (Option<String>, Option<String>)> {
    let key = |segment: &Option<std::sync::Arc<segmentation_lib::record::NamedSegment>>| {
        segment.as_ref().map(|segment| segment.key.clone())
    };
    rows.iter().map(|row| (row.customer_id.clone(), (key(&row.from), key(&row.to)))).collect()
}

fn segments_csv(snapshot: &Snapshot) -> String {
    let params = ExportParams { segment_only: true, ..ExportParams::default() };
    let mut bytes = Vec::new();
    export::write(snapshot, &params, &mut bytes).expect("written");
    String::from_utf8(bytes).expect("text")
}

/// What somebody does who keeps a copy of the export up to date by the changes alone.
fn applied(export: &str, changes: &[u8]) -> String {
    let mut reader = csv::Reader::from_reader(export.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let rows = reader.records().map(|row| row.expect("a row"));
    let mut copy: BTreeMap<String, Vec<String>> =
        rows.map(|row| (row[0].to_owned(), row.iter().map(str::to_owned).collect())).collect();
    let mut changes = csv::Reader::from_reader(changes);
    let names = changes.headers().expect("a header").clone();
    let at = |name: &str| names.iter().position(|column| column == name).expect("a column");
    for row in changes.records().map(|row| row.expect("a row")) {
        match &row[at("change")] {
            "left" => drop(copy.remove(&row[0])),
            _ => drop(
                copy.insert(row[0].to_owned(), header.iter().map(|name| row[at(name)].to_owned()).collect()),
            ),
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("written");
    copy.values().for_each(|row| writer.write_record(row).expect("written"));
    String::from_utf8(writer.into_inner().expect("written")).expect("text")
}

fn changes_csv(store: &Store, way: &Way) -> Vec<u8> {
    let mut encoder = Encoder::new(&ExportParams::default(), None).expect("allowed");
    let mut bytes = encoder.rows(&movements(store, way));
    bytes.extend(encoder.finish());
    bytes
}

#[test]
fn the_changes_applied_to_the_first_export_give_the_last_byte_for_byte() {
    let (_dir, store) = empty();
    let runs = published(&store, &[300, 320, 310, 40]);
    for (from, to) in [(0, 1), (0, 3), (1, 2), (3, 0), (2, 2)] {
        let way = way(&store, &runs[from], &runs[to]).expect("a way");
        let changes = changes_csv(&store, &way);
        assert!(changes.starts_with(COLUMNS.join(",").as_bytes()));
        assert_eq!(applied(&segments_csv(&runs[from]), &changes), segments_csv(&runs[to]), "{from} to {to}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn any_two_runs_differ_as_the_log_says(sizes in proptest::collection::vec(0..60_usize, 2..6), back in 0..5_usize) {
        let (_dir, store) = empty();
        let mut runs = published(&store, &sizes);
        // One more that continues an earlier run, as after a rollback.
        let earlier = &runs[back % runs.len()];
        let branch = sample::following(earlier, 30, 40);
        publish(&store, &branch);
        runs.push(branch);
        for from in &runs {
            for to in &runs {
                let way = way(&store, from, to).expect("a way");
                let rows = movements(&store, &way);
                prop_assert!(rows.is_sorted_by(|a, b| a.customer_id < b.customer_id));
                prop_assert_eq!(keys(&rows), compared(from, to));
                let matrix = Matrix::of(&store, &way).expect("readable");
                let sum: u64 = matrix.cells.iter().filter(|cell| cell.to.is_some()).map(|cell| cell.customers).sum();
                prop_assert_eq!(sum, to.manifest.customers);
            }
        }
    }
}

#[test]
fn the_log_outlives_the_runs_as_long_as_it_is_asked_to() {
    let (_dir, store) = empty();
    let runs = published(&store, &[50, 60, 70, 80]);
    let last = sample::following(&runs[3], 90, 5);
    let options = PublishOptions { keep: 1, ..PublishOptions::default() };
    store.publish(&last, &options, &Progress::silent()).expect("published");
    assert_eq!(store.runs().expect("listed").len(), 1);
    let rows = movements(&store, &way(&store, &runs[0], &last).expect("a way"));
    assert_eq!(keys(&rows), compared(&runs[0], &last));
    let mut later = sample::following(&last, 90, 6);
    later.manifest.created_at = "2012-02-01T08:00:00Z".to_owned();
    later.seal().expect("a valid time");
    let options = PublishOptions { log_days: 30, ..options };
    store.publish(&later, &options, &Progress::silent()).expect("published");
    let left: Vec<RunId> = store.log().expect("listed").into_iter().map(|(run_id, _)| run_id).collect();
    assert!(!left.contains(&id(&runs[0])) && left.contains(&id(&later)), "{left:?}");
    assert!(matches!(way(&store, &runs[0], &later), Err(MovementError::Gone { .. })));
}

#[test]
fn a_forgotten_customer_is_in_no_change_whether_he_moved_came_or_left() {
    let (_dir, store) = empty();
    let runs = published(&store, &[100, 120, 60]);
    let moved =
        compared(&runs[0], &runs[1]).into_iter().find(|(_, ends)| ends.0.is_some()).expect("one moved").0;
    // C0000110 came with the second run and left with the third.
    let gone = vec![moved, "C0000110".to_owned(), "C0000090".to_owned()];
    for name in &gone {
        assert!(holds(store.root(), name.as_bytes()), "{name}");
    }
    let erasure = store.forget(&gone, &Progress::silent()).expect("erased");
    for name in &gone {
        assert!(!holds(store.root(), name.as_bytes()), "{name}");
    }
    // The old names lead to the runs that replaced them; what is left is what the runs as they are now say.
    let renamed: Vec<Snapshot> =
        erasure.runs.iter().rev().map(|run| store.load(&run.after).expect("whole")).collect();
    renamed.iter().for_each(|run| run.validate().expect("valid"));
    let way = way(&store, &runs[0], &runs[2]).expect("a way");
    assert_eq!(keys(&movements(&store, &way)), compared(&renamed[0], &renamed[2]));
    assert_eq!(store.log().expect("listed").len(), 3);
    let now = id(&renamed[2]);
    for name in &gone {
        let runs = history(&store, &now, name, None).expect("readable");
        assert!(runs.iter().all(|run| run.segment.is_none() && !run.changed));
    }
}

#[test]
fn a_history_names_every_run_with_the_segment_then() {
    let (_dir, store) = empty();
    let runs = published(&store, &[40, 50, 60]);
    let current = id(&runs[2]);
    for customer in ["C0000007", "C0000045", "C0000055", "a/b"] {
        let key = |run: &Snapshot| run.segment_of(customer).map(|segment| segment.key.clone());
        let seen = history(&store, &current, customer, key(&runs[2]).as_deref()).expect("readable");
        let keys: Vec<_> = seen.iter().rev().map(|at| at.segment.as_ref().map(|s| s.key.clone())).collect();
        assert_eq!(keys, runs.iter().map(key).collect::<Vec<_>>(), "{customer}");
        assert!(seen.iter().all(|at| at.why.is_none() || at.changed));
    }
}

#[test]
fn a_damaged_entry_is_named_and_nothing_is_made_of_it() {
    let (_dir, store) = empty();
    let runs = published(&store, &[100, 200]);
    let path = store.root().join("changes").join(runs[1].manifest.run_id.as_str());
    let whole = std::fs::read(&path).expect("there");
    let tell = |bytes: &[u8]| -> Result<usize, MovementError> {
        std::fs::write(&path, bytes).expect("written");
        let mut rows = Movements::open(&store, &way(&store, &runs[0], &runs[1])?)?;
        let mut count = 0;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    };
    let expected = tell(&whole).expect("whole");
    assert!(expected > 100);
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        let error = tell(&bytes).expect_err("seen");
        assert!(matches!(error, MovementError::Store(StoreError::Damaged { .. })), "{at}: {error}");
        assert!(tell(&whole[..at]).is_err());
    }
}

#[test]
fn an_entry_that_cannot_be_read_goes_with_an_erasure_and_is_named() {
    let (_dir, store) = empty();
    let runs = published(&store, &[100, 120, 90]);
    let path = |run: &Snapshot| store.root().join("changes").join(run.manifest.run_id.as_str());
    let whole = std::fs::read(path(&runs[2])).expect("there");
    let last = sample::following(&runs[2], 80, 4);
    let options = PublishOptions { keep: 2, ..PublishOptions::default() };
    store.publish(&last, &options, &Progress::silent()).expect("published");
    for run in [&runs[1], &runs[2]] {
        std::fs::write(path(run), "damaged").expect("written");
    }
    let erasure = store.forget(&["nobody".to_owned()], &Progress::silent()).expect("erased");
    assert_eq!(erasure.entries_discarded, [id(&runs[1])]);
    // That of a run which is kept is made again from the run.
    assert!(!path(&runs[1]).exists() && std::fs::read(path(&runs[2])).expect("there") == whole);
}

#[test]
fn reading_goes_on_after_any_customer() {
    let (_dir, store) = empty();
    let runs = published(&store, &[3000, 2900, 2950]);
    let way = way(&store, &runs[0], &runs[2]).expect("a way");
    let all = movements(&store, &way);
    for at in [0, 1, 500, all.len() - 1] {
        let mut rows = Movements::open(&store, &way).expect("readable");
        rows.seek(&all[at].customer_id).expect("readable");
        let rest: Vec<Movement> = std::iter::from_fn(|| rows.next().expect("readable")).collect();
        assert!(rest == all[at..], "{at}");
    }
    assert_eq!(all.iter().filter(|row| row.kind() == Kind::Left).count(), 50);
}

#[test]
fn changes_lead_from_a_run_that_was_published_before_there_was_a_log() {
    let (_dir, store) = empty();
    let first = sample::snapshot(50, 1);
    publish(&store, &first);
    std::fs::remove_dir_all(store.root().join("changes")).expect("there");
    let next = sample::following(&first, 60, 2);
    publish(&store, &next);
    let way = way(&store, &first, &next).expect("a way");
    assert_eq!(keys(&movements(&store, &way)), compared(&first, &next));
}

#[test]
fn a_run_that_continues_none_is_told_from_one_that_is_unknown() {
    let (_dir, store) = empty();
    let first = sample::snapshot(30, 1);
    let apart = sample::snapshot(30, 2);
    publish(&store, &first);
    publish(&store, &apart);
    assert!(matches!(way(&store, &first, &apart), Err(MovementError::Apart { .. })));
    assert!(matches!(way(&store, &sample::snapshot(30, 9), &apart), Err(MovementError::Unknown { .. })));
}

#[cfg(feature = "cli")]
#[test]
fn a_workbook_has_the_movements_with_ids_as_text_and_money_in_its_currency() {
    use calamine::{Data, Reader, Xlsx};
    use segmentation_lib::movement::MovementWorkbook;
    use segmentation_lib::record::Crossing;

    let (_dir, store) = empty();
    let before = sample::snapshot(200, 1);
    let mut now = sample::following(&before, 180, 2);
    for why in now.changes.as_mut().expect("some moved").rows.iter_mut().filter_map(|row| row.why.as_mut()) {
        why.crossing = Some(Crossing { feature: 2, before: 408_518.0, after: 1_000.0, border: None });
    }
    now.seal().expect("a valid time");
    [&before, &now].into_iter().for_each(|run| drop(publish(&store, run)));
    let way = way(&store, &before, &now).expect("a way");
    let rows = movements(&store, &way);
    let too_many =
        MovementWorkbook::new(&way, Some("GBP"), 1 << 20).map(drop).expect_err("more than a sheet has");
    assert!(too_many.to_string().contains("1048576"), "{too_many}");
    let changes = Matrix::of(&store, &way).expect("counted").changes();
    assert_eq!(changes, rows.len() as u64);
    let mut book = MovementWorkbook::new(&way, Some("GBP"), changes).expect("a file");
    rows.chunks(7).for_each(|piece| book.rows(piece).expect("written"));
    assert_eq!(book.movements(), rows.len());
    let mut book: Xlsx<_> =
        Xlsx::new(std::io::Cursor::new(book.finish().expect("made"))).expect("a workbook");
    let sheet = book.worksheet_range("Changes").expect("its sheet");
    let ids = sheet.rows().skip(1).map(|row| row[0].clone());
    assert!(ids.eq(rows.iter().map(|row| Data::String(row.customer_id.clone()))));
    let moved = sheet.rows().find(|row| row[1] == Data::String("moved".to_owned())).expect("somebody");
    assert_eq!(moved[11], Data::String("monetary (GBP)".to_owned()));
    assert_eq!((&moved[12], &moved[13]), (&Data::Float(4085.18), &Data::Float(10.0)));
}
