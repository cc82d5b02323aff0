//! `segment export`.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use segmentation_lib::export::{self, ExportError, ExportParams, Format, Include};
use segmentation_lib::record::Snapshot;
use segmentation_lib::wording::counted;

use crate::args::{ExportArgs, ExportFormat, Global, IncludeArg};
use crate::failure::{Failure, Result, failed};
use crate::output::{self, STANDARD_OUTPUT};

pub fn execute(args: &ExportArgs, global: &Global) -> Result<()> {
    params(args).check()?;
    let snapshot = super::load(global, args.run.as_deref())?;
    let Some(path) = &args.output else {
        return to_standard_output(args, &snapshot);
    };
    let cannot_write = format!("cannot write {}", path.display());
    let mut customers = 0;
    output::file(path, |out| {
        customers = write(args, &snapshot, out).map_err(failed(cannot_write))?;
        Ok(())
    })?;
    report(global, path, &snapshot, customers)
}

fn params(args: &ExportArgs) -> ExportParams {
    let format = match args.format {
        ExportFormat::Csv => Format::Csv,
        ExportFormat::Ndjson => Format::Ndjson,
        // A workbook has texts that are no formulas, as Parquet has.
        ExportFormat::Parquet | ExportFormat::Xlsx => Format::Parquet,
    };
    ExportParams {
        format,
        safe: args.safe,
        language: args.language.into(),
        include: include(args),
        segment_only: args.segment_only,
        confident: args.confident,
        ..ExportParams::default()
    }
}

fn include(args: &ExportArgs) -> Include {
    Include {
        rfm: args.include.contains(&IncludeArg::Rfm),
        forecast: args.include.contains(&IncludeArg::Forecast),
        borderline: args.include.contains(&IncludeArg::Borderline),
        co_assignment: args.include.contains(&IncludeArg::CoAssignment),
        ..Include::default()
    }
}

fn write(
    args: &ExportArgs,
    snapshot: &Snapshot,
    out: &mut (impl Write + Send),
) -> Result<usize, ExportError> {
    match args.format {
        ExportFormat::Xlsx => export::write_workbook(snapshot, &params(args), out),
        _ => export::write(snapshot, &params(args), out),
    }
}

fn to_standard_output(args: &ExportArgs, snapshot: &Snapshot) -> Result<()> {
    if matches!(args.format, ExportFormat::Parquet | ExportFormat::Xlsx) {
        return Err(Failure::Unusable(output::TO_A_FILE.to_owned()));
    }
    let mut out = BufWriter::new(io::stdout());
    write(args, snapshot, &mut out).map_err(failed(STANDARD_OUTPUT))?;
    out.flush().map_err(failed(STANDARD_OUTPUT))
}

fn report(global: &Global, path: &Path, snapshot: &Snapshot, customers: usize) -> Result<()> {
    if global.json {
        return output::json(&serde_json::json!({
            "run_id": snapshot.manifest.run_id, "customers": customers, "file": path,
        }));
    }
    println!(
        "{} of run {} written to {}",
        counted(customers as u64, "customer", "customers"),
        snapshot.manifest.run_id,
        path.display()
    );
    Ok(())
}
