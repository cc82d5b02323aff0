//! From a raw file to a published run:
//! `cargo run --release --example export_snapshot -- data/cdnow/CDNOW_master.txt store`

use std::path::PathBuf;

use segmentation_lib::pipeline::Pipeline;
use segmentation_lib::progress::Progress;
use segmentation_lib::store::{PublishOptions, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).map(PathBuf::from);
    let (Some(file), Some(store)) = (args.next(), args.next()) else {
        return Err("usage: export_snapshot FILE STORE".into());
    };
    let progress = Progress::silent();
    let run = Pipeline::default().run(&[file], &progress)?;
    let id = Store::at(store).publish(&run.snapshot, &PublishOptions::default(), &progress)?;
    println!("{id}: {}", run.snapshot.manifest.reason.en);
    Ok(())
}
