//! From the command line to the stages' parameters.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use segmentation_lib::catalogue;
use segmentation_lib::matrix::{MatrixParams, Scaler, Transform};
use segmentation_lib::selection::{Algorithm, SelectionParams, ValidationParams};
use segmentation_lib::transactions::{
    ColumnMapping, DateOrder, DecimalMark, Duplicates, ReadOptions, Returns,
};
use serde_json::{Value, json};

use crate::args::*;

/// Where a run's data comes from.
pub struct Source {
    pub name: String,
    pub currency: Option<String>,
    pub inputs: Vec<PathBuf>,
}

pub fn source(args: &RunArgs, global: &Global) -> Result<Source> {
    let Some(name) = &args.dataset else {
        return Ok(Source { name: "custom".to_owned(), currency: None, inputs: args.input.clone() });
    };
    let dataset = catalogue::dataset(name)?;
    Ok(Source {
        name: dataset.name.to_owned(),
        currency: dataset.currency.map(str::to_owned),
        inputs: catalogue::locate(name, &global.data)?,
    })
}

pub fn read_options(args: &RunArgs) -> Result<ReadOptions> {
    let mut options = ReadOptions { mapping: mapping(args)?, ..ReadOptions::default() };
    options.reference = args.reference_date.as_deref().map(str::parse).transpose()?;
    options.date_order = args.date_order.map(|order| match order {
        DateOrderArg::DayFirst => DateOrder::DayFirst,
        DateOrderArg::MonthFirst => DateOrder::MonthFirst,
    });
    options.decimal = args.decimal.map(|mark| match mark {
        DecimalArg::Point => DecimalMark::Point,
        DecimalArg::Comma => DecimalMark::Comma,
    });
    options.rules.returns = match args.returns {
        ReturnsArg::Net => Returns::Net,
        ReturnsArg::Drop => Returns::Drop,
    };
    options.rules.duplicates = match args.duplicates {
        DuplicatesArg::Keep => Duplicates::Keep,
        DuplicatesArg::Drop => Duplicates::Drop,
    };
    for rule in &args.skip_rule {
        options.rules.disable(rule)?;
    }
    Ok(options)
}

fn mapping(args: &RunArgs) -> Result<ColumnMapping> {
    let mut mapping = match &args.mapping {
        None => ColumnMapping::default(),
        Some(path) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            toml::from_str(&text).with_context(|| format!("{} is not a column mapping", path.display()))?
        }
    };
    for (role, column) in &args.column {
        mapping.set(role, column)?;
    }
    Ok(mapping)
}

pub fn matrix(args: &RunArgs) -> MatrixParams {
    MatrixParams {
        features: args.features.iter().map(|name| name.trim().to_owned()).collect(),
        transform: match args.transform {
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

pub fn selection(args: &RunArgs) -> SelectionParams {
    SelectionParams {
        k: args.k.0..=args.k.1,
        min_k: args.min_k,
        min_share: args.min_share,
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
    }
}

pub fn validation(args: &RunArgs) -> ValidationParams {
    ValidationParams { max_rows: args.validate_rows, seed: args.seed, ..ValidationParams::default() }
}

/// What the manifest records: everything that decides the result, by its command-line name.
pub fn recorded(args: &RunArgs) -> BTreeMap<String, Value> {
    let name = |value: &dyn std::fmt::Debug| Value::from(format!("{value:?}").to_lowercase());
    let pairs = [
        ("columns", json!(args.column.iter().map(|(r, c)| format!("{r}={c}")).collect::<Vec<_>>())),
        ("date-order", json!(args.date_order.map(|o| format!("{o:?}").to_lowercase()))),
        ("decimal", json!(args.decimal.map(|d| format!("{d:?}").to_lowercase()))),
        ("returns", name(&args.returns)),
        ("duplicates", name(&args.duplicates)),
        ("skip-rule", json!(args.skip_rule)),
        ("k", json!(args.k.to_string())),
        ("min-k", json!(args.min_k)),
        ("min-share", json!(args.min_share)),
        ("algorithm", name(&args.algorithm)),
        ("starts", json!(args.starts)),
        ("features", json!(args.features)),
        ("transform", name(&args.transform)),
        ("scaling", name(&args.scaling)),
        ("winsorize", json!(args.winsorize)),
        ("memory-limit", json!(args.memory_limit)),
        ("validate", json!(args.validate)),
        ("validate-rows", json!(args.validate_rows)),
        ("fresh-names", json!(args.fresh_names)),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
