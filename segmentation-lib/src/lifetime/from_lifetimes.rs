//! Coming from the Python package lifetimes (0.11.3): its functions, and ours.
//!
//! | lifetimes | here |
//! |---|---|
//! | `summary_data_from_transaction_data(…, freq="D")` | [`summarise`], then [`Summary::history`] with [`TimeUnit::Days`] and [`Summary::spend`]; on the shell `segment summary --input FILE` |
//! | the same with `include_first_transaction=True` | [`Frequency::All`]; for [`SpendModel`] alone, the purchase models take repeat purchases |
//! | `calibration_and_holdout_data` | [`Holdout::new`] |
//! | `BetaGeoFitter().fit(frequency, recency, T)` | [`PurchaseModel::fit`] with [`Family::BgNbd`] |
//! | `ModifiedBetaGeoFitter`, `ParetoNBDFitter` | [`Family::MbgNbd`], [`Family::ParetoNbd`] |
//! | `params_`, `variance_matrix_`, `summary` | [`PurchaseModel::parameters`], [`PurchaseFit`] |
//! | `conditional_expected_number_of_purchases_up_to_time(t, frequency, recency, T)`, `predict` | [`PurchaseModel::expected_purchases`] |
//! | `expected_number_of_purchases_up_to_time(t)` | [`PurchaseModel::expected_of_new`] |
//! | `conditional_probability_alive(frequency, recency, T)` | [`PurchaseModel::alive`] |
//! | `probability_of_n_purchases_up_to_time(t, n)` (not of `ParetoNBDFitter`) | [`PurchaseModel::probability_of`], of all three |
//! | `ParetoNBDFitter.conditional_probability_of_n_purchases_up_to_time(n, t, …)` | none |
//! | `GammaGammaFitter().fit(frequency, monetary_value)` | [`SpendModel::fit`]; parameters p, q, γ, where lifetimes calls γ `v` |
//! | `conditional_expected_average_profit(frequency, monetary_value)` | [`SpendModel::expected_spend`] |
//! | `customer_lifetime_value(…, time, discount_rate=0)` | [`CustomerForecast::expected_value`], undiscounted; `time` is in months of 30 days, the horizon here in days |
//! | `plot_cumulative_transactions`, `plot_calibration_purchases_vs_holdout_purchases` | [`Trial::by_week`], [`Trial::by_frequency`] |
//! | `weights` of `fit` | none needed: equal customers are counted once by [`Histories::new`] |
//! | `save_model`, `load_model` | serde: [`PurchaseFit`], [`SpendFit`] |
//! | the other plots, `freq_multiplier` | none |
//! | `penalizer_coef` | none: where the data do not determine the parameters, the fit is refused |
//! | `BetaGeoBetaBinomFitter` | none |
//!
//! What differs:
//!
//! - **Weeks.** lifetimes with `freq="W"` counts calendar weeks, so purchases of one week are one. Here time
//!   is continuous: days, or days / 7, and purchases of one day are one.
//! - **Returned money** makes no purchase here, and lowers the value of those made. In lifetimes a day with a
//!   refund alone counts as a purchase.
//! - **Mean value.** A customer without repeat purchases has `monetary_value` 0 on both sides; it means
//!   "unknown", and such customers are expected to spend what everybody does.
//! - **The maximum.** `ParetoNBDFitter` stops by default where its simplex is flat to 1e-4, which leaves
//!   parameters right to three digits on CDNOW. Here every fit goes on to a gradient of 0 and states it.
//! - **P(alive)** of the BG/NBD is 1 for every one-time buyer, for ever. It is no churn probability; take the
//!   Pareto/NBD's.
//!
//! The customers that lifetimes ships as `load_cdnow_summary` have weeks rounded to two decimals, and so give
//! other last digits than the same customers from their purchases.
//!
//! ```
//! use segmentation_lib::lifetime::{Family, Histories, Purchase, PurchaseModel, TimeUnit, summarise};
//!
//! let purchase = |customer, day: &str, pennies| {
//!     Purchase { customer, day: day.parse().unwrap(), pennies, returned: false }
//! };
//! let purchases = [
//!     purchase(1, "2024-01-03", 1990), purchase(1, "2024-02-14", 2500), purchase(2, "2024-01-20", 1200),
//! ];
//! let summaries = summarise(&purchases, "2024-03-31".parse()?);
//! let histories: Vec<_> = summaries.iter().map(|s| s.history(TimeUnit::Weeks)).collect();
//! assert_eq!((histories[0].frequency, histories[0].recency), (1, 6.0));
//! assert_eq!(histories[1].frequency, 0);
//!
//! // Two customers determine nothing, and that is said.
//! let fit = PurchaseModel::fit(Family::BgNbd, &Histories::new(&histories)?);
//! assert!(fit.is_err());
//!
//! let published = PurchaseModel::new(Family::BgNbd, [0.243, 4.414, 0.793, 2.426])?;
//! let within_a_year = published.expected_purchases(&histories[0], 52.0)?;
//! assert!(within_a_year > 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(doc)]
use super::*;
