//! A row as it stood in its file, for ledger and messages.

/// A row that a rule removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The rule's name.
    pub rule: &'static str,
    /// File, and member or sheet where there is one.
    pub place: String,
    /// Number of the row, the first row of the file being 1 (so a header is row 1).
    pub row: u64,
    /// The row's values by role, where the data has the role.
    pub values: Vec<(&'static str, String)>,
}
