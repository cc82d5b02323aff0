//! From the command line to the stages' parameters.

use std::path::PathBuf;

use clap::ValueEnum;
use segmentation_lib::catalogue;
use segmentation_lib::lifetime::ForecastParams;
use segmentation_lib::matrix::{MatrixParams, Scaler, Transform};
use segmentation_lib::pipeline::Pipeline;
use segmentation_lib::record::{HoldoutParams, Snapshot};
use segmentation_lib::selection::{Algorithm, Criterion, SelectionParams, ValidationParams};
use segmentation_lib::store::Forgotten;

use crate::args::*;
use crate::commands::reading;
use crate::failure::Result;

/// The run that is asked for, and the files it reads.
pub fn pipeline(
    args: &RunArgs,
    global: &Global,
    previous: Option<Snapshot>,
    forgotten: Forgotten,
) -> Result<(Pipeline, Vec<PathBuf>)> {
    let pipeline = Pipeline {
        read: reading::options(&args.read)?,
        matrix: matrix(args),
        features_by_data: !global.asked().contains(&"features"),
        selection: selection(args),
        validation: args.validate.then(|| validation(args)),
        forecast: forecast(args),
        vocabulary: args.vocabulary.as_deref().map(super::super::vocabulary::read).transpose()?,
        previous,
        holdout: holdout(&args.holdout),
        forgotten,
        created_at: Some(args.created_at.clone().unwrap_or_else(now)),
        ..Pipeline::default()
    };
    let Some(name) = &args.dataset else {
        let name = args.name.clone().unwrap_or(pipeline.dataset);
        return Ok((Pipeline { dataset: name, ..pipeline }, args.input.clone()));
    };
    let dataset = catalogue::dataset(name)?;
    let inputs = catalogue::locate(name, &global.data)?;
    let name = args.name.clone().unwrap_or_else(|| dataset.name.to_owned());
    let currency = dataset.currency.map(str::to_owned);
    Ok((Pipeline { dataset: name, currency, ..pipeline }, inputs))
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn matrix(args: &RunArgs) -> MatrixParams {
    MatrixParams {
        features: args.features.iter().map(|name| name.trim().to_owned()).collect(),
        transform: match args.transform {
            TransformArg::Auto => Transform::Auto,
            TransformArg::Log => Transform::Log,
            TransformArg::None => Transform::None,
        },
        scaler: match args.scaling {
            ScalingArg::Standard => Scaler::Standard,
            ScalingArg::Robust => Scaler::Robust,
            ScalingArg::None => Scaler::None,
        },
        winsorize: (args.winsorize != 0.0).then_some(args.winsorize),
    }
}

fn selection(args: &RunArgs) -> SelectionParams {
    SelectionParams {
        k: args.k.0..=args.k.1,
        min_share: args.min_share,
        max_share: args.max_share,
        criterion: match args.choose {
            ChooseArg::Foresight => Criterion::Foresight,
            ChooseArg::Silhouette => Criterion::Silhouette,
            ChooseArg::Stability => Criterion::Stability,
        },
        algorithm: match args.algorithm {
            AlgorithmArg::Auto => None,
            AlgorithmArg::Kmeans => Some(Algorithm::KMeans),
            AlgorithmArg::Ward => Some(Algorithm::Ward),
            AlgorithmArg::Average => Some(Algorithm::Average),
            AlgorithmArg::Complete => Some(Algorithm::Complete),
            AlgorithmArg::Single => Some(Algorithm::Single),
        },
        seed: args.seed,
        starts: args.starts,
        memory_limit_bytes: args.memory_limit << 20,
        ..SelectionParams::default()
    }
}

fn forecast(args: &RunArgs) -> Option<ForecastParams> {
    let params = ForecastParams { horizon_days: args.horizon, ..ForecastParams::default() };
    params.named(args.forecast.to_possible_value()?.get_name())
}

/// Who is to be held out; none, too, where a campaign is ended by the share 0.
fn holdout(args: &HoldoutArgs) -> Option<HoldoutParams> {
    args.holdout.filter(|share| *share != 0.0).map(|share| HoldoutParams { share, seed: args.holdout_seed })
}

fn validation(args: &RunArgs) -> ValidationParams {
    ValidationParams { max_rows: args.validate_rows, seed: args.seed, ..ValidationParams::default() }
}
