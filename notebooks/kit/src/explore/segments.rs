//! The segments over time, their certainty, and what their customers buy. Names are in the language of the report.

use polars::prelude::*;
use segmentation_lib::matrix::quantile;
use segmentation_lib::profile::Profiles;
use segmentation_lib::transactions::Transactions;

use super::products::with_names;
use super::sales::share_of;
use super::section::{Section, section};
use crate::language::{localized, pick};

/// A coefficient from which a customer clearly belongs where they are (Kaufman & Rousseeuw 1990 call
/// a clustering above it reasonable).
const CLEAR: f64 = 0.5;

/// How sure each segment is of its customers: `segment_id`, `segment`, `customers`,
/// `median_silhouette`, `clear_share` (coefficient of 0.5 or more), `borderline_share` (0 to 0.25),
/// `misplaced_share` (below 0: nearer to another segment). Cost: n log n.
pub fn confidence(profiles: &Profiles, silhouettes: &[f64]) -> PolarsResult<DataFrame> {
    let mut members = vec![Vec::new(); profiles.segments.len()];
    for (&segment, &coefficient) in profiles.segment_ids.iter().zip(silhouettes) {
        members[usize::from(segment) - 1].push(coefficient);
    }
    members.iter_mut().for_each(|m| m.sort_by(f64::total_cmp));
    let share = |range: std::ops::Range<f64>| -> Vec<f64> {
        let within = |m: &Vec<f64>| m.iter().filter(|c| range.contains(c)).count() as f64 / m.len() as f64;
        members.iter().map(within).collect()
    };
    df!(
        "segment_id" => profiles.segments.iter().map(|s| u32::from(s.id)).collect::<Vec<_>>(),
        "segment" => profiles.segments.iter().map(|s| localized(&s.name)).collect::<Vec<_>>(),
        "customers" => profiles.segments.iter().map(|s| s.customers).collect::<Vec<_>>(),
        "median_silhouette" => members.iter().map(|m| quantile(m, 0.5)).collect::<Vec<_>>(),
        "clear_share" => share(CLEAR..f64::INFINITY),
        "borderline_share" => share(0.0..0.25),
        "misplaced_share" => share(f64::NEG_INFINITY..0.0),
    )
}

/// Customers' ids beside their segments.
fn assigned(ids: &[String], profiles: &Profiles) -> PolarsResult<LazyFrame> {
    let name = |&id: &u16| localized(&profiles.segments[usize::from(id) - 1].name);
    let frame = df!(
        "customer_id" => ids,
        "segment_id" => profiles.segment_ids.iter().map(|&id| u32::from(id)).collect::<Vec<_>>(),
        "segment" => profiles.segment_ids.iter().map(name).collect::<Vec<_>>(),
    )?;
    Ok(frame.lazy())
}

fn with_segments(frame: LazyFrame, ids: &[String], profiles: &Profiles) -> PolarsResult<LazyFrame> {
    let key = [col("customer_id")];
    Ok(frame.join(assigned(ids, profiles)?, &key, &key, JoinArgs::new(JoinType::Inner)))
}

/// Net revenue of each month and segment: `month`, `segment_id`, `segment`, `revenue_pennies`,
/// ascending. Segments are today's, so the past of today's best customers looks good by construction.
/// Cost: linear.
pub fn revenue_by_segment(
    transactions: &Transactions,
    ids: &[String],
    profiles: &Profiles,
) -> PolarsResult<DataFrame> {
    with_segments(transactions.frame(), ids, profiles)?
        .group_by([
            col("purchased_at").dt().to_string("%Y-%m").alias("month"),
            col("segment_id"),
            col("segment"),
        ])
        .agg([col("amount_pennies").sum().alias("revenue_pennies")])
        .sort(["month", "segment_id"], SortMultipleOptions::default())
        .collect()
}

/// The `count` products that bring most revenue from each segment, net of returns: `segment_id`, `segment`, `product`,
/// `description` where the data say it, `revenue_pennies`, `revenue_share` (of the segment's). Cost: n log n.
pub fn favourites(
    transactions: &Transactions,
    ids: &[String],
    profiles: &Profiles,
    count: usize,
) -> PolarsResult<Section<DataFrame>> {
    let best = || best_of_each(with_segments(transactions.frame(), ids, profiles)?, count);
    let frame = || with_names(best()?, transactions);
    section(
        transactions.columns().product,
        pick("estes dados não nomeiam produtos", "this data names no products"),
        frame,
    )
}

fn best_of_each(assigned: LazyFrame, count: usize) -> PolarsResult<DataFrame> {
    let order = SortMultipleOptions::default().with_order_descending_multi([false, true, false]);
    let sales = assigned
        .filter(col("product").is_not_null())
        .group_by([col("segment_id"), col("segment"), col("product")])
        .agg([col("amount_pennies").sum().alias("revenue_pennies")])
        .with_columns([share_of("revenue_pennies").over([col("segment_id")])?.alias("revenue_share")])
        .sort(["segment_id", "revenue_pennies", "product"], order)
        .collect()?;
    let (mut segment, mut taken) = (0, 0);
    let mut first = |id: u32| {
        taken = if id == segment { taken + 1 } else { 1 };
        segment = id;
        taken <= count
    };
    let wanted: BooleanChunked = sales.column("segment_id")?.u32()?.no_null_iter().map(&mut first).collect();
    sales.filter(&wanted)
}

#[cfg(test)]
mod tests {
    use segmentation_lib::record::{Localized, Segment};

    use super::super::sample::{integers, purchases, texts};
    use super::*;

    fn profiles(names: &[&str], segment_ids: &[u16]) -> Profiles {
        let text = |s: &str| Localized { en: s.to_owned(), pt_br: s.to_owned() };
        let segment = |(i, name): (usize, &&str)| Segment {
            id: i as u16 + 1,
            key: (*name).to_owned(),
            name: text(name),
            description: text(""),
            condition: None,
            action: text(""),
            customers: segment_ids.iter().filter(|&&id| id == i as u16 + 1).count() as u64,
            customer_share: 0.5,
            revenue_pennies: 0,
            revenue_share: 0.5,
            silhouette: 0.0,
            features: Vec::new(),
            centroid: Vec::new(),
            repeat_buyers: None,
            placed_alike: None,
            came_back: None,
            best_products: Vec::new(),
            forecast: None,
        };
        let segments = names.iter().enumerate().map(segment).collect();
        Profiles { segments, segment_ids: segment_ids.to_vec() }
    }

    #[test]
    fn shares_of_confidence_are_within_a_segment() {
        let found = confidence(&profiles(&["A", "B"], &[1, 1, 2, 2]), &[0.7, -0.1, 0.1, 0.3]).expect("built");
        let shares = |name: &str| {
            found.column(name).expect("there").f64().expect("numbers").no_null_iter().collect::<Vec<_>>()
        };
        assert_eq!(shares("clear_share"), [0.5, 0.0]);
        assert_eq!(shares("borderline_share"), [0.0, 0.5]);
        assert_eq!(shares("misplaced_share"), [0.5, 0.0]);
        assert_eq!(shares("median_silhouette"), [0.3, 0.2]);
    }

    #[test]
    fn every_segment_has_its_own_favourites() {
        let ids = ["a", "b"].map(str::to_owned);
        let assigned = with_segments(purchases(), &ids, &profiles(&["A", "B"], &[1, 2])).expect("joined");
        let best = best_of_each(assigned, 1).expect("the columns are there");
        assert_eq!(texts(&best, "product"), ["12345", "54321"]);
        assert_eq!(integers(&best, "revenue_pennies"), [250, 400]);
        let shares = best.column("revenue_share").expect("there").f64().expect("numbers");
        assert_eq!(shares.get(0), Some(1.0));
    }
}
