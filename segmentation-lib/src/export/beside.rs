//! The columns that may stand beside segment and features: the rule view, the forecast.

use std::borrow::Cow;

use crate::nearest_segments;
use crate::record::{ForecastRow, RfmPlace, RfmScores, Snapshot};

/// What each row holds beside the segment and the features. Nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Include {
    /// The place in the rule view: [`RFM_COLUMNS`](super::RFM_COLUMNS).
    pub rfm: bool,
    /// What the customer is expected to do next: [`FORECAST_COLUMNS`](super::FORECAST_COLUMNS).
    pub forecast: bool,
    /// Whether the place is uncertain: [`BORDERLINE_COLUMN`](super::BORDERLINE_COLUMN).
    pub borderline: bool,
    /// How often the customer is placed alike under resampling: [`CO_ASSIGNMENT_COLUMN`](super::CO_ASSIGNMENT_COLUMN).
    pub co_assignment: bool,
    /// Whether campaigns are to leave the customer alone: [`HELD_OUT_COLUMN`](super::HELD_OUT_COLUMN). Not for clients to
    /// ask for: it stands in every file of a run that holds some out.
    pub held_out: bool,
}

impl Include {
    /// The names that can be included.
    pub const NAMES: [&str; 4] = ["rfm", "forecast", "borderline", "co_assignment"];

    /// With what has this name; `None` where nothing has it.
    pub fn and(self, name: &str) -> Option<Self> {
        match name {
            "rfm" => Some(Self { rfm: true, ..self }),
            "forecast" => Some(Self { forecast: true, ..self }),
            "borderline" => Some(Self { borderline: true, ..self }),
            "co_assignment" => Some(Self { co_assignment: true, ..self }),
            _ => None,
        }
    }

    /// The names of the columns and what they hold, in order.
    pub fn named_kinds(self) -> impl Iterator<Item = (&'static str, Kind)> {
        self.columns().map(|column| (column.name, column.kind))
    }

    /// The names of the columns, in order.
    pub fn column_names(self) -> impl Iterator<Item = &'static str> {
        self.columns().map(|column| column.name)
    }

    /// The columns, in order.
    pub(super) fn columns(self) -> impl Iterator<Item = &'static Column> {
        let rfm = RFM.iter().filter(move |_| self.rfm);
        let marks = [
            (&BORDERLINE, self.borderline),
            (&CO_ASSIGNMENT, self.co_assignment),
            (&HELD_OUT, self.held_out),
        ];
        rfm.chain(FORECAST.iter().filter(move |_| self.forecast))
            .chain(marks.into_iter().filter(|(_, asked)| *asked).map(|(column, _)| column))
    }
}

/// A customer's place in the rule view.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct RfmPlaced<'a> {
    /// Key of the group.
    pub key: &'a str,
    /// The scores.
    pub scores: RfmScores,
}

/// A customer's forecast as programs read it. Amounts are in pennies, times in days; what is not known is missing.
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerForecast {
    /// Days with a purchase so far.
    #[cfg_attr(feature = "openapi", schema(example = 4))]
    pub purchases: u32,
    /// What they brought, returned money taken off, in pennies; null where the data holds no money.
    #[cfg_attr(feature = "openapi", schema(example = 17420))]
    pub value_pennies: Option<i64>,
    /// Mean days from one purchase to the next; null with a single purchase.
    #[cfg_attr(feature = "openapi", schema(example = 41.5))]
    pub mean_gap_days: Option<f64>,
    /// Mean value of a purchase so far, in pennies; null as above.
    #[cfg_attr(feature = "openapi", schema(example = 4355.0))]
    pub mean_value_pennies: Option<f64>,
    /// Purchases to expect within the horizon.
    #[cfg_attr(feature = "openapi", schema(example = 1.226))]
    pub expected_purchases: f32,
    /// What a purchase is expected to bring, in pennies; null without a model of it.
    #[cfg_attr(feature = "openapi", schema(example = 4101))]
    pub expected_spend_pennies: Option<i64>,
    /// What the customer is expected to bring within the horizon, in pennies; null as above.
    #[cfg_attr(feature = "openapi", schema(example = 5028))]
    pub expected_value_pennies: Option<i64>,
    /// Probability that the customer is still one, in [0, 1]; that of churn is what is missing to 1. Null where the model
    /// says nothing of it.
    #[cfg_attr(feature = "openapi", schema(example = 0.93))]
    pub alive: Option<f32>,
    /// Day by which the customer, if still one, has bought again with a chance of one half, ISO 8601; null beyond the
    /// calendar.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date, example = "2012-01-19"))]
    pub next_purchase: Option<chrono::NaiveDate>,
}

fn as_text<S: serde::Serializer>(day: &Option<chrono::NaiveDate>, serializer: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => serializer.collect_str(day),
        None => serializer.serialize_none(),
    }
}

impl From<&ForecastRow> for CustomerForecast {
    fn from(row: &ForecastRow) -> Self {
        Self {
            purchases: row.purchases,
            value_pennies: row.value_pennies,
            mean_gap_days: row.mean_gap_days(),
            mean_value_pennies: row.mean_value_pennies(),
            expected_purchases: row.expected_purchases,
            expected_spend_pennies: row.expected_spend_pennies,
            expected_value_pennies: row.expected_value_pennies(),
            alive: row.alive,
            next_purchase: row.next_purchase,
        }
    }
}

/// What a row holds beside, of one customer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The place in the rule view; given where it is asked for.
    pub rfm: Option<RfmPlaced<'a>>,
    /// The forecast; given where it is asked for and the customer has one.
    pub forecast: Option<CustomerForecast>,
    /// Whether the place is uncertain; given where it is asked for.
    pub borderline: Option<bool>,
    /// Share of the resamples that place the customer alike; given where it is asked for and known.
    pub co_assignment: Option<f32>,
    /// Whether campaigns are to leave the customer alone; given in a run that holds some out.
    pub held_out: Option<bool>,
}

impl<'a> Beside<'a> {
    /// The values of the columns that are asked for.
    pub fn cells(&self, include: Include) -> impl Iterator<Item = Cell<'a>> {
        include.columns().map(|column| (column.of)(self))
    }

    /// Of the customer in this row of the snapshot.
    pub(super) fn of(snapshot: &'a Snapshot, include: Include, at: usize) -> Self {
        let view = snapshot.rfm.as_ref().filter(|_| include.rfm);
        let placed = |place: RfmPlace, groups: &'a [crate::record::RfmGroup]| RfmPlaced {
            key: &groups[usize::from(place.group)].key,
            scores: place.scores,
        };
        let forecasts = snapshot.forecasts.as_ref().filter(|_| include.forecast);
        Self {
            rfm: view.map(|view| placed(view.places[at], &view.groups)),
            forecast: forecasts.and_then(|all| all.rows[at].as_ref()).map(Into::into),
            borderline: include.borderline.then(|| is_borderline(snapshot, at)),
            co_assignment: snapshot
                .co_assignment
                .as_ref()
                .filter(|_| include.co_assignment)
                .map(|found| found.share(at)),
            held_out: snapshot.held_out.as_ref().filter(|_| include.held_out).map(|held| held.marks[at]),
        }
    }
}

/// Whether the place of the customer in this row is uncertain.
pub(super) fn is_borderline(snapshot: &Snapshot, at: usize) -> bool {
    let (a, run) = (&snapshot.assignments[at], (&snapshot.manifest.features[..], &snapshot.segments[..]));
    nearest_segments::is_borderline(run, a.segment_id, a.silhouette, &a.features)
}

/// A column beside.
pub(super) struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub of: for<'a> fn(&Beside<'a>) -> Cell<'a>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// `true` or `false`.
    Truth,
    /// Whole numbers from 0 to 255.
    Byte,
    /// Whole numbers.
    Whole,
    /// Numbers of single precision.
    Single,
    /// Numbers of double precision.
    Double,
}

/// A value in a column of its kind.
#[derive(Debug, Clone)]
pub enum Cell<'a> {
    /// Nothing.
    Missing,
    /// A text.
    Text(Cow<'a, str>),
    /// `true` or `false`.
    Truth(bool),
    /// A whole number.
    Whole(i64),
    /// A number of single precision.
    Single(f32),
    /// A number of double precision.
    Double(f64),
}

impl Cell<'_> {
    /// As exact text files have it; nothing where it is missing.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Missing => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Truth(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            Self::Whole(number) => number.to_string().into(),
            Self::Single(number) => number.to_string().into(),
            Self::Double(number) => number.to_string().into(),
        }
    }
}

const fn column(name: &'static str, kind: Kind, of: for<'a> fn(&Beside<'a>) -> Cell<'a>) -> Column {
    Column { name, kind, of }
}

const RFM: [Column; 4] = [
    column("rfm_group", Kind::Text, |beside| {
        beside.rfm.map_or(Cell::Missing, |placed| Cell::Text(placed.key.into()))
    }),
    column("rfm_recency", Kind::Byte, |beside| score(beside, |scores| scores.recency)),
    column("rfm_frequency", Kind::Byte, |beside| score(beside, |scores| scores.frequency)),
    column("rfm_monetary", Kind::Byte, |beside| score(beside, |scores| scores.monetary)),
];

fn score<'a>(beside: &Beside<'a>, of: fn(RfmScores) -> u8) -> Cell<'a> {
    beside.rfm.map_or(Cell::Missing, |placed| Cell::Whole(of(placed.scores).into()))
}

const FORECAST: [Column; 9] = [
    column("purchases", Kind::Whole, |beside| foretold(beside, |f| Some(Cell::Whole(f.purchases.into())))),
    column("value_pennies", Kind::Whole, |beside| foretold(beside, |f| f.value_pennies.map(Cell::Whole))),
    column("mean_gap_days", Kind::Double, |beside| foretold(beside, |f| f.mean_gap_days.map(Cell::Double))),
    column("mean_value_pennies", Kind::Double, |beside| {
        foretold(beside, |f| f.mean_value_pennies.map(Cell::Double))
    }),
    column("expected_purchases", Kind::Single, |beside| {
        foretold(beside, |f| Some(Cell::Single(f.expected_purchases)))
    }),
    column("expected_spend_pennies", Kind::Whole, |beside| {
        foretold(beside, |f| f.expected_spend_pennies.map(Cell::Whole))
    }),
    column("expected_value_pennies", Kind::Whole, |beside| {
        foretold(beside, |f| f.expected_value_pennies.map(Cell::Whole))
    }),
    column("alive", Kind::Single, |beside| foretold(beside, |f| f.alive.map(Cell::Single))),
    column("next_purchase", Kind::Text, |beside| {
        foretold(beside, |f| f.next_purchase.map(|day| Cell::Text(day.to_string().into())))
    }),
];

const BORDERLINE: Column = column("borderline", Kind::Truth, |beside| truth(beside.borderline));

const CO_ASSIGNMENT: Column =
    column("co_assignment", Kind::Single, |beside| beside.co_assignment.map_or(Cell::Missing, Cell::Single));

const HELD_OUT: Column = column("held_out", Kind::Truth, |beside| truth(beside.held_out));

fn truth<'a>(mark: Option<bool>) -> Cell<'a> {
    mark.map_or(Cell::Missing, Cell::Truth)
}

fn foretold<'a>(beside: &Beside<'a>, of: fn(CustomerForecast) -> Option<Cell<'static>>) -> Cell<'a> {
    beside.forecast.and_then(of).unwrap_or(Cell::Missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{
        BORDERLINE_COLUMN, CO_ASSIGNMENT_COLUMN, FORECAST_COLUMNS, HELD_OUT_COLUMN, RFM_COLUMNS,
    };

    #[test]
    fn the_columns_have_their_documented_names() {
        let all =
            Include { rfm: true, forecast: true, borderline: true, co_assignment: true, held_out: true };
        let names: Vec<&str> = all.columns().map(|column| column.name).collect();
        assert_eq!(
            names,
            [
                &RFM_COLUMNS[..],
                &FORECAST_COLUMNS,
                &[BORDERLINE_COLUMN, CO_ASSIGNMENT_COLUMN, HELD_OUT_COLUMN]
            ]
            .concat()
        );
        assert_eq!(Include::default().columns().count(), 0);
    }

    #[test]
    fn names_are_included_one_by_one() {
        let all = Include::NAMES.into_iter().try_fold(Include::default(), Include::and);
        let asked =
            Include { rfm: true, forecast: true, borderline: true, co_assignment: true, held_out: false };
        assert_eq!(all, Some(asked));
        assert_eq!(Include::default().and("RFM"), None);
    }
}
