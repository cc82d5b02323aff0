//! Files of a run's customers: the same rows and numbers in each format.

use std::io::Write;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use proptest::prelude::*;
use segmentation_lib::export::{
    COLUMNS, Encoder, ExportError, ExportParams, FORECAST_COLUMNS, Format, Include, Language, RFM_COLUMNS,
    Row, guarded, write, write_workbook,
};
use segmentation_lib::record::{HeldOut, HoldoutParams, Snapshot};
use test_support::sample;

const CSV: ExportParams = ExportParams {
    format: Format::Csv,
    safe: false,
    language: Language::En,
    include: Include {
        rfm: false,
        forecast: false,
        borderline: false,
        co_assignment: false,
        held_out: false,
    },
    confident: false,
    segment_only: false,
    continued: false,
};

const RFM: Include =
    Include { rfm: true, forecast: false, borderline: false, co_assignment: false, held_out: false };

fn written(snapshot: &Snapshot, params: ExportParams) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(snapshot, &params, &mut bytes).expect("into memory");
    bytes
}

/// Every cell of a CSV below its header.
fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

fn texts_of(snapshot: &Snapshot) -> Vec<Vec<String>> {
    let row = |(a, s): (&segmentation_lib::record::Assignment, &segmentation_lib::record::Segment)| {
        let texts = [&a.customer_id, &s.id.to_string(), &s.key, &s.name.en, &s.name.pt_br].map(String::from);
        let numbers = a.features.iter().map(f64::to_string);
        texts.into_iter().chain([a.silhouette.to_string()]).chain(numbers).collect()
    };
    snapshot.rows().map(row).collect()
}

/// A sample whose figures have all their digits.
fn snapshot(customers: usize) -> Snapshot {
    let mut snapshot = sample::snapshot(customers, 1);
    for (i, a) in snapshot.assignments.iter_mut().enumerate() {
        a.silhouette = 1.0 / (i as f32 + 3.0);
        a.features = vec![i as f64, -1.0 / (i as f64 + 3.0), 1e17 + i as f64];
    }
    snapshot
}

#[test]
fn csv_has_every_customer_and_every_digit() {
    let snapshot = snapshot(5000);
    let bytes = written(&snapshot, CSV);
    let header = String::from_utf8_lossy(&bytes).lines().next().map(str::to_owned).expect("a header");
    assert_eq!(header, format!("{},recency,frequency,monetary", COLUMNS.join(",")));
    assert_eq!(cells(&bytes), texts_of(&snapshot));
}

#[test]
fn every_format_has_the_same_rows_and_the_same_bytes_each_time() {
    let snapshot = snapshot(40_000);
    let expected = cells(&written(&snapshot, CSV));
    let params = |format| ExportParams { format, ..CSV };
    for format in Format::ALL {
        assert!(written(&snapshot, params(format)) == written(&snapshot, params(format)), "{format:?}");
    }
    assert!(of_ndjson(&written(&snapshot, params(Format::Ndjson))) == expected);
    assert!(of_parquet(written(&snapshot, params(Format::Parquet))) == expected);
}

fn of_ndjson(bytes: &[u8]) -> Vec<Vec<String>> {
    let row = |line: &[u8]| {
        let row: serde_json::Value = serde_json::from_slice(line).expect("an object");
        let silhouette = |v: &serde_json::Value| (v.as_f64().expect("a number") as f32).to_string();
        let text = |name: &str| match &row[name] {
            serde_json::Value::String(text) => text.clone(),
            number if name == "silhouette" => silhouette(number),
            number => number.to_string(),
        };
        let number = |name| row["features"][name].as_f64().expect("a number").to_string();
        COLUMNS.map(text).into_iter().chain(["recency", "frequency", "monetary"].map(number)).collect()
    };
    bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(row).collect()
}

fn of_parquet(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&bytes).expect("written");
    let reader = SerializedFileReader::new(file).expect("Parquet");
    let cell = |field: &Field| match field {
        Field::Str(text) => text.clone(),
        Field::UInt(id) => id.to_string(),
        Field::UByte(score) => score.to_string(),
        Field::Long(number) => number.to_string(),
        Field::Null => String::new(),
        Field::Float(value) => value.to_string(),
        Field::Double(value) => value.to_string(),
        other => panic!("{other:?}"),
    };
    let rows = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row"));
    rows.map(|row| row.get_column_iter().map(|(_, field)| cell(field)).collect()).collect()
}

#[test]
fn the_rule_view_is_in_every_format_where_it_is_asked_for() {
    let snapshot = snapshot(2_000);
    let view = snapshot.rfm.as_ref().expect("the sample has one");
    let placed = |at: usize| {
        let (place, scores) = (view.places[at], view.places[at].scores);
        let key = view.groups[usize::from(place.group)].key.clone();
        [key, scores.recency.to_string(), scores.frequency.to_string(), scores.monetary.to_string()]
    };
    let expected: Vec<Vec<String>> = texts_of(&snapshot)
        .into_iter()
        .enumerate()
        .map(|(at, row)| row.into_iter().chain(placed(at)).collect())
        .collect();
    let csv = written(&snapshot, ExportParams { include: RFM, ..CSV });
    assert!(
        String::from_utf8_lossy(&csv)
            .lines()
            .next()
            .is_some_and(|line| line.ends_with(&RFM_COLUMNS.join(",")))
    );
    assert_eq!(cells(&csv), expected);
    assert!(
        of_parquet(written(&snapshot, ExportParams { format: Format::Parquet, include: RFM, ..CSV }))
            == expected
    );
    let lines = written(&snapshot, ExportParams { format: Format::Ndjson, include: RFM, ..CSV });
    let first: serde_json::Value =
        serde_json::from_slice(lines.split(|&b| b == b'\n').next().unwrap_or_default()).expect("JSON");
    assert_eq!(first["rfm"]["key"], expected[0][9].as_str());
    assert_eq!(first["rfm"]["scores"]["recency"].to_string(), expected[0][10]);
    let without = Snapshot { rfm: None, ..snapshot };
    let error = write(&without, &ExportParams { include: RFM, ..CSV }, &mut Vec::new()).expect_err("refused");
    assert!(matches!(error, ExportError::NoRuleView), "{error}");
}

#[test]
fn the_forecast_is_in_every_format_where_it_is_asked_for() {
    let snapshot = snapshot(2_000);
    let include = Include { forecast: true, ..Include::default() };
    let csv = written(&snapshot, ExportParams { include, ..CSV });
    let header = String::from_utf8_lossy(&csv).lines().next().map(str::to_owned).expect("a header");
    assert!(header.ends_with(&FORECAST_COLUMNS.join(",")), "{header}");
    let rows = cells(&csv);
    let forecasts = &snapshot.forecasts.as_ref().expect("the sample has some").rows;
    let with =
        forecasts.iter().position(|row| row.is_some_and(|row| row.purchases > 1)).expect("a repeat buyer");
    let forecast = forecasts[with].expect("just found");
    assert_eq!(rows[with][9], forecast.purchases.to_string());
    assert_eq!(rows[with][13], forecast.expected_purchases.to_string());
    assert_eq!(rows[with][16], forecast.alive.expect("a probability").to_string());
    let without = forecasts.iter().position(Option::is_none).expect("who made no purchase");
    assert!(rows[without][9..].iter().all(String::is_empty), "{:?}", rows[without]);
    let as_parquet = written(&snapshot, ExportParams { format: Format::Parquet, include, ..CSV });
    assert!(of_parquet(as_parquet) == rows);
    let lines = written(&snapshot, ExportParams { format: Format::Ndjson, include, ..CSV });
    let line = lines.split(|&b| b == b'\n').nth(with).expect("a line a customer");
    let object: serde_json::Value = serde_json::from_slice(line).expect("JSON");
    assert_eq!(object["forecast"]["alive"].to_string(), rows[with][16]);
    assert!(object.get("rfm").is_none());
    let bare = Snapshot { forecasts: None, ..snapshot };
    let error = write(&bare, &ExportParams { include, ..CSV }, &mut Vec::new()).expect_err("refused");
    assert!(matches!(error, ExportError::NoForecast), "{error}");
}

#[test]
fn the_segment_alone_is_written_of_a_run_that_holds_customers_out() {
    let without = snapshot(200);
    let ids = without.assignments.iter().map(|a| a.customer_id.as_str());
    let held_out = HeldOut::of(HoldoutParams { share: 0.1, seed: 1 }, ids);
    let with = Snapshot { held_out: Some(held_out), ..without.clone() };
    for format in Format::ALL {
        let params = ExportParams { segment_only: true, format, ..CSV };
        assert!(written(&with, params) == written(&without, params), "{format:?}");
    }
    let error = write_workbook(&with, &ExportParams { segment_only: true, ..CSV }, &mut Vec::new());
    assert!(matches!(error, Err(ExportError::WholeWorkbook)));
}

#[test]
fn a_run_without_customers_is_a_header() {
    let mut snapshot = sample::snapshot(0, 1);
    snapshot.assignments.clear();
    assert_eq!(String::from_utf8_lossy(&written(&snapshot, CSV)).lines().count(), 1);
    assert_eq!(written(&snapshot, ExportParams { format: Format::Ndjson, ..CSV }), b"");
    assert!(of_parquet(written(&snapshot, ExportParams { format: Format::Parquet, ..CSV })).is_empty());
}

#[test]
fn what_continues_a_csv_has_no_header() {
    let snapshot = snapshot(10);
    let rows: Vec<Row<'_>> = snapshot.rows().map(Row::from).collect();
    let mut whole = Encoder::new(&CSV, &snapshot.manifest).expect("usable").rows(&rows[..4]);
    let mut rest =
        Encoder::new(&ExportParams { continued: true, ..CSV }, &snapshot.manifest).expect("usable");
    whole.extend(rest.rows(&rows[4..]));
    assert_eq!(rest.finish(), b"");
    assert!(whole == written(&snapshot, CSV));
}

#[test]
fn a_guarded_csv_has_no_text_that_is_a_formula() {
    let mut snapshot = snapshot(0);
    let ids = ["=1+1", "+44", "-5", "@SUM(A1)", "\tx", "\rx", "a=b", "'quoted"];
    for (a, id) in snapshot.assignments.iter_mut().zip(ids) {
        a.customer_id = id.to_owned();
    }
    let rows = cells(&written(&snapshot, ExportParams { safe: true, ..CSV }));
    let seen: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(seen, ["'=1+1", "'+44", "'-5", "'@SUM(A1)", "'\tx", "'\rx", "a=b", "'quoted"]);
    // Figures stay figures.
    assert!(rows.iter().all(|row| row[7].starts_with("-0.")), "{rows:?}");
}

#[test]
fn what_cannot_be_is_refused() {
    for format in [Format::Ndjson, Format::Parquet] {
        let error = ExportParams { format, safe: true, ..CSV }.check().expect_err("refused");
        assert!(matches!(error, ExportError::NothingToGuard { .. }), "{error}");
    }
    let params = ExportParams { format: Format::Parquet, continued: true, ..CSV };
    assert!(matches!(params.check(), Err(ExportError::NotContinued)));
    assert_eq!(Format::ALL.map(|format| Format::of(format.name())), Format::ALL.map(Some));
}

proptest! {
    #[test]
    fn a_guarded_text_begins_harmlessly_and_ends_as_it_was(text: String) {
        let guarded = guarded(&text);
        prop_assert!(guarded.ends_with(&text) && guarded.len() <= text.len() + 1);
        prop_assert!(!guarded.starts_with(['=', '+', '-', '@', '\t', '\r']));
    }
}

#[cfg(feature = "workbook")]
mod workbook {
    use calamine::{Data, Reader, Xlsx};
    use segmentation_lib::export::{CustomerWorkbook, write_workbook};

    use super::*;

    fn sheet(bytes: Vec<u8>) -> Vec<Vec<Data>> {
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).expect("a workbook");
        book.worksheet_range("Customers").expect("the sheet").rows().map(<[Data]>::to_vec).collect()
    }

    #[test]
    fn a_workbook_has_the_rows_of_the_csv_with_ids_as_text() {
        let mut snapshot = snapshot(300);
        for (i, a) in snapshot.assignments.iter_mut().enumerate() {
            a.customer_id = format!("{i:05}");
        }
        let (mut bytes, mut again) = (Vec::new(), Vec::new());
        write_workbook(&snapshot, &ExportParams::default(), &mut bytes).expect("into memory");
        write_workbook(&snapshot, &ExportParams::default(), &mut again).expect("into memory");
        assert!(bytes == again);
        let rows = sheet(bytes);
        assert_eq!(rows[0].iter().map(Data::to_string).collect::<Vec<_>>()[..6], COLUMNS);
        for (row, texts) in rows[1..].iter().zip(texts_of(&snapshot)) {
            assert!(matches!((&row[0], &row[1]), (Data::String(_), Data::Float(_))), "{row:?}");
            // The sample's third feature is money.
            let seen = row.iter().enumerate().map(|(at, cell)| match cell {
                Data::Float(units) if at == 8 => (units * 100.0).round().to_string(),
                other => other.to_string(),
            });
            assert_eq!(seen.collect::<Vec<_>>(), texts);
        }
        assert_eq!(rows.len(), 301 + sample::ODD_IDS.len());
    }

    #[test]
    fn money_beside_is_in_currency_units_under_a_name_that_says_so() {
        let snapshot = snapshot(50);
        let include = Include { forecast: true, ..Include::default() };
        let mut bytes = Vec::new();
        write_workbook(&snapshot, &ExportParams { include, ..CSV }, &mut bytes).expect("into memory");
        let rows = sheet(bytes);
        let at = rows[0].iter().position(|name| *name == "expected_value").expect("the column");
        let forecasts = snapshot.forecasts.as_ref().expect("the sample has a forecast");
        let pennies: Vec<Option<i64>> = forecasts
            .rows
            .iter()
            .map(|row| row.as_ref().and_then(|row| row.expected_value_pennies()))
            .collect();
        let seen = rows[1..].iter().map(|row| match &row[at] {
            Data::Float(units) => Some((units * 100.0).round() as i64),
            _ => None,
        });
        assert_eq!(seen.collect::<Vec<_>>(), pennies);
    }

    #[test]
    fn more_customers_than_a_sheet_has_rows_are_refused() {
        let run = snapshot(0);
        let made = |customers| CustomerWorkbook::new(&run.manifest, Include::default(), customers);
        assert!(made(1_048_575).is_ok());
        let error = made(1_048_576).map(|_| ()).expect_err("too many");
        assert!(error.to_string().contains("1048576 customers"), "{error}");
    }
}
