//! `segment check`: the reading half of a run, alone.

use segmentation_lib::transactions::Transactions;
use segmentation_lib::wording::counted;

use super::{reading, show};
use crate::args::{CheckArgs, Global};
use crate::failure::Result;
use crate::output;

pub fn execute(args: &CheckArgs, global: &Global) -> Result<()> {
    let progress = crate::progress::start(global)?;
    let options = reading::options(&args.read)?;
    let read = reading::transactions(&args.input, &args.read, &options, &progress)?;
    let verdict = read.losses().allowed(options.max_loss).err().map(|reason| reason.to_string());
    if global.json {
        return output::json(&value(&read, verdict.as_deref())?);
    }
    print(&read, verdict.as_deref())
}

fn value(read: &Transactions, verdict: Option<&str>) -> Result<serde_json::Value> {
    let decisions: Vec<_> = read
        .decisions()
        .iter()
        .map(|decision| serde_json::json!({ "topic": decision.topic, "text": decision.text.en }))
        .collect();
    Ok(serde_json::json!({
        "tables": read.tables(),
        "rows": read.rows(),
        "customers": read.customers(),
        "first": read.first().to_string(),
        "last": read.last().to_string(),
        "currency": read.currency(),
        "decisions": decisions,
        "ledger": read.ledger().lines,
        "warnings": read.warnings(),
        "lost": { "rows": read.losses().rows, "money": read.losses().money },
        "refused": verdict,
        "sample": read.sample(5)?,
    }))
}

fn print(read: &Transactions, verdict: Option<&str>) -> Result<()> {
    for decision in read.decisions() {
        println!("Read: {decision}");
    }
    for table in read.tables().iter().filter(|table| !table.unused.is_empty()) {
        println!("Not used: {}: {}", table.place, table.unused.join(", "));
    }
    println!(
        "\n{} of {}, {} to {}",
        counted(read.rows(), "row", "rows"),
        counted(read.customers(), "customer", "customers"),
        read.first(),
        read.last()
    );
    println!("\nLedger: what each cleaning rule removed\n{}", show::ledger(&read.ledger().lines));
    println!("\nCustomers to compare with the source\n{}", reading::sample(read)?);
    reading::print_warnings(read.warnings());
    match verdict {
        Some(reason) => println!("\nA run of this would not be published: {reason}"),
        None => println!("\nA run of this would be published"),
    }
    Ok(())
}
