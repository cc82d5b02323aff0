//! Placing customers who are not in the run.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use segmentation_lib::features::one_customer::{PurchaseLine, features};
use segmentation_lib::nearest_segments::{is_close, nearest_segments};
use segmentation_lib::record::Unit;
use segmentation_lib::reference_date::ReferenceDate;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::explain::{FeatureValue, Second, feature_values, named};
use crate::answer::{Run, json};
use crate::body::{self, Decoded};
use crate::error::{ApiError, Code, excerpt};
use crate::ids::JsonId;
use crate::query::Query;
use crate::served::SegmentName;
use crate::settings::WEIGHT_OF_CUSTOMERS;
use crate::state::State;
use crate::visit::{Outcome, Visit};

/// Bytes of a customer's place, before it is written and as JSON.
const ANSWER_BYTES: usize = 4096;

/// The customers to place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; read by `body::list`")]
pub struct ClassifyRequest {
    /// Answered in this order.
    #[schema(max_items = 10_000)]
    customers: Vec<Newcomer>,
}

/// A customer to place, by features or by transactions: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Newcomer {
    /// Repeated in the answer; looked up nowhere.
    #[schema(example = "new-1")]
    pub id: Option<JsonId>,
    /// The run's features by name, in original units; `GET /v1/run` lists them.
    #[schema(example = json!({"recency": 12, "frequency": 3, "monetary": 12_345}))]
    pub features: Option<BTreeMap<String, f64>>,
    /// What the customer bought and took back, as the run's cleaning would have kept it.
    pub transactions: Option<Vec<Transaction>>,
}

/// One line of a purchase, or of goods taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// Day or time: `2011-12-01` or `2011-12-01T10:30:00`.
    #[schema(example = "2011-12-01")]
    pub date: String,
    /// Amount in pennies; negative where goods were taken back.
    #[serde(deserialize_with = "whole")]
    #[schema(example = 1530)]
    pub amount_pennies: i64,
    /// Invoice number; without one a day is a purchase.
    #[schema(example = "536365")]
    pub purchase: Option<String>,
    /// Product code; needed where the run has the feature `products`.
    #[schema(example = "85123A")]
    pub product: Option<String>,
    /// Units; needed where the run has the feature `units`.
    #[schema(example = 6.0)]
    pub quantity: Option<f64>,
}

/// A whole number, also one that a client writes as `1530.0`, which JSON does not tell apart.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    // Up to here every whole float is exactly one integer.
    const EXACT: f64 = (1_i64 << 53) as f64;
    let float = || number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() <= EXACT);
    let whole = number.as_i64().or_else(|| float().map(|value| value as i64));
    whole.ok_or_else(|| D::Error::custom(format!("{number} is not a whole number of pennies")))
}

/// Where the customers stand, in the order asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClassifyAnswer<'a> {
    /// The run whose segments these are.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// The date recency was counted to.
    #[schema(example = "2011-12-10")]
    pub reference_date: &'a str,
    /// How customers are placed: always the segment of the nearest centroid.
    #[schema(example = "nearest_centroid")]
    pub method: &'static str,
    /// One result a customer.
    pub results: Vec<ClassifyResult<'a>>,
}

/// Where one customer stands, or why nothing can be said.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClassifyResult<'a> {
    /// The id given, if any.
    #[schema(example = "new-1")]
    pub id: Option<String>,
    /// `placed` or `invalid`.
    pub status: ClassifyStatus,
    /// Why not, when invalid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
    /// The place, when placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub place: Option<Place<'a>>,
}

/// Whether a customer could be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassifyStatus {
    /// `place` says where.
    Placed,
    /// `reason` says why not.
    Invalid,
}

/// A customer's place among the segments.
#[derive(Debug, Serialize, ToSchema)]
pub struct Place<'a> {
    /// The segment of the nearest centroid.
    pub segment: SegmentName<'a>,
    /// Distance to it, in matrix units.
    #[schema(example = 0.82)]
    pub distance: f64,
    /// The second nearest; null when there is none.
    pub second: Option<Second<'a>>,
    /// Whether the second is at most 10 % farther.
    pub borderline: bool,
    /// What the place rests on.
    pub features: Vec<FeatureValue<'a>>,
}

/// Places customers who are not in the run, from features or from transactions.
///
/// Each goes to the segment with the nearest centroid, which for a hierarchical clustering is an
/// approximation. A byte order mark before the body is skipped. Nothing is stored.
#[utoipa::path(
    post,
    path = "/v1/classify", operation_id = "classify",
    tag = "customers",
    request_body = ClassifyRequest,
    responses((status = OK, body = ClassifyAnswer<'static>))
)]
pub async fn post(
    run: Run,
    visit: Visit,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let (share, limits) = (visit.share(), state.settings.limits());
    let read = body::list::<Newcomer>(&request, payload, ("customers", WEIGHT_OF_CUSTOMERS), limits, &share);
    let Decoded { list, mut memory } = read.await?;
    if list.count > limits.items {
        let (count, cap) = (list.count, limits.items);
        let detail = format!("{count} customers, the most in one request is {cap}; split the list");
        return Err(ApiError::new(Code::TooManyIds, detail));
    }
    visit.spend(list.count, "split the list")?;
    for newcomer in &list.items {
        visit.note(Outcome::Placed, newcomer.id.as_ref().map_or("", |JsonId(id)| id));
    }
    memory.grow_within(memory.bytes() + list.count * ANSWER_BYTES, limits.time).await?;
    let reference = run.manifest().reference_date.parse();
    let reference: ReferenceDate =
        reference.map_err(|_| run.problem(Code::Internal, "the run has no reference date"))?;
    let answer = {
        let run = run.clone();
        move || answer(&run, reference, list.items)
    };
    let body = share.work(answer).await;
    drop(memory);
    Ok(run.made(&request, body.ok_or_else(|| ApiError::new(Code::Internal, "placing the customers failed"))?))
}

/// The answer as JSON.
fn answer(run: &Run, reference: ReferenceDate, newcomers: Vec<Newcomer>) -> Vec<u8> {
    let results = newcomers.into_iter().map(|newcomer| classify(run, reference, newcomer)).collect();
    let reference_date = run.manifest().reference_date.as_str();
    json(&ClassifyAnswer { run_id: run.run_id(), reference_date, method: "nearest_centroid", results })
}

fn classify(run: &Run, reference: ReferenceDate, newcomer: Newcomer) -> ClassifyResult<'_> {
    let place = values(run, reference, &newcomer).and_then(|values| place(run, &values));
    let id = newcomer.id.map(|JsonId(id)| id);
    match place {
        Ok(place) => ClassifyResult { id, status: ClassifyStatus::Placed, reason: None, place: Some(place) },
        Err(reason) => {
            ClassifyResult { id, status: ClassifyStatus::Invalid, reason: Some(reason), place: None }
        }
    }
}

fn place<'a>(run: &'a Run, values: &[f64]) -> Result<Place<'a>, String> {
    let near = nearest_segments(&run.manifest().features, run.segments(), values);
    let own = near.first().ok_or("the run has no segment")?;
    let segment = run.segment(own.segment_id).ok_or("the run has no segment")?;
    let second = near.get(1).copied();
    Ok(Place {
        segment: segment.into(),
        distance: own.distance,
        borderline: is_close(&near, own.segment_id),
        second: second.and_then(|neighbour| named(run, neighbour)),
        features: feature_values(run, segment, values),
    })
}

/// The customer's features in the matrix's order.
fn values(run: &Run, reference: ReferenceDate, newcomer: &Newcomer) -> Result<Vec<f64>, String> {
    let names: Vec<&str> = run.manifest().features.iter().map(|feature| feature.name.as_str()).collect();
    match (&newcomer.features, &newcomer.transactions) {
        (Some(given), None) => {
            let values = given_values(&names, given)?;
            let scalings = run.manifest().features.iter();
            scalings
                .zip(&values)
                .try_for_each(|(scaling, &value)| possible(&scaling.name, scaling.unit, value))?;
            Ok(values)
        }
        (None, Some(transactions)) => {
            let lines: Vec<_> = transactions.iter().enumerate().map(line).collect::<Result<_, _>>()?;
            features(&lines, reference, &names).map_err(|error| error.to_string())
        }
        _ => Err("give either features or transactions".to_owned()),
    }
}

fn given_values(names: &[&str], given: &BTreeMap<String, f64>) -> Result<Vec<f64>, String> {
    let list = names.join(", ");
    if let Some(unknown) = given.keys().find(|name| !names.contains(&name.as_str())) {
        return Err(format!("{} is not a feature of this run; its features are {list}", excerpt(unknown)));
    }
    let missing = |name: &str| format!("the feature {name} is missing; the run's features are {list}");
    names.iter().map(|&name| given.get(name).copied().ok_or_else(|| missing(name))).collect()
}

/// Refuses what no customer has: a negative number of days, a share of more than the whole.
fn possible(name: &str, unit: Unit, value: f64) -> Result<(), String> {
    let (most, range) = match unit {
        Unit::Pennies => return Ok(()),
        Unit::Share => (1.0, "0 to 1"),
        _ => (f64::MAX, "0 and more"),
    };
    if (0.0..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("{name} is {value}, a number of {}; allowed are {range}", unit.name()))
}

fn line((index, transaction): (usize, &Transaction)) -> Result<PurchaseLine, String> {
    let at = parse_time(&transaction.date).ok_or_else(|| {
        let seen = excerpt(&transaction.date);
        format!("transaction {index}: {seen} is not a date such as 2011-12-01 or 2011-12-01T10:30:00")
    })?;
    Ok(PurchaseLine {
        at,
        amount_pennies: transaction.amount_pennies,
        purchase: transaction.purchase.clone(),
        product: transaction.product.clone(),
        quantity: transaction.quantity,
    })
}

fn parse_time(text: &str) -> Option<NaiveDateTime> {
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN));
    text.parse().ok().or_else(day)
}
