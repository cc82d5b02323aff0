//! Every error the service answers with: one shape (RFC 9457), a closed list of codes.

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:ident, $title:literal;)+) => {
        /// The kinds of problem, each with a stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable machine name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// The short summary, the same for every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// What it means and what to do.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

codes! {
    /// A parameter has a value that is not allowed; the detail names both.
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "Invalid parameter";
    /// A parameter is not one of the route's; a misspelt one would otherwise be ignored in silence.
    UnknownParameter = "unknown_parameter", BAD_REQUEST, "Unknown parameter";
    /// The customer id in the path is longer than 256 bytes or not percent-encoded UTF-8.
    InvalidId = "invalid_id", BAD_REQUEST, "Invalid customer id";
    /// The body is not what the route takes; for JSON the detail gives line and column.
    InvalidBody = "invalid_body", BAD_REQUEST, "Invalid body";
    /// What was sent is no request of HTTP/1.1; the connection is closed.
    InvalidRequest = "invalid_request", BAD_REQUEST, "Invalid request";
    /// The cursor is not one that the service gave out.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "Invalid cursor";
    /// The route needs a key: the header `Authorization: Bearer <key>`.
    KeyMissing = "key_missing", UNAUTHORIZED, "Key missing";
    /// The key is not one of this service's, or was revoked.
    KeyInvalid = "key_invalid", UNAUTHORIZED, "Key not valid";
    /// The key's time has passed; whoever gave it out can give a new one.
    KeyExpired = "key_expired", UNAUTHORIZED, "Key expired";
    /// The key is not for this route; the detail names the scope that is needed.
    ScopeMissing = "scope_missing", FORBIDDEN, "Scope missing";
    /// No customer with this id is in the run. Ids are compared exactly, byte by byte.
    CustomerNotFound = "customer_not_found", NOT_FOUND, "Customer not found";
    /// No segment with this id or key is in the run; GET /v1/segments lists them.
    SegmentNotFound = "segment_not_found", NOT_FOUND, "Segment not found";
    /// No run with this id is known; GET /v1/runs lists those that are.
    RunNotFound = "run_not_found", NOT_FOUND, "Run not found";
    /// Nothing is served under this path; /docs lists what is.
    RouteNotFound = "route_not_found", NOT_FOUND, "Route not found";
    /// Without keys the service answers to this machine's own names alone, so that no page elsewhere can read it under
    /// its own name; `--allow-host` allows another.
    HostNotAllowed = "host_not_allowed", MISDIRECTED_REQUEST, "Host not allowed";
    /// The path does not take this method; the Allow header lists those it does.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    /// None of the encodings the client accepts is offered: br, deflate, gzip, identity, zstd.
    NotAcceptable = "not_acceptable", NOT_ACCEPTABLE, "Not acceptable";
    /// The body did not arrive in time.
    BodyTimeout = "body_timeout", REQUEST_TIMEOUT, "Body too slow";
    /// The request's head did not arrive in time; the connection is closed.
    HeadTimeout = "head_timeout", REQUEST_TIMEOUT, "Head too slow";
    /// The cursor belongs to a run that is no longer served; start again without a cursor.
    CursorExpired = "cursor_expired", GONE, "Cursor of another run";
    /// The movement log does not lead from this run to the other; take a whole export, and changes from there on.
    RunGone = "run_gone", GONE, "Run out of reach";
    /// More ids than one request may ask for; the detail names the cap. Split the list.
    TooManyIds = "too_many_ids", PAYLOAD_TOO_LARGE, "Too many ids";
    /// The body is larger than the service takes; the detail names the limit.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "Body too large";
    /// The path and query are longer than the service takes; POST takes longer lists.
    UriTooLong = "uri_too_long", URI_TOO_LONG, "URI too long";
    /// The request's head is larger than the service takes, or has too many headers; the connection is closed.
    HeadTooLarge = "head_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "Head too large";
    /// The body's content type is not one the route takes.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    /// The key's limit of ids a minute is spent; the Retry-After header says when to try again.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Rate limit reached";
    /// Other requests hold the memory or the streams that this one needs; the Retry-After header says when to
    /// try again.
    Busy = "busy", SERVICE_UNAVAILABLE, "Busy";
    /// A fault of the service; the log has the reason.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Internal error";
    /// No run has been published and verified yet; the detail says why.
    NoRun = "no_run", SERVICE_UNAVAILABLE, "No run to serve";
    /// The movement log is damaged or cannot be read; lookups and exports are not concerned.
    LogUnavailable = "log_unavailable", SERVICE_UNAVAILABLE, "Movement log not available";
    /// The file of keys cannot be read, so that nobody knows which keys were revoked; no data is given out until it can.
    KeysUnavailable = "keys_unavailable", SERVICE_UNAVAILABLE, "Keys not available";
    /// The access cannot be written to the audit, and without that no customer data is given out.
    AuditUnavailable = "audit_unavailable", SERVICE_UNAVAILABLE, "Audit not available";
}

/// A problem as it is sent: `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Where the kind of problem is documented, relative to the service.
    #[schema(example = "/problems/customer_not_found")]
    pub r#type: String,
    /// Short summary of the kind.
    #[schema(example = "Customer not found")]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// The kind's stable code.
    pub code: Code,
    /// What was wrong this time, and the way out.
    #[schema(example = "no customer \"12\" in run 20111210T080000000Z-1f3a9c52")]
    pub detail: String,
}

/// An error on its way to the client.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: Code,
    detail: String,
    headers: Vec<(header::HeaderName, String)>,
}

/// What handlers return.
pub type ApiResult = Result<HttpResponse, ApiError>;

impl ApiError {
    /// A problem of this kind with the particulars of this time.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), headers: Vec::new() }
    }

    /// Adds a response header. A value that cannot be one is left out.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The kind.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The body.
    pub fn problem(&self) -> Problem {
        Problem {
            r#type: format!("/problems/{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            code: self.code,
            detail: self.detail.clone(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.code.status());
        response.content_type("application/problem+json");
        for (name, value) in &self.headers {
            if let Ok(value) = header::HeaderValue::from_str(value) {
                response.insert_header((name.clone(), value));
            }
        }
        let body = serde_json::to_vec(&self.problem()).expect("a plain struct always serialises");
        response.body(body)
    }
}

/// The first characters of what a client sent, escaped, for a detail.
pub fn excerpt(text: &str) -> String {
    const LIMIT: usize = 80;
    let mut short: String = text.chars().take(LIMIT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_serialise_as_themselves() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).expect("text"), code.as_str());
            assert!(!code.explanation().is_empty() && !code.explanation().starts_with(' '));
        }
    }

    #[test]
    fn an_excerpt_is_short_and_escaped() {
        assert_eq!(excerpt("a\nb"), r#""a\nb""#);
        assert_eq!(excerpt(&"x".repeat(1000)).chars().count(), 83);
    }
}
