//! The answer of a single lookup, and its text prepared for a whole segment.

use segmentation_lib::export::CustomerForecast;
use segmentation_lib::record::{Localized, Manifest, Segment};
use serde::Serialize;
use utoipa::ToSchema;

use super::RfmView;
use crate::table::Customer;

/// A segment's names, without its profile.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SegmentName<'a> {
    /// The id within the run, from 1.
    #[schema(example = 1)]
    pub id: u16,
    /// Stable machine name, unique within the run.
    #[schema(example = "champions")]
    pub key: &'a str,
    /// Name in each language.
    pub name: &'a Localized,
}

impl<'a> From<&'a Segment> for SegmentName<'a> {
    fn from(segment: &'a Segment) -> Self {
        Self { id: segment.id, key: &segment.key, name: &segment.name }
    }
}

/// A customer's segment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerSegment<'a> {
    /// The run that says so.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// The customer's id, exactly as in the data.
    #[schema(example = "17850")]
    pub customer_id: &'a str,
    /// The segment.
    pub segment: SegmentName<'a>,
    /// Silhouette coefficient of the customer, in [-1, 1]: how clearly the customer belongs there.
    #[schema(example = 0.61)]
    pub silhouette: f32,
    /// The date recency is counted to: what the answer holds for.
    #[schema(example = "2011-12-10")]
    pub reference_date: &'a str,
    /// The place in the rule view, with `include=rfm`; absent in a run that has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rfm: Option<RfmView<'a>>,
    /// What to expect within the run's horizon, with `include=forecast`; absent for who made no purchase, and in a run without a
    /// forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub forecast: Option<CustomerForecast>,
    /// Whether the place is uncertain, with `include=borderline`: the definition of `borderline` in the explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub borderline: Option<bool>,
    /// Share of the bootstrap resamples that place the customer in the own segment, in [0, 1], with
    /// `include=co_assignment`; absent in a run that does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.97, nullable = false)]
    pub co_assignment: Option<f32>,
    /// Whether campaigns are to leave the customer alone; absent in a run that holds nobody out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub held_out: Option<bool>,
}

impl<'a> CustomerSegment<'a> {
    /// Of a customer in this segment.
    pub fn of(manifest: &'a Manifest, segment: &'a Segment, customer_id: &'a str, silhouette: f32) -> Self {
        let (run_id, reference_date) = (&manifest.run_id, &manifest.reference_date);
        Self {
            run_id,
            customer_id,
            segment: segment.into(),
            silhouette,
            reference_date,
            rfm: None,
            forecast: None,
            borderline: None,
            co_assignment: None,
            held_out: None,
        }
    }
}

/// The answer as text. Customers of one segment differ only in the id and the silhouette coefficient, so most
/// of the text is written once a run.
#[derive(Debug)]
pub struct Template {
    before_id: String,
    before_silhouette: String,
    after: String,
}

impl Template {
    /// For the customers of this segment.
    pub fn of(manifest: &Manifest, segment: &Segment) -> Self {
        let empty = CustomerSegment::of(manifest, segment, "", 0.0);
        let text = serde_json::to_string(&empty).expect(SERIALISES);
        // Quotes inside a text are escaped, so neither pattern can occur in one.
        let parts = text.split_once(",\"customer_id\":\"\"").and_then(|(before, rest)| {
            let (middle, after) = rest.split_once(",\"silhouette\":0.0")?;
            Some((before, middle, after))
        });
        let (before, middle, after) = parts.expect("the answer has both fields");
        Self {
            before_id: format!("{before},\"customer_id\":"),
            before_silhouette: format!("{middle},\"silhouette\":"),
            after: after.to_owned(),
        }
    }

    /// The answer for a customer of the segment.
    pub fn fill(&self, customer: &Customer<'_>) -> Vec<u8> {
        const SLACK: usize = 32;
        let fixed = self.before_id.len() + self.before_silhouette.len() + self.after.len();
        let mut body = Vec::with_capacity(fixed + customer.id.len() + SLACK);
        body.extend_from_slice(self.before_id.as_bytes());
        serde_json::to_writer(&mut body, customer.id).expect(SERIALISES);
        body.extend_from_slice(self.before_silhouette.as_bytes());
        serde_json::to_writer(&mut body, &customer.silhouette).expect(SERIALISES);
        body.extend_from_slice(self.after.as_bytes());
        if let Some(held_out) = customer.held_out {
            // The last field: the bracket that ends the answer moves behind it.
            body.pop();
            body.extend_from_slice(if held_out { b",\"held_out\":true}" } else { b",\"held_out\":false}" });
        }
        body
    }
}

const SERIALISES: &str = "texts and numbers are written to memory without failing";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_support::sample;

    use super::*;

    proptest! {
        #[test]
        fn a_filled_template_is_the_answer(
            id: String, silhouette in -1.0_f32..1.0, name: String, held_out: Option<bool>,
        ) {
            let snapshot = sample::snapshot(3, 1);
            let mut segment = snapshot.segments[0].clone();
            segment.name.en = format!("{name},\"silhouette\":0.0");
            segment.name.pt_br = format!("\\\",\"customer_id\":\"\"{name}");
            let customer = Customer { id: &id, segment_id: 1, silhouette, features: &[], rfm: None, forecast: None, held_out, co_assignment: None };
            let answer =
                CustomerSegment { held_out, ..CustomerSegment::of(&snapshot.manifest, &segment, &id, silhouette) };
            let filled = Template::of(&snapshot.manifest, &segment).fill(&customer);
            prop_assert_eq!(String::from_utf8_lossy(&filled), serde_json::to_string(&answer).expect("serialises"));
        }
    }
}
