//! One value of one row, before it means anything.

use std::fmt::Write as _;

use super::date::{self, DateOrder};
use super::header::SLOTS;
use super::number::{self, Decimal, DecimalMark};
use super::tally::Tally;

/// A value as its format delivers it. Text is trimmed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Field<'a> {
    Null,
    Text(&'a str),
    Int(i64),
    Float(f64),
    /// `unscaled / 10^scale`.
    Decimal(i128, usize),
    /// Milliseconds from 1970-01-01.
    Time(i64),
}

/// Below it every whole number is a float of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A row's values by role, then those of the flags ([`Layout::slots`](super::header::Layout::slots)); what has no
/// column is null.
pub(super) type Row<'a> = [Field<'a>; SLOTS];

impl<'a> Field<'a> {
    /// Trimmed text; empty text and the usual words for a missing value are null.
    // Written in place: to copy a value just written, in larger pieces, stalls the processor.
    #[inline(always)]
    pub fn text(text: &'a str) -> Self {
        let trimmed = as_shown(trim(text));
        if is_missing(trimmed) { Self::Null } else { Self::Text(trimmed) }
    }

    /// Reads the value as an identifier: text exactly, a whole number without a fraction (`17850.0` is
    /// `17850`). Needs `scratch` where the value is not text.
    #[inline]
    pub fn id<'s>(&self, scratch: &'s mut String) -> Option<&'s str>
    where
        'a: 's,
    {
        if let Self::Text(text) = self {
            return Some(without_zero_fraction(text));
        }
        scratch.clear();
        match *self {
            Self::Null | Self::Text(_) => return None,
            Self::Int(value) => write!(scratch, "{value}"),
            // Beyond 2^53 a float stands for several whole numbers: no id is told by it.
            Self::Float(value) if value.abs() >= EXACT => {
                scratch.push_str(&format!("{value:E}").replace('E', "E+"));
                Ok(())
            }
            Self::Float(value) => write!(scratch, "{value}"),
            Self::Decimal(unscaled, scale) => write_decimal(scratch, unscaled, scale),
            Self::Time(ms) => match chrono::DateTime::from_timestamp_millis(ms) {
                Some(moment) => write!(scratch, "{}", moment.format("%Y-%m-%dT%H:%M:%S%.f")),
                None => write!(scratch, "{ms}"),
            },
        }
        .expect("writing to a string succeeds");
        Some(without_zero_fraction(scratch))
    }

    /// Reads the value as a number.
    #[inline]
    pub fn number(&self, mark: DecimalMark, row: u64, tally: &mut Tally) -> Option<Decimal> {
        match *self {
            Self::Text(text) => number::parse(text, mark, row, tally),
            Self::Int(value) => Some(Decimal::integer(value)),
            Self::Float(value) => Decimal::from_float(value),
            Self::Decimal(unscaled, scale) => Decimal::new(unscaled, scale),
            Self::Null | Self::Time(_) => None,
        }
    }

    /// Whether the value is a number without a fraction. Two zeros are the hundredths of a price: `1781.00` is none, and
    /// neither is a decimal of two places; `1781.0` is how programs print 1781.
    #[inline]
    pub fn is_whole_number(&self) -> bool {
        match *self {
            Self::Int(_) => true,
            Self::Text(text) => text.rfind(['.', ',']).is_none_or(|mark| {
                let fraction = &text.as_bytes()[mark + 1..];
                fraction.len() != 2 && fraction.iter().all(|digit| *digit == b'0')
            }),
            Self::Float(value) => value.fract() == 0.0,
            Self::Decimal(unscaled, scale) => {
                scale != 2 && 10_i128.checked_pow(scale as u32).is_some_and(|power| unscaled % power == 0)
            }
            Self::Null | Self::Time(_) => false,
        }
    }

    /// Reads the value as a moment, in milliseconds from 1970-01-01.
    pub fn moment(&self, order: DateOrder, row: u64, tally: &mut Tally) -> Option<i64> {
        match *self {
            Self::Text(text) => date::parse(text, order, row, tally),
            Self::Time(ms) => date::is_plausible(ms).then_some(ms),
            Self::Int(value) => date::from_digits(value),
            Self::Float(value) if value.fract() == 0.0 => date::from_digits(value as i64),
            Self::Float(_) | Self::Decimal(..) | Self::Null => None,
        }
    }
}

/// A spreadsheet's day number read as a moment, in milliseconds from 1970-01-01.
pub(super) fn serial_moment(field: &Field<'_>) -> Option<i64> {
    match *field {
        Field::Text(text) => date::from_serial_text(text),
        Field::Int(value) => date::from_serial(value as f64),
        Field::Float(value) => date::from_serial(value),
        Field::Decimal(..) | Field::Time(_) | Field::Null => None,
    }
}

#[inline]
fn trim(text: &str) -> &str {
    // Nearly every value has nothing to trim: look at its ends before asking for Unicode white space.
    match (text.as_bytes().first(), text.as_bytes().last()) {
        (Some(b'!'..=b'~'), Some(b'!'..=b'~')) => text,
        _ => text.trim(),
    }
}

/// What a spreadsheet shows of a value that was marked as text: `="00001"` and `'00001` are 00001.
#[inline]
fn as_shown(text: &str) -> &str {
    match text.as_bytes().first() {
        Some(b'=') => text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).map_or(text, trim),
        Some(b'\'') if text.as_bytes().get(1).is_some_and(u8::is_ascii_digit) && !text.ends_with('\'') => {
            &text[1..]
        }
        _ => text,
    }
}

/// Words that exports write for "no value".
pub(super) const MISSING: [&str; 11] =
    ["nan", "null", "none", "na", "n/a", "#n/a", "#n/d", "nat", "\\n", "<na>", "(null)"];

/// Whether a text is empty or one of these words.
#[inline]
fn is_missing(text: &str) -> bool {
    text.is_empty()
        || text.len() <= 6
            && matches!(text.as_bytes()[0], b'n' | b'N' | b'#' | b'\\' | b'<')
            && MISSING.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A float-printed integer is the integer.
#[inline]
fn without_zero_fraction(text: &str) -> &str {
    if !text.ends_with('0') {
        return text;
    }
    let zeros = text.trim_end_matches('0');
    match zeros.strip_suffix('.') {
        Some(whole) if is_whole(whole) => whole,
        _ => text,
    }
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn write_decimal(out: &mut String, unscaled: i128, scale: usize) -> std::fmt::Result {
    let sign = if unscaled < 0 { "-" } else { "" };
    let power = 10u128.pow(scale.min(38) as u32);
    let (whole, fraction) = (unscaled.unsigned_abs() / power, unscaled.unsigned_abs() % power);
    match scale {
        0 => write!(out, "{sign}{whole}"),
        _ => write!(out, "{sign}{whole}.{fraction:0scale$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(field: Field<'_>) -> Option<String> {
        field.id(&mut String::new()).map(str::to_owned)
    }

    #[test]
    fn a_whole_number_is_one_in_any_type() {
        for whole in
            [Field::Int(1781), Field::Float(1781.0), Field::Decimal(1781, 0), Field::Decimal(17_810_000, 4)]
        {
            assert!(whole.is_whole_number(), "{whole:?}");
        }
        for text in ["1781", "1781.0", "1781,0", "1781.0000"] {
            assert!(Field::text(text).is_whole_number(), "{text}");
        }
        for text in ["1781.00", "1,781.00", "17.81", "1,781"] {
            assert!(!Field::text(text).is_whole_number(), "{text}");
        }
        for other in [Field::Float(17.81), Field::Decimal(178_100, 2), Field::Decimal(17_811, 1), Field::Null]
        {
            assert!(!other.is_whole_number(), "{other:?}");
        }
    }

    #[test]
    fn identifiers_are_kept_exactly() {
        for text in ["CS5295", "00123", "12.5", "1.0.0", "a.0", "17850"] {
            assert_eq!(id(Field::text(text)).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_float_printed_integer_is_the_integer() {
        assert_eq!(id(Field::text("17850.0")).as_deref(), Some("17850"));
        assert_eq!(id(Field::text("17850.000")).as_deref(), Some("17850"));
        assert_eq!(id(Field::Float(17850.0)).as_deref(), Some("17850"));
        assert_eq!(id(Field::Int(17850)).as_deref(), Some("17850"));
        assert_eq!(id(Field::Float(9_007_199_254_740_993.0)).as_deref(), Some("9.007199254740992E+15"));
        assert_eq!(id(Field::Int(9_007_199_254_740_993)).as_deref(), Some("9007199254740993"));
        assert_eq!(id(Field::Decimal(1_785_000, 2)).as_deref(), Some("17850"));
        assert_eq!(id(Field::Decimal(-1255, 2)).as_deref(), Some("-12.55"));
    }

    #[test]
    fn a_value_marked_as_text_is_what_a_spreadsheet_shows() {
        for (text, shown) in [
            ("=\"00001\"", "00001"),
            ("'00042", "00042"),
            ("'or 1=1", "'or 1=1"),
            ("'1990'", "'1990'"),
            ("=A1", "=A1"),
        ] {
            assert_eq!(Field::text(text), Field::Text(shown), "{text}");
        }
        assert_eq!(Field::text("=\"\""), Field::Null);
    }

    #[test]
    fn words_for_no_value_are_null() {
        for text in ["", "  ", "NaN", "null", "None", "NA", "n/a", "#N/A", "\\N", "<NA>"] {
            assert_eq!(Field::text(text), Field::Null, "{text}");
        }
        assert_eq!(Field::text(" nana "), Field::Text("nana"));
    }
}
