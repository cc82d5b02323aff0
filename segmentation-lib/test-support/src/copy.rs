//! Directories copied, for tests that work on what was recorded or written elsewhere.

use std::fs;
use std::path::Path;

/// Copies a directory with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let (source, target) = entry.map(|e| (e.path(), to.join(e.file_name()))).expect("an entry");
        if source.is_dir() {
            copy(&source, &target)
        } else {
            fs::copy(&source, &target).expect("copied");
        }
    }
}
