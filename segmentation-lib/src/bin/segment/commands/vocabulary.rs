//! `segment vocabulary`, and the file that `segment run --vocabulary` names.

use std::path::Path;

use segmentation_lib::regular_file;
use segmentation_lib::vocabulary::{BUNDLED_WITH_OUTLOOK, Vocabulary};

use crate::args::{Global, VocabularyArgs};
use crate::failure::{Result, failed};
use crate::output;

/// Most bytes of a vocabulary.
const MOST_BYTES: u64 = 16 << 20;

/// Reads and checks a vocabulary.
pub fn read(path: &Path) -> Result<Vocabulary> {
    let text = regular_file::read_text(path, MOST_BYTES)
        .map_err(failed(format!("cannot read {}", path.display())))?;
    Ok(Vocabulary::parse(&text, &path.display().to_string())?)
}

/// Prints the bundled vocabulary, or checks another one.
pub fn execute(args: &VocabularyArgs, global: &Global) -> Result<()> {
    let Some(path) = &args.check else {
        print!("{BUNDLED_WITH_OUTLOOK}");
        return Ok(());
    };
    let vocabulary = read(path)?;
    let ahead = vocabulary.outlook.as_ref().map_or(0, |outlook| outlook.names().len());
    let (names, groups) = (vocabulary.segments.names().len() + ahead, vocabulary.groups.groups().len());
    if global.json {
        return output::json(&serde_json::json!({ "segments": names, "groups": groups }));
    }
    println!("{} is complete: {names} names of segments, {groups} RFM groups", path.display());
    Ok(())
}
