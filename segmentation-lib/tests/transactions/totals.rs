//! Totals of invoices that stand on each of their lines, and rows that are sums of others.

use std::collections::BTreeSet;

use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{AmountOf, ReadOptions};
use segmentation_lib::{Error, ErrorKind};

use crate::support::*;

/// A file of these lines.
fn file(header: &str, lines: impl IntoIterator<Item = String>) -> Inputs {
    let lines: Vec<String> = std::iter::once(header.to_owned()).chain(lines).collect();
    Inputs::one("shop.csv", lines.join("\n"))
}

#[track_caller]
fn pennies(inputs: &Inputs, options: &ReadOptions) -> i64 {
    line(&inputs.read(options).expect("readable"), "kept").2
}

fn counted(of: AmountOf) -> ReadOptions {
    ReadOptions { line_money: Some(of), ..ReadOptions::default() }
}

#[track_caller]
fn question(inputs: &Inputs, options: &ReadOptions, part: &str) {
    let error = inputs.read(options).expect_err("a question");
    assert!(error.to_string().contains(part), "{error}");
    assert_eq!(Error::from(error).kind(), ErrorKind::Question);
}

/// The total of an order, in pennies: no two are equal.
fn total(order: u64) -> u64 {
    1_000 + 37 * order
}

fn money(pennies: u64) -> String {
    format!("{}.{:02}", pennies / 100, pennies % 100)
}

#[test]
fn totals_on_receipts_that_begin_again_each_day_count_once() {
    // Three receipts a day of two lines each, of six customers who come again and again with the same numbers.
    let receipts = (0..84_u64).map(|at| (at % 3 + 1, at / 3, total(at)));
    let all: u64 = receipts.clone().map(|(_, _, total)| total).sum();
    let lines = receipts.flat_map(|(number, day, total)| {
        let customer = (number + day) % 6;
        (0..2).map(move |at| {
            let (day, total) = (day + 1, money(total));
            format!("{number},2026-01-{day:02},C{customer},P{at},{total}")
        })
    });
    let inputs = file("receipt,day,customer,product,order_total", lines);
    assert_eq!(pennies(&inputs, &ReadOptions::default()), all as i64);
    assert_eq!(pennies(&inputs, &counted(AmountOf::Invoice)), all as i64);
    assert_eq!(pennies(&inputs, &counted(AmountOf::Line)), 2 * all as i64);
}

/// A hundred orders of two lines; the second line of so many has a penny more.
fn orders(different: u64) -> Inputs {
    let lines = (0..100_u64).flat_map(|order| {
        let second = total(order) + u64::from(order < different);
        [total(order), second].into_iter().enumerate().map(move |(at, amount)| {
            let (customer, day, amount) = (order % 30, 1 + order % 28, money(amount));
            format!("{order},C{customer},2026-01-{day:02},S{at},{amount}")
        })
    });
    file("order_id,customer_id,date,sku,order_total", lines)
}

#[test]
fn a_few_orders_whose_lines_differ_do_not_make_totals_of_the_others_count_twice() {
    let once: u64 = (0..100).map(total).sum();
    assert_eq!(pennies(&orders(0), &ReadOptions::default()), once as i64);
    let read = orders(2).read(&ReadOptions::default()).expect("readable");
    // Which of two amounts is the total nobody knows: both count.
    let both: u64 = (0..2).map(|order| total(order) + 1).sum();
    assert_eq!(line(&read, "kept").2, (once + both) as i64);
    assert_warns(&read, WarningKind::RepeatedTotals, "all lines of 98 of 100 invoices");
    let read = orders(0).read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::RepeatedTotals, "on all lines of every invoice");
}

#[test]
fn where_many_orders_have_lines_that_differ_it_is_asked() {
    question(&orders(30), &ReadOptions::default(), "on all lines of 70 of 100 invoices");
    let twice: u64 = (0..100).map(|order| 2 * total(order)).sum::<u64>() + 30;
    assert_eq!(pennies(&orders(30), &counted(AmountOf::Line)), twice as i64);
    assert_eq!(pennies(&orders(60), &ReadOptions::default()), twice as i64 + 30);
}

#[test]
fn each_payment_of_an_order_counts_once_where_items_repeat_it() {
    // Two items and two payments, joined.
    let lines = (0..40_u64).flat_map(|order| {
        [total(order), 500].into_iter().flat_map(move |paid| {
            (0..2).map(move |item| {
                let (day, paid) = (1 + order % 28, money(paid));
                format!("{order},C{order},2026-01-{day:02},P{item},{paid}")
            })
        })
    });
    let inputs = file("order_id,customer_id,date,product,payment_value", lines);
    let paid: u64 = (0..40).map(|order| total(order) + 500).sum();
    assert_eq!(pennies(&inputs, &counted(AmountOf::Invoice)), paid as i64);
}

#[test]
fn a_choice_that_leaves_hardly_any_money_is_a_question() {
    let payments = (0..20_u64).flat_map(|contract| {
        (1..=12).map(move |month| format!("{contract},C{contract},2026-{month:02}-05,9.90"))
    });
    let inputs = file("invoice,customer,date,amount", payments);
    question(&inputs, &counted(AmountOf::Invoice), "count no more");
    assert_eq!(pennies(&inputs, &counted(AmountOf::Line)), 20 * 12 * 990);
}

#[test]
fn rows_that_count_once_are_not_said_to_count_twice() {
    let orders = |from: u64| {
        let lines = (from..from + 40).map(|order| {
            let (day, amount) = (1 + order % 28, money(total(order)));
            format!("{order},C{order},2026-01-{day:02},{amount}")
        });
        std::iter::once("order_id,customer_id,date,order_total".to_owned()).chain(lines).collect::<Vec<_>>()
    };
    let inputs = Inputs::one("a.csv", orders(0).join("\n"));
    inputs.add("b.csv", orders(20).join("\n"));
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_eq!(line(&read, "kept").2, (0..60).map(total).sum::<u64>() as i64);
    assert_warns(&read, WarningKind::SameRows, "their totals count once");
    assert!(
        read.warnings().iter().all(|warning| !warning.text.en.contains("twice")),
        "{:?}",
        read.warnings()
    );
}

/// Five purchases of each of six customers, the rows of a customer together.
fn purchases(customer: u64) -> Vec<u64> {
    (0..5).map(|at| total(5 * customer + at) + at * at).collect()
}

fn kept_anyway() -> ReadOptions {
    let mut options = ReadOptions::default();
    options.rules.disable("non_product").expect("a rule");
    options
}

#[test]
fn rows_that_are_called_sums_are_removed_and_said() {
    let all: u64 = (0..6).flat_map(purchases).sum();
    // Whose, and of what number and product, the sums below each customer are.
    for (customer, number, product) in [
        ("", "Subtotal", "x"),
        ("TOTAL DO MÊS", "17", "x"),
        ("", "17", "Subtotal"),
        ("Subtotal C", "17", "x"),
    ] {
        let lines = (0..6_u64).flat_map(|id| {
            let rows = purchases(id).into_iter().enumerate().map(move |(at, amount)| {
                format!("C{id},{},2026-01-{:02},mug,{}", 10 * id + at as u64, at + 1, money(amount))
            });
            let whose = if customer.is_empty() { format!("C{id}") } else { customer.to_owned() };
            let sum = money(purchases(id).into_iter().sum());
            rows.chain([format!("{whose},{number},2026-01-05,{product},{sum}")])
        });
        let inputs = file("customer,invoice,date,product,amount", lines);
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_adds_up(&read);
        assert_eq!(line(&read, "kept"), (30, 6, all as i64), "{customer} {number} {product}");
        assert_warns(&read, WarningKind::MarkedRows, "6 rows with");
    }
}

#[test]
fn rows_that_are_sums_without_a_word_are_a_question() {
    let row = |id: u64, at: usize, amount: u64| format!("C{id},2026-01-{:02},{}", at + 1, money(amount));
    let lines = (0..6_u64).flat_map(|id| {
        let own = purchases(id).into_iter().enumerate().map(move |(at, amount)| row(id, at, amount));
        own.chain([row(id, 5, purchases(id).into_iter().sum())])
    });
    let inputs = file("customer,date,amount", lines);
    question(&inputs, &ReadOptions::default(), "6 of 6 customers");
    let all: u64 = (0..6).flat_map(purchases).sum();
    assert_eq!(pennies(&inputs, &kept_anyway()), 2 * all as i64);

    let rows = (0..6_u64)
        .flat_map(|id| purchases(id).into_iter().enumerate().map(move |(at, amount)| row(id, at, amount)));
    let inputs = file("customer,date,amount", rows.chain([row(99, 8, all)]));
    question(&inputs, &ReadOptions::default(), "row 32: its amount");
    assert_eq!(pennies(&inputs, &kept_anyway()), 2 * all as i64);
}

/// Orders of two items, joined with their payments; every fourth has two.
fn joined(payments: u64) -> Inputs {
    let lines = (0..40_u64).flat_map(move |order| {
        let paid = if order % 4 == 0 { payments } else { 1 };
        (1..=paid).flat_map(move |payment| {
            (1..=2_u64).map(move |item| {
                let (day, price, value) =
                    (1 + order % 28, money(total(order) + item), money(2 * total(order) + 3 - payment));
                format!("{order},C{order},2026-01-{day:02},{item},P{item},{price},{payment},{value}")
            })
        })
    });
    let header = "order_id,customer_id,date,order_item_id,product_id,price,payment_sequential,payment_value";
    file(header, lines)
}

#[test]
fn items_joined_with_several_payments_are_a_question() {
    for amount in ["price", "payment_value"] {
        let mut options = ReadOptions::default();
        options.mapping.set("amount", amount).expect("a role");
        question(&joined(2), &options, "(payment_sequential), and 20 rows are of further payments");
        options.line_money = Some(AmountOf::Line);
        assert_eq!(line(&joined(2).read(&options).expect("said"), "kept").0, 100, "{amount}");
    }
    let mut options = ReadOptions::default();
    options.mapping.set("amount", "payment_value").expect("a role");
    let once: u64 = (0..40).map(|order| 2 * total(order) + 2).sum();
    assert_eq!(pennies(&joined(1), &options), once as i64);
    options.line_money = Some(AmountOf::Invoice);
    let further: u64 = (0..40).step_by(4).map(|order| 2 * total(order) + 1).sum();
    assert_eq!(pennies(&joined(2), &options), (once + further) as i64);
}

#[test]
fn documents_of_one_sale_beside_each_other_are_a_question() {
    let chain = |kinds: &'static [&'static str]| {
        let lines = (0..20_u64).flat_map(move |sale| {
            kinds.iter().zip(1_u64..).map(move |(kind, at)| {
                let (day, amount) = (at + sale % 20, money(total(sale)));
                format!("{kind}{sale},C{},2026-01-{day:02},{kind},{amount}", sale % 7)
            })
        });
        file("Number,Customer,Date,Type,Amount", lines)
    };
    let all: u64 = (0..20).map(total).sum();
    for kinds in [["Sales Order", "Invoice"], ["Pedido", "Nota Fiscal"], ["Item Fulfillment", "Invoice"]] {
        let kinds: &'static [&'static str] = Vec::leak(kinds.to_vec());
        let inputs = chain(kinds);
        question(&inputs, &ReadOptions::default(), "documents of one sale");
        let with = |column: &str| {
            let mut options = ReadOptions::default();
            options.mapping.set("type", column).expect("a role");
            options
        };
        assert_eq!(pennies(&inputs, &with("-")), 2 * all as i64, "{kinds:?}");
        match kinds[0] {
            // What no word tells is asked about in a column that was named.
            "Item Fulfillment" => question(&inputs, &with("Type"), "Item Fulfillment"),
            _ => assert_eq!(pennies(&inputs, &with("Type")), 2 * all as i64, "{kinds:?}"),
        }
        let one = ReadOptions { sales: vec![kinds[1].to_owned()], ..with("Type") };
        assert_eq!(pennies(&inputs, &one), all as i64, "{kinds:?}");
    }
    assert_eq!(pennies(&chain(&["Invoice"]), &ReadOptions::default()), all as i64);
    assert_eq!(pennies(&chain(&["Orçamento", "Nota Fiscal"]), &ReadOptions::default()), all as i64);
}

#[test]
fn an_empty_column_is_not_the_invoice() {
    let lines = |header: &str, receipt: &'static str| {
        let lines = (0..12).map(move |order| {
            format!(
                "#{},c{}@x.org,paid,{}.50,2026-01-{:02} 09:37:23,{receipt}",
                1001 + order,
                order % 2,
                10 + order,
                5 + order / 6
            )
        });
        file(header, lines)
    };
    let invoices = |inputs: &Inputs, options: &ReadOptions| {
        let read = inputs.read(options).expect("readable");
        let said =
            read.decisions().iter().any(|decision| decision.text.en.contains("each customer's day is one"));
        let rows = rows(&read);
        let purchases: BTreeSet<&str> = rows.iter().filter_map(|row| row.split(" | ").nth(1)).collect();
        (purchases.len(), said)
    };
    let shopify = "Name,Email,Financial Status,Total,Created at,Receipt Number";
    assert_eq!(invoices(&lines(shopify, ""), &ReadOptions::default()), (12, false));
    assert_eq!(invoices(&lines(shopify, "7"), &ReadOptions::default()), (1, false));
    let other = "Label,Email,Financial Status,Total,Created at,Receipt Number";
    assert_eq!(invoices(&lines(other, ""), &ReadOptions::default()), (2, true));
}

#[test]
fn instalments_without_a_number_of_an_order_are_pointed_out() {
    let paid = |header: &str| {
        let lines = (0..12)
            .map(|at| format!("C{},2026-{:02}-05,{}/3,O{},10.{at:02}", at / 3, at + 1, at % 3 + 1, at / 3));
        file(header, lines).read(&ReadOptions::default())
    };
    let read = paid("Cliente,Data,Parcela,Vendedor,Valor").expect("readable");
    assert_warns(&read, WarningKind::UnusedColumn, "Parcela is not used");
}
