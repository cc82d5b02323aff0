//! The words for customers: names of segments and of RFM groups, when they hold, and what to do.
//!
//! They stand in one TOML file with English and Brazilian Portuguese texts. [`Vocabulary::bundled`] is the
//! usual one of retail; a copy of it, [`BUNDLED`], can be edited and read by [`Vocabulary::parse`]. What is
//! read is total (every case has one name), free of overlaps, complete in both languages and monotone
//! (better customers never get the worse name), or it is refused with the line, the key and the way out.
//!
//! ```
//! use segmentation_lib::vocabulary::{BUNDLED, Vocabulary};
//!
//! let theirs = BUNDLED.replace("\"Champions\"", "\"Stars\"");
//! assert!(Vocabulary::parse(&theirs, "ours.toml").is_ok());
//!
//! let gap = BUNDLED.replacen("habits = [\"regular\"]", "habits = []", 1);
//! let error = Vocabulary::parse(&gap, "ours.toml").unwrap_err();
//! assert_eq!(error.key, "loyal");
//! ```

mod cube;
mod error;
mod file;
mod groups;
mod outlook;
mod qualifiers;
mod reader;
mod segments;

use sha2::{Digest, Sha256};

pub use cube::{Cell, Habit, HabitBounds, State};
pub use error::{Problem, VocabularyError};
pub use groups::Groups;
pub use outlook::{Outlook, OutlookName, OutlookNames};
pub use qualifiers::{Median, Qualifiers, Spend};
pub use segments::{SegmentName, SegmentNames};

use crate::record::{Localized, hex};
use file::File;
use reader::Reader;

/// The bundled file, without names by what is expected.
pub const BUNDLED: &str = include_str!("vocabulary.toml");

/// The whole bundled file: [`BUNDLED`] with the names of segments that are made of forecast features.
pub const BUNDLED_WITH_OUTLOOK: &str =
    concat!(include_str!("vocabulary.toml"), include_str!("vocabulary/outlook.toml"));

/// Digests of the two bundled files whose descriptions said "four in five" of every data; their names were the same.
const BEFORE_SHARES: [&str; 2] = [
    "c669530d7d4a83e6d248797ccf307efcda64ec034f95281c3fe782c099f3dc6a",
    "b44f8243faf7f20616361c15f4f12f5505698fc3e2826c3211c3a9317726a622",
];

/// What a segment or a group is called, and the texts that go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// Machine name: lower-case letters and underscores.
    pub key: String,
    /// Name.
    pub name: Localized,
    /// When the name holds.
    pub description: Localized,
    /// What to do.
    pub action: Localized,
}

/// A checked vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    /// From how many purchases each habit holds.
    pub habits: HabitBounds,
    /// The names of segments.
    pub segments: SegmentNames,
    /// The names of segments that are made of forecast features; without them those take the others too.
    pub outlook: Option<OutlookNames>,
    /// What tells segments of one name apart.
    pub qualifiers: Qualifiers,
    /// The RFM groups.
    pub groups: Groups,
    /// SHA-256 of the file's text, hex.
    pub sha256: String,
    /// The file; none for the bundled vocabulary.
    pub file: Option<String>,
    /// The file's text.
    pub text: String,
}

impl Vocabulary {
    /// The usual vocabulary of retail.
    pub fn bundled() -> Self {
        Self::own(BUNDLED)
    }

    /// The same with the names by what is expected, for segments that are made of forecast features. The two are told
    /// apart so that a run says which texts its names come from.
    pub fn bundled_with_outlook() -> Self {
        Self::own(BUNDLED_WITH_OUTLOOK)
    }

    fn own(text: &str) -> Self {
        let parsed = Self::parse(text, "vocabulary.toml").expect("a test reads the bundled vocabulary");
        Self { file: None, ..parsed }
    }

    /// Whether names given by the vocabulary of that digest are this one's: the whole bundled file holds the names of
    /// the part that runs without forecast features record, and both hold those of the bundled file before its
    /// descriptions said measured shares.
    pub fn has_names_of(&self, sha256: &str) -> bool {
        let whole = self.text == BUNDLED_WITH_OUTLOOK;
        let part = whole || self.text == BUNDLED;
        let [before, whole_before] = BEFORE_SHARES;
        self.sha256 == sha256
            || part && sha256 == before
            || whole && (sha256 == whole_before || hex(&Sha256::digest(BUNDLED)) == sha256)
    }

    /// Reads a vocabulary; `file` is what errors call it.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its line, its key and the way out.
    pub fn parse(text: &str, file: &str) -> Result<Self, VocabularyError> {
        let reader = Reader { file, text };
        let parsed: File = toml::from_str(text).map_err(|e| reader.syntax(&e))?;
        let habits = parsed.habits.checked(&reader)?;
        let (segments, outlook) = segments::checked(parsed.segments, parsed.outlook, &reader)?;
        Ok(Self {
            habits,
            segments,
            outlook,
            qualifiers: qualifiers::checked(parsed.qualifiers, &reader)?,
            groups: groups::checked(parsed.rfm, &reader)?,
            sha256: hex(&Sha256::digest(text)),
            file: Some(file.to_owned()),
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
