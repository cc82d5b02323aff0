//! Whether the modules of a crate use one another in the order that its documentation draws.
//!
//! A room is a module at the crate's root. Under the heading `Rooms` the crate's documentation has a picture
//! as a block of text, the highest floor first, the rooms of a floor in one line, with an optional remark
//! after `|`:
//!
//! ```text
//! startup        | from settings to a running server
//! gate metrics   | who may ask; what is counted
//! error
//! ```
//!
//! A room uses rooms on lower floors only. As every arrow goes down, there is no circle.
//!
//! ```no_run
//! use test_support::rooms;
//!
//! let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
//! let floors = rooms::drawn(&source)?;
//! assert_eq!(rooms::violations(&source, &floors)?, Vec::<String>::new());
//! # Ok::<(), std::io::Error>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The rooms of each floor, the ground floor first.
pub type Floors = Vec<Vec<String>>;

/// The picture in the documentation of the crate whose sources are in the directory `source`; no floor
/// where there is no picture.
pub fn drawn(source: &Path) -> io::Result<Floors> {
    let text = fs::read_to_string(source.join("lib.rs"))?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim);
    let block =
        lines.skip_while(|line| *line != "# Rooms").skip_while(|line| !line.starts_with("```")).skip(1);
    let rooms_of =
        |line: &str| line.split('|').next().unwrap_or("").split_whitespace().map(str::to_owned).collect();
    let mut floors: Floors = block.take_while(|line| !line.starts_with("```")).map(rooms_of).collect();
    floors.reverse();
    Ok(floors)
}

/// Everything in the sources that contradicts the order of the floors, a text each. Code for tests is free
/// to use whatever it tests, programs (`main.rs`, `bin`) are above all rooms.
pub fn violations(source: &Path, floors: &[Vec<String>]) -> io::Result<Vec<String>> {
    let files = source_files(source)?;
    let lib = fs::read_to_string(source.join("lib.rs"))?;
    let (floor_of, room_of) = (floor_of(floors), reexported(&lib));
    let mut found = misdrawn(floors, &files);
    for file in &files {
        let text = production(&fs::read_to_string(&file.path)?);
        for name in file.used(&text) {
            let used = room_of.get(name).copied().unwrap_or(name);
            found.extend(wrong(file, used, &floor_of));
        }
    }
    Ok(found)
}

fn floor_of(floors: &[Vec<String>]) -> BTreeMap<&str, usize> {
    let rooms = floors.iter().enumerate().flat_map(|(i, rooms)| rooms.iter().map(move |room| (room, i)));
    rooms.map(|(room, i)| (room.as_str(), i)).collect()
}

/// Rooms that are drawn twice or do not exist, and modules that are not drawn.
fn misdrawn(floors: &[Vec<String>], files: &[SourceFile]) -> Vec<String> {
    let built: BTreeSet<&str> = files.iter().map(|file| file.room.as_str()).collect();
    let mut drawn = BTreeSet::new();
    let twice = floors.iter().flatten().filter(|room| !drawn.insert(room.as_str()));
    let mut found: Vec<_> = twice.map(|room| format!("{room} is drawn twice")).collect();
    found.extend(drawn.difference(&built).map(|room| format!("{room} is drawn and is no module")));
    found.extend(built.difference(&drawn).map(|room| format!("{room} is a module and not drawn")));
    found
}

/// Why the file must not use this room, if so.
fn wrong(file: &SourceFile, used: &str, floor_of: &BTreeMap<&str, usize>) -> Option<String> {
    let own = floor_of.get(file.room.as_str())?;
    let Some(other) = floor_of.get(used) else { return Some(format!("{file}: {used} is no room")) };
    let place = if other > own { "above" } else { "beside" };
    let up = used != file.room && other >= own;
    up.then(|| format!("{file}: {} uses {used}, which is {place} it", file.room))
}

struct SourceFile {
    path: PathBuf,
    room: String,
    /// How many times `super` leads from it to the crate's root.
    depth: usize,
}

impl std::fmt::Display for SourceFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path.display())
    }
}

impl SourceFile {
    /// The names at the crate's root that its text uses.
    fn used<'a>(&self, text: &'a str) -> BTreeSet<&'a str> {
        let up = "super::".repeat(self.depth);
        // A longer chain of `super` begins with this one and leads past the root.
        let from_here = after(text, &up).into_iter().filter(|rest| !rest.starts_with("super::"));
        let names = after(text, "crate::").into_iter().chain(from_here).flat_map(first_names);
        // The rest is `self` and `*`.
        names.filter(|name| !matches!(*name, "" | "self")).collect()
    }
}

/// What follows each place of `prefix` in the text that does not go on an identifier or a path.
fn after<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    let places = text.match_indices(prefix).map(|(at, _)| at).filter(|&at| begins(at));
    places.map(|at| &text[at + prefix.len()..]).collect()
}

/// The first name of a path, or of each path of a group in braces.
fn first_names(rest: &str) -> Vec<&str> {
    let name = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let Some(group) = rest.strip_prefix('{') else { return vec![&rest[..name(rest)]] };
    let mut depth = 0;
    let mut names = Vec::new();
    let mut expected = true;
    for (at, c) in group.char_indices() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            _ if expected && !c.is_whitespace() => {
                names.push(&group[at..at + name(&group[at..])]);
                expected = false;
            }
            _ => {}
        }
    }
    names
}

/// From a name at the crate's root to the room it comes from.
fn reexported(lib: &str) -> BTreeMap<&str, &str> {
    let uses =
        after(lib, "pub use ").into_iter().filter_map(|rest| rest.split_once(';')).map(|(path, _)| path);
    uses.filter_map(|path| path.split_once("::"))
        .flat_map(|(room, names)| first_names(names).into_iter().map(move |name| (name, room)))
        .collect()
}

/// The text without comments and without what is built for tests alone.
fn production(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("#[cfg(test)]") {
            let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
            let mut item = lines.by_ref().skip_while(|line| line.trim_start().starts_with('#'));
            let first = item.next().unwrap_or_default();
            if !first.ends_with([';', '}']) {
                lines.by_ref().find(|line| *line == end);
            }
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The sources of all rooms, in order of path.
fn source_files(source: &Path) -> io::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    collect(source, &mut Vec::new(), &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(directory: &Path, above: &mut Vec<String>, files: &mut Vec<SourceFile>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let outside = above.is_empty() && matches!(name.as_str(), "lib" | "main" | "bin");
        if outside || name == "tests" {
            continue;
        }
        above.push(name);
        if path.is_dir() {
            collect(&path, above, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(SourceFile { path, room: above[0].clone(), depth: above.len() });
        }
        above.pop();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate of these files, checked against its own picture.
    fn check(files: &[(&str, &str)]) -> Vec<String> {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        let floors = drawn(directory.path()).expect("lib.rs is there");
        let found = violations(directory.path(), &floors).expect("read");
        let prefix = format!("{}/", directory.path().display());
        found.iter().map(|text| text.replace(&prefix, "")).collect()
    }

    const LIB: (&str, &str) = (
        "lib.rs",
        "//! A crate.\n//!\n//! # Rooms\n//!\n//! ```text\n//! top | highest\n//! left right\n//! ground\n//! ```\n\
         pub mod ground;\npub use ground::{Error, Result};\npub use left::Only;\n",
    );
    const NONE: [&str; 0] = [];

    fn house(left: (&'static str, &'static str)) -> Vec<String> {
        let rest = [("top.rs", "use crate::left;"), ("right.rs", ""), ("ground.rs", "")];
        let mut files = vec![LIB, left];
        files.extend(rest.iter().filter(|(name, _)| *name != left.0));
        if left.0 != "left.rs" {
            files.push(("left.rs", ""));
        }
        check(&files)
    }

    #[test]
    fn arrows_that_go_down_are_allowed() {
        assert_eq!(
            house(("left.rs", "use crate::ground::Thing;\nuse crate::{Error, ground, left::Own};\n")),
            NONE
        );
        assert_eq!(house(("left/inner.rs", "use super::Own;\nuse super::super::ground;\n")), NONE);
    }

    #[test]
    fn an_arrow_that_goes_up_is_named() {
        let up = ["left.rs: left uses top, which is above it"];
        for text in [
            "use crate::top;",
            "use crate::top::Thing;",
            "fn f() { crate::top::g() }",
            "use crate::{\n    ground::{a, b},\n    top::Thing,\n};",
            "use super::top;",
        ] {
            assert_eq!(house(("left.rs", text)), up, "{text}");
        }
        assert_eq!(
            house(("left/inner.rs", "use super::super::top;")),
            ["left/inner.rs: left uses top, which is above it"]
        );
    }

    #[test]
    fn rooms_of_one_floor_do_not_use_one_another() {
        assert_eq!(house(("left.rs", "use crate::right;")), ["left.rs: left uses right, which is beside it"]);
    }

    #[test]
    fn a_name_at_the_root_counts_for_the_room_it_comes_from() {
        assert_eq!(
            house(("right.rs", "use crate::{Only, Result};")),
            ["right.rs: right uses left, which is beside it"]
        );
        assert_eq!(house(("right.rs", "use crate::nothing;")), ["right.rs: nothing is no room"]);
    }

    #[test]
    fn comments_and_tests_are_free() {
        let text = "//! [`crate::top`]\n#[cfg(test)]\n#[path = \"x.rs\"]\nmod sample;\n\n#[cfg(test)]\nmod tests {\n    \
                    use crate::top;\n    fn f() {\n    }\n}\n";
        assert_eq!(house(("left.rs", text)), NONE);
        let behind = format!("{text}use crate::top;\n");
        assert_eq!(house(("left.rs", Box::leak(behind.into_boxed_str()))).len(), 1);
        assert_eq!(house(("left/tests.rs", "use crate::top;")), NONE);
    }

    #[test]
    fn the_picture_has_every_module_once_and_nothing_else() {
        let files =
            [LIB, ("top.rs", ""), ("left.rs", ""), ("ground.rs", ""), ("attic/a.rs", ""), ("main.rs", "")];
        assert_eq!(check(&files), ["right is drawn and is no module", "attic is a module and not drawn"]);
    }
}
