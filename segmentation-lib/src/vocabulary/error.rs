//! What can be wrong with a vocabulary file.

use super::cube::Cell;

/// Something is wrong with a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("vocabulary {file}, line {line}, {key}: {problem}")]
pub struct VocabularyError {
    /// What the file is called.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// The name's key, or what stands left of the equals sign.
    pub key: String,
    /// What is wrong, and the way out.
    pub problem: Box<Problem>,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not TOML, or a value of another kind than is expected there.
    #[error("{0}; the bundled vocabulary shows how it is written")]
    Syntax(String),
    /// A key of other characters.
    #[error("{0:?} is no key; use lower-case letters, and underscores between words")]
    Key(String),
    /// A key or a name that is there already.
    #[error("{text:?} stands in line {line} already; choose another")]
    Twice {
        /// The key or the name.
        text: String,
        /// Where it stands first.
        line: usize,
    },
    /// A text that is not there, in one language or at all.
    #[error("{text} is missing in {language}; every entry has its texts in both languages, en and pt_br")]
    Missing {
        /// Which text.
        text: &'static str,
        /// `en` or `pt_br`.
        language: &'static str,
    },
    /// A name with a comma.
    #[error(
        "the name {0:?} holds a comma; what tells segments of one name apart is put behind one, so leave it out"
    )]
    Comma(String),
    /// Curly brackets around something unknown.
    #[error("{seen} in {text:?} stands for nothing; it may hold {allowed}")]
    Placeholder {
        /// With its brackets.
        seen: String,
        /// The text.
        text: String,
        /// What may be used there.
        allowed: &'static str,
    },
    /// A qualifier without a place for its number.
    #[error("{0:?} must hold {{}} once, which stands for the number")]
    Number(String),
    /// An unknown state or habit.
    #[error("{seen:?} is no {kind}; use {allowed}")]
    Unknown {
        /// As given.
        seen: String,
        /// `state`, `habit` or `group`.
        kind: &'static str,
        /// What there is.
        allowed: String,
    },
    /// A name that never holds.
    #[error("this name holds nowhere; give it {0}, or take it out")]
    Nowhere(&'static str),
    /// A cell without a name.
    #[error("{0} has no name; add both to the states and habits of one name")]
    Gap(Cell),
    /// A cell with two names.
    #[error("{cell} is called {other:?} in line {line} already; take it out of one of the two")]
    Overlap {
        /// The cell.
        cell: Cell,
        /// Key of the other name.
        other: String,
        /// Its line.
        line: usize,
    },
    /// Better customers with the worse name.
    #[error(
        "{better} would have a worse name than {worse}, {other:?} in line {line}; the names stand from the best to \
         the worst, so move this one above that one or give it other cells"
    )]
    Order {
        /// The better cell.
        better: String,
        /// The worse cell.
        worse: String,
        /// Key of the worse cell's name.
        other: String,
        /// Its line.
        line: usize,
    },
    /// Bounds of habits that do not ascend.
    #[error(
        "the habits must hold from ascending numbers of purchases above 1, such as 2, 5, 10, 20, not {0}"
    )]
    Bounds(String),
    /// The last name by the outlook does not hold for all.
    #[error(
        "the last name of [[outlook]] must hold for every segment; take alive_from and expected_from out of it"
    )]
    BoundedLast,
    /// A name by the outlook that no segment can have.
    #[error(
        "whatever reaches it is called {other:?} in line {line} already; move it above, or raise the bounds there"
    )]
    Unreachable {
        /// Key of the other name.
        other: String,
        /// Its line.
        line: usize,
    },
    /// A bound that is no probability or no multiple.
    #[error(
        "alive_from is a probability above 0 and up to 1, expected_from a multiple of the average above 0"
    )]
    OutlookBound,
    /// A row of the grid that is too short or too long.
    #[error("the row has {0} groups; it needs 5, one for each score from 1 to 5")]
    Width(usize),
}
