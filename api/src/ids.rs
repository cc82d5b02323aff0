//! Customer ids as clients send them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use segmentation_lib::record::MAX_ID_BYTES;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

mod json;

pub use json::from_json;

use crate::error::{ApiError, Code};

/// Why an id cannot be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvalidId {
    /// It has no character.
    Empty,
    /// It has more than 256 bytes of UTF-8.
    TooLong,
    /// The line of a list holds none.
    Malformed,
}

impl InvalidId {
    /// The reason's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
        }
    }
}

/// An id in a body of JSON, as text: `17850` is the customer `"17850"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonId(pub String);

impl<'de> Deserialize<'de> for JsonId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_json(deserializer).map(|id| Self(id.into_owned()))
    }
}

impl PartialSchema for JsonId {
    fn schema() -> RefOr<Schema> {
        let whole = ObjectBuilder::new().schema_type(Type::Integer);
        let whole = whole.minimum(Some(-json::LARGEST as f64)).maximum(Some(json::LARGEST as f64));
        let says = "A customer's id: a text, or a whole number, which is the text of its digits";
        let either = OneOfBuilder::new().item(ObjectBuilder::new().schema_type(Type::String)).item(whole);
        either.description(Some(says)).into()
    }
}

impl ToSchema for JsonId {
    fn name() -> Cow<'static, str> {
        "CustomerId".into()
    }
}

/// Checks an id's length; its bytes are otherwise free.
pub fn check(id: &str) -> Result<(), InvalidId> {
    match id.len() {
        0 => Err(InvalidId::Empty),
        n if n > MAX_ID_BYTES => Err(InvalidId::TooLong),
        _ => Ok(()),
    }
}

/// Percent-decodes, refusing what lenient decoders let through: a `%` without two hexadecimal
/// digits, bytes that are not UTF-8.
pub fn decode(raw: &str) -> Result<String, String> {
    let bytes = raw.as_bytes();
    for (i, _) in raw.match_indices('%') {
        let digits = bytes.get(i + 1..i + 3);
        if !digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit)) {
            return Err(format!("'%' at byte {i} is not followed by two hexadecimal digits"));
        }
    }
    let text = percent_decode_str(raw).decode_utf8();
    text.map(|text| text.into_owned()).map_err(|_| "its bytes are not UTF-8".to_owned())
}

/// The customer id between `prefix` and `suffix` of the path as sent. The router's own decoding
/// leaves some escapes and repeats others, so the id is taken from the raw path.
pub fn from_path(raw_path: &str, prefix: &str, suffix: &str) -> Result<String, ApiError> {
    let raw = raw_path.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
    let raw = raw.ok_or_else(|| ApiError::new(Code::RouteNotFound, "the path is not that of a customer"))?;
    let invalid =
        |reason: String| ApiError::new(Code::InvalidId, format!("the customer id in the path: {reason}"));
    let id = decode(raw).map_err(invalid)?;
    check(&id).map_err(|_| invalid(format!("it has {} bytes, allowed are 1 to {MAX_ID_BYTES}", id.len())))?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decoding_is_exact_and_happens_once() {
        assert_eq!(decode("a%2Fb%252F+ %C3%A9"), Ok("a/b%2F+ é".to_owned()));
        assert_eq!(decode("%e2%98%95"), Ok("☕".to_owned()));
    }

    #[test]
    fn broken_escapes_are_refused() {
        for raw in ["%", "%2", "%zz", "a%2", "%%20", "%ff", "%C3"] {
            assert!(decode(raw).is_err(), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn any_id_survives_its_escapes(id in "\\PC{0,40}|[%+/?#& ,]{0,20}") {
            let escaped = utf8_percent_encode(&id, NON_ALPHANUMERIC).to_string();
            prop_assert_eq!(decode(&escaped), Ok(id.clone()));
            let path = format!("/v1/customers/{escaped}/segment");
            prop_assert_eq!(from_path(&path, "/v1/customers/", "/segment").ok(), Some(id).filter(|id| check(id).is_ok()));
        }

        #[test]
        fn arbitrary_text_never_panics(raw in "[%0-9a-fA-F+]{0,30}|\\PC{0,40}") {
            if let Ok(id) = decode(&raw) {
                prop_assert!(id.len() <= raw.len());
                prop_assert_eq!(raw.contains('%'), id != raw);
            }
        }
    }

    #[test]
    fn an_id_has_1_to_256_bytes() {
        assert_eq!(check(""), Err(InvalidId::Empty));
        assert_eq!(check(&"é".repeat(128)), Ok(()));
        assert_eq!(check(&"é".repeat(129)), Err(InvalidId::TooLong));
    }
}
