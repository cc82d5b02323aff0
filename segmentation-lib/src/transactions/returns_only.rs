//! A customer of returns alone: refunds that are booked on the shop, as PayPal's are, and taken off nobody.

use polars::prelude::*;

use super::parts::Parts;
use crate::record::{Localized, Warning, WarningKind};
use crate::wording::{integer, portuguese};

/// Returns of one customer from which on it is told, and their smallest share of all: some bought before the data begin.
const FEWEST: i64 = 10;
const SHARE: f64 = 0.25;

/// What is said of the customer with most returns, where it has nothing else. Cost: that of grouping the returns.
pub(super) fn told(parts: &Parts) -> PolarsResult<Option<Warning>> {
    let returns = parts.collect(|part| {
        let by_customer =
            part.filter(col("is_return")).group_by([col("customer_id")]).agg([len().alias("returns")]);
        Ok(by_customer
            .select([col("customer_id").cast(DataType::String), col("returns").cast(DataType::Int64)]))
    })?;
    let (ids, counts) = (returns.column("customer_id")?.str()?, returns.column("returns")?.i64()?);
    let all = counts.sum().unwrap_or_default();
    let most = ids.iter().zip(counts.iter()).filter_map(|(id, count)| Some((count?, id?))).max();
    let is_much = |(count, _): &(i64, &str)| *count >= FEWEST && *count as f64 >= SHARE * all as f64;
    let Some((count, id)) = most.filter(is_much) else { return Ok(None) };
    Ok((sales(parts, id)? == 0).then(|| said(id, count, all)))
}

/// Lines of a customer that are no returns.
fn sales(parts: &Parts, id: &str) -> PolarsResult<i64> {
    let counted = parts.collect(|part| {
        let is_it = col("customer_id").cast(DataType::String).eq(lit(id.to_owned()));
        let lines = part.filter(is_it.and(col("is_return").not()));
        Ok(lines.select([len().cast(DataType::Int64).alias("lines")]))
    })?;
    Ok(counted.column("lines")?.i64()?.sum().unwrap_or_default())
}

fn said(id: &str, count: i64, all: i64) -> Warning {
    let (n, m) = (integer(count), integer(all));
    Warning {
        kind: WarningKind::LargeCustomer,
        text: Localized {
            en: format!(
                "customer {id:?} has returns alone, {n} of all {m}: it may be the shop itself, and what was paid back is taken off \
                 nobody who bought"
            ),
            pt_br: format!(
                "o cliente {id:?} só tem devoluções, {} de todas as {}: pode ser a própria loja, e o que foi devolvido não é \
                 descontado de quem comprou",
                portuguese(&n),
                portuguese(&m)
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(rows: &[(&str, bool)]) -> Option<Warning> {
        let ids: Vec<&str> = rows.iter().map(|(id, _)| *id).collect();
        let returns: Vec<bool> = rows.iter().map(|(_, is_return)| *is_return).collect();
        let rows = df!("customer_id" => ids, "is_return" => returns).expect("two columns");
        told(&Parts::from(rows.lazy())).expect("asked")
    }

    #[test]
    fn a_customer_of_returns_alone_is_told_where_it_has_many_of_them() {
        let mut rows = vec![("a", false), ("b", false), ("a", true)];
        assert_eq!(told_of(&rows), None);
        rows.extend([("shop", true); 12]);
        let warning = told_of(&rows).expect("told");
        assert!(warning.text.en.contains("customer \"shop\" has returns alone, 12 of all 13"), "{warning:?}");
        rows.push(("shop", false));
        assert_eq!(told_of(&rows), None, "it bought too");
    }
}
