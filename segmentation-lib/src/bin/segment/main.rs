//! `segment`: the command line of the segmentation library.

mod args;
mod commands;
mod failure;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // `segment export | head` ends when head does, as other programs do.
    sigpipe::reset();
    let cli = args::Cli::parse();
    match commands::execute(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error, cli.global.json),
    }
}
