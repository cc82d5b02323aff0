//! What a segment's name says that its median customer of this run is not: names are of the fit, medians of the run.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::Subject;
use super::lines::{joined, listed};
use crate::naming::{Clock, Told, outdated, texts_of};
use crate::record::{Localized, Unit};
use crate::vocabulary::{Cell, Habit, HabitBounds, Median, State, Vocabulary};
use crate::wording::{decimal, feature, filled, integer, portuguese};

/// The names of which it is known here where they hold: cards are made without the text of a shop's own vocabulary.
static NAMES: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::bundled_with_outlook);

/// What sentences begin with that say of the usual customer that it made one purchase, whoever wrote them.
const ONE: [&str; 2] = ["Mostly one purchase", "Em geral, uma única compra"];

impl Subject<'_> {
    /// The sentence of a name as it can stand beside the figures of this run: where they say otherwise of the median
    /// customer, they take its place.
    pub(super) fn of_this_run(&self, sentence: Localized) -> Localized {
        if self.segment.customers == 0 {
            return sentence;
        }
        let untrue = [self.other_silence(), self.other_habit(&sentence), self.other_beginning()];
        let untrue: Vec<Localized> = untrue.into_iter().flatten().collect();
        let is_true = untrue.is_empty();
        let Some(figures) = listed(untrue.into_iter().chain(self.other_number())) else { return sentence };
        let start = if is_true {
            joined(&sentence, "", &said("; the name is of the fit: tonight", "; o nome é do ajuste: hoje"))
        } else {
            said("The name is of the fit: tonight", "O nome é do ajuste: hoje")
        };
        joined(&start, " ", &figures)
    }

    /// Days since the last purchase of the median customer, where that is beyond the days in which most come back.
    pub(super) fn late(&self) -> Option<f64> {
        let recency = self.feature("recency")?.median;
        let clock = &self.manifest.naming.as_ref()?.clock;
        Some(recency).filter(|_| clock.state(recency) != State::Active)
    }

    /// The same days where the name is one of late customers, and the median customer is late no more.
    pub(super) fn back_in_rhythm(&self) -> Option<f64> {
        let (recency, side, _) = self.silence_outside()?;
        Some(recency).filter(|_| side == Ordering::Less && self.late().is_none())
    }

    /// The key of the vocabulary and the cells in which that name can hold; none where its vocabulary is not known here.
    fn known(&self) -> Option<(String, Vec<Cell>)> {
        let naming = self.manifest.naming.as_ref()?;
        let texts = texts_of(&self.segment.key, &naming.clock, &NAMES)?;
        let is_known = NAMES.has_names_of(&naming.vocabulary_sha256)
            || self.segment.condition.as_ref() == Some(&texts.description);
        let cells = NAMES.segments.cells(&texts.key);
        (is_known && !cells.is_empty()).then_some((texts.key, cells))
    }

    /// The median silence, in days, where the name says another: on which side of it, and what the name says.
    fn silence_outside(&self) -> Option<(f64, Ordering, Localized)> {
        let (_, cells) = self.known()?;
        let recency = self.feature("recency")?.median;
        let (over, up_to) = days(&cells, &self.manifest.naming.as_ref()?.clock);
        let named = || range(over.map(|days| days + 1), up_to);
        if up_to.is_some_and(|days| recency > f64::from(days)) {
            return Some((recency, Ordering::Greater, named()));
        }
        let is_shorter = over.is_some_and(|days| recency <= f64::from(days));
        is_shorter.then(|| (recency, Ordering::Less, named()))
    }

    fn other_silence(&self) -> Option<Localized> {
        let (recency, side, named) = self.silence_outside()?;
        let [en, pt_br] = match side {
            Ordering::Greater => [
                "half or more have been silent for {} days or longer",
                "pelo menos metade está há {} dias ou mais sem comprar",
            ],
            _ => [
                "half or more last purchased within {} days",
                "pelo menos metade comprou há no máximo {} dias",
            ],
        };
        Some(against(&with_number(en, pt_br, &feature(recency, Unit::Days)), &named))
    }

    /// How often half of them purchased, where the name or its sentence says otherwise.
    fn other_habit(&self, sentence: &Localized) -> Option<Localized> {
        let purchases = self.feature("frequency")?.median;
        let habit = NAMES.habits.habit(purchases);
        let cells = self.known().map_or_else(Vec::new, |(_, cells)| cells);
        let habits = || cells.iter().map(|cell| cell.habit);
        if let (Some(least), Some(most)) = (habits().min(), habits().max()) {
            let named = range(Some(start(least, &NAMES.habits)), end(most, &NAMES.habits));
            if habit < least {
                let at_most = integer(purchases.floor() as i64);
                let few =
                    ["half or more made at most {} purchases", "pelo menos metade fez no máximo {} compras"];
                return Some(against(&with_number(few[0], few[1], &at_most), &named));
            }
            if habit > most {
                return Some(against(&made(purchases), &named));
            }
        }
        let says_one = sentence.en.starts_with(ONE[0]) || sentence.pt_br.starts_with(ONE[1]);
        (says_one && purchases >= 2.0).then(|| made(purchases))
    }

    /// The median days since the first purchase, where the name says fewer.
    fn other_beginning(&self) -> Option<Localized> {
        let (key, _) = self.known()?;
        let name = NAMES.segments.names().iter().find(|name| name.wording.key == key)?;
        let within = name.first_purchase_within_days?;
        let tenure = self.feature("tenure")?.median;
        let first = [
            "half or more first purchased {} days ago or earlier",
            "pelo menos metade comprou pela primeira vez há {} dias ou mais",
        ];
        let said = || with_number(first[0], first[1], &feature(tenure, Unit::Days));
        (tenure > f64::from(within)).then(|| against(&said(), &range(None, Some(within))))
    }

    /// The figure by which the name is told apart from others, where it is another in this run.
    fn other_number(&self) -> Option<Localized> {
        let spend = self.segment.known_revenue_share().map(|share| share / self.segment.customer_share);
        let told = outdated(&self.segment.key, |median| self.median(median), spend)?;
        let Told::Median(of) = told else {
            let times = decimal(spend?, 2);
            return Some(with_number(
                "a customer brought {} times the average",
                "cada cliente trouxe {} vezes a média",
                &times,
            ));
        };
        let value = self.median(of)?;
        let [en, pt_br] = match of {
            Median::Monetary => {
                let amount = self.amount((value * 100.0).round() as i64);
                return Some(joined(&said("the median spend is", "o gasto mediano é de"), " ", &amount));
            }
            Median::Frequency => ["the median number of purchases is {}", "o número mediano de compras é {}"],
            Median::Recency => {
                ["the median last purchase was {} days ago", "a última compra mediana foi há {} dias"]
            }
            Median::Tenure => {
                ["the median first purchase was {} days ago", "a primeira compra mediana foi há {} dias"]
            }
        };
        Some(with_number(en, pt_br, &feature(value, Unit::Days)))
    }

    /// A median of this run as names show it: money in currency units.
    fn median(&self, of: Median) -> Option<f64> {
        match of {
            Median::Recency => Some(self.feature("recency")?.median),
            Median::Frequency => Some(self.feature("frequency")?.median),
            Median::Monetary => Some(self.feature("monetary")?.median / 100.0),
            Median::Tenure => Some(self.feature("tenure")?.median),
        }
    }
}

/// The days of silence that a name with these cells stands for: more than the first, up to the second.
fn days(cells: &[Cell], clock: &Clock) -> (Option<u32>, Option<u32>) {
    let states = || cells.iter().map(|cell| cell.state);
    let over = match states().min() {
        Some(State::Overdue) => Some(clock.active_days),
        Some(State::Away | State::Gone) => Some(clock.away_days),
        Some(State::Active) | None => None,
    };
    let up_to = match states().max() {
        Some(State::Active) => Some(clock.active_days),
        Some(State::Overdue) => Some(clock.away_days),
        Some(State::Away | State::Gone) | None => None,
    };
    (over, up_to)
}

/// From how many purchases on a habit holds.
fn start(habit: Habit, bounds: &HabitBounds) -> u32 {
    let purchases = match habit {
        Habit::None => 0.0,
        Habit::Once => 1.0,
        Habit::Returning => bounds.returning,
        Habit::Regular => bounds.regular,
        Habit::Core => bounds.core,
        Habit::Devoted => bounds.devoted,
    };
    purchases as u32
}

/// The most purchases of a habit; none of the highest.
fn end(habit: Habit, bounds: &HabitBounds) -> Option<u32> {
    let next = Habit::ALL.into_iter().find(|next| *next > habit)?;
    Some(start(next, bounds).saturating_sub(1))
}

fn made(purchases: f64) -> Localized {
    let at_least = integer(purchases.ceil() as i64);
    with_number(
        "half or more made at least {} purchases",
        "pelo menos metade fez pelo menos {} compras",
        &at_least,
    )
}

/// What a name stands for, from the first number to the second.
fn range(from: Option<u32>, to: Option<u32>) -> Localized {
    match (from.map(integer), to.map(integer)) {
        (Some(from), Some(to)) if from == to => with_number("{}", "{}", &to),
        (Some(from), Some(to)) => Localized {
            en: format!("{from} to {to}"),
            pt_br: format!("de {} a {}", portuguese(&from), portuguese(&to)),
        },
        (Some(from), None) => with_number("{} or more", "{} ou mais", &from),
        (None, Some(to)) => with_number("up to {}", "até {}", &to),
        (None, None) => said("any number", "qualquer número"),
    }
}

/// A figure of the run with what the name says instead.
fn against(figure: &Localized, named: &Localized) -> Localized {
    Localized {
        en: format!("{} (the name says {})", figure.en, named.en),
        pt_br: format!("{} (o nome diz {})", figure.pt_br, named.pt_br),
    }
}

fn with_number(en: &str, pt_br: &str, number: &str) -> Localized {
    Localized { en: filled(en, "{}", number), pt_br: filled(pt_br, "{}", &portuguese(number)) }
}

fn said(en: &str, pt_br: &str) -> Localized {
    Localized { en: en.to_owned(), pt_br: pt_br.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_the_days_and_the_purchases_of_its_cells() {
        let clock = Clock { usual_days: 30, active_days: 45, away_days: 180, gaps: 100, within: None };
        let named = |key: &str| {
            let cells = NAMES.segments.cells(key);
            let (over, up_to) = days(&cells, &clock);
            let habits = || cells.iter().map(|cell| cell.habit);
            let (least, most) = (habits().min().expect("a cell"), habits().max().expect("a cell"));
            let purchases = range(Some(start(least, &NAMES.habits)), end(most, &NAMES.habits));
            (range(over.map(|days| days + 1), up_to).en, purchases.en)
        };
        let both = |days: &str, purchases: &str| (days.to_owned(), purchases.to_owned());
        assert_eq!(named("champions"), both("up to 45", "10 or more"));
        assert_eq!(named("about_to_sleep"), both("46 to 180", "1"));
        assert_eq!(named("at_risk"), both("181 or more", "5 to 9"));
        assert_eq!(named("returns_only"), both("any number", "0"));
    }
}
