//! What kind of text a file holds, from its beginning.

use super::records::{Dialect, Record, Records, Separator};

/// Records looked at.
const SAMPLE: usize = 200;

/// Recognises line ends and the separator.
///
/// The separator is the one of `,` `;` tab `|` that divides most of the first records into the same
/// number of values, at least two; where none does, runs of spaces.
pub(super) fn dialect(head: &str) -> Dialect {
    let terminator = if head.contains('\n') || !head.contains('\r') { b'\n' } else { b'\r' };
    let best = [b',', b';', b'\t', b'|']
        .into_iter()
        .filter_map(|byte| {
            let dialect = Dialect { separator: Separator::Byte(byte), terminator };
            regularity(head, dialect).map(|score| (score, dialect))
        })
        .max_by_key(|(score, _)| *score);
    match best {
        Some(((regular, _), dialect)) if regular >= 50 => dialect,
        _ => Dialect { separator: Separator::Spaces, terminator },
    }
}

/// Percentage of records with the commonest number of values, and that number.
fn regularity(head: &str, dialect: Dialect) -> Option<(usize, usize)> {
    let lengths = lengths(head, dialect);
    let commonest =
        lengths.iter().copied().max_by_key(|length| lengths.iter().filter(|l| *l == length).count())?;
    let share = lengths.iter().filter(|&&length| length == commonest).count() * 100 / lengths.len();
    (commonest >= 2).then_some((share, commonest))
}

fn lengths(head: &str, dialect: Dialect) -> Vec<usize> {
    let (mut records, mut record, mut lengths) = (Records::new(head, dialect), Record::default(), Vec::new());
    while lengths.len() < SAMPLE && records.read(&mut record).unwrap_or(false) {
        if !record.is_blank(head) {
            lengths.push(record.len());
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_separator(head: &str, expected: Separator) {
        assert_eq!(dialect(head).separator, expected);
    }

    #[test]
    fn each_separator_is_recognised() {
        assert_separator("a,b,c\n1,2,3\n", Separator::Byte(b','));
        assert_separator("a;b\n1;2,50\n3;4,50\n", Separator::Byte(b';'));
        assert_separator("a\tb\n1, x\t2\n", Separator::Byte(b'\t'));
        assert_separator("a|b\n1|2\n", Separator::Byte(b'|'));
        assert_separator(" customer_id  date\n 00001 19970101\n", Separator::Spaces);
    }

    #[test]
    fn separators_inside_quotes_do_not_count() {
        assert_separator("a;b\n\"x, y, z\";2\n\"p, q, r\";3\n", Separator::Byte(b';'));
    }

    #[test]
    fn a_few_irregular_rows_do_not_mislead() {
        assert_separator("a,b,c\n1,x, y,3\n1,2,3\n4,5,6\n7;8,8,9\n", Separator::Byte(b','));
    }
}
