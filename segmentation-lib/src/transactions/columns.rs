//! The canonical columns of a chunk.

use polars::prelude::*;

use super::date::DayTexts;
use super::text_columns::{Codes, TextColumns};

/// The columns of the canonical frame.
pub(super) const CANONICAL: [&str; 8] = [
    "customer_id",
    "purchase_id",
    "purchased_at",
    "product",
    "country",
    "quantity",
    "amount_pennies",
    "is_return",
];

/// The canonical columns while they grow.
pub(super) struct Columns {
    pub texts: TextColumns,
    pub moment: Vec<i64>,
    pub quantity: PrimitiveChunkedBuilder<Int64Type>,
    pub amount: Vec<i64>,
    pub is_return: BooleanChunkedBuilder,
    days: DayTexts,
}

impl Columns {
    /// For about `rows` rows, whose texts become `codes`.
    pub fn with_capacity(codes: &Codes, rows: usize) -> PolarsResult<Self> {
        Ok(Self {
            texts: TextColumns::new(codes, rows)?,
            moment: Vec::with_capacity(rows),
            quantity: PrimitiveChunkedBuilder::new("quantity".into(), rows),
            amount: Vec::with_capacity(rows),
            is_return: BooleanChunkedBuilder::new("is_return".into(), rows),
            days: DayTexts::default(),
        })
    }

    /// The invoice, or the day where there is none.
    #[inline]
    pub fn push_purchase(&mut self, invoice: Option<&str>, moment: i64) -> PolarsResult<()> {
        self.texts.purchase.push(invoice.unwrap_or_else(|| self.days.of(moment)))
    }

    /// The columns in the order of the canonical frame.
    pub fn into_frame(self) -> PolarsResult<DataFrame> {
        let moments = Int64Chunked::from_vec("purchased_at".into(), self.moment);
        DataFrame::new_infer_height(vec![
            self.texts.customer.finish(),
            self.texts.purchase.finish(),
            moments.into_datetime(TimeUnit::Milliseconds, None).into_column(),
            self.texts.product.finish(),
            self.texts.country.finish(),
            self.quantity.finish().into_column(),
            Int64Chunked::from_vec("amount_pennies".into(), self.amount).into_column(),
            self.is_return.finish().into_column(),
        ])
    }
}
