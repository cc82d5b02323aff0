//! A table with the rule of each row.

use polars::prelude::*;

use super::super::ledger::KEPT;
use super::super::plan::Plan;
use super::super::spill::Kept;
use super::super::text_columns::Codes;
use super::progress::RowProgress;
use super::source::Source;

/// The columns of the canonical frame.
const CANONICAL: [&str; 8] = [
    "customer_id",
    "purchase_id",
    "purchased_at",
    "product",
    "country",
    "quantity",
    "amount_pennies",
    "is_return",
];

/// What tells whether an amount is its order's total.
const ORDERS: [&str; 2] = ["invoice", "priced"];

/// What a row calls its product.
const DESCRIPTION: &str = "description";

/// The rows of a table with their rules: in memory, or to be read from the file.
pub(super) struct Judged {
    /// Tells how far it is read.
    first: LazyFrame,
    again: LazyFrame,
    in_memory: bool,
}

impl Judged {
    /// Into memory, with texts as `codes`, where there are some.
    pub fn of(
        source: &Source<'_>,
        cleaning: &str,
        plan: &Plan<'_>,
        codes: Option<Codes>,
        progress: RowProgress,
    ) -> PolarsResult<Self> {
        let orders = if plan.asks_invoices { ORDERS.as_slice() } else { &[] };
        let names = ["row_number", "rule"].iter().chain(orders);
        let mut columns: Vec<Expr> = CANONICAL.iter().chain(names).map(|name| col(*name)).collect();
        if plan.describes_products {
            // Coded: four bytes a row, until the names are known.
            let codes = Categories::random(DESCRIPTION.into(), CategoricalPhysical::U32);
            columns.push(col(DESCRIPTION).cast(DataType::from_categories(codes)));
        }
        let first = source.judged(cleaning, Some(progress))?.select(columns);
        let Some(codes) = codes else {
            return Ok(Self { first, again: source.judged(cleaning, None)?, in_memory: false });
        };
        let rows = codes.coded(first).collect_with_engine(Engine::Streaming)?.unwrap_single().lazy();
        Ok(Self { first: rows.clone(), again: rows, in_memory: true })
    }

    /// The result of the first query over the rows.
    pub fn first(&self, query: impl FnOnce(LazyFrame) -> PolarsResult<LazyFrame>) -> PolarsResult<DataFrame> {
        self.collect(query(self.first.clone())?)
    }

    /// The result of another query over the rows.
    pub fn again(&self, query: impl FnOnce(LazyFrame) -> LazyFrame) -> PolarsResult<DataFrame> {
        self.collect(query(self.again.clone()))
    }

    fn collect(&self, query: LazyFrame) -> PolarsResult<DataFrame> {
        Ok(query.collect_with_engine(Engine::Streaming)?.unwrap_single())
    }

    /// The canonical columns of the rows that no rule removes.
    pub fn kept(self) -> PolarsResult<Kept> {
        let kept = self.again.clone().filter(is_kept()).select(CANONICAL.map(col));
        Ok(if self.in_memory { Kept::Frame(self.collect(kept)?) } else { Kept::Scan(Box::new(kept)) })
    }
}

/// Whether no rule removes the row.
pub(super) fn is_kept() -> Expr {
    col("rule").eq(lit(KEPT as i32))
}
