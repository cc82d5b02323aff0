//! One pass over all inputs under fixed conventions.
//!
//! Ambiguous values are read under an assumption while the evidence is tallied. The pass stops as soon
//! as the evidence contradicts the assumption and is run again under the right one; when the first
//! guess is right, which is the rule, the input is read once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::chunk::Chunk;
use super::collect::Collector;
use super::currency::column_of_codes;
use super::date::DateOrder;
use super::error::TransactionsError;
use super::header::{Flag, Layout, Unsettled, is_flag};
use super::invoices::{LineMoney, names_a_total};
use super::judged::said;
use super::mapping::Role;
use super::meaning::{
    Kinds, MARKING, Marks, Meaning, is_an_answer, is_booking, is_telling, meaning, no_sale_word,
};
use super::memo::Counts;
use super::normal::normalized;
use super::number::DecimalMark;
use super::overlap::Seen;
use super::plan::{Conventions, Plan};
use super::rules::Rule;
use super::tally::Verdict;
use super::{Decision, ReadOptions, TableColumns};
use crate::progress::Progress;
use crate::record::{InputFile, Localized, Warning, WarningKind};

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
    /// Tables whose names say that their rows are no sales.
    doubtful: Vec<Doubtful>,
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
            doubtful: Vec::new(),
        }
    }

    /// Settles the roles of a table's columns.
    pub fn layout(&self, place: &str, columns: &[String]) -> Result<Layout, TransactionsError> {
        let settle = if self.assumptions.without_money { Layout::without_money } else { Layout::resolve };
        let layout = settle(columns, &self.options.mapping);
        let layout = layout.map(|layout| layout.without_flags(&self.assumptions.no_flags));
        layout.map_err(|unsettled| TransactionsError::Columns {
            place: place.to_owned(),
            unsettled,
            columns: columns.to_vec(),
        })
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
        self.tables.push(TableColumns::new(place, layout));
        self.layouts.push(layout.clone());
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
        if !layout.has_money() {
            self.decide(
                "amount",
                format!("{place}: no column is money"),
                format!("{place}: nenhuma coluna é dinheiro"),
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

    /// After the last row: runs again where whole columns mean something else than was assumed.
    pub fn reconsider(&self) -> Result<(), Interrupt> {
        let (assumed, evidence) = (self.assumptions.conventions, &self.collector.evidence);
        let mut right = assumed;
        if !assumed.serial_days && evidence.serials.are_dates(evidence.days.range()) {
            // Until dates are read nothing else is seen.
            right.serial_days = true;
        } else {
            self.reconsider_marks(&mut right);
            if evidence.unit_prices.tell() {
                let named = self.layouts.iter().find_map(|layout| layout.name(Role::Amount));
                return Err(TransactionsError::AmountOrPrice {
                    column: named.unwrap_or_default().to_owned(),
                }
                .into());
            }
            right.years_first |= self.options.date_order.is_none() && evidence.short_dates.begin_with_years();
            if self.options.rules.is_on(Rule::ImplausibleDate) {
                right.plausible = assumed.plausible.or_else(|| evidence.days.plausible());
            }
            if self.options.line_money.is_none()
                && assumed.line_money == LineMoney::Own
                && let Some(repeated) = evidence.invoices.repeated(self.amount_is_named_a_total())
            {
                if repeated.doubtful {
                    let named = self.layouts.iter().find_map(|layout| layout.name(Role::Amount));
                    let (column, invoices) = (named.unwrap_or_default().to_owned(), repeated.invoices);
                    return Err(TransactionsError::AmountOfUndecided { column, invoices }.into());
                }
                right.line_money = if repeated.priced { LineMoney::Priced } else { LineMoney::TotalOnEach };
            }
        }
        let no_flags = self.no_flags();
        if right == assumed && no_flags == self.assumptions.no_flags {
            return Ok(());
        }
        Err(Interrupt::Again(Box::new(Assumptions {
            conventions: right,
            no_flags,
            ..self.assumptions.clone()
        })))
    }

    /// The columns that are named like flags and whose values, one in five or more, are no answers.
    fn no_flags(&self) -> BTreeSet<String> {
        let is_none = |(_, (flag, values)): &(&String, &(Flag, Counts))| {
            let known = values.sum(|text| flag.says.knows(text)).rows;
            known * 5 < values.sum(|_| true).rows * 4
        };
        let found = self.collector.evidence.flags.iter().filter(is_none).map(|(name, _)| name.clone());
        self.assumptions.no_flags.iter().cloned().chain(found).collect()
    }

    /// A column is what its values say: of states, of bookings, or of something else whatever its header.
    fn reconsider_marks(&self, right: &mut Conventions) {
        let evidence = &self.collector.evidence;
        let mut unmarked = right.unmarked;
        for (at, role) in MARKING.into_iter().enumerate() {
            let values = evidence.values(role);
            let said = |text: &str| said(text, role, right);
            let is_known = |text: &str| match role {
                Role::Cancelled if self.is_a_flag(role) => is_an_answer(text),
                _ => said(text) != Meaning::Unknown,
            };
            let any = |is: &dyn Fn(&str) -> bool| values.0.keys().any(|text| is(text));
            // "Credit" beside no word for a sale is how a sale was paid, or one on account.
            let is_alone = role == Role::Type
                && any(&|text| said(text) == Meaning::Refund)
                && !any(&|text| said(text) == Meaning::Sale)
                && !any(&|text| said(text) == Meaning::Refund && is_telling(text));
            let (all, known) = (values.sum(|_| true).rows, values.sum(is_known).rows);
            // A header such as "state" or "type" says little: nearly all of its values must be known.
            let doubtful = role == Role::Type || self.layouts.iter().any(|layout| layout.is_weak(role));
            unmarked[at] |= is_alone || all > 0 && doubtful && known * 5 < all * 4;
        }
        right.unmarked = unmarked;
        let kinds = |role: Role| Kinds::of(evidence.values(role).0.keys().map(String::as_str));
        right.kinds = right.kinds.or(kinds(Role::Type));
        let states = [Role::Status, Role::Payment].map(|role| evidence.values(role));
        let holds = |wanted: &dyn Fn(&str) -> bool| {
            states.iter().any(|values| values.0.keys().any(|text| wanted(text)))
        };
        right.states_are_kinds |=
            holds(&|text| is_booking(text)) && holds(&|text| meaning(text, Marks::Kind) == Meaning::Refund);
        if right.states_are_kinds {
            right.kinds = right.kinds.or(kinds(Role::Status)).or(kinds(Role::Payment));
        }
    }

    /// Whether the column's name says little and only answers in it tell of cancellations: `test`, `returned`.
    fn is_a_flag(&self, role: Role) -> bool {
        self.layouts.iter().filter_map(|layout| layout.name(role)).any(|name| is_flag(&normalized(name)))
    }

    fn amount_is_named_a_total(&self) -> bool {
        let names: Vec<&str> = self.layouts.iter().filter_map(|layout| layout.name(Role::Amount)).collect();
        !names.is_empty() && names.iter().all(|name| names_a_total(&normalized(name)))
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

    /// Fails where a table was left out that has the customer's and the date's columns of one that was read: it is a
    /// part of the same purchases.
    fn refuse_a_missing_part(&self) -> Result<(), TransactionsError> {
        for (place, columns) in &self.without_money {
            for layout in &self.layouts {
                if let (Some(customer), Some(date)) = (layout.name(Role::Customer), layout.name(Role::Date))
                    && [customer, date].iter().all(|name| columns.iter().any(|column| column == name))
                {
                    return Err(TransactionsError::PartLeftOut {
                        place: place.clone(),
                        customer: customer.to_owned(),
                        date: date.to_owned(),
                        columns: columns.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// After the last row: fails where values are ambiguous and nothing decides, or a part of the purchases was left out.
    pub fn settle(&mut self) -> Result<(), TransactionsError> {
        self.refuse_a_missing_part()?;
        self.compare_tables()?;
        if self.assumptions.conventions.years_first {
            let en = "dates are read year first: the first numbers are years, the last ones days".to_owned();
            let pt_br =
                "as datas são lidas com o ano primeiro: os primeiros números são anos, os últimos são dias";
            self.decide("dates", en, pt_br.to_owned());
        }
        if self.options.date_order.is_none() {
            match self.collector.dates.verdict() {
                Verdict::Undecided(example) => {
                    return Err(TransactionsError::DateOrderUndecided { example: example.to_string() });
                }
                Verdict::First(day) => {
                    let en = format!("dates are read day first: {day} cannot be month first");
                    let pt_br =
                        format!("as datas são lidas com o dia primeiro: {day} não pode começar pelo mês");
                    self.decide("dates", en, pt_br);
                }
                Verdict::Second(day) => {
                    let en = format!("dates are read month first: {day} cannot be day first");
                    let pt_br =
                        format!("as datas são lidas com o mês primeiro: {day} não pode começar pelo dia");
                    self.decide("dates", en, pt_br);
                }
                Verdict::Indifferent | Verdict::Contradictory(..) => {}
            }
        }
        if self.options.decimal.is_none() {
            match self.collector.numbers.verdict() {
                Verdict::Undecided(example) => {
                    return Err(TransactionsError::DecimalUndecided { example: example.to_string() });
                }
                Verdict::Second(number) => {
                    let en = format!(
                        "numbers are read with a decimal comma: {number} cannot have a decimal point"
                    );
                    let pt_br = format!(
                        "os números são lidos com vírgula decimal: {number} não pode ter ponto decimal"
                    );
                    self.decide("numbers", en, pt_br);
                }
                Verdict::First(_) | Verdict::Indifferent | Verdict::Contradictory(..) => {}
            }
        }
        Ok(())
    }
}
