//! Where the customers of an earlier day are now.

use std::collections::BTreeMap;

use super::Replay;
use crate::profile::Profiles;
use crate::record::Localized;

/// How many customers went from which segment to which.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// The segments of the earlier day, then `not yet a customer`.
    pub from: Vec<Localized>,
    /// The segments of the later day.
    pub to: Vec<Localized>,
    /// `customers[from][to]`.
    pub customers: Vec<Vec<u64>>,
}

impl Movement {
    /// Share of the customers of both days whose segment has the same name on both.
    pub fn stayed(&self) -> f64 {
        let known = self.customers.iter().zip(&self.from).take(self.from.len() - 1);
        let (mut same, mut all) = (0, 0);
        for (row, from) in known {
            all += row.iter().sum::<u64>();
            same += row.iter().zip(&self.to).filter(|(_, to)| *to == from).map(|(n, _)| n).sum::<u64>();
        }
        if all == 0 { 0.0 } else { same as f64 / all as f64 }
    }

    /// The first segment's name, and the share of its customers who carry it still; nothing where no
    /// segment carries it now.
    pub fn top_that_stayed(&self) -> Option<(&Localized, f64)> {
        let (row, name) = (self.customers.first()?, self.from.first()?);
        let column = self.to.iter().position(|to| to == name)?;
        Some((name, row[column] as f64 / row.iter().sum::<u64>().max(1) as f64))
    }

    /// Without rows of nobody.
    pub fn of_somebody(&self) -> Self {
        let rows = self.from.iter().zip(&self.customers).filter(|(_, row)| row.iter().any(|&n| n > 0));
        let (from, customers) = rows.map(|(name, row)| (name.clone(), row.clone())).unzip();
        Self { from, to: self.to.clone(), customers }
    }
}

/// From an earlier day to the segments of now, whose customers are `ids`. Cost: n log n.
pub fn movement(earlier: &Replay, ids: &[String], now: &Profiles) -> Movement {
    let was: BTreeMap<&str, usize> = earlier
        .ids
        .iter()
        .map(String::as_str)
        .zip(earlier.profiles.segment_ids.iter().map(|&id| usize::from(id) - 1))
        .collect();
    let newcomers = earlier.profiles.segments.len();
    let mut customers = vec![vec![0; now.segments.len()]; newcomers + 1];
    for (id, &segment) in ids.iter().zip(&now.segment_ids) {
        let from = was.get(id.as_str()).copied().unwrap_or(newcomers);
        customers[from][usize::from(segment) - 1] += 1;
    }
    let names = |profiles: &Profiles| profiles.segments.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
    let mut from = names(&earlier.profiles);
    from.push(Localized { en: "not yet a customer".to_owned(), pt_br: "ainda não era cliente".to_owned() });
    Movement { from, to: names(now), customers }
}

#[cfg(test)]
mod tests {
    use super::super::replay;
    use super::super::sample::run;
    use super::*;
    use crate::progress::Progress;

    #[test]
    fn everybody_of_the_later_day_comes_from_somewhere() {
        let run = run();
        let day = "2013-05-01".parse().expect("a day");
        let (scalings, segments) = (run.matrix.scalings(), &run.snapshot.segments);
        let earlier =
            replay(&run.transactions, day, scalings, segments, &Progress::silent()).expect("placed");
        let ids = run.matrix.ids();
        assert!(earlier.ids.len() < ids.len());
        let found = movement(&earlier, ids, &run.profiles);
        assert_eq!(found.customers.iter().flatten().sum::<u64>(), ids.len() as u64);
        let newcomers = found.customers.last().expect("the last row").iter().sum::<u64>() as usize;
        assert_eq!(newcomers, ids.len() - earlier.ids.len());
    }

    #[test]
    fn staying_counts_customers_of_both_days_by_name() {
        let name = |&s: &&str| Localized { en: s.to_owned(), pt_br: s.to_lowercase() };
        let names = |n: &[&str]| n.iter().map(name).collect::<Vec<_>>();
        let found = Movement {
            from: names(&["A", "B", "not yet a customer"]),
            to: names(&["B", "A"]),
            customers: vec![vec![1, 3], vec![4, 0], vec![9, 9]],
        };
        assert_eq!(found.stayed(), 7.0 / 8.0);
        assert_eq!(found.top_that_stayed(), Some((&name(&"A"), 0.75)));
        let nobody_new = Movement { customers: vec![vec![1, 3], vec![4, 0], vec![0, 0]], ..found };
        assert_eq!(nobody_new.of_somebody().from, names(&["A", "B"]));
    }
}
