//! The customer table: the SQL run and what is derived from it.

use chrono::NaiveDateTime;
use polars::prelude::*;
use polars::sql::SQLContext;

use super::derive;
use super::gaps::{gaps, mean_gaps};
use super::schema::{FEATURES, Feature, Needs, feature};
use crate::naming::Clock;
use crate::transactions::{Parts, PresentColumns, ReferenceDate, Transactions};

/// The feature definition, from a table `transactions` to one row per customer.
pub const SQL: &str = include_str!("../features.sql");

/// Computing features failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeaturesError {
    /// The SQL engine refused or failed.
    #[error("computing the customer table failed: {0}")]
    Query(#[from] PolarsError),
    /// A name that is no feature.
    #[error("unknown feature {name:?}; the features are: {known}")]
    Unknown {
        /// As given.
        name: String,
        /// Every name there is.
        known: String,
    },
    /// The data lacks what the feature is made of.
    #[error(
        "feature {feature:?} needs {} {column} column, which this data does not have; leave it out of the features \
         or name the column in the mapping",
        if column.starts_with('a') { "an" } else { "a" }
    )]
    MissingColumn {
        /// The feature asked for.
        feature: &'static str,
        /// The column it needs.
        column: &'static str,
    },
    /// The feature is part of a forecast, and there is none here.
    #[error(
        "feature {feature:?} needs a forecast, and there is none for this table; leave it out of the features"
    )]
    WithoutForecast {
        /// The feature asked for.
        feature: &'static str,
    },
    /// The model of the forecast says nothing of it.
    #[error(
        "feature {feature:?} cannot be forecast: the model that fits the data says nothing of it (the NBD of who is still \
         a customer, no model of value of what a purchase brings); leave it out of the features"
    )]
    NotForecast {
        /// The feature asked for.
        feature: &'static str,
    },
    /// Nobody is left.
    #[error(
        "no customer is left after cleaning, so there is nothing to segment; see the ledger for what each rule removed"
    )]
    NoCustomers,
    /// The outlier fence's parameters make no sense.
    #[error(
        "the outlier fence has quantile {quantile} and factor {factor}; the quantile must lie in (0, 0.5) and the factor be at least 0"
    )]
    Fence {
        /// Lower quantile given.
        quantile: f64,
        /// Factor given.
        factor: f64,
    },
    /// The customers of an earlier day, who were summed elsewhere, stand at another day than the look-back's.
    #[error(
        "the earlier customers stand at {seen}, but with the reference date {reference} the look-back begins at {cut_off}; have \
         them summed as of that day"
    )]
    OtherCutOff {
        /// Where they stand.
        seen: chrono::NaiveDateTime,
        /// Where the look-back begins.
        cut_off: ReferenceDate,
        /// The reference date in use.
        reference: ReferenceDate,
    },
    /// A customer's last purchase lies after the reference date.
    #[error(
        "customer {customer:?} purchased after the reference date {reference}; choose a later reference date, \
         or read the transactions with this one so that later rows are dropped and counted"
    )]
    AfterReference {
        /// Such a customer.
        customer: String,
        /// The reference date in use.
        reference: ReferenceDate,
    },
}

/// The customer table: one row per customer, ascending by id (byte order).
#[derive(Debug, Clone)]
pub struct CustomerTable {
    frame: DataFrame,
    reference: ReferenceDate,
    present: PresentColumns,
    clock: Clock,
}

impl CustomerTable {
    /// Computes the table. `reference` defaults to the day after the last purchase in the data; where something was taken
    /// back later than that, to the day after.
    pub fn compute(
        transactions: &Transactions,
        reference: Option<ReferenceDate>,
    ) -> Result<Self, FeaturesError> {
        if let Some(reference) = reference {
            return Self::at(transactions, reference);
        }
        match Self::at(transactions, ReferenceDate::day_after(transactions.last())) {
            Err(FeaturesError::AfterReference { .. }) => {
                Self::at(transactions, ReferenceDate::day_after(last_line(transactions)?))
            }
            table => table,
        }
    }

    fn at(transactions: &Transactions, reference: ReferenceDate) -> Result<Self, FeaturesError> {
        match transactions.summed() {
            None => Self::from_frame(transactions.parts().clone(), reference, transactions.columns()),
            Some(summed) => {
                let clock = match &summed.gaps {
                    Some(gaps) => Clock::from_gaps(gaps),
                    None => Clock::from_gaps(&mean_gaps(&summed.customers)?),
                };
                Self::of_summed(&summed.customers, (reference, clock), transactions.columns())
            }
        }
    }

    /// As [`CustomerTable::compute`], from canonical transaction columns held elsewhere: a frame, or parts of whole customers.
    pub fn from_frame(
        transactions: impl Into<Parts>,
        reference: ReferenceDate,
        present: PresentColumns,
    ) -> Result<Self, FeaturesError> {
        let parts = transactions.into();
        let clock = Clock::from_gaps(&gaps(&parts)?);
        let table = parts.collect(|part| {
            let mut context = SQLContext::new();
            context.register("transactions", part);
            Ok(derive::derived(context.execute(SQL)?, reference))
        })?;
        // Each part is in order; on what is in order already a sort costs a look.
        let table = table.sort(["customer_id"], SortMultipleOptions::default())?;
        Self::from_sums(table, (reference, clock), present)
    }

    /// From one row per customer, as [`SQL`] gives it, and the pace of the shop.
    pub(crate) fn of_summed(
        customers: &DataFrame,
        (reference, clock): (ReferenceDate, Clock),
        present: PresentColumns,
    ) -> Result<Self, FeaturesError> {
        let table = derive::derived(customers.clone().lazy(), reference).collect()?;
        Self::from_sums(table, (reference, clock), present)
    }

    /// From one row per customer, as [`SQL`] gives it and with what is derived.
    fn from_sums(
        frame: DataFrame,
        (reference, clock): (ReferenceDate, Clock),
        present: PresentColumns,
    ) -> Result<Self, FeaturesError> {
        if frame.height() == 0 {
            return Err(FeaturesError::NoCustomers);
        }
        let table = Self { frame, reference, present, clock };
        table.refuse_the_future()?;
        Ok(table)
    }

    /// The table: `customer_id`, the dates, and a column per feature.
    pub fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// The date that recency is counted to.
    pub fn reference(&self) -> ReferenceDate {
        self.reference
    }

    /// How long the customers stay away between two purchases.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Number of customers.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    /// Always false: a table has at least one customer.
    pub fn is_empty(&self) -> bool {
        self.frame.height() == 0
    }

    /// Customer ids in row order.
    pub fn ids(&self) -> Result<Vec<String>, FeaturesError> {
        let ids = self.frame.column("customer_id")?.str()?;
        Ok(ids.no_null_iter().map(str::to_owned).collect())
    }

    /// The features this data has the columns for.
    pub fn available(&self) -> Vec<&'static Feature> {
        FEATURES.iter().filter(|f| self.lacks(f).is_none()).collect()
    }

    /// The feature of this name, which this data must have the columns for.
    pub fn feature(&self, name: &str) -> Result<&'static Feature, FeaturesError> {
        let feature = feature(name).ok_or_else(|| FeaturesError::Unknown {
            name: name.to_owned(),
            known: FEATURES.map(|f| f.name).join(", "),
        })?;
        match self.lacks(feature) {
            Some(_) if feature.needs == Needs::Forecast => {
                Err(FeaturesError::WithoutForecast { feature: feature.name })
            }
            Some(column) => Err(FeaturesError::MissingColumn { feature: feature.name, column }),
            None => Ok(feature),
        }
    }

    /// A feature's values in original units, in row order.
    pub fn values(&self, name: &str) -> Result<Vec<f64>, FeaturesError> {
        let feature = self.feature(name)?;
        let column = self.frame.column(feature.name)?.cast(&DataType::Float64)?;
        Ok(column.f64()?.iter().map(|v| v.unwrap_or(f64::NAN)).collect())
    }

    /// Whether the data holds money.
    pub fn has_money(&self) -> bool {
        self.present.money
    }

    /// Net revenue of each customer in pennies, in row order; 0 for everybody where the data holds no money.
    pub fn revenue_pennies(&self) -> Result<Vec<i64>, FeaturesError> {
        Ok(self.frame.column("monetary")?.i64()?.no_null_iter().collect())
    }

    /// The table with a column more for each of these features of a forecast, in row order.
    pub fn with_forecast(&self, columns: Vec<(&'static str, Vec<f64>)>) -> Result<Self, FeaturesError> {
        let mut frame = self.frame.clone();
        for (name, values) in columns {
            frame.with_column(Column::new(name.into(), values))?;
        }
        Ok(Self { frame, ..self.clone() })
    }

    /// The customers whose rows are marked, one mark a row. The clock stays that of all.
    pub fn only(&self, marked: &[bool]) -> Result<Self, FeaturesError> {
        let marked: BooleanChunked = marked.iter().copied().collect();
        Ok(Self { frame: self.frame.filter(&marked)?, ..self.clone() })
    }

    fn lacks(&self, feature: &Feature) -> Option<&'static str> {
        match feature.needs {
            Needs::Money if !self.present.money => Some("amount"),
            Needs::Product if !self.present.product => Some("product"),
            Needs::Quantity if !self.present.quantity => Some("quantity"),
            Needs::Forecast if self.frame.column(feature.name).is_err() => Some("forecast"),
            _ => None,
        }
    }

    fn refuse_the_future(&self) -> Result<(), FeaturesError> {
        let activity = self.frame.column("activity")?.i64()?;
        match activity.no_null_iter().position(|days| days < 0) {
            None => Ok(()),
            Some(row) => Err(FeaturesError::AfterReference {
                customer: self.frame.column("customer_id")?.str()?.get(row).unwrap_or_default().to_owned(),
                reference: self.reference,
            }),
        }
    }
}
/// The last moment of all lines, also of those that take back.
fn last_line(transactions: &Transactions) -> PolarsResult<NaiveDateTime> {
    let (moments, name) = match transactions.summed() {
        None => {
            let last = |part: LazyFrame| Ok(part.select([col("purchased_at").max()]));
            (transactions.parts().collect(last)?, "purchased_at")
        }
        Some(summed) => (summed.customers.clone(), "last_transaction"),
    };
    let last = moments.column(name)?.to_physical_repr().i64()?.max().unwrap_or_default();
    Ok(chrono::DateTime::from_timestamp_millis(last).unwrap_or_default().naive_utc())
}
