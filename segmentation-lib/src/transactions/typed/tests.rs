use std::path::{Path, PathBuf};

use polars::prelude::*;
use proptest::prelude::*;

use super::super::error::TransactionsError;
use super::super::{DecimalMark, Decision, Example, ReadOptions, Returns, Transactions, read};
use crate::progress::Progress;
use crate::record::Warning;

/// One row of a made-up shop; few different values, so that they meet.
#[derive(Debug, Clone)]
struct Line {
    customer: Option<&'static str>,
    invoice: Option<&'static str>,
    day: Option<i32>,
    product: Option<&'static str>,
    quantity: Option<i32>,
    price: Option<f64>,
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let customer = prop_oneof![
        4 => Just(Some("17850")), 4 => Just(Some("a b")), 1 => Just(Some(" 7 ")), 1 => Just(Some("9.0")), 1 => Just(Some("guest")),
        1 => Just(Some("n/a")), 1 => Just(Some("o'neill")), 1 => Just(None)
    ];
    let invoice = prop_oneof![
        4 => Just(Some("536365")), 2 => Just(Some("536366")), 2 => Just(Some("C536379")), 1 => Just(Some("c1")),
        1 => Just(Some("A563185")), 1 => Just(Some("CX1")), 1 => Just(Some("C")), 1 => Just(None)
    ];
    let product = prop_oneof![
        4 => Just(Some("85123A")), 2 => Just(Some("POST")), 2 => Just(Some("B")), 1 => Just(Some("m")),
        1 => Just(Some("gift_0001_20")), 1 => Just(Some("Test tube")), 1 => Just(None)
    ];
    let day = prop_oneof![8 => (14_900..14_960i32).prop_map(Some), 1 => Just(Some(-40_000)), 1 => Just(Some(40_000)), 1 => Just(None)];
    let quantity =
        prop_oneof![6 => (1..20i32).prop_map(Some), 2 => (-5..1i32).prop_map(Some), 1 => Just(None)];
    let price = prop_oneof![
        6 => (1..900i32).prop_map(|p| Some(f64::from(p) / 100.0)), 2 => (0..9000i32).prop_map(|p| Some(f64::from(p) / 1000.0)),
        1 => Just(Some(0.0)), 1 => Just(Some(-11062.06)), 1 => Just(None)
    ];
    let line = (customer, invoice, day, product, quantity, price).prop_map(
        |(customer, invoice, day, product, quantity, price)| Line {
            customer,
            invoice,
            day,
            product,
            quantity,
            price,
        },
    );
    prop::collection::vec(line, 1..60)
}

/// Where the money of a made-up table is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Money {
    Priced,
    Amount,
    None,
}

fn table(lines: &[Line], money: Money, has_invoices: bool) -> DataFrame {
    let amount = |line: &Line| Some((line.price? * f64::from(line.quantity?) * 1000.0).round() / 1000.0);
    let dates: Int32Chunked = lines.iter().map(|line| line.day).collect();
    let mut columns = vec![
        Column::new("CustomerID".into(), lines.iter().map(|l| l.customer).collect::<Vec<_>>()),
        dates.with_name("InvoiceDate".into()).into_date().into_column(),
        Column::new("StockCode".into(), lines.iter().map(|l| l.product).collect::<Vec<_>>()),
        Column::new("Quantity".into(), lines.iter().map(|l| l.quantity).collect::<Vec<_>>()),
    ];
    if has_invoices {
        columns.push(Column::new("InvoiceNo".into(), lines.iter().map(|l| l.invoice).collect::<Vec<_>>()));
    }
    columns.extend(match money {
        Money::Priced => {
            Some(Column::new("UnitPrice".into(), lines.iter().map(|l| l.price).collect::<Vec<_>>()))
        }
        Money::Amount => Some(Column::new("Amount".into(), lines.iter().map(amount).collect::<Vec<_>>())),
        Money::None => None,
    });
    DataFrame::new_infer_height(columns).expect("columns of one length")
}

fn parquet(frame: &DataFrame, directory: &Path) -> PathBuf {
    let path = directory.join("sales.parquet");
    let file = std::fs::File::create(&path).expect("a file");
    ParquetWriter::new(file).with_row_group_size(Some(16)).finish(&mut frame.clone()).expect("written");
    path
}

/// The same rows as text: what a person would see of them.
fn text(frame: &DataFrame, directory: &Path) -> PathBuf {
    let path = directory.join("sales.csv");
    let header: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    let mut text = header.join(",") + "\n";
    for at in 0..frame.height() {
        let value = |column: &Column| match column.get(at).expect("a row") {
            AnyValue::Null => String::new(),
            AnyValue::String(text) => format!("\"{text}\""),
            AnyValue::Float64(number) => number.to_string(),
            // As a typed date is shown in examples.
            AnyValue::Date(day) => chrono::DateTime::from_timestamp(i64::from(day) * 86_400, 0)
                .map(|date| date.format("%Y-%m-%dT%H:%M:%S").to_string())
                .unwrap_or_default(),
            value => value.to_string(),
        };
        text += &(frame.columns().iter().map(value).collect::<Vec<_>>().join(",") + "\n");
    }
    std::fs::write(&path, text).expect("a file");
    path
}

/// What is read, without the names of files and formats.
#[derive(Debug, PartialEq)]
struct Told {
    ledger: Vec<crate::record::LedgerLine>,
    examples: Vec<Example>,
    rows: Vec<String>,
    warnings: Vec<Warning>,
    decisions: Vec<String>,
    dates: [chrono::NaiveDateTime; 2],
}

fn told(transactions: &Transactions, header: u64) -> Told {
    let ledger = transactions.ledger();
    let frame = transactions.frame().collect().expect("rows");
    let row = |at: usize| format!("{:?}", frame.get_row(at).expect("a row"));
    let mut rows: Vec<String> = (0..frame.height()).map(row).collect();
    rows.sort_unstable();
    let example = |e: &Example| Example { place: String::new(), row: e.row - header, ..e.clone() };
    let decision = |decision: &Decision| decision.text.en.split_once(": ").map(|(_, text)| text.to_owned());
    let mut warnings = transactions.warnings().to_vec();
    for text in warnings.iter_mut().flat_map(|warning| [&mut warning.text.en, &mut warning.text.pt_br]) {
        // The row of an example counts the header of a file of text.
        *text = text.split(" (sales.").next().unwrap_or_default().to_owned();
    }
    Told {
        ledger: ledger.lines.clone(),
        examples: ledger.examples.iter().map(example).collect(),
        rows,
        warnings,
        decisions: transactions.decisions().iter().filter_map(decision).collect(),
        dates: [transactions.first(), transactions.last()],
    }
}

fn same(frame: &DataFrame, options: &ReadOptions) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().expect("a directory");
    let silent = Progress::silent();
    let typed = read(&[parquet(frame, directory.path())], options, &silent);
    let written = read(&[text(frame, directory.path())], options, &silent);
    match (typed, written) {
        (Ok(typed), Ok(written)) => prop_assert_eq!(told(&typed, 0), told(&written, 1)),
        (Err(typed), Err(written)) => {
            prop_assert_eq!(
                std::mem::discriminant(&typed),
                std::mem::discriminant(&written),
                "{} {}",
                typed,
                written
            );
        }
        (typed, written) => prop_assert!(false, "{typed:?} {written:?}"),
    }
    Ok(())
}

#[test]
fn money_that_cancels_is_counted_with_the_other_sums() {
    let line = |at: i32, pounds: i32| Line {
        customer: Some(if at % 2 == 0 { "17850" } else { "a b" }),
        invoice: None,
        day: Some(14_900 + at),
        product: None,
        quantity: Some(1),
        price: Some(f64::from(pounds)),
    };
    let lines: Vec<Line> = (0..12).flat_map(|at| [line(at, 100 + at), line(at, -100 - at)]).collect();
    let frame = table(&lines, Money::Amount, false).drop_many(["Quantity", "StockCode"]);
    let directory = tempfile::tempdir().expect("a directory");
    let read = read(&[parquet(&frame, directory.path())], &ReadOptions::default(), &Progress::silent());
    let error = read.expect_err("a question");
    let is_it = matches!(error, TransactionsError::MoneyCancels { sold: 126_600, taken_off: 126_600 });
    assert!(is_it, "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A table of types and the same rows as text give the same rows, ledger, examples, warnings and errors, in memory
    /// and in temporary files, judged together and a few at a time.
    #[test]
    fn types_and_text_say_the_same(
        lines in lines(),
        money in prop::sample::select(vec![Money::Priced, Money::Amount, Money::None]),
        has_invoices in any::<bool>(),
        drops in any::<bool>(),
        in_memory in prop::sample::select(vec![0usize, 20, 1_000_000]),
        skipped in prop::sample::select(vec![None, Some("bad_debt"), Some("placeholder_customer"), Some("non_positive_price")]),
        dated in any::<bool>(),
    ) {
        // A single "1.051" as text could be either.
        let decimal = Some(DecimalMark::Point);
        let mut options = ReadOptions { rows_in_memory: in_memory, decimal, ..ReadOptions::default() };
        options.rules.returns = if drops { Returns::Drop } else { Returns::Net };
        if let Some(rule) = skipped {
            options.rules.disable(rule).expect("a rule");
        }
        if dated {
            options.reference = Some("2010-11-20".parse().expect("a date"));
        }
        if money == Money::None {
            options.mapping.set_pair("amount=-").expect("a mapping");
        }
        // Money that cancels would be a question.
        options.mapping.set_pair("type=-").expect("a mapping");
        same(&table(&lines, money, has_invoices), &options)?;
    }
}
