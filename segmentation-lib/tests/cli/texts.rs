//! Errors of the library say what is wrong; which flag or command helps, only the program knows.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The texts of a file's errors, as they stand in the attributes.
fn error_texts(source: &str) -> impl Iterator<Item = &str> {
    source.split("#[error(").skip(1).map(|rest| rest.split(")]\n").next().unwrap_or(rest))
}

fn names_a_flag(text: &str) -> bool {
    let flag = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase());
    text.contains("`segment ") || text.split("--").skip(1).any(flag)
}

#[test]
fn no_error_of_the_library_names_a_flag_or_a_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut texts = 0;
    for file in files.iter().filter(|file| !file.starts_with(root.join("bin"))) {
        let source = fs::read_to_string(file).expect("readable");
        for text in error_texts(&source) {
            texts += 1;
            assert!(!names_a_flag(text), "{}: {text}", file.display());
        }
    }
    assert!(texts > 100, "only {texts} texts were found");
}

#[test]
fn a_flag_and_a_command_are_recognised() {
    assert!(names_a_flag("give --date-order day-first") && names_a_flag("`segment run` publishes one"));
    assert!(!names_a_flag("a -- b") && !names_a_flag("2011-12-10"));
}
