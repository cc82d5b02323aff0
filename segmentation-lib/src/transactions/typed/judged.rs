//! A table with the rule of each row.

use polars::prelude::*;

use super::super::columns::CANONICAL;
use super::super::ledger::KEPT;
use super::super::plan::Plan;
use super::super::text_columns::Codes;
use super::progress::RowProgress;
use super::source::Source;

/// What tells the lines of one order.
const INVOICE: &str = "invoice";

/// What tells beside it whether an amount is its order's total.
const PRICED: &str = "priced";

/// Whether a row has one.
const HAS_INVOICE: &str = "has_invoice";

/// What a row calls its product.
const DESCRIPTION: &str = "description";

/// Rows of a table that are judged together.
pub(super) struct Batch {
    /// The first, from 0.
    pub first: usize,
    pub rows: usize,
    /// What their texts become.
    pub codes: Codes,
}

/// Rows with their rules.
pub(super) struct Judged(DataFrame);

impl Judged {
    pub fn of(
        source: &Source<'_>,
        cleaning: &str,
        plan: &Plan<'_>,
        batch: &Batch,
        progress: RowProgress,
    ) -> PolarsResult<Self> {
        let mut names = vec!["row_number", "rule"];
        names.extend((plan.asks_invoices || plan.compares_tables).then_some(INVOICE));
        names.extend(plan.asks_invoices.then_some(PRICED));
        let mut columns: Vec<Expr> = CANONICAL.into_iter().chain(names).map(col).collect();
        columns.push(col(INVOICE).is_not_null().alias(HAS_INVOICE));
        if plan.describes_products {
            // Coded: four bytes a row, until the names are known.
            let codes = Categories::random(DESCRIPTION.into(), CategoricalPhysical::U32);
            columns.push(col(DESCRIPTION).cast(DataType::from_categories(codes)));
        }
        let judged = source.judged(cleaning, (batch.first, batch.rows), progress)?.select(columns);
        Ok(Self(batch.codes.coded(judged).collect_with_engine(Engine::Streaming)?.unwrap_single()))
    }

    /// The result of a query over the rows.
    pub fn ask(&self, query: impl FnOnce(LazyFrame) -> PolarsResult<LazyFrame>) -> PolarsResult<DataFrame> {
        let asked = query(self.0.clone().lazy())?;
        Ok(asked.collect_with_engine(Engine::Streaming)?.unwrap_single())
    }

    /// Whether any row names an invoice.
    pub fn has_invoices(&self) -> PolarsResult<bool> {
        let any = self.ask(|rows| Ok(rows.select([col(HAS_INVOICE).cast(DataType::Int64).max()])))?;
        Ok(any.column(HAS_INVOICE)?.i64()?.get(0) == Some(1))
    }

    /// The canonical columns of the rows that no rule removes.
    pub fn kept(self) -> PolarsResult<DataFrame> {
        self.ask(|rows| Ok(rows.filter(is_kept()).select(CANONICAL.map(col))))
    }
}

/// Whether no rule removes the row.
pub(super) fn is_kept() -> Expr {
    col("rule").eq(lit(KEPT as i32))
}
