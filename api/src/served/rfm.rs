//! A customer's place in the rule view, beside the segment.

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

/// What an answer holds beside the segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Include {
    /// The place in the rule view.
    pub rfm: bool,
}

impl Include {
    /// The parameter's name.
    pub const PARAMETER: &'static str = "include";

    /// Reads the parameter, a list separated by commas.
    pub fn of(query: &Query) -> Result<Self, ApiError> {
        let mut include = Self::default();
        for word in query.one(Self::PARAMETER)?.into_iter().flat_map(|list| list.split(',')) {
            match word {
                "rfm" => include.rfm = true,
                other => {
                    let detail = format!("{} cannot be included; allowed: rfm", excerpt(other));
                    return Err(ApiError::new(Code::InvalidParameter, detail));
                }
            }
        }
        Ok(include)
    }

    /// The customer's place in the rule view, where it is asked for.
    pub fn rfm<'a>(self, table: &'a Table, customer: &Customer<'_>) -> Option<RfmView<'a>> {
        if self.rfm { RfmView::of(table, customer) } else { None }
    }
}
