//! Which column or field holds the id, and the id in a line of JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::ids::from_json;

/// What names an id's column, without case, spaces and signs.
const NAMES: [&str; 2] = ["customerid", "id"];

/// Whether a column or field of this name may hold the id; with `column`, whether it is that.
pub(super) fn is_id(name: &str, column: Option<&str>) -> bool {
    let name = name.trim_start_matches('\u{feff}').trim();
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    match column {
        Some(column) => name == column,
        None => name.len() <= 32 && NAMES.contains(&plain(name).as_str()),
    }
}

/// What a line of JSON says of its id.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// The id.
    Id(Cow<'a, str>),
    /// It holds none.
    Nothing,
    /// It has fields that may be meant, with different ids.
    Several,
}

/// The id in a line: a text, a whole number, or an object that has one of them.
pub(super) fn id_in<'a>(line: &'a [u8], column: Option<&str>) -> Found<'a> {
    if line.trim_ascii().first() != Some(&b'{') {
        return serde_json::from_slice::<Id<'_>>(line).map_or(Found::Nothing, |id| Found::Id(id.0));
    }
    let mut json = serde_json::Deserializer::from_slice(line);
    let found = Object(column).deserialize(&mut json);
    found.and_then(|found| json.end().map(|()| found)).unwrap_or(Found::Nothing)
}

/// An id as JSON writes it.
struct Id<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Id<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_json(deserializer).map(Self)
    }
}

struct Object<'c>(Option<&'c str>);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<'de>, A::Error> {
        let mut found = Found::Nothing;
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            if !is_id(&key, self.0) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let next = Found::Id(map.next_value::<Id<'de>>()?.0);
            found = if found == Found::Nothing || found == next { next } else { Found::Several };
        }
        Ok(found)
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_tools_write_are_known() {
        for name in [
            "id",
            "ID",
            "customer_id",
            "Customer_ID",
            "CustomerID",
            "Customer ID",
            "\u{feff}customer-id ",
            "Id",
        ] {
            assert!(is_id(name, None), "{name}");
        }
        for name in ["", "idx", "name", "customer", "product_id"] {
            assert!(!is_id(name, None), "{name}");
        }
        assert!(is_id(" kunde", Some("kunde")) && !is_id("id", Some("kunde")));
    }

    #[test]
    fn a_line_has_one_id_or_says_which_it_may_be() {
        let id = |text: &'static str| Found::Id(Cow::Borrowed(text));
        for (line, found) in [
            (r#""a""#, id("a")),
            ("17850", id("17850")),
            ("17850.0", id("17850")),
            ("-3", id("-3")),
            ("1.5", Found::Nothing),
            ("1e300", Found::Nothing),
            ("null", Found::Nothing),
            ("true", Found::Nothing),
            ("[1]", Found::Nothing),
            (r#"{"Customer_ID": 17850, "x": {"id": 2}}"#, id("17850")),
            (r#"{"id": "1", "customer_id": 1}"#, id("1")),
            (r#"{"id": "1", "customer_id": "2"}"#, Found::Several),
            (r#"{"id": null}"#, Found::Nothing),
            (r#"{"id": "1"} x"#, Found::Nothing),
            ("{}", Found::Nothing),
        ] {
            assert_eq!(id_in(line.as_bytes(), None), found, "{line}");
        }
        assert_eq!(id_in(br#"{"id": "1", "customer_id": "2"}"#, Some("id")), id("1"));
    }
}
