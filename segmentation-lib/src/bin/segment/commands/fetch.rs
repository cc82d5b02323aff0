//! `segment datasets` and `segment fetch`.

use segmentation_lib::catalogue::{self, Dataset};

use crate::args::{FetchArgs, Global};
use crate::failure::Result;
use crate::output;

pub fn list(global: &Global) -> Result<()> {
    if global.json {
        return output::json(&catalogue::datasets());
    }
    let row = |d: &Dataset| {
        let here = if catalogue::locate(d.name, &global.data).is_ok() { "here" } else { "segment fetch" };
        [d.name, d.title, here, d.licence, d.source].map(str::to_owned)
    };
    let rows = catalogue::datasets().iter().map(row).collect();
    println!("{}", output::table(["name", "title", "files", "licence", "source"], &[], rows));
    Ok(())
}

pub fn execute(args: &FetchArgs, global: &Global) -> Result<()> {
    let progress = crate::progress::start(global)?;
    let files = catalogue::fetch(&args.name, &global.data, args.url.as_deref(), &progress)?;
    if global.json {
        return output::json(&serde_json::json!({ "dataset": args.name, "files": files }));
    }
    for file in files {
        println!("{}", file.display());
    }
    println!("segment run --dataset {}", args.name);
    Ok(())
}
