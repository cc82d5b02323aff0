//! Why there is no forecast.

/// A purchase history, a parameter, a horizon or a likelihood that allows no forecast.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LifetimeError {
    /// Fewer than two customers.
    #[error("a model is fitted to at least 2 customers; the data hold {customers}")]
    TooFewCustomers {
        /// Customers seen.
        customers: usize,
    },
    /// Nobody bought a second time.
    #[error(
        "none of the {customers} customers bought again, so the data say nothing about repeat purchases; \
         observe them for longer"
    )]
    NoRepeatPurchases {
        /// Customers seen.
        customers: usize,
    },
    /// Every customer's age is 0.
    #[error(
        "all {customers} customers made their first purchase at the very end of the data (T = 0); \
         observe them for longer, or end the observation later"
    )]
    NoTimeObserved {
        /// Customers seen.
        customers: usize,
    },
    /// A history that cannot be.
    #[error(
        "customer {row} has frequency {frequency}, recency {recency}, age {age}; \
         finite 0 ≤ recency ≤ age is needed, recency 0 with frequency 0 and above 0 otherwise"
    )]
    ImpossibleHistory {
        /// Position from 0.
        row: usize,
        /// Repeat purchases.
        frequency: u32,
        /// Time from the first to the last purchase.
        recency: f64,
        /// Time from the first purchase to the end of the observation.
        age: f64,
    },
    /// A parameter that is not a positive number.
    #[error("{parameter} is {value}; the parameters are finite numbers above 0")]
    BadParameter {
        /// Its name.
        parameter: &'static str,
        /// As given.
        value: f64,
    },
    /// A horizon that is not a positive number.
    #[error("the horizon is {value}; a finite time above 0 is needed")]
    BadHorizon {
        /// As given.
        value: f64,
    },
    /// A horizon out of all proportion to the history.
    #[error(
        "the horizon {horizon} is too long for customers observed over {age} and rates of 1 in {rate_unit}: \
         at most a few million purchase opportunities can be looked ahead; shorten the horizon"
    )]
    HorizonTooLong {
        /// As given.
        horizon: f64,
        /// Age of the customer, 0 for a new one.
        age: f64,
        /// α, in the unit of time.
        rate_unit: f64,
    },
    /// Not enough history to try a forecast on.
    #[error(
        "{known} days up to the cut-off and {horizon} after it; a hold-out needs at least as many days before the \
         cut-off as after it, and at least one: shorten the horizon"
    )]
    TooShort {
        /// Days from the first purchase to the cut-off, both counted.
        known: i64,
        /// Days held out.
        horizon: i64,
    },
    /// The search for the maximum did not come to rest.
    #[error(
        "the likelihood's maximum was not found in {steps} steps; the gradient per customer is still \
         {gradient_norm:e}; try another model or more data"
    )]
    NotConverged {
        /// Steps tried.
        steps: usize,
        /// Euclidean norm of the gradient per customer, by ln parameter.
        gradient_norm: f64,
    },
    /// The likelihood is flat along a parameter, or keeps rising with it.
    #[error(
        "the data do not determine {parameter}: the likelihood is flat or still rises at {value:e}; \
         customers may all be alike in this respect: try another model or more data"
    )]
    Ridge {
        /// Name of the parameter.
        parameter: &'static str,
        /// Where the search was.
        value: f64,
    },
    /// None of the models that are tried one after the other can be fitted.
    #[error(
        "none of the models Pareto/NBD, MBG/NBD and BG/NBD can be fitted to these data, and some customers leave, so that \
         the NBD would expect too much ({}); observe more customers, or for longer",
        cause_of(.reason)
    )]
    NoModel {
        /// Why not the first.
        reason: Box<LifetimeError>,
    },
    /// Nobody has a positive mean value.
    #[error(
        "{usable} of {customers} customers have repeat purchases with a positive mean value; at least 2 are \
         needed to model what a purchase brings ({no_repeat} bought once, {not_positive} have a mean of 0 or \
         less, from returns or free items)"
    )]
    NoSpend {
        /// Customers seen.
        customers: usize,
        /// With repeat purchases and a positive mean.
        usable: usize,
        /// Without repeat purchases.
        no_repeat: usize,
        /// With repeat purchases and a mean of 0 or less.
        not_positive: usize,
    },
    /// The mean of the spend distribution is infinite.
    #[error(
        "q is {q}; the expected value of a purchase is finite only where q + p · purchases is above 1: \
         the spread between customers is too large for a mean"
    )]
    InfiniteSpend {
        /// The parameter.
        q: f64,
    },
    /// Value that is not a finite number.
    #[error("customer {row} has a mean value of {value}; a finite number is needed")]
    BadSpend {
        /// Position from 0.
        row: usize,
        /// As given.
        value: f64,
    },
    /// Two lists that should speak of the same customers.
    #[error("{histories} purchase histories were given with {values} mean values; one for each is needed")]
    UnequalLengths {
        /// Histories given.
        histories: usize,
        /// Values given.
        values: usize,
    },
}

/// What was wrong, without advice to try what was tried.
fn cause_of(reason: &LifetimeError) -> String {
    reason.cause().en
}
