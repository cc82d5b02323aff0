//! Whether a CSV is exact, for programs, or for people who open it in a spreadsheet.

use segmentation_lib::export::{ExportParams, Language};

use crate::error::{ApiError, Code, excerpt};
use crate::query::Query;

/// The parameter that asks for a CSV for people.
pub const SAFE: &str = "safe";
/// The parameter that says in which language.
pub const LANGUAGE: &str = "language";

/// For whom a CSV is. By default it is exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spreadsheet {
    /// The language of people; none for programs.
    language: Option<Language>,
}

impl Spreadsheet {
    /// Of the parameters.
    ///
    /// # Errors
    /// A value that they do not have, a language of an exact CSV.
    pub fn of(query: &Query) -> Result<Self, ApiError> {
        let invalid = |detail: String| Err(ApiError::new(Code::InvalidParameter, detail));
        let language = match query.one(LANGUAGE)? {
            None => None,
            Some(name) => match Language::of(name) {
                None => {
                    let allowed = Language::NAMES.join(" and ");
                    return invalid(format!("language is {}, allowed are {allowed}", excerpt(name)));
                }
                known => known,
            },
        };
        match query.one(SAFE)? {
            // Generated clients send defaults.
            None if language.is_some_and(|language| language != Language::default()) => invalid(
                "language is for safe=spreadsheet: every other file has both languages or neither".to_owned(),
            ),
            None => Ok(Self::default()),
            Some("spreadsheet") => Ok(Self { language: Some(language.unwrap_or_default()) }),
            Some(other) => invalid(format!("safe is {}, allowed is spreadsheet", excerpt(other))),
        }
    }

    /// Whether it is for people.
    pub fn is_asked(self) -> bool {
        self.language.is_some()
    }

    /// The same parameters for such a CSV.
    pub fn applied(self, params: ExportParams) -> ExportParams {
        ExportParams { safe: self.is_asked(), language: self.language.unwrap_or_default(), ..params }
    }
}
