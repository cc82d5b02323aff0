//! `segment export`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use polars::prelude::*;
use segmentation_lib::record::Snapshot;

use crate::args::{ExportArgs, ExportFormat, Global};
use crate::failure::{Failure, Result, failed};
use crate::output::{self, STANDARD_OUTPUT};

/// Whether an export was written, or why not: each format's writer has an error of its own.
type Written = Result<(), Box<dyn std::error::Error>>;

pub fn execute(args: &ExportArgs, global: &Global) -> Result<()> {
    let snapshot = super::load(global, args.run.as_deref())?;
    let Some(path) = &args.output else {
        return to_standard_output(args.format, &snapshot);
    };
    let partial = path.with_extension("partial");
    let write = || -> Result<()> {
        let cannot_write = || format!("cannot write {}", path.display());
        let mut out = BufWriter::new(File::create(&partial).map_err(failed(cannot_write()))?);
        export(args.format, &snapshot, &mut out).map_err(failed(cannot_write()))?;
        out.flush().and_then(|()| std::fs::rename(&partial, path)).map_err(failed(cannot_write()))
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&partial)))?;
    report(global, path, &snapshot)
}

fn to_standard_output(format: ExportFormat, snapshot: &Snapshot) -> Result<()> {
    if matches!(format, ExportFormat::Parquet) {
        return Err(Failure::Unusable(
            "Parquet goes to a file, not to standard output; name one with --output".to_owned(),
        ));
    }
    let mut out = BufWriter::new(io::stdout());
    export(format, snapshot, &mut out).map_err(failed(STANDARD_OUTPUT))?;
    out.flush().map_err(failed(STANDARD_OUTPUT))
}

fn report(global: &Global, path: &Path, snapshot: &Snapshot) -> Result<()> {
    let customers = snapshot.assignments.len();
    if global.json {
        return output::json(&serde_json::json!({
            "run_id": snapshot.manifest.run_id, "customers": customers, "file": path,
        }));
    }
    println!(
        "{} customers of run {} written to {}",
        output::integer(customers as u64),
        snapshot.manifest.run_id,
        path.display()
    );
    Ok(())
}

fn export(format: ExportFormat, snapshot: &Snapshot, out: &mut (impl Write + Send)) -> Written {
    match format {
        ExportFormat::Csv => csv(snapshot, out),
        ExportFormat::Ndjson => ndjson(snapshot, out),
        ExportFormat::Parquet => parquet(snapshot, out),
    }
}

fn csv(snapshot: &Snapshot, out: &mut impl Write) -> Written {
    let mut writer = csv::Writer::from_writer(out);
    let fixed = ["customer_id", "segment_id", "segment_key", "segment", "segmento", "silhouette"];
    writer
        .write_record(fixed.into_iter().chain(snapshot.manifest.features.iter().map(|f| f.name.as_str())))?;
    for (a, s) in snapshot.rows() {
        let mut record = vec![
            a.customer_id.clone(),
            s.id.to_string(),
            s.key.clone(),
            s.name.en.clone(),
            s.name.pt_br.clone(),
            a.silhouette.to_string(),
        ];
        record.extend(a.features.iter().map(f64::to_string));
        writer.write_record(record)?;
    }
    Ok(writer.flush()?)
}

fn ndjson(snapshot: &Snapshot, out: &mut impl Write) -> Written {
    for (a, s) in snapshot.rows() {
        let names = snapshot.manifest.features.iter().map(|f| f.name.clone());
        let features: serde_json::Map<_, _> = names.zip(a.features.iter().map(|&v| v.into())).collect();
        let line = serde_json::json!({
            "customer_id": a.customer_id, "segment_id": s.id, "segment_key": s.key, "segment": s.name,
            "silhouette": a.silhouette, "features": features,
        });
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn parquet(snapshot: &Snapshot, out: &mut (impl Write + Send)) -> Written {
    let all = &snapshot.assignments;
    let segment = |id: u16| &snapshot.segments[usize::from(id) - 1];
    let text = |f: &dyn Fn(u16) -> String| all.iter().map(|a| f(a.segment_id)).collect::<Vec<_>>();
    let mut columns = vec![
        Column::new("customer_id".into(), all.iter().map(|a| a.customer_id.as_str()).collect::<Vec<_>>()),
        Column::new("segment_id".into(), all.iter().map(|a| u32::from(a.segment_id)).collect::<Vec<_>>()),
        Column::new("segment_key".into(), text(&|id| segment(id).key.clone())),
        Column::new("segment".into(), text(&|id| segment(id).name.en.clone())),
        Column::new("segmento".into(), text(&|id| segment(id).name.pt_br.clone())),
        Column::new("silhouette".into(), all.iter().map(|a| a.silhouette).collect::<Vec<_>>()),
    ];
    for (i, feature) in snapshot.manifest.features.iter().enumerate() {
        let values: Vec<f64> = all.iter().map(|a| a.features[i]).collect();
        columns.push(Column::new(feature.name.as_str().into(), values));
    }
    let mut frame = DataFrame::new(all.len(), columns)?;
    ParquetWriter::new(out).finish(&mut frame)?;
    Ok(())
}
