//! Why a command ended without success: a message and a hint on standard error, and an exit code.

mod exit;
mod hints;

use std::process::ExitCode;

use segmentation_lib::{Error, ErrorKind};

pub use exit::exit_codes;

/// The program's result.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a command ended without success.
#[derive(Debug)]
pub enum Failure {
    /// The library's error, whichever stage it is of.
    Library(Box<Error>),
    /// The library's error in a step whose name and way out its text cannot know.
    Step {
        /// What was not possible.
        what: &'static str,
        /// Why not.
        error: Box<Error>,
        /// What helps.
        hint: &'static str,
    },
    /// What was asked for is not there.
    NotFound(String),
    /// A parameter cannot be used.
    Unusable(String),
    /// Something else failed.
    Failed(String),
}

impl<E> From<E> for Failure
where
    Error: From<E>,
{
    fn from(error: E) -> Self {
        Self::Library(Box::new(error.into()))
    }
}

/// For `map_err`: says what failed beside the reason.
pub fn failed<E: Into<Box<dyn std::error::Error>>>(what: impl Into<String>) -> impl FnOnce(E) -> Failure {
    let what = what.into();
    move |error| Failure::Failed(format!("{what}: {}", with_causes(error.into().as_ref())))
}

impl Failure {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Library(error) | Self::Step { error, .. } => error.kind(),
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Unusable(_) => ErrorKind::Parameter,
            Self::Failed(_) => ErrorKind::Failure,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Library(error) => with_causes(error.as_ref()),
            Self::Step { what, error, .. } => format!("{what}: {}", with_causes(error.as_ref())),
            Self::NotFound(text) | Self::Unusable(text) | Self::Failed(text) => text.clone(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Library(error) => hints::hint(error),
            Self::Step { hint, .. } => Some((*hint).to_owned()),
            Self::NotFound(_) | Self::Unusable(_) | Self::Failed(_) => None,
        }
    }

    /// Prints the message and the hint, and gives the exit code.
    pub fn report(&self, json: bool) -> ExitCode {
        let (code, message, hint) = (exit::code(self.kind()), self.message(), self.hint());
        if json {
            eprintln!("{}", serde_json::json!({ "error": message, "hint": hint, "exit_code": code }));
        } else {
            eprintln!("error: {message}");
            if let Some(hint) = hint {
                eprintln!("hint: {hint}");
            }
        }
        ExitCode::from(code)
    }
}

/// The error with its causes, without those whose text the message above already holds.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        cause = error.source();
    }
    text
}
