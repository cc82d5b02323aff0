//! What a line says: an access and the hashes of its customers.

use ring::hmac;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use segmentation_lib::record::hex;

/// Bytes kept of a hash.
const HASH_BYTES: usize = 16;

/// One access, or a part of a long one. The time is added when its line is written.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The key's id; null where the service runs without keys, and for a key that is none.
    pub key: Option<&'a str>,
    /// The request's method.
    pub method: &'static str,
    /// The route's pattern: never a path, which may hold an id.
    pub route: &'static str,
    /// The answer's status.
    pub status: u16,
    /// The run that answered.
    pub run_id: Option<&'a str>,
    /// Customer ids asked for or given out.
    pub ids: u64,
    /// Those in the run.
    pub found: u64,
    /// Those not in the run.
    pub not_found: u64,
    /// Those that no customer can have.
    pub invalid: u64,
    /// From the request's arrival.
    pub micros: u64,
    /// Numbers the lines of a long answer from 0.
    pub part: u32,
    /// Whether this is the answer's last line.
    pub last: bool,
    /// What kind of refusal it is; `None` for an answer.
    pub refusal: Option<Refusal>,
    /// Their ids, hashed when the line is written.
    pub customers: &'a Customers,
}

/// Requests that got nothing, by who caused them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Who has no key that is valid.
    Stranger,
    /// A key: it lacks the scope, has used up its limit, or the service cannot answer; or it asked for the head of an
    /// export, which gives nothing out and costs nothing.
    Key,
}

/// Customer ids end to end.
#[derive(Default)]
pub struct Customers {
    text: String,
    ends: Vec<usize>,
}

impl std::fmt::Debug for Customers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} customers", self.ends.len())
    }
}

impl Customers {
    /// Adds one.
    pub fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Takes all of them out.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.text[std::mem::replace(&mut start, end)..end])
    }
}

/// What is tried while the audit cannot be written.
pub(super) const PROBE: Entry<'static> = Entry {
    key: None,
    method: "GET",
    route: "/health/ready",
    status: 200,
    run_id: None,
    ids: 0,
    found: 0,
    not_found: 0,
    invalid: 0,
    micros: 0,
    part: 0,
    last: true,
    refusal: None,
    customers: &Customers { text: String::new(), ends: Vec::new() },
};

/// An entry as it is written: the time first, the customers hashed.
pub(super) struct AuditLine<'a> {
    pub time: String,
    pub entry: &'a Entry<'a>,
    /// For how many refusals it stands.
    pub refusals: Option<u64>,
    pub secret: &'a hmac::Key,
}

impl Serialize for AuditLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = self.entry;
        let mut line = serializer.serialize_struct("AuditLine", 14 + usize::from(self.refusals.is_some()))?;
        line.serialize_field("time", &self.time)?;
        line.serialize_field("key", &entry.key)?;
        line.serialize_field("method", entry.method)?;
        line.serialize_field("route", entry.route)?;
        line.serialize_field("status", &entry.status)?;
        line.serialize_field("run_id", &entry.run_id)?;
        line.serialize_field("ids", &entry.ids)?;
        line.serialize_field("found", &entry.found)?;
        line.serialize_field("not_found", &entry.not_found)?;
        line.serialize_field("invalid", &entry.invalid)?;
        line.serialize_field("micros", &entry.micros)?;
        line.serialize_field("part", &entry.part)?;
        line.serialize_field("last", &entry.last)?;
        if let Some(refusals) = self.refusals {
            line.serialize_field("refusals", &refusals)?;
        }
        line.serialize_field("customers", &Hashed { customers: entry.customers, secret: self.secret })?;
        line.end()
    }
}

struct Hashed<'a> {
    customers: &'a Customers,
    secret: &'a hmac::Key,
}

impl Serialize for Hashed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.customers.ids().map(|id| hash(self.secret, id)))
    }
}

/// A customer's id as it stands in the audit.
pub fn hash(secret: &hmac::Key, id: &str) -> String {
    hex(&hmac::sign(secret, id.as_bytes()).as_ref()[..HASH_BYTES])
}
