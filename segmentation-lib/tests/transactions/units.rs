//! Money and quantities that are larger than they seem: hundredths, millionths, thousandths, grams.

use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{DecimalMark, ReadOptions};

use crate::support::*;

/// A line for each of twenty days, with a customer and a date before what `row` says.
fn days(header: &str, separator: char, row: impl Fn(u32) -> String) -> Inputs {
    let mut lines = vec![["customer_id", "order_date", header].join(&separator.to_string())];
    for at in 1..=20_u32 {
        let fields = [format!("C{}", at % 6), format!("2026-01-{at:02}"), row(at)];
        lines.push(fields.join(&separator.to_string()));
    }
    Inputs::one("shop.csv", lines.join("\n"))
}

fn kept(inputs: &Inputs, options: &ReadOptions) -> i64 {
    let read = inputs.read(options).expect("readable");
    assert_adds_up(&read);
    line(&read, "kept").2
}

#[test]
fn a_name_that_says_hundredths_or_millionths_decides() {
    // 20 amounts of 10.01 to 10.20.
    let pennies = (1001..=1020).sum::<i64>();
    for (column, factor) in
        [("amount_cents", 1), ("Valor em centavos", 1), ("total_cents", 1), ("amount_micros", 10_000)]
    {
        let inputs = days(column, ';', |at| format!("{}", (1000 + at) * factor));
        assert_eq!(kept(&inputs, &ReadOptions::default()), pennies, "{column}");
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert!(read.warnings().is_empty(), "{column}: {:?}", read.warnings());
        assert!(read.decisions().iter().any(|said| said.text.en.contains("by its name")), "{column}");
    }
    let priced = days("product,quantity,unit_price_cents", ',', |at| format!("p,2,{}", 1000 + at));
    let mut options = ReadOptions::default();
    options.mapping.set("price", "unit_price_cents").expect("a role");
    assert_eq!(kept(&priced, &options), 2 * pennies);
}

#[test]
fn fractions_are_no_hundredths_whatever_the_name() {
    let inputs = days("amount_cents", ',', |at| format!("10.{at:02}"));
    assert_eq!(kept(&inputs, &ReadOptions::default()), (1001..=1020).sum::<i64>());
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::MinorUnits, "amount_cents is named after hundredths");
}

#[test]
fn whole_millionths_are_warned_of() {
    let inputs = days("revenue", ',', |at| format!("{}", (1000 + at) * 10_000));
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::MinorUnits, "where they are millionths");
    let thousands = days("revenue", ',', |at| format!("{}", at * 1_000_000));
    assert!(thousands.read(&ReadOptions::default()).expect("readable").warnings().is_empty());
}

#[test]
fn quantities_of_three_zeros_behind_a_mark_are_pieces() {
    // Twice 10.78 each day, or 19.94 once.
    let pennies = 10 * 2156 + 10 * 1994;
    let comma =
        days("quantidade;preco", ';', |at| ["2.000;10,78", "1.000;19,94"][at as usize % 2].to_owned());
    let point =
        days("quantidade;preco", ';', |at| ["2,000;10.78", "1,000;19.94"][at as usize % 2].to_owned());
    for (inputs, mark) in [(comma, DecimalMark::Comma), (point, DecimalMark::Point)] {
        assert_eq!(kept(&inputs, &ReadOptions::default()), pennies, "{mark}");
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_warns(&read, WarningKind::MinorUnits, "counts as pieces");
        // Thousands, where somebody says so.
        let options = ReadOptions { decimal: Some(mark), ..ReadOptions::default() };
        assert_eq!(kept(&inputs, &options), 1000 * pennies, "{mark}");
    }
    let mixed = days("quantidade;preco", ';', |at| {
        ["2.000;10,78", "1.000;19,94", "500;1,50"][at as usize % 3].to_owned()
    });
    let read = mixed.read(&ReadOptions::default()).expect("readable");
    assert!(read.warnings().iter().all(|warning| warning.kind != WarningKind::MinorUnits));
}

#[test]
fn grams_among_pieces_are_warned_of_beside_their_units() {
    let row = |at: u32| {
        if at.is_multiple_of(2) { format!("{};G;39.90", 1000 + at) } else { "1;UN;39.90".to_owned() }
    };
    let inputs = days("quantidade;unidade;preco", ';', row);
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::UnusedColumn, "unidade is not used: where quantidade is in grams");
    let pieces = days("quantidade;unidade;preco", ';', |at| format!("{};UN;39.90", 1 + at % 3));
    assert!(pieces.read(&ReadOptions::default()).expect("readable").warnings().is_empty());
}
