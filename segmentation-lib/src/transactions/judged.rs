//! The columns that are watched while rows are read: each distinct value is judged once a chunk.

use std::collections::BTreeSet;

use super::currency::Treatment;
use super::evidence::{COUNTED, Evidence};
use super::field::{Field, Row};
use super::header::{FLAGS, Flag, ROLES};
use super::mapping::Role;
use super::meaning::{MARKING, Marks, Meaning, is_check_out, meaning};
use super::memo::Memo;
use super::named_currency::code_among;
use super::number::currency_sign;
use super::plan::{Conventions, Plan};
use super::sales::{self, is_named, tells_sales};

/// What the watched columns say of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watched {
    pub meaning: Meaning,
    pub treatment: Treatment,
    /// Places of the values in their memos, by [`COUNTED`].
    places: [Option<u32>; COUNTED.len()],
    /// Places of the flags' values.
    flags: [Option<u32>; FLAGS],
}

const NOTHING: Watched = Watched {
    meaning: Meaning::Sale,
    treatment: Treatment::Keep,
    places: [None; COUNTED.len()],
    flags: [None; FLAGS],
};

/// The watched columns of a file.
pub(super) struct Judged {
    marking: Vec<Marking>,
    flags: Vec<Flagged>,
    conventions: Conventions,
    /// Values that the caller names as those of sales.
    sales: Vec<String>,
    currency: Option<Memo<Treatment>>,
    /// Amounts are looked at for signs of currencies.
    signs: bool,
    currencies: super::currency::Currencies,
    /// The currencies that the table's names say.
    named: BTreeSet<&'static str>,
}

struct Marking {
    role: Role,
    /// Its place in [`COUNTED`].
    at: usize,
    /// Whether the column is more than counted.
    used: bool,
    memo: Memo<Meaning>,
}

struct Flagged {
    flag: Flag,
    name: String,
    memo: Memo<Meaning>,
}

impl Judged {
    pub fn new(plan: &Plan<'_>) -> Self {
        let conventions = plan.conventions;
        let there = |(_, role): &(usize, Role)| plan.layout.column(*role).is_some();
        let marking = MARKING.into_iter().enumerate().filter(there).map(|(at, role)| Marking {
            role,
            at: place(role),
            used: !conventions.unmarked[at],
            memo: Memo::new(),
        });
        let currencies = plan.options.currencies.clone();
        let has_currencies = plan.layout.column(Role::Currency).is_some() || plan.shows_currencies;
        let flagged = |flag: &Flag| Flagged {
            flag: *flag,
            name: plan.layout.columns[flag.column].clone(),
            memo: Memo::new(),
        };
        Self {
            marking: marking.collect(),
            flags: plan.layout.flags().iter().map(flagged).collect(),
            conventions,
            sales: plan.options.sales.clone(),
            currency: has_currencies.then(Memo::new),
            signs: currencies.are_told_apart(),
            currencies,
            named: plan.named_currencies.clone(),
        }
    }

    /// Whether any column is watched.
    #[inline]
    pub fn is_watching(&self) -> bool {
        !self.marking.is_empty() || !self.flags.is_empty() || self.currency.is_some()
    }

    /// What the row's values say.
    #[inline]
    pub fn watch(&mut self, row: &Row<'_>) -> Watched {
        if !self.is_watching() && !self.signs { NOTHING } else { self.look(row) }
    }

    fn look(&mut self, row: &Row<'_>) -> Watched {
        let mut watched = NOTHING;
        let mut scratch = String::new();
        for marking in &mut self.marking {
            let Some(text) = row[marking.role as usize].id(&mut scratch) else { continue };
            let judge = |text: &str| match marking.used {
                true => said(text, marking.role, &self.conventions, &self.sales),
                false => Meaning::Sale,
            };
            let (said, place) = marking.memo.look_up(text, judge);
            watched.places[marking.at] = place.map(|place| place as u32);
            watched.meaning = graver(watched.meaning, said);
        }
        for (at, flagged) in self.flags.iter_mut().enumerate() {
            let Some(text) = row[ROLES + at].id(&mut scratch) else { continue };
            let (said, place) = flagged.memo.look_up(text, |text| flagged.flag.says.of(text));
            watched.flags[at] = place.map(|place| place as u32);
            watched.meaning = graver(watched.meaning, if flagged.flag.used { said } else { Meaning::Sale });
        }
        let (currencies, named) = (&self.currencies, &self.named);
        if let Some(memo) = &mut self.currency
            && let Some(text) = row[Role::Currency as usize].id(&mut scratch)
        {
            let (treatment, place) =
                memo.look_up(text, |text| currencies.treatment(&code_among(text, named)));
            watched.places[place_of_currency()] = place.map(|place| place as u32);
            watched.treatment = treatment;
        } else if self.signs {
            let sign = |role: Role| match row[role as usize] {
                Field::Text(text) => currency_sign(text),
                _ => None,
            };
            watched.treatment = sign(Role::Amount)
                .or_else(|| sign(Role::Price))
                .map(|sign| code_among(sign, named))
                .or_else(|| named.first().map(|code| (*code).to_owned()))
                .map_or(Treatment::Keep, |code| currencies.treatment(&code));
        }
        watched
    }

    /// Counts a row of `pennies` under its values.
    #[inline]
    pub fn count(&mut self, watched: Watched, pennies: i64) {
        for marking in &mut self.marking {
            if let Some(place) = watched.places[marking.at] {
                marking.memo.count(place as usize, pennies);
            }
        }
        for (at, flagged) in self.flags.iter_mut().enumerate() {
            if let Some(place) = watched.flags[at] {
                flagged.memo.count(place as usize, pennies);
            }
        }
        // What is no sale, and what is removed for its currency, says nothing of the currencies that are added up.
        if watched.meaning != Meaning::NotASale
            && watched.treatment == Treatment::Keep
            && let (Some(memo), Some(place)) = (&mut self.currency, watched.places[place_of_currency()])
        {
            memo.count(place as usize, pennies);
        }
    }

    /// Hands what was counted to `evidence`.
    pub fn finish(&mut self, evidence: &mut Evidence) {
        for marking in self.marking.drain(..) {
            evidence.values[marking.at].add(marking.memo.into_counts());
        }
        for Flagged { flag, name, memo } in self.flags.drain(..) {
            evidence.add_flag(name, flag, memo.into_counts());
        }
        if let Some(memo) = self.currency.take() {
            evidence.values[place_of_currency()].add(memo.into_counts());
        }
    }
}

fn place(role: Role) -> usize {
    COUNTED.iter().position(|counted| *counted == role).expect("every marking role is counted")
}

const fn place_of_currency() -> usize {
    COUNTED.len() - 1
}

/// What a value of a role's column says of its row; `sales` are the values that the caller names as those of sales.
pub(super) fn said(text: &str, role: Role, conventions: &Conventions, sales: &[String]) -> Meaning {
    if tells_sales(role) && is_named(text, sales) {
        return Meaning::Sale;
    }
    let by_itself = match marks(role, conventions.states_are_kinds) {
        Marks::Kind => conventions.kinds.meaning(text),
        Marks::State if conventions.stays && is_check_out(text) => Meaning::Sale,
        marks => meaning(text, marks),
    };
    let others_are_none = sales::place(role).is_some_and(|at| conventions.named_sales[at]);
    if others_are_none && by_itself != Meaning::Refund { Meaning::NotASale } else { by_itself }
}

/// How the values of a role's column are read.
fn marks(role: Role, states_are_kinds: bool) -> Marks {
    match role {
        Role::Cancelled => Marks::Cancellation,
        Role::Type => Marks::Kind,
        _ if states_are_kinds => Marks::Kind,
        _ => Marks::State,
    }
}

/// Of what two columns say: no sale before a refund before a sale.
fn graver(one: Meaning, other: Meaning) -> Meaning {
    match (one, other) {
        (Meaning::NotASale, _) | (_, Meaning::NotASale) => Meaning::NotASale,
        (Meaning::Refund, _) | (_, Meaning::Refund) => Meaning::Refund,
        _ => Meaning::Sale,
    }
}
