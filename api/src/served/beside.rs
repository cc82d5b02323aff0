//! What stands beside a customer's segment: the place in the rule view, the forecast, how sure the place is, whether
//! the customer is held out.

use segmentation_lib::export::{Beside, CustomerForecast, Include, RfmPlaced};
use segmentation_lib::record::{Localized, RfmScores};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{ApiError, Code, excerpt};
use crate::query::Query;
use crate::table::{Customer, Table};

/// The group that recency, frequency and monetary value put a customer in, whatever the segments are made of.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct RfmView<'a> {
    /// Stable machine name of the group.
    #[schema(example = "champions")]
    pub key: &'a str,
    /// Name in each language.
    pub name: &'a Localized,
    /// Scores from 1 (worst) to 5 (best).
    pub scores: RfmScores,
}

impl<'a> RfmView<'a> {
    /// Of a customer; none in a run that has no rule view.
    pub fn of(table: &'a Table, customer: &Customer<'_>) -> Option<Self> {
        let place = customer.rfm?;
        let group = table.rfm_groups().get(usize::from(place.group))?;
        Some(Self { key: &group.key, name: &group.name, scores: place.scores })
    }
}

/// The customer's place in the rule view, where it is asked for.
pub fn rfm_of<'a>(table: &'a Table, customer: &Customer<'_>, include: Include) -> Option<RfmView<'a>> {
    if include.rfm { RfmView::of(table, customer) } else { None }
}

/// The customer's forecast, where it is asked for.
pub fn forecast_of(customer: &Customer<'_>, include: Include) -> Option<CustomerForecast> {
    if include.forecast { customer.forecast() } else { None }
}

/// Whether the customer's place is uncertain, where it is asked for.
pub fn borderline_of(table: &Table, customer: &Customer<'_>, include: Include) -> Option<bool> {
    include.borderline.then(|| table.is_borderline(customer))
}

/// How often the customer is placed alike under resampling, where it is asked for.
pub fn co_assignment_of(customer: &Customer<'_>, include: Include) -> Option<f32> {
    if include.co_assignment { customer.co_assignment } else { None }
}

/// What files have beside a customer's segment.
pub fn beside<'a>(table: &'a Table, customer: &Customer<'_>, include: Include) -> Beside<'a> {
    Beside {
        rfm: rfm_of(table, customer, include).map(placed),
        forecast: forecast_of(customer, include),
        borderline: borderline_of(table, customer, include),
        co_assignment: co_assignment_of(customer, include),
        held_out: customer.held_out,
    }
}

/// The place in the rule view as files have it.
pub fn placed(view: RfmView<'_>) -> RfmPlaced<'_> {
    RfmPlaced { key: view.key, scores: view.scores }
}

/// The parameter's name.
pub const INCLUDE: &str = "include";

/// Reads the parameter, a list separated by commas.
pub fn include_of(query: &Query) -> Result<Include, ApiError> {
    let words = query.one(INCLUDE)?.into_iter().flat_map(|list| list.split(','));
    words.into_iter().try_fold(Include::default(), |include, word| {
        include.and(word).ok_or_else(|| {
            let allowed = Include::NAMES.join(", ");
            let detail = format!("{} cannot be included; allowed: {allowed}", excerpt(word));
            ApiError::new(Code::InvalidParameter, detail)
        })
    })
}

/// The name of the parameter that leaves borderline customers out.
pub const CONFIDENT: &str = "confident";

/// Reads that parameter.
pub fn confident_of(query: &Query) -> Result<bool, ApiError> {
    match query.one(CONFIDENT)? {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => {
            let detail = format!("confident is {}, allowed are true and false", excerpt(other));
            Err(ApiError::new(Code::InvalidParameter, detail))
        }
    }
}
