//! Kinds of real exports whose figures were once wrong without a word.

use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{ReadOptions, TransactionsError};
use segmentation_lib::{Error, ErrorKind};

use crate::formats::zipped;
use crate::support::*;

/// A file of these lines.
fn file(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Inputs {
    let lines: Vec<String> = lines.into_iter().map(|line| line.as_ref().to_owned()).collect();
    Inputs::one("shop.csv", lines.join("\n"))
}

/// Orders of ten each on the days of January, with a further column.
fn orders(column: &str, values: &[&str]) -> Inputs {
    let row = |(at, value): (usize, &&str)| format!("C{},2026-01-{:02},10,{value}", at % 3, at + 1);
    let header = format!("customer_id,order_date,total,{column}");
    file(std::iter::once(header).chain(values.iter().enumerate().map(row)))
}

#[track_caller]
fn kept(inputs: &Inputs) -> (u64, u64, i64) {
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_adds_up(&read);
    line(&read, "kept")
}

#[track_caller]
fn question(inputs: &Inputs, part: &str) {
    let error = inputs.read(&ReadOptions::default()).expect_err("a question");
    assert!(error.to_string().contains(part), "{error}");
    assert_eq!(Error::from(error).kind(), ErrorKind::Question);
}

#[track_caller]
fn without(role: &str, inputs: &Inputs) -> (u64, u64, i64) {
    let mut options = ReadOptions::default();
    options.mapping.set(role, "-").expect("a role");
    line(&inputs.read(&options).expect("readable"), "kept")
}

#[test]
fn credit_as_a_means_of_payment_is_no_refund() {
    for (column, values) in [
        ("payment_type", ["debit", "credit", "credit"]),
        ("card type", ["Credit", "Credit", "Credit"]),
        ("Tipo de pagamento", ["Crédito", "Débito", "Crédito"]),
    ] {
        let inputs = orders(column, &values);
        assert_eq!(kept(&inputs), (3, 3, 3000), "{column}");
        assert!(inputs.read(&ReadOptions::default()).expect("readable").warnings().is_empty(), "{column}");
    }
    // On account, or a refund: nobody can tell.
    let inputs = orders("invoice_type", &["Cash", "Credit", "Credit"]);
    assert_eq!(kept(&inputs), (3, 3, 3000));
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::UnknownValues, "\"Credit\" are sales; 2 rows with 20.00 are counted");
    assert_eq!(kept(&orders("transaction_type", &["sale", "sale", "credit"])), (3, 3, 1000));
}

#[test]
fn mostly_refunds_are_a_question() {
    let inputs = orders("doc_type", &["invoice", "return", "return", "return"]);
    question(&inputs, "would make 3 of 4 rows money that goes back, by \"return\"");
    let mut options = ReadOptions::default();
    options.mapping.set("type", "doc_type").expect("a role");
    assert_eq!(line(&inputs.read(&options).expect("readable"), "kept").2, -2000);
    assert_eq!(without("type", &inputs), (4, 3, 4000));
}

#[test]
fn payments_beside_their_invoices_are_no_sales() {
    for (column, values) in [
        ("Transaction Type", ["Invoice", "Payment", "Invoice", "Payment"]),
        ("Belegart", ["Rechnung", "Zahlung", "Rechnung", "Zahlung"]),
        ("tipo", ["Fatura", "Pagamento", "Fatura", "Pagamento"]),
        ("Line Type", ["Sale", "Sale Line", "Sale", "Payment"]),
    ] {
        assert_eq!(kept(&orders(column, &values)).2, 2000, "{column}");
    }
    assert_eq!(
        kept(&orders("type", &["payment", "payment", "charge"])).2,
        3000,
        "payments alone are the sales"
    );
}

#[test]
fn debits_and_credits_are_a_question() {
    for (column, values) in [("D/C", ["D", "C"]), ("Soll/Haben", ["S", "H"]), ("DR_CR", ["DR", "CR"])] {
        let inputs = orders(column, &values);
        question(&inputs, "marks debits (1) and credits (1)");
        assert_eq!(without("type", &inputs), (2, 2, 2000), "{column}");
    }
    assert_eq!(kept(&orders("D/C", &["D", "D", "D"])), (3, 3, 3000));
}

#[test]
fn money_that_cancels_is_a_question() {
    let shop = |share: u32| {
        let line = |at: u32| {
            let amount = 100 + at;
            let back = amount * share / 100;
            format!("C{at},2026-01-{at:02},{amount}.00\nC{at},2026-02-{at:02},-{back}.00")
        };
        file(std::iter::once("customer,date,total".to_owned()).chain((1..=12).map(line)))
    };
    question(&shop(100), "amounts below zero take 1,278.00 off the 1,278.00 that the others add up to");
    assert_eq!(without("type", &shop(100)).2, 0);
    let mut options = ReadOptions::default();
    options.rules.returns = segmentation_lib::transactions::Returns::Drop;
    assert_eq!(line(&shop(100).read(&options).expect("readable"), "kept").2, 127_800);
    assert_eq!(kept(&shop(80)).0, 24, "many returns");
}

#[test]
fn several_columns_say_that_a_row_is_no_sale() {
    let inputs = file([
        "customer_id,order_date,total,cancelled_at,deleted_at,is_test,voided,paid",
        "A,2026-01-05,10,,,false,false,true",
        "A,2026-01-06,10,2026-01-07,,false,false,true",
        "A,2026-01-07,10,,2026-01-08,false,false,true",
        "A,2026-01-08,10,,,true,false,true",
        "A,2026-01-09,10,,,false,true,true",
        "A,2026-01-10,10,,,false,false,false",
        "B,2026-01-11,10,,,false,false,true",
    ]);
    assert_eq!(kept(&inputs), (2, 2, 2000));
    // Where the caller says which column it is, the others are only warned of.
    let mut options = ReadOptions::default();
    options.mapping.set("cancelled", "cancelled_at").expect("a role");
    let read = inputs.read(&options).expect("readable");
    assert_eq!(line(&read, "kept"), (6, 2, 6000));
    assert_warns(&read, WarningKind::UnusedColumn, "is_test is not used, although \"true\" are no sales");
    assert_warns(&read, WarningKind::UnusedColumn, "paid is not used, although \"false\" are no sales");
}

#[test]
fn flags_are_known_by_a_part_of_their_name_and_their_answers() {
    for (column, sale, none) in [
        ("deleted", "0", "1"),
        ("_fivetran_deleted", "false", "true"),
        ("D_E_L_E_T_", "", "*"),
        ("Estornado", "", "X"),
        ("Excluído", "Não", "Sim"),
        ("is_fraud", "0", "1"),
        ("sandbox", "false", "true"),
        ("Returns", "No", "Yes"),
        ("captured", "TRUE", "FALSE"),
        ("is_valid", "1", "0"),
        ("pago", "Sim", "Não"),
        ("livemode", "true", "false"),
    ] {
        assert_eq!(kept(&orders(column, &[sale, none, sale])).2, 2000, "{column}");
        assert_eq!(kept(&orders(column, &["blue", "green", "red"])).2, 3000, "{column}");
    }
    for (column, sale, doubtful) in [
        ("active", "true", "false"),
        ("observacao", "", "CANCELADO"),
        ("qty_refunded", "0", "1"),
        ("CFOP", "5102", "1202"),
    ] {
        let inputs = orders(column, &[sale, doubtful, sale]);
        assert_eq!(kept(&inputs).2, 3000, "{column}");
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_warns(&read, WarningKind::UnknownValues, &format!("{column}: it is not known whether"));
    }
    let quiet =
        orders("cancel_reason_group", &["a", "b", "c"]).read(&ReadOptions::default()).expect("readable");
    assert!(quiet.warnings().is_empty(), "{:?}", quiet.warnings());
}

#[test]
fn a_table_may_have_more_such_columns_than_are_looked_at() {
    let names: Vec<String> = (0..9).map(|at| format!("test {at}")).collect();
    let inputs = orders(&names.join(","), &["0,0,0,0,0,0,0,0,0", "1,0,0,0,0,0,0,0,0"]);
    assert_eq!(kept(&inputs).2, 1000);
}

#[test]
fn currencies_are_known_by_a_part_of_their_columns_name() {
    for column in [
        "order_currency_code",
        "total_currency",
        "Transaction Currency Code",
        "Settlement Currency",
        "waers",
        "cod_moeda",
        "Moeda do pedido",
        "Währungskennzeichen",
        "price_ccy_2",
    ] {
        question(&orders(column, &["EUR", "USD", "JPY", "EUR", "EUR"]), "the amounts are in 3 currencies");
    }
    question(&orders("Currency Symbol", &["€", "$"]), "the amounts are in 2 currencies");
    for (column, values) in [
        ("currency_rate", ["1.05", "1.07", "1.05", "1.06", "1.07"]),
        ("moeda_nota", ["1.20", "7.10", "1.30", "9.10", "1.50"]),
        ("airport", ["EUR", "USD", "BER", "EUR", "EUR"]),
    ] {
        assert_eq!(kept(&orders(column, &values)).2, 5000, "{column}");
    }
    // The order's currency stands before the shop's.
    let both = orders("base_currency_code,order_currency_code", &["EUR,EUR", "EUR,USD"]);
    question(&both, "the amounts are in 2 currencies");
}

#[test]
fn prices_may_end_in_a_dash() {
    let inputs = file(["customer_id;order_date;total", "A;2026-01-05;347,-", "B;2026-01-06;12,50"]);
    assert_eq!(kept(&inputs), (2, 2, 35_950));
}

#[test]
fn json_is_found_in_its_wrapper() {
    let row = r#"{"customer_id":1,"date":"2026-01-05","total":10}"#;
    for (name, text) in [
        ("status", format!(r#"{{"status":"ok","orders":[{row}]}}"#)),
        ("pages", format!(r#"{{"count":1,"next":"https://x.org/?page=2","previous":null,"results":[{row}]}}"#)),
        ("list", format!(r#"{{"object":"list","data":[{row}],"has_more":false}}"#)),
        ("attributes", r#"{"data":[{"type":"order","id":"5","attributes":{"customer_id":1,"date":"2026-01-05","total":10}}]}"#.to_owned()),
        ("payload", r#"{"topic":"t","payload":{"customer_id":1,"date":"2026-01-05","total":10}}"#.to_owned()),
        (
            "one order",
            r#"{"customer_id":1,"date":"2026-01-05","total":10,"items":[{"sku":"a"},{"sku":"b"}]}"#.to_owned(),
        ),
        (
            "mongo",
            r#"{"_id":{"$oid":"5f"},"customerId":{"$oid":"6a"},"createdAt":{"$date":{"$numberLong":"1767600000000"}},"total":{"$numberDecimal":"10.00"}}"#.to_owned(),
        ),
    ] {
        let read = Inputs::one("a.json", text).read(&ReadOptions::default()).expect(name);
        assert_eq!(line(&read, "kept"), (1, 1, 1000), "{name}");
    }
}

#[test]
fn an_order_of_a_guest_asks_nothing() {
    let text = r#"[{"created_at":"2026-01-05","total_price":"10","customer":null},
                   {"created_at":"2026-01-06","total_price":"20","customer":{"id":7}}]"#;
    let read = Inputs::one("a.json", text).read(&ReadOptions::default()).expect("readable");
    assert_eq!((line(&read, "kept"), line(&read, "missing_customer").0), ((1, 1, 2000), 1));
}

#[test]
fn beside_an_amount_an_unreadable_quantity_is_none() {
    for (column, value) in [("items", "2x A; 1x B"), ("units", "UN"), ("quantity", "3 kg")] {
        let inputs = orders(column, &[value, value]);
        assert_eq!(kept(&inputs), (2, 2, 2000), "{column}");
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_warns(&read, WarningKind::UnknownValues, "2 rows hold no number");
    }
    let priced = file(["customer,date,quantity,price", "A,2026-01-05,two,10", "A,2026-01-06,2,10"]);
    assert_eq!(kept(&priced), (1, 1, 2000));
}

#[test]
fn goods_that_came_back_take_their_money_with_them() {
    let rows =
        ["customer,date,quantity,total", "A,2026-01-05,3,30", "A,2026-01-06,-1,10", "B,2026-01-06,-1,-5"];
    assert_eq!(kept(&file(rows)).2, 1500);
}

#[test]
fn years_of_two_digits_may_come_first() {
    for mark in ["-", "/", "."] {
        let days = ["25-03-02", "25-03-19", "25-11-08", "26-01-30"].map(|day| day.replace('-', mark));
        let rows = days.iter().map(|day| format!("A,{day},10"));
        let inputs = file(std::iter::once("customer,date,total".to_owned()).chain(rows));
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_eq!(read.first().to_string(), "2025-03-02 00:00:00");
        assert_eq!(read.last().to_string(), "2026-01-30 00:00:00");
    }
}

#[test]
fn a_table_that_is_called_cancelled_is_a_question() {
    let rows = "customer,date,total\nA,2026-01-05,10\n";
    let two = Inputs::one("pedidos.csv", rows);
    two.add("cancelados.csv", rows.replace("A,", "B,"));
    question(&two, "is called \"cancelados\"");
    let all = [two.path("pedidos.csv"), two.path("cancelados.csv")];
    assert_eq!(line(&read(&all, &ReadOptions::default()).expect("named"), "kept").2, 2000);
    assert_eq!(kept(&Inputs::one("devolucoes.csv", rows)).2, 1000, "there is no other");
    // Money that is taken off already.
    let returns = Inputs::one("pedidos.csv", rows);
    returns.add("returns.csv", rows.replace(",10", ",-4"));
    assert_eq!(kept(&returns).2, 600);
    let archive = Inputs::one("a.zip", zipped("orders.csv", rows.as_bytes()));
    assert_eq!(kept(&archive).2, 1000);
}

#[test]
fn a_table_of_plans_is_a_question() {
    let rows = "customer,date,total\nA,2026-01-05,10\n";
    for (name, word) in
        [("budget-2026.csv", "budget"), ("Metas de vendas.csv", "metas"), ("forecast.csv", "forecast")]
    {
        let two = Inputs::one("orders.csv", rows);
        two.add(name, rows.replace("A,", "B,"));
        question(&two, &format!("is called {word:?}"));
    }
}

#[test]
fn a_deal_that_was_lost_is_no_sale() {
    assert_eq!(kept(&orders("status", &["Closed Won", "Closed Lost", "Closed Won"])).2, 2000);
}

#[test]
fn kinds_of_which_half_are_known_are_pointed_out() {
    let inputs = orders("event", &["Order Completed", "Loyalty Shown", "Order Completed", "Loyalty Shown"]);
    assert_eq!(kept(&inputs).2, 4000);
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(
        &read,
        WarningKind::UnknownValues,
        "\"Loyalty Shown\" are sales; 2 rows with 20.00 are counted",
    );
    assert_eq!(kept(&orders("event", &["Order Completed", "Checkout Started"])).2, 1000);
}

#[test]
fn states_of_others_than_the_order_say_nothing_of_it() {
    for column in ["subscription_status", "account_status", "email_status", "plan_status"] {
        assert_eq!(kept(&orders(column, &["active", "cancelled", "active"])).2, 3000, "{column}");
    }
}

#[test]
fn whole_numbers_of_a_table_may_be_cents() {
    let warns = |amounts: &dyn Fn(u32) -> String| {
        let rows = (1..=12).map(|at| format!("C{at},2026-01-{at:02},{}", amounts(at)));
        let inputs = file(std::iter::once("customer,date,amount".to_owned()).chain(rows));
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        read.warnings().iter().any(|warning| warning.kind == WarningKind::MinorUnits)
    };
    assert!(warns(&|at| (23_614 + at).to_string()));
    assert!(!warns(&|at| (20 + at).to_string()), "prices without a fraction");
    assert!(!warns(&|at| format!("{}.00", 23_614 + at)));
    assert!(warns(&|at| format!("{}.0", 23_614 + at)), "as programs print floats");
}

#[test]
fn ids_that_are_names_or_written_in_two_ways_are_pointed_out() {
    let rows =
        (0..12).map(|at| format!("Ana {},2026-01-{:02},10,246.092.564-{at:02}", "x".repeat(at % 11), at + 1));
    let rows = rows.chain((0..3).map(|at| format!("Ana,2026-02-{:02},10,246.092.111-{at:02}", at + 1)));
    let inputs = file(std::iter::once("Cliente,Data,Valor,CPF".to_owned()).chain(rows));
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::LargeCustomer, "CPF tells 15 people apart, Cliente only 11");
    let twins = file(["customer,date,total", "246.092.564-54,2026-01-05,10", "24609256454,2026-01-06,10"]);
    assert_warns(
        &twins.read(&ReadOptions::default()).expect("readable"),
        WarningKind::TwinIds,
        "marks between digits",
    );
}

#[test]
fn a_choice_that_hurts_nobody_is_no_question() {
    for (header, expected) in [
        ("order_id,order_number,customer_id,date,total", "customer_id"),
        ("sku,asin,customer_id,date,total", "customer_id"),
        ("x,Customer,Customer ID,date,total", "Customer ID"),
        ("x,Código Cliente,Cliente,date,total", "Código Cliente"),
        ("x,CPF/CNPJ,E-mail,date,total", "CPF/CNPJ"),
    ] {
        let read = file([header, "1,2,3,2026-01-05,10"]).read(&ReadOptions::default()).expect(header);
        let customer =
            read.decisions().iter().any(|d| d.text.en.contains(&format!("customer = {expected},")));
        assert!(customer, "{header}");
    }
    let workbook = Inputs::one("orders.xls", "customer\tdate\ttotal\nA\t2026-01-05\t10\n");
    assert_eq!(kept(&workbook), (1, 1, 1000));
}

/// A Parquet file of this table.
fn parquet(frame: &mut polars::prelude::DataFrame) -> Inputs {
    let inputs = Inputs::new();
    let file = std::fs::File::create(inputs.path("a.parquet")).expect("a file");
    polars::prelude::ParquetWriter::new(file).finish(frame).expect("written");
    inputs
}

#[test]
fn moments_of_a_time_zone_are_on_its_clock() {
    use polars::prelude::*;
    let zone = |name: &str| TimeZone::opt_try_new(Some(name)).expect("a zone");
    // 2024-01-06 01:30 in UTC is 22:30 of the day before in São Paulo.
    let rows = df!("customer" => ["A", "B"], "amount" => [1.0, 2.0], "date" => [1_704_504_600_000_i64; 2]);
    for (name, last) in [("America/Sao_Paulo", "2024-01-05 22:30:00"), ("UTC", "2024-01-06 01:30:00")] {
        let zoned = DataType::Datetime(TimeUnit::Milliseconds, zone(name));
        let rows = rows.as_ref().expect("a frame").clone().lazy().with_column(col("date").cast(zoned));
        let inputs = parquet(&mut rows.collect().expect("zoned"));
        for rows_in_memory in [0, 10] {
            let read =
                inputs.read(&ReadOptions { rows_in_memory, ..ReadOptions::default() }).expect("readable");
            assert_eq!(read.last().to_string(), last, "{name}");
        }
    }
}

#[test]
fn a_column_of_several_values_that_would_be_the_money_is_refused() {
    use polars::prelude::*;
    let rows = df!("customer" => ["A", "B"], "date" => ["2026-01-05", "2026-01-06"], "value" => [1.0, 2.0], "currency" => ["BRL"; 2])
        .expect("a frame")
        .lazy();
    let money = as_struct(vec![col("value"), col("currency")]).alias("amount");
    let nested = rows.clone().select([col("customer"), col("date"), money.clone()]).collect();
    let error = parquet(&mut nested.expect("a table")).read(&ReadOptions::default()).expect_err("no amount");
    assert!(
        error.to_string().contains("\"amount\", by its name the amount, holds structures of value, currency"),
        "{error}"
    );
    // Where another column is the money it is beside the point.
    let both = rows.select([col("customer"), col("date"), money, col("value").alias("total")]).collect();
    assert_eq!(kept(&parquet(&mut both.expect("a table"))), (2, 2, 300));
}

#[test]
fn floats_beyond_their_precision_are_no_ids() {
    use polars::prelude::*;
    let ids = [1.25e17, 1.5e17, 1.75e17];
    let mut frame = df!("customer" => ids, "date" => ["2026-01-05", "2026-01-06", "2026-01-07"], "amount" => [1.0, 2.0, 3.0])
        .expect("a frame");
    let inputs = parquet(&mut frame);
    let error = inputs.read(&ReadOptions::default()).expect_err("rounded");
    assert!(matches!(error, TransactionsError::ShortenedIds { rows: 3, .. }), "{error}");
}

#[test]
fn codes_of_a_type_and_a_second_state_are_warned_of() {
    for (header, good, other) in [("type", "1", "2"), ("status,order_status", "paid,paid", "paid,cancelled")]
    {
        let values = |n: u32| if n.is_multiple_of(5) { other } else { good };
        let row = |n: u32| format!("C{},2026-01-{:02},{}.10,{}", n % 9, 1 + n % 28, 3 + n, values(n));
        let lines = std::iter::once(format!("customer,date,amount,{header}")).chain((0..60).map(row));
        let read = file(lines).read(&ReadOptions::default()).expect("readable");
        let told = read.warnings().iter().any(|w| w.kind == WarningKind::UnknownValues);
        assert!(told, "{header}: {:?}", read.warnings());
    }
}
