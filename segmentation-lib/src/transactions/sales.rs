//! Values that the caller names as those of sales.

use super::mapping::Role;
use super::meaning::MARKING;
use super::memo::Counts;
use super::normal::normalized;

/// Whether a value is among those that the caller names, however it is written.
pub(super) fn is_named(text: &str, sales: &[String]) -> bool {
    if sales.is_empty() {
        return false;
    }
    let word = normalized(text);
    sales.iter().any(|sale| sale == text || !word.is_empty() && normalized(sale) == word)
}

/// Whether a column holds one of the named values: then all others in it are none of sales.
pub(super) fn holds_named(values: &Counts, sales: &[String]) -> bool {
    !sales.is_empty() && values.0.keys().any(|text| is_named(text, sales))
}

/// Whether a role's column tells sales by values that the caller names: a cancellation tells what is none.
pub(super) fn tells_sales(role: Role) -> bool {
    role != Role::Cancelled
}

/// Where a role's column stands among the marking ones.
pub(super) fn place(role: Role) -> Option<usize> {
    MARKING.iter().position(|marking| *marking == role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_value_is_known_however_it_is_written() {
        let sales = ["Closed Won".to_owned(), "+".to_owned()];
        for text in ["Closed Won", "closed_won", "CLOSED WON", "+"] {
            assert!(is_named(text, &sales), "{text}");
        }
        for text in ["Closed Lost", "-", ""] {
            assert!(!is_named(text, &sales), "{text}");
        }
        assert!(!is_named("Closed Won", &[]));
    }
}
