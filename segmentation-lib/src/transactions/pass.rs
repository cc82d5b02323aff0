//! One pass over all inputs under fixed conventions.
//!
//! Ambiguous values are read under an assumption while the evidence is tallied. The pass stops as soon
//! as the evidence contradicts the assumption and is run again under the right one; when the first
//! guess is right, which is the rule, the input is read once.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::FixedState;

use super::chunk::Chunk;
use super::collect::Collector;
use super::date::DateOrder;
use super::error::TransactionsError;
use super::header::{Layout, is_flag, normalized};
use super::invoices::{LineMoney, names_a_total};
use super::judged::marks;
use super::mapping::Role;
use super::meaning::{MARKING, Marks, Meaning, is_an_answer, is_booking, meaning};
use super::number::DecimalMark;
use super::plan::{Conventions, Plan};
use super::rules::Rule;
use super::tally::Verdict;
use super::{Decision, ReadOptions, TableColumns};
use crate::progress::Progress;
use crate::record::{InputFile, Localized, Warning, WarningKind};
use crate::wording::{integer, portuguese};

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
}

/// Why a pass stops early.
#[derive(Debug)]
pub(super) enum Interrupt {
    Failed(TransactionsError),
    /// Run again under these assumptions.
    Again(Assumptions),
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
    /// Hashes of the rows of each sheet.
    sheets: Vec<(String, HashSet<u64, FixedState>)>,
    /// Bytes taken from the inputs so far.
    pub bytes: Arc<AtomicU64>,
    pub total_bytes: u64,
    /// Why something of a directory or archive was left out; the first is the error when nothing is read.
    pub left_out: Vec<TransactionsError>,
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
            sheets: Vec::new(),
            bytes: Arc::default(),
            total_bytes,
            left_out: Vec::new(),
        }
    }

    /// Settles the roles of a table's columns.
    pub fn layout(&self, place: &str, columns: &[String]) -> Result<Layout, TransactionsError> {
        let settle = if self.assumptions.without_money { Layout::without_money } else { Layout::resolve };
        settle(columns, &self.options.mapping).map_err(|unsettled| TransactionsError::Columns {
            place: place.to_owned(),
            unsettled,
            columns: columns.to_vec(),
        })
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
        self.tables.push(TableColumns::new(place, layout));
        self.layouts.push(layout.clone());
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

    /// Warns of an earlier sheet that holds nearly all rows of this one, or the other way round.
    pub fn compare_rows(&mut self, place: &str, rows: HashSet<u64, FixedState>) {
        const FEWEST: usize = 10;
        let alike = |other: &HashSet<u64, FixedState>| {
            let (small, large) = if other.len() < rows.len() { (other, &rows) } else { (&rows, other) };
            let shared = small.iter().filter(|row| large.contains(row)).count();
            (shared >= FEWEST && shared * 10 >= small.len() * 9).then_some(shared)
        };
        let twins: Vec<(String, usize)> =
            self.sheets.iter().filter_map(|(other, rows)| Some((other.clone(), alike(rows)?))).collect();
        for (other, shared) in twins {
            let n = integer(shared as u64);
            self.warn(
                WarningKind::SameRows,
                format!("{place} holds {n} rows that {other} holds too, and they count twice: leave one of them out"),
                format!(
                    "{place} contém {} linhas que {other} também contém, e elas contam duas vezes: deixe uma de fora",
                    portuguese(&n)
                ),
            );
        }
        self.sheets.push((place.to_owned(), rows));
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
        Plan::new(layout, self.options, self.assumptions.conventions)
    }

    /// Adds a chunk whose first row is number `first` of `place`.
    pub fn add(&mut self, chunk: Chunk, place: &str, first: u64) -> Result<(), Interrupt> {
        self.progress.check()?;
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
        Err(Interrupt::Again(Assumptions { conventions: right, ..self.assumptions.clone() }))
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
            if self.options.rules.is_on(Rule::ImplausibleDate) {
                right.plausible = assumed.plausible.or_else(|| evidence.days.plausible());
            }
            if self.options.line_money.is_none()
                && assumed.line_money == LineMoney::Own
                && let Some(repeated) = evidence.invoices.repeated(self.amount_is_named_a_total())
            {
                right.line_money = if repeated.priced { LineMoney::Priced } else { LineMoney::TotalOnEach };
            }
        }
        if right == assumed {
            return Ok(());
        }
        Err(Interrupt::Again(Assumptions { conventions: right, ..self.assumptions.clone() }))
    }

    /// A column is what its values say: of states, of bookings, or of something else whatever its header.
    fn reconsider_marks(&self, right: &mut Conventions) {
        let evidence = &self.collector.evidence;
        for (at, role) in MARKING.into_iter().enumerate() {
            let values = evidence.values(role);
            let said = |text: &str| meaning(text, marks(role, right.states_are_kinds));
            let is_known = |text: &str| match role {
                Role::Cancelled if self.is_a_flag(role) => is_an_answer(text),
                _ => said(text) != Meaning::Unknown,
            };
            let (all, known) = (values.sum(|_| true).rows, values.sum(is_known).rows);
            // A header such as "state" or "type" says little: nearly all of its values must be known.
            let doubtful = role == Role::Type || self.layouts.iter().any(|layout| layout.is_weak(role));
            right.unmarked[at] |= all > 0 && doubtful && known * 5 < all * 4;
        }
        let states = [Role::Status, Role::Payment].map(|role| evidence.values(role));
        let holds = |wanted: &dyn Fn(&str) -> bool| {
            states.iter().any(|values| values.0.keys().any(|text| wanted(text)))
        };
        right.states_are_kinds |=
            holds(&|text| is_booking(text)) && holds(&|text| meaning(text, Marks::Kind) == Meaning::Refund);
    }

    /// Whether the column's name says little and only answers in it tell of cancellations: `test`, `returned`.
    fn is_a_flag(&self, role: Role) -> bool {
        self.layouts.iter().filter_map(|layout| layout.name(role)).any(|name| is_flag(&normalized(name)))
    }

    fn amount_is_named_a_total(&self) -> bool {
        let names: Vec<&str> = self.layouts.iter().filter_map(|layout| layout.name(Role::Amount)).collect();
        !names.is_empty() && names.iter().all(|name| names_a_total(&normalized(name)))
    }

    /// After the last row: fails where values are ambiguous and nothing decides.
    pub fn settle(&mut self) -> Result<(), TransactionsError> {
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
