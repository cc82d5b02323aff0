//! Columns that stand in the names of directories, as Hive writes them: `currency=USD/part.parquet`.
//!
//! Files are read one by one, and such a column is in none of them.

use super::error::TransactionsError;
use super::header::{Layout, Says};
use super::mapping::Role;
use super::normal::normalized;
use super::pass::Pass;
use crate::record::WarningKind;

/// Roles that only tell more of a purchase: without them no figure is wrong.
const BESIDE: [Role; 4] = [Role::Product, Role::Description, Role::Country, Role::Contact];

impl Pass<'_> {
    /// # Errors
    /// A directory's name holds a column that no column of the file stands in for; `without` is the layout that the file has
    /// by itself.
    pub(super) fn refuse_partitions(
        &self,
        place: &str,
        columns: &[String],
        without: Option<&Layout>,
    ) -> Result<(), TransactionsError> {
        for (key, directory) in self.partitions(place) {
            let Some(with) = self.with_partition(columns, &key) else { continue };
            let plays = |role: &Role| {
                let is_new = without.is_none_or(|layout| layout.column(*role).is_none());
                is_new && with.column(*role) == Some(columns.len())
            };
            if let Some(role) = Role::ALL.into_iter().filter(|role| !BESIDE.contains(role)).find(plays) {
                // An address holds its directories.
                let place = match place.contains(&directory) {
                    true => place.to_owned(),
                    false => format!("{directory}/{place}"),
                };
                return Err(TransactionsError::Partitioned { place, role, column: key });
            }
        }
        Ok(())
    }

    /// Warns of what the names of directories say beside that.
    pub(super) fn warn_of_partitions(&mut self, place: &str, layout: &Layout) {
        for (key, _) in self.partitions(place) {
            let Some(with) = self.with_partition(&layout.columns, &key) else { continue };
            let at = layout.columns.len();
            let tells_more = |role: Role| layout.column(role).is_none() && with.column(role) == Some(at);
            let marks = with
                .flags()
                .iter()
                .any(|flag| flag.column == at && !matches!(flag.says, Says::Remark | Says::Entry));
            if marks || BESIDE.into_iter().any(tells_more) {
                self.warn(
                    WarningKind::UnusedColumn,
                    format!("{key} is not used: it stands in the names of directories alone"),
                    format!("{key} não é usada: está só nos nomes dos diretórios"),
                );
            }
        }
    }

    /// The columns in the names of a place's directories, each with the name.
    fn partitions(&self, place: &str) -> Vec<(String, String)> {
        let of = |path: &str| -> Vec<(String, String)> {
            // The last part is the file.
            let directories = path.rsplit(['/', '\\']).skip(1);
            let pair = |name: &str| Some((name.split_once('=')?.0.to_owned(), name.to_owned()));
            directories.filter_map(pair).filter(|(key, _)| !key.is_empty()).collect()
        };
        let mut found = of(&self.path);
        found.extend(of(place));
        found
    }

    /// The layout of the columns and one that a directory's name holds; none where the file holds it too.
    fn with_partition(&self, columns: &[String], key: &str) -> Option<Layout> {
        let is_it = |column: &String| normalized(column) == normalized(key);
        if columns.iter().any(is_it) {
            return None;
        }
        let all: Vec<String> = columns.iter().cloned().chain([key.to_owned()]).collect();
        self.settle_columns(&all).ok()
    }
}
