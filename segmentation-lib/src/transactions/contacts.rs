//! What a column beside the ids, such as one of e-mail addresses, says of who the customers are.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use xxhash_rust::xxh3::xxh3_64;

use super::memo::Met;
use super::placeholder::{IdFlaw, flaw};

/// Ids called nobody that are kept of a stretch of rows: more say that names are missing, and nothing of an id.
const MOST: usize = 64;

/// Contacts of the rows kept, with the ids beside them. Memory: 24 bytes a contact.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    /// By the hash of a contact, that of one id with it, and whether there is another.
    ids: HashMap<u64, (u64, bool), FixedState>,
    /// Rows and money of the ids beside which nobody is named.
    nobodies: BTreeMap<String, Met>,
}

impl Contacts {
    fn note(&mut self, contact: u64, id: u64) {
        self.join(contact, (id, false));
    }

    fn join(&mut self, contact: u64, (id, several): (u64, bool)) {
        match self.ids.entry(contact) {
            Entry::Vacant(vacant) => {
                vacant.insert((id, several));
            }
            Entry::Occupied(mut found) => {
                let known = found.get_mut();
                known.1 |= several || known.0 != id;
            }
        }
    }

    fn note_nobody(&mut self, id: &str, pennies: i64) {
        if !self.nobodies.contains_key(id) {
            if self.nobodies.len() == MOST {
                return;
            }
            self.nobodies.insert(id.to_owned(), Met::default());
        }
        if let Some(met) = self.nobodies.get_mut(id) {
            met.rows += 1;
            met.pennies += i128::from(pennies);
        }
    }

    /// Adds what later rows have shown.
    pub fn append(&mut self, later: Self) {
        later.ids.into_iter().for_each(|(contact, known)| self.join(contact, known));
        for (id, met) in later.nobodies {
            let mine = self.nobodies.entry(id).or_default();
            mine.rows += met.rows;
            mine.pennies += met.pennies;
        }
    }

    /// The people that contacts tell apart, and how many of them have several ids.
    pub fn people(&self) -> (u64, u64) {
        let several = self.ids.values().filter(|(_, several)| *several).count();
        (self.ids.len() as u64, several as u64)
    }

    /// Ids beside which nobody is named, with their rows and money.
    pub fn nobodies(&self) -> &BTreeMap<String, Met> {
        &self.nobodies
    }
}

/// Notes the contacts of rows. Lines of one purchase stand together: what stands in row after row is looked at once.
#[derive(Default)]
pub(super) struct Teller {
    last_contact: String,
    last_id: String,
    is_nobody: bool,
    pub contacts: Contacts,
}

impl Teller {
    /// Notes a row kept with its amount in pennies.
    pub fn note(&mut self, id: &str, contact: &str, pennies: i64) {
        let is_new = self.last_contact != contact;
        if is_new {
            contact.clone_into(&mut self.last_contact);
            self.is_nobody = is_nobody(contact);
        }
        if self.is_nobody {
            self.contacts.note_nobody(id, pennies);
        } else if is_new || self.last_id != id {
            id.clone_into(&mut self.last_id);
            self.contacts.note(xxh3_64(contact.as_bytes()), xxh3_64(id.as_bytes()));
        }
    }
}

/// Whether a contact stands for nobody, as an id may: `CONSUMIDOR FINAL`, `000.000.000-00`.
pub(super) fn is_nobody(contact: &str) -> bool {
    flaw(contact, usize::MAX) == Some(IdFlaw::Placeholder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rows: &[(&str, &str)]) -> Contacts {
        let mut teller = Teller::default();
        rows.iter().for_each(|(id, contact)| teller.note(id, contact, 100));
        teller.contacts
    }

    #[test]
    fn a_contact_of_several_ids_is_seen_in_any_order() {
        let rows = [("1", "a@x.com"), ("1", "a@x.com"), ("2", "b@x.com"), ("3", "a@x.com")];
        assert_eq!(told(&rows).people(), (2, 1));
        let mut turned = rows;
        turned.reverse();
        assert_eq!(told(&turned).people(), (2, 1));
        let mut parts = told(&rows[..3]);
        parts.append(told(&rows[3..]));
        assert_eq!(parts.people(), (2, 1));
    }

    #[test]
    fn what_stands_for_nobody_tells_no_people() {
        let contacts = told(&[("1", "CONSUMIDOR FINAL"), ("1", "CONSUMIDOR FINAL"), ("2", "Ana Souza")]);
        assert_eq!(contacts.people(), (1, 0));
        assert_eq!(contacts.nobodies().get("1"), Some(&Met { rows: 2, pennies: 200 }));
    }
}
