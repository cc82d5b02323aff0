//! Where a segment can stand: its state by its habit.

use std::fmt;

/// How long a segment's customers have been silent, measured by the clock of the data. From best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Within the time in which about four in five repeat purchases come.
    Active,
    /// Beyond that, within the time in which about 19 of 20 repeat purchases come.
    Overdue,
    /// Beyond that too.
    Away,
    /// Away, and shown by the past to come back hardly ever: see [`crate::naming::Standing::gone`].
    Gone,
}

/// How often a segment's customers have purchased. From worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Habit {
    /// No purchase is left: they returned goods only.
    None,
    /// One purchase.
    Once,
    /// A few.
    Returning,
    /// Several.
    Regular,
    /// Many.
    Core,
    /// Very many.
    Devoted,
}

impl State {
    /// Every state, best first.
    pub const ALL: [Self; 4] = [Self::Active, Self::Overdue, Self::Away, Self::Gone];

    /// The state's name in a vocabulary file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Overdue => "overdue",
            Self::Away => "away",
            Self::Gone => "gone",
        }
    }
}

impl Habit {
    /// Every habit, worst first.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Once, Self::Returning, Self::Regular, Self::Core, Self::Devoted];

    /// The habit's name in a vocabulary file.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Once => "once",
            Self::Returning => "returning",
            Self::Regular => "regular",
            Self::Core => "core",
            Self::Devoted => "devoted",
        }
    }
}

/// One place in the cube.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    /// How long silent.
    pub state: State,
    /// How many purchases.
    pub habit: Habit,
}

impl Cell {
    /// Every cell: best state first, within it the best habit first.
    pub fn all() -> impl Iterator<Item = Self> {
        let habits = |state| Habit::ALL.into_iter().rev().map(move |habit| Self { state, habit });
        State::ALL.into_iter().flat_map(habits)
    }

    /// Whether it is at least as good in both and better in one.
    pub fn dominates(self, other: Self) -> bool {
        self != other && self.state <= other.state && self.habit >= other.habit
    }

    /// Its place in [`Cell::all`].
    pub(super) fn index(self) -> usize {
        self.state as usize * Habit::ALL.len() + (Habit::ALL.len() - 1 - self.habit as usize)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state \"{}\" with habit \"{}\"", self.state.name(), self.habit.name())
    }
}

/// From how many purchases (median of the segment) a habit holds. One purchase holds from 1, none below it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HabitBounds {
    /// From so many: returning.
    pub returning: f64,
    /// From so many: regular.
    pub regular: f64,
    /// From so many: core.
    pub core: f64,
    /// From so many: devoted.
    pub devoted: f64,
}

impl HabitBounds {
    /// The habit of that median number of purchases.
    pub fn habit(&self, purchases: f64) -> Habit {
        match purchases {
            n if n >= self.devoted => Habit::Devoted,
            n if n >= self.core => Habit::Core,
            n if n >= self.regular => Habit::Regular,
            n if n >= self.returning => Habit::Returning,
            n if n >= 1.0 => Habit::Once,
            _ => Habit::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_its_own_index() {
        assert!(Cell::all().map(Cell::index).eq(0..State::ALL.len() * Habit::ALL.len()));
    }

    #[test]
    fn a_habit_holds_from_its_bound_on() {
        let bounds = HabitBounds { returning: 2.0, regular: 5.0, core: 10.0, devoted: 20.0 };
        let habits = [0.0, 0.5, 1.0, 1.5, 2.0, 4.5, 5.0, 10.0, 19.5, 20.0].map(|n| bounds.habit(n));
        use Habit::*;
        assert_eq!(habits, [None, None, Once, Once, Returning, Returning, Regular, Core, Core, Devoted]);
    }

    #[test]
    fn a_better_cell_is_better_in_one_and_worse_in_none() {
        let cell = |state, habit| Cell { state, habit };
        let overdue_core = cell(State::Overdue, Habit::Core);
        assert!(overdue_core.dominates(cell(State::Away, Habit::Core)));
        assert!(overdue_core.dominates(cell(State::Overdue, Habit::Once)));
        assert!(!overdue_core.dominates(cell(State::Active, Habit::Once)));
        assert!(!overdue_core.dominates(overdue_core));
    }
}
