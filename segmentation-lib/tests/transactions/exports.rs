//! Kinds of exports, each in several forms.

use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{
    AmountOf, Currencies, ExchangeRates, ReadOptions, Sameness, TransactionsError,
};

use crate::support::*;

/// A file of one row a line of `values`, put between an order number, a date and the rest.
fn orders<'a>(header: &str, values: impl IntoIterator<Item = &'a str>) -> Inputs {
    let rows: Vec<String> = values
        .into_iter()
        .enumerate()
        .map(|(at, value)| format!("{},2026-01-{:02},{value}", 1000 + at, 1 + at % 28))
        .collect();
    Inputs::one("shop.csv", format!("order_id,order_date,{header}\n{}\n", rows.join("\n")))
}

#[track_caller]
fn kept(inputs: &Inputs, options: &ReadOptions) -> (u64, u64, i64) {
    let read = inputs.read(options).expect("readable");
    assert_adds_up(&read);
    line(&read, "kept")
}

#[test]
fn a_state_is_read_in_five_languages() {
    for (header, sale, none) in [
        ("Financial Status", "paid", "voided"),
        ("Situação do pedido", "Entregue", "Cancelado"),
        ("Estado del pedido", "Pagado", "Anulado"),
        ("Bestellstatus", "Abgeschlossen", "Storniert"),
        ("Statut de la commande", "Terminée", "Annulée"),
        ("payment_status", "partially_refunded", "refunded"),
        ("state", "complete", "canceled"),
    ] {
        let values = [format!("A,{sale},10"), format!("B,{none},20"), format!("A,{sale},30")];
        let inputs = orders(&format!("customer_id,{header},total"), values.iter().map(String::as_str));
        assert_eq!(kept(&inputs, &ReadOptions::default()), (2, 1, 4000), "{header}");
    }
}

#[test]
fn a_cancellation_is_a_date_a_yes_or_a_reason() {
    for (header, not, yes) in [
        ("Cancelled at", "", "2026-01-05 10:00"),
        ("is_cancelled", "false", "true"),
        ("Cancelado", "Não", "Sim"),
        ("storniert", "0", "1"),
        ("cancel_reason", "", "customer"),
    ] {
        let values = [format!("A,{not},10"), format!("B,{yes},20"), format!("A,{not},30")];
        let inputs = orders(&format!("customer_id,{header},total"), values.iter().map(String::as_str));
        assert_eq!(kept(&inputs, &ReadOptions::default()), (2, 1, 4000), "{header}");
    }
}

#[test]
fn a_refund_in_a_column_of_kinds_goes_back() {
    for (header, sale, refund) in [
        ("type", "sale", "refund"),
        ("Tipo de transação", "Venda", "Devolução"),
        ("Belegart", "Rechnung", "Gutschrift"),
        ("Type de document", "Facture", "Avoir"),
        ("status", "sale", "refund"),
    ] {
        for amount in ["20", "-20"] {
            let values = [format!("A,{sale},10"), format!("A,{sale},30"), format!("A,{refund},{amount}")];
            let inputs = orders(&format!("customer_id,{header},total"), values.iter().map(String::as_str));
            let read = inputs.read(&ReadOptions::default()).expect("readable");
            assert_eq!(line(&read, "kept"), (3, 1, 2000), "{header} {amount}");
            assert!(rows(&read)[2].ends_with("-2000 | true"), "{:?}", rows(&read));
        }
    }
}

#[test]
fn a_partial_refund_is_taken_off() {
    for header in ["Refunded Amount", "valor_estornado", "Erstattungsbetrag", "refunds"] {
        let inputs =
            orders(&format!("customer_id,total,{header}"), ["A,10.00,", "B,20.00,5.50", "A,30.00,0"]);
        assert_eq!(kept(&inputs, &ReadOptions::default()), (3, 2, 5450), "{header}");
        let mut options = ReadOptions::default();
        options.rules.disable("not_a_sale").expect("a rule");
        let read = inputs.read(&options).expect("readable");
        assert_eq!(line(&read, "kept").2, 6000);
        assert_warns(
            &read,
            WarningKind::UnusedColumn,
            "given back and counted nevertheless: 1 row with 5.50",
        );
    }
}

#[test]
fn a_column_of_another_kind_is_left_alone() {
    for (header, values) in [
        ("type", ["A,book,10", "B,draft beer,20", "C,test,30"]),
        ("state", ["A,TX,10", "B,CA,20", "C,OK,30"]),
        ("Estado", ["A,SP,10", "B,RJ,20", "C,MG,30"]),
        ("fulfillment", ["A,pending,10", "B,pending,20", "C,done,30"]),
    ] {
        let inputs = orders(&format!("customer_id,{header},total"), values);
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_eq!(
            (line(&read, "kept"), read.warnings().len()),
            ((3, 3, 6000), 0),
            "{header}: {:?}",
            read.warnings()
        );
    }
}

#[test]
fn an_unknown_state_counts_and_is_named() {
    let inputs = orders(
        "customer_id,status,total",
        ["A,completed,10", "B,layaway,20", "C,layaway,30", "D,eingelagert,5"],
    );
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_eq!(line(&read, "kept").0, 4);
    assert_warns(&read, WarningKind::UnknownValues, "\"layaway\", \"eingelagert\"");
    assert_warns(&read, WarningKind::UnknownValues, "3 rows with 55.00 are counted");
}

#[test]
fn an_id_for_nobody_is_nobody() {
    for nobody in [
        "0",
        "-1",
        "-",
        "guest",
        "Anonymous",
        "CONSUMIDOR FINAL",
        "Laufkunde",
        "000.000.000-00",
        "Client comptoir",
    ] {
        let values = ["A,10".to_owned(), format!("{nobody},20"), "B,30".to_owned(), format!("{nobody},40")];
        let inputs = orders("customer_id,total", values.iter().map(String::as_str));
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_eq!(line(&read, "placeholder_customer"), (2, 1, 6000), "{nobody}");
        assert_warns(&read, WarningKind::PlaceholderCustomers, nobody);
        let mut options = ReadOptions::default();
        options.rules.disable("placeholder_customer").expect("a rule");
        assert_eq!(kept(&inputs, &options), (4, 3, 10_000), "{nobody}");
    }
}

#[test]
fn an_id_with_an_implausible_share_is_pointed_out() {
    let values: Vec<String> = (0..60)
        .map(|at| if at % 2 == 0 { "7777,10".to_owned() } else { format!("C{},10", at / 2) })
        .collect();
    let read = orders("customer_id,total", values.iter().map(String::as_str)).read(&ReadOptions::default());
    assert_warns(&read.expect("readable"), WarningKind::LargeCustomer, "\"7777\" has 30 rows, 50.0 % of all");
    let values: Vec<String> = (0..60).map(|at| format!("C{},10", at % 12)).collect();
    let read = orders("customer_id,total", values.iter().map(String::as_str)).read(&ReadOptions::default());
    assert_eq!(read.expect("readable").warnings(), []);
}

#[test]
fn ids_are_as_a_spreadsheet_shows_them() {
    for written in ["\"=\"\"00042\"\"\"", "=\"00042\"", "'00042", " 00042 "] {
        let inputs = orders(
            "customer_id,total",
            ["A,10".to_owned(), format!("{written},20")].iter().map(String::as_str),
        );
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert!(rows(&read)[1].starts_with("00042 | "), "{written}: {:?}", rows(&read));
    }
}

#[test]
fn shortened_ids_stop_in_every_form() {
    for id in ["7.89E+12", "7,89E+12", "7.89e+12", "1E+15"] {
        let values = [format!("\"{id}\",10"), "A,5".to_owned(), format!("\"{id}\",20")];
        let error =
            orders("customer_id,total", values.iter().map(String::as_str)).read(&ReadOptions::default());
        let error = error.expect_err(id);
        assert!(matches!(&error, TransactionsError::ShortenedIds { rows: 2, .. }), "{error}");
        assert!(error.to_string().contains("format the column as text"), "{error}");
    }
}

#[test]
fn long_numbers_whose_last_digits_are_lost_stop_the_reading() {
    for ids in [["4111111111111110", "4111111111111120"], ["411111111111111000", "411111111111111000"]] {
        let values = ids.map(|id| format!("{id},10"));
        let error =
            orders("customer_id,total", values.iter().map(String::as_str)).read(&ReadOptions::default());
        assert!(matches!(error, Err(TransactionsError::ShortenedIds { rows: 2, .. })), "{ids:?}");
    }
    for ids in [["4111111111111110", "4111111111111121"], ["411111111111110", "411111111111120"]] {
        let values = ids.map(|id| format!("{id},10"));
        let inputs = orders("customer_id,total", values.iter().map(String::as_str));
        assert_eq!(kept(&inputs, &ReadOptions::default()).1, 2, "{ids:?}");
    }
}

#[test]
fn names_of_columns_are_known_in_five_languages() {
    for header in [
        "Bestellnummer;Bestelldatum;Kunde;Artikel;Menge;Bestellsumme",
        "Commande;Date de commande;Client;Article;Quantité;Montant",
        "Factura;Fecha de venta;Cliente;Artículo;Cantidad;Importe total",
        "Pedido;Data do pedido;Cliente;Produto;Quantidade;Valor total",
        "Order;Order date;Customer;Product;Quantity;Order total",
    ] {
        let text = format!("{header}\n1;2026-01-05;A;x;1;10,50\n2;2026-01-06;B;y;1;20,00\n");
        let read = Inputs::one("shop.csv", text).read(&ReadOptions::default()).expect(header);
        assert_eq!(line(&read, "kept"), (2, 2, 3050), "{header}");
        let columns = read.columns();
        assert!(columns.invoice && columns.product && columns.quantity, "{header}");
    }
}

#[test]
fn twins_are_counted_and_merged_where_that_is_asked_for() {
    for (twins, same) in [
        (["Ana@x.org", "ana@x.org"], Sameness::Case),
        (["a  b", "a b"], Sameness::Trim),
        (["Zoe\u{308}", "Zoë"], Sameness::Unicode),
        (["id\u{200b}1", "id1"], Sameness::Unicode),
        (["123.456.789-09", "12345678909"], Sameness::Marks),
    ] {
        let values = [format!("{},10", twins[0]), format!("{},20", twins[1]), "other,5".to_owned()];
        let inputs = orders("customer_id,total", values.iter().map(String::as_str));
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_eq!(read.customers(), 3, "{twins:?}");
        assert_warns(&read, WarningKind::TwinIds, "2 ids look like 1 customers");
        let options = ReadOptions { merge_ids: vec![same], ..ReadOptions::default() };
        let read = inputs.read(&options).expect("readable");
        assert_adds_up(&read);
        assert_eq!((read.customers(), line(&read, "merged_ids")), (2, (0, 1, 0)), "{twins:?}");
    }
}

#[test]
fn one_currency_passes_and_several_are_asked_about() {
    for (header, one, other) in [
        ("Currency", "EUR", "USD"),
        ("moeda", "BRL", "usd"),
        ("Währung", "€", "CHF"),
        ("Devise", "EUR", "GBP"),
    ] {
        let values = [format!("A,{one},10"), format!("B,{one},20")];
        let inputs = orders(&format!("customer_id,{header},total"), values.iter().map(String::as_str));
        assert_eq!(kept(&inputs, &ReadOptions::default()), (2, 2, 3000));
        let values = [format!("A,{one},10"), format!("B,{other},20")];
        let inputs = orders(&format!("customer_id,{header},total"), values.iter().map(String::as_str));
        let error = inputs.read(&ReadOptions::default()).expect_err("two currencies");
        assert!(matches!(error, TransactionsError::MixedCurrencies { .. }), "{error}");
        let currencies = Currencies { keep: Some(one.to_owned()), ..Currencies::default() };
        assert_eq!(kept(&inputs, &ReadOptions { currencies, ..ReadOptions::default() }), (1, 1, 1000));
        let rates = ExchangeRates::from_csv(&format!("{other},0.5")).expect("a rate");
        let currencies = Currencies { keep: Some(one.to_owned()), rates };
        assert_eq!(kept(&inputs, &ReadOptions { currencies, ..ReadOptions::default() }), (2, 2, 2000));
    }
}

#[test]
fn signs_in_cells_are_currencies_too() {
    for (one, other) in
        [("€ 10.50", "$20.25"), ("R$ 10.50", "US$ 20.25"), ("10.50 EUR", "20.25 GBP"), ("£10.50", "¥20.25")]
    {
        let values = [format!("A,{one}"), format!("B,{other}")];
        let inputs = orders("customer_id,total", values.iter().map(String::as_str));
        let error = inputs.read(&ReadOptions::default()).expect_err("two currencies");
        assert!(matches!(error, TransactionsError::MixedCurrencies { .. }), "{error}");
        let keep = Some(one.trim_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').to_owned());
        let options = ReadOptions {
            currencies: Currencies { keep, ..Currencies::default() },
            ..ReadOptions::default()
        };
        assert_eq!(kept(&inputs, &options), (1, 1, 1050), "{one}");
    }
    let inputs = orders("customer_id,total", ["A,€ 10.50", "B,20.25 €", "C,30.00"]);
    assert_eq!(kept(&inputs, &ReadOptions::default()), (3, 3, 6075));
}

/// Lines of orders: order, customer, quantity, price, and the total of the order.
const LINES: &str = "1,A,2,5.00,40.00\n1,A,3,10.00,40.00\n2,B,1,7.00,7.00\n3,A,1,1.50,4.00\n3,A,1,2.50,4.00\n4,C,1,9.00,18.00\n4,C,1,9.00,18.00\n";

fn lines(header: &str) -> Inputs {
    let rows: String = LINES.lines().map(|line| format!("2026-01-05,{line}\n")).collect();
    Inputs::one("lines.csv", format!("order_date,order_id,customer_id,{header}\n{rows}"))
}

#[test]
fn a_total_on_every_line_counts_once_whatever_it_is_called() {
    for name in ["order_total", "Total", "Valor do pedido", "Rechnungsbetrag gesamt", "grand_total"] {
        let mut options = ReadOptions::default();
        options.mapping.set("amount", name).expect("a role");
        let inputs = lines(&format!("pieces_x,each_x,{name}"));
        assert_eq!(kept(&inputs, &options), (7, 3, 6900), "{name}");
        options.line_money = Some(AmountOf::Line);
        assert_eq!(kept(&inputs, &options).2, 13_100, "{name}");
    }
}

#[test]
fn prices_that_add_up_to_the_total_are_the_lines_money() {
    let read = lines("quantity,unit_price,order_total").read(&ReadOptions::default()).expect("readable");
    assert_eq!(line(&read, "kept"), (7, 3, 6900));
    assert!(rows(&read)[0].contains(" | 2 | 1000 | "), "{:?}", rows(&read));
    assert_warns(&read, WarningKind::RepeatedTotals, "quantity times unit_price");
}

#[test]
fn lines_with_amounts_of_their_own_add_up() {
    let text = LINES.replace("1,A,3,10.00,40.00", "1,A,3,10.00,30.00");
    let rows: String = text.lines().map(|line| format!("2026-01-05,{line}\n")).collect();
    let inputs = Inputs::one("lines.csv", format!("order_date,order_id,customer_id,a,b,order_total\n{rows}"));
    assert_eq!(kept(&inputs, &ReadOptions::default()).2, 12_100);
}

#[test]
fn the_order_of_lines_does_not_decide_about_totals() {
    let mut all: Vec<&str> = LINES.lines().collect();
    all.sort_by_key(|line| line.bytes().map(u64::from).sum::<u64>() % 7);
    let rows: String = all.iter().map(|line| format!("2026-01-05,{line}\n")).collect();
    let inputs = Inputs::one("lines.csv", format!("order_date,order_id,customer_id,a,b,order_total\n{rows}"));
    assert_eq!(kept(&inputs, &ReadOptions::default()), (7, 3, 6900));
}

#[test]
fn the_total_on_the_first_line_alone_loses_nothing() {
    let inputs = Inputs::one(
        "shopify.csv",
        "Name,Email,Financial Status,Currency,Total,Created at,Lineitem name\n#1,a@x.org,paid,EUR,40.00,2026-01-05,x\n\
         #1,a@x.org,,,,2026-01-05,y\n#1,a@x.org,,,,2026-01-05,z\n#2,b@x.org,paid,EUR,7.00,2026-01-06,x\n",
    );
    for invoice in ["Name", "-"] {
        let mut options = ReadOptions::default();
        options.mapping.set("invoice", invoice).expect("a role");
        let read = inputs.read(&options).expect("readable");
        assert_eq!((line(&read, "kept"), read.losses().rows), ((2, 2, 4700), 0.0), "{invoice}");
    }
}

#[test]
fn where_no_line_of_an_invoice_has_an_amount_all_its_lines_are_lost() {
    use polars::prelude::*;
    // Ten invoices of five lines; two of them are empty throughout, one has its total on its last line.
    let amount = |at: i64| match at / 5 {
        0 | 1 => None,
        2 => Some(40.0).filter(|_| at % 5 == 4),
        _ => Some(10.0 + at as f64 / 100.0),
    };
    let rows = || 0..50_i64;
    let text = rows().map(|at| {
        let amount = amount(at).map(|amount| amount.to_string()).unwrap_or_default();
        format!("#{},C{},2026-01-{:02},{amount}\n", at / 5, at / 5, 1 + at / 5)
    });
    let header = "invoice,customer_id,date,amount\n";
    let text = Inputs::one("shop.csv", header.to_owned() + &text.collect::<String>());
    let of = |prefix: &str| rows().map(|at| format!("{prefix}{}", at / 5)).collect::<Vec<_>>();
    // 20454 is 2026-01-01.
    let days: Vec<i32> = rows().map(|at| 20_454 + (at / 5) as i32).collect();
    let mut frame = df!(
        "invoice" => of("#"), "customer_id" => of("C"), "date" => days,
        "amount" => rows().map(amount).collect::<Vec<_>>()
    )
    .expect("a frame")
    .lazy()
    .with_column(col("date").cast(DataType::Date))
    .collect()
    .expect("dates");
    let typed = Inputs::new();
    let file = std::fs::File::create(typed.path("shop.parquet")).expect("a file");
    ParquetWriter::new(file).finish(&mut frame).expect("written");
    for inputs in [text, typed] {
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_eq!((line(&read, "unparsable_number").0, read.losses().rows), (14, 0.2));
        assert!(read.losses().allowed(0.1).is_err());
        assert_warns(&read, WarningKind::DamagedRows, "10 rows with 0.00 removed");
    }
}

#[test]
fn day_numbers_are_dates_alone_and_among_others() {
    for (dates, last) in [
        (["46023", "46024", "46025"], "2026-01-03 00:00:00"),
        (["46023.5", "46024.25", "46025.75"], "2026-01-03 18:00:00"),
        (["2026-01-01", "46024", "2026-01-09"], "2026-01-09 00:00:00"),
        (["\"46023,5\"", "\"46024,25\"", "46025"], "2026-01-03 00:00:00"),
    ] {
        let rows: String = dates.iter().enumerate().map(|(at, date)| format!("C{at},{date},10\n")).collect();
        let read =
            Inputs::one("days.csv", format!("customer_id,date,amount\n{rows}")).read(&ReadOptions::default());
        let read = read.expect("readable");
        assert_eq!((read.rows(), read.last().to_string().as_str()), (3, last), "{dates:?}");
        assert_warns(&read, WarningKind::DayNumbers, "a spreadsheet's day number");
    }
}

#[test]
fn a_number_among_dates_of_another_time_is_no_date() {
    let rows = "A,1997-01-01,10\nB,46023,10\nC,1997-02-01,10\nD,1997-03-01,10\n";
    let read =
        Inputs::one("days.csv", format!("customer_id,date,amount\n{rows}")).read(&ReadOptions::default());
    let read = read.expect("readable");
    let kinds: Vec<WarningKind> = read.warnings().iter().map(|warning| warning.kind).collect();
    assert_eq!((line(&read, "unparsable_date").0, kinds.as_slice()), (1, &[WarningKind::DamagedRows][..]));
}

#[test]
fn implausible_dates_are_removed_and_move_nothing() {
    for wrong in ["2098-07-06", "1900-01-01", "1970-01-01", "2062-01-05", "1926-01-05"] {
        let mut values: Vec<String> =
            (0..150).map(|at| format!("C{},2025-{:02}-05,10", at % 40, 1 + at % 12)).collect();
        values.push(format!("C1,{wrong},99"));
        let inputs = Inputs::one("shop.csv", format!("customer_id,date,amount\n{}\n", values.join("\n")));
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert_adds_up(&read);
        assert_eq!(line(&read, "implausible_date"), (1, 0, 9900), "{wrong}");
        assert_eq!(
            (read.first().to_string(), read.last().to_string()),
            ("2025-01-05 00:00:00".to_owned(), "2025-12-05 00:00:00".to_owned())
        );
        assert_warns(&read, WarningKind::ImplausibleDates, "shop.csv row 152");
        let mut options = ReadOptions::default();
        options.rules.disable("implausible_date").expect("a rule");
        assert_eq!(inputs.read(&options).expect("readable").rows(), 151);
    }
}

#[test]
fn dates_of_no_time_are_removed_however_many_and_asked_about_where_they_are_many() {
    let shop = |fillers: usize, date: &str| {
        let rows = (0..150).map(|at| format!("C{},2025-{:02}-05,10", at % 40, 1 + at % 12));
        let fillers = (0..fillers).map(|at| format!("C{at},{date},10"));
        let rows: Vec<String> = rows.chain(fillers).collect();
        Inputs::one("shop.csv", format!("customer_id,date,amount\n{}\n", rows.join("\n")))
            .read(&ReadOptions::default())
            .expect("readable")
    };
    for date in ["2099-12-31", "2038-01-19", "2041-03-05", "1970-01-01", "2007-08-09"] {
        for (fillers, is_allowed) in [(5, true), (30, false)] {
            let read = shop(fillers, date);
            assert_adds_up(&read);
            assert_eq!(line(&read, "implausible_date").0, fillers as u64, "{date}");
            assert_eq!(read.last().to_string(), "2025-12-05 00:00:00", "{date}");
            assert_warns(&read, WarningKind::ImplausibleDates, "shop.csv row 152");
            assert_eq!(read.losses().allowed(0.1).is_ok(), is_allowed, "{date}");
        }
    }
}

#[test]
fn a_nul_is_damage_only_where_it_is_used() {
    for (text, kept, damaged) in [
        ("customer_id,date,amount\nA,2026-01-01,1\nB\0,2026-01-02,2\n", 1, 1),
        ("customer_id,date,amount,note\nA,2026-01-01,1,x\0\nB,2026-01-02,2,y\n", 2, 0),
        ("customer_id,date,amount\nA,2026-01-01,1\nB,2026\0-01-02,2\nC,2026-01-03,3\n", 2, 1),
        ("customer_id,date,amount\nA,2026-01-01,1\n\"B\0\",2026-01-02,2\nC,2026-01-03,\0\n", 1, 2),
    ] {
        let read = Inputs::one("nul.csv", text).read(&ReadOptions::default()).expect("readable");
        assert_eq!(read.rows(), kept, "{text:?}");
        assert_eq!(read.ledger().line("damaged_value").map_or(0, |line| line.rows), damaged, "{text:?}");
    }
}

#[test]
fn utf_16_needs_no_mark() {
    let text = "customer_id;date;amount\nÄnne;2026-01-01;1,50\nB;2026-01-02;2,25\n";
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(order).collect();
        let read = Inputs::one("wide.csv", bytes).read(&ReadOptions::default()).expect("readable");
        assert!(rows(&read)[0].starts_with("Änne | "), "{:?}", rows(&read));
    }
}

#[test]
fn only_what_is_binary_is_called_so() {
    let bytes: Vec<u8> = (0..4000u32).map(|at| (at * 7 % 256) as u8).collect();
    let error = Inputs::one("x.csv", bytes).read_one("x.csv", &ReadOptions::default()).expect_err("binary");
    assert!(error.to_string().contains("binary"), "{error}");
}
