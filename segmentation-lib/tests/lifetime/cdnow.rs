//! The one-tenth sample of CDNOW, on which lifetime value models are published.

use std::collections::HashSet;
use std::path::Path;

use chrono::NaiveDate;
use segmentation_lib::lifetime::{Purchase, Summary, summarise};

/// The last day of the calibration: 39 weeks from 1 January 1997.
pub const CALIBRATION: &str = "1997-09-30";

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// The purchases of the 2,357 customers of the sample.
pub fn purchases() -> Vec<Purchase> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/cdnow");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a bundled file");
    let ids = read("CDNOW_sample_ids.txt");
    let ids: HashSet<&str> = ids.lines().collect();
    let master = read("CDNOW_master.txt");
    let rows = master.lines().skip(1).map(|line| {
        let mut fields = line.split_whitespace();
        let mut next = || fields.next().expect("four fields");
        let (id, date, _, dollars) = (next(), next(), next(), next());
        let day = NaiveDate::parse_from_str(date, "%Y%m%d").expect("a date");
        let pennies = (dollars.parse::<f64>().expect("an amount") * 100.0).round() as i64;
        (id, Purchase { customer: id.parse().expect("a number"), day, pennies, returned: false })
    });
    rows.filter(|(id, _)| ids.contains(id)).map(|(_, purchase)| purchase).collect()
}

/// Purchases up to a day.
pub fn summaries(end: &str) -> Vec<Summary> {
    summarise(&purchases(), day(end))
}
