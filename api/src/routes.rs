//! What is served, one resource a file; request and answer types stand beside their handlers.

pub mod classify;
mod cursor;
pub mod customers;
pub mod docs;
pub mod explain;
pub mod explorer;
pub mod export;
pub mod health;
pub mod lookup;
pub mod metrics;
pub mod run;
pub mod segments;

use segmentation_lib::record::{Localized, Segment};
use serde::Serialize;
use utoipa::ToSchema;

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
