use super::*;

fn columns(header: &str) -> Vec<String> {
    header.split(',').map(str::to_owned).collect()
}

fn resolve(header: &str, pairs: &[&str]) -> Result<Layout, Unsettled> {
    let mapping = ColumnMapping::from_pairs(pairs.iter().copied()).expect("valid pairs");
    Layout::resolve(&columns(header), &mapping)
}

#[track_caller]
fn assert_roles(header: &str, expected: &str) {
    assert_eq!(resolve(header, &[]).expect("settled").describe(), expected);
}

#[test]
fn the_known_data_sets_are_recognised() {
    assert_roles(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "customer = CustomerID, date = InvoiceDate, invoice = InvoiceNo, product = StockCode, description = Description, \
         quantity = Quantity, price = UnitPrice, country = Country",
    );
    assert_roles(
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
        "customer = Customer ID, date = InvoiceDate, invoice = Invoice, product = StockCode, description = Description, \
         quantity = Quantity, price = Price, country = Country",
    );
    assert_roles(
        "customer_id,trans_date,tran_amount",
        "customer = customer_id, date = trans_date, amount = tran_amount",
    );
    assert_roles(
        "customer_id,date,number_of_cds,dollar_value",
        "customer = customer_id, date = date, quantity = number_of_cds, amount = dollar_value",
    );
    assert_roles(
        "household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc,week,transaction_timestamp",
        "customer = household_id, date = transaction_timestamp, invoice = basket_id, product = product_id, \
         quantity = quantity, amount = sales_value",
    );
    assert_roles(
        "Row ID,Order ID,Order Date,Ship Date,Customer ID,Customer Name,Segment,Country,Product ID,Product Name,Sales,Quantity,Discount,Profit",
        "customer = Customer ID, date = Order Date, invoice = Order ID, product = Product ID, description = Product Name, \
         quantity = Quantity, amount = Sales, country = Country, contact = Customer Name",
    );
    assert_roles("ID Cliente,Data,Valor", "customer = ID Cliente, date = Data, amount = Valor");
    assert_roles(
        "Código do cliente,Data da compra,Preço,Quantidade",
        "customer = Código do cliente, date = Data da compra, quantity = Quantidade, price = Preço",
    );
    assert_roles(
        "CPF/CNPJ,Data de Emissão,Nº Nota Fiscal,Código do Produto,Qtde,Vlr. Unitário,Vlr. Total",
        "customer = CPF/CNPJ, date = Data de Emissão, invoice = Nº Nota Fiscal, product = Código do Produto, \
         quantity = Qtde, price = Vlr. Unitário, amount = Vlr. Total",
    );
}

#[test]
fn a_price_column_alone_is_not_taken_for_the_amount() {
    let unsettled = resolve("customer_id,date,price", &[]).expect_err("no amount");
    assert_eq!(unsettled, Unsettled::Missing { roles: vec![Role::Amount], unused: Vec::new() });
    assert_eq!(unsettled.to_string(), "no column is recognised as amount (or quantity and price)");
    assert!(resolve("customer_id,date,price", &["amount=price"]).is_ok());
}

#[test]
fn data_without_money_is_only_what_can_hold_none() {
    let without = |header: &str, pairs: &[&str]| {
        let mapping = ColumnMapping::from_pairs(pairs.iter().copied()).expect("valid pairs");
        Layout::without_money(&columns(header), &mapping).map(|layout| layout.has_money())
    };
    for header in
        ["customer_id,date", "Kunde,Datum,Rechnungsnummer", "cliente,data,qtd,sku", "client,date,country"]
    {
        assert_eq!(without(header, &[]), Ok(false), "{header}");
        assert!(resolve(header, &[]).is_err() && resolve(header, &["amount=-"]).is_ok(), "{header}");
    }
    // A column that is not known, or a price, may be the money: that is asked.
    for header in ["customer_id,date,betr", "customer_id,date,price"] {
        assert!(matches!(without(header, &[]), Err(Unsettled::Missing { .. })), "{header}");
        assert_eq!(resolve(header, &["amount=-"]).map(|layout| layout.has_money()), Ok(false), "{header}");
    }
}

#[test]
fn two_candidates_of_equal_strength_are_asked_for() {
    let unsettled = resolve("customer_id,household_id,date,amount", &[]).expect_err("two customers");
    let candidates = vec![(1, "customer_id".to_owned()), (2, "household_id".to_owned())];
    assert_eq!(unsettled, Unsettled::Several { role: Role::Customer, candidates });
    let layout =
        resolve("customer_id,household_id,date,amount", &["customer=Household ID"]).expect("settled");
    assert_eq!(layout.name(Role::Customer), Some("household_id"));
}

#[test]
fn a_stronger_name_wins_over_a_weaker_one() {
    let layout = resolve("user_id,customer_id,date,order_date,total,sales_value", &[]).expect("settled");
    assert_eq!(layout.describe(), "customer = customer_id, date = order_date, amount = sales_value");
}

#[test]
fn a_named_column_that_is_not_there_is_an_error() {
    let unsettled = resolve("customer_id,date,amount", &["customer=Klient"]).expect_err("absent");
    assert_eq!(unsettled, Unsettled::NotFound { role: Role::Customer, column: "Klient".into() });
    let unsettled = resolve("customer_id,date,amount", &["customer=#4"]).expect_err("absent");
    assert_eq!(unsettled, Unsettled::NotFound { role: Role::Customer, column: "#4".into() });
}

#[test]
fn a_role_can_be_declared_absent() {
    let layout = resolve("customer_id,date,amount,invoice", &["invoice=-"]).expect("settled");
    assert_eq!(layout.column(Role::Invoice), None);
}

#[test]
fn columns_can_be_given_by_position() {
    let layout =
        resolve("00001,19970101,1,11.77", &["customer=#1", "date=#2", "amount=#4"]).expect("settled");
    assert_eq!((layout.column(Role::Customer), layout.column(Role::Amount)), (Some(0), Some(3)));
}

#[test]
fn columns_of_one_name_are_told_apart_by_position() {
    for pairs in [&[][..], &["amount=Amount"]] {
        let unsettled = resolve("customer,date,Amount,tax,Amount", pairs).expect_err("two amounts");
        assert_eq!(
            unsettled.to_string(),
            "several columns may be the amount: \"Amount\" (column 3), \"Amount\" (column 5)"
        );
    }
    let layout = resolve("customer,date,Amount,tax,Amount", &["amount=#5"]).expect("settled");
    assert_eq!(layout.column(Role::Amount), Some(4));
}

#[test]
fn columns_that_change_what_rows_mean_are_recognised() {
    let layout = resolve(
        "Order,Customer,Date,Total,Financial Status,Cancelled at,Refunded Amount,Currency,Email",
        &[],
    );
    assert_eq!(
        layout.expect("settled").describe(),
        "customer = Customer, date = Date, invoice = Order, amount = Total, payment = Financial Status, \
         cancelled = Cancelled at, refunded = Refunded Amount, currency = Currency, contact = Email"
    );
}
