//! `segment completions`, `segment manual`: what packages install beside the program.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;

pub fn completions(shell: Shell) -> Result<()> {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "segment", &mut script);
    Ok(io::stdout().write_all(&script)?)
}

pub fn write(dir: &Path) -> Result<()> {
    let written = clap_mangen::generate_to(Cli::command(), dir);
    written.with_context(|| format!("cannot write the manual pages to {}", dir.display()))
}
