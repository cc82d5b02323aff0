//! A model's segments in plain words, as a table.

use segmentation_lib::card::sentence;
use segmentation_lib::record::{Localized, Segment};
use segmentation_lib::surrogate::Surrogate;
use segmentation_lib::wording::percent;
use segmentation_lib::wording::tables::Table;

/// A row for each way into a segment: its conditions, and the share of the segment's customers that the tree places alike.
pub fn table(surrogate: &Surrogate, segments: &[Segment], currency: Option<&str>) -> Table {
    let rows = surrogate.segments.iter().zip(segments).flat_map(|(words, segment)| {
        let row = |says: Localized| {
            [words.id.to_string(), segment.name.en.clone(), says.en, says.pt_br, percent(words.agreement)]
        };
        let none = || Localized { en: "-".to_owned(), pt_br: "-".to_owned() };
        let ways: Vec<Localized> = words.ways.iter().map(|way| sentence(way, currency)).collect();
        let ways = if ways.is_empty() { vec![none()] } else { ways };
        ways.into_iter().map(row)
    });
    let header = ["id", "segment", "is nearly", "é quase", "placed alike"];
    Table::new(header, &[0, 4], rows)
}
