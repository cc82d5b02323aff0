//! `segment dictionary`.

use segmentation_lib::dictionary;

use crate::args::{DictionaryArgs, Global};
use crate::failure::{Failure, Result};
use crate::output;

pub fn execute(args: &DictionaryArgs, global: &Global) -> Result<()> {
    let sheets = dictionary::sheets()?;
    if args.check {
        let differences = dictionary::differences(&args.output, &sheets)?;
        if differences.is_empty() {
            return report(global, args, "agrees with the code");
        }
        return Err(Failure::Failed(format!(
            "{} differs from the code; `segment dictionary` writes it anew:\n{}",
            args.output.display(),
            differences.join("\n")
        )));
    }
    dictionary::write(&args.output, &sheets)?;
    report(global, args, "written")
}

fn report(global: &Global, args: &DictionaryArgs, what: &str) -> Result<()> {
    if global.json {
        return output::json(&serde_json::json!({ "file": args.output, "status": what }));
    }
    println!("{} {what}", args.output.display());
    Ok(())
}
