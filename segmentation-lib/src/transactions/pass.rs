//! One pass over all inputs under fixed conventions.
//!
//! Ambiguous values are read under an assumption while the evidence is tallied. The pass stops as soon
//! as the evidence contradicts the assumption and is run again under the right one; when the first
//! guess is right, which is the rule, the input is read once.

mod settled;
mod totals;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::chunk::Chunk;
use super::collect::Collector;
use super::currency::column_of_codes;
use super::date::DateOrder;
use super::error::TransactionsError;
use super::header::{Layout, Says, Unsettled};
use super::mapping::Role;
use super::meaning::{MARKING, no_sale_word};
use super::minor::places;
use super::named_currency::named_currencies;
use super::number::DecimalMark;
use super::overlap::Seen;
use super::plan::{Conventions, MONEY, Plan};
use super::tally::Verdict;
use super::{Decision, ReadOptions, TableColumns};
use crate::progress::Progress;
use crate::record::{InputFile, Localized, Warning, WarningKind};
use crate::wording::portuguese;

/// The readings that a pass assumes.
#[derive(Debug, Clone, Default)]
pub(super) struct Assumptions {
    pub conventions: Conventions,
    /// Places known not to be UTF-8 although they began so.
    pub windows_1252: BTreeSet<String>,
    /// Sheets whose merged cells are filled.
    pub merged_cells: BTreeSet<String>,
    /// No table holds money.
    pub without_money: bool,
    /// Typed tables in which a row needs more than its types.
    pub row_by_row: BTreeSet<String>,
    /// Columns that are named like flags and hold no answers.
    pub no_flags: BTreeSet<String>,
    /// Columns of invoices without a value: they play no role.
    pub empty: BTreeSet<String>,
    /// Columns that are named like money that was given back and hold answers or pieces.
    pub no_refunds: BTreeMap<String, Says>,
}

/// Why a pass stops early.
#[derive(Debug)]
pub(super) enum Interrupt {
    Failed(TransactionsError),
    /// Run again under these assumptions.
    Again(Box<Assumptions>),
}

impl<E: Into<TransactionsError>> From<E> for Interrupt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The state of a pass.
pub(super) struct Pass<'a> {
    pub options: &'a ReadOptions,
    pub progress: &'a Progress,
    pub assumptions: Assumptions,
    pub collector: Collector<'a>,
    pub decisions: Vec<Decision>,
    pub warnings: Vec<Warning>,
    /// The files read, with their checksums.
    pub inputs: Vec<InputFile>,
    /// A layout for each table read.
    pub layouts: Vec<Layout>,
    pub tables: Vec<TableColumns>,
    /// What each table holds, where there are several.
    pub seen: Vec<Seen>,
    /// There are several tables.
    pub compares_tables: bool,
    /// Bytes taken from the inputs so far.
    pub bytes: Arc<AtomicU64>,
    pub total_bytes: u64,
    /// Why something of a directory or archive was left out; the first is the error when nothing is read.
    pub left_out: Vec<TransactionsError>,
    /// Tables that were left out because no column is money, with their columns.
    without_money: Vec<(String, Vec<String>)>,
    /// The source that is read, where the caller named it.
    pub named: Option<String>,
    /// The path of the source that is read.
    pub path: String,
    /// Why a table cannot be read without what the names of its directories say.
    pub partitioned: Option<TransactionsError>,
    /// Tables whose names say that their rows are no sales.
    doubtful: Vec<Doubtful>,
    /// The currencies that the names of each table read say.
    pub currencies: Vec<BTreeSet<&'static str>>,
}

/// A table whose name says that its rows are no sales.
struct Doubtful {
    /// Its place among the tables.
    table: usize,
    word: String,
    /// Money kept before it.
    before: i128,
    /// Money kept after it.
    after: Option<i128>,
}

impl<'a> Pass<'a> {
    pub fn new(
        options: &'a ReadOptions,
        progress: &'a Progress,
        assumptions: Assumptions,
        total_bytes: u64,
    ) -> Self {
        let collector = Collector::new(&options.rules, options.rows_in_memory);
        Self {
            options,
            progress,
            assumptions,
            collector,
            decisions: Vec::new(),
            warnings: Vec::new(),
            inputs: Vec::new(),
            layouts: Vec::new(),
            tables: Vec::new(),
            seen: Vec::new(),
            compares_tables: false,
            bytes: Arc::default(),
            total_bytes,
            left_out: Vec::new(),
            without_money: Vec::new(),
            named: None,
            path: String::new(),
            partitioned: None,
            doubtful: Vec::new(),
            currencies: Vec::new(),
        }
    }

    /// Settles the roles of a table's columns.
    pub fn layout(&self, place: &str, columns: &[String]) -> Result<Layout, TransactionsError> {
        self.settle_columns(columns).map_err(|unsettled| TransactionsError::Columns {
            place: place.to_owned(),
            unsettled,
            columns: columns.to_vec(),
        })
    }

    /// The roles that columns of these names play.
    pub(super) fn settle_columns(&self, columns: &[String]) -> Result<Layout, Unsettled> {
        let settle = if self.assumptions.without_money { Layout::without_money } else { Layout::resolve };
        // Without its name a column is nothing.
        let named =
            |name: &String| if self.assumptions.empty.contains(name) { String::new() } else { name.clone() };
        let names: Vec<String> = columns.iter().map(named).collect();
        let mut layout = settle(&names, &self.options.mapping)?;
        layout.columns = columns.to_vec();
        let is_open = self.options.mapping.get(Role::Cancelled).is_none();
        let layout = layout.without_refunds(&self.assumptions.no_refunds, is_open);
        Ok(layout.without_flags(&self.assumptions.no_flags))
    }

    /// The layout with a column of currencies that the first rows show, unless the caller says which it is.
    pub fn with_currency(&self, layout: Layout, rows: &[Vec<String>]) -> Layout {
        let is_open = self.options.mapping.get(Role::Currency).is_none();
        match column_of_codes(&layout, rows).filter(|_| is_open) {
            Some(column) => layout.with_currency(column),
            None => layout,
        }
    }

    /// Notes that a table is read with `layout`; `how` says what else was recognised, in English and in Portuguese.
    pub fn begin_table(&mut self, place: &str, layout: &Layout, how: [&str; 2]) {
        let begin = |how: &str| if how.is_empty() { place.to_owned() } else { format!("{place} ({how})") };
        self.decide(
            "columns",
            format!("{}: {}", begin(how[0]), layout.describe()),
            format!("{}: {}", begin(how[1]), layout.em_portugues()),
        );
        self.decide_money(place, layout);
        if layout.name(Role::Invoice).is_none() {
            self.decide(
                "purchases",
                format!("{place}: no column is an invoice; each customer's day is one purchase"),
                format!("{place}: nenhuma coluna é a fatura; cada dia de um cliente é uma compra"),
            );
        }
        self.note_name(place, layout);
        let partitioned = self.refuse_partitions(place, &layout.columns, Some(layout));
        self.partitioned = self.partitioned.take().or(partitioned.err());
        self.warn_of_partitions(place, layout);
        self.tables.push(TableColumns::new(place, layout));
        self.layouts.push(layout.clone());
        self.currencies.push(named_currencies(place, layout));
    }

    /// Notes a table that was found and is named as if its rows were no sales, unless a column says it of each row.
    fn note_name(&mut self, place: &str, layout: &Layout) {
        self.end_of_table();
        let (name, is_named) = match place.rsplit_once('[') {
            Some((_, sheet)) => (sheet, !self.options.sheets.is_empty()),
            None => (place.rsplit('/').next().unwrap_or(place), self.named.as_deref() == Some(place)),
        };
        let is_said = MARKING.into_iter().any(|role| layout.column(role).is_some());
        let word = no_sale_word(name).filter(|_| !is_named && !is_said);
        let (table, before) = (self.tables.len(), self.collector.kept_pennies());
        self.doubtful.extend(word.map(|word| Doubtful { table, word, before, after: None }));
    }

    fn end_of_table(&mut self) {
        let money = self.collector.kept_pennies();
        self.doubtful.last_mut().into_iter().for_each(|last| last.after = last.after.or(Some(money)));
    }

    /// # Errors
    /// A table that was found beside others takes no money off, and its name says that its rows are no sales.
    pub fn refuse_doubtful_names(&mut self) -> Result<(), TransactionsError> {
        self.end_of_table();
        let adds = |table: &&Doubtful| table.after.is_some_and(|after| after >= table.before);
        match self.doubtful.iter().find(adds).filter(|_| self.doubtful.len() < self.tables.len()) {
            None => Ok(()),
            Some(Doubtful { table, word, .. }) => {
                let (place, word) = (self.tables[*table].place.clone(), word.clone());
                Err(TransactionsError::NamedNoSale { place, word })
            }
        }
    }

    fn decide_money(&mut self, place: &str, layout: &Layout) {
        if let (Some(amount), Some(price)) = (layout.name(Role::Amount), layout.name(Role::Price)) {
            self.decide(
                "amount",
                format!("{place}: money is {amount}; {price} is not used"),
                format!("{place}: o dinheiro está em {amount}; {price} não é usada"),
            );
        }
        self.decide_units(place, layout);
        if !layout.has_money() {
            self.decide(
                "amount",
                format!("{place}: no column is money"),
                format!("{place}: nenhuma coluna é dinheiro"),
            );
        }
    }

    /// What the names of columns say of the unit of their money.
    fn decide_units(&mut self, place: &str, layout: &Layout) {
        for column in MONEY.into_iter().filter_map(|role| layout.name(role)) {
            let places = places(column);
            if places == 0 || self.assumptions.conventions.own_units {
                continue;
            }
            let by = if places == 2 { "100" } else { "1,000,000" };
            self.decide(
                "amount",
                format!("{place}: by its name {column} is in parts of the currency's unit: divided by {by}"),
                format!(
                    "{place}: pelo nome, {column} está em partes da unidade da moeda: dividida por {}",
                    portuguese(by)
                ),
            );
        }
    }

    /// Adds a warning; of each text one.
    pub fn warn(&mut self, kind: WarningKind, en: String, pt_br: String) {
        let warning = Warning { kind, text: Localized { en, pt_br } };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    pub fn decide(&mut self, topic: &'static str, en: String, pt_br: String) {
        self.decisions.push(Decision { topic, text: Localized { en, pt_br } });
    }

    /// What chunks of a table need to know.
    pub fn plan<'p>(&self, layout: &'p Layout) -> Plan<'p>
    where
        'a: 'p,
    {
        let mut plan = Plan::new(layout, self.options, self.assumptions.conventions);
        plan.compares_tables = self.compares_tables;
        plan.named_currencies = self.currencies.last().cloned().unwrap_or_default();
        plan
    }

    /// Adds a chunk whose first row is number `first` of `place`.
    pub fn add(&mut self, chunk: Chunk, place: &str, first: u64) -> Result<(), Interrupt> {
        self.progress.check()?;
        self.seen.resize(self.layouts.len(), Seen::default());
        if let Some(table) = self.seen.last_mut() {
            table.append(&chunk.seen);
        }
        self.collector.add(chunk, place, first)?;
        self.test_assumptions()?;
        self.collector.refuse()?;
        self.progress.report(
            "read",
            self.bytes.load(Ordering::Relaxed).min(self.total_bytes),
            Some(self.total_bytes),
        );
        Ok(())
    }

    fn test_assumptions(&self) -> Result<(), Interrupt> {
        let mut right = self.assumptions.conventions;
        if self.options.date_order.is_none() {
            right.date_order = match self.collector.dates.verdict() {
                Verdict::First(_) => DateOrder::DayFirst,
                Verdict::Second(_) => DateOrder::MonthFirst,
                Verdict::Contradictory(day_first, month_first) => {
                    let (day_first, month_first) = (day_first.to_string(), month_first.to_string());
                    return Err(TransactionsError::DateOrderMixed { day_first, month_first }.into());
                }
                Verdict::Indifferent | Verdict::Undecided(_) => right.date_order,
            };
        }
        if self.options.decimal.is_none() {
            right.decimal = match self.collector.numbers.verdict() {
                Verdict::First(_) => DecimalMark::Point,
                Verdict::Second(_) => DecimalMark::Comma,
                Verdict::Contradictory(point, comma) => {
                    return Err(TransactionsError::DecimalMixed {
                        point: point.to_string(),
                        comma: comma.to_string(),
                    }
                    .into());
                }
                Verdict::Indifferent | Verdict::Undecided(_) => right.decimal,
            };
        }
        if right == self.assumptions.conventions {
            return Ok(());
        }
        Err(Interrupt::Again(Box::new(Assumptions { conventions: right, ..self.assumptions.clone() })))
    }

    /// Notes why a table is left out: for want of money, where one of its columns may be it.
    pub fn note_left_out(&mut self, reason: &TransactionsError) {
        if let TransactionsError::Columns { place, unsettled: Unsettled::Missing { roles, unused }, columns } =
            reason
            && *roles == [Role::Amount]
            && !unused.is_empty()
        {
            self.without_money.push((place.clone(), columns.clone()));
        }
    }
}
