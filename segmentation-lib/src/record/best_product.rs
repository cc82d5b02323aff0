//! A product that a segment's customers choose more than others do.

use serde::{Deserialize, Serialize};

/// A product whose share of a segment's choices is above its share of the choices of all customers. A choice is a customer
/// with a product that the customer has bought, however often: a single large order decides nothing.
///
/// An erasure takes the best products of the whole run: the next run makes them again without the erased customer, and no
/// difference between the two says what that customer bought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BestProduct {
    /// The product as the data names it: a code or a name.
    #[cfg_attr(feature = "openapi", schema(example = "22423"))]
    pub product: String,
    /// What the product is called, where the data say it beside a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "REGENCY CAKESTAND 3 TIER"))]
    pub description: Option<String>,
    /// Customers of the segment who have bought it; at least [`BestProduct::FEWEST_CUSTOMERS`].
    #[cfg_attr(feature = "openapi", schema(example = 312))]
    pub customers: u64,
    /// Its share of the segment's choices, in [0, 1].
    pub share: f64,
    /// Its share of the choices of all customers.
    pub share_of_all: f64,
}

impl BestProduct {
    /// A product that fewer customers of the segment have bought is not told: it would say what one of them buys.
    pub const FEWEST_CUSTOMERS: u64 = 5;
    /// Products that are told of a segment.
    pub const MOST: usize = 3;
}
