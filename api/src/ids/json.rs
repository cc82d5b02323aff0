//! The id that a value of JSON is: a text, or a whole number.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Up to here every whole float is exactly one integer.
const EXACT: f64 = (1_i64 << 53) as f64;
/// The largest whole number that is an id: more digits than any counter has, and a double, so that the description can
/// say it exactly.
pub(super) const LARGEST: i64 = 9_000_000_000_000_000_000;

/// Reads an id.
///
/// # Errors
/// The value is neither a text nor a whole number.
pub fn from_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    deserializer.deserialize_any(IdVisitor)
}

struct IdVisitor;

impl<'de> Visitor<'de> for IdVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a whole number")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Err(too_large(number)),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        if number.unsigned_abs() > LARGEST.unsigned_abs() {
            return Err(too_large(number));
        }
        Ok(Cow::Owned(number.to_string()))
    }

    /// Tables with gaps print their integers as floats: `17850.0` is the customer `17850`.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        if number.fract() == 0.0 && number.abs() <= EXACT {
            return self.visit_i64(number as i64);
        }
        Err(E::custom(format_args!("the id {number} is not a whole number; send it as a text")))
    }
}

fn too_large<E: Error>(number: impl fmt::Display) -> E {
    E::custom(format_args!("the id {number} is beyond {LARGEST}; send it as a text"))
}

#[cfg(test)]
mod tests {
    use super::super::JsonId;

    fn read(text: &str) -> Result<String, String> {
        serde_json::from_str::<JsonId>(text).map(|id| id.0).map_err(|error| error.to_string())
    }

    #[test]
    fn a_text_or_a_whole_number_is_an_id() {
        let snowflake = "1541815603606036480";
        for (text, id) in [
            ("12347", "12347"),
            ("\"007\"", "007"),
            ("-3", "-3"),
            ("17850.0", "17850"),
            (snowflake, snowflake),
        ] {
            assert_eq!(read(text).as_deref(), Ok(id), "{text}");
        }
        for (text, part) in [
            ("1.5", "not a whole number"),
            ("true", "a text or a whole number"),
            ("18446744073709551615", "beyond"),
        ] {
            assert!(read(text).is_err_and(|error| error.contains(part)), "{:?}", read(text));
        }
    }
}
