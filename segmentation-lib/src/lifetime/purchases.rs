//! From transactions to the purchases that lifetimes are worked out from.

use chrono::{NaiveDate, TimeDelta};
use polars::prelude::*;
use rayon::slice::ParallelSliceMut;

use super::Purchase;
use crate::features::FeaturesError;
use crate::transactions::Transactions;

/// Every customer's purchases and returns by day.
#[derive(Debug, Clone, PartialEq)]
pub struct Purchases {
    /// Customer ids, ascending (byte order): [`Purchase::customer`] is a place in this list.
    pub ids: Vec<String>,
    /// At most one purchase and one return of each customer and day.
    pub rows: Vec<Purchase>,
}

impl Purchases {
    /// Sums the lines of each customer and day, purchases and returns apart. Cost: linear in the lines.
    ///
    /// # Errors
    /// What the query engine reports.
    pub fn of(transactions: &Transactions) -> Result<Self, FeaturesError> {
        let table = transactions.parts().collect(|part| Ok(days(part)))?;
        let ids = table.column("customer_id")?.str()?;
        let days = table.column("day")?.i32()?;
        let returned = table.column("is_return")?.bool()?;
        let pennies = table.column("amount_pennies")?.i64()?;
        let mut purchases = Self { ids: Vec::new(), rows: Vec::with_capacity(table.height()) };
        for row in 0..table.height() {
            let (Some(id), Some(day)) = (ids.get(row), days.get(row).and_then(date)) else { continue };
            if purchases.ids.last().is_none_or(|last| last != id) {
                purchases.ids.push(id.to_owned());
            }
            purchases.rows.push(Purchase {
                customer: purchases.ids.len() as u32 - 1,
                day,
                pennies: pennies.get(row).unwrap_or(0),
                returned: returned.get(row).unwrap_or(false),
            });
        }
        Ok(purchases.in_order())
    }

    /// With the customers of all parts ascending; those of each part are.
    fn in_order(mut self) -> Self {
        let mut order: Vec<u32> = (0..self.ids.len() as u32).collect();
        order.par_sort_by(|a, b| self.ids[*a as usize].cmp(&self.ids[*b as usize]));
        let mut place = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(customer, at)| place[*customer as usize] = at);
        self.ids =
            order.into_iter().map(|customer| std::mem::take(&mut self.ids[customer as usize])).collect();
        self.rows.iter_mut().for_each(|row| row.customer = place[row.customer as usize]);
        self.rows.par_sort_by_key(|row| row.customer);
        self
    }

    /// Without the purchases of customers that `gone` holds for.
    pub fn without(mut self, gone: impl Fn(&str) -> bool) -> Self {
        let gone: Vec<bool> = self.ids.iter().map(|id| gone(id)).collect();
        self.rows.retain(|row| !gone[row.customer as usize]);
        self
    }
}

/// The lines of each customer and day, purchases and returns apart.
fn days(lines: LazyFrame) -> LazyFrame {
    let day = col("purchased_at").dt().date().cast(DataType::Int32).alias("day");
    lines
        .group_by([col("customer_id"), day, col("is_return")])
        .agg([col("amount_pennies").sum()])
        .with_column(col("customer_id").cast(DataType::String))
        .sort(["customer_id", "day", "is_return"], SortMultipleOptions::default())
}

/// The date so many days after 1 January 1970.
fn date(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(TimeDelta::days(i64::from(days)))
}
