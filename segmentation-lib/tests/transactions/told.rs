//! Columns that tell what rows are, in codes and words of many programs: what is read, what is asked, what is said.

use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{ReadOptions, TransactionsError};
use segmentation_lib::{Error, ErrorKind};

use crate::support::*;

/// A row of 10.00 for each value, in a column of that name.
fn orders(column: &str, values: &[&str]) -> Inputs {
    let row = |(at, value): (usize, &&str)| format!("C{at};2026-01-{:02};10.00;{value}", 1 + at % 28);
    let rows: Vec<String> = values.iter().enumerate().map(row).collect();
    Inputs::one("shop.csv", format!("customer;date;amount;{column}\n{}\n", rows.join("\n")))
}

/// As [`orders`], each value so many times.
fn many(column: &str, values: &[(&str, usize)]) -> Inputs {
    let all: Vec<&str> =
        values.iter().flat_map(|(value, times)| std::iter::repeat_n(*value, *times)).collect();
    orders(column, &all)
}

fn options(pairs: &[(&str, &str)]) -> ReadOptions {
    let mut options = ReadOptions::default();
    for (role, column) in pairs {
        options.mapping.set(role, column).expect("a role");
    }
    options
}

#[track_caller]
fn kept(inputs: &Inputs, options: &ReadOptions) -> i64 {
    let read = inputs.read(options).expect("readable");
    assert_adds_up(&read);
    line(&read, "kept").2
}

#[track_caller]
fn asked(inputs: &Inputs, options: &ReadOptions) -> TransactionsError {
    inputs.read(options).expect_err("a question")
}

#[test]
fn codes_of_known_programs_are_read() {
    for (column, sale, refund, none) in [
        ("Type", "INV", "CM", "PMT"),
        ("Transaction Class", "INV", "CM", "PMT"),
        ("Billing Type", "F2", "RE", "F5"),
        ("Tipo Doc", "NF", "NCC", "RA"),
        ("D2_TIPO", "N", "D", "B"),
        ("Tipo Movimento", "Saída", "Entrada", "Transferência"),
    ] {
        let inputs = many(column, &[(sale, 7), (refund, 2), (none, 1)]);
        assert_eq!(kept(&inputs, &ReadOptions::default()), 5000, "{column}");
    }
    for (column, sale, refund) in [("Sinal", "+", "-"), ("E/S", "S", "E"), ("Entrada/Saída", "S", "E")] {
        let inputs = many(column, &[(sale, 7), (refund, 3)]);
        assert_eq!(kept(&inputs, &ReadOptions::default()), 4000, "{column}");
    }
}

#[test]
fn kinds_of_documents_that_are_not_known_are_asked_about() {
    for values in [
        &[("XA", 8), ("XB", 2)][..],
        &[("Lieferung X", 5), ("Vorgang Y", 3), ("Z", 2)],
        &[("A", 5), ("B", 1), ("C", 1), ("D", 1), ("E", 1), ("F", 1)],
    ] {
        let inputs = many("Document Type", values);
        let error = asked(&inputs, &ReadOptions::default());
        assert!(matches!(&error, TransactionsError::UnknownKinds { .. }), "{error}");
        assert!(error.to_string().contains(values[0].0), "{error}");
        assert_eq!(Error::from(error).kind(), ErrorKind::Question);
        assert_eq!(kept(&inputs, &options(&[("type", "-")])), 10_000);
    }
    // Whatever its name, where the caller says that it is a column of kinds.
    let error = asked(&many("group", &[("x", 8), ("y", 2)]), &options(&[("type", "group")]));
    assert!(matches!(error, TransactionsError::UnknownKinds { .. }), "{error}");
}

#[test]
fn a_few_rows_of_unknown_kinds_are_warned_of_with_the_money_of_each() {
    let inputs = many("Document Type", &[("Invoice", 96), ("XA", 3), ("XB", 1)]);
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::UnknownValues, "\"XA\" (3 rows with 30.00), \"XB\" (1 row with 10.00)");
    let five = many("Type", &[("A1", 5), ("B1", 5), ("C1", 5), ("D1", 5), ("E1", 5)]);
    let read = five.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::UnknownValues, "\"E1\" are sales; 25 rows with 250.00 are counted");
}

#[test]
fn documents_of_people_and_channels_are_no_question() {
    for (column, values) in
        [("Tipo de documento", &[("CPF", 8), ("CNPJ", 2)]), ("Order Type", &[("Delivery", 8), ("Pickup", 2)])]
    {
        let read = many(column, values).read(&ReadOptions::default()).expect("readable");
        assert!(read.warnings().is_empty(), "{column}: {:?}", read.warnings());
    }
}

#[test]
fn debits_and_credits_are_known_by_their_short_name() {
    let error = asked(&many("C/D", &[("C", 8), ("D", 2)]), &ReadOptions::default());
    assert!(matches!(error, TransactionsError::DebitsAndCredits { .. }), "{error}");
}

#[test]
fn a_cancellation_is_known_by_its_noun() {
    assert_eq!(kept(&many("Ind. Cancelamento", &[("0", 8), ("1", 2)]), &ReadOptions::default()), 8000);
}

/// With these values named as those of sales.
fn of_sales(mut options: ReadOptions, sales: &[&str]) -> ReadOptions {
    options.sales = sales.iter().map(|sale| (*sale).to_owned()).collect();
    options
}

#[test]
fn stages_of_a_deal_are_states() {
    let deals = [("Closed Won", 5), ("Closed Lost", 2), ("Negotiation", 2), ("Proposal", 1)];
    assert_eq!(kept(&many("Stage", &deals), &ReadOptions::default()), 5000);
    let read = many("Stage", &[("blue", 5), ("green", 5)]).read(&ReadOptions::default()).expect("readable");
    assert!(read.warnings().is_empty(), "{:?}", read.warnings());
}

#[test]
fn guests_that_left_were_there() {
    let stays = [("Check-Out", 7), ("Canceled", 2), ("No-Show", 1)];
    assert_eq!(kept(&many("reservation_status", &stays), &ReadOptions::default()), 7000);
}

#[test]
fn events_before_a_purchase_are_no_sales() {
    let events =
        [("page_view", 5), ("view_item", 3), ("add_to_cart", 2), ("begin_checkout", 2), ("purchase", 2)];
    assert_eq!(kept(&many("event_name", &events), &ReadOptions::default()), 2000);
}

#[test]
fn the_caller_names_the_values_of_sales() {
    let states = many("status", &[("layaway", 6), ("paid", 2), ("reserved", 2)]);
    let named = |sales: &[&str]| of_sales(ReadOptions::default(), sales);
    assert_eq!(kept(&states, &ReadOptions::default()), 10_000);
    assert_eq!(kept(&states, &named(&["Layaway"])), 6000);
    assert_eq!(kept(&states, &named(&["layaway", "paid"])), 8000);
    // Money that goes back still does; a column that holds none of them is read as ever.
    let kinds = many("Document Type", &[("XA", 6), ("XB", 2), ("Credit Note", 2)]);
    assert_eq!(kept(&kinds, &named(&["XA"])), 4000);
    let sides = many("C/D", &[("C", 6), ("D", 4)]);
    assert_eq!(kept(&sides, &of_sales(options(&[("type", "C/D")]), &["C"])), 6000);
}

#[test]
fn values_of_sales_that_are_nowhere_are_pointed_out() {
    let states = many("status", &[("paid", 8), ("open", 2)]);
    let error = asked(&states, &of_sales(ReadOptions::default(), &["piad"]));
    assert!(error.to_string().contains("\"piad\"") && error.to_string().contains("\"paid\""), "{error}");
    assert_eq!(Error::from(error).kind(), ErrorKind::Parameter);
    let read = states.read(&of_sales(ReadOptions::default(), &["paid", "done"])).expect("readable");
    assert_warns(&read, WarningKind::UnknownValues, "no row has the value \"done\"");
    assert_eq!(line(&read, "kept").2, 8000);
}

#[test]
fn one_state_of_several_versions_is_a_way_out() {
    // Two lines an order, so that no amount is its total.
    let version = |at: usize, state: &str| format!("C{0},{0},2026-01-05,{at}.50,{state}", at / 2);
    let rows: Vec<String> = (20..60).flat_map(|at| [version(at, "paid"), version(at, "shipped")]).collect();
    let orders = Inputs::one("a.csv", format!("customer,order_id,date,amount,status\n{}\n", rows.join("\n")));
    let error = asked(&orders, &ReadOptions::default());
    assert!(matches!(error, TransactionsError::SeveralVersions { .. }), "{error}");
    let read = orders.read(&of_sales(ReadOptions::default(), &["shipped"])).expect("readable");
    assert_eq!(line(&read, "kept").0, 40);
}

#[test]
fn money_that_came_back_is_taken_off_whatever_it_is_called() {
    for column in [
        "Devoluções",
        "Estornos",
        "Cancelamentos",
        "Valor Cancelado",
        "Return amount",
        "Returns",
        "Chargeback",
        "Cancelamentos e reembolsos (BRL)",
    ] {
        for back in ["2.50", "-2.50"] {
            let inputs = many(column, &[("0.00", 6), (back, 2), ("", 2)]);
            assert_eq!(kept(&inputs, &ReadOptions::default()), 9500, "{column} {back}");
        }
        let read = many(column, &[("0.00", 8), ("2.50", 2)]).read(&ReadOptions::default()).expect("readable");
        assert_eq!(read.tables()[0].roles.get("refunded").map(String::as_str), Some(column));
    }
}

#[test]
fn answers_in_a_column_of_money_that_came_back_are_no_money() {
    for (column, no, yes) in [
        ("Estorno", "N", "S"),
        ("Estorno", "0", "1"),
        ("Devolução", "não", "sim"),
        ("Returns", "", "2026-01-09"),
    ] {
        let inputs = many(column, &[(no, 8), (yes, 2)]);
        assert_eq!(kept(&inputs, &ReadOptions::default()), 8000, "{column} {yes}");
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        let roles = &read.tables()[0].roles;
        assert_eq!((roles.get("refunded"), roles["cancelled"].as_str()), (None, column));
    }
    let pieces = many("Returns", &[("0", 7), ("1", 2), ("2", 1)]);
    let read = pieces.read(&ReadOptions::default()).expect("readable");
    assert_eq!(
        (line(&read, "kept").2, read.tables()[0].unused.as_slice()),
        (10_000, &["Returns".to_owned()][..])
    );
    assert_warns(&read, WarningKind::UnknownValues, "Returns: it is not known whether");
}

#[test]
fn what_an_amount_is_after_is_not_taken_off_again() {
    let rows = ["C1,2026-01-05,10.00,-2.00", "C2,2026-01-06,20.00,0.00"].join("\n");
    let inputs = Inputs::one("a.csv", format!("customer,date,Net sales,Returns\n{rows}\n"));
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_eq!(
        (line(&read, "kept").2, read.tables()[0].unused.as_slice()),
        (3000, &["Returns".to_owned()][..])
    );
}

#[test]
fn payments_that_a_ledger_tells_in_words_are_asked_about() {
    for (column, sale, payment) in [
        ("Histórico", "Fatura", "Pagamento"),
        ("Descrição", "Venda de mercadorias", "Recebimento de duplicata"),
        ("Lançamento", "Nota fiscal 1001", "Baixa 1001"),
        ("Memo", "Invoice", "Payment"),
        ("Buchungstext", "Rechnung", "Zahlungseingang"),
    ] {
        let inputs = many(column, &[(sale, 6), (payment, 4)]);
        let error = asked(&inputs, &ReadOptions::default());
        assert!(
            matches!(&error, TransactionsError::PaymentsBesideSales { rows: 4, .. }),
            "{column}: {error}"
        );
        assert_eq!(Error::from(error).kind(), ErrorKind::Question);
        assert_eq!(kept(&inputs, &options(&[("type", column)])), 6000, "{column}");
        assert_eq!(kept(&inputs, &options(&[("type", "-")])), 10_000, "{column}");
        // Either alone is what was sold.
        assert_eq!(kept(&many(column, &[(payment, 10)]), &ReadOptions::default()), 10_000, "{column}");
    }
    let goods = "customer,date,amount,sku,description\nA,2026-01-05,10,1,Invoice book\nB,2026-01-06,10,2,Payment book\n";
    assert_eq!(kept(&Inputs::one("a.csv", goods), &ReadOptions::default()), 2000);
}

#[test]
fn amounts_that_take_off_their_equals_are_asked_about() {
    let shop = |paid: usize, off: usize| {
        let row = |at: usize| {
            let amount = 100 + at;
            let sale = format!("{at},C{at},2026-01-{:02},{amount}.00\n", 1 + at % 28);
            let back = format!("{at},C{at},2026-02-{:02},-{}.00\n", 1 + at % 28, amount - off);
            if at < paid { format!("{sale}{back}") } else { sale }
        };
        let rows: String = (0..40).map(row).collect();
        Inputs::one("a.csv", format!("invoice,customer,date,amount\n{rows}"))
    };
    let error = asked(&shop(20, 0), &ReadOptions::default());
    assert!(matches!(error, TransactionsError::MoneyCancels { .. }), "{error}");
    assert_eq!(line(&shop(20, 0).read(&options(&[("type", "-")])).expect("readable"), "kept").0, 60);
    assert_eq!(line(&shop(20, 3).read(&ReadOptions::default()).expect("other amounts"), "kept").0, 60);
    assert_eq!(line(&shop(8, 0).read(&ReadOptions::default()).expect("a few returns"), "kept").0, 48);
}

#[test]
fn fees_of_a_marketplace_are_asked_about() {
    for (column, paid, fee) in
        [("amount-type", "ItemPrice", "ItemFees"), ("amount-description", "Principal", "Commission")]
    {
        let inputs = many(column, &[(paid, 6), (fee, 4)]);
        let error = asked(&inputs, &ReadOptions::default());
        assert!(error.to_string().contains(fee), "{column}: {error}");
        assert_eq!(Error::from(error).kind(), ErrorKind::Question);
        assert_eq!(kept(&inputs, &of_sales(options(&[("type", column)]), &[paid])), 6000, "{column}");
        assert_eq!(kept(&inputs, &options(&[("type", "-")])), 10_000, "{column}");
    }
}

#[test]
fn a_total_after_fees_is_asked_about() {
    let text = "customer,date,Receita por produtos (BRL),Tarifa de venda (BRL),Total (BRL)\n\
                A,2026-01-05,10.00,-2.00,8.00\nB,2026-01-06,20.00,-4.00,16.00\n";
    let inputs = Inputs::one("a.csv", text);
    let error = asked(&inputs, &ReadOptions::default());
    assert!(error.to_string().contains("several columns may be the amount"), "{error}");
    assert_eq!(kept(&inputs, &options(&[("amount", "Receita por produtos (BRL)")])), 3000);
    assert_eq!(kept(&inputs, &options(&[("amount", "Total (BRL)")])), 2400);
}
