//! More kinds of exports: names and words that no list holds whole, data without money, totals without invoices.

use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{AmountOf, ReadOptions, TransactionsError};
use segmentation_lib::{Error, ErrorKind};

use crate::formats::zipped;
use crate::support::*;

/// A file of these lines.
fn file(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Inputs {
    let lines: Vec<String> = lines.into_iter().map(|line| line.as_ref().to_owned()).collect();
    Inputs::one("shop.csv", lines.join("\n"))
}

#[track_caller]
fn kept(inputs: &Inputs) -> (u64, u64, i64) {
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_adds_up(&read);
    line(&read, "kept")
}

#[test]
fn data_without_money_is_read_and_says_so() {
    for (name, text) in [
        ("a.csv", "customer,date\nA,2026-01-05\nB,2026-01-06\nA,2026-02-07\n".to_owned()),
        ("a.csv", "Kunde;Datum;Rechnungsnummer\nA;05.01.2026;1\nB;16.01.2026;2\nA;07.02.2026;3\n".to_owned()),
        (
            "a.csv",
            "id_cliente,data,qtd,sku\nA,2026-01-05,2,x\nB,2026-01-06,1,y\nA,2026-02-07,4,x\n".to_owned(),
        ),
        (
            "a.ndjson",
            ["A", "B", "A"]
                .map(|id| format!("{{\"customer_id\":\"{id}\",\"date\":\"2026-01-05\"}}"))
                .join("\n"),
        ),
        (
            "a.csv",
            "purchases of the spring\n\ncustomer,date\nA,2026-01-05\nB,2026-01-06\nA,2026-02-07\n".to_owned(),
        ),
    ] {
        let read = Inputs::one(name, &text).read(&ReadOptions::default()).expect(&text);
        assert_eq!(line(&read, "kept"), (3, 2, 0), "{text}");
        assert_warns(&read, WarningKind::NoMoney, "the data holds no money");
        assert!(!read.columns().money);
        let table = CustomerTable::compute(&read, None).expect("customers");
        assert_eq!(table.values("frequency").expect("frequency").len(), 2);
        for feature in ["monetary", "basket", "return_rate"] {
            let error = table.values(feature).expect_err("no money");
            assert!(matches!(&error, FeaturesError::MissingColumn { column: "amount", .. }), "{error}");
        }
    }
}

#[test]
fn a_column_that_may_be_money_is_asked_about() {
    for header in ["customer,date,xyz", "customer,date,price", "customer,date,Wert in T"] {
        let inputs = file([header, "A,2026-01-05,10", "B,2026-01-06,20"]);
        let error = inputs.read(&ReadOptions::default()).expect_err(header);
        assert!(error.to_string().contains("no column is recognised as amount"), "{error}");
        let mut options = ReadOptions::default();
        options.mapping.set("amount", "-").expect("a role");
        assert_eq!(line(&inputs.read(&options).expect("readable"), "kept"), (2, 2, 0), "{header}");
    }
    // Where one column is missing and another may be meant the user knows; else the data cannot be used.
    let kind = |text: &str| {
        let error = Inputs::one("a.csv", text).read_one("a.csv", &ReadOptions::default()).expect_err(text);
        Error::from(error).kind()
    };
    assert_eq!(kind("customer,date,xyz\nA,2026-01-05,10\n"), ErrorKind::Question);
    assert_eq!(kind("customer,amount\nA,10\n"), ErrorKind::Data);
    assert_eq!(kind("a,b,c\nA,10,x\n"), ErrorKind::Data);
}

#[test]
fn money_in_some_files_only_is_refused() {
    let inputs = file(["customer,date", "A,2026-01-05"]);
    let priced = inputs.add("b.csv", "customer,date,amount\nB,2026-01-05,10\n");
    let error =
        read(&[inputs.path("shop.csv"), priced], &ReadOptions::default()).expect_err("half of the money");
    assert!(matches!(&error, TransactionsError::MoneyInSome { .. }), "{error}");
    // Found and not named, a file without money is something else than sales.
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_eq!((line(&read, "kept"), read.columns().money), ((1, 1, 1000), true));
}

#[test]
fn states_of_several_words_are_read() {
    for (sale, none) in [
        ("Pedido entregue", "Cancelado pelo cliente"),
        ("Paiement accepté", "En attente du paiement par chèque"),
        ("Order complete", "Suspected Fraud"),
        ("Zahlung erhalten", "Zahlung fehlgeschlagen"),
        ("Pago aprobado", "Pago rechazado por el banco"),
    ] {
        let inputs = file([
            "customer_id,order_date,order_status,total".to_owned(),
            format!("A,2026-01-05,{sale},10"),
            format!("B,2026-01-06,{none},20"),
            format!("A,2026-01-07,{sale},30"),
        ]);
        assert_eq!(kept(&inputs), (2, 1, 4000), "{sale} {none}");
    }
}

#[test]
fn columns_are_recognised_by_a_part_of_their_name() {
    for (header, sale, refund, sum) in [
        ("Tipo de comprobante", "Factura A", "Nota de crédito A", 2000),
        ("Type de pièce", "Facture", "Avoir client", 2000),
        ("shop_order_type", "sale", "refund", 2000),
        ("Belegtyp", "Rechnung", "Rechnungskorrektur", 2000),
        ("Status do Pedido (loja)", "Entregue", "Cancelado", 4000),
        ("fulfilment_status_name", "shipped", "cancelled", 4000),
    ] {
        let inputs = file([
            format!("customer_id,order_date,{header},total"),
            format!("A,2026-01-05,{sale},10"),
            format!("A,2026-01-06,{sale},30"),
            format!("A,2026-01-07,{refund},20"),
        ]);
        assert_eq!(kept(&inputs).2, sum, "{header}");
    }
}

#[test]
fn a_column_that_is_hardly_understood_is_not_used_and_says_what_it_may_tell() {
    for (header, values) in [
        ("order_type", ["Online", "Exchange", "Kiosk", "Return"]),
        ("État", ["Colis 1", "Colis 2", "Colis 3", "Annulé"]),
        ("type", ["b2b", "b2c", "outlet", "Gutschrift"]),
        ("state", ["SP", "RJ", "MG", "cancelled"]),
    ] {
        let lines = values.iter().enumerate().map(|(at, v)| format!("C{at},2026-01-0{},{v},10", at + 1));
        let header = format!("customer_id,order_date,{header},total");
        let inputs = file(std::iter::once(header.clone()).chain(lines));
        assert_eq!(kept(&inputs), (4, 4, 4000), "{header}");
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_warns(
            &read,
            WarningKind::UnusedColumn,
            &format!("{:?} are no sales: 1 row with 10.00 is counted", values[3]),
        );
    }
}

#[test]
fn a_flag_is_one_only_where_it_answers_yes_and_no() {
    for (header, no, yes) in [
        ("test", "false", "true"),
        ("is_return", "0", "1"),
        ("devolvido", "Não", "Sim"),
        ("returned", "", "2026-01-09"),
    ] {
        let inputs = file([
            format!("customer_id,order_date,{header},total"),
            format!("A,2026-01-05,{no},10"),
            format!("B,2026-01-06,{yes},20"),
            format!("A,2026-01-07,{no},30"),
        ]);
        assert_eq!(kept(&inputs), (2, 1, 4000), "{header}");
        let groups = file([
            format!("customer_id,order_date,{header},total"),
            "A,2026-01-05,blue,10".to_owned(),
            "B,2026-01-06,green,20".to_owned(),
        ]);
        assert_eq!(kept(&groups), (2, 2, 3000), "{header}");
    }
}

#[test]
fn names_may_carry_their_unit() {
    for (date, amount) in [
        ("Data da venda", "Total (BRL)"),
        ("Datum", "Betrag CHF"),
        ("Created (UTC)", "Amount (EUR)"),
        ("Auftragsdatum", "Summe brutto"),
        ("Data do pedido", "Valor total (R$)"),
    ] {
        let inputs = file([format!("customer_id,{date},{amount}"), "A,2026-01-05,10".to_owned()]);
        assert_eq!(kept(&inputs), (1, 1, 1000), "{date} {amount}");
    }
    let two = file(["customer_id,date,Total (BRL),Total (USD)", "A,2026-01-05,10,2"]);
    let error = two.read(&ReadOptions::default()).expect_err("which of them?");
    assert!(error.to_string().contains("several columns may be the amount"), "{error}");
}

#[test]
fn totals_repeated_on_lines_count_once_without_invoices_too() {
    let orders = [
        ("A", 5, "10.50", 3),
        ("B", 6, "20.00", 2),
        ("A", 7, "33.10", 2),
        ("C", 8, "9.90", 2),
        ("D", 9, "70.00", 4),
    ];
    for (amount, time) in
        [("amount", " 10:15:30"), ("valor", "T08:00:01"), ("order total", ""), ("valor total", "")]
    {
        let lines = orders.iter().flat_map(|(id, day, total, lines)| {
            (0..*lines).map(move |at| format!("{id},2026-01-0{day}{time},SKU-{at},{total}"))
        });
        let inputs = file(std::iter::once(format!("customer_id,date,sku,{amount}")).chain(lines));
        assert_eq!(kept(&inputs).2, 14_350, "{amount} {time}");
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_warns(&read, WarningKind::RepeatedTotals, "counts once");
    }
    // On a day without a time, amounts of no such name may be those of the lines.
    let lines = orders.iter().flat_map(|(id, day, total, lines)| {
        (0..*lines).map(move |at| format!("{id},2026-01-0{day},SKU-{at},{total}"))
    });
    let inputs = file(std::iter::once("customer_id,date,sku,amount".to_owned()).chain(lines));
    assert_eq!(kept(&inputs).2, 43_750);
}

#[test]
fn a_row_of_sums_is_nobody() {
    for id in ["Total", "Summe:", "TOTAL GERAL", "Somme", "Grand total"] {
        let inputs = file([
            "customer,date,amount".to_owned(),
            "A,2026-01-05,10".to_owned(),
            "B,2026-01-06,20".to_owned(),
            format!("{id},2026-01-06,30"),
        ]);
        assert_eq!(kept(&inputs), (2, 2, 3000), "{id}");
    }
}

#[test]
fn a_sum_without_a_date_is_no_loss() {
    for id in ["Total", "Totais:", "Subtotais", ""] {
        let lines = ["customer,date,amount", "A,2026-01-05,10", "B,2026-01-06,20"].map(str::to_owned);
        let inputs = file(lines.into_iter().chain([format!("{id},,30")]));
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_eq!((line(&read, "kept"), read.losses().rows), ((2, 2, 3000), 0.0), "{id}");
    }
}

#[test]
fn payments_of_one_number_on_several_days_are_a_question() {
    let payments =
        (1..=8).flat_map(|id| (1..=6).map(move |month| format!("C{id},S{id},2026-0{month}-05,{}", 10 + id)));
    for amount in ["amount", "order_total"] {
        let inputs =
            file(std::iter::once(format!("customer_id,order_id,date,{amount}")).chain(payments.clone()));
        let error = inputs.read(&ReadOptions::default()).expect_err("undecided");
        assert!(matches!(&error, TransactionsError::AmountOfUndecided { invoices: 8, .. }), "{error}");
        for (of, pennies) in [(AmountOf::Line, 6 * 11_600), (AmountOf::Invoice, 11_600)] {
            let options = ReadOptions { line_money: Some(of), ..ReadOptions::default() };
            assert_eq!(line(&inputs.read(&options).expect("said"), "kept").2, pennies, "{amount}");
        }
    }
}

#[test]
fn json_is_read_compressed_too() {
    let text = "{\"customer_id\":\"A\",\"date\":\"2026-01-05\",\"amount\":10}\n\
                {\"customer_id\":\"B\",\"date\":\"2026-01-06\",\"amount\":20}\n";
    let array = format!("[{}]", text.trim().replace('\n', ","));
    let zstandard = |bytes: &[u8]| zstd::encode_all(bytes, 1).expect("in memory");
    for (name, bytes) in [
        ("a.ndjson.gz", gzip(text.as_bytes())),
        ("a.json.gz", gzip(array.as_bytes())),
        ("a.jsonl.zst", zstandard(text.as_bytes())),
        ("a.json.zst", zstandard(format!("\u{feff}{array}").as_bytes())),
        ("a.zip", zipped("orders.json", array.as_bytes())),
    ] {
        let read = Inputs::one(name, &bytes).read_one(name, &ReadOptions::default()).expect(name);
        assert_eq!(line(&read, "kept"), (2, 2, 3000), "{name}");
    }
}

#[test]
fn a_discount_beside_prices_is_pointed_out() {
    for column in ["discount", "Desconto (%)", "Rabatt", "remise", "coupon_value"] {
        let inputs = file([
            format!("customer_id,date,quantity,unit_price,{column}"),
            "A,2026-01-05,2,5.00,50".to_owned(),
            "B,2026-01-06,1,7.00,0".to_owned(),
        ]);
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_warns(&read, WarningKind::UnusedColumn, "is not used: money is quantity times unit_price");
    }
    let whole = file(["customer_id,date,quantity,unit_price,discount,total", "A,2026-01-05,2,5.00,50,5.00"]);
    assert!(whole.read(&ReadOptions::default()).expect("readable").warnings().is_empty());
}

#[test]
fn rows_that_cannot_be_read_are_pointed_out_from_one_in_a_hundred_on() {
    for (bad, text) in [
        ("A,0000-00-00,10", "1 row with 10.00 removed: no date that can be read, such as \"0000-00-00\""),
        ("A,2026-01-05,ten", "1 row with 0.00 removed: no amount that can be read, such as \"ten\""),
        ("A,soon,10", "no date that can be read, such as \"soon\""),
        ("A,2026-01-05,10,1,2", "more values than columns"),
    ] {
        let good = (1..=30).map(|at| format!("C{at},2026-01-{at:02},10"));
        let lines = std::iter::once("customer,date,amount".to_owned()).chain(good).chain([bad.to_owned()]);
        let read = file(lines).read(&ReadOptions::default()).expect("readable");
        assert_warns(&read, WarningKind::DamagedRows, text);
    }
}

#[test]
fn whole_numbers_of_an_interface_may_be_cents() {
    let orders = |amount: &dyn Fn(u32) -> String| {
        let row = |at: u32| {
            format!("{{\"customer\":\"C{at}\",\"date\":\"2026-01-{at:02}\",\"amount\":{}}}", amount(at))
        };
        Inputs::one("a.ndjson", (1..=12).map(row).collect::<Vec<_>>().join("\n"))
    };
    let warns = |inputs: &Inputs| {
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        read.warnings().iter().any(|warning| warning.kind == WarningKind::MinorUnits)
    };
    assert!(warns(&orders(&|at| (1299 + at).to_string())));
    assert!(!warns(&orders(&|at| format!("{at}.50"))), "with decimals");
    assert!(!warns(&orders(&|at| format!("\"{at}\""))), "as texts");
    assert!(!warns(&orders(&|at| (at * 100).to_string())), "whole hundreds");
}

#[test]
fn amazons_price_of_an_item_is_that_of_all_pieces() {
    let inputs = Inputs::one(
        "orders.txt",
        "amazon-order-id\tpurchase-date\torder-status\tbuyer-email\tsku\tquantity\titem-price\n\
         1\t2026-01-05\tShipped\ta@x.org\tx\t3\t30.00\n2\t2026-01-06\tCancelled\tb@x.org\ty\t2\t10.00\n",
    );
    assert_eq!(kept(&inputs), (1, 1, 3000));
    let other = Inputs::one("shop.csv", "customer,date,quantity,item-price\nA,2026-01-05,3,30.00\n");
    assert_eq!(kept(&other), (1, 1, 9000));
}

#[test]
fn a_month_with_another_name_for_money_is_not_left_out() {
    let inputs = file(["customer_id,order_date,amount", "A,2026-01-05,10", "B,2026-01-06,20"]);
    inputs.add("february.csv", "customer_id,order_date,Valor final\nA,2026-02-05,30\n");
    let error = inputs.read(&ReadOptions::default()).expect_err("a part");
    assert!(
        matches!(&error, TransactionsError::PartLeftOut { place, .. } if place == "february.csv"),
        "{error}"
    );
    assert_eq!(Error::from(error).kind(), ErrorKind::Question);
    // A list of customers is something else.
    let inputs = file(["customer_id,order_date,amount", "A,2026-01-05,10", "B,2026-01-06,20"]);
    inputs.add("customers.csv", "customer_id,signup_date,city\nA,2026-01-01,Recife\n");
    assert_eq!(kept(&inputs), (2, 2, 3000));
}

#[test]
fn a_last_purchase_far_from_all_others_is_pointed_out() {
    let days = (0..120).map(|n| format!("C{},2026-{:02}-{:02},10", n % 7, 1 + n / 28, 1 + n % 28));
    let inputs = file(
        std::iter::once("customer_id,date,amount".to_owned())
            .chain(days)
            .chain(["C1,2026-10-30,10".to_owned()]),
    );
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::ImplausibleDates, "on 2026-10-30, stand 175 days after all others");
}

/// Orders `from` to `to` with two items each, by other columns.
fn orders(from: u32, to: u32) -> (String, String) {
    let lines = |line: &dyn Fn(u32) -> String| (from..to).map(line).collect::<String>();
    let totals = lines(&|n| format!("{n},C{},2026-01-{:02},{}\n", n % 9, 1 + n % 28, 30 + n));
    let items = lines(&|n| {
        format!(
            "C{},{n},2026-01-{:02},SKU1,1,20\nC{},{n},2026-01-{:02},SKU2,1,{}\n",
            n % 9,
            1 + n % 28,
            n % 9,
            1 + n % 28,
            10 + n
        )
    });
    (
        format!("order_id,customer_id,order_date,total\n{totals}"),
        format!("customer_id,order_id,order_date,sku,quantity,unit_price\n{items}"),
    )
}

#[test]
fn orders_beside_their_items_are_a_question() {
    let (totals, items) = orders(0, 40);
    let inputs = Inputs::one("orders.csv", &totals);
    inputs.add("items.csv", &items);
    let error = inputs.read(&ReadOptions::default()).expect_err("twice the money");
    assert!(matches!(&error, TransactionsError::SameOrders { orders: 40, .. }), "{error}");
    assert_eq!(Error::from(error).kind(), ErrorKind::Question);
    // Items of other orders are more purchases.
    let inputs = Inputs::one("orders.csv", &totals);
    inputs.add("items.csv", orders(40, 80).1);
    assert_eq!(kept(&inputs).0, 120);
}

#[test]
fn exports_that_overlap_are_pointed_out() {
    let inputs = Inputs::one("a.csv", orders(0, 40).0);
    // The columns in another order.
    let second: String = orders(25, 80)
        .0
        .lines()
        .map(|line| {
            let values: Vec<&str> = line.split(',').collect();
            format!("{},{},{},{}\n", values[3], values[1], values[0], values[2])
        })
        .collect();
    inputs.add("b.csv", second);
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::SameRows, "b.csv holds 15 rows that a.csv holds too");
    let inputs = Inputs::one("a.csv", orders(0, 40).0);
    inputs.add("b.csv", orders(40, 80).0);
    assert_eq!(inputs.read(&ReadOptions::default()).expect("readable").warnings(), []);
}

#[test]
fn an_amount_that_is_a_price_is_a_question() {
    let rows = |money: &dyn Fn(u32, u32) -> u32| -> Vec<String> {
        let line = |n: u32| {
            let (product, quantity) = (n % 5, 1 + n % 7);
            format!(
                "C{},2026-01-{:02},SKU{product},{quantity},{}",
                n % 9,
                1 + n % 28,
                money(product, quantity)
            )
        };
        std::iter::once("cliente,data,produto,quantidade,valor".to_owned()).chain((0..60).map(line)).collect()
    };
    let inputs = file(rows(&|product, _| 5 + product));
    let error = inputs.read(&ReadOptions::default()).expect_err("undecided");
    assert!(matches!(&error, TransactionsError::AmountOrPrice { column } if column == "valor"), "{error}");
    let mut options = ReadOptions::default();
    options.mapping.set("price", "valor").expect("a role");
    let whole: u32 = (0..60).map(|n| (5 + n % 5) * (1 + n % 7) * 100).sum();
    assert_eq!(line(&inputs.read(&options).expect("said"), "kept").2, i64::from(whole));
    assert_eq!(kept(&file(rows(&|product, quantity| (5 + product) * quantity))).2, i64::from(whole));
}

#[test]
fn what_is_taken_back_after_the_last_purchase_stops_nothing() {
    let reference = |day: &str| {
        let back = format!("A,{day},-10");
        let inputs = file(["customer_id,date,amount", "A,2026-01-05,10", "B,2026-01-06,20", &back]);
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        CustomerTable::compute(&read, None).expect("customers").reference().to_string()
    };
    assert_eq!(reference("2026-01-06"), "2026-01-07");
    assert_eq!(reference("2026-01-07"), "2026-01-07");
    assert_eq!(reference("2026-01-09"), "2026-01-10");
}

/// How many purchases each customer made.
#[track_caller]
fn purchases(inputs: &Inputs, options: &ReadOptions) -> (Vec<f64>, bool) {
    let read = inputs.read(options).expect("readable");
    let restart = read.decisions().iter().any(|decision| decision.text.en.contains("numbers begin again"));
    let table = CustomerTable::compute(&read, None).expect("customers");
    (table.values("frequency").expect("always there"), restart)
}

#[test]
fn numbers_that_begin_again_each_day_are_several_purchases() {
    // Three customers come every day, in turn first; each buys two things.
    let mut lines = vec!["receipt,day,customer,product,amount".to_owned()];
    for day in 1..=28 {
        for place in 0..3 {
            let customer = (place + day) % 3;
            lines.push(format!("{},2026-01-{day:02},C{customer},tea,2.50", place + 1));
            lines.push(format!("{},2026-01-{day:02},C{customer},milk,1.{day:02}", place + 1));
        }
    }
    let inputs = file(&lines);
    assert_eq!(purchases(&inputs, &ReadOptions::default()), (vec![28.0; 3], true));
    let spilled = ReadOptions { rows_in_memory: 20, ..ReadOptions::default() };
    assert_eq!(purchases(&inputs, &spilled), (vec![28.0; 3], true));
}

#[test]
fn an_invoice_of_several_days_is_one_purchase_where_its_number_is_one_customers() {
    // Parts delivered later, and a number that two customers happen to share.
    let mut lines = vec!["invoice,day,customer,amount".to_owned()];
    for customer in 0..30 {
        lines.push(format!("{customer},2026-01-05,C{customer:02},10.{customer:02}"));
        lines.push(format!("{customer},2026-02-0{},C{customer:02},3.10", 1 + customer % 9));
    }
    lines.push("29,2026-01-05,C00,7.00".to_owned());
    let (purchases, restart) = purchases(&file(&lines), &ReadOptions::default());
    assert_eq!((purchases[0], &purchases[1..], restart), (2.0, &[1.0; 29][..], false));
}

#[test]
fn rows_that_stand_twice_are_warned_of() {
    // Two lines an invoice, of different amounts.
    let line = |n: usize| {
        let (invoice, product) = (n / 2, ["tea", "milk"][n % 2]);
        let day = 1 + invoice % 28;
        format!("{invoice},2026-01-{day:02},C{:02},{product},{}.50", invoice % 20, 1 + n % 9)
    };
    let once: Vec<String> = std::iter::once("invoice,date,customer,product,amount".to_owned())
        .chain((0..100).map(line))
        .collect();
    let warns = |repeated: usize| {
        let lines = once.iter().cloned().chain((0..repeated).map(line));
        let read = file(lines).read(&ReadOptions::default()).expect("readable");
        assert_eq!(line_of(&read), 100 + repeated as u64);
        read.warnings()
            .iter()
            .any(|w| w.kind == WarningKind::SameRows && w.text.en.contains("repeat another row"))
    };
    assert_eq!([0, 4, 12, 100].map(warns), [false, false, true, true]);
}

fn line_of(read: &segmentation_lib::transactions::Transactions) -> u64 {
    line(read, "kept").0
}
