//! Which ids may be one customer's, written in two ways.

/// Fewest digits of a number that is written with marks: those of a document or a telephone.
const FEWEST_DIGITS: usize = 9;

/// The form that all spellings of an id share: without case, hidden characters, spaces at the ends and repeated, marks
/// between the digits of a long number, and zeros in front of a number. Two ids of one form are like, not the same: only
/// their owner knows. Accents are compared as they are composed. Cost: linear in the id.
pub fn likeness(id: &str) -> String {
    let seen: String = id.chars().filter(|c| !is_hidden(*c)).collect();
    let words: Vec<&str> = seen.split_whitespace().collect();
    let form = words.join(" ").to_lowercase();
    let form = without_marks(&form).unwrap_or(form);
    without_zeros(&form).unwrap_or(form)
}

/// Zero-width characters, soft hyphens, marks of direction and the byte order mark.
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The digits of `123.456.789-09`.
fn without_marks(id: &str) -> Option<String> {
    let digits: String = id.chars().filter(char::is_ascii_digit).collect();
    let is_number = id.chars().all(|c| c.is_ascii_digit() || "+-./() ".contains(c));
    (is_number && digits.len() >= FEWEST_DIGITS).then_some(digits)
}

/// A number without the zeros in front, which a spreadsheet drops.
fn without_zeros(id: &str) -> Option<String> {
    let number = id.bytes().all(|b| b.is_ascii_digit()).then(|| id.trim_start_matches('0'))?;
    (!number.is_empty()).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_id_share_a_form() {
        for (id, other) in [
            ("00160", "160"),
            ("Ana9@x.com", "ana9@X.com"),
            (" two  spaces", "Two spaces"),
            ("a\u{200b}b", "ab"),
            ("123.456.789-09", "12345678909"),
            ("001.234.567-89", "1234567 89"),
        ] {
            assert_eq!(likeness(id), likeness(other), "{id} {other}");
        }
    }

    #[test]
    fn other_ids_have_other_forms() {
        for (id, other) in [("160", "1600"), ("C00017", "17"), ("0", "00a"), ("1-2", "12"), ("000", "0")] {
            assert_ne!(likeness(id), likeness(other), "{id} {other}");
        }
    }
}
