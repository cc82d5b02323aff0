//! `segment runs` and `segment rollback`.

use segmentation_lib::store::{RunSummary, Store};
use serde::Serialize;

use crate::args::{Global, RollbackArgs, RunsArgs};
use crate::failure::Result;
use crate::output;

#[derive(Serialize)]
struct Row<'a> {
    run_id: &'a str,
    current: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<&'a segmentation_lib::record::Manifest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub fn list(args: &RunsArgs, global: &Global) -> Result<()> {
    let store = Store::at(&global.store);
    let mut runs = store.runs()?;
    if args.verify {
        for run in &mut runs {
            run.manifest = store.verify(&run.run_id);
        }
    }
    if global.json {
        return output::json(&runs.iter().map(row).collect::<Vec<_>>());
    }
    if runs.is_empty() {
        println!("no run was published to {} yet; `segment run` publishes one", global.store.display());
        return Ok(());
    }
    let header = ["", "run", "data set", "reference date", "customers", "algorithm", "k", "silhouette"];
    println!("{}", output::table(header, &[4, 6, 7], runs.iter().map(cells).collect()));
    Ok(())
}

pub fn rollback(args: &RollbackArgs, global: &Global) -> Result<()> {
    let target = args.run.as_deref().map(str::parse).transpose()?;
    let current = Store::at(&global.store).rollback(target.as_ref())?;
    if global.json {
        return output::json(&serde_json::json!({ "current": current }));
    }
    println!("run {current} is served again");
    Ok(())
}

fn row(run: &RunSummary) -> Row<'_> {
    Row {
        run_id: run.run_id.as_str(),
        current: run.current,
        manifest: run.manifest.as_ref().ok(),
        error: run.manifest.as_ref().err().map(ToString::to_string),
    }
}

fn cells(run: &RunSummary) -> [String; 8] {
    let current = if run.current { "current" } else { "" }.to_owned();
    let id = run.run_id.to_string();
    match &run.manifest {
        Ok(m) => [
            current,
            id,
            m.source.dataset.clone(),
            m.reference_date.clone(),
            output::integer(m.customers),
            m.algorithm.name().to_owned(),
            m.k.to_string(),
            format!("{:.4}", m.silhouette),
        ],
        Err(error) => [
            current,
            id,
            format!("cannot be read: {error}"),
            "".into(),
            "".into(),
            "".into(),
            "".into(),
            "".into(),
        ],
    }
}
