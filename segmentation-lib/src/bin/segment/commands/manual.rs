//! `segment completions`, `segment manual`: what packages install beside the program.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::{Result, failed};
use crate::output::STANDARD_OUTPUT;

pub fn completions(shell: Shell) -> Result<()> {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "segment", &mut script);
    io::stdout().write_all(&script).map_err(failed(STANDARD_OUTPUT))
}

pub fn write(dir: &Path) -> Result<()> {
    let written = clap_mangen::generate_to(Cli::command(), dir);
    written.map_err(failed(format!("cannot write the manual pages to {}", dir.display())))
}
