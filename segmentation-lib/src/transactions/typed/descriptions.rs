//! What products are called, in the first row that sells each.

use polars::prelude::*;

use super::super::descriptions::Descriptions;
use super::super::plan::Plan;
use super::judged::{Judged, is_kept};

/// The names that a table `judged` gives its products.
pub(super) fn of(judged: &Judged, plan: &Plan<'_>) -> PolarsResult<Descriptions> {
    let mut names = Descriptions::default();
    if !plan.describes_products {
        return Ok(names);
    }
    let sells = is_kept().and(col("is_return").not());
    let named = col("product").is_not_null().and(col("description").is_not_null());
    // The first of a group would be another with other threads.
    let said = judged.ask(|rows| {
        Ok(rows
            .filter(sells.and(named))
            .group_by([col("product"), col("description")])
            .agg([col("row_number").min()])
            .sort(["row_number"], SortMultipleOptions::default())
            .select([col("product").cast(DataType::String), col("description").cast(DataType::String)]))
    })?;
    let texts = said.column("product")?.str()?.iter().zip(said.column("description")?.str()?.iter());
    for (product, description) in texts {
        product.into_iter().for_each(|product| names.note(product, || description));
    }
    Ok(names)
}
