//! What the customers of each segment choose more than others do.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use polars::prelude::*;

use crate::features::{CustomerTable, FeaturesError};
use crate::record::BestProduct;
use crate::transactions::Transactions;

/// Products that are looked at: those that most customers have bought. A shop may name a million.
const MOST_LOOKED_AT: usize = 1_000;

/// Longest name of a product that is told, in bytes: a longer one is a text, and would fill every card.
const LONGEST_NAME: usize = 120;

/// The best products of each segment, in their order; none where the data names no products or only sums are known.
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
    if !transactions.columns().product || transactions.summed().is_some() {
        return Ok(vec![Vec::new(); segments]);
    }
    let mut choices = vec![0; segments];
    for (&segment, products) in segment_ids.iter().zip(customers.values("products")?) {
        choices[usize::from(segment) - 1] += products as u64;
    }
    let all: u64 = choices.iter().sum();
    let counts = counted(transactions, &customers.ids()?, segment_ids)?;
    let of_all = leading(&counts)?;
    let sold = sold(&counts, &of_all, segments)?.into_iter().zip(choices);
    let mut best: Vec<_> = sold.map(|(sales, total)| outstanding(sales, total, &of_all, all)).collect();
    for product in best.iter_mut().flatten() {
        product.description = transactions.description(&product.product).map(str::to_owned);
    }
    Ok(best)
}

/// Who bought a product in one segment.
struct Sale {
    product: String,
    customers: u64,
}

/// How many customers of each segment bought each product: `product`, `segment`, `customers`.
fn counted(transactions: &Transactions, ids: &[String], segment_ids: &[u16]) -> PolarsResult<DataFrame> {
    let of_code = of_codes(ids, segment_ids, transactions.parts().customer_type()?)?;
    let of_parts = transactions.parts().collect(|part| {
        let bought = part.filter(col("product").is_not_null().and(col("is_return").not()));
        let chosen = bought.group_by([col("customer_id"), col("product")]).agg([]);
        let placed = chosen.with_column(segments(&of_code).alias("segment"));
        let known = placed.filter(col("segment").is_not_null()).group_by([col("product"), col("segment")]);
        let counts = known.agg([len().cast(DataType::UInt64).alias("customers")]);
        Ok(counts.with_column(col("product").cast(DataType::String)))
    })?;
    of_parts.lazy().group_by([col("product"), col("segment")]).agg([col("customers").sum()]).collect()
}

/// Product, segment from 0, and customers of each row.
fn rows(counts: &DataFrame) -> PolarsResult<impl Iterator<Item = (&str, usize, u64)>> {
    let (names, segments) = (counts.column("product")?.str()?, counts.column("segment")?.u32()?);
    let customers = counts.column("customers")?.u64()?;
    let known = names.iter().zip(segments.iter()).zip(customers.iter());
    Ok(known.filter_map(|((name, segment), customers)| Some((name?, segment? as usize - 1, customers?))))
}

/// How many customers bought each of the leading products. A customer is in one segment: the counts add up.
fn leading(counts: &DataFrame) -> PolarsResult<BTreeMap<&str, u64>> {
    let mut customers: HashMap<&str, u64> = HashMap::new();
    for (name, _, count) in rows(counts)?.filter(|(name, ..)| name.len() <= LONGEST_NAME) {
        *customers.entry(name).or_default() += count;
    }
    let mut customers: Vec<(&str, u64)> = customers.into_iter().collect();
    customers.sort_unstable_by_key(|&(name, count)| (Reverse(count), name));
    Ok(customers.into_iter().take(MOST_LOOKED_AT).collect())
}

/// Who bought the leading products, segment by segment.
fn sold(counts: &DataFrame, leading: &BTreeMap<&str, u64>, segments: usize) -> PolarsResult<Vec<Vec<Sale>>> {
    let mut sold: Vec<Vec<Sale>> = (0..segments).map(|_| Vec::new()).collect();
    for (name, segment, customers) in rows(counts)?.filter(|(name, ..)| leading.contains_key(name)) {
        sold[segment].push(Sale { product: name.to_owned(), customers });
    }
    Ok(sold)
}

/// The segment of each customer's code; 0 where there is none.
fn of_codes(ids: &[String], segment_ids: &[u16], codes: DataType) -> PolarsResult<Arc<[u32]>> {
    let ids = Column::new("customer_id".into(), ids).cast(&codes)?.to_physical_repr();
    let codes = ids.u32()?;
    let mut of_code = vec![0; codes.max().map_or(0, |most| most as usize + 1)];
    for (code, &segment) in codes.iter().zip(segment_ids) {
        code.into_iter().for_each(|code| of_code[code as usize] = u32::from(segment));
    }
    Ok(of_code.into())
}

/// The segments of coded customers; none for those who are in no segment.
fn segments(of_code: &Arc<[u32]>) -> Expr {
    let of_code = Arc::clone(of_code);
    let read = move |customers: Column| {
        let customers = customers.to_physical_repr();
        let segment = |code: u32| of_code.get(code as usize).copied().filter(|segment| *segment > 0);
        let segments: UInt32Chunked = customers.u32()?.iter().map(|code| segment(code?)).collect();
        Ok(segments.with_name(customers.name().clone()).into_column())
    };
    col("customer_id").map(read, |_, field| Ok(Field::new(field.name().clone(), DataType::UInt32)))
}

/// The products whose share of `total` choices is most above their share of `all`.
fn outstanding(sales: Vec<Sale>, total: u64, of_all: &BTreeMap<&str, u64>, all: u64) -> Vec<BestProduct> {
    let known = sales.into_iter().filter(|sale| sale.customers >= BestProduct::FEWEST_CUSTOMERS);
    let products = known.map(|Sale { product, customers }| {
        let [share, share_of_all] = [(customers, total), (of_all[product.as_str()], all)]
            .map(|(part, whole)| part as f64 / whole as f64);
        BestProduct { product, description: None, customers, share, share_of_all }
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
        let of_all = of_all.iter().copied().collect();
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
