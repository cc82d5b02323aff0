//! Numbers as people write them, kept as exact decimals.

use serde::{Deserialize, Serialize};

use super::currency_codes;
use super::tally::{Tally, Witness};

/// Which of `.` and `,` stands before the fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecimalMark {
    /// `1,234.56`.
    #[default]
    Point,
    /// `1.234,56`.
    Comma,
}

impl DecimalMark {
    fn byte(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }
}

impl std::fmt::Display for DecimalMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Point => "point",
            Self::Comma => "comma",
        })
    }
}

/// `unscaled / 10^scale`, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    unscaled: i64,
    scale: u8,
}

/// The most digits an `i64` always holds.
const MAX_DIGITS: usize = 18;

/// Amounts beyond ten trillion currency units are typing errors, not money.
const MAX_PENNIES: i128 = 1_000_000_000_000_000;

impl Decimal {
    pub fn integer(value: i64) -> Self {
        Self { unscaled: value, scale: 0 }
    }

    /// `unscaled / 10^scale` when it fits.
    pub fn new(unscaled: i128, scale: usize) -> Option<Self> {
        let (mut unscaled, mut scale) = (unscaled, scale);
        while scale > 0 && unscaled % 10 == 0 {
            (unscaled, scale) = (unscaled / 10, scale - 1);
        }
        (scale <= MAX_DIGITS).then_some(())?;
        Some(Self { unscaled: i64::try_from(unscaled).ok()?, scale: scale as u8 })
    }

    /// The shortest decimal that prints as `value`: 2.55 is 2.55, not 2.54999….
    pub fn from_float(value: f64) -> Option<Self> {
        for (scale, power) in [(0, 1.0), (2, 100.0), (3, 1000.0)] {
            let unscaled = (value * power).round();
            // Below 2^53 the integer is exact, and dividing rounds to the nearest double: equality says
            // that this decimal reads as `value`; at 15 digits and fewer it is the shortest that does.
            if unscaled.abs() < 1e15 && unscaled / power == value {
                return Some(Self { unscaled: unscaled as i64, scale });
            }
        }
        value.is_finite().then_some(())?;
        plain(&format!("{value}"))
    }

    /// The sign: -1, 0 or 1.
    pub fn signum(self) -> i64 {
        self.unscaled.signum()
    }

    /// Rounded to a whole number, half away from zero.
    pub fn rounded(self) -> i64 {
        rescale(i128::from(self.unscaled), u32::from(self.scale), 0).unwrap_or(0) as i64
    }

    /// Whether it has no fraction.
    pub fn is_whole(self) -> bool {
        i128::from(self.unscaled) % 10i128.pow(u32::from(self.scale)) == 0
    }

    /// The number divided by ten as often as `places` says, exactly.
    pub fn divided(self, places: u8) -> Option<Self> {
        Self::new(i128::from(self.unscaled), usize::from(self.scale) + usize::from(places))
    }

    /// Hundredths, rounded half away from zero; `None` beyond ten trillion currency units.
    pub fn pennies(self) -> Option<i64> {
        to_pennies(i128::from(self.unscaled), u32::from(self.scale))
    }

    /// Hundredths of the exact product, rounded once.
    pub fn times_pennies(self, price: Decimal) -> Option<i64> {
        let product = i128::from(self.unscaled) * i128::from(price.unscaled);
        to_pennies(product, u32::from(self.scale) + u32::from(price.scale))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, digits) = (if self.unscaled < 0 { "-" } else { "" }, self.unscaled.unsigned_abs());
        let power = 10u64.pow(u32::from(self.scale));
        match self.scale {
            0 => write!(f, "{sign}{digits}"),
            scale => write!(f, "{sign}{}.{:02$}", digits / power, digits % power, usize::from(scale)),
        }
    }
}

fn to_pennies(unscaled: i128, scale: u32) -> Option<i64> {
    let pennies = rescale(unscaled, scale, 2)?;
    (pennies.abs() <= MAX_PENNIES).then_some(pennies as i64)
}

/// `unscaled / 10^from` as a multiple of `10^-to`, rounded half away from zero.
fn rescale(unscaled: i128, from: u32, to: u32) -> Option<i128> {
    if from <= to {
        return unscaled.checked_mul(10i128.pow(to - from));
    }
    let divisor = 10i128.pow(from - to);
    let half = divisor / 2 * unscaled.signum();
    Some((unscaled + half) / divisor)
}

/// Reads a number under `mark` and notes what it says about the mark.
///
/// Accepted besides digits: a sign before or after, parentheses for negative, currency signs and the
/// common codes, spaces and apostrophes between groups of thousands, an exponent.
#[inline]
pub(super) fn parse(text: &str, mark: DecimalMark, row: u64, tally: &mut Tally) -> Option<Decimal> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let magnitude = match simple(digits) {
        Some((unscaled, None)) => Decimal { unscaled, scale: 0 },
        Some((unscaled, Some(separator))) => separated(unscaled, separator, text, mark, row, tally)?,
        None => return written(text, mark, row, tally),
    };
    Some(if negative { negated(magnitude) } else { magnitude })
}

fn negated(value: Decimal) -> Decimal {
    Decimal { unscaled: -value.unscaled, ..value }
}

/// A single `.` or `,` between digits.
struct Separator {
    byte: u8,
    before: usize,
    after: usize,
    leading_zero: bool,
}

/// Digits with at most one separator: the digits as a number, and the separator.
#[inline]
fn simple(text: &str) -> Option<(i64, Option<Separator>)> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > MAX_DIGITS {
        return None;
    }
    let mut value = 0i64;
    let mut found = None;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + i64::from(byte - b'0'),
            b'.' | b',' if found.is_none() => found = Some((at, byte)),
            _ => return None,
        }
    }
    let separator = found.map(|(before, byte)| Separator {
        byte,
        before,
        after: bytes.len() - before - 1,
        leading_zero: bytes[0] == b'0',
    });
    match &separator {
        Some(Separator { before: 0, after: 0, .. }) => None,
        _ => Some((value, separator)),
    }
}

/// Decides whether a lone separator is the decimal mark or groups thousands.
fn separated(
    unscaled: i64,
    separator: Separator,
    text: &str,
    mark: DecimalMark,
    row: u64,
    tally: &mut Tally,
) -> Option<Decimal> {
    let Separator { byte, before, after, leading_zero } = separator;
    let may_group = after == 3 && (1..=3).contains(&before) && !leading_zero;
    if may_group {
        tally.note(Witness::Ambiguous, row, text);
    } else if after > 0 {
        tally.note(witness_of(byte), row, text);
    }
    if byte == mark.byte() || after == 0 {
        Some(Decimal { unscaled, scale: after as u8 })
    } else {
        may_group.then_some(Decimal { unscaled, scale: 0 })
    }
}

/// The reading under which `byte` is the decimal mark.
fn witness_of(byte: u8) -> Witness {
    if byte == b'.' { Witness::First } else { Witness::Second }
}

/// The currency that stands beside a number, as it is written.
pub(super) fn currency_sign(text: &str) -> Option<&'static str> {
    let is_digit = |c: char| c.is_ascii_digit();
    let (first, last) = (text.find(is_digit)?, text.rfind(is_digit)?);
    let sign = |part: &str| {
        let bare = part.trim_matches(|c: char| "()+-\u{2212}.,' \u{a0}\u{202f}’".contains(c));
        if bare.is_empty() { None } else { currency_codes::sign(bare) }
    };
    sign(&text[..first]).or_else(|| sign(&text[last + 1..]))
}

/// The number without the currency's sign before or after it; a short form may end in a point.
fn without_sign<'t>(text: &'t str, sign: &str) -> &'t str {
    let is_short = sign.ends_with(char::is_alphabetic);
    if let Some(rest) = text.strip_prefix(sign) {
        return if is_short { rest.strip_prefix('.').unwrap_or(rest) } else { rest };
    }
    let before = if is_short { text.strip_suffix('.').unwrap_or(text) } else { text };
    before.strip_suffix(sign).unwrap_or(text)
}

/// How prices without a fraction end.
const WHOLE: [&str; 6] = [",-", ".-", ",–", ".–", ",—", ",--"];

/// The general case: everything that is not plain digits with one separator.
#[cold]
fn written(text: &str, mark: DecimalMark, row: u64, tally: &mut Tally) -> Option<Decimal> {
    let (mut negative, mut rest) = (false, text.trim());
    let sign = currency_sign(text);
    if let Some(sign) = sign {
        tally.note_currency(sign, row, text);
        rest = without_sign(rest, sign).trim();
    }
    if let Some(dashes) = WHOLE.into_iter().find(|dashes| rest.ends_with(dashes)) {
        // German and Dutch prices: 347,- is 347,00.
        rest = &rest[..rest.len() - dashes.len()];
        rest.ends_with(|c: char| c.is_ascii_digit()).then_some(())?;
        tally.note(witness_of(dashes.as_bytes()[0]), row, text);
    }
    if let Some(inner) = rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
        (negative, rest) = (true, inner);
    }
    // Signs and currencies come in any order: -£5, £-5, 5- EUR.
    loop {
        let before = rest;
        rest = rest.trim();
        if let Some(sign) = sign {
            rest = without_sign(rest, sign);
        }
        for minus in ['-', '\u{2212}'] {
            if let Some(inner) = rest.strip_prefix(minus).or_else(|| rest.strip_suffix(minus)) {
                (!negative).then_some(())?;
                (negative, rest) = (true, inner);
            }
        }
        rest = rest.strip_prefix('+').unwrap_or(rest);
        if rest.len() == before.len() {
            break;
        }
    }
    let magnitude = unsigned(rest, text, mark, row, tally)?;
    Some(if negative { negated(magnitude) } else { magnitude })
}

fn unsigned(digits: &str, text: &str, mark: DecimalMark, row: u64, tally: &mut Tally) -> Option<Decimal> {
    if !digits.bytes().next()?.is_ascii_digit() && !digits.starts_with(['.', ',']) {
        return None;
    }
    let cleaned: String =
        digits.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')).collect();
    if cleaned.contains(['e', 'E']) {
        let number = cleaned.replace(char::from(mark.byte()), ".");
        return number.parse().ok().and_then(Decimal::from_float);
    }
    if let Some((unscaled, separator)) = simple(&cleaned) {
        return match separator {
            None => Some(Decimal::integer(unscaled)),
            Some(separator) => separated(unscaled, separator, text, mark, row, tally),
        };
    }
    let digit = |b: u8| b.is_ascii_digit();
    if !cleaned.bytes().all(|b| digit(b) || matches!(b, b'.' | b',')) || !cleaned.bytes().any(digit) {
        return None;
    }
    let decimal = many_separators(&cleaned)?;
    if let Some(byte) = decimal {
        tally.note(witness_of(byte), row, text);
        (byte == mark.byte()).then_some(())?;
    }
    let fraction_mark = char::from(mark.byte());
    let number: String = cleaned.chars().filter(|&c| c.is_ascii_digit() || c == fraction_mark).collect();
    plain(&number.replace(',', "."))
}

/// Which byte is the decimal mark of digits with several separators, or with very many digits.
fn many_separators(digits: &str) -> Option<Option<u8>> {
    let points = digits.matches('.').count();
    let commas = digits.matches(',').count();
    let (byte, groups) = match (points, commas) {
        (0, 0) => return Some(None),
        (1, 0) => (b'.', None),
        (0, 1) => (b',', None),
        (_, 0) => (b',', Some((digits, '.'))),
        (0, _) => (b'.', Some((digits, ','))),
        (p, c) => {
            let (point, comma) = (digits.rfind('.')?, digits.rfind(',')?);
            if point > comma && p == 1 {
                (b'.', Some((&digits[..point], ',')))
            } else if comma > point && c == 1 {
                (b',', Some((&digits[..comma], '.')))
            } else {
                return None;
            }
        }
    };
    let grouped = groups.is_none_or(|(whole, mark)| {
        let mut parts = whole.split(mark);
        // Groups of two are Indian: 12,34,567.
        parts.next().is_some_and(|lead| (1..=3).contains(&lead.len()))
            && parts.all(|group| matches!(group.len(), 2 | 3))
            && whole.rsplit(mark).next().is_some_and(|last| last.len() == 3)
    });
    grouped.then_some(Some(byte))
}

/// Reads `123.45` of any length, rounding what lies beyond the digits that fit.
fn plain(text: &str) -> Option<Decimal> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let room = MAX_DIGITS.checked_sub(whole.len())?;
    let kept = &fraction[..fraction.len().min(room)];
    let mut unscaled = 0i128;
    for byte in whole.bytes().chain(kept.bytes()) {
        byte.is_ascii_digit().then_some(())?;
        unscaled = unscaled * 10 + i128::from(byte - b'0');
    }
    Decimal::new(if negative { -unscaled } else { unscaled }, kept.len())
}

#[cfg(test)]
mod tests;
