//! A run as it is served: its table, and what all answers from it have in common, made once.

use std::ops::Deref;

use actix_web::http::header::HeaderValue;
use segmentation_lib::card::{Card, cards};
use segmentation_lib::store::{RunId, Store};

use crate::table::{LoadError, Table};

mod beside;
mod customer_segment;

pub use beside::{
    CONFIDENT, INCLUDE, RfmView, beside, borderline_of, co_assignment_of, confident_of, forecast_of,
    include_of, placed, rfm_of,
};
pub use customer_segment::{CustomerSegment, SegmentName, Template};

/// A run that answers requests; it can be asked whatever its [`Table`] can.
#[derive(Debug)]
pub struct Served {
    store: Store,
    table: Table,
    head: Head,
    /// One a segment, in their order.
    templates: Vec<Template>,
    /// One a segment, in their order.
    cards: Vec<Card>,
}

/// What the head of every answer from a run says of it.
#[derive(Debug, Clone)]
pub struct Head {
    /// The run's id.
    pub run_id: HeaderValue,
    /// The entity tag, made from the id. It is weak, because compression changes an answer's bytes and not
    /// its meaning.
    pub tag: HeaderValue,
}

impl Head {
    fn of(run_id: &str) -> Self {
        let value =
            |text: &str| HeaderValue::from_str(text).expect("a run id is letters, digits, '-' and '_'");
        Self { run_id: value(run_id), tag: value(&format!("W/\"{run_id}\"")) }
    }
}

impl Deref for Served {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.table
    }
}

impl Served {
    /// Loads and verifies a run, and makes its cards. Cost O(n).
    pub fn load(store: &Store, run_id: &RunId) -> Result<Self, LoadError> {
        let table = Table::load(store, run_id)?;
        let template = |segment| Template::of(table.manifest(), segment);
        let templates = table.segments().iter().map(template).collect();
        let cards = cards(table.manifest(), table.segments(), table.places());
        Ok(Self { store: store.clone(), head: Head::of(table.run_id()), templates, cards, table })
    }

    /// The store it is in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The head of answers from it.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// What is said of each segment, in their order.
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// The text of single lookups' answers for the customers of the segment with this id.
    pub fn template(&self, segment_id: u16) -> Option<&Template> {
        let index = self.segments().iter().position(|segment| segment.id == segment_id)?;
        self.templates.get(index)
    }
}
