//! One pass over all inputs under fixed conventions.
//!
//! Ambiguous values are read under an assumption while the evidence is tallied. The pass stops as soon
//! as the evidence contradicts the assumption and is run again under the right one; when the first
//! guess is right, which is the rule, the input is read once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::chunk::{Chunk, Conventions, Plan};
use super::collect::Collector;
use super::date::DateOrder;
use super::error::TransactionsError;
use super::header::Layout;
use super::mapping::Role;
use super::number::DecimalMark;
use super::tally::Verdict;
use super::{Decision, ReadOptions};
use crate::progress::Progress;
use crate::record::InputFile;

/// The readings that a pass assumes.
#[derive(Debug, Clone, Default)]
pub(super) struct Assumptions {
    pub conventions: Conventions,
    /// Places known not to be UTF-8 although they began so.
    pub windows_1252: BTreeSet<String>,
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
    /// The files read, with their checksums.
    pub inputs: Vec<InputFile>,
    /// A layout for each table read.
    pub layouts: Vec<Layout>,
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
            inputs: Vec::new(),
            layouts: Vec::new(),
            bytes: Arc::default(),
            total_bytes,
            left_out: Vec::new(),
        }
    }

    /// Settles the roles of a table's columns.
    pub fn layout(&self, place: &str, columns: &[String]) -> Result<Layout, TransactionsError> {
        Layout::resolve(columns, &self.options.mapping).map_err(|unsettled| TransactionsError::Columns {
            place: place.to_owned(),
            unsettled,
            columns: columns.to_vec(),
        })
    }

    /// Notes that a table is read with `layout`; `how` says what else was recognised.
    pub fn begin_table(&mut self, place: &str, layout: &Layout, how: &str) {
        let text = match how {
            "" => format!("{place}: {}", layout.describe()),
            how => format!("{place} ({how}): {}", layout.describe()),
        };
        self.decide("columns", text);
        if let (Some(amount), Some(price)) = (layout.name(Role::Amount), layout.name(Role::Price)) {
            self.decide("amount", format!("{place}: money is {amount}; {price} is not used"));
        }
        if layout.name(Role::Invoice).is_none() {
            self.decide(
                "purchases",
                format!("{place}: no column is an invoice; each customer's day is one purchase"),
            );
        }
        self.layouts.push(layout.clone());
    }

    pub fn decide(&mut self, topic: &'static str, text: String) {
        self.decisions.push(Decision { topic, text });
    }

    /// What chunks of a table need to know.
    pub fn plan<'p>(&self, layout: &'p Layout) -> Plan<'p>
    where
        'a: 'p,
    {
        Plan::new(layout, &self.options.rules, self.assumptions.conventions, self.options.reference)
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

    /// After the last row: fails where values are ambiguous and nothing decides.
    pub fn settle(&mut self) -> Result<(), TransactionsError> {
        if self.options.date_order.is_none() {
            match self.collector.dates.verdict() {
                Verdict::Undecided(example) => {
                    return Err(TransactionsError::DateOrderUndecided { example: example.to_string() });
                }
                Verdict::First(day) => {
                    let text = format!("dates are read day first: {day} cannot be month first");
                    self.decide("dates", text);
                }
                Verdict::Second(day) => {
                    let text = format!("dates are read month first: {day} cannot be day first");
                    self.decide("dates", text);
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
                    let text = format!(
                        "numbers are read with a decimal comma: {number} cannot have a decimal point"
                    );
                    self.decide("numbers", text);
                }
                Verdict::First(_) | Verdict::Indifferent | Verdict::Contradictory(..) => {}
            }
        }
        Ok(())
    }
}
