//! What the library says of itself: its errors know no flags, its first page knows who touches files.

use std::collections::BTreeSet;
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

/// What a file holds outside its tests.
fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source)
}

#[test]
fn the_first_page_names_every_module_that_touches_files_or_the_network() {
    const MODULES: [&str; 8] =
        ["catalogue", "dictionary", "notify", "regular_file", "store", "tables", "temporary", "transactions"];
    const SIGNS: [&str; 9] = [
        "std::fs",
        " fs::",
        "File::",
        "tempfile::",
        "ureq::",
        "object_store::",
        "TcpStream",
        "open_workbook(",
        ".save(",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut found = BTreeSet::new();
    for file in files {
        let inside = file.strip_prefix(&root).expect("below it");
        let module = inside.iter().next().expect("a name").to_string_lossy().replace(".rs", "");
        let of_tests = ["tests.rs", "sample.rs"].iter().any(|name| inside.ends_with(name));
        let source = fs::read_to_string(&file).expect("readable");
        let mut code = without_tests(&source).lines().filter(|line| !line.trim_start().starts_with("//"));
        if !of_tests && code.any(|line| SIGNS.iter().any(|sign| line.contains(sign))) {
            found.insert(module);
        }
    }
    found.remove("bin");
    let page = fs::read_to_string(root.join("lib.rs")).expect("readable");
    let (_, files) = page.split_once("Files are for eight modules:").expect("the first page says it");
    let (said, _) = files.split_once("From a file").expect("then the example follows");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), MODULES);
    for module in MODULES {
        assert!(said.contains(&format!("`{module}`")), "{module}");
    }
}

#[test]
fn a_flag_and_a_command_are_recognised() {
    assert!(names_a_flag("give --date-order day-first") && names_a_flag("`segment run` publishes one"));
    assert!(!names_a_flag("a -- b") && !names_a_flag("2011-12-10"));
}
