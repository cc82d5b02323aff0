//! The list of customers who must not be in any run.
//!
//! ```text
//! forgotten 1
//! salt <64 hexadecimal digits>
//! erasing | done
//! <SHA-256 of salt and id>      one line a customer
//! end <SHA-256 of all lines before>
//! ```
//!
//! A list of ids would itself tell who asked to be forgotten; the salted hashes are of use only to
//! whoever has the list and an id to try. `erasing` stands there from before the first run is touched
//! until the last is verified: an erasure that a crash interrupted is completed by the next writer.
//!
//! Lists travel with the runs and are joined where they meet. For that a customer who is lifted stays
//! as `<hash> 2`, one forgotten anew as `<hash> 3`, and so on: odd is forgotten, and of two lists the
//! higher number is the later word (a causal-length set). Lists that began apart have each its own salt:
//!
//! ```text
//! forgotten 2
//! erasing | done
//! salt <64 hexadecimal digits>
//! <hash>                        forgotten
//! <hash> 2                      lifted since
//! salt <64 hexadecimal digits>
//! <hash>
//! end <SHA-256 of all lines before>
//! ```
//!
//! This second form is written only where the first cannot say it: programs that know the first alone
//! then refuse the list instead of reading a part of it.
//!
//! Beside the hash of a customer stands `like:<hash of the id's form>:<hash>`, by which another spelling of the
//! id is recognised. Earlier programs take it for one more hash, which is nobody's. Somebody who is lifted and
//! was not forgotten, `<hash> 2` alone, is another customer than the one whose id is like.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::files::sync_dir;
use crate::record::{hex, likeness};
use crate::regular_file;

/// Name of the file beside `CURRENT`.
pub(super) const FILE: &str = "FORGOTTEN";
const HEAD_ONE_SALT: &str = "forgotten 1";
const HEAD: &str = "forgotten 2";
/// What a line begins with that leads from the form of an id to a customer.
const LIKE: &str = "like:";

/// Most zeros in front of a number that are tried for its other spelling.
const ZEROS: usize = 15;
/// Turns of a customer who was lifted once.
const LIFTED: u32 = 2;

/// By hash, how often the customer was forgotten or lifted; odd is forgotten.
type Turns = BTreeMap<String, u32>;

/// The customers who must not be in any run, as hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgotten {
    by_salt: BTreeMap<String, Turns>,
    /// Whether runs may still hold some of them.
    pub(super) erasing: bool,
}

/// What another list brought.
#[cfg(any(test, feature = "bucket"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Joined {
    /// Whether anything is different now.
    pub(super) changed: bool,
    /// Whether customers are to be forgotten who were not before.
    pub(super) forgets: bool,
}

impl Forgotten {
    /// The store's list, empty when there is none. One that cannot be read is an error: going on
    /// without it would bring forgotten customers back.
    pub(super) fn read(root: &Path) -> Result<Self, StoreError> {
        let path = root.join(FILE);
        let text = match regular_file::open(&path).and_then(io::read_to_string) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            other => other.map_err(StoreError::io("read", &path))?,
        };
        Self::parse(&text).ok_or(StoreError::Forgotten { path })
    }

    /// What [`Forgotten::text`] wrote; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (body, end) = text.strip_suffix('\n')?.rsplit_once("\nend ")?;
        if end != sha256(format!("{body}\n").as_bytes()) {
            return None;
        }
        let mut lines = body.lines();
        let (first_salt, state) = match lines.next()? {
            HEAD_ONE_SALT => (Some(lines.next()?.strip_prefix("salt ")?), lines.next()?),
            HEAD => (None, lines.next()?),
            _ => return None,
        };
        let mut list = Self { erasing: erasing(state)?, ..Self::default() };
        let mut salt = first_salt.map(str::to_owned);
        list.by_salt.extend(salt.clone().map(|salt| (salt, Turns::new())));
        for line in lines {
            if let Some(next) = line.strip_prefix("salt ") {
                list.by_salt.insert(next.to_owned(), Turns::new());
                salt = Some(next.to_owned());
                continue;
            }
            let (hash, turns) = match line.split_once(' ') {
                Some((hash, turns)) => (hash, turns.parse().ok()?),
                None => (line, 1),
            };
            list.by_salt.get_mut(salt.as_ref()?)?.insert(hash.to_owned(), turns);
        }
        Some(list)
    }

    /// The list as it is stored.
    pub(super) fn text(&self) -> String {
        let state = if self.erasing { "erasing" } else { "done" };
        let plain = self.by_salt.len() == 1 && self.by_salt.values().flat_map(Turns::values).all(|&n| n == 1);
        let mut text = match self.by_salt.keys().next() {
            Some(salt) if plain => format!("{HEAD_ONE_SALT}\nsalt {salt}\n{state}\n"),
            _ => format!("{HEAD}\n{state}\n"),
        };
        for (salt, customers) in &self.by_salt {
            if !plain {
                text.push_str(&format!("salt {salt}\n"));
            }
            for (hash, turns) in customers {
                text.push_str(hash);
                if *turns > 1 {
                    text.push_str(&format!(" {turns}"));
                }
                text.push('\n');
            }
        }
        text.push_str(&format!("end {}\n", sha256(text.as_bytes())));
        text
    }

    /// Replaces the store's list, durably, readable by its owner only.
    pub(super) fn write(&self, root: &Path) -> Result<(), StoreError> {
        let path = root.join(FILE);
        replace(root, &path, self.text().as_bytes()).map_err(StoreError::io("write", &path))?;
        sync_dir(root)
    }

    /// Number of customers on the list. One that two lists brought, each under its own salt, counts twice.
    pub fn len(&self) -> usize {
        let is_customer = |line: &(&String, &u32)| !line.0.starts_with(LIKE) && is_forgotten(*line.1);
        self.by_salt.values().flat_map(Turns::iter).filter(is_customer).count()
    }

    /// Whether nobody is on the list.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether an erasure began that is not complete: runs may still hold some of them.
    pub fn is_erasing(&self) -> bool {
        self.erasing
    }

    /// Whether this customer is on the list.
    pub fn contains(&self, id: &str) -> bool {
        self.by_salt
            .iter()
            .any(|(salt, customers)| customers.get(&hash(salt, id)).is_some_and(|&turns| is_forgotten(turns)))
    }

    /// Whether a forgotten customer's id is like this one (see [`likeness`]), and nobody said that this is another
    /// customer: neither was it forgotten itself nor lifted. Of customers whom an earlier version put on the list,
    /// only ids in the common form are recognised. Cost: three hashes a salt.
    pub fn is_like(&self, id: &str) -> bool {
        let form = likeness(id);
        let is_settled = self.by_salt.iter().any(|(salt, customers)| customers.contains_key(&hash(salt, id)));
        !is_settled && self.by_salt.iter().any(|(salt, customers)| is_form_forgotten(salt, customers, &form))
    }

    /// How the forgotten customer was spelt whose id is like this one, where it is one of the usual ways: the list
    /// itself does not tell. Cost: some twenty hashes.
    pub fn other_spelling(&self, id: &str) -> Option<String> {
        let form = likeness(id);
        let padded = (1..=ZEROS).map(|zeros| format!("{}{form}", "0".repeat(zeros)));
        let cases =
            [form.clone(), form.to_uppercase(), capitalized(&form), id.to_lowercase(), id.to_uppercase()];
        cases.into_iter().chain(padded).find(|spelling| spelling != id && self.contains(spelling))
    }

    /// Adds a customer; false when already there.
    pub(super) fn insert(&mut self, id: &str) -> Result<bool, StoreError> {
        if self.contains(id) {
            return Ok(false);
        }
        if self.by_salt.is_empty() {
            let mut salt = [0; 32];
            getrandom::fill(&mut salt).map_err(|_| StoreError::NoRandom)?;
            self.by_salt.insert(hex(&salt), Turns::new());
        }
        for (salt, customers) in self.by_salt.iter_mut().take(1) {
            let customer = hash(salt, id);
            customers.insert(format!("{}{customer}", like(salt, &likeness(id))), 1);
            *customers.entry(customer).or_insert(0) += 1;
        }
        Ok(true)
    }

    /// Takes a customer off; false when neither there nor like one who is. Who is only like is another customer from
    /// now on.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let mut found = false;
        if self.is_like(id) {
            for (salt, customers) in self.by_salt.iter_mut().take(1) {
                customers.insert(hash(salt, id), LIFTED);
                found = true;
            }
        }
        for (salt, customers) in &mut self.by_salt {
            if let Some(turns) = customers.get_mut(&hash(salt, id)).filter(|turns| is_forgotten(**turns)) {
                *turns += 1;
                found = true;
            }
        }
        found
    }
}

/// What stores and buckets do with each other's lists.
#[cfg(any(test, feature = "bucket"))]
impl Forgotten {
    /// Takes over what `other` says later than this list: joined in any order, and any number of times,
    /// lists come out the same.
    pub(super) fn join(&mut self, other: &Self) -> Joined {
        let mut joined = Joined::default();
        for (salt, customers) in &other.by_salt {
            joined.changed |= !self.by_salt.contains_key(salt);
            let own = self.by_salt.entry(salt.clone()).or_default();
            for (hash, &theirs) in customers {
                let turns = own.entry(hash.clone()).or_insert(0);
                if theirs > *turns {
                    joined.changed = true;
                    joined.forgets |= is_forgotten(theirs) && !is_forgotten(*turns);
                    *turns = theirs;
                }
            }
        }
        joined
    }

    /// Whether the two lists say the same of every customer, however far the erasure has come.
    #[cfg(feature = "bucket")]
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.by_salt == other.by_salt
    }
}

fn erasing(state: &str) -> Option<bool> {
    match state {
        "erasing" => Some(true),
        "done" => Some(false),
        _ => None,
    }
}

fn is_forgotten(turns: u32) -> bool {
    turns % 2 == 1
}

/// Whether somebody whose id has this form is forgotten.
fn is_form_forgotten(salt: &str, customers: &Turns, form: &str) -> bool {
    let is_listed = |customer: &str| customers.get(customer).is_some_and(|&turns| is_forgotten(turns));
    let lead = like(salt, form);
    let mut of_form = customers.range(lead.clone()..).map_while(|(line, _)| line.strip_prefix(lead.as_str()));
    is_listed(&hash(salt, form)) || of_form.any(is_listed)
}

/// What the lines of customers begin with whose ids have this form.
fn like(salt: &str, form: &str) -> String {
    format!("{LIKE}{}:", hash(salt, form))
}

fn capitalized(form: &str) -> String {
    let mut chars = form.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn hash(salt: &str, id: &str) -> String {
    sha256(format!("{salt}{id}").as_bytes())
}

fn replace(root: &Path, path: &PathBuf, bytes: &[u8]) -> io::Result<()> {
    // Temporary files have mode 0600 from their creation.
    let mut new = tempfile::NamedTempFile::new_in(root)?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    new.persist(path).map(|_: File| ()).map_err(Into::into)
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_list_holds_hashes_and_is_read_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut list = Forgotten::read(dir.path()).expect("none is empty");
        assert!(list.is_empty() && !list.contains("17850"));
        assert!(list.insert("17850").expect("random") && !list.insert("17850").expect("random"));
        list.write(dir.path()).expect("written");
        let text = std::fs::read_to_string(dir.path().join(FILE)).expect("there");
        assert!(!text.contains("17850") && text.starts_with("forgotten 1\nsalt "), "{text}");
        let mut read = Forgotten::read(dir.path()).expect("readable");
        assert!(read == list && read.contains("17850") && !read.contains("1785"));
        assert!(read.remove("17850") && !read.remove("17850"));
    }

    #[test]
    fn another_spelling_of_a_forgotten_id_is_recognised_until_it_is_settled() {
        let mut list = Forgotten::default();
        for id in ["00160", "Ana9@x.com"] {
            list.insert(id).expect("random");
        }
        let mut list = Forgotten::parse(&list.text()).expect("its own text");
        assert!(list.len() == 2 && list.text().starts_with("forgotten 1\n"));
        assert!(list.is_like("160") && !list.contains("160") && list.is_like("ana9@x.com"));
        assert!(!list.is_like("00160") && !list.is_like("161"));
        assert_eq!(list.other_spelling("160").as_deref(), Some("00160"));
        assert_eq!(list.other_spelling("ana9@x.com").as_deref(), Some("Ana9@x.com"));
        // One spelling is forgotten too, the other is another customer's.
        assert!(list.insert("160").expect("random") && list.contains("160") && !list.is_like("160"));
        assert!(list.remove("ana9@x.com") && !list.is_like("ana9@x.com") && list.contains("Ana9@x.com"));
        assert!(!list.remove("ana9@x.com") && list.len() == 3);
        let read = Forgotten::parse(&list.text()).expect("its own text");
        assert!(read == list && !read.is_like("ana9@x.com"));
    }

    #[test]
    fn who_was_lifted_makes_nobody_like() {
        let mut list = Forgotten::default();
        list.insert("00160").expect("random");
        assert!(list.remove("00160") && !list.is_like("160") && list.is_empty());
    }

    #[test]
    fn a_lifted_customer_stays_lifted_until_forgotten_anew() {
        let mut list = Forgotten::default();
        list.insert("a").expect("random");
        let before = list.clone();
        assert!(list.remove("a") && list.is_empty());
        let lifted = Forgotten::parse(&list.text()).expect("its own text");
        assert!(lifted == list && list.text().starts_with("forgotten 2\n"));
        // The older list brings nobody back, in either direction.
        assert_eq!(list.join(&before), Joined::default());
        let mut late = before.clone();
        assert_eq!(late.join(&list), Joined { changed: true, forgets: false });
        assert!(late.is_empty());
        assert!(list.insert("a").expect("random") && list.contains("a"));
        assert_eq!(late.join(&list), Joined { changed: true, forgets: true });
    }

    #[test]
    fn lists_that_began_apart_are_joined_and_lifted_together() {
        let (mut one, mut two) = (Forgotten::default(), Forgotten::default());
        for (list, ids) in [(&mut one, ["a", "b"]), (&mut two, ["b", "c"])] {
            for id in ids {
                list.insert(id).expect("random");
            }
        }
        assert_eq!(one.join(&two), Joined { changed: true, forgets: true });
        assert!(["a", "b", "c"].iter().all(|id| one.contains(id)));
        assert_eq!(Forgotten::parse(&one.text()).as_ref(), Some(&one));
        assert!(one.remove("b") && !one.contains("b") && one.contains("c"));
    }

    #[test]
    fn a_damaged_list_is_an_error_and_never_empty() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut list = Forgotten::default();
        list.insert("a").expect("random");
        list.write(dir.path()).expect("written");
        let path = dir.path().join(FILE);
        let whole = std::fs::read(&path).expect("there");
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).expect("written");
            assert!(matches!(Forgotten::read(dir.path()), Err(StoreError::Forgotten { .. })), "{cut}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).expect("written");
            assert!(Forgotten::read(dir.path()).is_err(), "{at}");
        }
    }

    /// A list under one of two salts on which customers were forgotten and lifted in turn.
    fn list(salt: bool, steps: &[(u8, bool)]) -> Forgotten {
        let mut list = Forgotten::default();
        list.by_salt.insert(format!("{}", u8::from(salt)).repeat(64), Turns::new());
        for (id, forget) in steps {
            let id = id.to_string();
            let _ = if *forget { list.insert(&id).expect("no salt to make") } else { list.remove(&id) };
        }
        list
    }

    fn lists() -> impl Strategy<Value = Forgotten> {
        (any::<bool>(), vec((0..4_u8, any::<bool>()), 0..12)).prop_map(|(salt, steps)| list(salt, &steps))
    }

    proptest! {
        #[test]
        fn joining_is_the_same_in_any_order_and_any_number_of_times(a in lists(), b in lists(), c in lists()) {
            let join = |x: &Forgotten, y: &Forgotten| { let mut x = x.clone(); x.join(y); x };
            prop_assert!(join(&a, &b) == join(&b, &a));
            prop_assert!(join(&join(&a, &b), &c) == join(&a, &join(&b, &c)));
            let all = join(&join(&a, &b), &c);
            prop_assert!(join(&all, &a) == all && join(&all, &all) == all);
            prop_assert_eq!(Forgotten::parse(&all.text()), Some(all));
        }
    }
}
