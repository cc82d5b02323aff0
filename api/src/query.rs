//! Query strings, read strictly: a parameter that a route does not know is an error.

use crate::error::{ApiError, Code, excerpt};
use crate::ids::decode;

/// Most rows a page.
const MAX_LIMIT: usize = 10_000;

/// The parameters of a request in the order sent.
#[derive(Debug)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `name=value&…`, percent-encoded, `+` for a space as forms send it.
    pub fn parse(raw: &str, allowed: &[&str]) -> Result<Self, ApiError> {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| parse_pair(pair, allowed)).collect::<Result<_, _>>().map(Self)
    }

    /// All parameters in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The parameter `limit`: rows a page.
    pub fn limit(&self) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.one("limit")? else { return Ok(None) };
        let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        let detail =
            || format!("limit is {}, allowed are whole numbers from 1 to {MAX_LIMIT}", excerpt(text));
        limit.map(Some).ok_or_else(|| ApiError::new(Code::InvalidParameter, detail()))
    }

    /// A parameter that is a day.
    pub fn day(&self, name: &str) -> Result<Option<chrono::NaiveDate>, ApiError> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            let detail = format!("{name} is {}, allowed is a day such as 2011-11-09", excerpt(text));
            ApiError::new(Code::InvalidParameter, detail)
        })
    }

    /// The value of a parameter that may be given once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut values = self.pairs().filter(|(n, _)| *n == name).map(|(_, value)| value);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(ApiError::new(Code::InvalidParameter, format!("{name} is given more than once"))),
        }
    }
}

fn parse_pair(pair: &str, allowed: &[&str]) -> Result<(String, String), ApiError> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let decode = |text: &str| {
        let invalid = |reason| ApiError::new(Code::InvalidParameter, format!("{}: {reason}", excerpt(text)));
        decode(&text.replace('+', " ")).map_err(invalid)
    };
    let name = decode(name)?;
    if allowed.contains(&name.as_str()) {
        return Ok((name, decode(value)?));
    }
    let known = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
    Err(ApiError::new(
        Code::UnknownParameter,
        format!("{} is not a parameter here; allowed: {known}", excerpt(&name)),
    ))
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_value_survives_its_escapes(values in prop::collection::vec("\\PC{0,20}", 0..5)) {
            let raw: Vec<_> = values.iter().map(|v| format!("id={}", utf8_percent_encode(v, NON_ALPHANUMERIC))).collect();
            let query = Query::parse(&raw.join("&"), &["id"]).expect("valid");
            prop_assert_eq!(query.pairs().map(|(_, value)| value).collect::<Vec<_>>(), values);
        }

        #[test]
        fn arbitrary_text_never_panics(raw in "[%&=+a-f0-9]{0,40}|\\PC{0,40}") {
            let _ = Query::parse(&raw, &["a", "b"]);
        }
    }

    #[test]
    fn pairs_keep_their_order_and_decode_once() {
        let query = Query::parse("id=a%2Cb&ids=c%20d,e+f&id=%2B", &["id", "ids"]).expect("valid");
        let pairs: Vec<_> = query.pairs().collect();
        assert_eq!(pairs, [("id", "a,b"), ("ids", "c d,e f"), ("id", "+")]);
        assert!(query.one("id").is_err());
        assert_eq!(query.one("ids").expect("once"), Some("c d,e f"));
    }

    #[test]
    fn unknown_names_and_broken_escapes_are_refused() {
        let code = |raw| Query::parse(raw, &["limit"]).expect_err("refused").code();
        assert_eq!(code("limits=1"), Code::UnknownParameter);
        assert_eq!(code("limit=%zz"), Code::InvalidParameter);
        assert_eq!(code("limit=%ff"), Code::InvalidParameter);
    }
}
