//! Lists in JSON, of which no more is kept than is allowed.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::BOM;
use crate::error::{ApiError, Code};

/// A list, or its beginning.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// At most as many as are allowed.
    pub items: Vec<T>,
    /// How many there were.
    pub count: usize,
}

/// Decodes `{"<name>": [item, …]}`, also after a byte order mark; an error names line and column. Items after the
/// first `most` are counted and not kept.
pub(super) fn decode<T: DeserializeOwned>(
    bytes: &[u8],
    name: &'static str,
    most: usize,
) -> Result<Listed<T>, ApiError> {
    let invalid = |error: serde_json::Error| ApiError::new(Code::InvalidBody, error.to_string());
    let mut json = serde_json::Deserializer::from_slice(bytes.strip_prefix(BOM).unwrap_or(bytes));
    let object = Object { name, list: List(most, PhantomData) };
    let list = object.deserialize(&mut json).map_err(invalid)?;
    json.end().map_err(invalid)?;
    Ok(list)
}

struct Object<T> {
    name: &'static str,
    list: List<T>,
}

struct List<T>(usize, PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Object<T> {
    type Value = Listed<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Listed<T>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = Listed<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the list `{}`", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listed<T>, A::Error> {
        let Object { name, list } = self;
        let mut list = Some(list);
        let mut found = None;
        while let Some(field) = map.next_key::<String>()? {
            if field != name {
                let short: String = field.chars().take(80).collect();
                return Err(A::Error::custom(format_args!("unknown field `{short}`, expected `{name}`")));
            }
            let Some(list) = list.take() else { return Err(A::Error::duplicate_field(name)) };
            found = Some(map.next_value_seed(list)?);
        }
        found.ok_or_else(|| A::Error::missing_field(name))
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for List<T> {
    type Value = Listed<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Listed<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Listed<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Listed<T>, A::Error> {
        let mut items = Vec::new();
        while items.len() < self.0 {
            let Some(item) = list.next_element()? else { break };
            items.push(item);
        }
        let mut count = items.len();
        while count >= self.0 && list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Listed { items, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Listed<String>, String> {
        decode(text.as_bytes(), "ids", 2).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_is_counted_whole_and_kept_up_to_its_limit() {
        let list = |items: &[&str], count| {
            Ok(Listed { items: items.iter().map(|&i| i.to_owned()).collect(), count })
        };
        assert_eq!(read(r#"{"ids": []}"#), list(&[], 0));
        assert_eq!(read(r#"{"ids": ["a", "b"]}"#), list(&["a", "b"], 2));
        assert_eq!(read("\u{feff}{\"ids\": [\"a\"]}"), list(&["a"], 1));
        assert_eq!(read(r#"{"ids": ["a", "b", "c", 4, {}]}"#), list(&["a", "b"], 5));
    }

    #[test]
    fn what_is_no_such_object_is_refused_with_its_place() {
        for (text, part) in [
            ("{}", "missing field `ids`"),
            (r#"{"idz": []}"#, "unknown field `idz`, expected `ids`"),
            (r#"{"ids": [], "ids": []}"#, "duplicate field `ids`"),
            (r#"{"ids": ["a", 2]}"#, "line 1 column"),
            (r#"{"ids": []} x"#, "trailing characters"),
            ("[]", "an object with the list `ids`"),
        ] {
            assert!(read(text).is_err_and(|error| error.contains(part)), "{text}: {:?}", read(text));
        }
    }
}
