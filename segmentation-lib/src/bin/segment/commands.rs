//! One file a command; each prints its result as tables or as JSON.

mod bucket;
mod changes;
mod check;
mod dictionary;
mod export;
mod fetch;
mod forecast;
mod forget;
mod lifetimes;
mod lift;
mod lookup;
mod manual;
mod models;
mod notify;
mod reading;
mod run;
mod runs;
mod show;
mod sql;
mod summary;
mod vocabulary;

use segmentation_lib::pipeline::Fit;
use segmentation_lib::record::Snapshot;
use segmentation_lib::store::Store;

use crate::args::{Cli, Command, Global};
use crate::failure::Result;

pub fn execute(cli: &Cli) -> Result<()> {
    let global = &cli.global;
    match &cli.command {
        Command::Run(args) => run::execute(args, global, Fit::WithoutModel),
        Command::Refit(args) if args.afresh => run::execute(&args.run, global, Fit::Afresh),
        Command::Refit(args) => run::execute(&args.run, global, Fit::Continue),
        Command::Check(args) => check::execute(args, global),
        Command::Sql(args) => sql::execute(args, global),
        Command::Models => models::list(global),
        Command::Datasets => fetch::list(global),
        Command::Fetch(args) => fetch::execute(args, global),
        Command::Runs(args) => runs::list(args, global),
        Command::Show(args) => show::execute(args, global),
        Command::Lookup(args) => lookup::execute(args, global),
        Command::Rollback(args) => runs::rollback(args, global),
        Command::Export(args) => export::execute(args, global),
        Command::Changes(args) => changes::execute(args, global),
        Command::Notify(args) => notify::execute(args, global),
        Command::History(args) => changes::history(args, global),
        Command::Forecast(args) => forecast::execute(args, global),
        Command::Lift(args) => lift::execute(args, global),
        Command::Summary(args) => summary::execute(args, global),
        Command::Forget(args) => forget::execute(args, global),
        Command::Push(args) => bucket::push(args, global),
        Command::Pull(args) => bucket::pull(args, global),
        Command::Vocabulary(args) => vocabulary::execute(args, global),
        Command::Dictionary(args) => dictionary::execute(args, global),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Manual { dir } => manual::write(dir),
    }
}

/// The run of that id, or the current one.
fn load(global: &Global, run: Option<&str>) -> Result<Snapshot> {
    let store = Store::at(&global.store);
    Ok(match run {
        Some(id) => store.load(&id.parse()?)?,
        None => store.open_current()?,
    })
}
