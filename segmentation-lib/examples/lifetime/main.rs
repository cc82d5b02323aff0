//! Fits the lifetime models and forecasts every customer; times, distinct histories and peak memory as one JSON line.
//!
//! `lifetime read FILE` takes rows of x, t_x, T and mean value as little-endian doubles, `lifetime days N` and
//! `lifetime exact N` draw customers whose times are whole days or as they come. `--only bg_nbd` leaves the other
//! models of purchases out, `--rounds N` repeats the work, `--out FILE` takes the first model's parameters and
//! forecasts as doubles. `cargo run --release --no-default-features --features engine --example lifetime -- days 100000`

mod simulate;
mod usage;
mod work;

use std::error::Error;
use std::path::Path;

use segmentation_lib::lifetime::{Family, History, Spend};
use serde_json::json;

use crate::usage::{Watch, peak_megabytes};

/// Purchases so far, and what they brought.
type Customer = (History, Spend);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1).collect())?;
    let customers = match arguments.source.as_str() {
        "read" => read(Path::new(&arguments.of))?,
        "days" => simulate::customers(arguments.of.parse()?, true),
        "exact" => simulate::customers(arguments.of.parse()?, false),
        other => return Err(format!("{other}: read, days or exact are known").into()),
    };
    let watch = Watch::start();
    let mut fastest = work::run(&customers, &arguments.families)?;
    for _ in 1..arguments.rounds {
        let outcome = work::run(&customers, &arguments.families)?;
        if outcome.seconds() < fastest.seconds() {
            fastest = outcome;
        }
    }
    let (_, processor) = watch.seconds();
    if let Some(file) = arguments.out {
        let bytes: Vec<u8> = fastest.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(file, bytes)?;
    }
    let report = json!({
        "customers": customers.len(),
        "distinct": fastest.distinct,
        "seconds": fastest.seconds(),
        "processor": processor.map(|seconds| seconds / f64::from(arguments.rounds)),
        "peak_megabytes": peak_megabytes(),
        "stages": fastest.stages,
        "models": fastest.models,
    });
    println!("{report}");
    Ok(())
}

struct Arguments {
    source: String,
    of: String,
    families: Vec<Family>,
    rounds: u32,
    out: Option<String>,
}

impl Arguments {
    fn parse(words: Vec<String>) -> Result<Self, Box<dyn Error>> {
        let usage = "usage: lifetime read FILE | days N | exact N [--only MODEL] [--rounds N] [--out FILE]";
        let [source, of, options @ ..] = words.as_slice() else { return Err(usage.into()) };
        let mut arguments = Self {
            source: source.clone(),
            of: of.clone(),
            families: Family::LEAVING.to_vec(),
            rounds: 1,
            out: None,
        };
        for option in options.chunks(2) {
            match option {
                [name, value] if name == "--only" => {
                    arguments.families = vec![serde_json::from_value(json!(value))?];
                }
                [name, value] if name == "--rounds" => arguments.rounds = value.parse::<u32>()?.max(1),
                [name, value] if name == "--out" => arguments.out = Some(value.clone()),
                _ => return Err(usage.into()),
            }
        }
        Ok(arguments)
    }
}

fn read(file: &Path) -> Result<Vec<Customer>, std::io::Error> {
    let bytes = std::fs::read(file)?;
    let (doubles, _) = bytes.as_chunks::<8>();
    let values: Vec<f64> = doubles.iter().map(|b| f64::from_le_bytes(*b)).collect();
    let customer = |row: &[f64; 4]| {
        let [x, recency, age, mean] = *row;
        (History::new(x as u32, recency, age), Spend { purchases: x as u32, mean })
    };
    Ok(values.as_chunks::<4>().0.iter().map(customer).collect())
}
