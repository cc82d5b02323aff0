//! A run's manifest beside its database.
//!
//! The database holds it too, and is what counts when a run is read. To open the database takes a verified
//! copy of it, though, which is far too much for a list of what there is.

use std::path::Path;

use super::checksums;
use super::error::{Damage, StoreError};
use super::files::write_durably;
use crate::record::{Manifest, RunId};

/// Name of the file; the run's list of checksums has it.
const FILE: &str = "MANIFEST";

/// Writes the manifest of the run that is made in `dir`.
pub(super) fn write(dir: &Path, manifest: &Manifest) -> Result<(), StoreError> {
    let json = serde_json::to_vec_pretty(manifest).expect("plain structs with text keys always serialise");
    write_durably(&dir.join(FILE), &json)
}

/// The manifest of the run in `dir`, compared with its checksum; `None` where the run is from before there
/// was such a file.
pub(super) fn read(run_id: &RunId, dir: &Path) -> Result<Option<Manifest>, StoreError> {
    let Some(json) = checksums::read_listed(run_id, dir, FILE)? else { return Ok(None) };
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|error| {
        let what = Damage::Decode { key: FILE.to_owned(), reason: error.to_string() };
        StoreError::damaged(run_id, what)
    })?;
    if manifest.run_id != run_id.as_str() {
        return Err(StoreError::damaged(run_id, Damage::Name { seen: manifest.run_id }));
    }
    Ok(Some(manifest))
}
