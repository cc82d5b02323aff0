//! Publishes made-up customers, for the load test, and beside a store of a new format writes what is in it.
//!
//! `sample_store STORE CUSTOMERS SEED [SNAPSHOT.json]`, or `sample_store --next-day STORE EVERY`: the current run a day
//! later, with every so-manieth customer in another segment.

use segmentation_lib::progress::Progress;
use segmentation_lib::store::{PublishOptions, Store};
use test_support::sample;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, store, every] = &arguments[..]
        && flag == "--next-day"
    {
        let store = Store::at(store);
        let next = sample::next_day(&store.open_current()?, every.parse()?);
        println!("{}", store.publish(&next, &PublishOptions::default(), &Progress::silent())?);
        return Ok(());
    }
    let (store, customers, seed, json) = match &arguments[..] {
        [store, customers, seed] => (store, customers, seed, None),
        [store, customers, seed, json] => (store, customers, seed, Some(json)),
        _ => anyhow::bail!("usage: sample_store STORE CUSTOMERS SEED [SNAPSHOT.json]"),
    };
    let snapshot = sample::snapshot(customers.parse()?, seed.parse()?);
    let run_id = Store::at(store).publish(&snapshot, &PublishOptions::default(), &Progress::silent())?;
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_string_pretty(&snapshot)?)?;
    }
    println!("{run_id}");
    Ok(())
}
