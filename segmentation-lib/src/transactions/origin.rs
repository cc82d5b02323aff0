//! Where transactions come from that are in no file of the caller's: a table or a query of a database.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::record::hex;

/// Characters of a query that its name shows.
const SHOWN: usize = 48;
/// Hexadecimal digits of a query's SHA-256 that its name shows.
const DIGITS: usize = 12;

/// What is asked of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The rows of a table or view, by its name as SQL writes it.
    Table(String),
    /// The rows that a query gives.
    Query(String),
}

/// A table or a query of a database, by a name that holds no secret. Shown as
/// `postgresql://host:5432/shop table sales`; of a query the name shows the beginning and its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The address without user, password, token and settings.
    pub address: String,
    /// What is asked there.
    pub what: What,
}

impl Origin {
    /// What a manifest records so that the run can be made again: the command line's flags and their values.
    pub(crate) fn parameters(&self) -> BTreeMap<String, Value> {
        let (flag, text) = match &self.what {
            What::Table(name) => ("table", name),
            What::Query(sql) => ("query", sql),
        };
        [("input", &self.address), (flag, text)].map(|(flag, text)| (flag.to_owned(), json!(text))).into()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Table(name) => write!(f, "{} table {name}", self.address),
            What::Query(sql) => write!(f, "{} query {}", self.address, shortened(sql)),
        }
    }
}

/// The beginning of a query in one line, and by what it is told from others that begin alike.
fn shortened(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = words.chars().take(SHOWN).collect();
    if shown.len() < words.len() {
        shown.push('…');
    }
    let sha256 = hex(&Sha256::digest(sql.as_bytes()));
    format!("{shown} (sha256 {})", &sha256[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(what: What) -> Origin {
        Origin { address: "postgresql://host:5432/shop".to_owned(), what }
    }

    #[test]
    fn queries_that_begin_alike_have_different_names() {
        let long = "SELECT customer_id, bought_at, amount_in_euros FROM purchases WHERE year = ";
        let name = |year: u32| origin(What::Query(format!("{long}{year}"))).to_string();
        assert!(name(2024).starts_with("postgresql://host:5432/shop query SELECT customer_id, bought_at"));
        assert!(name(2024) != name(2025) && name(2024).contains("… (sha256 "), "{}", name(2024));
    }

    #[test]
    fn parameters_repeat_the_whole_query() {
        let parameters = origin(What::Query("SELECT\n  1".to_owned())).parameters();
        assert_eq!(parameters["query"], json!("SELECT\n  1"));
        assert_eq!(parameters["input"], json!("postgresql://host:5432/shop"));
        assert_eq!(
            origin(What::Table("a.b".to_owned())).to_string(),
            "postgresql://host:5432/shop table a.b"
        );
    }
}
