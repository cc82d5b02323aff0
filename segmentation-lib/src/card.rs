//! A segment's card: who is in it, what it brought and is expected to bring, what to do, and what not to.
//!
//! Program, service, page and report show this card and no other. Figures and texts are made of what the run records, so
//! that a card never says more than the run does; a figure that the run does not have is left out. The figures are plain
//! data for programs; [`Card::lines`] says the same in words of both languages, in the order in which a reader asks.
//!
//! ```
//! use segmentation_lib::card::cards;
//!
//! let run = test_support::sample::snapshot(2000, 1);
//! let customers = run.assignments.iter().map(Into::into);
//! for card in cards(&run.manifest, &run.segments, customers) {
//!     println!("{}", card.name.en);
//!     for line in &card.lines {
//!         println!("  {}: {}", line.label.en, line.text.en);
//!     }
//! }
//! # assert!(cards(&run.manifest, &run.segments, [].into_iter())[0].line("rule").is_none());
//! ```

mod action;
mod advice;
mod condition;
mod figures;
mod lines;
mod rule;
mod tonight;

use serde::Serialize;

use crate::record::{BestProduct, CameBack, ForecastSum, Localized, Manifest, Segment, Unit};
use crate::surrogate::{Place, SegmentInWords, imitate};

pub use advice::{ASSUMED_LIFT, FREE_CHANNELS, HELD_OUT, PERSONAL_CONTACT};
pub use rule::sentence;

/// Everything that is said of a segment. Of one that has nobody in this run the card says that, and whom its name is for,
/// and gives no figures of customers. No line contradicts another: where a name's usual action goes against the figures,
/// the figures decide.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Card {
    /// The segment's id within the run.
    pub segment_id: u16,
    /// Its machine name.
    pub key: String,
    /// Its name.
    pub name: Localized,
    /// Number of customers.
    pub customers: u64,
    /// Share of all customers, in [0, 1].
    pub customer_share: f64,
    /// Net revenue of its customers, in pennies; absent where the data holds no money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub revenue_pennies: Option<i64>,
    /// Share of the net revenue; absent as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub revenue_share: Option<f64>,
    /// Net revenue over purchases, in pennies; absent without money, where nobody purchased, and where more came back than
    /// was bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub average_order_pennies: Option<i64>,
    /// Days between two purchases of half of the customers, at most; absent where half of them or more purchased once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub cadence_days: Option<f64>,
    /// What sets the segment apart, at most three features, the one that does most first.
    pub distinguishing: Vec<Distinguishing>,
    /// What its customers choose more than others do; empty where the data name no products.
    pub best_products: Vec<BestProduct>,
    /// How many of those who were in the segment on an earlier day purchased again; absent without a look-back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub came_back: Option<CameBack>,
    /// What its customers are expected to do next; absent without a forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub forecast: Option<ForecastSum>,
    /// Mean Jaccard similarity over bootstrap resamples when the model was fitted, in [0, 1]; absent where that was not
    /// tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub stability: Option<f64>,
    /// Share of its customers whom at least three quarters of the resamples place in it, in [0, 1]; absent as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, example = 0.97))]
    pub placed_alike: Option<f64>,
    /// Who came and who left since the run before; absent in a first run, and after an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub movement: Option<SegmentMovement>,
    /// What a contact may cost; absent where nothing is said of what customers will bring.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub contact_cost: Option<ContactCost>,
    /// How large a control group is, and what it shows; absent without a look-back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub measurement: Option<Measurement>,
    /// The card in words.
    pub lines: Vec<CardLine>,
}

/// One line of a card.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardLine {
    /// What the line is about: `description`, `rule`, `condition`, `customers`, `revenue`, `average_order`, `cadence`,
    /// `distinguishing`, `best_products`, `came_back`, `forecast`, `stability`, `movement`, `action`, `channel`,
    /// `contact_cost`, `measurement` or `avoid`, in this order; those of which the run says nothing are absent.
    #[cfg_attr(feature = "openapi", schema(example = "action"))]
    pub key: &'static str,
    /// What stands before the text.
    pub label: Localized,
    /// The text.
    pub text: Localized,
}

/// A feature that sets a segment apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Distinguishing {
    /// The feature's name.
    #[cfg_attr(feature = "openapi", schema(example = "recency"))]
    pub name: String,
    /// The unit of the median.
    pub unit: Unit,
    /// Median of the segment's customers, in original units.
    pub median: f64,
    /// Centroid less the mean of all segments' centroids, each weighted by its customers, in matrix units: above 0
    /// where the segment has more of it than customers on average.
    pub difference: f64,
}

/// Who came into a segment and who left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentMovement {
    /// The run before.
    #[cfg_attr(feature = "openapi", schema(example = "20111209T080000000Z-1f3a9c52"))]
    pub from_run: String,
    /// Customers who were not in the segment then.
    #[cfg_attr(feature = "openapi", schema(example = 12))]
    pub came: u64,
    /// Customers who were in it then and are not now.
    #[cfg_attr(feature = "openapi", schema(example = 7))]
    pub left: u64,
}

/// What a contact may cost, and what that rests on.
///
/// A contact costs the same for every customer, and values have a heavy tail: of a mean, a tenth may be what one customer
/// in forty brings. What may be spent on each is taken from what at least half of them are expected to bring (and from
/// the mean where that is less), so that at that cost most contacts pay and not only the mean one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactCost {
    /// The most that one contact may cost, in pennies of sales, to be multiplied by the margin on them: never more than
    /// what the median customer is expected to bring, times the lift; absent where the last campaign showed no effect
    /// here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, example = 125))]
    pub pennies: Option<i64>,
    /// What it rests on.
    pub basis: CostBasis,
}

/// What the cost of a contact rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CostBasis {
    /// No campaign has been measured in this segment: a tenth of what at least half of its customers are expected to bring,
    /// which pays only if the contact adds a tenth.
    Assumed,
    /// The lower bound of the lift a head that the last campaign brought in this segment, less where the mean customer is
    /// expected to bring more than the median one: as the two values stand to each other.
    Measured,
    /// The last campaign was measured in this segment, and its effect cannot be told from none.
    NoEffectSeen,
}

/// How to find out whether a contact helps.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measurement {
    /// Customers to leave without contact: a tenth of the segment.
    #[cfg_attr(feature = "openapi", schema(example = 134))]
    pub held_out: u64,
    /// The smallest difference in the share who buy again that such a group shows four times in five (at a level of
    /// 5 %), in [0, 1]; absent where so few customers show none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, example = 0.083))]
    pub visible_difference: Option<f64>,
}

impl Card {
    /// The line of this key, where the card has it.
    pub fn line(&self, key: &str) -> Option<&CardLine> {
        self.lines.iter().find(|line| line.key == key)
    }
}

/// The cards of a run's segments, in their order. `customers` are the run's, ascending by id: the rule in plain words is
/// made of them, and cards without them have none. Cost: that of [`imitate`].
pub fn cards<'a>(
    manifest: &Manifest,
    segments: &[Segment],
    customers: impl ExactSizeIterator<Item = Place<'a>>,
) -> Vec<Card> {
    let words = imitate(&manifest.features, segments.len(), customers);
    let words = |at: usize| words.as_ref().map(|surrogate| &surrogate.segments[at]);
    let card = |(at, segment)| Subject { manifest, segments, segment, words: words(at) }.card();
    segments.iter().enumerate().map(card).collect()
}

/// What a card is made of.
struct Subject<'a> {
    manifest: &'a Manifest,
    segments: &'a [Segment],
    segment: &'a Segment,
    /// How the surrogate tree tells the segment.
    words: Option<&'a SegmentInWords>,
}

impl Subject<'_> {
    fn card(&self) -> Card {
        let mut card = if self.segment.customers == 0 { self.of_nobody() } else { self.figures() };
        card.lines = self.lines(&card);
        card
    }

    /// The card without what customers of this run would have to show.
    fn of_nobody(&self) -> Card {
        let s = self.segment;
        Card {
            segment_id: s.id,
            key: s.key.clone(),
            name: s.name.clone(),
            customers: 0,
            customer_share: 0.0,
            revenue_pennies: None,
            revenue_share: None,
            average_order_pennies: None,
            cadence_days: None,
            distinguishing: Vec::new(),
            best_products: Vec::new(),
            came_back: None,
            forecast: None,
            stability: None,
            placed_alike: None,
            movement: self.movement(),
            contact_cost: None,
            measurement: None,
            lines: Vec::new(),
        }
    }

    fn figures(&self) -> Card {
        let s = self.segment;
        Card {
            segment_id: s.id,
            key: s.key.clone(),
            name: s.name.clone(),
            customers: s.customers,
            customer_share: s.customer_share,
            revenue_pennies: s.known_revenue_share().map(|_| s.revenue_pennies),
            revenue_share: s.known_revenue_share(),
            average_order_pennies: self.average_order(),
            cadence_days: self.cadence(),
            distinguishing: self.distinguishing(),
            best_products: s.best_products.clone(),
            came_back: s.came_back.filter(|rate| rate.customers > 0),
            forecast: s.forecast.clone(),
            stability: self.stability(),
            placed_alike: s.placed_alike,
            movement: self.movement(),
            contact_cost: self.contact_cost(),
            measurement: self.measurement(),
            lines: Vec::new(),
        }
    }
}
