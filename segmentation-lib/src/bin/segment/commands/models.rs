//! `segment models`.

use segmentation_lib::record::{Manifest, Model};
use segmentation_lib::store::Store;
use serde::Serialize;

use crate::args::Global;
use crate::failure::Result;
use crate::output;

/// A model and the kept runs that apply it, newest first.
#[derive(Serialize)]
struct Listed<'a> {
    in_force: bool,
    #[serde(flatten)]
    model: &'a Model,
    algorithm: &'static str,
    k: usize,
    runs: Vec<&'a str>,
}

pub fn list(global: &Global) -> Result<()> {
    let runs = Store::at(&global.store).runs()?;
    let mut models: Vec<Listed> = Vec::new();
    for (current, manifest) in runs.iter().filter_map(|run| Some((run.current, run.manifest.as_ref().ok()?)))
    {
        let Some(model) = &manifest.model else { continue };
        match models.iter_mut().find(|listed| listed.model.id == model.id) {
            Some(listed) => {
                listed.in_force |= current;
                listed.runs.push(&manifest.run_id);
            }
            None => models.push(listed(current, model, manifest)),
        }
    }
    if global.json {
        return output::json(&models);
    }
    if models.is_empty() {
        println!("no run in {} has a model yet; `segment run` fits one", global.store.display());
        return Ok(());
    }
    let header = ["", "model", "data", "fitted", "customers", "algorithm", "k", "newest run"];
    println!("{}", output::table(header, &[4, 6], models.iter().map(cells).collect()));
    Ok(())
}

fn listed<'a>(in_force: bool, model: &'a Model, manifest: &'a Manifest) -> Listed<'a> {
    let (algorithm, k) = (manifest.algorithm.name(), manifest.k);
    Listed { in_force, model, algorithm, k, runs: vec![manifest.run_id.as_str()] }
}

fn cells(listed: &Listed) -> [String; 8] {
    [
        if listed.in_force { "in force" } else { "" }.to_owned(),
        listed.model.id.clone(),
        listed.model.name.clone(),
        listed.model.fitted_at.clone(),
        output::integer(listed.model.customers),
        listed.algorithm.to_owned(),
        listed.k.to_string(),
        listed.runs[0].to_owned(),
    ]
}
