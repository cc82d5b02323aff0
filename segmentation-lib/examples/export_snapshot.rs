//! From a raw file to a published run, stage by stage:
//! `cargo run --release --example export_snapshot -- data/cdnow/CDNOW_master.txt store`

use std::path::PathBuf;

use segmentation_lib::assemble::{self, RunDetails};
use segmentation_lib::features::CustomerTable;
use segmentation_lib::matrix::{Matrix, MatrixParams};
use segmentation_lib::profile::profile;
use segmentation_lib::progress::Progress;
use segmentation_lib::selection::{SelectionParams, select};
use segmentation_lib::store::{PublishOptions, Store};
use segmentation_lib::transactions::{self, ReadOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).map(PathBuf::from);
    let (Some(file), Some(store)) = (args.next(), args.next()) else {
        return Err("usage: export_snapshot FILE STORE".into());
    };
    let progress = Progress::silent();
    let params = SelectionParams::default();

    let transactions = transactions::read(&[file], &ReadOptions::default(), &progress)?;
    let table = CustomerTable::compute(&transactions, None)?;
    let matrix = Matrix::build(&table, &MatrixParams::default())?;
    let selection = select(matrix.values(), &params, &progress)?;
    let chosen = selection.chosen();
    let profiles = profile(&table, &matrix, &chosen.labels, &chosen.silhouette.per_point, None)?;

    let details = RunDetails {
        dataset: "custom".to_owned(),
        currency: None,
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        parameters: Default::default(),
        seed: params.seed,
    };
    let snapshot = assemble::snapshot(&transactions, &table, &matrix, &selection, &profiles, details)?;
    let run = Store::at(store).publish(&snapshot, &PublishOptions::default(), &progress)?;
    println!("{}: {}", run, selection.reason.en);
    Ok(())
}
