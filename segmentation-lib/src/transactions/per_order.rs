//! Ids of customers that are ids of orders: each has one purchase, and no purchase is another's.

use polars::prelude::*;

use super::date::DAY_MS;
use super::error::TransactionsError;
use super::parts::Parts;
use crate::record::{Localized, Warning, WarningKind};
use crate::wording::{integer, portuguese};

/// Customers from which on it is told.
const FEWEST: u64 = 100;

/// Days that the purchases span, at least: within a few days hardly anybody comes again.
const DAYS: i64 = 30;

/// Share of the customers with a single purchase, and of the purchases with a single customer, from which on the ids
/// are those of orders: where people are told, some come again.
const SHARE: f64 = 0.99;

/// The column of customers, and one that may tell them better.
#[derive(Debug, Clone)]
pub(super) struct Ids {
    pub column: String,
    /// The caller said that it is the customer.
    pub is_given: bool,
    /// Another column and the number of people that it tells apart, many of whom have several ids.
    pub better: Option<(String, u64)>,
}

/// What is said of ids that are one per order. Cost: that of grouping a `few` rows, of all where these raise a doubt.
///
/// # Errors
/// Another column tells people apart who come again, and nobody said which is the customer.
pub(super) fn told(
    parts: &Parts,
    few: &Parts,
    ids: Ids,
    (first, last): (i64, i64),
) -> Result<Option<Warning>, TransactionsError> {
    if last - first < DAYS * DAY_MS || !single(few, "customer_id")?.tell() {
        return Ok(None);
    }
    let (customers, purchases) = (single(parts, "customer_id")?, single(parts, "purchase_id")?);
    if !customers.tell() || !purchases.tell() {
        return Ok(None);
    }
    match ids.better {
        None => Ok(Some(said(&ids.column, customers.all))),
        // It is warned of already.
        Some(_) if ids.is_given => Ok(None),
        Some((better, people)) => Err(TransactionsError::CustomerPerOrder {
            column: ids.column,
            customers: customers.all,
            better,
            people,
        }),
    }
}

/// Customers or purchases, and those that have a single one of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Single {
    all: u64,
    single: u64,
}

impl Single {
    fn tell(self) -> bool {
        self.all >= FEWEST && self.single as f64 >= SHARE * self.all as f64
    }
}

/// How many values of a column stand with a single customer or purchase. A purchase whose customers are in several parts
/// counts in each.
fn single(parts: &Parts, column: &'static str) -> PolarsResult<Single> {
    let counted = parts.collect(|part| {
        let pairs = part
            .filter(col("is_return").not())
            .group_by([col("customer_id"), col("purchase_id")])
            .agg([len().alias("lines")]);
        let others = || col("others").cast(DataType::Int64);
        let by_value = pairs.group_by([col(column)]).agg([len().alias("others")]);
        Ok(by_value.select([
            others().is_not_null().cast(DataType::Int64).sum().alias("all"),
            others().eq(lit(1i64)).cast(DataType::Int64).sum().alias("single"),
        ]))
    })?;
    let sum = |name: &str| Ok::<_, PolarsError>(counted.column(name)?.i64()?.sum().unwrap_or_default());
    Ok(Single { all: sum("all")?.unsigned_abs(), single: sum("single")?.unsigned_abs() })
}

fn said(column: &str, customers: u64) -> Warning {
    let n = integer(customers);
    Warning {
        kind: WarningKind::LargeCustomer,
        text: Localized {
            en: format!(
                "each of {n} customers in {column} has one purchase and none comes again: it may be an id of orders; a column \
                 that tells people apart, as an e-mail address or a document's number does, is the better customer"
            ),
            pt_br: format!(
                "cada um dos {} clientes em {column} tem uma só compra e nenhum volta: pode ser um identificador de pedidos; \
                 uma coluna que distingue pessoas, como o e-mail ou o número de um documento, é o melhor cliente",
                portuguese(&n)
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders of as many customers as `people`, one a day.
    fn orders(orders: u32, people: u32) -> Parts {
        let customers: Vec<String> = (0..orders).map(|at| (at % people).to_string()).collect();
        let purchases: Vec<String> = (0..orders).map(|at| at.to_string()).collect();
        let returns = vec![false; orders as usize];
        let rows = df!("customer_id" => customers, "purchase_id" => purchases, "is_return" => returns);
        Parts::from(rows.expect("three columns").lazy())
    }

    fn ids(is_given: bool, better: Option<&str>) -> Ids {
        let better = better.map(|name| (name.to_owned(), 40));
        Ids { column: "customer_id".to_owned(), is_given, better }
    }

    const YEAR: (i64, i64) = (0, 365 * DAY_MS);

    #[test]
    fn ids_of_one_order_each_are_told() {
        let each = orders(200, 200);
        let warning = told(&each, &each, ids(false, None), YEAR).expect("no question").expect("told");
        assert!(
            warning.text.en.contains("each of 200 customers in customer_id has one purchase"),
            "{warning:?}"
        );
        let error = told(&each, &each, ids(false, Some("email")), YEAR).expect_err("a question");
        assert!(error.to_string().contains("\"email\" tells 40 people apart"), "{error}");
        assert_eq!(told(&each, &each, ids(true, Some("email")), YEAR).expect("said"), None);
    }

    #[test]
    fn customers_who_come_again_are_people() {
        let people = orders(400, 194);
        assert_eq!(told(&people, &people, ids(false, None), YEAR).expect("no question"), None);
        let each = orders(200, 200);
        assert_eq!(told(&each, &each, ids(false, None), (0, 7 * DAY_MS)).expect("a week"), None);
        let few = orders(99, 99);
        assert_eq!(told(&few, &few, ids(false, None), YEAR).expect("few"), None);
    }
}
