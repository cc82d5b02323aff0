//! What sells.

use std::collections::BTreeMap;

use polars::prelude::*;
use segmentation_lib::transactions::Transactions;
use segmentation_lib::wording::sparkline;

use super::sales::{largest_first, share_of};
use super::section::{Section, section};
use crate::language::pick;

/// The `count` products with the most revenue, net of returns: `product`, `description` where the data say it,
/// `revenue_pennies`, `revenue_share` (of all products), `by_month`, a small picture from the first month to the
/// last, `units` and `customers`. Cost: linear in the transactions.
pub fn products(transactions: &Transactions, count: u32) -> PolarsResult<Section<DataFrame>> {
    let frame = || with_names(top(transactions.frame(), count)?, transactions);
    section(
        transactions.columns().product,
        pick("estes dados não nomeiam produtos", "this data names no products"),
        frame,
    )
}

/// Puts behind each `product` what it is called, `description`: a code says nothing to who did not make it. A frame of
/// products that the data do not name stays as it is.
pub(super) fn with_names(mut frame: DataFrame, transactions: &Transactions) -> PolarsResult<DataFrame> {
    let codes = frame.column("product")?.cast(&DataType::String)?;
    let names: Vec<Option<&str>> = codes.str()?.iter().map(|code| transactions.description(code?)).collect();
    if names.iter().all(Option::is_none) {
        return Ok(frame);
    }
    let behind = frame.get_column_index("product").map_or(0, |place| place + 1);
    frame.insert_column(behind, Column::new("description".into(), names))?;
    Ok(frame)
}

fn top(transactions: LazyFrame, count: u32) -> PolarsResult<DataFrame> {
    let sold = transactions.filter(col("product").is_not_null());
    let mut products = sold
        .clone()
        .group_by([col("product")])
        .agg([
            col("amount_pennies").sum().alias("revenue_pennies"),
            col("quantity").sum().alias("units"),
            col("customer_id").n_unique().alias("customers"),
        ])
        .with_columns([share_of("revenue_pennies").alias("revenue_share")])
        .sort(["revenue_pennies", "product"], largest_first())
        .limit(count)
        .collect()?;
    let pictures = by_month(sold, &products)?;
    products.with_column(Column::new("by_month".into(), pictures))?;
    products.select(["product", "revenue_pennies", "revenue_share", "by_month", "units", "customers"])
}

/// A sparkline a product, over every month of the data.
fn by_month(sold: LazyFrame, products: &DataFrame) -> PolarsResult<Vec<String>> {
    let month = col("purchased_at").dt().to_string("%Y-%m").alias("month");
    let sales = sold
        .group_by([col("product"), month])
        .agg([col("amount_pennies").sum().cast(DataType::Float64)])
        .sort(["month"], SortMultipleOptions::default())
        .collect()?;
    let (names, months) = (sales.column("product")?.str()?, sales.column("month")?.str()?);
    let amounts = sales.column("amount_pennies")?.f64()?;
    let mut place = BTreeMap::new();
    for month in months.no_null_iter() {
        let next = place.len();
        place.entry(month).or_insert(next);
    }
    let mut series: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for name in products.column("product")?.str()?.no_null_iter() {
        series.insert(name, vec![0.0; place.len()]);
    }
    for ((name, month), amount) in names.no_null_iter().zip(months.no_null_iter()).zip(amounts.no_null_iter())
    {
        if let Some(values) = series.get_mut(name) {
            values[place[month]] = amount;
        }
    }
    let names = products.column("product")?.str()?;
    Ok(names.no_null_iter().map(|name| sparkline(&series[name])).collect())
}

#[cfg(test)]
mod tests {
    use segmentation_lib::progress::Progress;
    use segmentation_lib::transactions::{ReadOptions, read};

    use super::super::sample::{integers, purchases, texts};
    use super::*;

    /// What is read of a file with two sold products.
    fn sold(header: &str, cake: &str, heart: &str) -> Transactions {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("orders.csv");
        let text = format!(
            "customer,date,product,quantity,price{header}\nana,2026-01-05,10001,1,10.00{cake}\nbia,2026-01-06,20002,2,10.00{heart}\n"
        );
        std::fs::write(&file, text).expect("written");
        read(&[file], &ReadOptions::default(), &Progress::silent()).expect("read")
    }

    #[test]
    fn a_product_stands_with_its_name_where_the_data_say_it() {
        let named = sold(",description", ",CAKE STAND", ",20002");
        let Section::Present(best) = products(&named, 5).expect("a frame") else {
            panic!("the data have products")
        };
        assert_eq!(best.get_column_index("description"), Some(1));
        let names = best.column("description").expect("there").str().expect("texts");
        assert_eq!(names.iter().collect::<Vec<_>>(), [None, Some("CAKE STAND")]);
        let nameless = sold("", "", "");
        let Section::Present(best) = products(&nameless, 5).expect("a frame") else {
            panic!("the data have products")
        };
        assert_eq!(best.get_column_index("description"), None);
    }

    #[test]
    fn the_best_seller_comes_first_with_its_months() {
        let best = top(purchases(), 2).expect("the columns are there");
        assert_eq!(texts(&best, "product"), ["54321", "GIFT CARD"]);
        assert_eq!(integers(&best, "revenue_pennies"), [400, 300]);
        assert_eq!(texts(&best, "by_month"), ["▁▁█", "█▁▁"]);
    }
}
