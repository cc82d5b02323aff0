//! What the customers of each segment choose more than others do.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use polars::prelude::*;

use crate::features::{CustomerTable, FeaturesError};
use crate::record::BestProduct;
use crate::transactions::Transactions;

/// Products that are looked at: those that most customers have bought. What is counted by segment does not grow with the number
/// of products, of which a shop may name a million.
const MOST_LOOKED_AT: usize = 1_000;

/// Longest name of a product that is told, in bytes: a longer one is a text, and would fill every card.
const LONGEST_NAME: usize = 120;

/// The best products of each segment, in their order; none where the data names no products.
///
/// A product stands out by its share of the segment's choices less its share of those of all customers, so that neither
/// the best seller of the whole shop nor a rarity wins. A choice is a customer with a product bought; what is taken back
/// is none. At least [`BestProduct::FEWEST_CUSTOMERS`] of the segment's customers have bought it. Equal ones are in the
/// order of their names.
///
/// Everything is counted: neither threads nor the order of rows change it. Cost: linear in the lines; memory grows with
/// the products, beyond [`Transactions`] by a count each.
///
/// # Errors
/// What the query engine reports.
pub fn best_products(
    transactions: &Transactions,
    customers: &CustomerTable,
    segment_ids: &[u16],
    segments: usize,
) -> Result<Vec<Vec<BestProduct>>, FeaturesError> {
    if !transactions.columns().product {
        return Ok(vec![Vec::new(); segments]);
    }
    let mut choices = vec![0; segments];
    for (&segment, products) in segment_ids.iter().zip(customers.values("products")?) {
        choices[usize::from(segment) - 1] += products as u64;
    }
    let all: u64 = choices.iter().sum();
    let sales = Sales::of(transactions, &customers.ids()?, segment_ids)?;
    let of_all = sales.leading()?;
    let sold = sales.sold(&of_all, segments)?.into_iter().zip(choices);
    Ok(sold.map(|(sales, total)| outstanding(sales, total, &of_all, all)).collect())
}

/// What was bought, with the segment of who bought it: `product`, `customer_id`, `segment`.
struct Sales {
    lines: LazyFrame,
    product: DataType,
}

/// Who bought a product in one segment.
struct Sale {
    product: String,
    customers: u64,
}

impl Sales {
    fn of(transactions: &Transactions, ids: &[String], segment_ids: &[u16]) -> PolarsResult<Self> {
        let mut coded = transactions.coded();
        let schema = coded.collect_schema()?;
        let (customer, product) =
            (schema.try_get("customer_id")?.clone(), schema.try_get("product")?.clone());
        let bought = coded.filter(col("product").is_not_null().and(col("is_return").not()));
        let bought = bought.select([col("customer_id"), col("product")]);
        let lines = joined(bought, placed(ids, segment_ids, &customer)?.lazy(), "customer_id");
        Ok(Self { lines, product })
    }

    /// How many customers bought each of the leading products.
    fn leading(&self) -> PolarsResult<BTreeMap<String, u64>> {
        let counts = self.counted(self.lines.clone(), &[col("product")])?;
        let names = counts.column("product")?.str()?.iter();
        let pairs = names.zip(counts.column("customers")?.u64()?.iter());
        let mut counts: Vec<(u64, &str)> = pairs.filter_map(|(name, count)| Some((count?, name?))).collect();
        counts.retain(|(_, name)| name.len() <= LONGEST_NAME);
        counts.sort_unstable_by_key(|&(count, name)| (Reverse(count), name));
        Ok(counts.into_iter().take(MOST_LOOKED_AT).map(|(count, name)| (name.to_owned(), count)).collect())
    }

    /// Who bought the leading products, segment by segment.
    fn sold(&self, leading: &BTreeMap<String, u64>, segments: usize) -> PolarsResult<Vec<Vec<Sale>>> {
        let names: Vec<&str> = leading.keys().map(String::as_str).collect();
        let names = Column::new("product".into(), names).cast(&self.product)?;
        let lines = joined(self.lines.clone(), DataFrame::new_infer_height(vec![names])?.lazy(), "product");
        let counts = self.counted(lines, &[col("product"), col("segment")])?;
        let (names, customers) = (counts.column("product")?.str()?, counts.column("customers")?.u64()?);
        let mut sold: Vec<Vec<Sale>> = (0..segments).map(|_| Vec::new()).collect();
        for (row, segment) in counts.column("segment")?.u32()?.iter().enumerate() {
            let (Some(segment), Some(product)) = (segment, names.get(row)) else { continue };
            let customers = customers.get(row).unwrap_or(0);
            sold[segment as usize - 1].push(Sale { product: product.to_owned(), customers });
        }
        Ok(sold)
    }

    /// The customers of each group, with the product's name as text.
    fn counted(&self, lines: LazyFrame, groups: &[Expr]) -> PolarsResult<DataFrame> {
        let customers = col("customer_id").n_unique().cast(DataType::UInt64).alias("customers");
        let counts = lines.group_by(groups).agg([customers]);
        let counts = counts.with_columns([col("product").cast(DataType::String)]);
        // One query gives one frame, so there is a single result to unwrap.
        Ok(counts.collect_with_engine(Engine::Streaming)?.unwrap_single())
    }
}

/// The customers with their segments; ids in the form in which the lines have them.
fn placed(ids: &[String], segment_ids: &[u16], form: &DataType) -> PolarsResult<DataFrame> {
    let segments: Vec<u32> = segment_ids.iter().map(|&id| u32::from(id)).collect();
    let ids = Column::new("customer_id".into(), ids).cast(form)?;
    DataFrame::new_infer_height(vec![ids, Column::new("segment".into(), segments)])
}

/// The lines whose key is in the other table.
fn joined(lines: LazyFrame, table: LazyFrame, key: &str) -> LazyFrame {
    lines.join(table, [col(key)], [col(key)], JoinArgs::new(JoinType::Inner))
}

/// The products whose share of `total` choices is most above their share of `all`.
fn outstanding(sales: Vec<Sale>, total: u64, of_all: &BTreeMap<String, u64>, all: u64) -> Vec<BestProduct> {
    let known = sales.into_iter().filter(|sale| sale.customers >= BestProduct::FEWEST_CUSTOMERS);
    let products = known.map(|Sale { product, customers }| {
        let [share, share_of_all] =
            [(customers, total), (of_all[&product], all)].map(|(part, whole)| part as f64 / whole as f64);
        BestProduct { product, customers, share, share_of_all }
    });
    let beyond = |product: &BestProduct| product.share - product.share_of_all;
    let mut best: Vec<BestProduct> = products.filter(|product| beyond(product) > 0.0).collect();
    best.sort_by(|a, b| beyond(b).total_cmp(&beyond(a)).then_with(|| a.product.cmp(&b.product)));
    best.truncate(BestProduct::MOST);
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sales: &[(&str, u64)], of_all: &[(&str, u64)]) -> Vec<String> {
        let sales =
            sales.iter().map(|&(name, customers)| Sale { product: name.to_owned(), customers }).collect();
        let of_all = of_all.iter().map(|&(name, customers)| (name.to_owned(), customers)).collect();
        outstanding(sales, 100, &of_all, 1_000).into_iter().map(|best| best.product).collect()
    }

    #[test]
    fn the_product_that_is_chosen_more_here_than_elsewhere_comes_first() {
        let sales = [("everybody's", 40), ("theirs", 30), ("others'", 5)];
        assert_eq!(
            told(&sales, &[("everybody's", 350), ("theirs", 50), ("others'", 400)]),
            ["theirs", "everybody's"]
        );
    }

    #[test]
    fn what_fewer_than_five_customers_buy_is_not_told() {
        assert_eq!(told(&[("four", 4), ("five", 5)], &[("four", 4), ("five", 5)]), ["five"]);
    }

    #[test]
    fn equal_products_are_in_the_order_of_their_names() {
        let sales = [("b", 20), ("d", 20), ("c", 20), ("a", 20)];
        assert_eq!(told(&sales, &[("a", 20), ("b", 20), ("c", 20), ("d", 20)]), ["a", "b", "c"]);
    }
}
