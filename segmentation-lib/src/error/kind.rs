//! What can be done about an error.

use super::Error;
use crate::features::one_customer::OneCustomerError;
use crate::record::{HoldoutError, SnapshotError};
use crate::store::StoreError;
#[cfg(feature = "bucket")]
use crate::store::bucket::BucketError;

/// What kind of trouble an error is: what a caller needs to know to decide what to do next. The text of the
/// error says the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input cannot be used as it is: unreadable, damaged, ambiguous, or nothing of it is left. Other
    /// input, or another way to read it, helps.
    Data,
    /// A parameter is unknown, out of its range, or contradicts another one. Another value helps.
    Parameter,
    /// What was named is not there: no such run, data set or bucket, or nothing was published yet.
    NotFound,
    /// A store or bucket is damaged, in use, of a newer version, or its disk refuses. What was published
    /// before stays served.
    Store,
    /// Something else failed: temporary files, the network, credentials, a library. It may work another time.
    Failure,
    /// Cleaning lost more of the data than a run may lose. A higher limit, or other input, helps.
    Loss,
    /// The input can be read in several ways, and only its owner knows which is right.
    Question,
    /// The caller asked to stop; nothing was published.
    Cancelled,
}

impl ErrorKind {
    /// Every kind there is.
    pub const ALL: [Self; 8] = [
        Self::Data,
        Self::Parameter,
        Self::NotFound,
        Self::Store,
        Self::Failure,
        Self::Loss,
        Self::Question,
        Self::Cancelled,
    ];
}

impl Error {
    /// What kind of trouble this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Snapshot(error) => snapshot(error),
            Self::Store(error) => store(error),
            Self::RunId(_) | Self::ReferenceDate(_) => ErrorKind::Parameter,
            Self::Holdout(error) => holdout(error),
            #[cfg(feature = "engine")]
            Self::Lift(error) => lift(error),
            #[cfg(feature = "bucket")]
            Self::Bucket(error) => bucket(error),
            #[cfg(feature = "export")]
            Self::Export(error) => export(error),
            Self::Movement(error) => movement(error),
            #[cfg(feature = "cli")]
            Self::Notify(error) => notify(error),
            Self::OneCustomer(error) => one_customer(error),
            Self::Cancelled(_) => ErrorKind::Cancelled,
            #[cfg(feature = "engine")]
            Self::Engine(error) => engine(error),
            #[cfg(feature = "engine")]
            Self::Lifetime(error) => lifetime(error),
            #[cfg(feature = "analysis")]
            Self::Catalogue(error) => analysis::catalogue(error),
            #[cfg(feature = "analysis")]
            Self::Mapping(_) | Self::Rule(_) | Self::Rates(_) | Self::Vocabulary(_) => ErrorKind::Parameter,
            #[cfg(feature = "analysis")]
            Self::Loss(_) => ErrorKind::Loss,
            #[cfg(feature = "analysis")]
            Self::Transactions(error) => analysis::transactions(error),
            #[cfg(feature = "cli")]
            Self::Table(error) => table(error),
            #[cfg(feature = "cli")]
            Self::Objects(error) => objects(error),
            #[cfg(feature = "analysis")]
            Self::Features(error) => analysis::features(error),
            #[cfg(feature = "analysis")]
            Self::Matrix(error) => analysis::matrix(error),
            #[cfg(feature = "analysis")]
            Self::Selection(error) => analysis::selection(error),
            #[cfg(feature = "analysis")]
            Self::Model(error) => analysis::model(error),
            #[cfg(feature = "cli")]
            Self::Dictionary(_) => ErrorKind::Failure,
        }
    }
}

fn snapshot(error: &SnapshotError) -> ErrorKind {
    match error {
        SnapshotError::CreatedAt { .. } => ErrorKind::Parameter,
        SnapshotError::Format { .. }
        | SnapshotError::IdLength { .. }
        | SnapshotError::Order { .. }
        | SnapshotError::UnknownSegment { .. }
        | SnapshotError::SegmentId { .. }
        | SnapshotError::Width { .. }
        | SnapshotError::Count { .. }
        | SnapshotError::Number { .. }
        | SnapshotError::Rfm(_)
        | SnapshotError::Forecast(_)
        | SnapshotError::Changes(_)
        | SnapshotError::HeldOut(_)
        | SnapshotError::CoAssignment(_)
        | SnapshotError::Blocks
        | SnapshotError::Seal { .. } => ErrorKind::Data,
    }
}

fn holdout(error: &HoldoutError) -> ErrorKind {
    match error {
        HoldoutError::Share { .. } | HoldoutError::OtherSeed { .. } | HoldoutError::SmallerShare { .. } => {
            ErrorKind::Parameter
        }
        HoldoutError::Length { .. } | HoldoutError::Marks => ErrorKind::Store,
    }
}

#[cfg(feature = "engine")]
fn lift(error: &crate::lift::LiftError) -> ErrorKind {
    use crate::lift::LiftError;
    match error {
        LiftError::NoHoldout { .. } => ErrorKind::NotFound,
        LiftError::TooEarly { .. } | LiftError::Overlap { .. } | LiftError::NobodyKnown { .. } => {
            ErrorKind::Data
        }
    }
}

#[cfg(feature = "cli")]
fn objects(error: &crate::objects::ObjectsError) -> ErrorKind {
    use crate::objects::ObjectsError as E;
    match error {
        E::Pattern { .. } => ErrorKind::Parameter,
        E::NotFound { .. } => ErrorKind::Data,
        E::Directory { .. } => ErrorKind::Failure,
        E::Bucket(error) => bucket(error),
        E::Transactions(error) => analysis::transactions(error),
    }
}

#[cfg(feature = "cli")]
fn table(error: &crate::tables::TableError) -> ErrorKind {
    use crate::tables::TableError as E;
    match error {
        E::Address { .. } | E::Name { .. } | E::Setting { .. } => ErrorKind::Parameter,
        E::Query { .. } | E::SameName { .. } | E::Type { .. } | E::Value { .. } | E::Empty { .. } => {
            ErrorKind::Data
        }
        E::NoProgram { .. }
        | E::Away { .. }
        | E::Refused { .. }
        | E::Unsafe { .. }
        | E::BrokenOff { .. }
        | E::Directory { .. } => ErrorKind::Failure,
        E::Cancelled(_) => ErrorKind::Cancelled,
        E::Transactions(error) => analysis::transactions(error),
    }
}

fn store(error: &StoreError) -> ErrorKind {
    match error {
        StoreError::NoRun { .. }
        | StoreError::UnknownRun { .. }
        | StoreError::NotLogged { .. }
        | StoreError::NothingBefore { .. } => ErrorKind::NotFound,
        StoreError::Io { .. }
        | StoreError::Database { .. }
        | StoreError::Locked { .. }
        | StoreError::Pointer { .. }
        | StoreError::Newer { .. }
        | StoreError::Damaged { .. }
        | StoreError::Forgotten { .. }
        | StoreError::NotErased { .. } => ErrorKind::Store,
        StoreError::LikeForgotten { .. } => ErrorKind::Question,
        StoreError::Scratch { .. } | StoreError::NoRandom => ErrorKind::Failure,
        StoreError::RunId(_) => ErrorKind::Parameter,
        StoreError::Snapshot(error) => snapshot(error),
        StoreError::Cancelled(_) => ErrorKind::Cancelled,
    }
}

#[cfg(feature = "bucket")]
fn bucket(error: &BucketError) -> ErrorKind {
    match error {
        BucketError::Address { .. } => ErrorKind::Parameter,
        BucketError::Missing { .. } | BucketError::Empty { .. } => ErrorKind::NotFound,
        BucketError::Refused { .. }
        | BucketError::Clock { .. }
        | BucketError::Failed { .. }
        | BucketError::Replaced { .. }
        | BucketError::Runtime { .. } => ErrorKind::Failure,
        BucketError::Pointer { .. }
        | BucketError::Incomplete { .. }
        | BucketError::Damaged { .. }
        | BucketError::Forgotten { .. }
        | BucketError::Conflict { .. }
        | BucketError::Uncleared { .. }
        | BucketError::Locked { .. } => ErrorKind::Store,
        BucketError::Store(error) => store(error),
    }
}

#[cfg(feature = "cli")]
fn notify(error: &crate::notify::NotifyError) -> ErrorKind {
    use crate::notify::NotifyError;
    match error {
        NotifyError::Secret { .. } | NotifyError::Address { .. } => ErrorKind::Parameter,
        NotifyError::NoRandom => ErrorKind::Failure,
        NotifyError::Io { .. } => ErrorKind::Store,
        NotifyError::Store(error) => store(error),
    }
}

fn movement(error: &crate::movement::MovementError) -> ErrorKind {
    use crate::movement::MovementError;
    match error {
        MovementError::Store(error) => store(error),
        _ => ErrorKind::NotFound,
    }
}

#[cfg(feature = "export")]
fn export(error: &crate::export::ExportError) -> ErrorKind {
    use crate::export::ExportError;
    match error {
        ExportError::NothingToGuard { .. }
        | ExportError::NoRuleView
        | ExportError::NoForecast
        | ExportError::NoCoAssignment
        | ExportError::SegmentOnly
        | ExportError::NotContinued => ErrorKind::Parameter,
        #[cfg(feature = "workbook")]
        ExportError::TooLong { .. } | ExportError::WholeWorkbook => ErrorKind::Parameter,
        #[cfg(feature = "workbook")]
        ExportError::Workbook(_) => ErrorKind::Failure,
        ExportError::Write(_) => ErrorKind::Failure,
    }
}

fn one_customer(error: &OneCustomerError) -> ErrorKind {
    match error {
        OneCustomerError::Empty | OneCustomerError::Future { .. } | OneCustomerError::Missing { .. } => {
            ErrorKind::Data
        }
        OneCustomerError::Unknown { .. } => ErrorKind::Parameter,
    }
}

#[cfg(feature = "engine")]
fn lifetime(error: &crate::lifetime::LifetimeError) -> ErrorKind {
    use crate::lifetime::LifetimeError::{BadHorizon, BadParameter, HorizonTooLong, TooShort};
    match error {
        BadHorizon { .. } | BadParameter { .. } | HorizonTooLong { .. } | TooShort { .. } => {
            ErrorKind::Parameter
        }
        _ => ErrorKind::Data,
    }
}

#[cfg(feature = "engine")]
fn engine(error: &crate::engine::EngineError) -> ErrorKind {
    use crate::engine::EngineError as E;
    match error {
        E::Empty { .. }
        | E::NotFinite { .. }
        | E::TooLarge { .. }
        | E::TooFewDistinct { .. }
        | E::OneCluster { .. }
        | E::OnlySingletons { .. }
        | E::Length { .. }
        | E::Columns { .. }
        | E::Weight { .. } => ErrorKind::Data,
        E::ZeroClusters | E::TooManyClusters { .. } | E::Parameter { .. } | E::Memory { .. } => {
            ErrorKind::Parameter
        }
        E::PrincipalComponents(_) => ErrorKind::Failure,
        E::Cancelled(_) => ErrorKind::Cancelled,
    }
}

#[cfg(feature = "analysis")]
mod analysis {
    use super::ErrorKind;
    use crate::catalogue::CatalogueError;
    use crate::features::FeaturesError;
    use crate::matrix::MatrixError;
    use crate::model::ModelError;
    use crate::selection::SelectionError;
    use crate::transactions::{TransactionsError, Unsettled};

    pub fn catalogue(error: &CatalogueError) -> ErrorKind {
        match error {
            CatalogueError::Unknown { .. }
            | CatalogueError::NotFetched { .. }
            | CatalogueError::ByHand { .. } => ErrorKind::NotFound,
            CatalogueError::Status { .. }
            | CatalogueError::Network { .. }
            | CatalogueError::Altered { .. }
            | CatalogueError::Io { .. } => ErrorKind::Failure,
            CatalogueError::Cancelled(_) => ErrorKind::Cancelled,
        }
    }

    pub fn transactions(error: &TransactionsError) -> ErrorKind {
        use TransactionsError as E;
        match error {
            // All but one of what is needed is there, and another column may be it: only the user knows.
            E::Columns { unsettled: Unsettled::Missing { roles, unused }, .. }
                if roles.len() == 1 && !unused.is_empty() =>
            {
                ErrorKind::Question
            }
            E::NoInput | E::Pattern { .. } | E::NoSheet { .. } | E::SalesNotFound { .. } => {
                ErrorKind::Parameter
            }
            E::Columns { unsettled: Unsettled::Several { .. }, .. }
            | E::MoneyInSome { .. }
            | E::DateOrderUndecided { .. }
            | E::AmountOfUndecided { .. }
            | E::HardlyCounted { .. }
            | E::TwoDetails { .. }
            | E::DocumentChain { .. }
            | E::Subtotals { .. }
            | E::SumOfAll { .. }
            | E::PartLeftOut { .. }
            | E::AmountOrPrice { .. }
            | E::CustomerPerOrder { .. }
            | E::SameOrders { .. }
            | E::DateOrderMixed { .. }
            | E::DecimalUndecided { .. }
            | E::DecimalMixed { .. }
            | E::MixedCurrencies { .. }
            | E::MostlyRefunds { .. }
            | E::DebitsAndCredits { .. }
            | E::UnknownKinds { .. }
            | E::FeesAmongSales { .. }
            | E::PaymentsBesideSales { .. }
            | E::MoneyCancels { .. }
            | E::SeveralVersions { .. }
            | E::NamedNoSale { .. } => ErrorKind::Question,
            // An input that is not there is an input that cannot be used: nothing was asked for by name.
            E::NotFound { .. }
            | E::EmptyDirectory { .. }
            | E::Logged { .. }
            | E::SeveralValues { .. }
            | E::Partitioned { .. }
            | E::UnreadType { .. }
            | E::Io { .. }
            | E::Empty { .. }
            | E::HeaderOnly { .. }
            | E::Damaged { .. }
            | E::Unsupported { .. }
            | E::Columns { .. }
            | E::UnclosedQuote { .. }
            | E::ShortenedIds { .. }
            | E::OnlyHidden { .. }
            | E::StackedTables { .. }
            | E::Refused(..)
            | E::NothingLeft { .. }
            | E::Changed { .. }
            | E::NoPurchases { .. }
            | E::NotPortable { .. }
            | E::SummedColumns { .. }
            | E::SummedType { .. }
            | E::SummedRow { .. }
            | E::SummedTwice { .. }
            | E::NoCustomerPurchased
            | E::SummedLedger { .. }
            | E::SummedMeanwhile { .. }
            | E::AmountOverflow { .. } => ErrorKind::Data,
            E::Spill { .. } | E::Table(_) => ErrorKind::Failure,
            E::Cancelled(_) => ErrorKind::Cancelled,
        }
    }

    pub fn features(error: &FeaturesError) -> ErrorKind {
        match error {
            FeaturesError::Query(_) => ErrorKind::Failure,
            FeaturesError::MissingColumn { .. }
            | FeaturesError::NotForecast { .. }
            | FeaturesError::NoCustomers => ErrorKind::Data,
            FeaturesError::Unknown { .. }
            | FeaturesError::WithoutForecast { .. }
            | FeaturesError::Fence { .. }
            | FeaturesError::AfterReference { .. }
            | FeaturesError::OtherCutOff { .. } => ErrorKind::Parameter,
        }
    }

    pub fn matrix(error: &MatrixError) -> ErrorKind {
        match error {
            MatrixError::Features(error) => features(error),
            MatrixError::NoFeatures | MatrixError::Repeated(_) | MatrixError::Winsorize(_) => {
                ErrorKind::Parameter
            }
            MatrixError::NotFinite { .. } | MatrixError::WrongLength { .. } => ErrorKind::Data,
        }
    }

    pub fn model(error: &ModelError) -> ErrorKind {
        match error {
            ModelError::OtherData { .. }
            | ModelError::OtherCurrency { .. }
            | ModelError::OtherParameter { .. }
            | ModelError::OtherVocabulary { .. } => ErrorKind::Parameter,
            ModelError::HardlyKnown { .. } => ErrorKind::Data,
        }
    }

    pub fn selection(error: &SelectionError) -> ErrorKind {
        match error {
            SelectionError::Engine(error) => super::engine(error),
            SelectionError::Range { .. } | SelectionError::Shares { .. } | SelectionError::MaxRows(_) => {
                ErrorKind::Parameter
            }
            SelectionError::TooFewCustomers { .. } | SelectionError::TooFewDistinct { .. } => ErrorKind::Data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Cancelled;

    #[test]
    fn the_cause_decides_whatever_carries_it() {
        let damaged = || StoreError::Forgotten { path: "FORGOTTEN".into() };
        assert_eq!(Error::from(damaged()).kind(), ErrorKind::Store);
        assert_eq!(Error::from(Cancelled).kind(), ErrorKind::Cancelled);
        assert_eq!(Error::from(StoreError::from(Cancelled)).kind(), ErrorKind::Cancelled);
        let too_long = SnapshotError::IdLength { row: 0, bytes: 300 };
        assert_eq!(Error::from(StoreError::from(too_long)).kind(), ErrorKind::Data);
        #[cfg(feature = "bucket")]
        assert_eq!(Error::from(BucketError::from(damaged())).kind(), ErrorKind::Store);
        #[cfg(feature = "bucket")]
        assert_eq!(Error::from(BucketError::from(Cancelled)).kind(), ErrorKind::Cancelled);
    }

    #[cfg(feature = "analysis")]
    #[test]
    fn a_parameter_that_is_no_parameter_is_told_from_data_that_is_no_data() {
        use crate::transactions::{ReferenceDate, Rules, TransactionsError};
        let date = "x".parse::<ReferenceDate>().expect_err("no date");
        assert_eq!(Error::from(date).kind(), ErrorKind::Parameter);
        let rule = Rules::default().disable("x").expect_err("no rule");
        assert_eq!(Error::from(rule).kind(), ErrorKind::Parameter);
        let undecided = TransactionsError::DateOrderUndecided { example: "01-02-2011".into() };
        assert_eq!(Error::from(undecided).kind(), ErrorKind::Question);
    }
}
