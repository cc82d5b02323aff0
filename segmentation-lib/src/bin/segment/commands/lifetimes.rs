//! What `segment summary` and `segment forecast` begin with: every customer's purchases, and where they are written.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use chrono::NaiveDate;
use segmentation_lib::catalogue;
use segmentation_lib::export::guarded;
use segmentation_lib::lifetime::Purchases;
use segmentation_lib::store::Store;
use serde::Serialize;

use super::reading;
use crate::args::{Global, PurchasesArgs};
use crate::failure::{Result, failed};
use crate::output::{self, STANDARD_OUTPUT};

/// The purchases, without those of forgotten customers, and the last day of the observation: the last with a
/// purchase, or the day before the reference date where that is later.
pub fn read(args: &PurchasesArgs, global: &Global) -> Result<(Purchases, NaiveDate)> {
    let progress = crate::progress::start(global)?;
    let options = reading::options(&args.read)?;
    let inputs = match &args.dataset {
        Some(name) => catalogue::locate(name, &global.data)?,
        None => args.input.clone(),
    };
    let read = reading::transactions(&inputs, &args.read, &options, &progress)?;
    reading::print_warnings(read.warnings());
    read.losses().allowed(options.max_loss)?;
    let forgotten = Store::at(&global.store).forgotten()?;
    let purchases = Purchases::of(&read)?.without(|id| forgotten.contains(id));
    let last = read.last().date();
    let before_reference = options.reference.map(|reference| reference.days_before(1).day());
    Ok((purchases, before_reference.map_or(last, |day| day.max(last))))
}

/// A customer's id as the CSV has it.
pub fn id<'a>(purchases: &'a Purchases, customer: u32, args: &PurchasesArgs) -> Cow<'a, str> {
    let id = &purchases.ids[customer as usize];
    if args.safe { guarded(id) } else { Cow::Borrowed(id) }
}

/// Writes CSV to this file, whole or not at all, or to standard output.
pub fn write_csv(path: Option<&Path>, rows: impl Iterator<Item = impl Serialize>) -> Result<()> {
    let Some(path) = path else { return records(io::stdout(), rows).map_err(failed(STANDARD_OUTPUT)) };
    let cannot_write = format!("cannot write {}", path.display());
    output::file(path, |out| records(out, rows).map_err(failed(cannot_write)))
}

fn records(out: impl Write, rows: impl Iterator<Item = impl Serialize>) -> csv::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    rows.into_iter().try_for_each(|row| writer.serialize(row))?;
    Ok(writer.flush()?)
}
