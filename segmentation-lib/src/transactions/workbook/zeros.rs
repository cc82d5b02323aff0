//! Number formats that give ids their zeros: `00000000000` shows 57703001 as 00057703001.

use calamine::Style;

/// A number format of zeros and fixed characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ZeroFormat {
    /// `None` for a digit, a character that stands between digits otherwise.
    parts: Vec<Option<char>>,
    digits: usize,
}

/// The format of a cell's style, where it is one of zeros.
pub(super) fn shown_as(style: &Style) -> Option<ZeroFormat> {
    ZeroFormat::parse(&style.number_format.as_ref()?.format_code)
}

impl ZeroFormat {
    /// Reads a format's first section: `00000`, `000"."000"."000-00`, `"C"00000`. Everything with a meaning of its own
    /// (decimals, groups, dates, percents, exponents) is none.
    fn parse(code: &str) -> Option<Self> {
        let (mut parts, mut chars) = (Vec::new(), code.chars());
        while let Some(c) = chars.next() {
            match c {
                '0' => parts.push(None),
                '\\' => parts.push(Some(chars.next()?)),
                '"' => parts.extend(chars.by_ref().take_while(|c| *c != '"').map(Some)),
                '-' | '/' | '(' | ')' | ' ' | ':' => parts.push(Some(c)),
                ';' => break,
                _ => return None,
            }
        }
        let digits = parts.iter().filter(|part| part.is_none()).count();
        (digits >= 2).then_some(Self { parts, digits })
    }

    /// A whole number as the format shows it; digits beyond its zeros stand in front.
    pub fn show(&self, value: f64) -> Option<String> {
        if !(0.0..1e15).contains(&value) || value.fract() != 0.0 {
            return None;
        }
        let number = format!("{:0width$}", value as u64, width = self.digits);
        let (mut digits, mut text) = (number.chars(), String::new());
        let mut surplus = number.len() - self.digits;
        for part in &self.parts {
            match part {
                Some(fixed) => text.push(*fixed),
                None => {
                    text.extend(digits.by_ref().take(1 + surplus));
                    surplus = 0;
                }
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_fixed_characters_are_shown() {
        for (code, value, text) in [
            ("00000000000", 57_703_001.0, "00057703001"),
            ("000\".\"000\".\"000\"-\"00", 57_703_001.0, "000.577.030-01"),
            (r"000\.000\.000\-00", 12_345_678_901.0, "123.456.789-01"),
            ("00000", 123_456.0, "123456"),
            ("\"C\"0000", 7.0, "C0007"),
            ("000-00-0000", 12_345_678.0, "012-34-5678"),
            ("00000;-00000", 42.0, "00042"),
        ] {
            let format = ZeroFormat::parse(code).expect(code);
            assert_eq!(format.show(value).as_deref(), Some(text), "{code}");
        }
    }

    #[test]
    fn formats_of_amounts_and_dates_are_none() {
        for code in ["General", "0", "0.00", "#,##0.00", "yyyy-mm-dd", "0%", "0.00E+00", "@", "mm:ss"] {
            assert_eq!(ZeroFormat::parse(code), None, "{code}");
        }
        assert_eq!(ZeroFormat::parse("000").expect("zeros").show(1.5), None);
    }
}
