//! A sheet of the dictionary, before it is drawn.

use std::fmt;

/// One sheet: a header and rows of as many cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Name of the sheet in both languages, at most 31 characters.
    pub name: String,
    /// Column titles.
    pub header: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number, with which a spreadsheet can count.
    Number(f64),
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// A sheet of rows that are all of one kind.
pub(super) fn sheet<const N: usize, C: Into<Cell>>(
    name: &str,
    header: [&str; N],
    rows: Vec<[C; N]>,
) -> Sheet {
    Sheet {
        name: name.to_owned(),
        header: header.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect(),
    }
}
