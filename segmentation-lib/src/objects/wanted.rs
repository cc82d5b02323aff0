//! Which objects an address means.

use std::collections::BTreeSet;

use glob::{MatchOptions, Pattern};

use super::ObjectsError;
use crate::store::bucket::Bucket;
use crate::transactions::{TransactionsError, is_data_name, logged};

/// What begins a pattern.
const WILD: [char; 3] = ['*', '?', '['];

/// Where to look, and for what.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The address as given.
    address: String,
    /// The bucket and the directories before the last name or the first pattern.
    pub base: String,
    /// The last name, or the names from the first pattern on. Empty for a whole bucket.
    rest: String,
    /// Where `rest` is one.
    pattern: Option<Pattern>,
}

/// An object's name relative to the base, its bytes, and whether it was named.
pub(super) type Object = (String, u64, bool);

impl Wanted {
    /// Splits an address before its last name, or before the first name that holds a pattern.
    pub fn parse(address: &str) -> Result<Self, ObjectsError> {
        let start = address.find("://").map_or(0, |at| at + 3);
        let trimmed = address.trim_end_matches('/');
        let end = trimmed[start..].find(WILD).map_or(trimmed.len(), |at| start + at);
        let cut = trimmed[start..end].rfind('/').map(|at| start + at);
        let (base, rest) = cut.map_or((trimmed, ""), |at| (&trimmed[..at], &trimmed[at + 1..]));
        let pattern = rest.contains(WILD).then(|| Pattern::new(rest)).transpose();
        let pattern =
            pattern.map_err(|source| ObjectsError::Pattern { address: address.to_owned(), source })?;
        Ok(Self { address: address.to_owned(), base: base.to_owned(), rest: rest.to_owned(), pattern })
    }

    /// The objects, sorted by name.
    pub fn objects(&self, bucket: &Bucket) -> Result<Vec<Object>, ObjectsError> {
        let found: Vec<Object> = match &self.pattern {
            Some(pattern) => self.of_pattern(bucket.names("")?, pattern)?,
            None => self.of_name(bucket)?,
        };
        if found.is_empty() {
            return Err(ObjectsError::NotFound { address: self.address.clone() });
        }
        Ok(found)
    }

    /// The object of the name, else the data files below the name.
    fn of_name(&self, bucket: &Bucket) -> Result<Vec<Object>, ObjectsError> {
        let name = &self.rest;
        if !name.is_empty()
            && let Some(bytes) = bucket.size(name)?
        {
            return Ok(vec![(name.clone(), bytes, true)]);
        }
        let whole = |below: String| if name.is_empty() { below } else { format!("{name}/{below}") };
        let names = bucket.names(name)?;
        self.refuse_logged(names.iter().map(|(below, _)| below.as_str()))?;
        let found = names.into_iter().filter(|(below, _)| is_visible_data(below));
        Ok(found.map(|(below, bytes)| (whole(below), bytes, false)).collect())
    }

    fn of_pattern(&self, all: Vec<(String, u64)>, pattern: &Pattern) -> Result<Vec<Object>, ObjectsError> {
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::default() };
        let fits = |name: &str| pattern.matches_with(name, options);
        let directories: BTreeSet<&str> =
            all.iter().filter(|(name, _)| fits(name)).map(|(name, _)| directory(name)).collect();
        for directory in directories {
            self.refuse_logged(all.iter().filter_map(|(name, _)| name.strip_prefix(directory)))?;
        }
        Ok(all.into_iter().filter(|(name, _)| fits(name)).map(|(name, bytes)| (name, bytes, true)).collect())
    }

    /// Fails where a log among these names says which of the others count.
    fn refuse_logged<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), ObjectsError> {
        match logged(names) {
            Some(format) => {
                Err(TransactionsError::Logged { path: self.address.clone().into(), format }.into())
            }
            None => Ok(()),
        }
    }
}

/// The directory that a name is in, with its last slash; empty where it is in none.
fn directory(name: &str) -> &str {
    name.rfind('/').map_or("", |at| &name[..=at])
}

/// Whether a name below a directory is that of a data file: neither it nor a directory above it is hidden, as markers
/// of finished jobs and logs of tables are.
fn is_visible_data(name: &str) -> bool {
    name.split('/').all(|part| !part.starts_with(['.', '_'])) && is_data_name(name)
}
