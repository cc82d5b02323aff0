//! When two ids are one: what is overlooked between them.

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::record::likeness::is_hidden;

/// What is overlooked when ids are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sameness {
    /// Upper and lower case.
    Case,
    /// Spaces at the ends, and how many stand between words.
    Trim,
    /// Whether accents are composed, and characters that cannot be seen.
    Unicode,
    /// Marks between the digits of a document's or a telephone's number.
    Marks,
}

impl Sameness {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Case, Self::Trim, Self::Unicode, Self::Marks];
}

/// The id in the form that all its twins share; `None` where it is in that form already. Cost: a look at the bytes for
/// an id of digits and capitals or small letters alone.
pub(super) fn sameness(id: &str, overlooked: &[Sameness]) -> Option<String> {
    if overlooked.contains(&Sameness::Marks)
        && let Some(digits) = without_marks(id)
    {
        return Some(digits);
    }
    let plain =
        |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || matches!(b, b'-' | b'_' | b'.' | b'@' | b'/');
    if id.bytes().all(plain) {
        return None;
    }
    let mut same = id.to_owned();
    if overlooked.contains(&Sameness::Unicode) {
        if is_nfc_quick(same.chars()) != IsNormalized::Yes {
            same = same.nfc().collect();
        }
        same.retain(|c| !is_hidden(c));
    }
    if overlooked.contains(&Sameness::Trim) {
        same = same.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if overlooked.contains(&Sameness::Case) {
        same = same.to_lowercase();
    }
    (same != id).then_some(same)
}

/// The digits of a document's or a telephone's number that is written with marks: `123.456.789-09`.
fn without_marks(id: &str) -> Option<String> {
    const FEWEST: usize = 9;
    let digits: String = id.chars().filter(char::is_ascii_digit).collect();
    let is_marked =
        digits.len() < id.len() && id.chars().all(|c| c.is_ascii_digit() || "+-./() ".contains(c));
    (is_marked && digits.len() >= FEWEST).then_some(digits)
}

/// The id under which a run keeps a customer that overlooks this.
pub fn merged_id(id: &str, overlooked: &[Sameness]) -> String {
    sameness(id, overlooked).unwrap_or_else(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_share_a_form() {
        for (id, same) in [
            ("Ana@Example.org", "ana@example.org"),
            ("two  spaces", "two spaces"),
            ("a\u{200b}b", "ab"),
            ("Zoe\u{308}", "zoë"),
            ("ABC", "abc"),
            ("123.456.789-09", "12345678909"),
            ("(11) 98765-4321", "11987654321"),
        ] {
            assert_eq!(sameness(id, &Sameness::ALL).as_deref(), Some(same), "{id}");
        }
        for id in ["00042", "ana@example.org", "客户-9", "a b"] {
            assert_eq!(sameness(id, &Sameness::ALL), None, "{id}");
        }
    }

    #[test]
    fn only_what_is_named_is_overlooked() {
        assert_eq!(sameness("A  b", &[Sameness::Case]).as_deref(), Some("a  b"));
        assert_eq!(sameness("A  b", &[Sameness::Trim]).as_deref(), Some("A b"));
        assert_eq!(sameness("A  b", &[Sameness::Unicode]), None);
        assert_eq!(sameness("123.456.789-09", &[Sameness::Case, Sameness::Trim]), None);
        assert_eq!(sameness("2026-01-05", &[Sameness::Marks]), None, "eight digits are no document");
    }
}
