//! Tables whose columns have types: what is asked and said of text is asked and said of them.

use std::path::Path;

use polars::prelude::{Column, DataFrame, DataType, ParquetWriter};
use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{ReadOptions, Transactions, TransactionsError};

use crate::support::*;

/// Adds a Parquet file of this table.
fn add(inputs: &Inputs, name: &str, columns: Vec<Column>) {
    let path = inputs.path(name);
    std::fs::create_dir_all(path.parent().expect("inside the directory")).expect("a directory");
    let file = std::fs::File::create(path).expect("a file");
    let mut frame = DataFrame::new_infer_height(columns).expect("columns of one length");
    ParquetWriter::new(file).finish(&mut frame).expect("written");
}

/// Days of January 2026.
fn days(of_month: impl Iterator<Item = i32>) -> Column {
    // 20453 is the day before.
    let days: Vec<i32> = of_month.map(|day| 20_453 + day).collect();
    Column::new("order_date".into(), days).cast(&DataType::Date).expect("days")
}

/// Adds a table of text as it is, or as Parquet with dates and numbers for its texts.
fn add_as_named(inputs: &Inputs, name: &str, text: &str) {
    if name.ends_with(".csv") {
        inputs.add(name, text);
        return;
    }
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<&str>>());
    let header = lines.next().expect("a header");
    let rows: Vec<Vec<&str>> = lines.collect();
    let column = |(at, name): (usize, &&str)| {
        let values = || rows.iter().map(move |row| row[at]);
        match *name {
            "order_date" => days(values().map(|day| day[8..].parse().expect("a day"))),
            "total" | "quantity" | "unit_price" => {
                let numbers: Vec<f64> = values().map(|text| text.parse().expect("a number")).collect();
                Column::new((*name).into(), numbers)
            }
            _ => Column::new((*name).into(), values().collect::<Vec<&str>>()),
        }
    };
    add(inputs, name, header.iter().enumerate().map(column).collect());
}

/// Two tables of the same formats in one directory.
fn two(names: [&str; 2], texts: [&str; 2]) -> Inputs {
    let inputs = Inputs::new();
    names.iter().zip(texts).for_each(|(name, text)| add_as_named(&inputs, name, text));
    inputs
}

const FORMATS: [[&str; 2]; 3] = [["a.parquet", "b.parquet"], ["a.csv", "b.parquet"], ["a.parquet", "b.csv"]];

/// Orders `from` to `to`, one a line.
fn totals(from: u32, to: u32) -> String {
    let line = |n: u32| format!("{n},C{},2026-01-{:02},{}.5\n", n % 9, 1 + n % 28, 30 + n);
    format!("order_id,customer_id,order_date,total\n{}", (from..to).map(line).collect::<String>())
}

/// The two items of each of these orders.
fn items(from: u32, to: u32) -> String {
    let line = |n: u32| {
        let (customer, day) = (n % 9, 1 + n % 28);
        let first = format!("C{customer},{n},2026-01-{day:02},SKU1,1,20\n");
        first + &format!("C{customer},{n},2026-01-{day:02},SKU2,1,{}.5\n", 10 + n)
    };
    let lines: String = (from..to).map(line).collect();
    format!("customer_id,order_id,order_date,sku,quantity,unit_price\n{lines}")
}

#[test]
fn tables_of_types_that_overlap_are_pointed_out() {
    for names in FORMATS {
        let read = two(names, [&totals(0, 40), &totals(25, 80)]).read(&ReadOptions::default());
        let [first, second] = names;
        let text = format!("{second} holds 15 rows that {first} holds too");
        assert_warns(&read.expect("readable"), WarningKind::SameRows, &text);
        let read = two(names, [&totals(0, 40), &totals(40, 80)]).read(&ReadOptions::default());
        assert_eq!(read.expect("readable").warnings(), [], "{names:?}");
    }
}

#[test]
fn orders_of_types_beside_their_items_are_a_question() {
    for names in FORMATS {
        let read = two(names, [&totals(0, 40), &items(0, 40)]).read(&ReadOptions::default());
        let error = read.expect_err("twice the money");
        assert!(matches!(&error, TransactionsError::SameOrders { orders: 40, .. }), "{names:?}: {error}");
        let read = two(names, [&totals(0, 40), &items(40, 80)]).read(&ReadOptions::default());
        assert_eq!(line(&read.expect("readable"), "kept").0, 120, "{names:?}");
    }
}

/// Orders in two directories, of typed tables or of text.
fn partitioned(directories: [&str; 2], name: &str) -> Inputs {
    let inputs = Inputs::new();
    for (directory, text) in directories.iter().zip([totals(0, 12), totals(12, 24)]) {
        add_as_named(&inputs, &format!("{directory}/{name}"), &text);
    }
    inputs
}

#[test]
fn what_the_names_of_directories_say_is_not_dropped_in_silence() {
    for (directories, role) in [
        (["currency=BRL", "currency=USD"], "currency"),
        (["year=2026/status=cancelled", "year=2026/status=paid"], "status"),
    ] {
        for name in ["part.parquet", "part.csv"] {
            let inputs = partitioned(directories, name);
            let error = inputs.read(&ReadOptions::default()).expect_err("a column is not read");
            assert!(
                matches!(&error, TransactionsError::Partitioned { role: found, .. } if found.name() == role),
                "{directories:?} {name}: {error}"
            );
            let mut options = ReadOptions::default();
            options.mapping.set(role, "-").expect("a role");
            assert_eq!(line(&inputs.read(&options).expect("readable"), "kept").0, 24, "{name}");
        }
    }
    for name in ["part.parquet", "part.csv"] {
        let inputs = partitioned(["year=2026/month=1/day=5", "year=2026/month=1/day=6"], name);
        let read = inputs.read(&ReadOptions::default()).expect("the file has its dates");
        assert_eq!(line(&read, "kept").0, 24, "{name}");
        assert_eq!(read.warnings(), [], "{name}");
        let read = partitioned(["country=BR", "country=PT"], name).read(&ReadOptions::default());
        let text = "country is not used: it stands in the names of directories alone";
        assert_warns(&read.expect("readable"), WarningKind::UnusedColumn, text);
    }
}

#[test]
fn a_date_in_the_names_of_directories_is_told_from_one_that_is_missing() {
    let inputs = Inputs::new();
    let texts = |of: &[&str]| of.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let columns = vec![
        Column::new("customer_id".into(), texts(&["A", "B"])),
        Column::new("total".into(), vec![1.5, 2.5]),
    ];
    add(&inputs, "date=2026-01-05/part.parquet", columns);
    let error = inputs.read(&ReadOptions::default()).expect_err("no dates").to_string();
    assert!(
        error.starts_with("date=2026-01-05/part.parquet: \"date\", by its name the date, stands in"),
        "{error}"
    );
}

#[test]
fn single_floats_beyond_their_precision_are_no_ids() {
    let read = |first: i32, dates: Column| {
        let ids: Vec<f32> = (first..first + 4).map(|id| id as f32).collect();
        let inputs = Inputs::new();
        let amounts = Column::new("total".into(), vec![1.5, 2.5, 3.5, 4.5]);
        add(&inputs, "a.parquet", vec![Column::new("customer_id".into(), ids), dates, amounts]);
        inputs.read(&ReadOptions::default())
    };
    let as_text = || {
        Column::new("order_date".into(), (5..9).map(|day| format!("2026-01-{day:02}")).collect::<Vec<_>>())
    };
    for dates in [days(5..9), as_text()] {
        let error = read(20_010_001, dates.clone()).expect_err("rounded");
        assert!(matches!(error, TransactionsError::ShortenedIds { rows: 4, .. }), "{error}");
        assert_eq!(line(&read(16_000_001, dates).expect("whole"), "kept").1, 4);
    }
}

fn case(name: &str) -> Result<Transactions, TransactionsError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transactions/cases").join(name);
    read(&[path], &ReadOptions::default())
}

#[test]
fn a_column_of_an_unknown_type_is_left_out_where_it_plays_no_role() {
    assert_eq!(line(&case("score-in-float16.parquet").expect("readable"), "kept"), (3, 2, 750));
}

#[test]
fn a_role_of_a_type_that_is_not_read_is_named_with_the_way_out() {
    for (name, text) in [
        (
            "amount-in-float16.parquet",
            "column \"amount\", by its name the amount, holds values of the type Float16, which are not read; cast it to \
             DOUBLE",
        ),
        ("amount-in-plain-float16.parquet", "holds bytes, which are not read"),
        (
            "amount-in-decimal256.parquet",
            "\"amount\", by its name the amount, holds numbers of more than 38 digits",
        ),
        (
            "ids-of-16-bytes.parquet",
            "\"customer_id\", by its name the customer, holds bytes that are no text, which are not read; cast it to \
             VARCHAR",
        ),
    ] {
        let error = case(name).expect_err(name).to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn whole_numbers_may_be_cents_in_any_type() {
    let warns = |amounts: Column| {
        let inputs = Inputs::new();
        let ids: Vec<String> = (0..12).map(|at| format!("C{at}")).collect();
        add(&inputs, "a.parquet", vec![Column::new("customer_id".into(), ids), days(5..17), amounts]);
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        read.warnings().iter().any(|warning| warning.kind == WarningKind::MinorUnits)
    };
    let numbers = |add: f64| {
        Column::new("total".into(), (1..=12).map(|at| f64::from(23_614 + at) + add).collect::<Vec<f64>>())
    };
    let cast = |kind: DataType| numbers(0.0).cast(&kind).expect("numbers");
    for kind in [
        DataType::Float64,
        DataType::Float32,
        DataType::Int64,
        DataType::Decimal(12, 0),
        DataType::Decimal(18, 4),
    ] {
        assert!(warns(cast(kind.clone())), "{kind}");
    }
    assert!(!warns(cast(DataType::Decimal(12, 2))), "the hundredths are there");
    assert!(!warns(numbers(0.5)));
}

#[test]
fn lines_of_freight_and_discounts_are_no_products_in_text_and_in_types() {
    let mut coded = "order_id,customer_id,order_date,product_id,description,total\n".to_owned();
    let mut named = "order_id,customer_id,order_date,product,total\n".to_owned();
    let goods =
        [("Camiseta", "30.50"), ("FRETE", "12.25"), ("Desconto", "-1.75"), ("Gift card holder", "5.50")];
    for order in 1..=8 {
        for (at, (product, total)) in goods.iter().enumerate() {
            let line = format!("F{order},C{order},2026-01-0{order}");
            coded.push_str(&format!("{line},A{at},{product},{total}\n"));
            named.push_str(&format!("{line},{product},{total}\n"));
        }
    }
    for text in [&coded, &named] {
        for name in ["lines.csv", "lines.parquet"] {
            let inputs = Inputs::new();
            add_as_named(&inputs, name, text);
            let read = inputs.read(&ReadOptions::default()).expect(name);
            assert_eq!(line(&read, "non_product"), (16, 0, 8 * 1050), "{name}");
            assert_eq!(line(&read, "kept"), (16, 8, 8 * 3600), "{name}");
            assert_warns(
                &read,
                WarningKind::MarkedRows,
                "16 rows (50.0 %) with 84.00 removed: by their product",
            );
            let mut options = ReadOptions::default();
            options.rules.disable("non_product").expect("known");
            assert_eq!(line(&inputs.read(&options).expect(name), "kept"), (32, 8, 8 * 4650), "{name}");
        }
    }
}
