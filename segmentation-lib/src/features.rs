//! One row per customer: recency, frequency, monetary and what else the data allows.
//!
//! The aggregation is one SQL text, [`SQL`], run by Polars' SQL engine; it sums integers only, so the
//! order of rows and the number of threads cannot change a bit of the result. What needs the reference
//! date or a division is derived afterwards on one row per customer.
//!
//! [`one_customer`] computes the same features from the handful of transactions of one customer, for a server
//! that carries no data frames.
//!
//! ```
//! # #[cfg(feature = "analysis")]
//! # fn main() -> segmentation_lib::Result<()> {
//! use segmentation_lib::features::CustomerTable;
//! # use segmentation_lib::transactions::{ReadOptions, read};
//! # let shop = [std::path::PathBuf::from("tests/data/shop.csv")];
//! # let silent = segmentation_lib::progress::Progress::silent();
//!
//! let transactions = read(&shop, &ReadOptions::default(), &silent)?;
//! let customers = CustomerTable::compute(&transactions, None)?;
//! // Days since the last purchase of the first customer.
//! assert_eq!((customers.len(), customers.values("recency")?[0]), (60, 28.0));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "analysis"))]
//! # fn main() {}
//! ```
//!
//! Cost: linear in the transactions. Rows in temporary files are taken some of the customers at a time: memory then
//! grows with customers, not with lines.

#[cfg(feature = "analysis")]
mod derive;
#[cfg(feature = "analysis")]
mod gaps;
pub mod one_customer;
#[cfg(feature = "analysis")]
mod outliers;
mod schema;
#[cfg(feature = "analysis")]
mod table;

#[cfg(feature = "analysis")]
pub use outliers::Fence;
pub(crate) use schema::in_sentence;
pub use schema::{FEATURES, Feature, Needs, feature};
#[cfg(feature = "analysis")]
pub use table::{CustomerTable, FeaturesError, SQL};

#[cfg(all(test, feature = "analysis"))]
mod tests;
