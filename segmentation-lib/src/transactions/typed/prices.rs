//! The amounts of each product, where they may be prices of one piece.

use polars::prelude::*;

use super::super::unit_prices::UnitPrices;
use super::judged::{Judged, is_kept};

/// What the lines sold of a table `judged` say.
pub(super) fn of(judged: &Judged) -> PolarsResult<UnitPrices> {
    let sold = is_kept()
        .and(col("product").is_not_null())
        .and(col("quantity").gt(lit(0)))
        .and(col("amount_pennies").gt(lit(0)));
    let amounts = judged.ask(|rows| {
        Ok(rows.filter(sold).group_by([col("product"), col("amount_pennies")]).agg([
            col("quantity").min().alias("least"),
            col("quantity").max().alias("most"),
            len().cast(DataType::Int64).alias("lines"),
        ]))
    })?;
    let products = amounts.column("product")?.cast(&DataType::String)?;
    let whole = |name: &str| Ok::<_, PolarsError>(amounts.column(name)?.i64()?.clone());
    let (money, least, most, lines) =
        (whole("amount_pennies")?, whole("least")?, whole("most")?, whole("lines")?);
    let mut prices = UnitPrices::default();
    for (at, product) in products.str()?.iter().enumerate() {
        let numbers = [&money, &least, &most, &lines].map(|numbers| numbers.get(at).unwrap_or_default());
        let [amount, least, most, lines] = numbers;
        prices.add(product.unwrap_or_default(), amount, (least, most), lines.unsigned_abs());
    }
    Ok(prices)
}
