//! Purchase histories, equal ones counted once.

use rayon::prelude::*;

use super::LifetimeError;

/// What the models know of a customer: (x, t_x, T).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    /// Repeat purchases, the first not counted: x.
    pub frequency: u32,
    /// Time from the first to the last purchase: t_x. 0 without a repeat purchase.
    pub recency: f64,
    /// Time from the first purchase to the end of the observation: T. Same unit as `recency`.
    pub age: f64,
}

impl History {
    /// A customer with `frequency` repeat purchases, the last `recency` after the first, seen for `age`.
    pub fn new(frequency: u32, recency: f64, age: f64) -> Self {
        Self { frequency, recency, age }
    }

    fn is_possible(&self) -> bool {
        let ordered = 0.0 <= self.recency && self.recency <= self.age && self.age.is_finite();
        ordered && (self.frequency > 0) == (self.recency > 0.0)
    }

    /// Ascending by x, t_x, T. The bits of numbers that are not negative ascend with the numbers.
    fn key(&self) -> (u32, u64, u64) {
        (self.frequency, self.recency.to_bits(), self.age.to_bits())
    }
}

/// Customers that one thread sorts sooner than several.
const FEW: usize = 10_000;

/// Checked histories of customers. Equal ones are one row with a count, so that every sum and every
/// forecast is worked out once for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Histories {
    rows: Vec<History>,
    counts: Vec<f64>,
    row_of: Vec<u32>,
    /// The number of customers at each frequency that occurs, ascending.
    frequencies: Vec<(u32, f64)>,
}

impl Histories {
    /// Checks and groups. Cost: O(n log n).
    ///
    /// # Errors
    /// [`LifetimeError::ImpossibleHistory`] names the first customer with a history that cannot be.
    pub fn new(customers: &[History]) -> Result<Self, LifetimeError> {
        if let Some((row, bad)) = customers.iter().enumerate().find(|(_, c)| !c.is_possible()) {
            let History { frequency, recency, age } = *bad;
            return Err(LifetimeError::ImpossibleHistory { row, frequency, recency, age });
        }
        // Adding zero turns a negative zero, whose bits would sort last, into zero.
        let key = |i: u32| {
            let c = customers[i as usize];
            (History { recency: c.recency + 0.0, age: c.age + 0.0, ..c }.key(), i)
        };
        let mut order: Vec<_> = (0..customers.len() as u32).map(key).collect();
        // Waking the pool takes longer than sorting a few.
        if order.len() < FEW {
            order.sort_unstable()
        } else {
            order.par_sort_unstable()
        }
        let (rows, counts, frequencies) = Default::default();
        let mut grouped = Self { rows, counts, row_of: vec![0; customers.len()], frequencies };
        let mut last = None;
        for (key, customer) in order {
            if last != Some(key) {
                grouped.rows.push(customers[customer as usize]);
                grouped.counts.push(0.0);
                last = Some(key);
            }
            *grouped.counts.last_mut().expect("pushed above") += 1.0;
            grouped.row_of[customer as usize] = grouped.rows.len() as u32 - 1;
        }
        Ok(grouped.with_frequencies())
    }

    /// Customers.
    pub fn len(&self) -> usize {
        self.row_of.len()
    }

    /// Whether there are no customers.
    pub fn is_empty(&self) -> bool {
        self.row_of.is_empty()
    }

    /// Distinct histories, ascending by x, t_x, T.
    pub fn distinct(&self) -> &[History] {
        &self.rows
    }

    /// Customers with each distinct history.
    pub(super) fn counts(&self) -> &[f64] {
        &self.counts
    }

    /// `forecast` for every customer, in the order given to [`Histories::new`]; worked out once for each
    /// distinct history.
    ///
    /// # Errors
    /// The first that `forecast` reports.
    pub fn each<T: Copy + Send + Sync>(
        &self,
        forecast: impl Fn(&History) -> Result<T, LifetimeError> + Sync,
    ) -> Result<Vec<T>, LifetimeError> {
        let distinct: Vec<T> =
            self.rows.par_iter().with_min_len(512).map(&forecast).collect::<Result<_, _>>()?;
        Ok(self.row_of.iter().map(|&row| distinct[row as usize]).collect())
    }

    /// What a model can be fitted to.
    pub(super) fn check_fit(&self) -> Result<(), LifetimeError> {
        let customers = self.len();
        if customers < 2 {
            return Err(LifetimeError::TooFewCustomers { customers });
        }
        if self.rows.iter().all(|h| h.age == 0.0) {
            return Err(LifetimeError::NoTimeObserved { customers });
        }
        if self.rows.iter().all(|h| h.frequency == 0) {
            return Err(LifetimeError::NoRepeatPurchases { customers });
        }
        Ok(())
    }

    /// Every `step`-th distinct history: a cheaper likelihood with nearly the same maximum.
    pub(super) fn thinned(&self, step: usize) -> Self {
        Self {
            rows: self.rows.iter().copied().step_by(step).collect(),
            counts: self.counts.iter().copied().step_by(step).collect(),
            row_of: Vec::new(),
            frequencies: Vec::new(),
        }
        .with_frequencies()
    }

    /// Mean age of the customers.
    pub(super) fn mean_age(&self) -> f64 {
        let total: f64 = self.rows.iter().zip(&self.counts).map(|(h, n)| h.age * n).sum();
        total / self.total()
    }

    /// Customers counted through the rows.
    pub(super) fn total(&self) -> f64 {
        self.counts.iter().sum()
    }

    /// The number of customers at each frequency that occurs, ascending.
    pub(super) fn frequencies(&self) -> &[(u32, f64)] {
        &self.frequencies
    }

    fn with_frequencies(mut self) -> Self {
        for (history, count) in self.rows.iter().zip(&self.counts) {
            match self.frequencies.last_mut() {
                Some((frequency, total)) if *frequency == history.frequency => *total += count,
                _ => self.frequencies.push((history.frequency, *count)),
            }
        }
        self
    }
}
