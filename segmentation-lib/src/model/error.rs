//! Why a run does not fit what is published.

/// The model in force cannot be applied to this data; the published run stays served.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The model belongs to other data.
    #[error("the model in force belongs to the data named {model:?}, this run is of {run:?}")]
    OtherData {
        /// The model's name.
        model: String,
        /// The run's.
        run: String,
    },
    /// The model's amounts are in another currency.
    #[error("the model in force counts money in {model}, this run in {run}")]
    OtherCurrency {
        /// ISO 4217 code of the model's run.
        model: String,
        /// ISO 4217 code of this run.
        run: String,
    },
    /// A parameter of the fit was given that is not the model's.
    #[error(
        "the model in force was fitted with {name} = {model}, this run asks for {run}; a run applies the model as it is"
    )]
    OtherParameter {
        /// The parameter, by its command-line name.
        name: String,
        /// The model's value.
        model: String,
        /// The value asked for.
        run: String,
    },
    /// Names stay as the model has them.
    #[error("the names of the model in force are not from {file}; a run keeps them as they are")]
    OtherVocabulary {
        /// The vocabulary given.
        file: String,
    },
    /// Hardly any customer of the published run is in this one.
    #[error(
        "of the {former} customers of the published run {known} are in this one; at least {} % are expected{}",
        (super::LEAST_KNOWN * 100.0).round(),
        .respelled.as_ref().map_or_else(String::new, |(before, now)| {
            format!("; {before:?} is {now:?} now: are ids written otherwise at the source?")
        })
    )]
    HardlyKnown {
        /// Customers of the published run.
        former: u64,
        /// Those of them who are in this one.
        known: u64,
        /// An id there, and one here that differs in case, spaces, marks between digits or zeros in front only.
        respelled: Option<(String, String)>,
    },
}
