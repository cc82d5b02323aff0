//! Purchase records, read and cleaned.
//!
//! [`read`] takes files in any of the usual formats, finds out which column plays which role, and
//! gives [`Transactions`]: one table in canonical columns, and a [`Ledger`] of what each cleaning
//! rule removed that adds up to the input exactly.
//!
//! Nothing is guessed silently. What the data decides (separator, encoding, order of day and month,
//! decimal mark) is told by [`Transactions::decisions`]; what it cannot decide is an error that says
//! which of the [`ReadOptions`] decides it.
//!
//! Cost: one pass over the input, in parallel over blocks of about a megabyte; a second pass when a
//! first guess at day and month or the decimal mark proves wrong. Memory: two blocks a thread, the distinct
//! customers, and up to [`ReadOptions::rows_in_memory`] rows kept; more are put into temporary files.
//!
//! ```
//! use segmentation_lib::progress::Progress;
//! use segmentation_lib::transactions::{ReadOptions, read};
//!
//! let shop = [std::path::PathBuf::from("tests/data/shop.csv")];
//! let transactions = read(&shop, &ReadOptions::default(), &Progress::silent())?;
//! assert_eq!((transactions.rows(), transactions.customers()), (280, 60));
//! for decision in transactions.decisions() {
//!     println!("{}: {decision}", decision.topic);
//! }
//! # Ok::<(), segmentation_lib::Error>(())
//! ```

mod buckets;
mod chunk;
mod collect;
mod column_values;
mod columns;
mod compared;
mod contacts;
mod continued;
mod currency;
mod currency_codes;
mod customers;
mod date;
mod days;
mod delimited;
mod descriptions;
mod error;
mod evidence;
mod example;
mod fetched;
mod fetched_files;
mod field;
mod header;
mod identity;
mod invoices;
mod json;
mod judged;
mod largest;
mod ledger;
mod losses;
mod mapping;
mod meaning;
mod memo;
mod minor;
mod named_currency;
mod normal;
mod number;
mod origin;
mod overlap;
mod paid;
mod parquet;
mod partitions;
mod parts;
mod pass;
mod per_order;
mod pieces;
mod placeholder;
mod plan;
mod portable;
mod refunded;
mod repeated;
mod restarting;
mod restated;
mod returns_only;
mod rules;
mod sales;
mod sample;
mod since;
mod sources;
mod spill;
mod stacked;
mod subtotals;
mod sum_words;
mod summed;
mod tally;
mod text_columns;
mod typed;
mod unit_prices;
mod values;
mod warnings;
mod workbook;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::NaiveDateTime;
use polars::prelude::LazyFrame;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::currency::{Currencies, ExchangeRates, RatesError};
pub use self::date::DateOrder;
pub use self::error::{MixedCurrency, TransactionsError};
pub use self::example::Example;
pub use self::fetched::{Fetched, Wanted, read_fetched};
pub use self::fetched_files::{FetchedFile, FetchedFiles, read_files};
pub use self::header::Unsettled;
pub use self::identity::{Sameness, merged_id};
pub use self::ledger::Ledger;
pub use self::losses::{Damage, LossError, Losses, no_jump, nobody_lost, not_backdated, not_older};
pub use self::mapping::{ColumnMapping, ColumnRef, MappingError, Role};
pub use self::meaning::known_words;
pub use self::number::DecimalMark;
pub use self::origin::{Origin, What};
pub use self::parts::Parts;
pub use self::portable::{Dialect, Texts, parquet_columns, texts};
pub use self::restated::{not_cut_short, not_respelled, not_restated};
pub use self::rules::{Duplicates, Returns, Rule, RuleInfo, Rules, UnknownRule};
pub use self::sample::SampleCustomer;
pub use self::since::alike_since;
pub use self::summed::{Earlier, Summed, SummedCustomers, SummedFiles, read_customers, read_pushed_down};
pub use self::typed::CLEANING;
pub use crate::reference_date::{ReferenceDate, ReferenceDateError};

pub(crate) use self::sources::{is_data_name, logged};

use self::collect::Collected;
use self::descriptions::Descriptions;
use self::header::Layout;
use self::invoices::LineMoney;
use self::pass::{Assumptions, Interrupt, Pass};
use self::plan::Conventions;
use self::repeated::Repeated;
use self::sources::Source;
use self::spill::Stored;
use self::warnings::{Found, refuse_versions};
use crate::progress::Progress;
use crate::record::{InputFile, Localized, Warning, WarningKind};
use crate::temporary::TemporaryDirectory;

/// How transactions are read and cleaned.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Columns that their names do not settle.
    pub mapping: ColumnMapping,
    /// Cleaning rules, returns and duplicates.
    pub rules: Rules,
    /// Rows after it are dropped by the rule `after_reference_date`.
    pub reference: Option<ReferenceDate>,
    /// The order of day and month, where the data does not decide.
    pub date_order: Option<DateOrder>,
    /// The decimal mark, where the data does not decide.
    pub decimal: Option<DecimalMark>,
    /// The currency that is kept, and what others are worth. Without either all amounts must be in one.
    pub currencies: Currencies,
    /// What an amount on the lines of an invoice is, where the data must not decide.
    pub line_money: Option<AmountOf>,
    /// Values of columns of states and kinds that are sales. In a column that holds one of them every other value is no sale,
    /// but for those that say that money goes back; where it is empty the values are read by what they say.
    pub sales: Vec<String>,
    /// What is overlooked between ids: those that are alike but for it are one. None by default.
    pub merge_ids: Vec<Sameness>,
    /// Sheets of workbooks that are read, even hidden ones; all visible ones where none is named.
    pub sheets: Vec<String>,
    /// Share of the rows and of the money that may be lost, 0 to 1, default 0.1; see [`Losses::allowed`]. Reading
    /// goes on: it is for whoever publishes to stop.
    pub max_loss: f64,
    /// Rows kept in memory; more go to temporary files. About 50 bytes a row, and each distinct text once.
    /// Default 10,000,000.
    pub rows_in_memory: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            mapping: ColumnMapping::default(),
            rules: Rules::default(),
            reference: None,
            date_order: None,
            decimal: None,
            currencies: Currencies::default(),
            line_money: None,
            sales: Vec::new(),
            merge_ids: Vec::new(),
            sheets: Vec::new(),
            max_loss: 0.1,
            rows_in_memory: 10_000_000,
        }
    }
}

/// What the amount on a line is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AmountOf {
    /// Of the line: lines add up.
    Line,
    /// Of the whole invoice, repeated on its lines: it counts once.
    Invoice,
}

/// Optional columns that some input has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresentColumns {
    /// Money: an amount, or a quantity with a price. Present by default, the others are not.
    pub money: bool,
    /// Purchases are invoices; otherwise each day with a purchase is one.
    pub invoice: bool,
    /// What was bought.
    pub product: bool,
    /// How many were bought.
    pub quantity: bool,
    /// Country of the customer.
    pub country: bool,
}

impl Default for PresentColumns {
    fn default() -> Self {
        Self { money: true, invoice: false, product: false, quantity: false, country: false }
    }
}

/// What the columns of a table are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableColumns {
    /// File, and member or sheet where there is one.
    pub place: String,
    /// Column by role; all that say of a row whether it is a sale stand under `cancelled`, separated by commas.
    pub roles: BTreeMap<&'static str, String>,
    /// Columns that play no role.
    pub unused: Vec<String>,
}

impl TableColumns {
    fn new(place: &str, layout: &Layout) -> Self {
        let name = |role: Role| Some((role.name(), layout.name(role)?.to_owned()));
        let mut roles: BTreeMap<&'static str, String> = Role::ALL.into_iter().filter_map(name).collect();
        let used = layout.flags().iter().filter(|flag| flag.used);
        let flags = used.map(|flag| layout.columns[flag.column].as_str());
        let cancelled: Vec<&str> = layout.name(Role::Cancelled).into_iter().chain(flags).collect();
        if !cancelled.is_empty() {
            roles.insert(Role::Cancelled.name(), cancelled.join(", "));
        }
        Self { place: place.to_owned(), roles, unused: layout.unused() }
    }
}

/// Something that was recognised in the data; in English where it is displayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What it is about: `columns`, `amount`, `purchases`, `dates`, `numbers`, `encoding`, `sheets`, `files`, `status`.
    pub topic: &'static str,
    /// The decision and its reason.
    pub text: Localized,
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text.en)
    }
}

/// Cleaned transactions.
pub struct Transactions {
    /// Keeps temporary files alive.
    stored: Stored,
    parts: Parts,
    frame: LazyFrame,
    ledger: Ledger,
    inputs: Vec<InputFile>,
    rows: u64,
    customers: u64,
    first: NaiveDateTime,
    last: NaiveDateTime,
    columns: PresentColumns,
    decisions: Vec<Decision>,
    warnings: Vec<Warning>,
    losses: Losses,
    currency: Option<String>,
    tables: Vec<TableColumns>,
    descriptions: Descriptions,
    /// What a manifest records of where they come from.
    parameters: BTreeMap<String, Value>,
    /// One row per customer, where only the sums are known.
    summed: Option<Box<Summed>>,
    /// Where fetched files are, removed on drop.
    _fetched: Option<TemporaryDirectory>,
}

impl Transactions {
    /// The rows kept, in the order read where they are in memory, in no order where they are in temporary files; these
    /// live as long as `self`. Columns:
    ///
    /// | column | type | |
    /// |---|---|---|
    /// | `customer_id` | String | the id as text, exactly |
    /// | `purchase_id` | String | the invoice, or the day (`2011-12-09`) where there is none |
    /// | `purchased_at` | Datetime, milliseconds | as on the shop's clock |
    /// | `product` | String, nullable | product code or name |
    /// | `country` | String, nullable | |
    /// | `quantity` | Int64, nullable | pieces; fractions are rounded half away from zero |
    /// | `amount_pennies` | Int64 | hundredths of the currency unit, from the exact decimal product rounded once, half away from zero |
    /// | `is_return` | Boolean | a cancellation, or a line of negative quantity or amount |
    pub fn frame(&self) -> LazyFrame {
        text_columns::decoded(self.frame.clone())
    }

    /// As [`Transactions::frame`], in parts that hold whole customers. Customers, products and countries are categories,
    /// purchases in files are text.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What each rule removed.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What a manifest records of where they come from, where they are in no file that `--input` names: the command
    /// line's flags with their values.
    pub(crate) fn parameters(&self) -> &BTreeMap<String, Value> {
        &self.parameters
    }

    /// One row per customer as the features' text gives it, where only these sums are known; there are no rows then.
    pub fn summed(&self) -> Option<&Summed> {
        self.summed.as_deref()
    }

    /// The files, in the order read; of a fetched table one, with the size and checksum of what was fetched.
    pub fn inputs(&self) -> &[InputFile] {
        &self.inputs
    }

    /// Rows kept.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Customers with at least one row kept.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// The earliest purchase kept; returns do not count.
    pub fn first(&self) -> NaiveDateTime {
        self.first
    }

    /// The latest purchase kept; returns do not count.
    pub fn last(&self) -> NaiveDateTime {
        self.last
    }

    /// The optional columns that the input has.
    pub fn columns(&self) -> PresentColumns {
        self.columns
    }

    /// What was recognised in the data and why.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The tables read, and what their columns are.
    pub fn tables(&self) -> &[TableColumns] {
        &self.tables
    }

    /// What a product is called beside its code, where the data say it: in the first row that sells it with a name of up
    /// to 120 bytes.
    pub fn description(&self, product: &str) -> Option<&str> {
        self.descriptions.of(product)
    }

    /// What a reader of the result should know of the data.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// What was lost because it could not be read or is implausible.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// The currency of the amounts, where the data names one.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// Whether the rows are in files, not in memory.
    pub fn is_spilled(&self) -> bool {
        matches!(self.stored, Stored::Files(..))
    }
}

impl std::fmt::Debug for Transactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transactions")
            .field("ledger", &self.ledger)
            .field("decisions", &self.decisions)
            .finish_non_exhaustive()
    }
}

/// Reads transactions from files, directories and patterns.
///
/// # Errors
/// Each variant of [`TransactionsError`] says what was wrong, where, and what to do.
pub fn read(
    inputs: &[PathBuf],
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions, TransactionsError> {
    let found = sources::find(inputs)?;
    let (collected, findings) = read_until_settled(&found, options, progress)?;
    finish(collected, findings, options)
}

/// What a pass leaves besides the rows.
struct Findings {
    decisions: Vec<Decision>,
    columns: PresentColumns,
    inputs: Vec<InputFile>,
    layouts: Vec<Layout>,
    conventions: Conventions,
    /// Signs of currencies beside amounts.
    signs: Vec<String>,
    /// Currencies that names of columns, sheets and files say.
    named_currencies: BTreeSet<&'static str>,
    warnings: Vec<Warning>,
    tables: Vec<TableColumns>,
}

/// Repeats the pass until no value contradicts what it assumes: at most once for each of day and month,
/// decimal mark, and each text that turns out not to be UTF-8.
fn read_until_settled(
    found: &sources::Found,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<(Collected, Findings), TransactionsError> {
    let total: u64 = found.sources.iter().map(Source::bytes).sum();
    let conventions = Conventions {
        date_order: options.date_order.unwrap_or_default(),
        decimal: options.decimal.unwrap_or_default(),
        line_money: match options.line_money {
            Some(AmountOf::Invoice) => LineMoney::TotalOnEach,
            Some(AmountOf::Line) | None => LineMoney::Own,
        },
        ..Conventions::default()
    };
    let mut assumptions = Assumptions { conventions, ..Assumptions::default() };
    let mut refused = None;
    loop {
        let mut pass = Pass::new(options, progress, assumptions, total);
        pass.decisions.extend(found.decision());
        match run(&mut pass, &found.sources) {
            Ok(()) => {
                pass.decisions.extend(same_bytes(&pass.inputs));
                let findings = Findings {
                    decisions: pass.decisions,
                    columns: present(&pass.layouts),
                    inputs: pass.inputs,
                    layouts: pass.layouts,
                    conventions: pass.assumptions.conventions,
                    signs: pass.collector.numbers.currencies().map(|(sign, _)| sign.to_owned()).collect(),
                    named_currencies: pass.currencies.into_iter().flatten().collect(),
                    warnings: pass.warnings,
                    tables: pass.tables,
                };
                return Ok((pass.collector.finish()?, findings));
            }
            Err(Interrupt::Failed(error)) => match refused.take() {
                // Without money they cannot be read either: what was missing first is what is missing.
                Some(first) if is_about_columns(&error) => return Err(first),
                Some(_) => return Err(error),
                None if lacks_money(&error) && pass.layouts.is_empty() => {
                    assumptions = Assumptions { without_money: true, ..pass.assumptions };
                    refused = Some(error);
                }
                None => return Err(error),
            },
            Err(Interrupt::Again(right)) => assumptions = *right,
        }
    }
}

fn is_about_columns(error: &TransactionsError) -> bool {
    matches!(error, TransactionsError::Columns { .. })
}

fn lacks_money(error: &TransactionsError) -> bool {
    let missing = |unsettled: &Unsettled| matches!(unsettled, Unsettled::Missing { roles, .. } if roles.contains(&Role::Amount));
    matches!(error, TransactionsError::Columns { unsettled, .. } if missing(unsettled))
}

/// Money in some tables and none in others would make the customers of those others poor.
fn refuse_money_in_some(pass: &Pass<'_>) -> Result<(), TransactionsError> {
    let place = |money: bool| {
        let of = |at: usize| pass.layouts[at].has_money() == money;
        (0..pass.layouts.len()).find(|at| of(*at)).map(|at| pass.tables[at].place.clone())
    };
    match (place(true), place(false)) {
        (Some(with), Some(without)) => Err(TransactionsError::MoneyInSome { with, without }),
        _ => Ok(()),
    }
}

fn run(pass: &mut Pass<'_>, sources: &[Source]) -> Result<(), Interrupt> {
    pass.compares_tables = sources.len() > 1;
    for source in sources {
        pass.progress.check()?;
        sources::read(pass, source)?;
        pass.partitioned.take().map_or(Ok(()), Err)?;
    }
    if pass.layouts.is_empty() {
        let first = pass.left_out.drain(..).next();
        return Err(first.unwrap_or(TransactionsError::NoInput).into());
    }
    refuse_money_in_some(pass)?;
    pass.reconsider()?;
    pass.refuse_doubtful_names()?;
    Ok(pass.settle()?)
}

/// What is to be said of files that are equal byte by byte: each counts, for only the caller knows whether one
/// is a copy.
fn same_bytes(inputs: &[InputFile]) -> Vec<Decision> {
    let mut first = BTreeMap::new();
    let mut twins = Vec::new();
    for file in inputs {
        match first.entry(file.sha256.as_str()) {
            Entry::Vacant(vacant) => drop(vacant.insert(&file.name)),
            Entry::Occupied(twin) => twins.push(Decision {
                topic: "files",
                text: Localized {
                    en: format!(
                        "{} holds the same bytes as {}: leave it out if it is a copy",
                        file.name,
                        twin.get()
                    ),
                    pt_br: format!(
                        "{} contém os mesmos bytes que {}: deixe de fora se for uma cópia",
                        file.name,
                        twin.get()
                    ),
                },
            }),
        }
    }
    twins
}

fn present(layouts: &[Layout]) -> PresentColumns {
    let any = |role| layouts.iter().any(|layout| layout.column(role).is_some());
    PresentColumns {
        money: layouts.iter().any(Layout::has_money),
        invoice: any(Role::Invoice),
        product: any(Role::Product),
        quantity: any(Role::Quantity),
        country: any(Role::Country),
    }
}

fn finish(
    collected: Collected,
    findings: Findings,
    options: &ReadOptions,
) -> Result<Transactions, TransactionsError> {
    let moment = |ms| chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default().naive_utc();
    let found = Found::new(&collected, &findings, options);
    let currency = found.currency()?;
    found.refuse_shortened_ids()?;
    found.refuse_unmet_sales()?;
    found.refuse_mostly_refunds()?;
    found.refuse_unknown_kinds()?;
    found.refuse_debits_and_credits()?;
    found.refuse_payments_among_entries()?;
    found.refuse_fees_among_entries()?;
    found.refuse_money_that_cancels()?;
    found.refuse_a_sum_of_all()?;
    found.refuse_document_chain()?;
    let taken_off = found.taken_off_unsaid();
    let states = found.states_of_sales();
    let ids = found.ids_in_doubt();
    let (said, mut warnings) = found.said();
    let mut decisions = findings.decisions;
    decisions.extend(said);
    warnings.extend(findings.warnings);
    let losses = Losses::of(&collected.ledger, collected.evidence.continued.rows());
    let Collected { stored, ledger, rows, customers, purchases: (first, last), descriptions, .. } = collected;
    let mut parts = stored.parts()?;
    taken_off.map_or(Ok(()), |much| paid::refuse_payments(&parts, much))?;
    warnings.extend(returns_only::told(&parts)?);
    let is_told = warnings.iter().any(|warning| warning.kind == WarningKind::SameRows);
    let is_kept = options.rules.duplicates == Duplicates::Keep;
    let may_repeat = !is_told && (is_kept || !states.is_empty());
    let looks_for_sums = findings.columns.money && options.rules.is_on(Rule::NonProduct);
    if may_repeat || findings.columns.invoice || looks_for_sums {
        let few = parts.few(rows)?;
        if looks_for_sums {
            subtotals::refuse(&parts, &few)?;
        }
        if may_repeat {
            let repeated = repeated::found(&parts, &few, findings.columns)?;
            repeated.map_or(Ok(()), |repeated| refuse_versions(&states, repeated.rows()))?;
            // A total that is repeated has counted once already.
            let counts_again = is_kept && findings.conventions.line_money != LineMoney::TotalOnEach;
            warnings.extend(repeated.filter(|_| counts_again).map(Repeated::warning));
        }
        if findings.columns.invoice {
            warnings.extend(per_order::told(&parts, &few, ids, (first, last))?);
            let (numbered, decision) = restarting::by_day(parts, &few)?;
            parts = numbered;
            decisions.extend(decision);
        }
    }
    Ok(Transactions {
        frame: parts.together()?,
        parts,
        stored,
        ledger,
        inputs: findings.inputs,
        rows,
        customers,
        first: moment(first),
        last: moment(last),
        columns: findings.columns,
        decisions,
        warnings,
        losses,
        currency,
        tables: findings.tables,
        descriptions,
        parameters: BTreeMap::new(),
        summed: None,
        _fetched: None,
    })
}
