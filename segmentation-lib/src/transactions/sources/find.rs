//! Which files are meant: each is read once, however many paths lead to it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::Decision;
use super::super::error::TransactionsError;
use super::format;
use crate::record::Localized;

/// Where a check of the file system puts what it found; only its administrator may look into it.
const PUT_ASIDE: &str = "lost+found";

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transactions) struct Source {
    pub path: PathBuf,
    /// Further files of the same table, in order: those that a fetched table is in.
    pub rest: Vec<PathBuf>,
    /// The path's last part, or the table's name: what messages and the manifest call it.
    pub place: String,
    /// Named by the caller rather than found in a directory: it must hold transactions.
    pub named: bool,
}

impl Source {
    /// A file that the caller names.
    pub fn named(path: PathBuf) -> Self {
        Self::new(path, true)
    }

    fn new(path: PathBuf, named: bool) -> Self {
        let place = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self { path, rest: Vec::new(), place, named }
    }

    /// Its files, in order.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.path).chain(&self.rest).map(PathBuf::as_path)
    }

    /// Size of its files in bytes, as far as it can be told.
    pub fn bytes(&self) -> u64 {
        self.files().filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum()
    }
}

/// What the inputs lead to.
#[derive(Debug, Default)]
pub(in crate::transactions) struct Found {
    /// The files, in the order of the inputs; what a directory or pattern stands for is sorted.
    pub sources: Vec<Source>,
    /// By canonical path, where in `sources` a file is.
    places: BTreeMap<PathBuf, usize>,
    /// Paths that lead to a file or directory which another path has led to already.
    again: Vec<PathBuf>,
}

/// Expands paths, directories and patterns to files.
///
/// A file is the same where its canonical path is: `a.csv`, `./a.csv`, its absolute path and a symbolic link
/// to it are one file, and it is read once. A directory is searched once, so that a link to a directory above
/// it is no endless way.
pub(in crate::transactions) fn find(inputs: &[PathBuf]) -> Result<Found, TransactionsError> {
    if inputs.is_empty() {
        return Err(TransactionsError::NoInput);
    }
    let mut found = Found::default();
    for input in inputs {
        found.expand(input)?;
    }
    Ok(found)
}

impl Found {
    /// A table in these files; none where there is no file.
    pub fn table(name: String, parts: &[PathBuf]) -> Option<Self> {
        let (first, rest) = parts.split_first()?;
        let source = Source { path: first.clone(), rest: rest.to_vec(), place: name, named: true };
        Some(Self { sources: vec![source], ..Self::default() })
    }

    /// A file that was fetched from elsewhere, by what it is called there.
    pub fn add_fetched(&mut self, path: PathBuf, place: String, named: bool) {
        self.sources.push(Source { path, rest: Vec::new(), place, named });
    }

    /// What is to be said of paths that lead to what was there already.
    pub fn decision(&self) -> Option<Decision> {
        const SHOWN: usize = 5;
        let paths: Vec<String> =
            self.again.iter().take(SHOWN).map(|path| path.display().to_string()).collect();
        let paths = paths.join(", ");
        let (more, mais) = match self.again.len().saturating_sub(SHOWN) {
            0 => Default::default(),
            more => (format!(", and {more} more"), format!(" e mais {more}")),
        };
        let text = Localized {
            en: format!("a file is read once; to one that is read already lead: {paths}{more}"),
            pt_br: format!("um arquivo é lido uma só vez; levam a um já lido: {paths}{mais}"),
        };
        (!self.again.is_empty()).then_some(Decision { topic: "files", text })
    }

    fn expand(&mut self, input: &Path) -> Result<(), TransactionsError> {
        if input.is_dir() {
            return self.add_directory(input);
        }
        if input.try_exists().map_err(|error| refused(input, error))? {
            return self.add(input.to_owned(), true);
        }
        let matches = matches(input)?;
        if matches.is_empty() {
            return Err(TransactionsError::NotFound { path: input.to_owned() });
        }
        matches.into_iter().try_for_each(|path| self.add(path, true))
    }

    fn add_directory(&mut self, directory: &Path) -> Result<(), TransactionsError> {
        let mut search = Search::default();
        search.walk(directory)?;
        if search.files.is_empty() {
            return Err(TransactionsError::EmptyDirectory { path: directory.to_owned() });
        }
        search.files.sort();
        self.again.append(&mut search.again);
        search.files.into_iter().try_for_each(|path| self.add(path, false))
    }

    fn add(&mut self, path: PathBuf, named: bool) -> Result<(), TransactionsError> {
        let canonical = canonical(&path)?;
        if let Some(&at) = self.places.get(&canonical) {
            // Whoever names a file that was found means it to be read.
            self.sources[at].named |= named;
            self.again.push(path);
            return Ok(());
        }
        self.places.insert(canonical, self.sources.len());
        self.sources.push(Source::new(path, named));
        Ok(())
    }
}

/// The search for data files below a directory.
#[derive(Debug, Default)]
struct Search {
    files: Vec<PathBuf>,
    /// Canonical paths of the directories searched.
    searched: HashSet<PathBuf>,
    /// Paths to directories that were searched already.
    again: Vec<PathBuf>,
}

impl Search {
    /// Data files under a directory; neither hidden ones nor what is put aside.
    fn walk(&mut self, directory: &Path) -> Result<(), TransactionsError> {
        refuse_logged(directory)?;
        if !self.searched.insert(canonical(directory)?) {
            self.again.push(directory.to_owned());
            return Ok(());
        }
        for path in entries(directory)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(['.', '_']) || name == PUT_ASIDE {
                continue;
            }
            if path.is_dir() {
                self.walk(&path)?;
            } else if format::is_data_name(&name) {
                self.files.push(path);
            }
        }
        Ok(())
    }
}

/// What a directory holds: links last, so that a directory is found under its own name, and sorted, so that
/// the order is everywhere the same.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, TransactionsError> {
    let list = || fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let mut paths = list().map_err(|error| refused(directory, error))?;
    paths.sort_by_cached_key(|path| (path.is_symlink(), path.clone()));
    Ok(paths)
}

/// The files that a pattern stands for, sorted.
fn matches(input: &Path) -> Result<Vec<PathBuf>, TransactionsError> {
    let pattern = input.to_string_lossy();
    let matches = glob::glob(&pattern)
        .map_err(|source| TransactionsError::Pattern { pattern: pattern.to_string(), source })?;
    let mut files = Vec::new();
    for path in matches {
        match path {
            Ok(path) if path.is_file() => files.push(path),
            Ok(_) => {}
            Err(error) if error.path().ends_with(PUT_ASIDE) => {}
            Err(error) => {
                let place = error.path().to_owned();
                return Err(refused(&place, error.into()));
            }
        }
    }
    let directories: BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    directories.into_iter().try_for_each(refuse_logged)?;
    files.sort();
    Ok(files)
}

/// What tables that are changed leave in their directories, and whose they are.
const LOGS: [(&str, &str); 3] = [
    ("_delta_log", "Delta Lake"),
    ("metadata/version-hint.text", "Apache Iceberg"),
    (".hoodie", "Apache Hudi"),
];

/// Fails where a log says which files of the directory count: all of them would count rows that are gone.
fn refuse_logged(directory: &Path) -> Result<(), TransactionsError> {
    match LOGS.into_iter().find(|(log, _)| directory.join(log).exists()) {
        Some((_, format)) => Err(TransactionsError::Logged { path: directory.to_owned(), format }),
        None => Ok(()),
    }
}

/// As [`refuse_logged`] of a directory in object storage, of which the names below are known.
pub(crate) fn logged<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<&'static str> {
    let below = |name: &str, log: &str| name.starts_with(log) || name.contains(&format!("/{log}"));
    names
        .into_iter()
        .find_map(|name| LOGS.into_iter().find(|(log, _)| below(name, log)).map(|(_, format)| format))
}

fn canonical(path: &Path) -> Result<PathBuf, TransactionsError> {
    path.canonicalize().map_err(|error| refused(path, error))
}

fn refused(path: &Path, error: io::Error) -> TransactionsError {
    TransactionsError::io(&path.to_string_lossy(), error)
}
