//! `segment-spark`: rows of a query from a Spark Connect server as Parquet parts.
//!
//! ```text
//! address ── connection ── session ── rows ── fetch ── parts
//!                             └────── types     └───── output
//! ```

mod address;
mod args;
mod connection;
mod error;
mod fetch;
mod output;
mod parts;
mod rows;
mod session;
mod stop;
mod types;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::Shell;

use self::address::Address;
use self::args::{Cli, Command};
use self::error::Error;
use self::session::Session;
use self::stop::Stop;

/// Where the token is looked for; arguments are seen by every user of the machine.
const TOKEN: &str = "SPARK_CONNECT_TOKEN";

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Columns { url } => asked(&url, None),
        Command::Fetch { url, into } => asked(&url, Some(&into)),
        Command::Completions { shell } => completions(shell),
        Command::Manual { dir } => manual(&dir),
    };
    done.map_or_else(ExitCode::from, |()| ExitCode::SUCCESS)
}

/// Asks the server, and reports what fails.
fn asked(url: &str, into: Option<&Path>) -> Result<(), u8> {
    let address = Address::parse(url, std::env::var(TOKEN).ok()).map_err(|error| report(&error, None))?;
    run(&address, into).map_err(|error| report(&error, address.token()))
}

/// One line on standard error. No server's message carries the token out.
fn report(error: &Error, token: Option<&str>) -> u8 {
    let line = error.to_string();
    let line = token.map_or_else(|| line.clone(), |token| line.replace(token, "***"));
    eprintln!("error: {line}");
    error.exit_code()
}

fn run(address: &Address, into: Option<&Path>) -> Result<(), Error> {
    let query = query()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Stream { stream: "the runtime", source })?;
    runtime.block_on(async {
        let mut stop = Stop::watch()?;
        // Here, inside the runtime that drives the connection.
        let session = Session::at(address)?;
        let answered = tokio::select! {
            answered = answer(&session, &query, into) => answered,
            cause = stop.asked() => Err(cause),
        };
        if answered.is_err() {
            session.interrupt().await;
        }
        session.close().await;
        answered
    })
}

async fn answer(session: &Session, query: &str, into: Option<&Path>) -> Result<(), Error> {
    session.open().await?;
    match into {
        Some(dir) => fetch::fetch(session, query, dir).await,
        None => output::columns(&session.columns(query).await?),
    }
}

/// The text on standard input, without a semicolon at its end.
fn query() -> Result<String, Error> {
    let read = io::read_to_string(io::stdin().lock());
    let text = read.map_err(|source| Error::Stream { stream: "standard input", source })?;
    let text = text.trim().trim_end_matches(';').trim_end();
    if text.is_empty() { Err(Error::NoQuery) } else { Ok(text.to_owned()) }
}

fn completions(shell: Shell) -> Result<(), u8> {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "segment-spark", &mut script);
    let written = io::stdout().write_all(&script);
    written.map_err(|source| report(&Error::Stream { stream: "standard output", source }, None))
}

fn manual(dir: &Path) -> Result<(), u8> {
    let written = clap_mangen::generate_to(Cli::command(), dir);
    written.map_err(|source| report(&Error::Write { path: dir.to_owned(), source }, None))
}
