//! What a data scientist looks at before and after the clustering: sales, quality, relations between
//! features, and what the decision rests on.
//!
//! Frames carry their units in the names of their columns: `…_pennies`, `…_share` (0 to 1), `…_days`.
//! A part that needs columns the data lacks is a [`Section::Skipped`] with the reason.

mod agreement;
mod cohorts;
mod concentration;
mod correlations;
mod distribution;
mod linfa;
mod month_ends;
mod pca;
mod products;
mod quality;
mod raw;
mod recipe;
mod returns;
mod sales;
mod section;
mod segments;
mod sensitivity;
mod trials;

#[cfg(test)]
pub(crate) mod sample;

pub use agreement::{Agreements, agreements};
pub use cohorts::{Cohorts, cohorts};
pub use concentration::{Concentration, concentration};
pub use correlations::{Correlations, correlations};
pub use distribution::{feature_summary, histogram};
pub use linfa::{BesideLinfaError, beside_linfa};
pub use month_ends::{MonthEnds, MonthEndsError, month_ends};
pub use pca::{Pca, pca};
pub use products::products;
pub use quality::{largest_lines, quality};
pub use raw::raw;
pub use recipe::published_recipe;
pub use returns::{most_returned, returns_by_month};
pub use sales::{baskets, countries, sales_by_month, sales_by_weekday, weekday_by_hour};
pub use section::Section;
pub use segments::{confidence, favourites, revenue_by_segment};
pub use sensitivity::sensitivity;
pub use trials::{Trial, effects, outlier_policies, reference_dates, scaling_choices};
