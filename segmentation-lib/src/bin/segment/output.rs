//! Tables for people, JSON for programs.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use comfy_table::{CellAlignment, ContentArrangement, presets};
use console::Term;
use segmentation_lib::wording::tables::Table;
use serde::Serialize;

use crate::failure::{Result, failed};

pub use segmentation_lib::wording::{feature, integer, money, percent};

/// What fails where nobody takes the output.
pub const STANDARD_OUTPUT: &str = "cannot write to standard output";

/// What formats that are whole or nothing need.
pub const TO_A_FILE: &str = "Parquet and xlsx go to a file, not to standard output; name one with --output";

/// Prints a value as indented JSON.
pub fn json(value: &impl Serialize) -> Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(failed(STANDARD_OUTPUT))?;
    writeln!(out).map_err(failed(STANDARD_OUTPUT))
}

/// Writes a file, whole or not at all: until it is complete it stands beside, under another ending.
pub fn file(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let cannot_write = || format!("cannot write {}", path.display());
    let partial = path.with_extension("partial");
    let complete = || -> Result<()> {
        let mut out = BufWriter::new(File::create(&partial).map_err(failed(cannot_write()))?);
        write(&mut out)?;
        out.flush().and_then(|()| std::fs::rename(&partial, path)).map_err(failed(cannot_write()))
    };
    complete().inspect_err(|_| drop(std::fs::remove_file(&partial)))
}

/// A table whose columns in `numbers` are aligned to the right.
pub fn table<const N: usize>(header: [&str; N], numbers: &[usize], rows: Vec<[String; N]>) -> String {
    drawn(&Table::new(header, numbers, rows))
}

/// A table; cells wrap where a terminal is narrower.
pub fn drawn(table: &Table) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(presets::UTF8_BORDERS_ONLY).set_header(&table.header);
    drawn.add_rows(&table.rows);
    if let Some((_, width)) = Term::stdout().size_checked() {
        drawn.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for &index in &table.numbers {
        if let Some(column) = drawn.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    drawn.to_string()
}
