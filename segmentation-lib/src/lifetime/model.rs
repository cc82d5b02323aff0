//! The models of repeat purchases behind one type.

use serde::{Deserialize, Serialize};

use super::beta_geometric::BetaGeometric;
use super::histories::{Histories, History};
use super::maximise::{MANY, PART, Problem};
use super::moments::Moments;
use super::negative_binomial::NegativeBinomial;
use super::pareto_nbd::ParetoNbd;
use super::repeats::Repeats;
use super::{Family, LifetimeError};

/// A model of repeat purchases with its parameters: fitted, or given.
///
/// Times are in the unit of the histories it was fitted to; α (and β) are in that unit too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PurchaseModel {
    family: Family,
    parameters: [f64; 4],
}

/// A fit by maximum likelihood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PurchaseFit {
    /// The model at the maximum.
    pub model: PurchaseModel,
    /// The maximum of the log-likelihood.
    pub log_likelihood: f64,
    /// Standard errors of the parameters, from the observed information.
    pub standard_errors: [f64; 4],
    /// Covariances of the parameters, from the observed information.
    pub covariances: [[f64; 4]; 4],
    /// How exactly the maximum was found: Euclidean norm of the gradient per customer, by the logarithms of
    /// the parameters. 0 at the maximum; a fit above 1e-8 is refused.
    pub gradient_norm: f64,
    /// Steps of Newton's method.
    pub steps: usize,
    /// Customers fitted to.
    pub customers: usize,
    /// Distinct histories among them.
    pub distinct: usize,
}

/// The one who computes.
enum Form {
    Beta(BetaGeometric),
    Pareto(ParetoNbd),
    Staying(NegativeBinomial),
}

impl PurchaseModel {
    /// A model with given parameters, in the order of [`Family::parameter_names`].
    ///
    /// # Errors
    /// [`LifetimeError::BadParameter`] where one is not a finite number above 0.
    pub fn new(family: Family, parameters: [f64; 4]) -> Result<Self, LifetimeError> {
        for (parameter, value) in family.parameter_names().iter().copied().zip(parameters) {
            if !(value > 0.0 && value.is_finite()) {
                return Err(LifetimeError::BadParameter { parameter, value });
            }
        }
        Ok(Self { family, parameters })
    }

    /// Fits by maximum likelihood: Newton's method with exact second derivatives.
    ///
    /// Cost: some ten to twenty passes over the distinct histories; the same bits whatever the number of
    /// threads.
    ///
    /// # Errors
    /// [`LifetimeError::TooFewCustomers`], [`LifetimeError::NoTimeObserved`],
    /// [`LifetimeError::NoRepeatPurchases`] where the data cannot say anything;
    /// [`LifetimeError::NotConverged`], [`LifetimeError::Ridge`] where they do not determine the parameters.
    pub fn fit(family: Family, histories: &Histories) -> Result<PurchaseFit, LifetimeError> {
        histories.check_fit()?;
        if family == Family::Nbd {
            return fit_staying(histories);
        }
        let mut start = first_guess(family, histories);
        if histories.distinct().len() > MANY {
            let thinned = histories.thinned(PART);
            start = with_problem(family, &thinned, |problem| problem.approach(start)).unwrap_or(start);
        }
        let maximum = with_problem(family, histories, |problem| problem.maximise(start))?;
        Ok(PurchaseFit {
            model: Self { family, parameters: maximum.parameters },
            log_likelihood: maximum.log_likelihood,
            standard_errors: maximum.standard_errors,
            covariances: maximum.covariances,
            gradient_norm: maximum.gradient_norm,
            steps: maximum.steps,
            customers: histories.len(),
            distinct: histories.distinct().len(),
        })
    }

    /// Which model.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The parameters, in the order of [`Family::parameter_names`]; 0 beyond them.
    pub fn parameters(&self) -> [f64; 4] {
        self.parameters
    }

    fn form(&self) -> Form {
        match self.family {
            Family::BgNbd => Form::Beta(BetaGeometric::new(self.parameters, 0)),
            Family::MbgNbd => Form::Beta(BetaGeometric::new(self.parameters, 1)),
            Family::ParetoNbd => Form::Pareto(ParetoNbd::new(self.parameters)),
            Family::Nbd => Form::Staying(self.staying()),
        }
    }

    /// The same customers if nobody left.
    fn staying(&self) -> NegativeBinomial {
        let [r, alpha, ..] = self.parameters;
        NegativeBinomial::new([r, alpha])
    }

    /// Log-likelihood of the histories with its derivatives by the parameters.
    pub(super) fn moments(&self, histories: &Histories) -> Moments<4> {
        match self.form() {
            Form::Beta(model) => model.log_likelihood(histories),
            Form::Pareto(model) => model.log_likelihood(histories),
            Form::Staying(model) => model.log_likelihood(histories).widened(),
        }
    }

    /// Whether the histories give no sign of leaving: with an NBD's r and α the likelihood falls as soon as anybody
    /// leaves.
    pub fn nobody_leaves(&self, histories: &Histories) -> bool {
        self.staying().gain_from_leaving(histories) <= 0.0
    }

    /// Log-likelihood of the histories, up to what does not depend on the parameters.
    pub fn log_likelihood(&self, histories: &Histories) -> f64 {
        self.moments(histories).value
    }

    /// Probability that the customer is still one, in (0, 1].
    ///
    /// Take the Pareto/NBD's. Under the BG/NBD a customer can leave only after a repeat purchase, so it
    /// calls every one-time buyer alive for ever (1): that is no churn probability. Under the NBD it is 1 for all.
    pub fn alive(&self, history: &History) -> f64 {
        match self.form() {
            Form::Beta(model) => model.alive(history),
            Form::Pareto(model) => model.alive(history),
            Form::Staying(_) => 1.0,
        }
    }

    /// Expected number of purchases within `horizon` after the end of the observation; the chance of having
    /// left is in it.
    ///
    /// With the same last purchase a higher frequency can mean a lower expectation: silence is more
    /// telling in a customer who used to buy often.
    ///
    /// # Errors
    /// [`LifetimeError::BadHorizon`] unless 0 < horizon < ∞; [`LifetimeError::HorizonTooLong`] for BG/NBD and
    /// MBG/NBD where the horizon is hundreds of thousands of times the time observed.
    pub fn expected_purchases(&self, history: &History, horizon: f64) -> Result<f64, LifetimeError> {
        self.repeats::<false>(history, horizon).map(|p| p.mean)
    }

    /// Mean and mean square of the purchases within `horizon` after the end of the observation.
    pub(super) fn purchases(&self, history: &History, horizon: f64) -> Result<Repeats, LifetimeError> {
        self.repeats::<true>(history, horizon)
    }

    fn repeats<const SQUARE: bool>(&self, history: &History, horizon: f64) -> Result<Repeats, LifetimeError> {
        if !(horizon > 0.0 && horizon.is_finite()) {
            return Err(LifetimeError::BadHorizon { value: horizon });
        }
        match self.form() {
            Form::Beta(model) => model.purchases::<SQUARE>(history, horizon),
            Form::Pareto(model) => Ok(model.purchases(history, horizon)),
            Form::Staying(model) => Ok(model.purchases(history, horizon)),
        }
    }

    /// Expected number of repeat purchases of a new customer within `time` of the first: E X(t).
    ///
    /// # Errors
    /// As [`PurchaseModel::expected_purchases`].
    pub fn expected_of_new(&self, time: f64) -> Result<f64, LifetimeError> {
        self.expected_purchases(&History::new(0, 0.0, 0.0), time)
    }

    /// Probability that a new customer makes exactly `n` repeat purchases within `time`: P(X(t) = n).
    /// Cost: O(n).
    ///
    /// # Errors
    /// [`LifetimeError::BadHorizon`] unless 0 < time < ∞.
    pub fn probability_of(&self, n: u32, time: f64) -> Result<f64, LifetimeError> {
        if !(time > 0.0 && time.is_finite()) {
            return Err(LifetimeError::BadHorizon { value: time });
        }
        Ok(match self.form() {
            Form::Beta(model) => model.probability(n, time),
            Form::Pareto(model) => model.probability(n, time),
            Form::Staying(model) => model.probability(n, time),
        })
    }

    /// Time from the end of the observation by which a customer who stays has bought again with a chance of
    /// one half: (α + T)(2^(1/(r + x)) − 1), the median of the waiting time. Its mean is infinite for one-time
    /// buyers wherever r ≤ 1. Infinite where no double holds it.
    pub fn median_wait(&self, history: &History) -> f64 {
        let [r, alpha, ..] = self.parameters;
        let purchases = r + f64::from(history.frequency);
        (alpha + history.age) * (std::f64::consts::LN_2 / purchases).exp_m1()
    }
}

/// The NBD: two parameters instead of four.
fn fit_staying(histories: &Histories) -> Result<PurchaseFit, LifetimeError> {
    let [r, alpha, ..] = first_guess(Family::Nbd, histories);
    let maximum = Problem {
        names: ["r", "alpha"],
        customers: histories.total(),
        units: [1.0, histories.mean_age()],
        likelihood: &|parameters: &[f64; 2]| NegativeBinomial::new(*parameters).log_likelihood(histories),
    }
    .maximise([r, alpha])?;
    let wide = |[first, second]: [f64; 2]| [first, second, 0.0, 0.0];
    let [of_r, of_alpha] = maximum.covariances;
    Ok(PurchaseFit {
        model: PurchaseModel { family: Family::Nbd, parameters: wide(maximum.parameters) },
        log_likelihood: maximum.log_likelihood,
        standard_errors: wide(maximum.standard_errors),
        covariances: [wide(of_r), wide(of_alpha), [0.0; 4], [0.0; 4]],
        gradient_norm: maximum.gradient_norm,
        steps: maximum.steps,
        customers: histories.len(),
        distinct: histories.distinct().len(),
    })
}

/// Runs `search` on the likelihood of the histories.
fn with_problem<T>(
    family: Family,
    histories: &Histories,
    search: impl FnOnce(Problem<'_, 4>) -> Result<T, LifetimeError>,
) -> Result<T, LifetimeError> {
    let age = histories.mean_age();
    let units = match family {
        Family::BgNbd | Family::MbgNbd => [1.0, age, 1.0, 1.0],
        Family::ParetoNbd | Family::Nbd => [1.0, age, 1.0, age],
    };
    let likelihood =
        |parameters: &[f64; 4]| PurchaseModel { family, parameters: *parameters }.moments(histories);
    let names = std::array::from_fn(|i| family.parameter_names()[i]);
    let customers = histories.total();
    search(Problem { names, customers, units, likelihood: &likelihood })
}

/// Rates as spread as an exponential distribution's square, about the observed mean; leaving at a usual pace.
fn first_guess(family: Family, histories: &Histories) -> [f64; 4] {
    let purchases: f64 = histories.frequencies().iter().map(|(x, n)| f64::from(*x) * n).sum();
    let mean_wait = histories.mean_age() * histories.total() / purchases;
    match family {
        Family::BgNbd | Family::MbgNbd => [0.5, 0.3 * mean_wait, 0.8, 2.0],
        Family::ParetoNbd | Family::Nbd => [0.5, 0.3 * mean_wait, 0.6, histories.mean_age() / 2.0],
    }
}
