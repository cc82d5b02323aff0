//! Publishes made-up customers, for the load test.
//!
//! `sample_store STORE CUSTOMERS SEED`

#[path = "../../segmentation-lib/tests/store/sample.rs"]
mod sample;

use segmentation_lib::progress::Progress;
use segmentation_lib::store::{PublishOptions, Store};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, customers, seed] = &arguments[..] else {
        anyhow::bail!("usage: sample_store STORE CUSTOMERS SEED");
    };
    let snapshot = sample::snapshot(customers.parse()?, seed.parse()?);
    let run_id = Store::at(store).publish(&snapshot, &PublishOptions::default(), &Progress::silent())?;
    println!("{run_id}");
    Ok(())
}
