use std::fs::File;

use super::super::error::TransactionsError as E;
use super::*;
use crate::features::CustomerTable;
use crate::transactions;
use polars::sql::SQLContext;

fn shop() -> Transactions {
    transactions::read(&["tests/data/shop.csv".into()], &ReadOptions::default(), &Progress::silent())
        .expect("read")
}

fn summed(read: &Transactions) -> DataFrame {
    let mut context = SQLContext::new();
    context.register("transactions", read.frame());
    context.execute(crate::features::SQL).and_then(LazyFrame::collect).expect("summed")
}

fn written(directory: &Path, name: &str, mut frame: DataFrame) -> PathBuf {
    let path = directory.join(name);
    ParquetWriter::new(File::create(&path).expect("a file")).finish(&mut frame).expect("written");
    path
}

fn read_files(files: SummedFiles) -> Result<Transactions, E> {
    read_customers(&files, &ReadOptions::default(), &Progress::silent())
}

fn read_back(frame: DataFrame) -> Result<Transactions, E> {
    let directory = tempfile::tempdir().expect("a folder");
    let path = written(directory.path(), "part-0.parquet", frame);
    read_files(SummedFiles { customers: vec![path], ..SummedFiles::default() })
}

fn changed(column: Expr) -> Result<Transactions, E> {
    let shop = summed(&shop()).lazy();
    read_back(shop.with_column(column).collect().expect("changed"))
}

#[test]
fn customers_summed_elsewhere_have_the_same_features() {
    let shop = shop();
    let all = summed(&shop);
    let directory = tempfile::tempdir().expect("a folder");
    // In two files, the later customers first.
    let parts = [all.slice(30, 100), all.slice(0, 30)];
    let paths = parts.into_iter().enumerate();
    let paths: Vec<PathBuf> =
        paths.map(|(at, part)| written(directory.path(), &format!("{at}.parquet"), part)).collect();
    let read = read_files(SummedFiles { customers: paths, ..SummedFiles::default() }).expect("read");
    let table = |read: &Transactions| CustomerTable::compute(read, None).expect("a table").frame().clone();
    assert_eq!(table(&read), table(&shop));
    assert_eq!((read.rows(), read.customers(), read.last()), (shop.rows(), 60, shop.last()));
    assert_eq!(read.ledger().line("kept"), shop.ledger().line("kept"));
    assert_eq!(read.warnings().len(), 2);
}

#[test]
fn the_customers_of_a_database_are_read_once() {
    let (shop, directory) = (shop(), TemporaryDirectory::new("test").expect("a directory"));
    let path = written(directory.path(), "customers.parquet", summed(&shop));
    let what = transactions::What::Table("sales".to_owned());
    let origin = Origin { address: "postgresql://host/shop".to_owned(), what };
    let files = std::slice::from_ref(&path);
    let customers = SummedCustomers::pushed_down(&origin, files, &Progress::silent()).expect("read");
    std::fs::remove_file(&path).expect("removed");
    let table = CustomerTable::compute(&shop, None).expect("a table");
    assert_eq!(customers.reference().expect("a day").to_string(), table.reference().to_string());
    let (none, options) = (SummedFiles::default(), ReadOptions::default());
    let read = read_pushed_down(&origin, customers, &none, directory, &options).expect("joined");
    assert_eq!(CustomerTable::compute(&read, None).expect("a table").frame(), table.frame());
    assert_eq!(read.inputs().len(), 1);
}

#[test]
fn what_no_customer_has_is_refused() {
    let of = |column: &str, value: i64| {
        when(col("customer_id").eq(lit("c07"))).then(lit(value)).otherwise(col(column))
    };
    let error = changed(of("frequency", -1).alias("frequency")).expect_err("refused").to_string();
    assert!(error.contains("\"frequency\" is -1; it counts from 0 on"), "{error}");
    let error = changed(lit("same").alias("customer_id")).expect_err("refused");
    assert!(matches!(&error, E::SummedTwice { customer } if customer == "same"), "{error}");
    let error = changed(lit(NULL).cast(DataType::String).alias("customer_id")).expect_err("refused");
    assert!(error.to_string().contains("row 1: \"customer_id\" is nothing"), "{error}");
    let error = changed(col("net_pennies").cast(DataType::Float64)).expect_err("refused");
    assert!(matches!(&error, E::SummedType { column, .. } if column == "net_pennies"), "{error}");
    let without = summed(&shop()).drop("units").expect("dropped");
    let error = read_back(without).expect_err("refused").to_string();
    assert!(error.contains("lacks units"), "{error}");
}

#[test]
fn a_ledger_of_other_customers_is_refused() {
    let sums = |lines: i64| {
        df!("customer_id" => [Some("a"), None], "rule" => [18, 4], "lines" => [lines, 3], "pennies" => [500_i64, 7])
            .expect("a table")
    };
    let ledger = sums::ledger(&sums(2), "l").expect("read");
    let line = |name: &str| ledger.line(name).map(|line| (line.rows, line.customers, line.amount_pennies));
    assert_eq!(line("input"), Some((5, 1, 507)));
    assert_eq!((line("kept"), line("missing_customer")), (Some((2, 1, 500)), Some((3, 0, 7))));
    let other = sums::ledger(&sums(1), "l").expect("read");
    assert!(sums::refuse_another(&ledger, &other, "l").is_err());
    assert!(sums::refuse_another(&ledger, &ledger, "l").is_ok());
}

#[test]
fn gaps_that_are_no_days_are_refused() {
    let read =
        |gap: i64| gaps(&df!("gap" => [3, gap], "times" => [1_i64, 5]).expect("a table"), "gaps.parquet");
    assert_eq!(read(1).expect("read"), [(1, 5), (3, 1)]);
    let error = read(0).expect_err("refused").to_string();
    assert!(error.starts_with("gaps.parquet, row 2: \"gap\" is Some(0)"), "{error}");
}

#[test]
fn earlier_customers_stand_at_one_cut_off() {
    let moments = |last: i32| {
        let days: Vec<i32> = (0..60).map(|row| if row == 59 { last } else { 100 }).collect();
        let columns = [
            Column::new("cut_off".into(), days).cast(&DataType::Date).expect("days"),
            Column::new("later_purchases".into(), vec![1_i64; 60]),
            Column::new("later_pennies".into(), vec![5_i64; 60]),
        ];
        summed(&shop()).hstack(&columns).expect("beside")
    };
    let read = |last| earlier::read(&moments(last), "e");
    let earlier = read(100).expect("read").expect("sixty");
    assert_eq!(
        (earlier.cut_off.to_string().as_str(), earlier.customers.height()),
        ("1970-04-11 00:00:00", 60)
    );
    let error = read(101).expect_err("refused").to_string();
    assert!(error.contains("row 60: \"cut_off\" is another moment"), "{error}");
}

#[test]
fn more_days_than_purchases_are_warned_of() {
    let shop = summed(&shop());
    let purchases: i64 =
        shop.column("frequency").expect("there").i64().expect("numbers").sum().expect("some");
    let directory = tempfile::tempdir().expect("a folder");
    let customers = vec![written(directory.path(), "customers.parquet", shop)];
    let warnings = |days: i64| {
        let gaps = df!("gap" => [1_i64], "times" => [days - 60]).expect("a table");
        let gaps = vec![written(directory.path(), "gaps.parquet", gaps)];
        let read = read_files(SummedFiles { customers: customers.clone(), gaps, ..SummedFiles::default() });
        let read = read.expect("read");
        read.warnings().iter().filter(|warning| warning.text.en.contains("days with purchases")).count()
    };
    assert_eq!((warnings(purchases), warnings(purchases * 2)), (0, 1));
}
