//! What can go wrong between a file and its transactions.

use std::path::PathBuf;

use polars::error::PolarsError;

use super::example::Example;
use super::header::Unsettled;
use super::mapping::Role;
use crate::progress::Cancelled;
use crate::wording::{counted, money};

/// Reading transactions failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionsError {
    /// No input was named.
    #[error("no input file given; name at least one file, directory or pattern such as data/*.csv")]
    NoInput,
    /// A path or pattern leads to no file.
    #[error("{path}: no such file; a pattern such as data/*.csv must match at least one file")]
    NotFound {
        /// As given.
        path: PathBuf,
    },
    /// A column that would play a role holds no single value.
    #[error("{place}: column {column:?}, by its name the {role}, holds {holds} and not one value a row")]
    SeveralValues {
        /// The table.
        place: String,
        /// The role.
        role: Role,
        /// The column.
        column: String,
        /// What it holds.
        holds: String,
    },
    /// A column that would play a role is of a type that is not read.
    #[error(
        "{place}: column {column:?}, by its name the {role}, holds {holds}, which are not read; cast it to {cast}"
    )]
    UnreadType {
        /// The table.
        place: String,
        /// The role.
        role: Role,
        /// The column.
        column: String,
        /// What it holds.
        holds: String,
        /// The type to cast it to, in SQL.
        cast: &'static str,
    },
    /// A column that would play a role stands in the names of directories.
    #[error(
        "{place}: {column:?}, by its name the {role}, stands in the names of directories alone and in no column of the file: \
         rows would be read without it; write the table with it as a column"
    )]
    Partitioned {
        /// The file, with the directory.
        place: String,
        /// The role.
        role: Role,
        /// The column.
        column: String,
    },
    /// A directory whose files are not all part of its table: a log says which are.
    #[error(
        "{path}: the directory is a table of {format}, whose log says which of its files are still part of it; \
         rows that were changed or deleted are in the others"
    )]
    Logged {
        /// The directory.
        path: PathBuf,
        /// Delta Lake, Apache Iceberg or Apache Hudi.
        format: &'static str,
    },
    /// A directory without a file that can be read.
    #[error("{path}: the directory holds no data file; expected {SUFFIXES}")]
    EmptyDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// A pattern that cannot be read as one.
    #[error("{pattern:?} is no valid pattern: {source}")]
    Pattern {
        /// As given.
        pattern: String,
        /// Where it is wrong.
        source: glob::PatternError,
    },
    /// The operating system refused.
    #[error("{place}: cannot be read: {source}")]
    Io {
        /// The file.
        place: String,
        /// The reason.
        source: std::io::Error,
    },
    /// A file without content.
    #[error("{place}: the file is empty; expected a header and at least one transaction")]
    Empty {
        /// The file.
        place: String,
    },
    /// A header and nothing else.
    #[error("{place}: there is a header but no row under it; expected at least one transaction")]
    HeaderOnly {
        /// The file.
        place: String,
    },
    /// Bytes that are not what they should be.
    #[error("{place}: not readable as {format}: {reason}; expected {SUFFIXES}")]
    Damaged {
        /// The file.
        place: String,
        /// The format that was recognised.
        format: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// A format that is recognised and not supported.
    #[error("{place}: {format} is not read; save it as {SUFFIXES}")]
    Unsupported {
        /// The file.
        place: String,
        /// The format.
        format: &'static str,
    },
    /// The columns do not settle the roles.
    #[error(
        "{place}: {unsettled}; columns found: {}; needed: customer, date, and amount or quantity and price; \
         name them in the column mapping{}",
        listed(columns),
        if looks_headerless(columns) { ", by position: the first row looks like data, not like a header" } else { "" }
    )]
    Columns {
        /// The file.
        place: String,
        /// What is not settled.
        unsettled: Unsettled,
        /// The columns found.
        columns: Vec<String>,
    },
    /// What texts for other engines cannot say.
    #[error("{what} cannot be said in SQL that runs everywhere; read the rows of the table instead")]
    NotPortable {
        /// What it is.
        what: String,
    },
    /// A table of customers, or the ledger that comes with one, lacks columns.
    #[error(
        "{place}: it lacks {missing}; columns found: {found}; the texts of ledger and features give them all"
    )]
    SummedColumns {
        /// The file.
        place: String,
        /// What is missing.
        missing: String,
        /// The columns found.
        found: String,
    },
    /// A column of a table of customers is of a type that cannot be meant.
    #[error(
        "{place}: {column:?} is of type {seen}; ids are text or whole numbers, first and last are timestamps, all others \
         whole numbers"
    )]
    SummedType {
        /// The file.
        place: String,
        /// The column.
        column: String,
        /// Its type.
        seen: String,
    },
    /// A row of a table of customers that no customer has.
    #[error("{place}, row {row}: {column:?} is {seen}; {allowed}")]
    SummedRow {
        /// The file.
        place: String,
        /// The row, from 1.
        row: u64,
        /// The column.
        column: String,
        /// The value.
        seen: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// A customer has two rows in a table of customers.
    #[error("customer {customer:?} has two rows; a table of customers holds one for each")]
    SummedTwice {
        /// The customer.
        customer: String,
    },
    /// None of the customers purchased anything.
    #[error("none of the customers has a purchase; expected a first and a last purchase of at least one")]
    NoCustomerPurchased,
    /// The ledger is not of these customers.
    #[error(
        "{place}: the ledger keeps {} lines, {} customers and {}, the customers have {}, {} and {}: they are not of one \
         cleaning",
        ledger.0, ledger.1, money(ledger.2), customers.0, customers.1, money(customers.2)
    )]
    SummedLedger {
        /// The ledger's file.
        place: String,
        /// Lines, customers and pennies that the ledger keeps.
        ledger: (u64, u64, i64),
        /// Those of the customers.
        customers: (u64, u64, i64),
    },
    /// The ledger of a table that was cleaned and summed where it is, is not of its customers.
    #[error(
        "{place}: rows arrived while it was read: the ledger keeps {} lines of {} customers, the customers have {} of {}; \
         run it again, or name a query of one version of the table",
        ledger.0, ledger.1, customers.0, customers.1
    )]
    SummedMeanwhile {
        /// The table.
        place: String,
        /// Lines, customers and pennies that the ledger keeps.
        ledger: (u64, u64, i64),
        /// Those of the customers.
        customers: (u64, u64, i64),
    },
    /// Some tables hold money and others do not.
    #[error(
        "{with} holds amounts and {without} does not: revenue would be that of a part of the purchases; \
         leave one of them out, or say in the column mapping that no column is the amount"
    )]
    MoneyInSome {
        /// A table with money.
        with: String,
        /// A table without.
        without: String,
    },
    /// A quote opens and never closes.
    #[error(
        "{place}: a quoted value that begins near row {row} does not end within {limit} bytes; \
         close the quote or remove it"
    )]
    UnclosedQuote {
        /// The file.
        place: String,
        /// About where.
        row: u64,
        /// The longest record that is read.
        limit: usize,
    },
    /// Nothing tells day and month apart.
    #[error(
        "the dates can be read day first or month first: {example} is valid in both and no date of the input decides; \
         say which it is"
    )]
    DateOrderUndecided {
        /// An ambiguous date and its place.
        example: String,
    },
    /// Nothing tells a line's money from the price of one piece.
    #[error(
        "{column} is the same for a product however many pieces are bought: it may be the price of one piece, which counts times \
         the quantity, or what the line costs; say which it is"
    )]
    AmountOrPrice {
        /// The column.
        column: String,
    },
    /// The ids of customers are ids of orders, and another column tells people apart.
    #[error(
        "each of {customers} customers in {column:?} has one purchase and none comes again, while {better:?} tells {people} people \
         apart, many of whom come again: {column:?} may be an id of orders; say which is the customer"
    )]
    CustomerPerOrder {
        /// The column of customers.
        column: String,
        /// Customers in it.
        customers: u64,
        /// The column that tells people apart.
        better: String,
        /// People in it.
        people: u64,
    },
    /// Two tables hold the same orders.
    #[error(
        "{one} and {other} hold the same orders, {orders} of them, in other columns: their money would count twice; name the one \
         that is to be read"
    )]
    SameOrders {
        /// A table.
        one: String,
        /// Another one.
        other: String,
        /// Orders that both hold, or about so many.
        orders: u64,
    },
    /// A spreadsheet program changed values while it opened a text file.
    #[error(
        "{place}: {what}; what was changed cannot be told from what was not: read the text file itself, or import it with the \
         dates and numbers of its country"
    )]
    Changed {
        /// The sheet.
        place: String,
        /// What it did, and how that is known.
        what: &'static str,
    },
    /// A table that looks like a part of the purchases has no column that is money.
    #[error(
        "{place} has the columns {customer} and {date} of the purchases that are read, but none of its columns is recognised as \
         the amount: {}; without it a part of the purchases would be missing; name its column as in the other tables, or leave \
         the table out",
        columns.join(", ")
    )]
    PartLeftOut {
        /// The table.
        place: String,
        /// The customer's column.
        customer: String,
        /// The date's column.
        date: String,
        /// All its columns.
        columns: Vec<String>,
    },
    /// Nothing tells an invoice's total from what each of its lines costs.
    #[error(
        "{column} is the same on all lines of {invoices} of {several} invoices that have several: it may be the invoice's total, which counts once, or \
         what each line costs, as payments of several days and tickets of one price do; say which it is"
    )]
    AmountOfUndecided {
        /// The column.
        column: String,
        /// Invoices of several lines on which it is the same.
        invoices: u64,
        /// Invoices of several lines.
        several: u64,
    },
    /// Items and payments of orders were joined.
    #[error(
        "each row is an item of an order ({items}) beside a payment of it ({payments}), and {rows} rows are of further \
         payments: {column} counts again for each payment where it is the item's, and for each item where it is the payment's; \
         read the table of items or that of payments, or say what {column} is of"
    )]
    TwoDetails {
        /// The column of the money.
        column: String,
        /// The column that numbers the items.
        items: String,
        /// The column that numbers the payments.
        payments: String,
        /// Rows of other payments than the commonest.
        rows: u64,
    },
    /// By the caller's choice nearly all money counts no more.
    #[error(
        "where {column} is the total of an invoice and counts once, {} of {} count no more, most of them on other days than what \
         counts, as payments of several months do: each line has its own amount, or one line of each invoice is to be left in \
         the input",
        shown(*lost), shown(*all)
    )]
    HardlyCounted {
        /// The column.
        column: String,
        /// What counts no more, in pennies; where invoices are many, of a sample of them.
        lost: i128,
        /// What the invoices of several lines have, in pennies; of the same sample.
        all: i128,
    },
    /// Some dates are day first, others month first.
    #[error(
        "the dates are not all in one order: {day_first} can only be day first, {month_first} only month first; \
         say which is meant, and what does not fit is dropped as unparsable_date"
    )]
    DateOrderMixed {
        /// A date that is day first.
        day_first: String,
        /// A date that is month first.
        month_first: String,
    },
    /// Nothing tells decimal mark and thousands separator apart.
    #[error(
        "the numbers can be read with a decimal point or a decimal comma: {example} is valid in both and no number of the \
         input decides; say which it is"
    )]
    DecimalUndecided {
        /// An ambiguous number and its place.
        example: String,
    },
    /// Some numbers have a decimal point, others a decimal comma.
    #[error(
        "the numbers are not all written alike: {point} has a decimal point, {comma} a decimal comma; \
         say which is meant, and what does not fit is dropped as unparsable_number"
    )]
    DecimalMixed {
        /// A number with a decimal point.
        point: String,
        /// A number with a decimal comma.
        comma: String,
    },
    /// A workbook has no sheet of that name.
    #[error("{place}: there is no sheet {wanted:?}; its sheets are {}", listed(sheets))]
    NoSheet {
        /// The file.
        place: String,
        /// As given.
        wanted: String,
        /// The sheets there are.
        sheets: Vec<String>,
    },
    /// Only hidden sheets may hold transactions.
    #[error(
        "{place}: no visible sheet holds transactions, and hidden ones are left out: {}; show the sheet, or name it",
        listed(sheets)
    )]
    OnlyHidden {
        /// The file.
        place: String,
        /// The hidden sheets.
        sheets: Vec<String>,
    },
    /// Amounts are in several currencies.
    #[error(
        "the amounts are in {} currencies and cannot be added up: {}; keep one of them, or give what the others are worth",
        found.len(),
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    MixedCurrencies {
        /// The currencies, the one with most rows first.
        found: Vec<MixedCurrency>,
    },
    /// A column of kinds would make most rows refunds.
    #[error(
        "{column:?} would make {refunds} of {rows} rows money that goes back, by {words}; say whether it is a column of \
         kinds of bookings"
    )]
    MostlyRefunds {
        /// The column.
        column: String,
        /// The values.
        words: String,
        /// Rows with them.
        refunds: u64,
        /// Rows with a value.
        rows: u64,
    },
    /// The values that the caller names as those of sales are in no column of states or kinds.
    #[error(
        "no column of states or kinds of rows holds {}, named as the values of sales; {}",
        listed(sales),
        if found.is_empty() { "there is no such column".to_owned() } else { format!("there are {}", listed(found)) }
    )]
    SalesNotFound {
        /// The values.
        sales: Vec<String>,
        /// Values that are there.
        found: Vec<String>,
    },
    /// A column of kinds of documents holds kinds that are not known.
    #[error(
        "{column:?} tells kinds of documents, and it is not known what these are: {kinds}; {} with {} would count as sales; say \
         which kinds are sales, or that it is no column of kinds",
        counted(*rows, "row", "rows"), shown(*pennies)
    )]
    UnknownKinds {
        /// The column.
        column: String,
        /// The kinds, each with its rows and money, the commonest first.
        kinds: String,
        /// Rows of all of them.
        rows: u64,
        /// Their money, in pennies.
        pennies: i128,
    },
    /// A column tells the fees of a marketplace beside what customers paid.
    #[error(
        "{column:?} tells fees ({fees}) beside {others}: {} with {} would count among purchases, though customers did not pay them; \
         say which values are sales",
        counted(*rows, "row", "rows"), shown(*pennies)
    )]
    FeesAmongSales {
        /// The column.
        column: String,
        /// The values that are fees, the commonest first.
        fees: String,
        /// The others.
        others: String,
        /// Rows of fees.
        rows: u64,
        /// Their money, in pennies.
        pennies: i128,
    },
    /// A column tells payments beside the invoices that they settle.
    #[error(
        "{column:?} tells payments ({payments}) beside sales ({documents}): {} with {} would count as sales though they settle \
         them; say whether it is a column of kinds of rows, in which payments are no sales",
        counted(*rows, "row", "rows"), shown(*pennies)
    )]
    PaymentsBesideSales {
        /// The column.
        column: String,
        /// The values that are payments, the commonest first.
        payments: String,
        /// Those that are sales.
        documents: String,
        /// Rows of payments.
        rows: u64,
        /// Their money, in pennies.
        pennies: i128,
    },
    /// A column says which rows are debits and which are credits.
    #[error(
        "{column:?} marks debits ({debits}) and credits ({credits}): credits are payments, or money that goes back, and no \
         sales; leave them out of the input, or say that both are sales"
    )]
    DebitsAndCredits {
        /// The column.
        column: String,
        /// Rows.
        debits: u64,
        /// Rows.
        credits: u64,
    },
    /// Orders stand in the data once for each state that they were in.
    #[error(
        "{rows} rows repeat another in all but {column} ({states}): these are several versions of the same orders, whose money \
         would count each time; leave the last version of each in the input"
    )]
    SeveralVersions {
        /// The column of states.
        column: String,
        /// The states, the commonest first.
        states: String,
        /// Rows that repeat another.
        rows: u64,
    },
    /// Amounts below zero take off nearly all that was sold.
    #[error(
        "amounts below zero take {} off the {} that the others add up to: they may be payments beside their invoices, which are \
         no sales; leave them out of the input, or say that they are returns",
        shown(*taken_off), shown(*sold)
    )]
    MoneyCancels {
        /// What the amounts above zero add up to, in pennies.
        sold: i128,
        /// What those below add up to, without the sign.
        taken_off: i128,
    },
    /// Orders stand beside their deliveries or invoices.
    #[error(
        "{column:?} holds documents of one sale beside each other: {one:?} ({}) and {other:?} ({}), and each would count; leave \
         one kind in the input, or say that each is a sale of its own",
        counted(*rows, "row", "rows"), counted(*other_rows, "row", "rows")
    )]
    DocumentChain {
        /// The column.
        column: String,
        /// A kind.
        one: String,
        /// Rows of it.
        rows: u64,
        /// Another kind.
        other: String,
        /// Rows of that.
        other_rows: u64,
    },
    /// Rows are sums of their customers' others.
    #[error(
        "{customers} of {of} customers with four rows or more have one that is the sum of their others, to the penny: these are \
         subtotals, which would count again; leave them out of the input"
    )]
    Subtotals {
        /// Customers with such a row.
        customers: u64,
        /// Customers with four rows or more.
        of: u64,
    },
    /// A row is the sum of all others.
    #[error(
        "{place} row {row}: its amount, {}, is the sum of all other rows, to the penny: it is a total, which would count again; \
         leave it out of the input",
        money(*pennies)
    )]
    SumOfAll {
        /// Where.
        place: String,
        /// The row, from 1.
        row: u64,
        /// Its amount, in pennies.
        pennies: i64,
    },
    /// Another table begins below the first one.
    #[error(
        "{place} row {row}: the header stands again{}: another table begins there, and its rows would count with those above; \
         put each table into a sheet or file of its own, or remove the rows between the parts of one",
        under(title)
    )]
    StackedTables {
        /// Where.
        place: String,
        /// The row of its header, from 1.
        row: u64,
        /// The text above its header, which may be empty.
        title: String,
    },
    /// A sheet or a file that was found is named as if its rows were no sales.
    #[error(
        "{place} is called {word:?}, and its rows would count as sales; leave it out, or name every table that counts"
    )]
    NamedNoSale {
        /// Where.
        place: String,
        /// The word in its name.
        word: String,
    },
    /// A spreadsheet has shortened ids to a few digits.
    #[error(
        "the customer ids were destroyed by a spreadsheet: {rows} rows hold {ids} numbers such as {example:?} in {column:?}, \
         where different customers look alike; format the column as text and export again"
    )]
    ShortenedIds {
        /// The column.
        column: String,
        /// Distinct ids of this form.
        ids: u64,
        /// Rows kept that hold one.
        rows: u64,
        /// The one with most rows.
        example: String,
    },
    /// A row that cannot be kept, while the rule that would drop it is off.
    #[error(
        "{} row {}: {} ({}), and the rule {} is switched off; correct the row or switch the rule on",
        .0.place, .0.row, .1, values(.0), .0.rule
    )]
    Refused(
        /// The row.
        Box<Example>,
        /// What is wrong with it.
        &'static str,
    ),
    /// The rules left nothing.
    #[error("no transaction is left of {rows} rows: {removed}{}", for_example(example.as_deref()))]
    NothingLeft {
        /// Rows read.
        rows: u64,
        /// Rows that each rule removed.
        removed: String,
        /// The first row that the rule removed which removed most.
        example: Option<Box<Example>>,
    },
    /// Returns are left, purchases are not.
    #[error(
        "only returns are left after cleaning ({rows} rows with negative amounts), so there is no purchase to segment by; \
         check the signs of quantity and amount, or drop returns"
    )]
    NoPurchases {
        /// Rows kept.
        rows: u64,
    },
    /// The amounts add up to more than can be counted.
    #[error(
        "the amounts add up to {pennies} pennies, more than {} can be counted; check the amount column",
        i64::MAX
    )]
    AmountOverflow {
        /// The sum.
        pennies: i128,
    },
    /// Parts that do not fit into memory could not be written or read.
    #[error(
        "temporary files in {directory} cannot be written: {reason}; free some space or set TMPDIR to another directory"
    )]
    Spill {
        /// Where.
        directory: PathBuf,
        /// The reason.
        reason: String,
    },
    /// Building the table failed.
    #[error("building the table of transactions failed: {0}")]
    Table(#[from] PolarsError),
    /// The caller asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// One of several currencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixedCurrency {
    /// Its ISO 4217 code, as far as it is known.
    pub code: String,
    /// Rows in it; 0 where only a sign beside amounts tells.
    pub rows: u64,
    /// Their amounts, in hundredths.
    pub pennies: i128,
}

impl MixedCurrency {
    /// A currency of which only a sign or a name tells.
    pub(super) fn of(code: String) -> Self {
        Self { code, rows: 0, pennies: 0 }
    }
}

impl std::fmt::Display for MixedCurrency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, rows, pennies } = self;
        match (rows, i64::try_from(*pennies)) {
            (0, _) | (_, Err(_)) => f.write_str(code),
            (rows, Ok(pennies)) => {
                write!(f, "{code} ({}, {})", counted(*rows, "row", "rows"), money(pennies))
            }
        }
    }
}

/// What is read, for messages.
const SUFFIXES: &str =
    "csv, tsv, txt (also gz or zst), json, ndjson, xlsx, xls, ods, parquet, or a zip of these";

impl TransactionsError {
    pub(super) fn io(place: &str, source: std::io::Error) -> Self {
        Self::Io { place: place.to_owned(), source }
    }

    pub(super) fn damaged(place: &str, format: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Damaged { place: place.to_owned(), format, reason: reason.to_string() }
    }
}

fn under(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!(" under {title:?}") }
}

fn shown(pennies: i128) -> String {
    money(i64::try_from(pennies).unwrap_or(i64::MAX))
}

fn for_example(example: Option<&Example>) -> String {
    example.map_or(String::new(), |example| {
        let Example { rule, place, row, .. } = example;
        let values = values(example);
        format!("; for example {rule} {place} row {row} ({values}); check the column mapping and the rule")
    })
}

fn listed(columns: &[String]) -> String {
    const SHOWN: usize = 40;
    let mut names: Vec<String> = columns.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    if columns.len() > SHOWN {
        names.push(format!("and {} more", columns.len() - SHOWN));
    }
    names.join(", ")
}

/// A header has no numbers.
fn looks_headerless(columns: &[String]) -> bool {
    columns.iter().any(|name| name.trim().parse::<f64>().is_ok())
}

fn values(example: &Example) -> String {
    let pairs: Vec<String> = example.values.iter().map(|(role, value)| format!("{role} {value:?}")).collect();
    pairs.join(", ")
}
