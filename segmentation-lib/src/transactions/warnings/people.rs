//! Who the customers are, by a column beside their ids.

use super::super::mapping::Role;
use super::super::normal::normalized;
use super::super::per_order::Ids;
use super::Found;
use crate::record::WarningKind;
use crate::wording::{counted, integer, money, portuguese};

/// People with several ids from which on it is told, and their smallest share of all.
const FEWEST: u64 = 10;
const SHARE: f64 = 0.1;

/// Most ids that stand for nobody by their name; where more do, names are missing.
const NOBODIES: usize = 5;

impl<'a> Found<'a> {
    /// What decides whether ids of customers are ids of orders.
    pub fn ids_in_doubt(&self) -> Ids {
        Ids {
            column: self.column(Role::Customer).unwrap_or_default().to_owned(),
            is_given: self.options.mapping.get(Role::Customer).is_some(),
            better: self.better_id().map(|(column, people, _)| (column.to_owned(), people)),
        }
    }

    /// A column that tells people apart many of whom have several ids, how many it tells, and how many of them have
    /// several. A name tells none: others have the same.
    fn better_id(&self) -> Option<(&'a str, u64, u64)> {
        let column = self.column(Role::Contact).filter(|column| !is_of_names(column))?;
        let (people, several) = self.evidence().told.people();
        (several >= FEWEST && several as f64 >= SHARE * people as f64).then_some((column, people, several))
    }

    pub(super) fn people_of_several_ids(&mut self) {
        let Some((better, people, several)) = self.better_id() else { return };
        let column = self.column(Role::Customer).unwrap_or_default();
        let (n, m) = (integer(people), integer(several));
        self.warn(
            WarningKind::TwinIds,
            format!(
                "{better} tells {n} people apart, {m} of whom have several ids in {column}: each id counts as a customer; {better} \
                 may be the better customer"
            ),
            format!(
                "{better} distingue {} pessoas, {} delas com vários identificadores em {column}: cada um conta como cliente; \
                 {better} pode ser um cliente melhor",
                portuguese(&n),
                portuguese(&m)
            ),
        );
    }

    /// Ids beside which nobody is named: code 1 is CONSUMIDOR FINAL.
    pub(super) fn named_nobody(&mut self) {
        let nobodies = self.evidence().told.nobodies();
        let Some(column) = self.column(Role::Contact).filter(|column| is_of_names(column)) else { return };
        let few = nobodies.len() as u64 * FEWEST <= self.collected.customers;
        if nobodies.is_empty() || nobodies.len() > NOBODIES || !few {
            return;
        }
        let rows: u64 = nobodies.values().map(|met| met.rows).sum();
        let pennies: i128 = nobodies.values().map(|met| met.pennies).sum();
        let m = money(i64::try_from(pennies).unwrap_or(i64::MAX));
        let ids = nobodies.keys().map(|id| format!("{id:?}")).collect::<Vec<_>>().join(", ");
        let (n, pt) = (counted(rows, "row", "rows"), counted(rows, "linha", "linhas"));
        self.warn(
            WarningKind::PlaceholderCustomers,
            format!(
                "{n} with {m} count for a customer whose name in {column} stands for nobody ({ids}): leave the rows out, or blank \
                 the id"
            ),
            format!(
                "{} com {} contam para um cliente cujo nome em {column} não é de ninguém ({ids}): deixe as linhas de fora, ou \
                 esvazie o identificador",
                portuguese(&pt),
                portuguese(&m)
            ),
        );
    }
}

/// Whether a column holds names of people.
fn is_of_names(column: &str) -> bool {
    let name = normalized(column);
    ["name", "nome", "nombre", "nom"].iter().any(|part| name.contains(part))
}
