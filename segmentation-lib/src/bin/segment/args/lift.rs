//! Hold-outs, and what a campaign brought.

use std::path::PathBuf;

use clap::Args;

use super::PurchasesArgs;

/// Customers held out of campaigns.
#[derive(Debug, Clone, Args)]
pub struct HoldoutArgs {
    /// Hold this share of the customers of every segment out of campaigns, such as 10%, so that what a campaign brings
    /// can be measured: look-ups and exports mark them, the next run and `segment lift` compare. By the customer's id
    /// and the seed alone, so that who is held out stays so from run to run. Later runs of the same data go on with it;
    /// 0 ends the campaign
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub holdout: Option<f64>,
    /// Key of the hold-outs: others hold out other customers. It stays as long as the campaign lasts
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub holdout_seed: u64,
}

/// Compares what treated and held-out customers of a kept run bought from its reference date to the end of the data, in
/// each segment and in all, with 95 % intervals that heavy tails of revenue do not break. What each customer had spent in
/// as many days before is taken into account. The run must have been made with `segment run --holdout`.
#[derive(Debug, Args)]
pub struct LiftArgs {
    /// Run that held customers out; by default the earliest kept run with the hold-outs of the current one
    pub from: Option<String>,
    #[command(flatten)]
    pub purchases: PurchasesArgs,
    /// The customers who were contacted, where it was not everybody who is not held out: ids, one a line, or a CSV with a
    /// column customer_id or id
    #[arg(long, value_name = "FILE")]
    pub treated: Option<PathBuf>,
}

/// 10%, or 0.1.
fn share(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().replace(',', ".").parse::<f64>().ok();
    let share = match text.strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0),
        None => number(text),
    };
    share.ok_or_else(|| format!("{text:?} is no share; write 10% or 0.1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_both_ways() {
        assert_eq!((share("10%"), share("0.1"), share("2,5 %")), (Ok(0.1), Ok(0.1), Ok(0.025)));
        assert!(share("a tenth").is_err() && share("").is_err() && share("%").is_err());
    }
}
