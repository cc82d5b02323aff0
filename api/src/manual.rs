//! `segmentation-api completions`, `segmentation-api manual`: what packages install beside the program.

use std::path::Path;

use anyhow::Context;
use clap::Command;
use clap_complete::Shell;

/// The shell's completion script.
pub fn completions(mut command: Command, shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "segmentation-api", &mut script);
    String::from_utf8(script).expect("completion scripts are made of text")
}

/// Writes a page for the command and one for each subcommand into `dir`.
pub fn write(command: Command, dir: &Path) -> anyhow::Result<()> {
    let written = clap_mangen::generate_to(command, dir);
    written.with_context(|| format!("cannot write the manual pages to {}", dir.display()))
}
