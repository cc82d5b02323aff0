//! Who the customers are: ids that stand for nobody, for many, or for one another.

use std::collections::BTreeMap;

use super::super::error::TransactionsError;
use super::super::identity::{Sameness, sameness};
use super::super::mapping::Role;
use super::super::placeholder::{IdFlaw, is_long_number};
use super::super::rules::Rule;
use super::{Found, Rows};
use crate::record::WarningKind;
use crate::wording::{integer, money, percent, portuguese};

/// Share of the rows kept from which on one id is suspicious, where there are enough others.
const LARGE: f64 = 0.1;

/// How many times the mean share that is, at least.
const TIMES: f64 = 5.0;

/// With fewer customers or rows a large share says nothing.
const FEWEST: u64 = 10;

impl Found<'_> {
    /// # Errors
    /// Ids that a spreadsheet has shortened, in two rows or more: which customers they were is lost.
    pub fn refuse_shortened_ids(&self) -> Result<(), TransactionsError> {
        // One long number with its last digits says that none was rounded.
        let whole =
            |(id, flaw, _): (&str, Option<IdFlaw>, u64)| flaw != Some(IdFlaw::Rounded) && is_long_number(id);
        let rounded = !self.collected.ids.iter().any(whole);
        let is_shortened = |flaw: Option<IdFlaw>| {
            flaw == Some(IdFlaw::Scientific) || rounded && flaw == Some(IdFlaw::Rounded)
        };
        let shortened = || self.collected.ids.iter().filter(|(_, flaw, _)| is_shortened(*flaw));
        let rows: u64 = shortened().map(|(_, _, rows)| rows).sum();
        if rows < 2 {
            return Ok(());
        }
        let largest = shortened().max_by_key(|(id, _, rows)| (*rows, std::cmp::Reverse(*id)));
        Err(TransactionsError::ShortenedIds {
            column: self.column(Role::Customer).unwrap_or_default().to_owned(),
            ids: shortened().count() as u64,
            rows,
            example: largest.map(|(id, _, _)| id.to_owned()).unwrap_or_default(),
        })
    }

    pub(super) fn ids(&mut self) {
        self.placeholders();
        self.large();
        self.namesakes();
        self.people_of_several_ids();
        self.named_nobody();
        self.twins();
    }

    /// Names for ids, while another column tells more people apart.
    fn namesakes(&mut self) {
        const MORE: f64 = 1.1;
        let (customers, people) = (self.collected.customers, self.evidence().people.len() as u64);
        let Some(contact) = self.column(Role::Contact) else { return };
        if customers < FEWEST || (people as f64) < customers as f64 * MORE {
            return;
        }
        let column = self.column(Role::Customer).unwrap_or_default().to_owned();
        let (n, m, contact) = (integer(people), integer(customers), contact.to_owned());
        self.warn(
            WarningKind::LargeCustomer,
            format!(
                "{contact} tells {n} people apart, {column} only {m}: customers of one name count as one"
            ),
            format!(
                "{contact} distingue {} pessoas, {column} só {}: clientes de mesmo nome contam como um",
                portuguese(&n),
                portuguese(&m)
            ),
        );
    }

    fn placeholders(&mut self) {
        let Some((rows, pennies)) = self.removed(Rule::PlaceholderCustomer) else { return };
        let share = super::super::losses::share(&self.collected.ledger.lines, Rule::PlaceholderCustomer);
        let mut ids: Vec<String> = self
            .collected
            .ids
            .iter()
            .filter(|(_, flaw, _)| *flaw == Some(IdFlaw::Placeholder))
            .map(|(id, _, _)| format!("{id:?}"))
            .collect();
        ids.sort();
        ids.truncate(6);
        let (n, share, m, ids) = (Rows(rows), percent(share), money(pennies), ids.join(", "));
        let (en, pt) = self.other_column();
        self.warn(
            WarningKind::PlaceholderCustomers,
            format!("{n} ({share}) with {m} removed: by their id they belong to nobody ({ids}){en}"),
            format!(
                "removidas {} ({}) com {}: pelo identificador não são de ninguém ({ids}){pt}",
                n.linhas(),
                portuguese(&share),
                portuguese(&m)
            ),
        );
    }

    /// A column that tells apart whom the ids do not.
    fn other_column(&self) -> (String, String) {
        let (Some(column), people) = (self.column(Role::Contact), self.evidence().contacts.len()) else {
            return Default::default();
        };
        if people < 2 {
            return Default::default();
        }
        let people = integer(people as u64);
        (
            format!("; {column} tells {people} customers apart in them: it may be the better id"),
            format!(
                "; {column} distingue {} clientes nelas: pode ser um identificador melhor",
                portuguese(&people)
            ),
        )
    }

    fn large(&mut self) {
        let (rows, customers) = (self.collected.rows, self.collected.customers);
        let Some((id, _, most)) =
            self.collected.ids.iter().max_by_key(|(id, _, rows)| (*rows, std::cmp::Reverse(*id)))
        else {
            return;
        };
        let share = most as f64 / rows as f64;
        if customers < FEWEST || most < FEWEST || share < LARGE.max(TIMES / customers as f64) {
            return;
        }
        let (n, share, id) = (integer(most), percent(share), id.to_owned());
        let (en, pt) = match self.column(Role::Contact) {
            Some(column) => (
                format!("; {column} may tell these customers apart"),
                format!("; {column} pode distinguir esses clientes"),
            ),
            None => Default::default(),
        };
        self.warn(
            WarningKind::LargeCustomer,
            format!("customer {id:?} has {n} rows, {share} of all: it may stand for many{en}"),
            format!(
                "o cliente {id:?} tem {} linhas, {} do total: pode representar muitos{pt}",
                portuguese(&n),
                portuguese(&share)
            ),
        );
    }

    /// Ids that are one but for case, spaces, or characters that cannot be seen.
    fn twins(&mut self) {
        let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let kept = self.collected.ids.iter().filter(|(_, _, rows)| *rows > 0);
        for (id, _, _) in kept {
            if let Some(key) = sameness(id, &Sameness::ALL).or_else(|| without_zeros(id)) {
                groups.entry(key).or_default().push(id);
            }
        }
        // An id that is its own key has no entry of its own unless another leads to it.
        let written = self.collected.ids.iter().filter(|(_, _, rows)| *rows > 0).map(|(id, _, _)| id);
        for id in written {
            if let Some(group) = groups.get_mut(id)
                && !group.contains(&id)
            {
                group.push(id);
            }
        }
        let mut twins: Vec<Vec<&str>> = groups.into_values().filter(|group| group.len() > 1).collect();
        if twins.is_empty() {
            return;
        }
        twins.iter_mut().for_each(|group| group.sort_unstable());
        let ids: usize = twins.iter().map(Vec::len).sum();
        let (n, m) = (integer(ids as u64), integer(twins.len() as u64));
        let shown: Vec<String> = twins.iter().take(3).map(|group| format!("{group:?}")).collect();
        let shown = shown.join(", ");
        let (en, pt) = match self.is_named_email(Role::Customer) {
            true => (
                "; addresses are the same in upper and lower case",
                "; endereços são iguais em maiúsculas e minúsculas",
            ),
            false => ("", ""),
        };
        self.warn(
            WarningKind::TwinIds,
            format!("{n} ids look like {m} customers, apart in case, spaces, zeros in front, marks between digits or hidden characters only: {shown}{en}"),
            format!(
                "{} identificadores parecem {} clientes, diferentes só em maiúsculas, espaços, zeros à esquerda, sinais entre os dígitos ou caracteres ocultos: {shown}{pt}",
                portuguese(&n),
                portuguese(&m)
            ),
        );
    }
}

/// A number without the zeros in front, which a spreadsheet drops where it takes an id for a number.
fn without_zeros(id: &str) -> Option<String> {
    let number = id.bytes().all(|b| b.is_ascii_digit()).then(|| id.trim_start_matches('0'))?;
    (!number.is_empty() && number.len() < id.len()).then(|| number.to_owned())
}
