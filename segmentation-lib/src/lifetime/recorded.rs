//! Fits as a run records them, and back.

use super::{LifetimeError, PurchaseFit, PurchaseModel, SpendFit, SpendModel, TimeUnit};
use crate::record::{FittedParameter, FittedPurchases, FittedSpend, Localized};

/// Names, values and standard errors side by side.
fn parameters(names: &[&str], values: &[f64], errors: &[f64]) -> Vec<FittedParameter> {
    let parameter = |((name, &value), &standard_error): ((&&str, &f64), &f64)| FittedParameter {
        name: (*name).to_owned(),
        value,
        standard_error,
    };
    names.iter().zip(values).zip(errors).map(parameter).collect()
}

/// The values and standard errors of as many parameters; 0, which no model takes, in place of what is missing.
fn values<const N: usize>(parameters: &[FittedParameter]) -> ([f64; N], [f64; N]) {
    let of =
        |value: fn(&FittedParameter) -> f64| std::array::from_fn(|i| parameters.get(i).map_or(0.0, value));
    (of(|p| p.value), of(|p| p.standard_error))
}

/// The first rows and columns.
fn square_of<const N: usize>(rows: &[[f64; N]; N], size: usize) -> Vec<Vec<f64>> {
    rows.iter().take(size).map(|row| row[..size].to_vec()).collect()
}

/// As many rows and columns; 0 in place of what is missing.
fn square<const N: usize>(rows: &[Vec<f64>]) -> [[f64; N]; N] {
    let at = |i: usize, j: usize| rows.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0.0);
    std::array::from_fn(|i| std::array::from_fn(|j| at(i, j)))
}

impl PurchaseFit {
    /// For the record of a run; `unit` is that of the histories.
    pub fn recorded(&self, unit: TimeUnit) -> FittedPurchases {
        let family = self.model.family();
        FittedPurchases {
            family,
            unit,
            parameters: parameters(family.parameter_names(), &self.model.parameters(), &self.standard_errors),
            covariances: square_of(&self.covariances, family.parameter_names().len()),
            log_likelihood: self.log_likelihood,
            gradient_norm: self.gradient_norm,
            steps: self.steps as u64,
            customers: self.customers as u64,
            distinct: self.distinct as u64,
        }
    }

    /// The fit that was recorded.
    ///
    /// # Errors
    /// As [`PurchaseModel::new`].
    pub fn of_record(fitted: &FittedPurchases) -> Result<Self, LifetimeError> {
        let (parameters, standard_errors) = values(&fitted.parameters);
        Ok(Self {
            model: PurchaseModel::new(fitted.family, parameters)?,
            log_likelihood: fitted.log_likelihood,
            standard_errors,
            covariances: square(&fitted.covariances),
            gradient_norm: fitted.gradient_norm,
            steps: fitted.steps as usize,
            customers: fitted.customers as usize,
            distinct: fitted.distinct as usize,
        })
    }
}

impl LifetimeError {
    /// The reason in both languages.
    pub fn localized(&self) -> Localized {
        let pt_br = match self {
            Self::TooFewCustomers { customers } => {
                format!(
                    "{customers} clientes são poucos para ajustar um modelo; são necessários pelo menos 2"
                )
            }
            Self::NoRepeatPurchases { customers } => format!(
                "nenhum dos {customers} clientes voltou a comprar, e os dados nada dizem sobre novas compras; observe-os \
                 por mais tempo"
            ),
            Self::NoTimeObserved { customers } => format!(
                "todos os {customers} clientes fizeram a primeira compra no último dia dos dados; observe-os por mais \
                 tempo"
            ),
            Self::TooShort { known, horizon } => format!(
                "há {known} dias até o corte e {horizon} depois dele; o teste precisa de pelo menos tantos dias antes \
                 quanto depois: diminua o horizonte"
            ),
            Self::NotConverged { .. } => {
                "o máximo da verossimilhança não foi encontrado; tente outro modelo ou mais dados".to_owned()
            }
            Self::Ridge { parameter, .. } => format!(
                "os dados não determinam o parâmetro {parameter}: a verossimilhança é plana ou ainda sobe; tente outro \
                 modelo ou mais dados"
            ),
            Self::NoModel { reason } => format!(
                "nenhum dos modelos Pareto/NBD, MBG/NBD e BG/NBD pode ser ajustado a estes dados, e há clientes que saem: o \
                 NBD esperaria demais ({}); observe mais clientes ou por mais tempo",
                reason.cause().pt_br
            ),
            Self::NoSpend { customers, usable, .. } => format!(
                "{usable} de {customers} clientes têm novas compras com valor médio positivo; são necessários pelo \
                 menos 2 para dizer quanto vale uma compra"
            ),
            Self::InfiniteSpend { .. } => {
                "a diferença entre os clientes é grande demais para haver um valor médio de compra".to_owned()
            }
            Self::BadHorizon { .. } | Self::HorizonTooLong { .. } => {
                format!("o horizonte não pode ser usado: {self}")
            }
            other => format!("o histórico ou os parâmetros não podem ser usados: {other}"),
        };
        // Where a search gave up says nothing to a reader, and is the first figure to differ between machines.
        let en = match self {
            Self::Ridge { parameter, .. } => format!(
                "the data do not determine {parameter}: the likelihood is flat or still rises along it; try another \
                 model or more data"
            ),
            Self::NotConverged { .. } => {
                "the likelihood's maximum was not found; try another model or more data".to_owned()
            }
            other => other.to_string(),
        };
        Localized { en, pt_br }
    }

    /// The reason without advice, where another model was tried already.
    pub fn cause(&self) -> Localized {
        let Localized { en, pt_br } = self.localized();
        let of = |text: String, advice: &str| text.strip_suffix(advice).map_or(text.clone(), str::to_owned);
        Localized {
            en: of(en, "; try another model or more data"),
            pt_br: of(pt_br, "; tente outro modelo ou mais dados"),
        }
    }
}

impl SpendFit {
    /// For the record of a run.
    pub fn recorded(&self) -> FittedSpend {
        FittedSpend {
            parameters: parameters(&SpendModel::NAMES, &self.model.parameters(), &self.standard_errors),
            covariances: square_of(&self.covariances, SpendModel::NAMES.len()),
            log_likelihood: self.log_likelihood,
            gradient_norm: self.gradient_norm,
            steps: self.steps as u64,
            customers: self.customers as u64,
            without_purchase: self.without_purchase as u64,
            not_positive: self.not_positive as u64,
            correlation: self.correlation,
        }
    }

    /// The fit that was recorded.
    ///
    /// # Errors
    /// As [`SpendModel::new`].
    pub fn of_record(fitted: &FittedSpend) -> Result<Self, LifetimeError> {
        let (parameters, standard_errors) = values(&fitted.parameters);
        Ok(Self {
            model: SpendModel::new(parameters)?,
            log_likelihood: fitted.log_likelihood,
            standard_errors,
            covariances: square(&fitted.covariances),
            gradient_norm: fitted.gradient_norm,
            steps: fitted.steps as usize,
            customers: fitted.customers as usize,
            without_purchase: fitted.without_purchase as usize,
            not_positive: fitted.not_positive as usize,
            correlation: fitted.correlation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::{Family, Histories, History, Spend};

    #[test]
    fn a_fit_comes_back_from_the_record() {
        let customers: Vec<History> = (0..400_u32)
            .map(|i| {
                let x = [0, 0, 1, 3, 0, 7, 2, 0][(i % 8) as usize];
                let age = 20.0 + f64::from(i % 13);
                History::new(x, if x == 0 { 0.0 } else { age * f64::from(1 + i % 5) / 6.0 }, age)
            })
            .collect();
        let histories = Histories::new(&customers).expect("possible");
        for family in Family::LEAVING.into_iter().chain([Family::Nbd]) {
            let Ok(fit) = PurchaseModel::fit(family, &histories) else { continue };
            assert_eq!(PurchaseFit::of_record(&fit.recorded(TimeUnit::Weeks)), Ok(fit), "{family}");
        }
        // Means of more purchases spread less: both spreads are determined.
        let spent = |i: u32| {
            let (x, s) = (1 + i % 4, f64::from(i * 7919 % 1000) / 1000.0 * 3.0 - 1.5);
            Spend { purchases: x, mean: 20.0 * (s * (0.3 + 0.7 / f64::from(x)).sqrt()).exp() }
        };
        let spent: Vec<Spend> = (0..400).map(spent).collect();
        let fit = SpendModel::fit(&spent).expect("fits");
        assert_eq!(SpendFit::of_record(&fit.recorded()), Ok(fit));
    }

    #[test]
    fn a_record_without_its_parameters_is_refused() {
        let record = FittedPurchases {
            family: Family::BgNbd,
            unit: TimeUnit::Weeks,
            parameters: Vec::new(),
            covariances: Vec::new(),
            log_likelihood: 0.0,
            gradient_norm: 0.0,
            steps: 0,
            customers: 0,
            distinct: 0,
        };
        let refused = PurchaseFit::of_record(&record);
        assert_eq!(refused, Err(LifetimeError::BadParameter { parameter: "r", value: 0.0 }));
    }
}
