//! What a reader of the result should know of the data it rests on.

use serde::{Deserialize, Serialize};

use super::Localized;

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningKind {
    /// A column changes what rows mean, and is not used.
    UnusedColumn,
    /// Values of such a column are not known; their rows count as sales.
    UnknownValues,
    /// The source marks rows itself: no customer, cancelled, not a sale.
    MarkedRows,
    /// Rows that could not be read.
    DamagedRows,
    /// Ids that stand for nobody.
    PlaceholderCustomers,
    /// One id holds an implausible share of the purchases.
    LargeCustomer,
    /// Ids that differ in case, spaces or characters that cannot be seen.
    TwinIds,
    /// Ids were merged.
    MergedIds,
    /// Ids look as if a spreadsheet had shortened them.
    ShortenedIds,
    /// The total of an invoice stood on each of its lines and was counted once.
    RepeatedTotals,
    /// Amounts were in several currencies.
    Currencies,
    /// Amounts are whole numbers throughout, as interfaces write hundredths.
    MinorUnits,
    /// Dates were a spreadsheet's day numbers.
    DayNumbers,
    /// Dates far from all others were removed.
    ImplausibleDates,
    /// Hidden sheets were left out.
    HiddenSheets,
    /// Two sheets or files hold the same rows.
    SameRows,
    /// Merged cells were filled down.
    MergedCells,
    /// Cells hold formulas whose values were not saved.
    UnsavedFormulas,
    /// The data holds no money: every amount of the run is 0 and means that it is not known.
    NoMoney,
    /// No model of repeat purchases can be fitted: the run has no forecast.
    NoForecast,
    /// The customers were summed elsewhere: what needs their transactions is not in the run.
    SummedElsewhere,
    /// Something that a later program warns of.
    #[serde(other)]
    Other,
}

/// A warning about the data. It changes nothing in the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// What was seen, where, how much of it, and what helps.
    pub text: Localized,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_a_later_program_is_read() {
        let warning: Warning =
            serde_json::from_str(r#"{"kind":"solar_flare","text":{"en":"a","pt_br":"b"}}"#)
                .expect("readable");
        assert_eq!(warning.kind, WarningKind::Other);
        let text = serde_json::to_string(&WarningKind::TwinIds).expect("a text");
        assert_eq!(text, "\"twin_ids\"");
    }
}
